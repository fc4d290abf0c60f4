"""The hidden cases of lab 3: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    a_split,
    advantages,
    both_losses,
    certain_choices,
    constant_returns,
    constant_weights,
    critic_loss,
    every_step,
    four_gradients,
    frequencies,
    long_episode,
    one_episode,
    one_step_target,
    several_episodes,
    several_episodes_loss,
    shapes_must_agree,
    whole_returns,
    without_a_generator,
)
from grader.checks import hidden_cases
from grader.checks.cases import floats, pairs_of_shapes, seed_of, skewed, uniform


def log_probabilities(rng, n):
    """Log-probabilities of n actions, none of them near zero or one."""
    return torch.log(uniform(rng, 0.05, 0.95, n))


def episode_ends(rng, lengths, finished):
    """The done flags of episodes of these lengths; the last one ends with a done only where `finished`."""
    dones = torch.zeros(sum(lengths), dtype=torch.bool)
    dones[torch.tensor(lengths).cumsum(0) - 1] = True
    dones[-1] = finished
    return dones


@hidden_cases(every_step)
def episodes(rng):
    for length in (2, 5, 17):
        yield dict(rewards=rng.normal(size=length).tolist(), gamma=float(rng.uniform(0.5, 0.95)))
    yield dict(rewards=rng.integers(-5, 5, size=6).tolist(), gamma=float(rng.uniform(0.5, 0.95)))
    yield dict(rewards=rng.normal(size=4).tolist(), gamma=1.0)
    yield dict(rewards=rng.normal(size=4).tolist(), gamma=0.0)
    yield dict(rewards=[float(rng.normal())], gamma=0.9)
    yield dict(rewards=[], gamma=0.9)


@hidden_cases(long_episode)
def long_episodes(rng):
    for length in (20_000, 2_000):
        yield dict(length=length, gamma=float(rng.uniform(0.98, 0.995)))


def several(rng):
    for lengths, finished, gamma in (
        ((3, 1, 4), True, float(rng.uniform(0.5, 0.95))),
        ((2, 5), False, float(rng.uniform(0.5, 0.95))),
        ((1, 1, 1), True, 0.9),
        ((7,), True, 1.0),
        ((4,), False, 0.0),
        ((1,), True, 0.9),
        ((60, 40), False, 0.999),
    ):
        n = sum(lengths)
        yield dict(rewards=floats(rng, n), dones=episode_ends(rng, lengths, finished), gamma=gamma)


def bootstrapped(rng):
    for lengths, finished in (((3, 2), True), ((1, 4), False), ((2, 3, 1), True)):
        dones = episode_ends(rng, lengths, finished)
        yield dict(rewards=floats(rng, sum(lengths)), dones=dones, gamma=float(rng.uniform(0.5, 0.95)))


@hidden_cases(several_episodes)
def episodes_end_to_end(rng):
    yield from several(rng)


@hidden_cases(whole_returns)
def whole_episodes(rng):
    yield from several(rng)


@hidden_cases(constant_returns)
def rewards_of_a_network(rng):
    yield from bootstrapped(rng)


@hidden_cases(constant_weights)
def weights_of_a_network(rng):
    yield from bootstrapped(rng)


@hidden_cases(frequencies)
def policies(rng):
    for actions, shift in ((2, -150.0), (3, float(rng.uniform(-5, 5))), (5, float(rng.uniform(-5, 5))), (4, 120.0)):
        yield dict(probabilities=skewed(rng, actions), shift=shift, count=500, seed=seed_of(rng))


@hidden_cases(without_a_generator)
def global_states(rng):
    for _ in range(2):
        yield dict(logits=floats(rng, 1, 3, scale=0.5).repeat(100, 1), seed=seed_of(rng))


@hidden_cases(certain_choices)
def extreme_logits(rng):
    for rows, actions in ((1, 3), (6, 4), (5, 2)):
        logits = torch.full((rows, actions), -200.0)
        logits[torch.arange(rows), torch.from_numpy(rng.integers(actions, size=rows))] = 200.0
        yield dict(logits=logits)


@hidden_cases(one_episode)
def single_episodes(rng):
    for n in (1, 2, 9):
        yield dict(logp=log_probabilities(rng, n), weights=floats(rng, n, scale=3.0))
    weights = torch.tensor([0.0, 200.0, -150.0, 0.01])
    yield dict(logp=uniform(rng, -60.0, -0.001, 4), weights=weights[torch.from_numpy(rng.permutation(4))])


@hidden_cases(several_episodes_loss)
def batches_of_episodes(rng):
    for n, n_episodes in ((7, 2), (9, 4), (3, 1)):
        yield dict(logp=log_probabilities(rng, n), weights=floats(rng, n, scale=3.0), n_episodes=n_episodes)


@hidden_cases(four_gradients)
def other_policies(rng):
    for gamma in (float(rng.uniform(0.3, 0.95)), 1.0, 0.0):
        yield dict(theta=torch.from_numpy(rng.normal(size=(3, 2))), gamma=gamma)
    yield dict(theta=floats(rng, 3, 2), gamma=float(rng.uniform(0.3, 0.95)))
    yield dict(theta=floats(rng, 3, 2).half(), gamma=float(rng.uniform(0.3, 0.95)))
    yield dict(theta=torch.from_numpy(rng.normal(scale=8.0, size=(3, 2))), gamma=float(rng.uniform(0.3, 0.95)))


@hidden_cases(advantages)
def returns_and_values(rng):
    for n in (1, 4, 11):
        yield dict(G=floats(rng, n, scale=20.0), v=floats(rng, n, scale=20.0))


@hidden_cases(critic_loss)
def values_and_returns(rng):
    for n in (1, 4, 11):
        yield dict(v=floats(rng, n, scale=5.0), G=floats(rng, n, scale=5.0))


@hidden_cases(shapes_must_agree)
def other_shapes(rng):
    for _ in range(4):
        yield dict(pairs=pairs_of_shapes(rng))


def transitions(rng, n):
    terminated = torch.from_numpy(rng.uniform(size=n) < 0.4)
    terminated[0], terminated[-1] = True, False  # one of each at least
    return dict(r=floats(rng, n), v_next=floats(rng, n, scale=3.0), terminated=terminated)


@hidden_cases(one_step_target)
def steps(rng):
    for n, gamma in ((2, 0.9), (6, float(rng.uniform(0.5, 0.95))), (15, 0.999), (4, 1.0), (3, 0.0)):
        case = transitions(rng, n)
        case["v_next"][0] = 1e6  # of a step that terminated
        yield dict(**case, gamma=gamma)


@hidden_cases(both_losses)
def batches(rng):
    for n, gamma in ((1, 0.9), (2, 1.0), (6, float(rng.uniform(0.5, 0.95))), (15, float(rng.uniform(0.5, 0.95)))):
        yield dict(logp=log_probabilities(rng, n), v=floats(rng, n, scale=5.0), **transitions(rng, n), gamma=gamma)


@hidden_cases(a_split)
def sweeps(rng):
    for reward in (1.0, float(rng.uniform(-6, -3)), float(rng.uniform(3, 6))):
        yield dict(steps=int(rng.integers(10, 20)), step_size=float(rng.uniform(0.4, 0.6)), reward=reward)
