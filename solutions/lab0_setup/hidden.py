"""The hidden cases of lab 0: drawn from the seed of each grading run, the same for all its students."""

import gymnasium
import numpy as np
import torch

from checks import (
    both_tensors,
    four_ends,
    made_spaces,
    mean_squared_error,
    next_draws,
    one_episode,
    shapes_must_agree,
    spaces_of,
    whole_windows,
)
from grader.checks import hidden_cases
from warmup import run_random_episode


@hidden_cases(spaces_of)
def other_environments(rng):
    for env_id in ("Pendulum-v1", "MountainCar-v0", "Acrobot-v1"):
        yield dict(env_id=env_id)


@hidden_cases(made_spaces)
def any_spaces(rng):
    for shape in ((3,), (2, 4), (1,), (3, 1, 2)):
        low = rng.normal(size=shape)
        low.flat[0] = -np.inf
        yield dict(n=int(rng.integers(2, 20)), low=low, high=1 + np.abs(rng.normal(size=shape)) + np.abs(low.clip(-9)))


@hidden_cases(one_episode)
def other_seeds(rng):
    for env_id in ("CartPole-v1", "Pendulum-v1"):
        yield dict(env_id=env_id, seed=int(rng.integers(1, 2**31)))
    yield dict(env_id="CartPole-v1", seed=int(rng.integers(1, 2**31)), limit=6)
    seed = int(rng.integers(1, 2**31))
    length = run_random_episode(gymnasium.make("CartPole-v1"), seed)["length"]
    yield dict(env_id="CartPole-v1", seed=seed, limit=length)  # terminated and truncated at once


@hidden_cases(whole_windows)
def curves(rng):
    for n in (3, 8, 50):
        yield dict(x=rng.normal(size=n), w=int(rng.integers(2, n)))
    yield dict(x=rng.integers(-9, 9, size=12), w=5)
    yield dict(x=rng.normal(size=6), w=6)


@hidden_cases(four_ends)
def flags_of_numpy(rng):
    yield dict(numpy_flags=True)


@hidden_cases(next_draws)
def seeds(rng):
    for _ in range(3):
        yield dict(seed=int(rng.integers(2**31)))


@hidden_cases(mean_squared_error)
def predictions(rng):
    for n in (1, 4, 30):
        yield dict(pred=rng.normal(size=n), target=rng.normal(size=n))


@hidden_cases(shapes_must_agree)
def sizes(rng):
    for n in rng.choice(range(2, 9), size=2, replace=False):
        yield dict(n=int(n))


@hidden_cases(both_tensors)
def weights(rng):
    for n in (1, 6):
        yield dict(w=torch.from_numpy(rng.normal(size=n)).float())
