"""What grading again changed, for the instructor: who gains or loses, by which check, on the screen and as files."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from grader.errors import Refused
from grader.languages import say
from grader.plain import printable
from grader.renderers.writing import write_files
from grader.results import Result
from grader.results.changes import Change, CheckChange, as_csv, as_json, changes
from grader.results.result import points_text
from grader.results.rules import Rules
from grader.results.standing import read_standing


def results_by_student(out: Path, lab: str, rules: Rules | None = None) -> dict[str, Result]:
    """The results that are there, with the marks beside them and the rules over both; whoever has none that can be read
    is left out."""
    found = {}
    rules = rules and rules.afresh()
    for path in out.glob(f"*/{lab}/result.json"):
        try:
            result = read_standing(path, rules).result
        except Refused:
            continue
        found[result.student] = result
    return found


@contextlib.contextmanager
def copied(out: Path, lab: str) -> Iterator[Path]:
    """A copy of a folder of results, to grade a lab in; gone at the end. Other labs are links to the originals."""
    with tempfile.TemporaryDirectory(prefix="dry-run-") as folder:
        copy = Path(folder) / "graded"
        copy.mkdir()
        for path in (path for path in out.glob("*/*") if path.is_dir()):
            to = copy / path.parent.name / path.name
            if path.name == lab:
                shutil.copytree(path, to)
            else:
                to.parent.mkdir(exist_ok=True)
                to.symlink_to(path.resolve(), target_is_directory=True)
        yield copy


class Compared:
    """The results of the same students, before and after."""

    def __init__(self, before: Mapping[str, Result], after: Mapping[str, Result]) -> None:
        self.students = len(before.keys() & after.keys())
        self.changes = changes(before, after)

    def write(self, to: Path) -> list[Path]:
        """Writes the changes to a file of this name as .csv and one as .json."""
        name = to.stem if to.suffix in (".csv", ".json") else to.name
        files = [(f"{name}.csv", as_csv(self.changes)), (f"{name}.json", as_json(self.changes))]
        return write_files(files, to.parent, to.parent)

    def print(self, console: Console) -> None:
        """Who gains or loses, by which checks, and how many at each check."""
        if not self.changes:
            console.print("\n" + say("nothing_changed", count=self.students))
            return
        moves = [change.score_after - change.score_before for change in self.changes]
        gain, lose = sum(move > 0 for move in moves), sum(move < 0 for move in moves)
        values = {"count": len(moves), "compared": self.students, "gain": gain, "lose": lose}
        same = say("points_the_same", count=len(moves) - gain - lose)
        console.print("\n" + say("points_changed", **values, same=same))
        for change in self.changes:
            console.print("  " + _sentence(change))
        if checks := _by_check(self.changes):
            console.print(say("by_check", checks=checks))


def _sentence(change: Change) -> str:
    difference = round(change.score_after - change.score_before, 2)
    return say(
        "gains" if difference > 0 else "loses" if difference < 0 else "keeps",
        student=printable(change.student),
        points=points_text(abs(difference)),
        before=points_text(change.score_before),
        after=points_text(change.score_after),
        files=say("other_files") if change.other_files else "",
        checks=[_moved(check) for check in change.checks] or say("by_the_rules"),
    )


def _moved(check: CheckChange) -> str:
    if check.points_after is None and check.outcome_after is not None:
        return say("check_unjudged", check=_name(check))
    difference = _difference(check)
    return say(
        "check_gains" if difference >= 0 else "check_loses", check=_name(check), points=points_text(abs(difference))
    )


def _by_check(changes: Sequence[Change]) -> list[str]:
    gains: dict[str, int] = {}
    losses: dict[str, int] = {}
    for check in (check for change in changes for check in change.checks):
        gains[_name(check)] = gains.get(_name(check), 0) + (_difference(check) > 0)
        losses[_name(check)] = losses.get(_name(check), 0) + (_difference(check) < 0)
    return [say("check_moves", check=name, gain=gains[name], lose=losses[name]) for name in gains]


def _difference(check: CheckChange) -> float:
    return round((check.points_after or 0.0) - (check.points_before or 0.0), 2)


def _name(check: CheckChange) -> str:
    return say("of_side", check=check.check, side=say(f"side_{check.visibility}"))
