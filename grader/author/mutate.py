"""Runs mechanical mutants of a lab's reference against its checks, all in this process: what no check catches is a hole
in the checks, or equivalent to the reference and named so in equivalents.toml with the reason."""

import contextlib
import dataclasses
import os
import resource
import shutil
import sys
import tempfile
import time
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from grader.author.mutants import Mutant, mutants_of
from grader.checks import Check
from grader.errors import Refused
from grader.grading.reference import Functions, Reference, open_reference, visibilities
from grader.judging.judge import fault
from grader.lab import Lab
from grader.lab.loading import load_functions
from grader.results import Visibility
from grader.run.answers import answer

FILE = "equivalents.toml"
SEEDS = (0, 1, 2)
LEAST_SECONDS, MOST_TIMES = 0.3, 10.0  # a case may take this many CPU seconds, or times what the reference needs
MEMORY = 4 << 30  # bytes that mutants may ask for beyond what is in use


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mutants of one function that no check can tell from the reference, by their changes, and why."""

    function: str
    why: str
    mutants: list[str]


class _Equivalents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    equivalent: list[Equivalent] = []


@dataclasses.dataclass(frozen=True)
class Mutated:
    """What became of a lab's mutants. `stale` are entries of equivalents.toml that no surviving mutant has."""

    caught: int
    equivalent: int
    survivors: Sequence[Mutant]
    stale: Sequence[str]
    cpu_seconds: float

    @property
    def all(self) -> int:
        """How many mutants there were."""
        return self.caught + self.equivalent + len(self.survivors)

    def faults(self) -> Iterator[str]:
        """What an author has to do something about, in sentences."""
        for mutant in self.survivors:
            yield f"no check catches this mutant of {mutant.function}: {mutant.change}"
        for entry in self.stale:
            yield f"{FILE} names a mutant that a check catches, or that there is not: {entry}"


def mutate(lab: Lab, only: str = "", reference: Reference | None = None) -> Mutated:
    """Makes and runs the mutants of one lab of solutions/ (`only`: of one function); `reference`, where it was opened
    already: it knows answers that need not be computed again."""
    began = time.process_time()
    reference = reference or open_reference(lab)
    equivalent = {(entry.function, change) for entry in equivalents_of(lab) for change in entry.mutants}
    equivalent = {entry for entry in equivalent if only in ("", entry[0])}
    asked = _Asked(reference)
    caught, known, survivors = 0, list[tuple[str, str]](), list[Mutant]()
    with _copied(lab) as folder, _confined():
        for file in lab.code_files:
            source = (lab.folder / file).read_text(encoding="utf-8")
            for mutant in mutants_of(source):
                if only not in ("", mutant.function):
                    continue
                (folder / file).write_text(mutant.source, encoding="utf-8")
                if asked.catch(file, mutant.function, folder):
                    caught += 1
                elif (mutant.function, mutant.change) in equivalent:
                    known.append((mutant.function, mutant.change))
                else:
                    survivors.append(mutant)
            (folder / file).write_text(source, encoding="utf-8")
    stale = [f"{function}: {change}" for function, change in sorted(equivalent.difference(known))]
    return Mutated(caught, len(known), survivors, stale, time.process_time() - began)


def equivalents_of(lab: Lab) -> list[Equivalent]:
    """The lab's list of mutants that are equivalent to the reference; Refused where it cannot be read."""
    path = lab.folder / FILE
    if not path.exists():
        return []
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=_Equivalents).equivalent
    except (ValueError, msgspec.ValidationError) as error:
        raise Refused(f"{path}: {error}", 1) from None


@dataclasses.dataclass
class _Asked:
    """Asks a lab's checks about mutants, the quick ones first."""

    reference: Reference
    seconds: dict[tuple[str, str, int, int], float] = dataclasses.field(default_factory=dict)

    def catch(self, file: str, function: str, folder: Path) -> bool:
        """Whether the checks catch what lies in `folder`: on the public side, or with every seed on the hidden one."""
        lab = self.reference.lab
        tasks = [task for task in lab.manifest.tasks if task.file == file]
        own = [task for task in tasks if function in task.functions] or tasks  # a helper is of every task of its file
        checks = [check for check in self.reference.checks if check.task in {task.name for task in own}]
        functions = load_functions(lab, folder)
        if self._fails(checks, functions, folder, "public", 0):
            return True
        return all(self._fails(checks, functions, folder, "hidden", seed) for seed in SEEDS)

    def _fails(self, checks: list[Check], functions: Functions, folder: Path, side: Visibility, seed: int) -> bool:
        return any(
            self._fails_one(check, functions, folder, side, seed)
            for check in checks
            if side in visibilities(self.reference, check)
        )

    def _fails_one(self, check: Check, functions: Functions, folder: Path, side: Visibility, seed: int) -> bool:
        lab, fixtures = self.reference.lab, self.reference.fixtures
        known = self.reference.known(check, side, seed)
        for place, (case, facts) in enumerate(zip(self.reference.cases(check, side, seed), known, strict=True)):
            key = (check.name, side, seed, place)
            if key not in self.seconds:
                began = time.process_time()
                self.reference.answer(check, case)
                self.seconds[key] = max(LEAST_SECONDS, MOST_TIMES * (time.process_time() - began))
            found = answer(check, functions, case.arguments, folder, self.seconds[key], fixtures)
            if fault(check, lab, case, facts.expected, found):
                return True
        return False


@contextlib.contextmanager
def _copied(lab: Lab) -> Iterator[Path]:
    """A copy of the lab's modules and answers, for mutants to be written into."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (*lab.folder.glob("*.py"), *map(lab.path, lab.answer_files)):
            shutil.copy(path, folder)
        yield Path(folder)


@contextlib.contextmanager
def _confined() -> Iterator[None]:
    """Mutants may not fill the memory or the screen, and a changed file is never taken for the one before it."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        resource.setrlimit(resource.RLIMIT_DATA, (_in_use() + MEMORY, before[1]))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # mutants make torch warn, as they should
                yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, before)
            sys.dont_write_bytecode = written


def _in_use() -> int:
    return int(psutil.Process().memory_info().vms)
