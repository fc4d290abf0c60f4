"""The hidden cases of lab 4: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    as_your_loss_does,
    clipped_share,
    entropy,
    epsilon_added,
    gaussian_actions,
    kl,
    mean_and_deviation,
    minibatches,
    no_episode_ends,
    nothing_to_divide_by,
    outside_the_range,
    random_order,
    ratios,
    ratios_of_tiny_probabilities,
    shapes_must_agree,
    six_cases,
    squared_error,
    squashed,
    terminations,
    time_limits,
    variance_explained,
    within_the_range,
)
from grader.checks import hidden_cases
from grader.checks.cases import either, floats, pairs_of_shapes, seed_of, uniform


@hidden_cases(mean_and_deviation)
def advantages(rng):
    yield dict(x=floats(rng, 5, scale=3.0, shift=20.0))
    yield dict(x=floats(rng, 4, 3, shift=2.0))
    yield dict(x=floats(rng, 7, scale=0.01))
    yield dict(x=floats(rng, 2, 5, scale=50.0))
    yield dict(x=floats(rng, 2, 3, 2))


@hidden_cases(nothing_to_divide_by)
def equal_advantages(rng):
    for shape in ((4,), (2, 4), (1,), (1, 1)):
        yield dict(x=torch.full(shape, float(rng.integers(1, 20)) / 4))


@hidden_cases(epsilon_added)
def other_epsilons(rng):
    yield dict(x=floats(rng, 6), eps=1.0)
    yield dict(x=floats(rng, 3, 2, shift=1.0), eps=float(rng.uniform(0.2, 0.6)))
    yield dict(x=floats(rng, 4, scale=1e-8))
    yield dict(x=floats(rng, 5, scale=0.01, shift=1.0), eps=10.0)


@hidden_cases(ratios)
def policies(rng):
    for n in (1, 3, 8):
        yield dict(logp_new=torch.log(uniform(rng, 0.05, 0.9, n)), logp_old=torch.log(uniform(rng, 0.05, 0.9, n)))
    # Densities of continuous actions: their logarithms are of both signs.
    yield dict(logp_new=floats(rng, 5), logp_old=floats(rng, 5))
    old = floats(rng, 4)
    yield dict(logp_new=old + torch.tensor([8.0, -8.0, 2.3, -3.0]), logp_old=old)


@hidden_cases(ratios_of_tiny_probabilities)
def tiny_probabilities(rng):
    for low, high in ((-19.0, -16.0), (-200.0, -150.0), (-450.0, -400.0)):
        old = uniform(rng, low, high, 4)
        yield dict(logp_new=old + floats(rng, 4), logp_old=old)
    old = torch.tensor([-500.0, -499.0])
    yield dict(logp_new=old + floats(rng, 2), logp_old=old)


@hidden_cases(within_the_range)
def small_steps(rng):
    for n in (1, 4, 9):
        clip = float(rng.uniform(0.15, 0.4))
        old = floats(rng, n, shift=-1.0)
        steps = torch.log(1 + uniform(rng, -0.9, 0.9, n) * clip)
        yield dict(logp_new=old + steps, logp_old=old, adv=floats(rng, n, scale=2.0), clip=clip)
    old = floats(rng, 5, shift=-1.0)
    yield dict(logp_new=old, logp_old=old.clone(), adv=floats(rng, 5), clip=0.2)
    steps = torch.log(uniform(rng, 0.9, 1.1, 4))
    yield dict(logp_new=old[:4] + steps, logp_old=old[:4], adv=torch.tensor([0.0, 1.0, 0.0, -2.0]), clip=0.25)


def far_from_one(rng, above, clip):
    """Ratios above (1) or below (0) the clip range, by at least a third of what is allowed."""
    n = len(above)
    return torch.where(above.bool(), 1 + clip * uniform(rng, 1.3, 5.0, n), (1 - clip) / uniform(rng, 1.2, 4.0, n))


def quadrant(rng, above, sign, clip):
    old = floats(rng, len(above), shift=-1.0)
    steps = torch.log(far_from_one(rng, above, clip))
    return dict(logp_new=old + steps, logp_old=old, adv=sign * uniform(rng, 0.3, 3.0, len(above)), clip=clip)


@hidden_cases(outside_the_range)
def large_steps(rng):
    for n in (1, 3):
        for above in (0, 1):
            for sign in (1, -1):
                clip = float(rng.uniform(0.1, 0.4))
                yield quadrant(rng, torch.full((n,), above), sign, clip)
    for n in (6, 11):
        clip = float(rng.uniform(0.1, 0.4))
        case = quadrant(rng, either(rng, n), 2 * either(rng, n) - 1, clip)
        case["logp_new"][0] = case["logp_old"][0]
        yield case
    for clip in (float(rng.uniform(0.05, 0.6)), 0.0):
        ratio = torch.cat([uniform(rng, 4.0, 10.0, 3), uniform(rng, 0.05, 0.2, 3), torch.tensor([20.0, 2000.0])])
        old = floats(rng, 8, shift=-1.0)
        adv = torch.tensor([1.0, -1.0, 0.0, 1.0, -1.0, 0.0, -0.5, -0.01]) * uniform(rng, 0.5, 2.0, 8)
        yield dict(logp_new=old + torch.log(ratio), logp_old=old, adv=adv, clip=clip)


@hidden_cases(six_cases)
def the_table(rng):
    yield dict(graded=True)


@hidden_cases(as_your_loss_does)
def the_table_and_the_loss(rng):
    ratios = dict(below=float(rng.uniform(0.2, 0.5)), inside=0.9, above=float(rng.uniform(1.5, 3.0)))
    yield dict(graded=True, ratios=ratios, clip=float(rng.uniform(0.2, 0.3)))


def segment(rng, steps, envs, terminated=0.0, truncated=0.0):
    """Rewards and values of `envs` environments; v_next is v of the next row, except where an episode ended."""
    values = floats(rng, steps + 1, envs, scale=2.0)
    v, v_next = values[:-1].clone(), values[1:].clone()
    terminated = torch.from_numpy(rng.uniform(size=(steps, envs)) < terminated)
    truncated = torch.from_numpy(rng.uniform(size=(steps, envs)) < truncated)
    v_next = torch.where(terminated | truncated, floats(rng, steps, envs, scale=3.0, shift=4.0), v_next)
    return dict(r=floats(rng, steps, envs), v=v, v_next=v_next, terminated=terminated, truncated=truncated)


def settings(rng):
    return dict(gamma=float(rng.uniform(0.6, 0.97)), lam=float(rng.uniform(0.5, 0.95)))


@hidden_cases(no_episode_ends)
def without_ends(rng):
    for steps, envs in ((5, 2), (2, 6), (12, 1), (1, 3)):
        yield dict(**segment(rng, steps, envs), **settings(rng))
    yield dict(**segment(rng, 6, 3), gamma=0.9, lam=0.0)
    yield dict(**segment(rng, 6, 3), gamma=0.9, lam=1.0)
    yield dict(**segment(rng, 4, 2), gamma=1.0, lam=1.0)
    yield dict(**segment(rng, 4, 2), gamma=0.0, lam=0.9)
    yield dict(**segment(rng, 80, 2), gamma=0.999, lam=0.98)


def sure(case, name, places):
    """The case with `name` True at these (t, environment), and another value of the last observation there."""
    for t, environment in places:
        case[name][t, environment] = True
        case["v_next"][t, environment] = 7.5
    return case


@hidden_cases(terminations)
def with_terminations(rng):
    yield dict(**sure(segment(rng, 6, 3, terminated=0.2), "terminated", [(2, 0), (5, 1)]), **settings(rng))
    yield dict(**sure(segment(rng, 3, 5, terminated=0.3), "terminated", [(1, 4)]), **settings(rng))
    yield dict(**sure(segment(rng, 9, 1, terminated=0.2), "terminated", [(4, 0)]), **settings(rng))
    yield dict(**sure(segment(rng, 5, 2), "terminated", [(2, 0), (3, 0)]), gamma=0.9, lam=1.0)
    case = sure(segment(rng, 4, 2), "terminated", [(0, 1), (3, 0)])
    case["v_next"][3, 0] = 1e6
    yield dict(**case, gamma=1.0, lam=0.9)


@hidden_cases(time_limits)
def with_time_limits(rng):
    yield dict(**sure(segment(rng, 6, 3, truncated=0.2), "truncated", [(2, 0), (5, 1)]), **settings(rng))
    yield dict(**sure(segment(rng, 8, 4, 0.15, 0.15), "truncated", [(3, 2)]), **settings(rng))
    yield dict(**sure(segment(rng, 9, 1, truncated=0.2), "truncated", [(4, 0)]), **settings(rng))
    yield dict(**sure(segment(rng, 5, 2), "truncated", [(2, 0), (3, 0)]), gamma=0.9, lam=1.0)
    # The time is up in the very step in which the pole falls: the episode has terminated.
    both = sure(sure(segment(rng, 5, 2), "truncated", [(1, 0), (3, 1)]), "terminated", [(1, 0)])
    yield dict(**both, **settings(rng))


@hidden_cases(squared_error)
def values_and_returns(rng):
    for n, scale in ((1, 5.0), (4, 5.0), (11, 0.1), (6, 100.0)):
        yield dict(v=floats(rng, n, scale=scale), returns=floats(rng, n, scale=scale))


@hidden_cases(shapes_must_agree)
def other_shapes(rng):
    for _ in range(4):
        yield dict(pairs=pairs_of_shapes(rng))


@hidden_cases(gaussian_actions)
def gaussians(rng):
    for rows, k, repeats, calls in ((1, 1, 1_500, 1), (2, 3, 700, 1), (3, 1, 1, 8)):
        means, log_std = floats(rng, rows, k, scale=3.0), uniform(rng, -1.2, 0.9, k)
        yield dict(means=means, deviations=log_std.exp(), repeats=repeats, calls=calls, seed=seed_of(rng))
    deviations = torch.tensor([0.03, 12.0])
    yield dict(means=floats(rng, 1, 2), deviations=deviations, repeats=1_500, calls=1, seed=seed_of(rng))


@hidden_cases(entropy)
def deviations(rng):
    for k in (1, 2, 5):
        yield dict(log_std=floats(rng, k))
    yield dict(log_std=torch.tensor([-6.0, 3.0, -2.5]))


@hidden_cases(squashed)
def bounds(rng):
    low, high = -float(rng.uniform(1, 4)), float(rng.uniform(1, 4))
    yield dict(a=floats(rng, 9, 1), low=low, high=high)
    low = floats(rng, 3, scale=2.0)
    yield dict(a=floats(rng, 6, 3), low=low, high=low + uniform(rng, 0.5, 5.0, 3))
    yield dict(a=torch.tensor([[1.0, -1.0], [50.0, -1e6], [0.0, 0.3]]), low=0.5, high=3.0)
    low = uniform(rng, -5.0, -3.0, 1)
    yield dict(a=floats(rng, 4, 1), low=low, high=low + uniform(rng, 0.5, 2.0, 1))


@hidden_cases(minibatches)
def epochs(rng):
    for n, size in ((64, 16), (int(rng.integers(30, 60)), 7), (15, 1), (9, 9), (5, 64), (1, 4)):
        yield dict(n=n, size=size, seed=seed_of(rng))


@hidden_cases(random_order)
def many_epochs(rng):
    for n, size in ((6, 2), (9, 4)):
        yield dict(n=n, size=size, deals=500, seed=seed_of(rng))


@hidden_cases(kl)
def drifts(rng):
    for n, scale in ((1, 1.0), (4, 0.7), (9, 0.3)):
        old = floats(rng, n, shift=-1.0)
        yield dict(logp_new=old + floats(rng, n, scale=scale), logp_old=old)
    old = floats(rng, 3)
    yield dict(logp_new=old + torch.tensor([8.0, -8.0, 2.3]), logp_old=old)


@hidden_cases(clipped_share)
def shares(rng):
    for n in (2, 3, 8):
        clip = float(rng.uniform(0.1, 0.4))
        ratio = far_from_one(rng, either(rng, n), clip)
        inside = 1 + clip * uniform(rng, -0.7, 0.7, n)
        old = floats(rng, n, shift=-1.0)
        steps = torch.log(torch.where(torch.from_numpy(rng.uniform(size=n) < 0.5), ratio, inside))
        yield dict(logp_new=old + steps, logp_old=old, clip=clip)
    old = floats(rng, 4)
    yield dict(logp_new=old + torch.log(torch.tensor([0.81, 0.82, 1.19, 1.25])), logp_old=old, clip=0.2)
    yield dict(logp_new=old, logp_old=old.clone(), clip=0.2)
    ratio = torch.tensor([0.94, 1.07, 1.3, 1.5, 10.0, 0.05])
    for clip, n in ((0.04, 3), (0.1, 5), (0.6, 6)):
        old, places = floats(rng, n), torch.from_numpy(rng.permutation(n))
        yield dict(logp_new=old + torch.log(ratio[places]), logp_old=old, clip=clip)
    steps = torch.tensor([0.0, 0.0, 0.05, -0.05, 8.0])
    yield dict(logp_new=steps, logp_old=torch.zeros(5), clip=0.0)


@hidden_cases(variance_explained)
def critics(rng):
    for n in (2, 5, 12):
        returns = floats(rng, n, scale=2.0)
        yield dict(v=returns * 0.6 + floats(rng, n) + 3.0, returns=returns)
    yield dict(v=floats(rng, 6, scale=3.0), returns=floats(rng, 6, scale=0.5))
    yield dict(v=floats(rng, 5, scale=0.02, shift=5.0), returns=floats(rng, 5, scale=0.02))
    yield dict(v=torch.full((4,), float(rng.integers(1, 9))), returns=floats(rng, 4))
    yield dict(v=floats(rng, 4), returns=torch.full((4,), float(rng.integers(1, 9))))
    yield dict(v=floats(rng, 1), returns=floats(rng, 1))
