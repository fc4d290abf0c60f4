"""Says whether a lab is sound: the reference earns everything and the skeleton nothing, every mistake costs points in
its own task and every alternative costs none, every mutant is caught or equivalent, and the manifest says what students
need."""

import ast
import dataclasses
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from grader.author.defaults import default_faults
from grader.author.leaks import leaks_in
from grader.author.sync import derive, write
from grader.author.told_apart import alike_by
from grader.author.translations import translation_faults
from grader.checks import Check, Variant
from grader.grading.reference import Reference, open_reference, visibilities
from grader.judging.judge import fault, judge
from grader.lab import Lab, lab_folders, quiz, read_lab
from grader.lab.loading import Broken, load_functions
from grader.lab.source import definitions_in
from grader.languages import say, texts_of
from grader.plain import pack, to_plain
from grader.run.answers import answer

SEEDS = (0, 1, 2)
EVALUATE = "evaluate.py"
FEWEST_HINTS, MOST_HINTS = 2, 3
# make lab3-hint: no script can have one of these names.
OF_EVERY_LAB = ("check", "debug", "hint", "notebook", "reset", "submit", "watch")
LEAST_SIGNAL = 100.0  # a mistake's numbers are off by at least so many tolerances
ENOUGH = 10_000.0  # from here on nobody asks how many more they are


@dataclasses.dataclass
class Linted:
    """What lint found: faults in sentences, the two rates, the weakest difference by which a mistake is caught, and the
    mistakes that the public cases alone do not tell apart, which is no fault: their diagnoses are told when graded."""

    faults: list[str]
    mistakes: tuple[int, int]  # (that cost points, all)
    alternatives: tuple[int, int]  # (that earn everything, all)
    weakest: tuple[float, str]  # (tolerances, the mistake)
    alike: list[str]


def lint(lab: Lab, derived: dict[str, str] | None = None) -> Linted:
    """Lints one lab of solutions/; `derived` are the files of labs/<lab>/, where they were derived already."""
    reference = open_reference(lab)
    faults = [*_manifest_faults(reference), *_docstring_faults(lab), *_message_faults(lab)]
    faults += translation_faults(lab, reference.checks)
    faults += [*_reference_faults(reference), *default_faults(reference)]
    with tempfile.TemporaryDirectory() as folder:  # derived anew: what a student has edited is not judged here
        write(derived or derive(lab, reference), Path(folder))
        faults += _skeleton_faults(reference, Path(folder))
        faults += leaks_in(Path(folder), [read_lab(other) for other in lab_folders(lab.folder.parent)])
    weakest = (float("inf"), "")
    caught = passing = 0
    for mistake in reference.mistakes:
        strength = _strength(reference, mistake)
        if strength is None:
            faults.append(f"mistake {mistake.name} costs no points in its task")
            continue
        caught += 1
        weakest = min(weakest, (strength, mistake.name))
        if strength < LEAST_SIGNAL:
            faults.append(f"mistake {mistake.name} is only {strength:.0f} tolerances away from the reference")
    for alternative in reference.alternatives:
        wrong = _why_alternative_fails(reference, alternative)
        passing += not wrong
        faults += [f"alternative {alternative.name}: {wrong}"] if wrong else []
    faults += _mutant_faults(reference)
    everywhere = alike_by(reference, ["public", "hidden"], SEEDS)
    faults += [f"{pair} answer alike on all cases, and have two diagnoses: neither is told" for pair in everywhere]
    at_home = [pair for pair in alike_by(reference, ["public"], SEEDS[:1]) if pair not in everywhere]
    rates = (caught, len(reference.mistakes)), (passing, len(reference.alternatives))
    return Linted(faults, *rates, weakest, at_home)


def _mutant_faults(reference: Reference) -> Iterable[str]:
    try:
        from grader.author.mutate import mutate
    except ModuleNotFoundError as error:
        return [f"mutants were not made: {error.name} is missing (python requirements/install.py --dev)"]
    return mutate(reference.lab, reference=reference).faults()


