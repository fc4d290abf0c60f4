"""The hidden cases of lab 6: drawn from the seed of each grading run, the same for all its students."""

import torch

from checks import (
    balanced,
    balanced_at_a_ratio,
    half_and_saturated,
    losses,
    losses_at_the_edges,
    mean_of_log_ratios,
    never_negative,
    nothing_to_mismatch,
    pushes,
    pushes_are_constants,
    pushes_far_away,
    shifted_by_one,
    taken_apart,
    values,
)
from grader.checks import hidden_cases
from grader.checks.cases import either, floats


def labels(rng, n):
    """n labels, each of the two at least once (n >= 2)."""
    return either(rng, n).bool()


def words(rng, n):
    return ["".join(rng.choice(list("0123456789+*= "), size=rng.integers(2, 9))) for _ in range(n)]


@hidden_cases(taken_apart)
def preferences(rng):
    for n in (0, 1, 3, 7):
        yield dict(
            pairs=[
                {"prompt": prompt, "chosen": chosen, "rejected": rejected}
                for prompt, chosen, rejected in zip(words(rng, n), words(rng, n), words(rng, n), strict=True)
            ]
        )
    # One prompt with two pairs; the keys in another order; a column that nobody asked for.
    first, second, third, source = words(rng, 4)
    yield dict(
        pairs=[
            {"rejected": second, "prompt": "1+2*3", "chosen": first, "source": source},
            {"chosen": first, "prompt": "1+2*3", "rejected": third, "source": source},
        ]
    )


@hidden_cases(shifted_by_one)
def batches(rng):
    for n in (2, 3, 6, 17):
        yield dict(prompts=words(rng, n), completions=words(rng, n))
    yield dict(prompts=list(range(5)), completions=rng.integers(100, size=(5, 2)).tolist())
    # Two prompts are equal, and so are two completions.
    (prompt, *prompts), (completion, *completions) = words(rng, 5), words(rng, 5)
    yield dict(prompts=[prompt, *prompts, prompt], completions=[completion, *completions, completion])


@hidden_cases(nothing_to_mismatch)
def impossible_batches(rng):
    n = int(rng.integers(3, 9))
    for prompts, completions in ((1, 1), (0, 0), (n, n - 1), (n, n + 1), (2, 1), (1, 2)):
        yield dict(prompts=words(rng, prompts), completions=words(rng, completions))


def with_mean(rng, n, mean):
    """n log-ratios of both signs (n >= 2) that have about this mean."""
    ratios = floats(rng, n, scale=3.0)
    ratios[0], ratios[-1] = 8.0, -8.0
    return ratios - ratios.mean() + mean


@hidden_cases(mean_of_log_ratios)
def drifted_policies(rng):
    for n in (2, 5, 16):
        ref = floats(rng, n, scale=8.0, shift=-40.0)
        yield dict(policy_kl_logps=ref + with_mean(rng, n, float(rng.uniform(0.3, 3))), ref_kl_logps=ref)
    yield dict(policy_kl_logps=torch.tensor([-20.0]), ref_kl_logps=torch.tensor([-20.0 - float(rng.uniform(1, 9))]))
    ref = floats(rng, 3, scale=8.0, shift=-400.0)  # nothing limits it from above
    yield dict(policy_kl_logps=ref + with_mean(rng, 3, float(rng.uniform(100, 300))), ref_kl_logps=ref)


@hidden_cases(never_negative)
def falling_policies(rng):
    for n in (2, 5, 16):
        ref = floats(rng, n, scale=8.0, shift=-40.0)
        yield dict(policy_kl_logps=ref + with_mean(rng, n, -float(rng.uniform(0.3, 30))), ref_kl_logps=ref)
    yield dict(policy_kl_logps=torch.tensor([-25.0]), ref_kl_logps=torch.tensor([-25.0 + float(rng.uniform(1, 9))]))
    ref = floats(rng, 4, scale=8.0, shift=-40.0)
    yield dict(policy_kl_logps=ref, ref_kl_logps=ref.clone())
    yield dict(policy_kl_logps=ref + with_mean(rng, 4, float(rng.uniform(0.02, 0.2))), ref_kl_logps=ref)


