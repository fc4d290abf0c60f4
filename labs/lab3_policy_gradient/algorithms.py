"""The five algorithms of the chapter, one update each, and their recipes. Given code; the losses are yours.

Every algorithm changes one thing about the one before it: what an action is credited with (G(tau), G_t,
G_t - V), then how soon (after an episode, after 8 steps, after a single one).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from evaluate import make_policy
from labs.common.networks import mlp
from losses import actor_critic_losses, baseline_advantages, pg_loss, pg_loss_batch, value_loss
from returns import batch_reward_to_go, total_return_weights
from rollout import Episodes, Segment, StepCollector, collect_episodes, episode_envs

GAMMA = 0.99


@dataclass(frozen=True)
class Recipe:
    """The settings with which an algorithm solves CartPole, with Adam and the networks of `labs.common`."""

    update: Callable[["Learner"], list[float]]
    envs: int  # parallel environments; an episodic update plays one whole episode in each
    policy_lr: float
    critic_lr: float = 0.0
    critic_sizes: tuple[int, ...] = ()  # () for an algorithm without a critic
    adam_eps: float = 1e-8
    max_grad_norm: float = float("inf")
    stop_return: float = 485.0  # training ends when the last `stop_window` training episodes reach this mean
    stop_window: int = 64
    max_updates: int = 400


class Learner:
    """What a run carries from one update to the next: networks, optimiser, random state, environments."""

    def __init__(self, algorithm: str, seed: int) -> None:
        self.recipe = recipe = RECIPES[algorithm]
        self.seed = seed
        self.updates = 0
        self.env_steps = 0
        self.generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.policy = make_policy(algorithm)
            self.critic = mlp(recipe.critic_sizes) if recipe.critic_sizes else nn.Sequential()
        groups = [{"params": self.policy.parameters(), "lr": recipe.policy_lr}]
        if recipe.critic_sizes:
            groups.append({"params": self.critic.parameters(), "lr": recipe.critic_lr})
        self.optimizer = torch.optim.Adam(groups, eps=recipe.adam_eps)
        self.episode_envs = episode_envs(recipe.envs)
        self.steps: StepCollector | None = None

    def update(self) -> list[float]:
        """Collect, compute the loss, descend one step. The returns of the episodes that ended meanwhile."""
        returns = self.recipe.update(self)
        self.updates += 1
        return returns

    def play_episodes(self) -> Episodes:
        episodes = collect_episodes(
            self.policy, self.episode_envs, seed=self.environment_seed(), generator=self.generator
        )
        self.env_steps += len(episodes.rewards)
        return episodes

    def play_steps(self, n: int) -> Segment:
        # The state inside gymnasium's environments cannot be saved: a run that goes on from a checkpoint
        # begins new episodes here. It is as good as the uninterrupted run, but not equal to it.
        if self.steps is None:
            self.steps = StepCollector(self.recipe.envs, seed=self.environment_seed())
        segment = self.steps.collect(self.policy, n, self.generator)
        self.env_steps += segment.rewards.numel()
        return segment

    def environment_seed(self) -> int:
        """Another seed for every run and every update, none of them near the evaluation's."""
        return 2_000_000 + self.seed * 1_000_000 + self.updates * self.recipe.envs

    def value(self, observations: Float[Tensor, "*batch 4"]) -> Float[Tensor, "*batch"]:
        v: Tensor = self.critic(observations)
        return v.squeeze(-1)

    def descend(self, loss: Float[Tensor, ""]) -> None:
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        # Each network on its own: the critic's errors are large at first, and under a common norm they would
        # decide how far the policy may go.
        for network in self.optimizer.param_groups:
            nn.utils.clip_grad_norm_(network["params"], self.recipe.max_grad_norm)
        self.optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        return {
            "policy": self.policy.state_dict(),
            "critic": self.critic.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "updates": self.updates,
            "env_steps": self.env_steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.policy.load_state_dict(state["policy"])
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.updates = state["updates"]
        self.env_steps = state["env_steps"]


def standardised(x: Float[Tensor, "S"]) -> Float[Tensor, "S"]:
    """Zero mean and unit deviation over the update: a constant baseline, and steps that fit any return."""
    return (x - x.mean()) / (x.std() + 1e-8)


def policy_loss(episodes: Episodes, weights: Float[Tensor, "S"]) -> Float[Tensor, ""]:
    """`pg_loss_batch`, divided by the mean length of an episode.

    Episodes grow from 20 steps to 500 as the policy learns, and their sums with them. Adam adapts its step to
    the size of the gradient with a delay of many updates; with the division there is nothing to adapt to.
    """
    n_episodes = len(episodes.returns)
    return pg_loss_batch(episodes.logp, weights, n_episodes) * n_episodes / len(weights)


def simple_pg(learner: Learner) -> list[float]:
    """Every action of an episode is credited with the whole episode's return G(tau)."""
    episodes = learner.play_episodes()
    weights = standardised(total_return_weights(episodes.rewards, episodes.dones, GAMMA))
    learner.descend(policy_loss(episodes, weights))
    return episodes.returns


def reinforce(learner: Learner) -> list[float]:
    """REINFORCE (Williams 1992): an action is credited with what came after it, G_t."""
    episodes = learner.play_episodes()
    weights = standardised(batch_reward_to_go(episodes.rewards, episodes.dones, GAMMA))
    learner.descend(policy_loss(episodes, weights))
    return episodes.returns


def reinforce_baseline(learner: Learner) -> list[float]:
    """REINFORCE with baseline (Sutton & Barto, section 13.4): only what the critic did not expect counts."""
    episodes = learner.play_episodes()
    G = batch_reward_to_go(episodes.rewards, episodes.dones, GAMMA)
    v = learner.value(episodes.observations)
    weights = standardised(baseline_advantages(G, v))
    # The two losses share no parameter: one step on their sum is a step on each.
    learner.descend(policy_loss(episodes, weights) + value_loss(v, G))
    return episodes.returns


def a2c(learner: Learner) -> list[float]:
    """Advantage actor-critic on segments of 8 steps (Mnih et al. 2016): the rewards that followed a step, and what the
    critic expects after the last of them.

    Given and not graded: the bridge to lab 4, where `compute_gae` weighs shorter and longer stretches.
    """
    segment = learner.play_steps(8)
    v = learner.value(segment.observations)
    with torch.no_grad():
        ends = segment.dones.clone()
        ends[-1] = True
        expected = GAMMA * learner.value(segment.next_observations) * (ends & ~segment.terminated)
        # Each environment's steps are an episode, laid end to end.
        targets = batch_reward_to_go((segment.rewards + expected).T.flatten(), ends.T.flatten(), GAMMA)
        targets = targets.view(len(v[0]), len(v)).T
    advantages = (targets - v.detach()).flatten()
    loss_pi = pg_loss(segment.logp.flatten(), standardised(advantages)) / len(advantages)
    learner.descend(loss_pi + 0.5 * value_loss(v.flatten(), targets.flatten()))
    return segment.returns


def actor_critic(learner: Learner) -> list[float]:
    """The one-step actor-critic (Sutton & Barto, section 13.5): an update after every single step."""
    segment = learner.play_steps(1)
    v = learner.value(segment.observations[0])
    v_next = learner.value(segment.next_observations[0])
    loss_pi, loss_v = actor_critic_losses(segment.logp[0], v, v_next, segment.rewards[0], segment.terminated[0], GAMMA)
    learner.descend(loss_pi + loss_v)
    return segment.returns


RECIPES = {
    "simple_pg": Recipe(simple_pg, envs=16, policy_lr=1e-2),
    "reinforce": Recipe(reinforce, envs=16, policy_lr=1e-2),
    "reinforce_baseline": Recipe(
        reinforce_baseline, envs=16, policy_lr=1e-2, critic_lr=1e-2, critic_sizes=(4, 64, 64, 1)
    ),
    "a2c": Recipe(
        a2c,
        envs=16,
        policy_lr=1e-3,
        critic_lr=2e-3,
        critic_sizes=(4, 64, 64, 1),
        adam_eps=1e-5,
        max_grad_norm=0.5,
        stop_return=475.0,
        stop_window=100,
        max_updates=4_000,
    ),
    "actor_critic": Recipe(
        actor_critic,
        envs=32,
        policy_lr=5e-4,
        critic_lr=2e-3,
        critic_sizes=(4, 64, 64, 1),
        max_grad_norm=0.5,
        stop_return=475.0,
        stop_window=100,
        max_updates=16_000,
    ),
}
