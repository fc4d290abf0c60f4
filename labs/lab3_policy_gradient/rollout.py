"""How experience is collected from parallel CartPoles: whole episodes, or a few steps at a time. Given code.

Two facts about the end of an episode are kept apart everywhere. `terminated`: the pole fell or the cart left
the track, there is no future. `truncated`: the 500 steps are over, the pole still stands,
and only our recording ends.
"""

from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from agent import get_action


@dataclass(frozen=True)
class Episodes:
    """Whole episodes laid end to end, S steps in all."""

    observations: Float[Tensor, "S 4"]
    actions: Int[Tensor, "S"]
    logp: Float[Tensor, "S"]  # log pi(A_t|S_t) with the policy's graph
    next_observations: Float[Tensor, "S 4"]  # what really followed, also at the end of an episode
    rewards: Float[Tensor, "S"]
    terminated: Bool[Tensor, "S"]
    dones: Bool[Tensor, "S"]  # terminated or truncated: the last step of each episode
    returns: list[float]  # the sum of the rewards, one for each episode


def episode_envs(n: int) -> VectorEnv:
    """`n` CartPoles computed as one array, for `collect_episodes`."""
    return gym.make_vec("CartPole-v1", n, vectorization_mode="vector_entry_point")


def collect_episodes(
    policy: nn.Module, envs: VectorEnv, seed: int, generator: torch.Generator | None = None
) -> Episodes:
    """One whole episode from each environment; what an environment does after its first `done` is masked out.

    The start states depend on `seed` alone, so a run that was interrupted goes on exactly as it would have.
    """
    observation, _ = envs.reset(seed=seed)
    alive = np.ones(envs.num_envs, dtype=bool)
    steps = []
    while alive.any():
        seen = torch.as_tensor(observation)
        action, logp = sample_actions(policy, seen, generator)
        observation, reward, terminated, truncated, _ = envs.step(action)
        done = terminated | truncated
        facts = (torch.as_tensor(fact) for fact in (observation, reward, terminated, done, alive))
        steps.append((seen, torch.as_tensor(action), logp, *facts))
        alive = alive & ~done

    # Each column becomes (N, T, ...), and the mask keeps the steps of the N episodes one after the other.
    columns = [torch.stack(column, dim=1) for column in zip(*steps, strict=True)]
    mask = columns.pop()
    returns = (columns[4] * mask).sum(dim=1).tolist()
    return Episodes(*(column[mask] for column in columns), returns=returns)


@dataclass(frozen=True)
class Segment:
    """T steps of N environments; episodes begin and end anywhere inside."""

    observations: Float[Tensor, "T N 4"]
    logp: Float[Tensor, "T N"]  # with the policy's graph
    next_observations: Float[Tensor, "T N 4"]  # what really followed, never the observation after a reset
    rewards: Float[Tensor, "T N"]
    terminated: Bool[Tensor, "T N"]
    dones: Bool[Tensor, "T N"]
    returns: list[float]  # of the episodes that ended inside the segment


class StepCollector:
    """N environments that never stop: each `collect` goes on where the last one ended."""

    def __init__(self, n: int, seed: int) -> None:
        # SAME_STEP: the step that ends an episode already returns the next episode's first observation, and
        # hands over the real last one in info["final_obs"]. (NEXT_STEP, the default, spends an extra step on
        # the reset.)
        self.envs = gym.make_vec(
            "CartPole-v1", n, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}
        )
        self.observation, _ = self.envs.reset(seed=seed)
        self.running_return = np.zeros(n)

    def collect(self, policy: nn.Module, n_steps: int, generator: torch.Generator | None = None) -> Segment:
        steps, returns = [], []
        for _ in range(n_steps):
            seen = torch.as_tensor(self.observation)
            action, logp = sample_actions(policy, seen, generator)
            self.observation, reward, terminated, truncated, info = self.envs.step(action)
            done = terminated | truncated
            followed = self.observation.copy()
            if done.any():
                followed[done] = np.stack(info["final_obs"][done])

            self.running_return += reward
            returns += self.running_return[done].tolist()
            self.running_return[done] = 0.0
            facts = (torch.as_tensor(fact) for fact in (followed, reward.astype(np.float32), terminated, done))
            steps.append((seen, logp, *facts))
        columns = (torch.stack(column) for column in zip(*steps, strict=True))
        return Segment(*columns, returns=returns)


def sample_actions(
    policy: nn.Module, observations: Float[Tensor, "N 4"], generator: torch.Generator | None
) -> tuple[np.ndarray, Float[Tensor, "N"]]:
    """Your `get_action`, with a word about its shapes before an environment stumbles over them."""
    action, logp = get_action(policy(observations), generator=generator)
    n = len(observations)
    if action.shape != (n,) or logp.shape != (n,):
        raise ValueError(
            f"get_action returned shapes {tuple(action.shape)} and {tuple(logp.shape)}, expected twice ({n},)"
        )
    return action.numpy(), logp
