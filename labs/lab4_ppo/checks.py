"""What is checked in lab 4: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import itertools
import math

import numpy as np
import torch
from torch import tensor

from grader.checks import CannotJudge, Wrong, check
from grader.checks.devices import on_its_device
from grader.checks.draws import (
    FLOATS,
    STANDARD_ERRORS,
    actions_and_log_probabilities,
    from_the_generator,
    of_shape,
    standard_normal,
    three_draws,
)
from grader.checks.probes import array, mapping, raised_by, value_and_gradients, value_without_gradient
from grader.codes import GLOBAL_DICE, OTHER_GENERATOR, SEEDED_ANEW, THE_ACTIONS, THE_LOG_PROBABILITIES
from grader.plain import GRADIENTS

# --- 4.1 normalize ----------------------------------------------------------------------------------------------------


@check("normalize", points=1.5)
def mean_and_deviation(lab, x):
    """Mean 0 and population deviation 1 over all elements, as a constant."""
    return value_without_gradient(lab.normalize, x)


mean_and_deviation.case("four advantages", x=tensor([1.0, 2.0, 3.0, 6.0]))
mean_and_deviation.case("two environments", x=tensor([[1.0, -2.0], [0.5, 4.0], [3.0, 8.0]]))


@check("normalize", points=1)
def nothing_to_divide_by(lab, x):
    """Advantages that are all equal do not become NaN."""
    return lab.normalize(x)


nothing_to_divide_by.case("three equal ones", x=tensor([2.5, 2.5, 2.5]))
nothing_to_divide_by.case("a single one", x=tensor([-4.0]))


@check("normalize", points=0.5)
def epsilon_added(lab, x, **eps):
    """eps is added to the deviation; it is 1e-8 where the caller names no other."""
    return lab.normalize(x, **eps)


epsilon_added.case("eps=1", x=tensor([1.0, -1.0, 1.5, 0.5]), eps=1.0)
epsilon_added.case("no eps, and advantages as small as its default", x=tensor([1e-8, -1e-8, 3e-8, 1e-8]))

normalize_device = on_its_device(mean_and_deviation)

# --- 4.2 prob_ratio ---------------------------------------------------------------------------------------------------


@check("prob_ratio", points=3)
def ratios(lab, logp_new, logp_old):
    """new / old for each transition, with a gradient to the new log-probabilities alone."""
    return value_and_gradients(lab.prob_ratio, logp_new, logp_old)


OLD = torch.log(tensor([0.2, 0.5, 0.4, 0.8]))
ratios.case("twice as likely, half as likely", logp_new=torch.log(tensor([0.4, 0.25, 0.4, 0.9])), logp_old=OLD)
ratios.case("far from one", logp_new=tensor([2.0, -6.0, -0.5]), logp_old=tensor([-3.0, -2.0, -8.0]))


ratios_of_tiny_probabilities = ratios.also("Probabilities next to 0, or 0 in float32, still have a ratio.", points=2)
ratios_of_tiny_probabilities.case(
    "exp(-200) and below", logp_new=tensor([-200.0, -300.5]), logp_old=tensor([-200.5, -300.0])
)
ratios_of_tiny_probabilities.case("about exp(-17)", logp_new=tensor([-16.0, -18.5]), logp_old=tensor([-17.0, -16.5]))

ratios_device = on_its_device(ratios)

# --- 4.3 ppo_clip_loss ------------------------------------------------------------------------------------------------


@check("ppo_clip_loss", points=4)
def within_the_range(lab, logp_new, logp_old, adv, clip):
    """Where nothing is clipped: minus the mean of r A, with its gradient to the new log-probabilities alone."""
    return value_and_gradients(
        lambda logp_new, logp_old, adv: lab.ppo_clip_loss(logp_new, logp_old, adv, clip), logp_new, logp_old, adv
    )


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


outside_the_range = within_the_range.also(
    "Outside the range: the smaller of the two terms, and which transitions still have a gradient.", points=7
)
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
    "ratios of 5 and .05",
    logp_new=OLD + torch.log(tensor([5.0, 5.0, 0.05, 0.05])),
    logp_old=OLD,
    adv=tensor([2.0, -1.0, 0.5, -3.0]),
    clip=0.3,
)
outside_the_range.case(
    "clip = 1e9: nothing is clipped",
    logp_new=OLD + torch.log(tensor([3.0, 0.1, 0.2, 1.5])),
    logp_old=OLD,
    adv=tensor([2.0, 1.0, -0.5, -1.0]),
    clip=1e9,
)

clip_loss_device = on_its_device(within_the_range)

# --- 4.4 clip_case_table ----------------------------------------------------------------------------------------------

RATIOS, SIGNS = ("below", "inside", "above"), (1, -1)


def _rows(table):
    """The two answers of each case by its name; whatever else the table holds is left out."""
    if not isinstance(table, list | tuple) or not all(isinstance(row, dict) for row in table):
        raise CannotJudge("lab4_list_of_rows")
    return {
        f"ratio {row.get('ratio')}, advantage {row.get('advantage_sign')}": {
            name: bool(row[name]) if name in row else "missing" for name in ("clipped", "zero_gradient")
        }
        for row in table
    } | {"rows": len(table)}


def _form(rows):
    """Which answers are there, and not what they are: what a public case holds is shipped."""
    return {
        name: {key: answer != "missing" for key, answer in row.items()} if isinstance(row, dict) else row
        for name, row in rows.items()
    }


def _complete(value, **_case):
    facts = mapping(value, "form", ANSWERS)["form"]
    if not isinstance(facts, dict) or facts.get("rows") != 6:
        raise Wrong("lab4_six_rows")
    for ratio, sign in itertools.product(RATIOS, SIGNS):
        name = f"ratio {ratio}, advantage {sign}"
        row = facts.get(name)
        if row is None:
            raise Wrong("lab4_row_missing", row=name)
        for key in ("clipped", "zero_gradient"):
            if mapping(row, "clipped", "zero_gradient")[key] is not True:
                raise Wrong("lab4_answer_missing", row=name, key=key)


ANSWERS = "the answers"  # compared where they are graded; a public case would tell them


@check("clip_case_table", points=2.5, verify=_complete, compared=ANSWERS)
def six_cases(lab, graded):
    """Six rows, each case once: which are clipped, and which have no gradient."""
    rows = _rows(lab.clip_case_table())
    return {"form": _form(rows), ANSWERS: rows if graded else None}


six_cases.case("the form alone", graded=False)


def _agree(value, **_case):
    wrong = mapping(value, "wrong", ANSWERS)["wrong"]
    if not isinstance(wrong, int) or wrong:
        raise Wrong("lab4_table_and_loss", wrong=wrong)


@check("clip_case_table", points=1.5, verify=_agree, compared=ANSWERS, needs=outside_the_range)
def as_your_loss_does(lab, graded, ratios, clip):
    """The table says what your own ppo_clip_loss does, once that one is right."""
    rows, wrong = _rows(lab.clip_case_table()), 0
    for place, sign in itertools.product(RATIOS, SIGNS):
        logp, advantage = torch.log(tensor([ratios[place]])).requires_grad_(), tensor([float(sign)])
        loss = lab.ppo_clip_loss(logp, torch.zeros(1), advantage, clip)
        [gradient] = torch.autograd.grad(loss, logp)
        unclipped = math.isclose(loss.item(), -sign * ratios[place], rel_tol=1e-4)
        answers = rows.get(f"ratio {place}, advantage {sign}", {})
        wrong += (answers.get("clipped") is unclipped) + (answers.get("zero_gradient") is bool(gradient.any()))
    return {"wrong": wrong, ANSWERS: rows if graded else None}


as_your_loss_does.case(
    "at the ratios .5, 1.1 and 1.5", graded=False, ratios={"below": 0.5, "inside": 1.1, "above": 1.5}, clip=0.2
)

# --- 4.5 compute_gae --------------------------------------------------------------------------------------------------


@check("compute_gae", points=4)
def no_episode_ends(lab, r, v, v_next, terminated, truncated, gamma, lam):
    """Within an episode, over all its steps; the last row sees v_next and nothing beyond."""
    return value_without_gradient(
        lambda v, v_next: lab.compute_gae(r, v, v_next, terminated, truncated, gamma, lam), v, v_next
    )


terminations = no_episode_ends.also(
    "After a termination there is no future: neither a value nor the next episode's advantages.", points=4
)
time_limits = no_episode_ends.also(
    "After a truncation the value of the real next observation counts, and the next episode's advantages do not.",
    points=5,
)


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

gae_device = on_its_device(no_episode_ends)

# --- 4.6 value_loss ---------------------------------------------------------------------------------------------------


@check("value_loss", points=2)
def squared_error(lab, v, returns):
    """The mean squared error, and its gradient to v alone."""
    return value_and_gradients(lab.value_loss, v, returns)


squared_error.case("three values", v=tensor([1.0, -2.0, 0.5]), returns=tensor([2.0, 1.0, 0.25]))
squared_error.case("far off", v=tensor([-30.0, 12.0, 0.5, 4.0]), returns=tensor([20.0, -10.0, 100.0, 4.0]))


@check("value_loss", points=2, needs=squared_error)
def shapes_must_agree(lab, pairs):
    """Other shapes raise ValueError, those that would broadcast as well."""
    return {
        f"{tuple(one)} and {tuple(other)}": raised_by(lab.value_loss, torch.ones(one), torch.ones(other))
        for one, other in pairs
    }


shapes_must_agree.case("a column and a row", pairs=[[(3, 1), (3,)], [(3,), (3, 1)], [(3,), (3,)]])
shapes_must_agree.case("one number for several", pairs=[[(1,), (3,)], [(3,), (1,)], [(1,), (1,)]])

value_loss_device = on_its_device(squared_error)

# --- 4.7 gaussian_policy, gaussian_entropy, squash_action -------------------------------------------------------------


AT_CERTAIN_ACTIONS = "at the mean, and a deviation above and below it"
FEW = 24  # rows of which the gradients are asked one by one


def _judge_gaussian(value, means, deviations, repeats, calls, **_case):
    """Actions that are N(mean, deviation^2) and independent, each with a log-density of its own."""
    facts = mapping(value, "actions", "logp", "constant", "scatter", "next", "again", "freely", AT_CERTAIN_ACTIONS)
    mean = means.double().repeat_interleave(repeats, dim=0).repeat(calls, 1).numpy()
    found = {}
    for key, name, shape in (
        ("actions", THE_ACTIONS(), mean.shape),
        ("logp", THE_LOG_PROBABILITIES(), mean.shape[:1]),
    ):
        found[key] = of_shape(array(facts[key], name, FLOATS), name, shape)
        if not np.isfinite(found[key]).all():
            raise Wrong("lab4_not_finite", name=name)
    if facts["constant"] is not True:
        raise Wrong("lab4_action_is_constant")
    if len(mean) >= 1_000:  # of fewer the shares say little
        standard_normal(((found["actions"] - mean) / deviations.double().numpy())[:, None])
    if not isinstance(facts["scatter"], float) or not facts["scatter"] <= 1e-2:
        raise Wrong("lab4_density_elsewhere")
    from_the_generator(facts)
    freely = mapping(facts["freely"], "first", "next", "again")
    first, later, again = (array(freely[key], THE_ACTIONS(), FLOATS) for key in ("first", "next", "again"))
    if np.array_equal(first, later):
        raise Wrong("lab4_always_the_same")
    if not np.array_equal(first, again):
        raise Wrong("lab4_not_the_global_state")


def _at_certain_actions(offsets, values, deviations):
    """The `values` that belong to the mean and to one deviation from it in each dimension, and how far they are at most
    from the parabola through them. `offsets` are the actions that they came with, less their means."""

    def terms(x):
        return np.concatenate([np.ones((len(x), 1)), x, x**2], axis=1)

    if not (np.isfinite(offsets).all() and np.isfinite(values).all()):
        return None, math.inf
    steps = np.diag(deviations)
    curve, *_ = np.linalg.lstsq(terms(offsets), values, rcond=None)
    wanted = terms(np.concatenate([np.zeros((1, len(steps))), steps, -steps]))
    return wanted @ curve, float(np.abs(terms(offsets) @ curve - values).max())


def _gradients_of_rows(lab, mean, log_std, generator):
    """For FEW actions: the action less its mean, and the gradients of its log-probability."""
    few = mean[:: -(-len(mean) // FEW)].detach()
    rows = []
    while len(rows) < FEW:
        leaf = few.clone().requires_grad_()
        actions, logp = actions_and_log_probabilities(lab.gaussian_policy(leaf, log_std, generator=generator), "mean")
        for row, action in enumerate(actions.detach()):
            to_mean, to_log_std = torch.autograd.grad(
                logp[row], [leaf, log_std], retain_graph=True, allow_unused=True, materialize_grads=True
            )
            rows.append((action - few[row], to_mean[row], to_log_std))
    return [torch.stack(found).double().numpy() for found in zip(*rows, strict=True)]


@check(
    "gaussian_policy",
    points=3,
    seconds=6,  # a loop over thousands of rows is right, and takes a second or two
    tolerance=(1e-3, 1e-3),
    verify=_judge_gaussian,
    compared=AT_CERTAIN_ACTIONS,
)
def gaussian_actions(lab, means, deviations, repeats, calls, seed):
    """Actions from the Gaussian, each with its own log-probability, and that one's gradients."""
    mean = means.repeat_interleave(repeats, dim=0).requires_grad_()
    log_std = torch.log(deviations).requires_grad_()

    def sample(generator):
        """The actions and log-probabilities of all calls, or of the first one where a shape is wrong."""
        results = [lab.gaussian_policy(mean, log_std, generator=generator) for _ in range(calls)]
        actions, logp = zip(*(actions_and_log_probabilities(result, "mean") for result in results), strict=True)
        if any(found.shape != mean.shape for found in actions) or any(found.shape != mean.shape[:1] for found in logp):
            return actions[0], logp[0]
        return torch.cat(actions), torch.cat(logp)

    def freely():
        """Some actions from the global random state."""
        return actions_and_log_probabilities(lab.gaussian_policy(mean[:FEW], log_std), "mean")[0].detach()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)  # what ignores the generator answers alike each time, and is known by it
        (actions, logp), (later, _), (again, _) = three_draws(sample, seed)
        torch.manual_seed(seed + 2)
        free = {"first": freely(), "next": freely()}
        torch.manual_seed(seed + 2)
        free["again"] = freely()
    table, scatter = None, math.inf
    whole = mean.detach().repeat(calls, 1)
    if actions.shape == whole.shape and logp.shape == whole.shape[:1]:
        deviation = deviations.double().numpy()
        offsets = (actions.detach() - whole).double().numpy()
        densities, scatter = _at_certain_actions(offsets, logp.detach().double().numpy(), deviation)
        offsets, *gradients = _gradients_of_rows(lab, mean, log_std, torch.Generator().manual_seed(seed))
        to_mean, to_log_std = (_at_certain_actions(offsets, gradient, deviation)[0] for gradient in gradients)
        table = {"log-probability": densities, GRADIENTS: {"mean": to_mean, "log_std": to_log_std}}
    return {
        "actions": actions.detach(),
        "logp": logp,
        "constant": not actions.requires_grad,
        "scatter": scatter,
        "next": later,
        "again": again,
        "freely": free,
        AT_CERTAIN_ACTIONS: table,
    }


