"""What is checked in lab 4: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import math

import numpy as np
import torch
from torch import tensor

from grader.checks import Wrong, check
from grader.checks.probes import (
    STANDARD_ERRORS,
    array,
    device_of_result,
    mapping,
    raised_by,
    value_and_gradients,
    value_without_gradient,
    works_on_its_device,
)
from grader.checks import CannotJudge

FLOATS = ("float32", "float64")

# --- 4.1 normalize ----------------------------------------------------------------------------------------------------


@check("normalize", points=1.5)
def mean_and_deviation(lab, x):
    """Mean 0 and population deviation 1 over all elements, as a constant."""
    return value_without_gradient(lab.normalize, x)


mean_and_deviation.case("four advantages", x=tensor([1.0, 2.0, 3.0, 6.0]))
mean_and_deviation.case("two environments", x=tensor([[1.0, -2.0], [0.5, 4.0], [3.0, 8.0]]))


@check("normalize", points=1)
def nothing_to_divide_by(lab, x):
    """Advantages that are all equal become 0."""
    return lab.normalize(x)


nothing_to_divide_by.case("three equal ones", x=tensor([2.5, 2.5, 2.5]))
nothing_to_divide_by.case("a single one", x=tensor([-4.0]))


@check("normalize", points=0.5)
def epsilon_added(lab, x, **eps):
    """eps is added to the deviation; it is 1e-8 where the caller names no other."""
    return lab.normalize(x, **eps)


epsilon_added.case("eps=1", x=tensor([1.0, -1.0, 1.5, 0.5]), eps=1.0)
epsilon_added.case("no eps, and advantages as small as its default", x=tensor([1e-8, -1e-8, 3e-8, 1e-8]))


@check("normalize", points=1, quick=False, verify=works_on_its_device, needs=mean_and_deviation)
def normalize_device(lab, x):
    """Works on the device of its inputs."""
    return device_of_result(lab.normalize, x)


normalize_device.case("on CUDA", x=torch.ones(3, 2))

# --- 4.2 prob_ratio ---------------------------------------------------------------------------------------------------


@check("prob_ratio", points=4)
def ratios(lab, logp_new, logp_old):
    """new / old for each transition, with a gradient to the new log-probabilities alone."""
    return value_and_gradients(lab.prob_ratio, logp_new, logp_old)


OLD = torch.log(tensor([0.2, 0.5, 0.4, 0.8]))
ratios.case("twice as likely, half as likely", logp_new=torch.log(tensor([0.4, 0.25, 0.4, 0.9])), logp_old=OLD)


@check("prob_ratio", points=1)
def ratios_of_tiny_probabilities(lab, logp_new, logp_old):
    """Probabilities that are 0 in float32 still have a ratio."""
    return value_and_gradients(lab.prob_ratio, logp_new, logp_old)


ratios_of_tiny_probabilities.case(
    "exp(-200) and below", logp_new=tensor([-200.0, -300.5]), logp_old=tensor([-200.5, -300.0])
)


@check("prob_ratio", points=1, quick=False, verify=works_on_its_device, needs=ratios)
def ratios_device(lab, logp_new, logp_old):
    """Works on the device of its inputs."""
    return device_of_result(lab.prob_ratio, logp_new, logp_old)


ratios_device.case("on CUDA", logp_new=torch.ones(5), logp_old=torch.ones(5))

# --- 4.3 ppo_clip_loss ------------------------------------------------------------------------------------------------


@check("ppo_clip_loss", points=4)
def within_the_range(lab, logp_new, logp_old, adv, clip):
    """Where nothing is clipped: minus the mean of r A, with its gradient to the new log-probabilities alone."""
    return value_and_gradients(lambda *tensors: lab.ppo_clip_loss(*tensors, clip), logp_new, logp_old, adv)


within_the_range.case(
    "the first minibatch: all ratios 1", logp_new=OLD, logp_old=OLD, adv=tensor([1.0, -2.0, 0.5, 3.0]), clip=0.2
)
within_the_range.case(
    "ratios 1.1 and 0.9",
    logp_new=OLD + torch.log(tensor([1.1, 0.9, 1.1, 0.9])),
    logp_old=OLD,
    adv=tensor([1.0, 2.0, -0.5, -3.0]),
    clip=0.2,
)


@check("ppo_clip_loss", points=7)
def outside_the_range(lab, logp_new, logp_old, adv, clip):
    """Outside the range: the smaller of the two terms, and which transitions still have a gradient."""
    return value_and_gradients(lambda *tensors: lab.ppo_clip_loss(*tensors, clip), logp_new, logp_old, adv)


outside_the_range.case(
    "a good and a bad action, both now too likely",
    logp_new=OLD[:2] + math.log(1.5),
    logp_old=OLD[:2],
    adv=tensor([1.0, -1.0]),
    clip=0.2,
)
outside_the_range.case(
    "a good and a bad action, both now too unlikely",
    logp_new=OLD[:2] - math.log(2.0),
    logp_old=OLD[:2],
    adv=tensor([1.0, -1.0]),
    clip=0.2,
)
outside_the_range.case(
    "clip = 1e9: nothing is clipped",
    logp_new=OLD + torch.log(tensor([3.0, 0.1, 0.2, 1.5])),
    logp_old=OLD,
    adv=tensor([2.0, 1.0, -0.5, -1.0]),
    clip=1e9,
)


@check("ppo_clip_loss", points=1, quick=False, verify=works_on_its_device, needs=within_the_range)
def clip_loss_device(lab, logp_new, logp_old, adv):
    """Works on the device of its inputs."""
    return device_of_result(lambda *tensors: lab.ppo_clip_loss.__wrapped__(*tensors, 0.2), logp_new, logp_old, adv)


clip_loss_device.case("on CUDA", logp_new=torch.ones(5), logp_old=torch.ones(5), adv=torch.ones(5))

# --- 4.4 clip_case_table ----------------------------------------------------------------------------------------------

RATIOS, SIGNS = ("below", "inside", "above"), (1, -1)


def _rows(table):
    """The two answers of each case by its name; whatever else the table holds is left out."""
    if not isinstance(table, list | tuple) or not all(isinstance(row, dict) for row in table):
        raise CannotJudge("a list of dictionaries is expected")
    return {
        f"ratio {row.get('ratio')}, advantage {row.get('advantage_sign')}": {
            name: bool(row[name]) if name in row else "missing" for name in ("clipped", "zero_gradient")
        }
        for row in table
    } | {"rows": len(table)}


def _complete(value, **_case):
    names = [f"ratio {ratio}, advantage {sign}" for ratio in RATIOS for sign in SIGNS]
    facts = mapping(value, "table")["table"]
    if not isinstance(facts, dict) or facts.get("rows") != 6:
        raise Wrong("six rows are expected, one for each place of the ratio and sign of the advantage")
    for name in names:
        row = facts.get(name)
        if row is None:
            raise Wrong(f"no row is for {name}")
        for key in ("clipped", "zero_gradient"):
            if not isinstance(mapping(row, "clipped", "zero_gradient")[key], bool):
                raise Wrong(f"{name}: {key} is missing")


@check("clip_case_table", points=0.5, verify=_complete)
def every_case_is_there(lab):
    """Six rows, each case once. (What is right is seen when it is graded: your own loss knows it.)"""
    return {"table": _rows(lab.clip_case_table())}


every_case_is_there.case("the table")


@check("clip_case_table", points=3.5)
def six_cases(lab):
    """Which cases are clipped, and which have no gradient."""
    return _rows(lab.clip_case_table())


# --- 4.5 compute_gae --------------------------------------------------------------------------------------------------


def _gae(lab, r, v, v_next, terminated, truncated, gamma, lam):
    return value_without_gradient(
        lambda v, v_next: lab.compute_gae(r, v, v_next, terminated, truncated, gamma, lam), v, v_next
    )


@check("compute_gae", points=4)
def no_episode_ends(lab, r, v, v_next, terminated, truncated, gamma, lam):
    """Within an episode, over all its steps; the last row sees v_next and nothing beyond."""
    return _gae(lab, r, v, v_next, terminated, truncated, gamma, lam)


@check("compute_gae", points=4)
def terminations(lab, r, v, v_next, terminated, truncated, gamma, lam):
    """After a termination there is no future: neither a value nor the next episode's advantages."""
    return _gae(lab, r, v, v_next, terminated, truncated, gamma, lam)