@hidden_cases(values)
def log_ratios(rng):
    for n, beta in ((2, float(rng.uniform(0.05, 1.0))), (5, 0.01), (12, float(rng.uniform(2.0, 5.0)))):
        z0 = torch.tensor(float(rng.uniform(0.5, 4.0)))
        yield dict(logratio=z0 + floats(rng, n, scale=1.5 / beta), z0=z0, desirable=labels(rng, n), beta=beta)
    for n, label in ((3, True), (3, False), (1, bool(rng.integers(2)))):
        yield dict(
            logratio=floats(rng, n, scale=4.0),
            z0=torch.tensor(float(rng.uniform(0.5, 4.0))),
            desirable=torch.full((n,), label),
            beta=float(rng.uniform(0.1, 0.5)),
        )


@hidden_cases(half_and_saturated)
def edges_of_the_value(rng):
    desirable = labels(rng, 5)
    z0 = torch.tensor(float(rng.uniform(0.5, 4.0)))
    beta = float(rng.uniform(0.1, 2.0))
    yield dict(logratio=z0 + torch.tensor([0, 0, 1, 0, -1]) / beta, z0=z0, desirable=desirable, beta=beta)
    far = floats(rng, 5, scale=50.0)
    yield dict(logratio=far + 300 * far.sign(), z0=z0, desirable=desirable, beta=float(rng.uniform(0.5, 2.0)))


def batch(rng, desirable, spread=1.5, beta=None):
    """A batch with these labels; r lies about z0, `spread` / beta away from it."""
    n = len(desirable)
    beta, z0 = beta or float(rng.uniform(0.05, 1.0)), float(rng.uniform(0.5, 4.0))
    ref = floats(rng, n, scale=5.0, shift=-20.0)
    lambda_d = float(rng.uniform(0.5, 1.2))
    return dict(
        logp=ref + z0 + floats(rng, n, scale=spread / beta),
        ref_logp=ref,
        desirable=desirable,
        z0=torch.tensor(z0),
        beta=beta,
        lambda_d=lambda_d,
        lambda_u=lambda_d + float(rng.uniform(0.4, 2.0)),
    )


def far_away(rng, n):
    """A batch in which only the first two examples, one of each class, are near z0."""
    desirable = labels(rng, n)
    desirable[:2] = torch.tensor([True, False])
    case = batch(rng, desirable, beta=float(rng.uniform(0.5, 2.0)))
    distance = floats(rng, n, scale=50.0)
    distance += 300 * distance.sign()
    distance[:2] = torch.tensor([1.0, 0.75])
    return case | {"logp": case["ref_logp"] + case["z0"] + distance}


@hidden_cases(losses)
def mixed_batches(rng):
    for n in (2, 5, 16):
        yield batch(rng, labels(rng, n))
    case = batch(rng, labels(rng, 4), beta=0.01)
    yield case | {"lambda_d": case["lambda_u"], "lambda_u": case["lambda_d"]}
    yield batch(rng, labels(rng, 6), beta=3.0, spread=6.0)


@hidden_cases(losses_at_the_edges)
def one_class_and_saturated(rng):
    for n, label in ((1, True), (1, False), (4, True), (4, False)):
        yield batch(rng, torch.full((n,), label))
    for n in (3, 8):
        yield far_away(rng, n)


@hidden_cases(balanced)
def counts(rng):
    for low, high in ((5, 50), (60, 400)):
        few, many = int(rng.integers(1, low)), int(rng.integers(low + 1, high))
        yield dict(n_d=few, n_u=many)
        yield dict(n_d=many, n_u=few)


@hidden_cases(balanced_at_a_ratio)
def counts_and_ratios(rng):
    yield dict(n_d=30 + int(rng.integers(9)), n_u=50, ratio=float(rng.uniform(2, 5)))
    for n_d, n_u in ((40, 160), (160, 40), (70, 70)):
        yield dict(n_d=n_d + int(rng.integers(9)), n_u=n_u + int(rng.integers(9)), ratio=float(rng.uniform(1.15, 1.4)))
    yield dict(n_d=100 + int(rng.integers(9)), n_u=90, ratio=4 / 3)


@hidden_cases(pushes)
def pushed_batches(rng):
    for n in (2, 5, 16):
        yield batch(rng, labels(rng, n))
    yield batch(rng, torch.ones(3, dtype=torch.bool), beta=0.01)
    yield batch(rng, torch.zeros(1, dtype=torch.bool), beta=3.0)


@hidden_cases(pushes_far_away)
def hardly_pushed_batches(rng):
    for n in (3, 8):
        yield far_away(rng, n)


@hidden_cases(pushes_are_constants)
def looked_at(rng):
    for n in (2, 5):
        yield batch(rng, labels(rng, n))
