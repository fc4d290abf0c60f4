"""Wrong versions of lab 0's functions that students write, each with its diagnosis."""

import random

import gymnasium
import numpy as np
import torch

from grader.checks import mistake

# --- describe_space ---------------------------------------------------------------------------------------------------


@mistake(
    "describe_space", "Every space is described as discrete: ask for the space's class before you choose the words."
)
def everything_discrete(space):
    return {"kind": "discrete", "n_or_shape": getattr(space, "n", space.shape), "low": None, "high": None}


@mistake("describe_space", "For a box the number of dimensions is not its shape: n_or_shape is the whole tuple.")
def dimensions_for_shape(space):
    if isinstance(space, gymnasium.spaces.Discrete):
        return {"kind": "discrete", "n_or_shape": int(space.n), "low": None, "high": None}
    return {"kind": "box", "n_or_shape": len(space.shape), "low": space.low, "high": space.high}


@mistake("describe_space", "Your shape has one number whatever the box: it has one for each axis.")
def first_axis_for_shape(space):
    if isinstance(space, gymnasium.spaces.Discrete):
        return {"kind": "discrete", "n_or_shape": int(space.n), "low": None, "high": None}
    return {"kind": "box", "n_or_shape": (space.shape[0],), "low": space.low, "high": space.high}


@mistake("describe_space", "Your bounds are single numbers: a box has one for each entry, and they may differ.")
def one_bound_for_all(space):
    if isinstance(space, gymnasium.spaces.Discrete):
        return {"kind": "discrete", "n_or_shape": int(space.n), "low": None, "high": None}
    return {"kind": "box", "n_or_shape": space.shape, "low": float(space.low.min()), "high": float(space.high.max())}


@mistake("describe_space", "A discrete space has no bounds here: low and high are None for it.")
def bounds_of_discrete(space):
    if isinstance(space, gymnasium.spaces.Discrete):
        return {"kind": "discrete", "n_or_shape": int(space.n), "low": 0, "high": int(space.n) - 1}
    return {"kind": "box", "n_or_shape": space.shape, "low": space.low, "high": space.high}


@mistake("describe_space", "low and high are swapped.")
def bounds_swapped(space):
    if isinstance(space, gymnasium.spaces.Discrete):
        return {"kind": "discrete", "n_or_shape": int(space.n), "low": None, "high": None}
    return {"kind": "box", "n_or_shape": space.shape, "low": space.high, "high": space.low}


# --- run_random_episode -----------------------------------------------------------------------------------------------


def _play(env, ret=0.0, length=0):
    terminated = truncated = False
    while not (terminated or truncated):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        ret, length = ret + float(reward), length + 1
    return {"ret": ret, "length": length, "terminated": bool(terminated), "truncated": bool(truncated)}


@mistake(
    "run_random_episode",
    "The same seed gives another episode: the environment starts alike, but who draws the actions?",
)
def actions_not_seeded(env, seed):
    env.reset(seed=seed)
    return _play(env)


@mistake(
    "run_random_episode",
    "The same seed gives another episode: the actions are alike, but the environment starts elsewhere.",
)
def environment_not_seeded(env, seed):
    env.reset()
    env.action_space.seed(seed)
    return _play(env)


@mistake(
    "run_random_episode", "Your episode is one step too long: count the steps that were taken, not the states seen."
)
def counts_the_reset(env, seed):
    env.reset(seed=seed)
    env.action_space.seed(seed)
    return _play(env, length=1)


@mistake("run_random_episode", "The reward of the last step is missing: it is earned, too.")
def last_reward_lost(env, seed):
    env.reset(seed=seed)
    env.action_space.seed(seed)
    ret, length = 0.0, 0
    while True:
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        length += 1
        if terminated or truncated:
            return {"ret": ret, "length": length, "terminated": bool(terminated), "truncated": bool(truncated)}
        ret += float(reward)


@mistake(
    "run_random_episode",
    "terminated and truncated say different things: an episode that a time limit cut has not terminated.",
)
def truncation_called_termination(env, seed):
    env.reset(seed=seed)
    env.action_space.seed(seed)
    episode = _play(env)
    return {**episode, "terminated": True, "truncated": False}


@mistake(
    "run_random_episode",
    "You take what has not terminated for truncated: both flags can be set in the same step, and step returns both.",
)
def one_flag_from_the_other(env, seed):
    env.reset(seed=seed)
    env.action_space.seed(seed)
    episode = _play(env)
    return {**episode, "truncated": not episode["terminated"]}


@mistake("run_random_episode", "Your episode only ends where it terminates: a time limit ends it, too.")
def plays_until_it_terminates(env, seed):
    env.reset(seed=seed)
    env.action_space.seed(seed)
    ret, length, terminated, truncated = 0.0, 0, False, False
    while not terminated and length < 250:
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        ret, length = ret + float(reward), length + 1
    return {"ret": ret, "length": length, "terminated": bool(terminated), "truncated": bool(truncated)}


@mistake("run_random_episode", "You return the last reward, not the sum of all of them.")
def last_reward_only(env, seed):
    env.reset(seed=seed)
    env.action_space.seed(seed)
    length, terminated, truncated = 0, False, False
    while not (terminated or truncated):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        length += 1
    return {"ret": float(reward), "length": length, "terminated": bool(terminated), "truncated": bool(truncated)}


# --- moving_average ---------------------------------------------------------------------------------------------------


@mistake(
    "moving_average",
    "Your curve is as long as the data: at the edges, zeros were averaged in. Only whole windows count.",
)
def edges_filled_with_zeros(x, w):
    return np.convolve(x, np.ones(w) / w, mode="same")


@mistake(
    "moving_average", "Your curve is longer than the data: windows hang over both edges. Only whole windows count."
)
def windows_beyond_the_edges(x, w):
    return np.convolve(x, np.ones(w) / w, mode="full")