@check("compute_gae", points=5)
def time_limits(lab, r, v, v_next, terminated, truncated, gamma, lam):
    """After a truncation the value of the real next observation counts, and the next episode's advantages do not."""
    return _gae(lab, r, v, v_next, terminated, truncated, gamma, lam)


def _segment(terminated=(), truncated=(), steps=4):
    """Two environments; an episode ends at each (t, environment) of the two lists. Values that follow each other are
    those of the same observations, except where an episode ended: there `v_next` is of its last observation."""
    rows = torch.arange(float(steps))
    r = torch.stack([rows + 1, 0.5 - rows], dim=1)
    values = torch.stack([rows.new_tensor([0.5, 2.0, -1.0, 3.0, 1.5]), rows.new_tensor([1.0, -2.0, 4.0, 0.25, 6.0])], 1)
    v, v_next = values[:steps].clone(), values[1 : steps + 1].clone()
    flags = torch.zeros(2, steps, 2, dtype=torch.bool)
    for flag, places in zip(flags, (terminated, truncated), strict=True):
        for t, environment in places:
            flag[t, environment] = True
            v_next[t, environment] = 10.0 + t
    return dict(r=r, v=v, v_next=v_next, terminated=flags[0], truncated=flags[1])


no_episode_ends.case("three steps of two environments", **_segment(steps=3), gamma=0.9, lam=0.8)
no_episode_ends.case("lambda 0: the TD error", **_segment(steps=3), gamma=0.9, lam=0.0)
no_episode_ends.case("lambda 1: the discounted rewards, minus V", **_segment(), gamma=0.9, lam=1.0)
terminations.case("one environment terminates in the middle", **_segment([(1, 0)]), gamma=0.9, lam=0.8)
terminations.case("at the last row, too", **_segment([(1, 1), (3, 0)]), gamma=0.5, lam=0.9)
time_limits.case("one environment is cut in the middle", **_segment([], [(1, 0)]), gamma=0.9, lam=0.8)
time_limits.case("one is cut, the other terminates", **_segment([(2, 1)], [(0, 0), (3, 0)]), gamma=0.5, lam=0.9)


