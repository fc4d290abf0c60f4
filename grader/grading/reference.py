"""The instructor's side of a lab: the reference, the mistakes, the alternatives and the hidden cases.

Nothing here is ever imported by a worker, or needed by a student.
"""

import contextlib
import dataclasses
import functools
import hashlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.checks import Case, Check, HiddenCases, Variant, checks_of, hidden_of, split_points, variants_of
from grader.checks.fixtures import Fixture, fixtures_in, source_of
from grader.errors import Refused
from grader.judging.judge import Known, fault
from grader.judging.recorded import Record, read_record
from grader.lab import Lab, labs_folder
from grader.lab.loading import Broken, load_functions, load_modules, replaced
from grader.results import Visibility
from grader.run.answers import Answer, answer

Functions = Mapping[str, Callable[..., Any] | Broken]


class OnDemand(Mapping[str, Answer]):
    """Answers by name, each computed when it is first asked for, as the names are."""

    def __init__(self, names: Callable[[], list[str]], compute: Callable[[str], Answer]) -> None:
        self._find_names, self._compute = names, compute
        self._found: dict[str, Answer] = {}

    @functools.cached_property
    def _names(self) -> list[str]:
        return self._find_names()

    def __getitem__(self, name: str) -> Answer:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._found:
            self._found[name] = self._compute(name)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclasses.dataclass
class Reference:
    """A lab opened from solutions/: what the public files say, and what answers are right."""

    lab: Lab
    checks: list[Check]
    hidden: list[HiddenCases]
    functions: Functions
    mistakes: list[Variant]
    alternatives: list[Variant]
    fixtures: dict[str, Fixture] = dataclasses.field(default_factory=dict)
    record: Record | None = None  # what `make sync` recorded from this very code: it saves running the mistakes again
    _known: dict[tuple[str, Visibility, int], list[Known]] = dataclasses.field(default_factory=dict)
    _drawn: dict[tuple[str, int], list[Case]] = dataclasses.field(default_factory=dict)

    @property
    def diagnoses(self) -> dict[str, str]:
        return {mistake.name: mistake.diagnosis for mistake in self.mistakes}

    def points(self, check: Check) -> tuple[float, float]:
        """A check's points on its public and on its hidden cases."""
        return split_points(check.points, bool(check.cases), any(hidden.check is check for hidden in self.hidden))

    def cases(self, check: Check, visibility: Visibility, seed: int) -> list[Case]:
        """The public cases, or the hidden ones that a run's seed gives, drawn once: they are the same for all."""
        if visibility == "public":
            return check.cases
        if (check.name, seed) not in self._drawn:
            drawn = [case for hidden in self.hidden if hidden.check is check for case in hidden.draw(seed)]
            self._drawn[check.name, seed] = drawn
        return self._drawn[check.name, seed]

    def known(self, check: Check, visibility: Visibility, seed: int) -> list[Known]:
        """The right answers and those of the mistakes, computed once for a seed: the cases are the same for all."""
        key = (check.name, visibility, seed if visibility == "hidden" else 0)
        if key not in self._known:
            record = self.record if visibility == "public" else None
            self._known[key] = [self.known_of(check, case, record) for case in self.cases(check, visibility, seed)]
        return self._known[key]

    def known_of(self, check: Check, case: Case, record: Record | None = None) -> Known:
        """What is known of one case; a mistake is only run when somebody asks for its answer and it is not on record
        (where long answers are left out)."""
        functions = self.lab.task(check.task).functions
        mistakes = {mistake.name: mistake for mistake in self.mistakes if mistake.function in functions}
        on_record = record.known(check.name, case.title).mistakes if record else {}

        def names() -> list[str]:
            if not check.last:
                return list(mistakes)
            return list(on_record) or [name for name in mistakes if self.passes_the_others(mistakes[name])]

        return Known(
            self._expected(check, case) if check.compares else None,
            OnDemand(names, lambda name: on_record.get(name) or self.answer(check, case, mistakes[name])),
        )

    def _expected(self, check: Check, case: Case) -> Answer:
        """The reference's answer, or what of it is compared."""
        found = self.answer(check, case)
        return dataclasses.replace(found, value=check.part(found.value)) if found.status == "value" else found

    def passes_the_others(self, mistake: Variant) -> bool:
        """Whether a mistake passes every check of its task but the last ones, which know such mistakes alone."""
        task = self.lab.task(mistake.function).name
        others = [check for check in self.checks if check.task == task and not check.last]
        sides: tuple[Visibility, Visibility] = ("public", "hidden")
        return not any(
            fault(check, self.lab, case, known.expected, known.mistakes[mistake.name])
            for check in others
            for side in sides
            for case, known in zip(self.cases(check, side, 0), self.known(check, side, 0), strict=True)
        )

    def answer(self, check: Check, case: Case, variant: Variant | None = None) -> Answer:
        """What the reference (or the reference with one function replaced) answers on a case."""
        functions = self.functions
        if variant is not None:
            functions = replaced(functions, variant.function, variant.implementation)
        seconds = check.seconds or self.lab.manifest.limits.check_seconds
        said = io.StringIO()  # mistakes print and make torch warn, as they should
        with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            warnings.simplefilter("ignore")
            return answer(check, functions, case.arguments, self.lab.folder, seconds, self.fixtures)


def open_reference(lab: Lab) -> Reference:
    """Imports a lab's reference, checks, hidden cases, mistakes and alternatives; RuntimeError where one is broken."""
    checks, hidden, mistakes, alternatives = load_modules(lab.folder, ["checks", "hidden", "mistakes", "alternatives"])
    functions = load_functions(lab, lab.folder)
    for function in functions.values():
        if isinstance(function, Broken):
            raise RuntimeError(f"the reference of {lab.name} is broken: {function.finding}")
    return Reference(
        lab,
        checks_of(checks),
        hidden_of(hidden),
        functions,
        variants_of(mistakes),
        variants_of(alternatives),
        fixtures_in(source_of(lab)),
    )


def hash_of_code(lab: Lab) -> str:
    """A hash of the code that a lab's answers come from."""
    digest = hashlib.sha256()
    for path in sorted([*map(lab.path, ["lab.toml", *lab.answer_files]), *lab.folder.glob("*.py")]):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def record_of(lab: Lab, folder: Path | None = None) -> Record | None:
    """What was recorded of a lab's public cases, in `folder` or where students have it; None where it was not, or is of
    other code than this."""
    try:
        record = read_record(folder or labs_folder() / lab.folder.name)
    except Refused:
        return None
    return record if record.sources == hash_of_code(lab) else None


def visibilities(reference: Reference, check: Check) -> Sequence[Visibility]:
    """On which sides a check has points."""
    public, hidden = reference.points(check)
    sides: list[Visibility] = ["public"] if public else []
    return [*sides, "hidden"] if hidden else sides
