"""Which known mistake a submission's answers are told as: one that answers alike, where nothing else speaks against it.

A diagnosis is a guess about code that nobody has read. So it is told only where all known mistakes that are left have
the same one. What is a fact whatever the code is (an input was changed) the judge tells besides.
"""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from grader import codes
from grader.checks import Case, Check
from grader.judging.compare import differences, same
from grader.judging.judge import Fault, Known, facts_among, fault, faults, tolerance_of
from grader.lab import Lab
from grader.run.answers import Answer


@dataclasses.dataclass(frozen=True)
class Heard:
    """A check on one side, as far as it was asked: its cases, what is known of each, and what was answered."""

    check: Check
    cases: Sequence[Case]
    known: Sequence[Known]
    answers: Sequence[Answer]

    def each(self) -> Iterator[tuple[Check, Case, Known, Answer]]:
        for case, known, answer in zip(self.cases, self.known, self.answers, strict=True):
            yield self.check, case, known, answer


def mistake_told(lab: Lab, check: Check, heard: Sequence[Heard], diagnoses: Mapping[str, str]) -> str:
    """The name of the mistake whose diagnosis is told of a check that failed; "" where those that are left have several
    diagnoses, or none is."""
    told = {diagnoses.get(name, name): name for name in reversed(mistakes_like(lab, check, heard))}
    return next(iter(told.values())) if len(told) == 1 else ""


def mistakes_like(lab: Lab, check: Check, heard: Sequence[Heard], among: Collection[str] | None = None) -> list[str]:
    """The known mistakes that answer like the submission on every case of a check that was heard, and are wrong on no
    case that was heard where the submission is right. `among`: of these only those that do so to the letter.

    Further checks of one probe ask for its edges, where many mistakes look alike: they answer like the submission in
    the first one, too.
    """
    cases = [each for side in heard if side.check is check for each in side.each()]
    if not cases:
        return []
    wanted = cases[0][2].mistakes if among is None else among
    names = [name for name in wanted if all(name in known.mistakes for _, _, known, _ in cases)]
    alike = [name for name in names if all(same_answer(check, lab, k.mistakes[name], a) for _, _, k, a in cases)]
    if not alike and among is None:
        alike = _alike_but_for_facts(lab, names, cases)
    first = next(side.check for side in heard if side.check.probe is check.probe)
    if first is not check:
        known_there = [known for side in heard if side.check is first for known in side.known]
        like_there = mistakes_like(lab, first, heard, among)
        alike = [
            name for name in alike if name in like_there or not all(name in known.mistakes for known in known_there)
        ]
    return [name for name in alike if not contradicted(lab, name, heard)]


def same_answer(check: Check, lab: Lab, one: Answer, other: Answer) -> bool:
    """Whether two answers are the same mistake's: alike in value, in exception, and in what was seen of the calls."""
    if (one.status, bool(one.changed), one.used_global_random_state) != (
        other.status,
        bool(other.changed),
        other.used_global_random_state,
    ):
        return False
    if one.status != "value":
        return (one.finding, one.todo) == (other.finding, other.todo)
    return same(one.value, other.value, tolerance_of(check, lab), exact_dtype=True)


def contradicted(lab: Lab, name: str, heard: Iterable[Heard]) -> bool:
    """Whether a mistake is wrong on some case where the submission is right."""
    return any(
        fault(check, lab, case, known.expected, answer) is None
        and fault(check, lab, case, known.expected, known.mistakes[name]) is not None
        for side in heard
        for check, case, known, answer in side.each()
        if name in known.mistakes
    )


def _alike_but_for_facts(
    lab: Lab, names: Sequence[str], cases: Sequence[tuple[Check, Case, Known, Answer]]
) -> list[str]:
    """The mistakes that answer alike but for what is a fact about the submission, where that is not all that is wrong
    with it: two faults in one function, of which the judge tells one as a fact."""
    known = [facts for _, _, facts, _ in cases]
    found = [faults(check, lab, case, facts.expected, answer) for check, case, facts, answer in cases]
    apart = [facts_among(each, known) for each in found]
    if not any(apart) or all(len(each) == len(facts) for each, facts in zip(found, apart, strict=True)):
        return []
    return [
        name
        for name in names
        if all(
            _same_but_for(facts, check, lab, of_case.mistakes[name], answer)
            for facts, (check, _, of_case, answer) in zip(apart, cases, strict=True)
        )
    ]


def _same_but_for(facts: Sequence[Fault], check: Check, lab: Lab, one: Answer, other: Answer) -> bool:
    if one.status != "value" or other.status != "value":
        return same_answer(check, lab, one, other)
    told = {code for code in (codes.INPUT_CHANGED, codes.GLOBAL_DICE) if any(code.made(f.finding) for f in facts)}
    if bool(one.changed) != bool(other.changed) and codes.INPUT_CHANGED not in told:
        return False
    if one.used_global_random_state != other.used_global_random_state and codes.GLOBAL_DICE not in told:
        return False
    apart = {fact.place for fact in facts if fact.place}
    found = differences(one.value, other.value, tolerance_of(check, lab), exact_dtype=True)
    return all(difference.place in apart for difference in found)