gaussian_actions.case(
    "a batch of one, one dimension", means=tensor([[0.3]]), deviations=tensor([0.7]), repeats=1, calls=20, seed=4
)
gaussian_actions.case(
    "two action dimensions",
    means=tensor([[0.5, -1.0], [5.0, 2.0]]),
    deviations=tensor([0.5, 1.5]),
    repeats=1_000,
    calls=1,
    seed=3,
)


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

gaussian_device = on_its_device(gaussian_actions, squashed, entropy)

# --- 4.8 minibatch_indices --------------------------------------------------------------------------------------------


def _dealt(lab, n, size, generator):
    """One call's minibatches, as lists of numbers; what is no list of int64 tensors is said."""
    batches = lab.minibatch_indices(n, size, generator)
    if not isinstance(batches, list | tuple) or not all(isinstance(batch, torch.Tensor) for batch in batches):
        raise CannotJudge("lab4_list_of_minibatches")
    for batch in batches:
        if batch.dtype != torch.int64 or batch.dim() != 1:
            raise CannotJudge("lab4_other_minibatch", dimensions=batch.dim(), dtype=str(batch.dtype))
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
            raise Wrong("lab4_lists_of_indices")
        sizes = [len(batch) for batch in batches]
        if sizes != wanted:
            raise Wrong("lab4_sizes_of_minibatches", n=n, size=size, got=sizes[:8], expected=wanted[:8])
        if sorted(index for batch in batches for index in batch) != list(range(n)):
            raise Wrong("lab4_every_index_once", last=n - 1)
    if n > 12 and facts["first"] == facts["second"]:
        raise Wrong(SEEDED_ANEW())
    if facts["first"] != facts["again"]:
        raise Wrong(OTHER_GENERATOR())
    if facts["global"] is not True:
        raise Wrong(GLOBAL_DICE())


