"""What is checked in lab 6: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import torch
from torch import tensor

from grader.checks import CannotJudge, check
from grader.checks.devices import on_its_device
from grader.checks.probes import raised_by, value_and_gradients, value_without_gradient
from grader.plain import type_name

# --- 6.1 unpair -------------------------------------------------------------------------------------------------------


@check("unpair", points=6)
def taken_apart(lab, pairs):
    """Each completion by itself, with its prompt and its label: the chosen one, then the rejected one, pair by pair."""
    examples = lab.unpair(pairs)
    if not isinstance(examples, list):
        raise CannotJudge("lab6_list_of_examples", type=type_name(examples))
    for example in examples:
        if not isinstance(example, dict):
            raise CannotJudge("lab6_example_is_a_dictionary", type=type_name(example))
    return [{key: _label_or_text(value) for key, value in example.items()} for example in examples]


def _label_or_text(value):
    """1 equals True for Python and for what compares answers; for who reads the labels it is another thing."""
    return value if isinstance(value, str) else f"{value} ({type(value).__name__})"


PAIRS = [
    {"prompt": "2 + 3 * 4", "chosen": "14", "rejected": "20"},
    {"prompt": "1 + 1 * 5", "chosen": "6", "rejected": "10"},
    {"prompt": "4 + 2 * 2", "chosen": "8", "rejected": "12"},
]
taken_apart.case("one pair", pairs=PAIRS[:1])
taken_apart.case("two pairs", pairs=PAIRS[1:])

# --- 6.2 mismatched_pairs ---------------------------------------------------------------------------------------------


@check("mismatched_pairs", points=6)
def shifted_by_one(lab, prompts, completions):
    """Prompt i with the completion of prompt i - 1, and the first one with the last completion."""
    pairs = lab.mismatched_pairs(prompts, completions)
    if not isinstance(pairs, list):
        raise CannotJudge("lab6_list_of_pairs", type=type_name(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple | list):
            raise CannotJudge("lab6_pair_is_a_tuple", type=type_name(pair))
    return pairs


shifted_by_one.case(
    "four prompts", prompts=["2+2*2", "3+3*3", "4+4*4", "5+5*5"], completions=["six", "twelve", "twenty", "thirty"]
)
shifted_by_one.case("three of token ids", prompts=[[1, 7], [1, 8], [1, 9]], completions=[[5, 2], [6, 6, 2], [2]])


@check("mismatched_pairs", points=3, needs=shifted_by_one)
def nothing_to_mismatch(lab, prompts, completions):
    """ValueError for a batch of one, and where prompts and completions are not equally many."""
    return raised_by(lab.mismatched_pairs, prompts, completions)


nothing_to_mismatch.case("a batch of one", prompts=["2+2*2"], completions=["six"])
nothing_to_mismatch.case("a completion too few", prompts=["2+2*2", "3+3*3", "4+4*4"], completions=["six", "twelve"])

# --- 6.3 kto_reference_point ------------------------------------------------------------------------------------------


@check("kto_reference_point", points=5)
def mean_of_log_ratios(lab, policy_kl_logps, ref_kl_logps):
    """Where the mean of the log-ratios is positive: that mean, one number for the batch, as a constant."""
    return value_without_gradient(lab.kto_reference_point, policy_kl_logps, ref_kl_logps)


REFERENCE = tensor([-31.0, -40.5, -28.25, -35.0])
mean_of_log_ratios.case(
    "two log-ratios of each sign, mean 1",
    policy_kl_logps=REFERENCE + tensor([5.0, -3.0, 4.0, -2.0]),
    ref_kl_logps=REFERENCE,
)
mean_of_log_ratios.case(
    "all positive", policy_kl_logps=REFERENCE[:3] + tensor([0.5, 2.0, 0.25]), ref_kl_logps=REFERENCE[:3]
)
mean_of_log_ratios.case("short completions", policy_kl_logps=tensor([-0.25, -1.0]), ref_kl_logps=tensor([-1.5, -0.5]))


never_negative = mean_of_log_ratios.also(
    "Where that mean is negative or zero: 0, and only there.", points=6, needs=mean_of_log_ratios
)
never_negative.case(
    "log-ratios of both signs, mean -1",
    policy_kl_logps=REFERENCE + tensor([5.0, -3.0, -4.0, -2.0]),
    ref_kl_logps=REFERENCE,
)
never_negative.case("policy and reference are the same", policy_kl_logps=REFERENCE, ref_kl_logps=REFERENCE.clone())
never_negative.case(
    "slightly positive", policy_kl_logps=tensor([-0.25, -1.0, -0.625]), ref_kl_logps=tensor([-0.75, -0.75, -0.675])
)

reference_point_device = on_its_device(mean_of_log_ratios)

# --- 6.4 kto_value ----------------------------------------------------------------------------------------------------


@check("kto_value", points=5)
def values(lab, logratio, z0, desirable, beta):
    """The value of desirable and undesirable completions above and below z0, and its gradient to r."""
    return value_and_gradients(lambda r: lab.kto_value(r, z0, desirable, beta), logratio)


MIXED = tensor([True, False, False, True])
values.case("two of each, z0 = 2", logratio=tensor([5.0, 3.0, -6.0, -1.0]), z0=tensor(2.0), desirable=MIXED, beta=0.1)
values.case(
    "only undesirable ones",
    logratio=tensor([4.0, -2.5, 0.0]),
    z0=tensor(1.5),
    desirable=torch.zeros(3, dtype=torch.bool),
    beta=0.5,
)


half_and_saturated = values.also("1/2 where r = z0; near 0 or 1, and flat, far away from it.", points=4)
half_and_saturated.case(
    "r = z0, and r = z0 + 8", logratio=tensor([1.25, 1.25, 9.25, 9.25]), z0=tensor(1.25), desirable=MIXED, beta=0.3
)
half_and_saturated.case(
    "200 nats away from it", logratio=tensor([200.0, 200.0, -200.0, -200.0]), z0=tensor(0.0), desirable=MIXED, beta=1.0
)

value_device = on_its_device(values)

# --- 6.5 kto_loss -----------------------------------------------------------------------------------------------------


@check("kto_loss", points=9)
def losses(lab, logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    """The loss of each example, in the order of the batch, with its gradient to logp, and to nothing else."""
    return value_and_gradients(
        lambda logp, ref_logp, z0: lab.kto_loss(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u),
        logp,
        ref_logp,
        z0,
    )


SHORT = tensor([-3.0, -8.0, -12.0, -5.0])
losses.case(
    "at the start: policy = reference, z0 = 0",
    logp=SHORT,
    ref_logp=SHORT.clone(),
    desirable=MIXED,
    z0=tensor(0.0),
    beta=0.1,
    lambda_d=1.0,
    lambda_u=1.0,
)
losses.case(
    "later, with weights",
    logp=SHORT + tensor([2.0, -6.0, 3.0, -1.0]),
    ref_logp=SHORT,
    desirable=MIXED,
    z0=tensor(0.75),
    beta=0.2,
    lambda_d=1.5,
    lambda_u=0.5,
)
losses.case(
    "a large beta",
    logp=SHORT + tensor([0.5, 0.25, -0.75, 1.5]),
    ref_logp=SHORT,
    desirable=MIXED,
    z0=tensor(0.5),
    beta=4.0,
    lambda_d=1.0,
    lambda_u=2.0,
)


losses_at_the_edges = losses.also(
    "Finite and right for batches of one class, and hundreds of nats away from the reference: 0 or lambda.", points=6
)
for title, label in (("only desirable ones", True), ("only undesirable ones", False)):
    losses_at_the_edges.case(
        title,
        logp=SHORT[:3] + tensor([1.0, -2.0, 4.0]),
        ref_logp=SHORT[:3],
        desirable=torch.full((3,), label),
        z0=tensor(0.25),
        beta=0.5,
        lambda_d=2.0,
        lambda_u=1.25,
    )


losses_at_the_edges.case(
    "solved and hopeless examples, hundreds of nats away, and two near z0",
    logp=tensor([-3.0, -300.0, -12.0, -450.0, -6.0, -9.0]),
    ref_logp=tensor([-260.0, -8.0, -330.0, -5.0, -9.5, -13.0]),
    desirable=tensor([True, False, False, True, True, False]),
    z0=tensor(3.0),
    beta=1.0,
    lambda_d=1.0,
    lambda_u=1.5,
)

loss_device = on_its_device(losses)

# --- 6.6 balance_weights ----------------------------------------------------------------------------------------------


@check("balance_weights", points=4)
def balanced(lab, n_d, n_u):
    """Two classes that count the same: the smaller one's weight is raised, the other one's is 1."""
    return lab.balance_weights(n_d, n_u)


balanced.case("as many of each", n_d=50, n_u=50)
balanced.case("a fifth is desirable", n_d=20, n_u=80)
balanced.case("more are desirable", n_d=300, n_u=120)


@check("balance_weights", points=2)
def balanced_at_a_ratio(lab, n_d, n_u, ratio):
    """The desirable examples count `ratio` times as much as the others; no weight is below 1."""
    return lab.balance_weights(n_d, n_u, ratio=ratio)


balanced_at_a_ratio.case("4/3 of as many", n_d=30, n_u=30, ratio=4 / 3)
balanced_at_a_ratio.case("4/3, with few undesirable ones", n_d=90, n_u=30, ratio=4 / 3)
balanced_at_a_ratio.case("slightly more desirable ones, which are to count for more", n_d=50, n_u=45, ratio=1.25)

# --- 6.7 kto_grad_weight ----------------------------------------------------------------------------------------------


@check("kto_grad_weight", points=2)
def pushes(lab, logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    """How hard each log-probability is pushed, and in which direction."""
    logp = logp.clone().requires_grad_()  # as the trainer calls it: whoever asks autograd finds the policy's graph
    return lab.kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u)


AT_FIRST = dict(
    logp=SHORT, ref_logp=SHORT.clone(), desirable=MIXED, z0=tensor(0.0), beta=0.1, lambda_d=1.0, lambda_u=2.0
)
LATER = dict(
    logp=SHORT + tensor([2.0, -6.0, 3.0, -1.0]),
    ref_logp=SHORT,
    desirable=MIXED,
    z0=tensor(0.75),
    beta=0.5,
    lambda_d=1.5,
    lambda_u=0.5,
)
pushes.case("at the start: beta lambda / 4", **AT_FIRST)
pushes.case("later", **LATER)


pushes_far_away = pushes.also("Solved and hopeless examples are hardly pushed at all.", points=2, needs=pushes)
pushes_far_away.case(
    "hundreds of nats away",
    logp=tensor([-3.0, -300.0, -12.0, -450.0]),
    ref_logp=tensor([-260.0, -8.0, -330.0, -5.0]),
    desirable=MIXED,
    z0=tensor(3.0),
    beta=1.0,
    lambda_d=1.0,
    lambda_u=1.5,
)


@check("kto_grad_weight", points=1, needs=pushes)
def pushes_are_constants(lab, logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u):
    """A figure to look at: it carries no gradient."""
    return value_without_gradient(
        lambda logp, ref_logp, z0: lab.kto_grad_weight(logp, ref_logp, desirable, z0, beta, lambda_d, lambda_u),
        logp,
        ref_logp,
        z0,
    )


pushes_are_constants.case("later", **LATER)

grad_weight_device = on_its_device(pushes)