@check("compute_gae", points=1, quick=False, verify=works_on_its_device, needs=no_episode_ends)
def gae_device(lab, r, v, v_next, terminated, truncated):
    """Works on the device of its inputs."""
    return device_of_result(
        lambda *tensors: lab.compute_gae.__wrapped__(*tensors, 0.9, 0.8), r, v, v_next, terminated, truncated
    )


gae_device.case("on CUDA", **_segment([(1, 0)]))

# --- 4.6 value_loss ---------------------------------------------------------------------------------------------------


@check("value_loss", points=3)
def squared_error(lab, v, returns):
    """The mean squared error, and its gradient to v alone."""
    return value_and_gradients(lab.value_loss, v, returns)


squared_error.case("three values", v=tensor([1.0, -2.0, 0.5]), returns=tensor([2.0, 1.0, 0.25]))


@check("value_loss", points=1)
def shapes_must_agree(lab, n):
    """(B,1) against (B,) raises ValueError instead of giving B x B numbers."""
    column, row = torch.ones(n, 1), torch.ones(n)
    return {
        "(B,1) and (B,)": raised_by(lab.value_loss, column, row),
        "(B,) and (B,1)": raised_by(lab.value_loss, row, column),
        "two equal shapes": raised_by(lab.value_loss, row, row),
    }