@mistake("moving_average", "These are sums of windows, not means.")
def sums_of_windows(x, w):
    return np.convolve(np.asarray(x, dtype=np.float64), np.ones(w), mode="valid")


@mistake("moving_average", "Halves are cut off: the division is one of integers.")
def integer_division(x, w):
    x = np.asarray(x).astype(np.int64)
    return np.array([x[i : i + w].sum() // w for i in range(len(x) - w + 1)], dtype=np.float64)


@mistake("moving_average", "The dtype of the input was kept: a mean of integers is a float64.")
def dtype_of_the_input(x, w):
    return np.array([x[i : i + w].mean() for i in range(len(x) - w + 1)]).astype(x.dtype)


@mistake("moving_average", "Your window is one too wide.")
def window_too_wide(x, w):
    return np.convolve(np.asarray(x, dtype=np.float64), np.ones(w + 1) / (w + 1), mode="valid")


@mistake("moving_average", "Each of your means reaches back to the beginning: the window has to move along.")
def cumulative_mean(x, w):
    return (np.cumsum(x) / np.arange(1, len(x) + 1))[w - 1 :]


@mistake("moving_average", "The data itself was changed: whoever plots it afterwards plots something else.")
def data_overwritten(x, w):
    mean = np.convolve(np.asarray(x, dtype=np.float64), np.ones(w) / w, mode="valid")
    x[: len(mean)] = mean
    return mean


@mistake("moving_average", "float32 came back: the contract asks for float64.")
def single_precision(x, w):
    return np.convolve(np.asarray(x, dtype=np.float64), np.ones(w) / w, mode="valid").astype(np.float32)


# --- classify_end -----------------------------------------------------------------------------------------------------


@mistake("classify_end", "Where both flags are set the pole has fallen: the termination counts.")
def truncation_wins(terminated, truncated):
    if truncated:
        return "truncated"
    return "terminated" if terminated else "running"


@mistake("classify_end", "A time limit is no termination: the state still has a future.")
def any_end_is_terminated(terminated, truncated):
    return "terminated" if terminated or truncated else "running"


@mistake("classify_end", "numpy's booleans are not Python's: `is True` is never true for them.")
def identity_with_true(terminated, truncated):
    if terminated is True:
        return "terminated"
    return "truncated" if truncated is True else "running"


# --- set_seed ---------------------------------------------------------------------------------------------------------


@mistake("set_seed", "Only torch is seeded; Python and numpy draw something else each time.")
def torch_only(seed):
    torch.manual_seed(seed)


@mistake("set_seed", "Python's own random is not seeded.")
def python_forgotten(seed):
    np.random.seed(seed)
    torch.manual_seed(seed)


@mistake("set_seed", "numpy's global state is not seeded: a new generator that nobody uses changes nothing.")
def numpy_generator_dropped(seed):
    random.seed(seed)
    np.random.default_rng(seed)
    torch.manual_seed(seed)


@mistake("set_seed", "torch is not seeded: a new generator that nobody uses changes nothing.")
def torch_generator_dropped(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.Generator().manual_seed(seed)


@mistake("set_seed", "Every call seeds the same number: the argument is ignored.")
def seed_ignored(seed):
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


# --- mse --------------------------------------------------------------------------------------------------------------


UNNOTICED = (
    "Shapes that differ pass without a word: broadcast, your loss averages n x n numbers; flattened, it hides the "
    "mistake of whoever passed (n,1)."
)


@mistake("mse", UNNOTICED)
def broadcast_silently(pred, target):
    return float(np.mean((pred - target) ** 2))


@mistake("mse", UNNOTICED)
def flattened(pred, target):
    return float(np.mean((pred.ravel() - target.ravel()) ** 2))


@mistake("mse", "Compare the shapes, not the lengths: (n,1) and (n,) both have length n.")
def lengths_compared(pred, target):
    if len(pred) != len(target):
        raise ValueError("lengths differ")
    return float(np.mean((pred - target) ** 2))


@mistake("mse", "Compare the shapes, not the number of axes: (n,) and (1,) both have one.")
def axes_counted(pred, target):
    if pred.ndim != target.ndim:
        raise ValueError("dimensions differ")
    return float(np.mean((pred - target) ** 2))


@mistake("mse", "This is the sum of the squares, not their mean.")
def sum_of_squares(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return float(np.sum((pred - target) ** 2))


@mistake("mse", "This is the root of the mean squared error.")
def root_mean_square(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return float(np.sqrt(np.mean((pred - target) ** 2)))


@mistake("mse", "These are absolute differences: the mean squared error squares them.")
def mean_absolute_error(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return float(np.mean(np.abs(pred - target)))


@mistake("mse", "A wrong shape raises, but not a ValueError: an assert disappears under python -O.")
def asserted(pred, target):
    assert pred.shape == target.shape
    return float(np.mean((pred - target) ** 2))


# --- detach_demo ------------------------------------------------------------------------------------------------------


@mistake(
    "detach_demo", "Both tensors lead back to w: does detach change the tensor you call it on, or give you another one?"
)
def detach_dropped(w):
    y = w * w
    y.detach()
    return y, y


@mistake("detach_demo", "Neither tensor leads back to w any more: y itself has to keep its graph.")
def detached_in_place(w):
    y = w * w
    y.detach_()
    return y, y


@mistake("detach_demo", "Only half of the gradient arrives: one of the two factors was cut off from w.")
def one_factor_detached(w):
    y = w.detach() * w
    return y, y.detach()


@mistake("detach_demo", "The two tensors are in the wrong order: first the one with the graph.")
def order_swapped(w):
    y = w * w
    return y.detach(), y
