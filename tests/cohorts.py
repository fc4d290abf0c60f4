"""Synthetic results of a whole cohort, for tests and benchmarks: real labs' checks, with outcomes that are drawn."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grader import codes
from grader.grading.reference import Reference, open_reference, visibilities
from grader.lab import Lab
from grader.results import CheckResult, Outcome, Result, score_of, write_result
from grader.results.folder import result_path
from grader.results.groups import CODE, Alike, as_csv, groups_file

NAMES = ("ada", "ben", "chloé", "dmitri", "eve", "fatima", "george", "hana", "ines", "jun", "kofi", "léa")
SOME = 0.4  # of the tasks that are not right show a known mistake
FOUND = {
    "failed": codes.VALUE_DIFFERS(where="", expected="1.5", got="2"),
    "todo": codes.TODO(),
    "timeout": codes.OUT_OF_TIME(seconds=0.5),
    "crashed": codes.DIED(),
    "error": codes.GRADER_FAILED(message="KeyError: 'logits'"),
}


def students(count: int) -> list[str]:
    """So many names, no two of which are the same."""
    return [f"{NAMES[number % len(NAMES)]}{number:04}" for number in range(count)]


def write_cohort(out: Path, lab: Lab, count: int, seed: int, of: Sequence[str] | None = None) -> None:
    """Writes the results of so many students (or of these) and, of two pairs, that their work is alike."""
    names = list(of) if of is not None else students(count)
    for result in results(lab, names, seed):
        write_result(result_path(out, result.student, lab.name), result)
    if len(names) >= 4:
        found = [Alike(CODE, (names[0], names[1])), Alike("runs/policy.safetensors", (names[2], names[3]))]
        groups_file(out, lab.name).write_text(as_csv(found), encoding="utf-8")


def results(lab: Lab, names: Sequence[str], seed: int) -> Iterator[Result]:
    """A result for each name: two in three tasks right, of the others some begun, some with a known mistake."""
    dice = random.Random(f"{lab.name} {seed}")
    reference = open_reference(lab)
    mistakes: dict[str, list[str]] = {}
    for mistake in reference.mistakes:
        mistakes.setdefault(lab.task(mistake.function).name, []).append(mistake.name)
    for name in names:
        skill = dice.betavariate(4, 2)
        checks = [*_code(reference, skill, mistakes, dice), *_rest(lab, skill, dice)]
        yield Result(
            schema_version=2,
            lab=lab.name,
            depends={"checks.py": "a1b2c3d4"},
            student=name,
            submission_hash=f"{dice.getrandbits(256):064x}",
            seed=seed,
            versions={"python": "3.11.7"},
            sandbox={"outer": "bubblewrap", "inner": "landlock, seccomp, rlimits"},
            score=score_of(checks),
            max_score=lab.max_score,
            started="2026-11-02T10:00:00+00:00",
            seconds=round(sum(check.seconds for check in checks), 3),
            notes=[codes.FILE_MISSING(file="quiz.json")] if dice.random() < 0.02 else [],
            checks=checks,
        )


def _code(
    reference: Reference, skill: float, mistakes: Mapping[str, list[str]], dice: random.Random
) -> Iterator[CheckResult]:
    broken = dice.random() < 0.002
    for task in reference.lab.manifest.tasks:
        right = dice.random() < skill
        outcomes: list[Outcome] = ["failed", "failed", "failed", "failed", "todo", "todo", "timeout", "crashed"]
        outcome: Outcome = "error" if broken else "passed" if right else dice.choice(outcomes)
        known = mistakes.get(task.name, [])
        mistake = dice.choice(known) if outcome == "failed" and known and dice.random() < SOME else ""
        for check in (check for check in reference.checks if check.task == task.name):
            spared = outcome == "failed" and dice.random() < 0.3
            for side in visibilities(reference, check):
                own: Outcome = "passed" if spared else outcome
                points = reference.points(check)[side == "hidden"]
                yield CheckResult(
                    task=task.name,
                    check=check.name,
                    title=check.title,
                    visibility=side,
                    kind="bonus" if task.bonus else "code",
                    outcome=own,
                    points=None if own == "error" else points if own == "passed" else 0.0,
                    max_points=points,
                    seconds=round(dice.uniform(0.005, 0.03), 3),
                    number=task.number,
                    case="three steps" if own == "failed" else "",
                    findings=[FOUND[own]] if own in FOUND else [],
                    mistake=mistake if own == "failed" else "",
                )


def _rest(lab: Lab, skill: float, dice: random.Random) -> Iterator[CheckResult]:
    """The milestones, the quiz, and the report, which waits for marks."""
    for milestone in lab.manifest.milestones:
        reached = dice.gauss(milestone.half + skill * (milestone.target - milestone.half), abs(milestone.target) / 20)
        share = 1.0 if reached >= milestone.target else 0.5 if reached >= milestone.half else 0.0
        found = codes.REACHED(
            reached=milestone.in_words(reached), target=f"{milestone.target:g}", half=f"{milestone.half:g}"
        )
        waits = share > 0 and dice.random() < 0.05
        yield CheckResult(
            task="milestone",
            check=milestone.name,
            title=milestone.title,
            visibility="hidden",
            kind="milestone",
            outcome="pending" if waits else "passed" if share == 1 else "failed",
            points=None if waits else round(milestone.points * share, 2),
            max_points=milestone.points,
            seconds=0.2,
            number="M",
            findings=[codes.WAITS_FOR_TASKS(finding=found, tasks=milestone.tasks) if waits else found],
        )
    for number in range(lab.manifest.quiz.questions if lab.manifest.quiz else 0):
        right = dice.random() < skill
        yield CheckResult(
            task="quiz",
            check=f"question_{number + 1}",
            title=f"quiz question {number + 1}",
            visibility="hidden",
            kind="quiz",
            outcome="passed" if right else "failed",
            points=float(right),
            max_points=1.0,
            number="Q",
        )
    for part in lab.manifest.report:
        yield CheckResult(
            task="report",
            check=part.name,
            title=part.title,
            visibility="hidden",
            kind="report",
            outcome="pending",
            points=None,
            max_points=part.points,
            number="R",
            findings=[codes.GRADED_BY_HAND()],
        )
