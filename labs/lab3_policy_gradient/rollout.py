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
from labs.common.translated import _


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
    steps: list[dict[str, Tensor]] = []
    masks = []
    while alive.any():
        seen = torch.as_tensor(observation)
        action, logp = sample_actions(policy, seen, generator)
        observation, reward, terminated, truncated, _ = envs.step(action.numpy())
        step = {"observations": seen, "actions": action, "logp": logp}
        step |= as_tensors(observation, reward, terminated, truncated)
        steps.append(step)
        masks.append(torch.as_tensor(alive))
        alive = alive & ~(terminated | truncated)

    # Every column becomes (N, T, ...), and the mask keeps the steps of the N episodes one after the other.
    columns = {name: torch.stack([step[name] for step in steps], dim=1) for name in steps[0]}
    mask = torch.stack(masks, dim=1)
    returns = (columns["rewards"] * mask).sum(dim=1).tolist()
    return Episodes(**{name: column[mask] for name, column in columns.items()}, returns=returns)


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
        self.envs = gym.make_vec("CartPole-v1", n, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP})
        self.observation, _ = self.envs.reset(seed=seed)
        self.running_return = np.zeros(n)

    def collect(self, policy: nn.Module, n_steps: int, generator: torch.Generator | None = None) -> Segment:
        steps: list[dict[str, Tensor]] = []
        returns: list[float] = []
        for _step in range(n_steps):
            seen = torch.as_tensor(self.observation)
            action, logp = sample_actions(policy, seen, generator)
            self.observation, reward, terminated, truncated, info = self.envs.step(action.numpy())
            done = terminated | truncated
            followed = self.observation.copy()
            if done.any():
                followed[done] = np.stack(info["final_obs"][done])

            self.running_return += reward
            returns += self.running_return[done].tolist()
            self.running_return[done] = 0.0
            step = {"observations": seen, "logp": logp}
            steps.append(step | as_tensors(followed, reward, terminated, truncated))
        columns = {name: torch.stack([step[name] for step in steps]) for name in steps[0]}
        return Segment(**columns, returns=returns)


def as_tensors(
    next_observation: np.ndarray, reward: np.ndarray, terminated: np.ndarray, truncated: np.ndarray
) -> dict[str, Tensor]:
    """What the environments answered, under the names of `Episodes` and `Segment`."""
    return {
        "next_observations": torch.as_tensor(next_observation),
        "rewards": torch.as_tensor(reward, dtype=torch.float32),
        "terminated": torch.as_tensor(terminated),
        "dones": torch.as_tensor(terminated | truncated),
    }


def sample_actions(
    policy: nn.Module, observations: Float[Tensor, "N 4"], generator: torch.Generator | None
) -> tuple[Int[Tensor, "N"], Float[Tensor, "N"]]:
    """Your `get_action`, with a word about its shapes before an environment stumbles over them."""
    action, logp = get_action(policy(observations), generator=generator)
    n = len(observations)
    if action.shape != (n,) or logp.shape != (n,):
        raise ValueError(
            _("get_action returned shapes {action} and {logp}, expected twice ({n},)").format(
                action=tuple(action.shape), logp=tuple(logp.shape), n=n
            )
        )
    return action, logp
