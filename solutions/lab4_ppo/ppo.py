"""PPO, from top to bottom in the order of algorithm 1 of Schulman et al. 2017. Given code; ppo_core.py is yours.

for iteration = 1, 2, ...                                             iterate
    for actor = 1, 2, ..., N:
        run policy pi_old in the environment for T time steps         collect
        compute advantage estimates A_1, ..., A_T                     credit
    optimise the surrogate L with K epochs and minibatches of size M  optimise
    theta_old <- theta                                                the next iteration collects with theta
"""

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.distributions import Categorical

from labs.common.translated import _
from nets import ENVIRONMENTS, make_actor, make_critic
from ppo_core import (
    approx_kl,
    clip_fraction,
    compute_gae,
    explained_variance,
    gaussian_entropy,
    gaussian_policy,
    minibatch_indices,
    normalize,
    ppo_clip_loss,
    squash_action,
    value_loss,
)

USUAL_CLIP = 0.2  # clip fractions are measured with it, whatever a run is trained with


@dataclass(frozen=True)
class Recipe:
    """The settings of one environment; the names of the paper in brackets."""

    env_steps: int  # of a whole run, unless it stops before
    envs: int  # [N] parallel environments
    horizon: int  # [T] steps of each in an iteration
    epochs: int  # [K]
    minibatch: int  # [M]
    learning_rate: float  # falls linearly to 0 at the end of the run
    gamma: float
    lam: float  # [lambda]
    clip: float = USUAL_CLIP  # [epsilon]
    value_weight: float = 0.5  # [c1]
    entropy_weight: float = 0.0  # [c2]
    max_grad_norm: float = 0.5
    reward_scale: float = 1.0  # what learning sees; returns are reported as the environment pays them
    # A run stops when its last 40 training episodes reach this mean. Where nothing is left to learn, normalised
    # advantages are noise blown up to deviation 1: some CartPole runs that went on to the end forgot again.
    stop_return: float = float("inf")


RECIPES = {
    "pendulum": Recipe(
        env_steps=100_000,
        envs=16,
        horizon=128,
        epochs=10,
        minibatch=256,
        learning_rate=2e-3,
        gamma=0.99,
        lam=0.95,
        reward_scale=0.1,
    ),
    "cartpole": Recipe(
        env_steps=200_000,
        envs=8,
        horizon=64,
        epochs=8,
        minibatch=256,
        learning_rate=1e-3,
        gamma=0.98,
        lam=0.9,
        stop_return=490.0,
    ),
}


@dataclass(frozen=True)
class Segment:
    """T steps of N environments; episodes begin and end anywhere inside."""

    observations: Float[Tensor, "T N o"]
    actions: Tensor  # as they were drawn: (T, N, k) floats, or (T, N) int64
    logp: Float[Tensor, "T N"]  # log pi_old(a_t|s_t), without graph
    next_observations: Float[Tensor, "T N o"]  # what really followed, never the observation after a reset
    rewards: Float[Tensor, "T N"]
    terminated: Bool[Tensor, "T N"]
    truncated: Bool[Tensor, "T N"]


