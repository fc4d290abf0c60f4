"""Right versions of lab 0's functions that look different; all of them earn every point."""

import random
from typing import NamedTuple

import gymnasium
import numpy as np
import torch

from grader.checks import alternative


@alternative("describe_space")
def by_attribute(space):
    if hasattr(space, "n"):
        return dict(kind="discrete", n_or_shape=space.n, low=None, high=None)
    return dict(high=space.high, low=space.low, n_or_shape=list(space.shape), kind="box")


@alternative("run_random_episode")
def for_loop_seeding_first(env, seed):
    env.action_space.seed(seed)
    env.reset(seed=seed)
    rewards = []
    for _ in range(10**6):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        rewards.append(reward)
        if terminated or truncated:
            break
    return dict(ret=np.sum(rewards), length=len(rewards), terminated=terminated, truncated=truncated)


@alternative("moving_average")
def cumulative_sums(x, w):
    total = np.concatenate([[0.0], np.cumsum(x, dtype=np.float64)])
    return (total[w:] - total[:-w]) / w


@alternative("moving_average")
def sliding_windows(x, w):
    return np.lib.stride_tricks.sliding_window_view(x, w).mean(axis=1)


@alternative("moving_average")
def a_loop(x, w):
    return np.array([sum(float(number) for number in x[i : i + w]) / w for i in range(len(x) - w + 1)])


@alternative("classify_end")
def a_chain(terminated, truncated):
    return "terminated" if terminated else "truncated" if truncated else "running"


@alternative("classify_end")
def a_lookup(terminated, truncated):
    return ("running", "truncated", "terminated", "terminated")[2 * int(terminated) + int(truncated)]


@alternative("set_seed")
def other_order(seed):
    torch.random.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@alternative("mse")
def by_dot_product(pred, target):
    if np.shape(pred) != np.shape(target):
        raise ValueError
    difference = pred - target
    return np.dot(difference, difference) / difference.size


@alternative("mse")
def with_torch(pred, target):
    if list(pred.shape) != list(target.shape):
        raise ValueError("shapes")
    return torch.nn.functional.mse_loss(torch.from_numpy(pred), torch.from_numpy(target))


class Pair(NamedTuple):
    y: torch.Tensor
    y_detached: torch.Tensor


@alternative("detach_demo")
def named_and_without_grad(w):
    with torch.no_grad():
        constant = w**2
    return Pair(w.square(), constant)


@alternative("detach_demo")
def data_of_y(w):
    y = torch.pow(w, 2)
    return [y, y.data]


@alternative("describe_space")
def by_class_name(space):
    box = type(space).__name__ == "Box"
    return {
        "kind": "box" if box else "discrete",
        "n_or_shape": space.shape if box else int(space.n),
        "low": np.array(space.low) if box else None,
        "high": np.array(space.high) if box else None,
    }


@alternative("run_random_episode")
def reset_unwrapped_space(env: gymnasium.Env, seed):
    _, _ = env.reset(seed=seed)
    env.action_space.seed(seed)
    total, steps, done = 0, 0, False
    while not done:
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        total, steps, done = total + reward, steps + 1, terminated or truncated
    return {"ret": float(total), "length": steps, "terminated": terminated, "truncated": truncated}