def _manifest_faults(reference: Reference) -> Iterable[str]:
    lab = reference.lab
    by_task = {
        task.name: [check for check in reference.checks if check.task == task.name] for task in lab.manifest.tasks
    }
    for check in reference.checks:
        if check.task not in by_task:
            yield f"check {check.name} is of a task {check.task!r} that lab.toml does not name"
        if check.verify is None and not check.cases and not reference.cases(check, "hidden", 0):
            yield f"check {check.name} has no case"
        if not _sees_values(reference, check) and not _counts_with_values(reference, check):
            yield f"check {check.name} sees no values, and needs no check of {check.task} that does (needs=)"
    for task in lab.manifest.tasks:
        points = sum(check.points for check in by_task[task.name])
        if abs(points - task.points) > 1e-9:
            yield f"task {task.name} has {task.points:g} points, its checks have {points:g}"
        if not FEWEST_HINTS <= len(task.hints) <= MOST_HINTS:
            yield f"task {task.name} has {len(task.hints)} hints; {FEWEST_HINTS} or {MOST_HINTS} are wanted"
        titles = {case.title for check in by_task[task.name] for case in check.cases}
        yield from (f"task {task.name}: no public case is {title!r} (worked)" for title in task.worked.keys() - titles)
        if task.file not in lab.manifest.files.handed_in:
            yield f"task {task.name} is in {task.file}, which is not handed in"
        for kind, variants in (("mistake", reference.mistakes), ("alternative", reference.alternatives)):
            for function in task.functions:
                if not any(variant.function == function for variant in variants):
                    yield f"{function} has no {kind}"
    names = [*(check.name for check in reference.checks), *(variant.name for variant in reference.mistakes)]
    names += [milestone.name for milestone in lab.manifest.milestones]
    names += [part.name for part in lab.manifest.report]
    yield from (f"the name {name} is used twice" for name in sorted({name for name in names if names.count(name) > 1}))
    yield from (f"mistake {mistake.name} has no diagnosis" for mistake in reference.mistakes if not mistake.diagnosis)
    for script, facts in lab.manifest.scripts.items():
        if script in OF_EVERY_LAB:
            yield f"script {script} is called like a command that every lab has"
        if facts.file not in lab.manifest.files.given:
            yield f"script {script} is {facts.file}, which is not given"
    yield from (
        f"milestone {milestone.name} names no tasks that training makes its artefacts with (tasks=)"
        for milestone in lab.manifest.milestones
        if not milestone.tasks
    )
    if lab.manifest.milestones and EVALUATE not in lab.manifest.files.given:
        yield f"there are milestones, and {EVALUATE}, which judges them, is not given"
    for artefact in lab.artefacts:
        if artefact in (*lab.manifest.files.handed_in, *lab.manifest.files.given):
            yield f"{artefact} is an artefact, and has another role besides"
        if artefact.startswith("/") or ".." in artefact.split("/"):
            yield f"{artefact} is an artefact, and lies outside of the lab's folder"
    if lab.manifest.quiz:
        try:
            quiz.read_key(lab)
        except Broken as broken:
            yield say(broken.finding)


def _sees_values(reference: Reference, check: Check) -> bool:
    """Whether it takes the work to pass a check: one whose cases all have the same answer is passed by a constant."""
    if check.values or not check.sees_values:
        return check.sees_values
    known = [facts for side in visibilities(reference, check) for facts in reference.known(check, side, SEEDS[0])]
    answers = {pack(to_plain(check.part(to_plain(facts.expected.value)))) for facts in known if facts.expected}
    return len(known) < 2 or len(answers) > 1


def _counts_with_values(reference: Reference, check: Check) -> bool:
    """Whether a check needs one of its own task that sees values, maybe by way of others."""
    needed = check.needs
    while needed and not (needed.task == check.task and _sees_values(reference, needed)):
        needed = needed.needs
    return needed is not None


