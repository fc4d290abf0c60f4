"""python -m pytest labs/lab3_policy_gradient: the lab's public checks as pytest items, one for each case.

They run in pytest's own process, so that -k, -x and --pdb work in the student's code. A TODO is a skip.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pytest

from grader.checks import CannotJudge, Case, Check
from grader.judging.judge import judge
from grader.lab import labs_folder, read_lab
from grader.lab.limits import OutOfTime
from grader.lab.loading import Broken
from grader.run.answers import Answer, answer_of_exception, run_probe
from grader.student.checking import Session, open_session
from grader.student.table import sentence


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A lab's checks.py under labs/; nothing else of the folder is a test."""
    if file_path.name == "checks.py" and file_path.parent.parent == labs_folder():
        return ChecksFile.from_parent(parent, path=file_path)
    return None


class ChecksFile(pytest.File):
    """The public checks of one lab."""

    def collect(self) -> Iterator[pytest.Item]:
        session = open_session(read_lab(self.path.parent))
        for check in session.checks:
            for case in check.cases:
                name = f"{check.task}::{check.name}[{case.title}]"
                yield CheckItem.from_parent(self, name=name, opened=session, check=check, case=case)


class WrongAnswer(Exception):
    """What a student reads where a value is wrong."""


class CheckItem(pytest.Item):
    """One case of one check."""

    def __init__(self, *, opened: Session, check: Check, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.opened, self.check, self.case = opened, check, case

    def runtest(self) -> None:
        """Runs the probe; exceptions of the student's code pass through, so that a debugger stops where they arose."""
        __tracebackhide__ = True
        session, check, case = self.opened, self.check, self.case
        if judged := session.held_back(check):
            pytest.skip(sentence(session, judged))
        seconds = session.seconds(check)
        try:
            with self.last_frame() as frames:
                value, watched = run_probe(check, session.functions, case.arguments, seconds, session.fixtures)
        except NotImplementedError as error:
            found = answer_of_exception(error, session.lab.folder, seconds)
            if found.status == "todo":
                pytest.skip(f"todo: {found.todo}")
            raise
        except (Broken, CannotJudge, OutOfTime) as error:
            found = answer_of_exception(error, session.lab.folder, seconds)
            assert found.finding is not None
            raise WrongAnswer(session.texts.say(found.finding)) from None
        found = Answer(
            "value",
            value,
            changed=tuple(watched.changed),
            used_global_random_state=watched.used_global_random_state,
        )
        known = session.record.known(check.name, case.title)
        judged = judge(check, session.lab, [case], [known], [found])
        if judged.outcome != "passed":
            told = [sentence(session, judged), self.diagnosis()]
            wrong = WrongAnswer("\n".join(filter(None, told)))
            for frame in frames:
                wrong.with_traceback(TracebackType(None, frame, frame.f_lasti, frame.f_lineno))
            raise wrong

    @contextlib.contextmanager
    def last_frame(self) -> Iterator[list[FrameType]]:
        """With a debugger: the last function of the task to return, as it was then. There it stops at a wrong value."""
        session, found = self.opened, list[FrameType]()
        task = session.lab.task(self.check.task)
        file = str(session.lab.path(task.file))

        def note(frame: FrameType, event: str, _argument: Any) -> None:
            if event == "return" and frame.f_code.co_filename == file and frame.f_code.co_name in task.functions:
                found[:] = [frame]

        if not self.config.getoption("usepdb"):
            yield found
            return
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            yield found
        finally:
            sys.setprofile(before)

    def diagnosis(self) -> str:
        """That of the whole check, since one case alone is like several mistakes."""
        for other in self.opened.checks:
            if other.task == self.check.task and (other.quick or other is self.check):
                self.opened.checked(other)
        judged = self.opened.diagnosed(self.check).judged
        return self.opened.diagnosis(judged) if judged else ""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A wrong answer is its sentence; an exception shows the student's frames and not ours."""
        if isinstance(excinfo.value, WrongAnswer):
            return str(excinfo.value)
        folder = self.opened.lab.folder
        own = excinfo.traceback.filter(lambda entry: Path(str(entry.path)).parent == folder)
        if own:
            excinfo.traceback = own
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        case = self.opened.translation.case(self.case.title)
        return self.path, 0, f"{self.check.task}: {self.opened.title(self.check)} [{case}]"
