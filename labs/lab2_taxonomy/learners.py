"""The four algorithms that walk along the cliff, one episode at a time, with your functions. Given code.

What they share stands in RECIPES; what each does in an episode can be read from top to bottom.
"""

import dataclasses

import numpy as np

from cliff_walk import CliffWalk
from tabular import dyna_step, epsilon_greedy, fit_model, mpc_action, q_learning_update, sarsa_update

LONGEST_EPISODE = 5_000  # steps; no right function ever needs so many


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How long an algorithm trains, and with which numbers."""

    episodes: int
    alpha: float = 0.5
    eps: float = 0.1
    gamma: float = 1.0
    imagined: int = 20  # Dyna-Q: updates with the model for each real step
    horizon: int = 14  # MPC: one step more than the best walk takes


RECIPES = {
    "q_learning": Recipe(episodes=500),
    "sarsa": Recipe(episodes=500),
    "dyna_q": Recipe(episodes=500),
    "mpc": Recipe(episodes=30),  # from then on every episode is the same
}


class Learner:
    """What an algorithm knows: its table, its model, its dice. `episode` plays and learns until the goal."""

    def __init__(self, algorithm: str, seed: int) -> None:
        self.algorithm, self.recipe = algorithm, RECIPES[algorithm]
        self.env = CliffWalk()
        self.rng = np.random.default_rng(seed)
        self.Q = np.zeros((self.env.states, self.env.actions))
        self.model: dict[tuple[int, int], tuple[float, int, bool]] = {}  # Dyna-Q: what followed the last time
        self.transitions: list[tuple[int, int, float, int, bool]] = []  # MPC: everything that has happened
        self.env_steps = 0

    def episode(self) -> float:
        """One episode; its return."""
        return EPISODES[self.algorithm](self)

    def step(self, a: int) -> tuple[float, int, bool]:
        """A real step, which is counted."""
        self.env_steps += 1
        return self.env.step(a)


def q_learning(learner: Learner) -> float:
    """Explore, and learn about the greedy policy (Sutton & Barto, section 6.5)."""
    recipe, total = learner.recipe, 0.0
    s, terminated = learner.env.reset(), False
    for _ in range(LONGEST_EPISODE):
        a = epsilon_greedy(learner.Q[s], recipe.eps, learner.rng)
        r, s2, terminated = learner.step(a)
        learner.Q = q_learning_update(learner.Q, s, a, r, s2, terminated, recipe.alpha, recipe.gamma)
        s, total = s2, total + r
        if terminated:
            break
    return total


def sarsa(learner: Learner) -> float:
    """Explore, and learn about the policy that explores (Sutton & Barto, section 6.4)."""
    recipe, total = learner.recipe, 0.0
    s = learner.env.reset()
    a = epsilon_greedy(learner.Q[s], recipe.eps, learner.rng)
    for _ in range(LONGEST_EPISODE):
        r, s2, terminated = learner.step(a)
        a2 = epsilon_greedy(learner.Q[s2], recipe.eps, learner.rng)
        learner.Q = sarsa_update(learner.Q, s, a, r, s2, a2, terminated, recipe.alpha, recipe.gamma)
        s, a, total = s2, a2, total + r
        if terminated:
            break
    return total


def dyna_q(learner: Learner) -> float:
    """Q-learning, and after each real step some imagined ones (Sutton & Barto, section 8.2)."""
    recipe, total = learner.recipe, 0.0
    s = learner.env.reset()
    for _ in range(LONGEST_EPISODE):
        a = epsilon_greedy(learner.Q[s], recipe.eps, learner.rng)
        r, s2, terminated = learner.step(a)
        learner.Q = q_learning_update(learner.Q, s, a, r, s2, terminated, recipe.alpha, recipe.gamma)
        learner.model[s, a] = (r, s2, terminated)
        learner.Q = dyna_step(learner.Q, learner.model, learner.rng, recipe.imagined, recipe.alpha, recipe.gamma)
        s, total = s2, total + r
        if terminated:
            break
    return total


def mpc(learner: Learner) -> float:
    """Fit a model to everything that has happened, and do what the best plan in it begins with.

    There is no exploration: what was never tried stays where it is for nothing in the model, which is better than the
    -1 of every step that is known. So the plans lead to what is new, until nothing new is worth the way.
    """
    recipe, env, total = learner.recipe, learner.env, 0.0
    s, surprise = env.reset(), True
    for _ in range(LONGEST_EPISODE):
        if surprise:
            P, R = fit_model(learner.transitions, env.states, env.actions)
            terminal = np.zeros(env.states, dtype=bool)
            terminal[[s2 for _, _, _, s2, terminated in learner.transitions if terminated]] = True
        a = mpc_action(P, R, terminal, s, recipe.horizon, recipe.gamma)
        r, s2, terminated = learner.step(a)
        transition = (s, a, r, s2, terminated)
        surprise = transition not in learner.transitions  # the world is deterministic: what is known needs no new fit
        learner.transitions.append(transition)
        s, total = s2, total + r
        if terminated:
            break
    return total


EPISODES = {"q_learning": q_learning, "sarsa": sarsa, "dyna_q": dyna_q, "mpc": mpc}