class PPO:
    """Networks, optimiser, random state and environments; `iterate` is one iteration of algorithm 1."""

    def __init__(self, name: str, seed: int, recipe: Recipe) -> None:
        self.environment = ENVIRONMENTS[name]
        self.recipe = recipe
        self.seed = seed
        self.iterations = 0
        self.generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.actor, self.critic = make_actor(name), make_critic(name)
        self.parameters = [*self.actor.parameters(), *self.critic.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=recipe.learning_rate, eps=1e-5, fused=True)
        # SAME_STEP: the step that ends an episode already returns the next episode's first observation, and hands
        # over the real last one in info["final_obs"]. (NEXT_STEP, the default, spends an extra step on the reset.)
        self.envs = gym.make_vec(
            self.environment.id, recipe.envs, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}
        )
        self.observation: np.ndarray | None = None
        self.running_return = np.zeros(recipe.envs)
        self.ended: list[float] = []  # the returns of the episodes that ended in this iteration

    @property
    def env_steps(self) -> int:
        return self.iterations * self.recipe.horizon * self.recipe.envs

    def iterate(self) -> dict[str, float]:
        """One iteration; what is worth watching about it."""
        self.optimizer.param_groups[0]["lr"] = self.learning_rate()
        self.ended = []
        segment = self.collect()
        v, advantages = self.credit(segment)
        # From here on a transition is a transition, whichever environment and time it is from.
        observations, actions = segment.observations.flatten(0, 1), segment.actions.flatten(0, 1)
        logp_old, v, advantages = segment.logp.flatten(), v.flatten(), advantages.flatten()
        returns = advantages + v
        self.optimise(observations, actions, logp_old, normalize(advantages), returns)
        self.iterations += 1
        with torch.no_grad():
            logp_new = self.actor.log_prob(observations, actions)
        return {
            "clip_fraction": float(clip_fraction(logp_new, logp_old, USUAL_CLIP)),
            "approx_kl": float(approx_kl(logp_new, logp_old)),
            "explained_variance": float(explained_variance(v, returns)),
        }

    def learning_rate(self) -> float:
        return self.recipe.learning_rate * max(0.0, 1 - self.env_steps / self.recipe.env_steps)

    @torch.no_grad()
    def collect(self) -> Segment:
        """Run pi_old in N environments for T steps."""
        if self.observation is None:
            # The state inside gymnasium's environments cannot be saved: a run that goes on from a checkpoint begins
            # new episodes here. It is as good as the uninterrupted run, but not equal to it.
            self.observation, _ = self.envs.reset(seed=2_000_000 + 1_000_000 * self.seed + self.iterations)
        steps: list[dict[str, Tensor]] = []
        for _ in range(self.recipe.horizon):
            seen = torch.as_tensor(self.observation)
            action, logp, given = self.act(seen)
            self.observation, reward, terminated, truncated, info = self.envs.step(given.numpy())
            done = terminated | truncated
            followed = self.observation.copy()
            if done.any():
                followed[done] = np.stack(info["final_obs"][done])

            self.running_return += reward
            self.ended += self.running_return[done].tolist()
            self.running_return[done] = 0.0
            steps.append(
                {
                    "observations": seen,
                    "actions": action,
                    "logp": logp,
                    "next_observations": torch.as_tensor(followed),
                    "rewards": torch.as_tensor(reward * self.recipe.reward_scale, dtype=torch.float32),
                    "terminated": torch.as_tensor(terminated),
                    "truncated": torch.as_tensor(truncated),
                }
            )
        return Segment(**{name: torch.stack([step[name] for step in steps]) for name in steps[0]})

    def act(self, observation: Float[Tensor, "N o"]) -> tuple[Tensor, Float[Tensor, "N"], Tensor]:
        """The actions as drawn, their log-probabilities, and what the environments are given."""
        n = len(observation)
        if self.environment.bounds is None:
            policy = Categorical(logits=self.actor.logits(observation), validate_args=False)
            action = torch.multinomial(policy.probs, 1, generator=self.generator).squeeze(-1)
            return action, policy.log_prob(action), action
        action, logp = gaussian_policy(self.actor.mean(observation), self.actor.log_std, generator=self.generator)
        given = squash_action(action, *self.environment.bounds)
        expected = (n, self.environment.actions)
        if action.shape != expected or logp.shape != (n,) or given.shape != expected:
            raise ValueError(
                _(
                    "gaussian_policy and squash_action returned the shapes {action}, {logp} and {given}, expected "
                    "{expected}, ({n},) and {expected}"
                ).format(
                    action=tuple(action.shape), logp=tuple(logp.shape), given=tuple(given.shape), expected=expected, n=n
                )
            )
        return action, logp, given

    @torch.no_grad()
    def credit(self, segment: Segment) -> tuple[Float[Tensor, "T N"], Float[Tensor, "T N"]]:
        """V(s_t) and the advantages: once for an iteration, by the critic as it was while pi_old played."""
        v = self.critic(segment.observations).squeeze(-1)
        v_next = self.critic(segment.next_observations).squeeze(-1)
        ends = segment.terminated, segment.truncated
        return v, compute_gae(segment.rewards, v, v_next, *ends, self.recipe.gamma, self.recipe.lam)

    def optimise(
        self,
        observations: Float[Tensor, "B o"],
        actions: Tensor,
        logp_old: Float[Tensor, "B"],
        advantages: Float[Tensor, "B"],
        returns: Float[Tensor, "B"],
    ) -> None:
        """K epochs of descent on minibatches; `logp_old`, `advantages` and `returns` stay what they are."""
        recipe = self.recipe
        for _epoch in range(recipe.epochs):
            for batch in minibatch_indices(len(observations), recipe.minibatch, self.generator):
                logp_new = self.actor.log_prob(observations[batch], actions[batch])
                v = self.critic(observations[batch]).squeeze(-1)
                # The sign is turned around in eq. 9: there it is an objective.
                loss = ppo_clip_loss(logp_new, logp_old[batch], advantages[batch], recipe.clip)
                loss = loss + recipe.value_weight * value_loss(v, returns[batch])
                if recipe.entropy_weight and self.environment.bounds:
                    loss = loss - recipe.entropy_weight * gaussian_entropy(self.actor.log_std)
                self.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self.parameters, recipe.max_grad_norm)
                self.optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        return {
            "actor": self.actor.state_dict(),
            "critic": self.critic.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "iterations": self.iterations,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.actor.load_state_dict(state["actor"])
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.iterations = state["iterations"]
