"""What watch knows at a moment: the task at hand, what the checks told, and what the student looks at."""

import dataclasses
import time
from typing import Literal

from grader.lab import Lab, Task
from grader.student.remembered import remember_checks
from grader.student.watch.told import Report, Told


@dataclasses.dataclass
class State:
    """It changes by what is told and by keys (loop.py), and is drawn (view.py)."""

    lab: Lab
    task: Task
    told: dict[str, Told] = dataclasses.field(default_factory=dict)
    last: Report = dataclasses.field(default_factory=lambda: Report(0))  # what the last request told as a whole
    printed: str = ""
    loading: bool = True
    since: float | None = None  # when checking began; None where nothing is being checked
    checked_at: str = ""
    look: Literal["task", "list", "reset"] = "task"
    chosen: int = 0  # the row of the list
    hint: str = ""
    said: str = ""  # what came of the last key
    slow: float = 0  # seconds between two looks at the files, where those are many

    @property
    def known(self) -> dict[str, str]:
        """The fingerprints of what was checked so far."""
        return {name: told.found.code for name, told in self.told.items()}

    @property
    def here(self) -> Told | None:
        """What was told of the task at hand."""
        return self.told.get(self.task.name)

    def take(self, report: Report) -> None:
        """Takes in what was told."""
        self.told |= {told.task: told for told in report.told}
        remember_checks(self.lab, {told.task: told.found for told in report.told if told.state})
        self.printed = report.printed or self.printed
        if report.whole:
            self.last, self.since = report, None
            self.checked_at = time.strftime("%H:%M:%S")

    def go_to(self, task: Task) -> None:
        self.task, self.hint, self.said, self.look = task, "", "", "task"

    def next_task(self) -> Task | None:
        """The next task after this one that does not pass, of all others; of the bonus ones last."""
        tasks = self.lab.manifest.tasks
        here = tasks.index(self.task)
        others = sorted([*tasks[here + 1 :], *tasks[:here]], key=lambda task: task.bonus)
        return next((task for task in others if not self.passes(task)), None)

    def passes(self, task: Task) -> bool:
        """Whether its checks that ran pass, or there are none here."""
        told = self.told.get(task.name)
        return told is not None and (told.state == "passed" or not (told.state or told.slower))