shapes_must_agree.case("three numbers", n=3)


@check("value_loss", points=1, quick=False, verify=works_on_its_device, needs=squared_error)
def value_loss_device(lab, v, returns):
    """Works on the device of its inputs."""
    return device_of_result(lab.value_loss, v, returns)


value_loss_device.case("on CUDA", v=torch.ones(5), returns=torch.ones(5))

# --- 4.7 gaussian_policy, gaussian_entropy, squash_action -------------------------------------------------------------


def _judge_gaussian(value, means, log_std, repeats, **_case):
    """Actions that are N(mean, exp(log_std)^2) and independent, each with its log-density and that one's gradients."""
    facts = mapping(value, "action", "logp", "to mean", "to log_std", "constant", "next", "again", "freely")
    mean = np.repeat(np.asarray(means, dtype=np.float64), repeats, axis=0)
    log_std = np.asarray(log_std, dtype=np.float64)
    count, k = mean.shape
    action = array(facts["action"], "the actions", FLOATS)
    logp = array(facts["logp"], "the log-probabilities", FLOATS)
    for name, found, shape in (("the actions", action, (count, k)), ("the log-probabilities", logp, (count,))):
        if found.shape != shape:
            raise Wrong(f"{name} have the shape {found.shape}; {shape} is expected")
        if not np.isfinite(found).all():
            raise Wrong(f"{name} are not all finite")
    if facts["constant"] is not True:
        raise Wrong("the action still carries a gradient: it is what was done, and a constant")
    z = (action.astype(np.float64) - mean) / np.exp(log_std)
    if count >= 100:
        _judge_standard_normal(z)
    expected = (-(z**2) / 2 - log_std - math.log(2 * math.pi) / 2).sum(axis=1)
    if not np.allclose(logp, expected, rtol=1e-4, atol=1e-3):
        worst = int(np.abs(logp - expected).argmax())
        raise Wrong(
            f"the log-probability returned is {logp[worst]:.4f} where the density of the action returned with it has "
            f"the logarithm {expected[worst]:.4f}"
        )
    for name, gradient in (("mean", z / np.exp(log_std)), ("log_std", (z**2 - 1).sum(axis=0))):
        found = array(facts[f"to {name}"], "the gradients", FLOATS)
        if found.shape != gradient.shape or not np.allclose(found, gradient, rtol=1e-3, atol=1e-2):
            raise Wrong(f"the gradient of the log-probability to {name} is not the one at the action that was drawn")
    later, again = (array(facts[name], "the actions", FLOATS) for name in ("next", "again"))
    if later.shape != action.shape or np.allclose(later, action):
        raise Wrong("the next call with the same generator gave the same actions: draw from it, do not seed it anew")
    if again.shape != action.shape or not np.array_equal(again, action):
        raise Wrong("the same generator, seeded alike, gave other actions: draw from the generator you are given")
    freely = array(facts["freely"], "the actions", FLOATS)
    if freely.shape != action.shape or np.allclose(freely, action):
        raise Wrong("without a generator the actions come from the global random state; yours are always the same")