@check("minibatch_indices", points=3, verify=_judge_minibatches, values=True)
def minibatches(lab, n, size, seed):
    """Every index once, the last minibatch may be smaller, the next epoch is dealt anew."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)  # what ignores the generator answers alike each time, and is known by it
        before = torch.get_rng_state()
        first, second = _dealt(lab, n, size, generator), _dealt(lab, n, size, generator)
        again = _dealt(lab, n, size, torch.Generator().manual_seed(seed))
        return {"first": first, "second": second, "again": again, "global": torch.equal(before, torch.get_rng_state())}


minibatches.case("20 in minibatches of 5", n=20, size=5, seed=0)
minibatches.case("20 in minibatches of 8", n=20, size=8, seed=1)
minibatches.case("3 in minibatches of 8", n=3, size=8, seed=2)


def _judge_order(value, n, size, deals, **_case):
    if not _are_indices(value) or len(value) != deals or any(sorted(order) != list(range(n)) for order in value):
        raise Wrong("lab4_every_index_once", last=n - 1)
    orders = np.asarray(value)
    places = np.stack([(orders == index).mean(axis=0) for index in range(n)])
    followed = (np.diff(orders, axis=1) % n == 1).sum(axis=1).mean()
    apart = np.argsort(orders, axis=1)[:, 1:] - np.argsort(orders, axis=1)[:, :1]
    allowed = STANDARD_ERRORS * math.sqrt((1 / n) * (1 - 1 / n) / deals)
    if np.abs(places - 1 / n).max() > allowed:
        index, place = np.unravel_index(np.abs(places - 1 / n).argmax(), places.shape)
        raise Wrong(
            "lab4_index_at_place",
            index=int(index),
            place=int(place),
            got=f"{places[index, place]:.2f}",
            epochs=deals,
            expected=f"{1 / n:.2f}",
        )
    if abs(followed - 1) > STANDARD_ERRORS / math.sqrt(deals) or _one_sided(apart, deals):
        raise Wrong("lab4_same_neighbours")


def _one_sided(apart, deals):
    """Whether some index comes before index 0 more, or less, often than in every second epoch."""
    return np.abs((apart > 0).mean(axis=0) - 0.5).max() > STANDARD_ERRORS * 0.5 / math.sqrt(deals)


@check("minibatch_indices", points=2, seconds=3, verify=_judge_order, values=True)
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
kl.case("far away", logp_new=tensor([-0.5, -6.0]), logp_old=tensor([-4.0, -0.25]))


@check("approx_kl", points=2)
def clipped_share(lab, logp_new, logp_old, clip):
    """clip_fraction: the share of ratios outside the range, as a constant."""
    return value_without_gradient(
        lambda logp_new, logp_old: lab.clip_fraction(logp_new, logp_old, clip), logp_new, logp_old
    )


clipped_share.case(
    "ratios .5, .81, .82 and 1.1", logp_new=OLD + torch.log(tensor([0.5, 0.81, 0.82, 1.1])), logp_old=OLD, clip=0.2
)
clipped_share.case(
    "ratios .5, 1, 1.3 and 2", logp_new=OLD + torch.log(tensor([0.5, 1.0, 1.3, 2.0])), logp_old=OLD, clip=0.4
)
clipped_share.case("clip 0, and a ratio of 1", logp_new=OLD + tensor([0.0, 0.1, -0.2, 3.0]), logp_old=OLD, clip=0.0)


@check("approx_kl", points=2)
def variance_explained(lab, v, returns):
    """explained_variance: 1 for a critic that is right up to a constant, NaN where there is nothing to explain."""
    return value_without_gradient(lab.explained_variance, v, returns)


variance_explained.case("three values", v=tensor([1.0, 2.0, 3.0]), returns=tensor([2.0, 2.0, 5.0]))
variance_explained.case("right up to a constant", v=tensor([1.0, 3.0, 6.0]), returns=tensor([3.0, 5.0, 8.0]))
variance_explained.case("worse than a constant", v=tensor([3.0, 0.0, -4.0]), returns=tensor([-1.0, 0.5, 1.0]))
variance_explained.case("returns that do not vary", v=tensor([1.0, 2.0, 3.0]), returns=tensor([2.0, 2.0, 2.0]))

diagnostics_device = on_its_device(kl, clipped_share, variance_explained)
