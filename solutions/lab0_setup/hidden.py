"""The hidden cases of lab 0: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    both_tensors,
    four_ends,
    mean_squared_error,
    next_draws,
    one_episode,
    shapes_must_agree,
    spaces_of,
    whole_windows,
)
from grader.checks import hidden_cases


@hidden_cases(spaces_of)
def other_environments(rng):
    for env_id in ("Pendulum-v1", "MountainCar-v0", "Acrobot-v1"):
        yield dict(env_id=env_id)


@hidden_cases(one_episode)
def other_seeds(rng):
    for env_id in ("CartPole-v1", "Pendulum-v1"):
        yield dict(env_id=env_id, seed=int(rng.integers(1, 2**31)))


@hidden_cases(whole_windows)
def curves(rng):
    for n in (3, 8, 50):
        yield dict(x=rng.normal(size=n), w=int(rng.integers(2, n)))
    yield dict(x=rng.integers(-9, 9, size=12), w=5)


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