def _judge_standard_normal(z):
    """That the columns of z are independent draws of N(0, 1), as far as six standard errors tell."""
    count, k = z.shape
    for j in range(k):
        for what, found, expected, spread in (
            ("mean", z[:, j].mean(), 0.0, 1.0),
            ("mean square", (z[:, j] ** 2).mean(), 1.0, math.sqrt(2.0)),
            ("share within one", (np.abs(z[:, j]) < 1).mean(), 0.6827, 0.4655),
            ("share beyond two", (np.abs(z[:, j]) > 2).mean(), 0.0455, 0.2084),
            ("product with the row before", (z[1:, j] * z[:-1, j]).mean(), 0.0, 1.0),
        ):
            if abs(found - expected) > STANDARD_ERRORS * spread / math.sqrt(count - 1):
                raise Wrong(
                    f"dimension {j} of {count} actions, less their means and in their standard deviations: the {what} "
                    f"is {found:.3f}; {expected:.3g} is expected"
                )
        for i in range(j):
            if abs((z[:, i] * z[:, j]).mean()) > STANDARD_ERRORS / math.sqrt(count):
                raise Wrong(f"dimensions {i} and {j} of the actions go together; a diagonal Gaussian's do not")


@check("gaussian_policy", points=3, seconds=3, verify=_judge_gaussian)
def gaussian_actions(lab, means, log_std, repeats, seed):
    """Actions from the Gaussian, each with its own log-probability, and that one's gradients."""
    mean = tensor(means).repeat_interleave(repeats, dim=0).requires_grad_()
    log_std = tensor(log_std).requires_grad_()
    generator = torch.Generator().manual_seed(seed)
    generators = (generator, generator, torch.Generator().manual_seed(seed))
    results = [lab.gaussian_policy(mean, log_std, generator=generator) for generator in generators]
    for result in results:
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise CannotJudge("two tensors are expected: the actions and their log-probabilities")
    (action, logp), (later, _), (again, _) = results
    if not isinstance(logp, torch.Tensor) or not logp.requires_grad:
        raise CannotJudge("the log-probabilities carry no gradient to the mean: without it the policy cannot learn")
    gradients = torch.autograd.grad(logp.sum(), [mean, log_std], allow_unused=True)
    to_mean, to_log_std = (
        torch.zeros_like(leaf) if gradient is None else gradient
        for gradient, leaf in zip(gradients, (mean, log_std), strict=True)
    )
    constant = not (isinstance(action, torch.Tensor) and action.requires_grad)
    freely, _ = lab.gaussian_policy(mean, log_std)
    return {
        "action": action.detach() if isinstance(action, torch.Tensor) else action,
        "logp": logp,
        "to mean": to_mean,
        "to log_std": to_log_std,
        "constant": constant,
        "next": later,
        "again": again,
        "freely": freely,
    }


gaussian_actions.case(
    "two action dimensions", means=[[0.5, -1.0], [5.0, 2.0]], log_std=[-0.7, 0.4], repeats=1_000, seed=3
)
gaussian_actions.case("a batch of one, one dimension", means=[[0.3]], log_std=[-0.3466], repeats=1, seed=4)


@check("gaussian_policy", points=1.5)
def entropy(lab, log_std):
    """gaussian_entropy: a sum over the action's dimensions, with its gradient."""
    return value_and_gradients(lab.gaussian_entropy, log_std)


entropy.case("one dimension, deviation 1", log_std=tensor([0.0]))
entropy.case("three dimensions", log_std=tensor([-0.5, 0.25, 1.0]))


@check("gaussian_policy", points=1.5)
def squashed(lab, a, low, high):
    """squash_action: [-1, 1] scaled to the bounds, and clipped to them."""
    return lab.squash_action(a, low, high)


squashed.case("Pendulum's bounds", a=tensor([[-0.5], [0.0], [0.25], [5.0], [-1.5]]), low=-2.0, high=2.0)
squashed.case(
    "bounds that are not symmetric",
    a=tensor([[-1.0, 0.5], [0.5, -3.0], [2.0, 0.0]]),
    low=tensor([0.0, -1.0]),
    high=tensor([10.0, 3.0]),
)


@check("gaussian_policy", points=1, quick=False, verify=works_on_its_device, needs=gaussian_actions)
def gaussian_device(lab, mean, log_std, low, high):
    """All three work on the device of their inputs."""

    def all_three(mean, log_std, low, high):
        action, logp = lab.gaussian_policy.__wrapped__(mean, log_std)
        squashed = lab.squash_action.__wrapped__(action, low, high)
        return action, logp, squashed, lab.gaussian_entropy.__wrapped__(log_std)

    return device_of_result(all_three, mean, log_std, low, high)


