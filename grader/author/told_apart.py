"""Which known mistakes the cases of a lab do not tell apart, so that neither's diagnosis is told."""

from collections.abc import Iterable, Sequence

from grader.checks import Variant
from grader.grading.reference import Reference
from grader.judging.diagnosis import Heard, mistakes_like
from grader.judging.judge import judge
from grader.results import Visibility


def alike_by(reference: Reference, sides: Sequence[Visibility], seeds: Sequence[int]) -> list[str]:
    """Pairs of mistakes with different diagnoses that no check tells apart by its cases of these sides and seeds: in
    every check that fails for the one, the other answers alike."""
    pairs = {
        frozenset((mistake.name, other))
        for mistake in reference.mistakes
        for other in _never_told_from(reference, mistake, sides, seeds)
    }
    return sorted(" and ".join(sorted(pair)) for pair in pairs)


def _never_told_from(
    reference: Reference, mistake: Variant, sides: Sequence[Visibility], seeds: Sequence[int]
) -> Iterable[str]:
    diagnoses = reference.diagnoses
    left = [name for name in diagnoses if diagnoses[name] != mistake.diagnosis]
    failed = False
    for seed in seeds:
        heard = _heard(reference, mistake, sides, seed)
        for check in dict.fromkeys(side.check.name for side in heard):
            asked = [side for side in heard if side.check.name == check]
            if not left:
                return []
            if any(judge(s.check, reference.lab, s.cases, s.known, s.answers).outcome != "passed" for s in asked):
                failed = True
                left = mistakes_like(reference.lab, asked[0].check, heard, left)
    return left if failed else []


def _heard(reference: Reference, mistake: Variant, sides: Sequence[Visibility], seed: int) -> list[Heard]:
    """What a submission with this one mistake answers to the checks of its task."""
    task = reference.lab.task(mistake.function).name
    found = []
    for check in reference.checks:
        for side in sides:
            cases = reference.cases(check, side, seed)
            if check.task != task or not cases:
                continue
            known = reference.known(check, side, seed)
            if check.last and any(mistake.name not in of_case.mistakes for of_case in known):
                continue  # another check of the task tells it apart
            answers = [
                of_case.mistakes.get(mistake.name) or reference.answer(check, case, mistake)
                for case, of_case in zip(cases, known, strict=True)
            ]
            found.append(Heard(check, cases, known, answers))
    return found
