"""What is checked in lab 0: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import random

import gymnasium
import numpy as np
import torch
from torch import tensor

from grader.checks import check
from grader.checks.probes import raised_by, value_and_gradients


@check("describe_space", points=1)
def spaces_of(lab, env_id):
    """The action space and the observation space of an environment."""
    env = gymnasium.make(env_id)
    return {"actions": lab.describe_space(env.action_space), "observations": lab.describe_space(env.observation_space)}


spaces_of.case("CartPole", env_id="CartPole-v1")


@check("describe_space", points=1)
def made_spaces(lab, n, low, high):
    """Spaces of no environment: any number of choices, boxes of any shape."""
    discrete, box = gymnasium.spaces.Discrete(n), gymnasium.spaces.Box(low, high, dtype=np.float64)
    return {"discrete": lab.describe_space(discrete), "box": lab.describe_space(box)}


made_spaces.case(
    "five choices, a box of two axes",
    n=5,
    low=np.array([[-1.0, 0.0], [-2.0, -np.inf], [3.0, -0.5]]),
    high=np.array([[1.0, 0.5], [np.inf, 4.0], [3.5, 2.0]]),
)


@check("run_random_episode", points=3, tolerance=(1e-6, 1e-6))
def one_episode(lab, env_id, seed, limit=None):
    """An episode is settled by its seed alone, also in an environment that was used before."""
    env = gymnasium.make(env_id, max_episode_steps=limit)
    first = lab.run_random_episode(env, seed)
    lab.run_random_episode(env, seed + 1)
    return {"first": first, "the same seed again": lab.run_random_episode(env, seed)}


one_episode.case("CartPole, seed 0", env_id="CartPole-v1", seed=0)
one_episode.case("Pendulum, seed 0", env_id="Pendulum-v1", seed=0)  # its returns are never alike by chance
one_episode.case("CartPole, cut off after five steps", env_id="CartPole-v1", seed=1, limit=5)


@check("moving_average", points=3, exact_dtype=True)
def whole_windows(lab, x, w):
    """The mean of every w neighbours, in float64."""
    return lab.moving_average(x, w)


whole_windows.case("pairs", x=np.array([1.0, 2, 4, 8, 16]), w=2)
whole_windows.case("integers", x=np.array([1, 2, 4, 8, 16]), w=2)
whole_windows.case("a window of one", x=np.array([1.0, 2, 4]), w=1)
whole_windows.case("one window for all", x=np.array([1.0, 2, 4, 8, 16]), w=5)


@check("classify_end", points=2, values=True)
def four_ends(lab, numpy_flags):
    """The word for each combination of the two flags."""
    flag = np.bool_ if numpy_flags else bool
    return {
        "neither": lab.classify_end(flag(False), flag(False)),
        "terminated": lab.classify_end(flag(True), flag(False)),
        "truncated": lab.classify_end(flag(False), flag(True)),
        "both": lab.classify_end(flag(True), flag(True)),
    }


four_ends.case("Python's bools", numpy_flags=False)


@check("set_seed", points=3)
def next_draws(lab, seed):
    """After seeding, the next draws of Python, numpy and torch are settled."""
    lab.set_seed(seed)
    return {"python": random.random(), "numpy": float(np.random.rand()), "torch": torch.rand(2).double()}


next_draws.case("seed 7", seed=7)


@check("mse", points=2)
def mean_squared_error(lab, pred, target):
    """The mean of the squared differences."""
    return lab.mse(pred, target)


mean_squared_error.case("three numbers", pred=np.array([82.0, 46, 49]), target=np.array([90.0, 40, 50]))


@check("mse", points=1, needs=mean_squared_error)
def shapes_must_agree(lab, n):
    """Shapes that differ raise ValueError, also where they would broadcast."""
    column, row, single = np.ones((n, 1)), np.ones(n), np.ones(1)
    return {
        "(n,1) and (n,)": raised_by(lab.mse, column, row),
        "(n,) and (n,1)": raised_by(lab.mse, row, column),
        "(n,) and (1,)": raised_by(lab.mse, row, single),
        "(1,) and (n,)": raised_by(lab.mse, single, row),
        "(n,) and (n,)": raised_by(lab.mse, row, row),
    }


shapes_must_agree.case("three numbers", n=3)


@check("detach_demo", points=4)
def both_tensors(lab, w):
    """y leads back to w, with gradient 2w; y_detached has the same numbers and no way back."""
    return value_and_gradients(lab.detach_demo, w)


both_tensors.case("three numbers", w=tensor([1.0, -2.0, 0.5]))