def _docstring_faults(lab: Lab) -> Iterable[str]:
    for task in lab.manifest.tasks:
        there = definitions_in(lab.path(task.file))
        for name in task.functions if task.file.endswith(".py") else ():
            if name not in there or not there[name].docstring:
                yield f"{task.file}: {name} has no docstring"
            for method in there[name].methods if name in there else ():
                if not method.name.startswith("_") and not method.docstring:
                    yield f"{task.file}: {name}.{method.name} has no docstring"


def _message_faults(lab: Lab) -> Iterable[str]:
    """Ids of messages begin with the lab's name. Each that checks.py uses has to be in the catalogue, and each of the
    catalogue has to be used."""
    catalogue = lab.path("messages.en.ftl")
    written = catalogue.read_text(encoding="utf-8") if catalogue.exists() else ""
    known = set(re.findall(r"^([\w-]+) *=", written, re.MULTILINE))
    used = {
        node.value
        for node in ast.walk(ast.parse(lab.path("checks.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{lab.name}_")
    }
    yield from (f"checks.py uses a message {name} that messages.en.ftl lacks" for name in sorted(used - known))
    yield from (f"messages.en.ftl has a message {name} that checks.py does not use" for name in sorted(known - used))


def _reference_faults(reference: Reference) -> Iterable[str]:
    for check in reference.checks:
        for seed in SEEDS:
            for message in _faults_of(reference, check, None, seed):
                yield f"the reference fails {check.name}: {message}"


def _faults_of(reference: Reference, check: Check, variant: Variant | None, seed: int) -> Iterable[str]:
    """What is wrong with a variant (or the reference) in one check, on both sides."""
    for visibility in visibilities(reference, check):
        cases = reference.cases(check, visibility, seed)
        answers = [reference.answer(check, case, variant) for case in cases]
        known = reference.known(check, visibility, seed)
        judged = judge(check, reference.lab, cases, known, answers)
        if judged.outcome != "passed":
            told = "; ".join(map(texts_of(reference.lab.folder).say, judged.findings))
            yield f"{visibility}, case {judged.case!r}: {told}"


def _skeleton_faults(reference: Reference, folder: Path) -> Iterable[str]:
    """The skeleton, loaded like a student's files, has to be all TODO."""
    lab = reference.lab
    functions = load_functions(lab, folder)
    for check in reference.checks:
        for visibility in visibilities(reference, check):
            case = reference.cases(check, visibility, 0)[0]
            seconds = lab.manifest.limits.check_seconds
            found = answer(check, functions, case.arguments, folder, seconds, reference.fixtures)
            if found.status != "todo":
                yield f"the skeleton is not a TODO in {check.name}: {found.status} {found.finding}"


def _strength(reference: Reference, mistake: Variant) -> float | None:
    """By how many tolerances a mistake is caught at best in its own task (infinity where the difference has no size);
    None where some seed lets it through."""
    strengths = [_strength_with(reference, mistake, seed) for seed in SEEDS]
    return None if None in strengths else min(strength for strength in strengths if strength is not None)


def _strength_with(reference: Reference, mistake: Variant, seed: int) -> float | None:
    best: float | None = None
    for check in _checks_of(reference, mistake):
        for visibility in visibilities(reference, check):
            cases = reference.cases(check, visibility, seed)
            for case, known in zip(cases, reference.known(check, visibility, seed), strict=True):
                answered = known.mistakes.get(mistake.name)
                if answered is None and check.last:  # another check of the task catches it
                    continue
                answered = answered or reference.answer(check, case, mistake)
                wrong = fault(check, reference.lab, case, known.expected, answered)
                if wrong:
                    best = max(best or 0.0, wrong.excess)
                if best and best >= ENOUGH:
                    return best
    return best


def _why_alternative_fails(reference: Reference, alternative: Variant) -> str:
    """What an alternative fails at ("" where it earns everything)."""
    for check in _checks_of(reference, alternative):
        for seed in SEEDS:
            for message in _faults_of(reference, check, alternative, seed):
                return f"fails {check.name}: {message}"
    return ""


def _checks_of(reference: Reference, variant: Variant) -> list[Check]:
    task = reference.lab.task(variant.function)
    return [check for check in reference.checks if check.task == task.name]