gaussian_device.case("on CUDA", mean=torch.ones(4, 2), log_std=torch.ones(2), low=-torch.ones(2), high=torch.ones(2))

# --- 4.8 minibatch_indices --------------------------------------------------------------------------------------------


def _dealt(lab, n, size, generator):
    """One call's minibatches, as lists of numbers; what is no list of int64 tensors is said."""
    batches = lab.minibatch_indices(n, size, generator)
    if not isinstance(batches, list | tuple) or not all(isinstance(batch, torch.Tensor) for batch in batches):
        raise CannotJudge("a list of tensors is expected, one for each minibatch")
    for batch in batches:
        if batch.dtype != torch.int64 or batch.dim() != 1:
            raise CannotJudge(
                f"a minibatch is a tensor of {batch.dim()} dimensions and {batch.dtype}; 1 and int64 wanted"
            )
    return [batch.tolist() for batch in batches]


def _are_indices(batches):
    """Whether this is a list of lists of ints."""
    return isinstance(batches, list) and all(
        isinstance(batch, list) and all(type(index) is int for index in batch) for batch in batches
    )


def _judge_minibatches(value, n, size, **_case):
    facts = mapping(value, "first", "second", "again", "global")
    wanted = [size] * (n // size) + [n % size] * bool(n % size)
    for batches in (facts["first"], facts["second"]):
        if not _are_indices(batches):
            raise Wrong("lists of indices are expected")
        sizes = [len(batch) for batch in batches]
        if sizes != wanted:
            raise Wrong(f"{n} transitions in minibatches of {size}: the sizes are {sizes[:8]}, expected {wanted[:8]}")
        if sorted(index for batch in batches for index in batch) != list(range(n)):
            raise Wrong(f"not every index from 0 to {n - 1} comes exactly once")
    if n > 12 and facts["first"] == facts["second"]:
        raise Wrong("the next call with the same generator deals the same minibatches: each epoch needs new ones")
    if facts["first"] != facts["again"]:
        raise Wrong("the same generator, seeded alike, deals other minibatches: draw from the generator you are given")
    if facts["global"] is not True:
        raise Wrong("the global random state changes; draw from the generator you are given and from nothing else")


@check("minibatch_indices", points=3, verify=_judge_minibatches)
def minibatches(lab, n, size, seed):
    """Every index once, the last minibatch may be smaller, the next epoch is dealt anew."""
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(seed)
    first, second = _dealt(lab, n, size, generator), _dealt(lab, n, size, generator)
    again = _dealt(lab, n, size, torch.Generator().manual_seed(seed))
    return {"first": first, "second": second, "again": again, "global": torch.equal(before, torch.get_rng_state())}


minibatches.case("20 in minibatches of 5", n=20, size=5, seed=0)
minibatches.case("20 in minibatches of 8", n=20, size=8, seed=1)
minibatches.case("3 in minibatches of 8", n=3, size=8, seed=2)


def _judge_order(value, n, size, deals, **_case):
    if not _are_indices(value) or len(value) != deals or any(sorted(order) != list(range(n)) for order in value):
        raise Wrong(f"not every index from 0 to {n - 1} comes exactly once")
    orders = np.asarray(value)
    places = np.stack([(orders == index).mean(axis=0) for index in range(n)])
    followed = (np.diff(orders, axis=1) % n == 1).sum(axis=1).mean()
    apart = np.argsort(orders, axis=1)[:, 1:] - np.argsort(orders, axis=1)[:, :1]
    allowed = STANDARD_ERRORS * math.sqrt((1 / n) * (1 - 1 / n) / deals)
    if np.abs(places - 1 / n).max() > allowed:
        index, place = np.unravel_index(np.abs(places - 1 / n).argmax(), places.shape)
        raise Wrong(
            f"index {index} came at place {place} in {places[index, place]:.2f} of {deals} epochs; in a random order "
            f"it comes there in {1 / n:.2f}"
        )
    if abs(followed - 1) > STANDARD_ERRORS / math.sqrt(deals) or _one_sided(apart, deals):
        raise Wrong("some transitions keep their neighbours from epoch to epoch: the order is not random throughout")


def _one_sided(apart, deals):
    """Whether some index comes before index 0 more, or less, often than in every second epoch."""
    return np.abs((apart > 0).mean(axis=0) - 0.5).max() > STANDARD_ERRORS * 0.5 / math.sqrt(deals)


@check("minibatch_indices", points=2, seconds=3, verify=_judge_order)
def random_order(lab, n, size, deals, seed):
    """The order is random: every index is equally likely at every place, and next to every other."""
    generator = torch.Generator().manual_seed(seed)
    return [[i for batch in _dealt(lab, n, size, generator) for i in batch] for _ in range(deals)]


random_order.case("500 epochs of 7 transitions", n=7, size=3, deals=500, seed=3)

# --- 4.9 approx_kl, clip_fraction, explained_variance -----------------------------------------------------------------


@check("approx_kl", points=3)
def kl(lab, logp_new, logp_old):
    """approx_kl: the mean of exp(x) - 1 - x, as a constant."""
    return value_without_gradient(lab.approx_kl, logp_new, logp_old)


kl.case("four transitions", logp_new=OLD + tensor([0.5, -0.4, 0.0, 0.8]), logp_old=OLD)
kl.case("the same policy", logp_new=OLD, logp_old=OLD)


@check("approx_kl", points=2)
def clipped_share(lab, logp_new, logp_old, clip):
    """clip_fraction: the share of ratios outside the range, as a constant."""
    return value_without_gradient(lambda *tensors: lab.clip_fraction(*tensors, clip), logp_new, logp_old)


clipped_share.case(
    "ratios .5, .81, .82 and 1.1", logp_new=OLD + torch.log(tensor([0.5, 0.81, 0.82, 1.1])), logp_old=OLD, clip=0.2
)
clipped_share.case(
    "ratios .5, 1, 1.3 and 2", logp_new=OLD + torch.log(tensor([0.5, 1.0, 1.3, 2.0])), logp_old=OLD, clip=0.4
)


@check("approx_kl", points=2)
def variance_explained(lab, v, returns):
    """explained_variance: 1 for a critic that is right up to a constant, NaN where there is nothing to explain."""
    return value_without_gradient(lab.explained_variance, v, returns)


variance_explained.case("three values", v=tensor([1.0, 2.0, 3.0]), returns=tensor([2.0, 2.0, 5.0]))
variance_explained.case("right up to a constant", v=tensor([1.0, 3.0, 6.0]), returns=tensor([3.0, 5.0, 8.0]))
variance_explained.case("worse than a constant", v=tensor([3.0, 0.0, -4.0]), returns=tensor([-1.0, 0.5, 1.0]))
variance_explained.case("returns that do not vary", v=tensor([1.0, 2.0, 3.0]), returns=tensor([2.0, 2.0, 2.0]))


@check("approx_kl", points=1, quick=False, verify=works_on_its_device, needs=kl)
def diagnostics_device(lab, logp_new, logp_old):
    """All three work on the device of their inputs."""

    def all_three(logp_new, logp_old):
        share = lab.clip_fraction.__wrapped__(logp_new, logp_old, 0.2)
        return (
            lab.approx_kl.__wrapped__(logp_new, logp_old),
            share,
            lab.explained_variance.__wrapped__(logp_new, logp_old),
        )

    return device_of_result(all_three, logp_new, logp_old)


diagnostics_device.case("on CUDA", logp_new=torch.ones(5), logp_old=torch.ones(5))
