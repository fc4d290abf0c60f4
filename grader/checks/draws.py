"""What is asked of a function that samples, and how draws are judged whatever the way in which they were made.

Probabilities and deviations stand in the case. Of what depends on the action that was drawn (its log-probability, that
one's gradient) a probe makes a table by action, the same for all right functions, and compares it with the reference's:

    @check("get_action", points=2, verify=drawn_by_action, compared=BY_ACTION)
    def frequencies(lab, probabilities, count, seed):
        return draws_by_action(lab.get_action, torch.log(tensor(probabilities)).repeat(count, 1), seed)
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from grader import codes
from grader.checks.definitions import CannotJudge, Wrong
from grader.checks.probes import array, mapping
from grader.findings import Finding
from grader.plain import GRADIENTS, Array, Plain

STANDARD_ERRORS = 6  # draws are judged at this many standard errors: a right answer fails once in 10**9
FLOATS = ("float32", "float64")
BY_ACTION = "by action"


def three_draws(sample: Callable[[torch.Generator], Any], seed: int) -> tuple[Any, Any, Any]:
    """What `sample(generator)` gives, what it gives next, and what it gives with another generator seeded alike."""
    generator = torch.Generator().manual_seed(seed)
    first, later = sample(generator), sample(generator)
    return first, later, sample(torch.Generator().manual_seed(seed))


def draws(sample: Callable[[torch.Generator], Any], seed: int) -> dict[str, Any]:
    """`three_draws` as facts."""
    return dict(zip(("actions", "next", "again"), three_draws(sample, seed), strict=True))


def actions_and_log_probabilities(result: Any, to: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The two tensors of a result, the second with a gradient to what is called `to`; CannotJudge where they are not
    there."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise CannotJudge(codes.PAIR_WANTED())
    actions, logp = result
    if not isinstance(actions, torch.Tensor):
        raise CannotJudge(codes.PAIR_WANTED())
    if not isinstance(logp, torch.Tensor) or not logp.requires_grad:
        raise CannotJudge(codes.NO_GRADIENT_TO(argument=to))
    return actions, logp


def draws_by_action(sample: Callable[..., Any], logits: torch.Tensor, seed: int) -> dict[str, Any]:
    """What `sample(logits, generator=...)` returns for logits (B, A) whose rows are all alike: actions (B,), their
    log-probabilities (B,), the gradient of these to the logits (B, A), and a table of both by action."""
    logits = logits.clone().requires_grad_()
    results = three_draws(lambda generator: sample(logits, generator=generator), seed)
    (actions, logp), (later, _), (again, _) = [actions_and_log_probabilities(result, "logits") for result in results]
    [gradient] = torch.autograd.grad(logp.sum(), logits, allow_unused=True)
    if gradient is None:
        gradient = torch.zeros_like(logits)
    facts = {"actions": actions, "logp": logp, "gradient": gradient, "next": later, "again": again}
    return facts | {BY_ACTION: _by_action(actions, logp.detach(), gradient)}


def _by_action(actions: torch.Tensor, logp: torch.Tensor, gradient: torch.Tensor) -> dict[str, Any] | None:
    """The log-probability (A,) and its gradient (A, A) that came with each action; NaN where it was never drawn, None
    where the shapes are wrong."""
    B, A = gradient.shape
    if actions.shape != (B,) or logp.shape != (B,):
        return None
    last = {int(action): row for row, action in enumerate(actions.tolist())}
    nothing = torch.full((A,), math.nan)
    return {
        "log-probabilities": torch.stack([logp[last[a]] if a in last else nothing[0] for a in range(A)]),
        GRADIENTS: {"logits": torch.stack([gradient[last[a]] if a in last else nothing for a in range(A)])},
    }


def drawn_by_action(value: Plain, probabilities: Sequence[float], count: int, **_case: Any) -> None:
    """Verifies `draws_by_action` of B = `count` rows that all have the same A probabilities: actions come up as often
    as they should, and the table holds for every draw."""
    facts = mapping(value, "actions", "logp", "gradient", "next", "again", BY_ACTION)
    actions = indices(facts["actions"], count)
    name = codes.THE_LOG_PROBABILITIES()
    logp = of_shape(array(facts["logp"], name, FLOATS), name, (count,))
    as_often_as_they_should(actions, probabilities)
    gradient = array(facts["gradient"], codes.THE_GRADIENTS(), FLOATS)
    of_shape(gradient, codes.THE_GRADIENTS(), (count, len(probabilities)))
    for action in range(len(probabilities)):
        drawn = actions == action
        if not drawn.any():  # which is allowed of one whose probability is next to 0
            continue
        low, high = logp[drawn].min(), logp[drawn].max()
        if not high - low <= 1e-4:
            raise Wrong(codes.LOG_PROBABILITY_VARIES(action=action, low=f"{low:.4f}", high=f"{high:.4f}"))
        if not np.ptp(gradient[drawn], axis=0).max() <= 1e-4:
            raise Wrong(codes.GRADIENT_OF_ANOTHER())
    from_the_generator(facts)


def indices(value: Plain, count: int) -> np.ndarray:
    """Actions that are int64 and one for each of `count` rows."""
    return of_shape(array(value, codes.THE_ACTIONS(), ("int64",)), codes.THE_ACTIONS(), (count,))


def of_shape(found: np.ndarray, name: Finding, shape: tuple[int, ...]) -> np.ndarray:
    """`found`, which has to have that shape."""
    if found.shape != shape:
        raise Wrong(codes.SHAPE_WANTED(name=name, expected=str(shape), got=str(found.shape)))
    return found


def as_often_as_they_should(actions: np.ndarray, probabilities: Sequence[float] | np.ndarray) -> None:
    """Raises Wrong where actions (count,) come up more often or more rarely than chance allows, or depend on those
    before."""
    count, choices = len(actions), len(probabilities)
    if not (actions.min() >= 0 and actions.max() < choices):
        raise Wrong(codes.ACTIONS_OUTSIDE(low=int(actions.min()), high=int(actions.max()), count=choices))
    for action, p in enumerate(map(float, probabilities)):
        frequency, allowed = float((actions == action).mean()), _allowed(p, count)
        if abs(frequency - p) > allowed:
            raise Wrong(
                codes.FREQUENCY_DIFFERS(
                    action=action, count=count, **_shown(probability=p, frequency=frequency, allowed=allowed)
                )
            )
    pairs = actions[: count // 2 * 2].reshape(-1, 2)
    alike, found = float((np.asarray(probabilities) ** 2).sum()), float((pairs[:, 0] == pairs[:, 1]).mean())
    if abs(found - alike) > _allowed(alike, len(pairs)):
        shown = _shown(expected=alike, got=found, allowed=_allowed(alike, len(pairs)))
        raise Wrong(codes.DRAWS_ALIKE(count=len(pairs), **shown))


def _allowed(p: float, count: int) -> float:
    """How far the share of what has probability p may be from it."""
    return STANDARD_ERRORS * math.sqrt(p * (1 - p) / count) + 1e-9


def _shown(**numbers: float) -> dict[str, str]:
    return {name: f"{number:.3f}" for name, number in numbers.items()}


def from_the_generator(facts: dict[str, Any]) -> None:
    """Raises Wrong where the draws among these facts, whose "actions" are an array, do not come from the generator."""
    first, later, again = (facts[name] for name in ("actions", "next", "again"))
    if not isinstance(later, Array) or np.array_equal(later.values, first.values):
        raise Wrong(codes.SEEDED_ANEW())
    if not isinstance(again, Array) or not np.array_equal(again.values, first.values):
        raise Wrong(codes.OTHER_GENERATOR())


def standard_normal(z: np.ndarray) -> None:
    """Raises Wrong where z, of shape (count, rows, dimensions), is not `count` independent draws of rows * dimensions
    independent standard normal numbers, as far as STANDARD_ERRORS tell."""
    count, _, dimensions = z.shape
    columns = z.reshape(count, -1)

    def place(column: int) -> Finding:
        return codes.COLUMN_OF_DRAWS(row=column // dimensions, dimension=column % dimensions)

    for column, x in enumerate(columns.T):
        for what, found, expected, deviation in (
            (codes.THE_MEAN(), x, 0.0, 1.0),
            (codes.THE_MEAN_SQUARE(), x**2, 1.0, math.sqrt(2.0)),
            (codes.THE_SHARE_WITHIN_ONE(), np.abs(x) < 1, 0.6827, 0.4655),
            (codes.THE_SHARE_BEYOND_TWO(), np.abs(x) > 2, 0.0455, 0.2084),
            (codes.THE_PRODUCT_WITH_THE_NEXT(), x[1:] * x[:-1], 0.0, 1.0),
        ):
            mean, allowed = float(np.mean(found)), STANDARD_ERRORS * deviation / math.sqrt(len(found))
            if not abs(mean - expected) <= allowed:
                shown = _shown(expected=expected, got=mean, allowed=allowed)
                raise Wrong(codes.NORMAL_DIFFERS(where=place(column), what=what, count=count, **shown))
    for one, other in itertools.combinations(range(columns.shape[1]), 2):
        correlation, allowed = float((columns[:, one] * columns[:, other]).mean()), STANDARD_ERRORS / math.sqrt(count)
        if not abs(correlation) <= allowed:
            shown = _shown(got=correlation, allowed=allowed)
            raise Wrong(codes.NORMAL_CORRELATED(one=place(one), other=place(other), **shown))
