"""The student's screen: a table of tasks with points, what is wrong in a few lines, and one next step."""

import dataclasses
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader import codes
from grader.findings import Finding, kind_of
from grader.judging.judge import Judged, not_passing
from grader.lab import Task
from grader.results import Outcome
from grader.results.result import points_text
from grader.student.blame import FAILED, at_fault, most_telling
from grader.student.checking import Checked, MilestoneState, QuizState, Session, public_points
from grader.student.inputs import inputs_of
from grader.student.places import at, line_of, linked, open_functions
from grader.student.printed import first_lines
from grader.student.uses import functions_used, tasks_used

MAX_FAILURES = 3
BAR_CELLS = 6
LEAST_STATUS = 26  # columns
STYLES: dict[str, str] = {
    "passed": "green",
    "quick": "green",
    "begun": "yellow",
    "todo": "dim",
    "skipped": "dim",
    "failed": "red",
    "timeout": "red",
    "crashed": "red",
    "error": "magenta",
}
OPEN = ("todo", "skipped")
WORST: list[Outcome] = ["error", "crashed", "timeout", "failed", "skipped", "todo", "passed"]


@dataclasses.dataclass
class Screen:
    """What one run of the checks found, as it is shown."""

    session: Session
    checked: list[Checked]
    milestones: list[MilestoneState]
    quiz: QuizState
    whole_lab: bool

    def __post_init__(self) -> None:
        self.lab, self.texts = self.session.lab, self.session.texts
        self.tasks = [task for task in self.lab.manifest.tasks if any(item.task == task for item in self.checked)]
        # What is wrong with a whole file is said once, of the file; its tasks wait for nothing else.
        found = [fault for task in self.tasks if (fault := self.fault_of_file(task))]
        self.of_files = {fault for fault in found if found.count(fault) > 1}
        failing = [
            task.name
            for task in self.tasks
            if self.outcome(task) in FAILED and self.fault_of_file(task) not in self.of_files
        ]
        used = tasks_used(self.lab) if len(failing) > 1 else {}
        self.functions_used = functions_used(self.lab) if failing else {}
        # By each failing task, the failing ones whose functions it calls: those may be all that is wrong with it.
        self.behind = {
            task.name: [other for other in failing if other in used.get(task.name, ())] for task in self.tasks
        }

    def show_on(self, console: Console) -> None:
        """Everything that `make labN` says."""
        console.print(self.table(), "")
        self.show_words_on(console)

    def show_words_on(self, console: Console) -> None:
        """What stands below the table."""
        for line in self.summary():
            console.print(line)
        for note in self.session.notes:
            console.print(Text("\n! " + self.texts.say(note), style="yellow"))
        failures = self.failures()
        for item in failures[:MAX_FAILURES]:
            console.print(self.explanation(item))
        if len(failures) > MAX_FAILURES:
            console.print("\n" + self.texts.say("more_failed", count=len(failures) - MAX_FAILURES))
        for printed in self.prints():
            console.print(printed)
        console.print(self.next_step())

    # --- the table ----------------------------------------------------------------------------------------------------

    def table(self) -> Table:
        """A row for each task, and for what is graded otherwise. Where it is too wide a long name is cut, and what is
        said of it goes on in the next line; numbers and points are never cut."""
        title = self.session.translation.title or self.lab.manifest.title
        title = self.texts.say("report_lab", lab=self.lab.name, title=title)
        table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0))
        numbers = [task.number for task in self.tasks]
        table.add_column("", style="dim", no_wrap=True, min_width=max(map(len, numbers), default=1))
        table.add_column(self.texts.say("column_task"), no_wrap=True, overflow="ellipsis")
        points = [self.points(task) for task in self.tasks]
        heading = self.texts.say("column_points")
        table.add_column(heading, no_wrap=True, min_width=max([cell_len(heading), *map(len, points)]))
        table.add_column("", min_width=LEAST_STATUS)
        for task, earned in zip(self.tasks, points, strict=True):
            name = self.texts.say("bonus_task", task=task.name) if task.bonus else task.name
            table.add_row(task.number, name, earned, self.status(task))
        if self.whole_lab:
            self.add_other_rows(table)
        return table

    def points(self, task: Task) -> Text:
        """What was earned here of what can be earned here, with a bar; empty where nothing can."""
        earned, possible = public_points(self.of(task))
        if not possible:
            return Text("")
        full = int(BAR_CELLS * round(earned / possible, 6))  # sums of decimals miss 1 by a hair
        bar = Text("■" * full, style="green") + Text("□" * (BAR_CELLS - full), style="dim")
        return bar + Text(f" {points_text(earned)}/{points_text(possible)}")

    def status(self, task: Task) -> Text:
        outcome = self.outcome(task)
        if outcome is None:
            return Text(
                self.texts.say("slower" if any(map(_slower, self.of(task))) else "graded_by_hidden"), style="dim"
            )
        if outcome in FAILED and self.behind[task.name]:
            numbers = [self.lab.task(name).number for name in self.behind[task.name]]
            return Text(self.texts.say("status_behind", numbers=numbers), style=STYLES[outcome])
        shown: str = "begun" if outcome == "todo" and "passed" in self.outcomes(task) else outcome
        if outcome == "passed" and any(map(_slower, self.of(task))):
            shown = "quick"
        return Text(self.texts.say(f"status_{shown}"), style=STYLES[shown])

    def add_other_rows(self, table: Table) -> None:
        """Milestones, the quiz and the report: their points come with grading."""
        for state in self.milestones:
            milestone = state.milestone
            if state.missing:
                status = Text(self.texts.say("to_train", lab=self.lab.name), style="dim")
            elif numbers := self.waits_for(state):
                figure = None if state.measured is None else milestone.in_words(state.measured)
                words = {"reached": figure} if figure else {}
                said = self.texts.say("waits_for_checks" if figure else "waits_saved", numbers=numbers, **words)
                status = Text(said, style="yellow")
            elif state.measured is None:
                status = Text(self.texts.say("saved"), style="yellow")
            else:
                reached = "target_reached" if state.measured >= milestone.target else "below_target"
                figures = {"reached": milestone.in_words(state.measured), "target": f"{milestone.target:g}"}
                style = "green" if reached == "target_reached" else "yellow"
                status = Text(self.texts.say(reached, **figures), style=style)
            if state.mixed and not state.missing:
                status.append(" " + self.texts.say("mixed_code"), style="yellow")
            name = self.session.translation.milestones.get(milestone.name, milestone.title)
            table.add_row("M", name, Text(points_text(milestone.points), style="dim"), status)
        if quiz := self.lab.manifest.quiz:
            if self.quiz.fault:
                status = Text(self.texts.say("status_fault", fault=self.quiz.fault), style="red")
            else:
                status = Text(self.texts.say("answered", answered=self.quiz.answered, total=quiz.questions))
            table.add_row("Q", self.texts.say("quiz"), Text(points_text(quiz.questions), style="dim"), status)
        if self.lab.manifest.report:
            points = points_text(sum(part.points for part in self.lab.manifest.report))
            by_hand = Text(self.texts.say("graded_by_hand"), style="dim")
            table.add_row("R", self.texts.say("report"), Text(points, style="dim"), by_hand)

    def waits_for(self, state: MilestoneState) -> list[str]:
        """The numbers of the tasks for which points of a milestone wait; none where it would earn nothing."""
        milestone = state.milestone
        if state.measured is not None and state.measured < milestone.half:
            return []
        public = [(item.check, item.judged.outcome) for item in self.checked if item.judged]
        return [self.lab.task(name).number for name in not_passing(milestone.tasks, public)]

    # --- the sentences below it ---------------------------------------------------------------------------------------

    def summary(self) -> list[str]:
        """What was earned here, and where the other points are: together, all of the lab's or of the task's."""
        scored = [item for item in self.checked if not item.task.bonus] or self.checked
        earned, possible = public_points(scored)
        first = self.texts.say("earned_here", earned=points_text(earned), possible=points_text(possible))
        slower = [item for item in scored if _slower(item)]
        elsewhere = {
            "by_slower": sum(map(_slower, slower)),
            "by_hidden": sum(item.hidden_points for item in scored),
        }
        if self.whole_lab:
            manifest = self.lab.manifest
            elsewhere |= {
                "by_training": sum(milestone.points for milestone in manifest.milestones),
                "by_quiz": manifest.quiz.questions if manifest.quiz else 0,
                "by_hand": sum(part.points for part in manifest.report),
            }
        lines = []
        if rest := sum(elsewhere.values()):
            parts = [self.texts.say(by, points=points_text(points)) for by, points in elsewhere.items() if points]
            whole = self.lab.max_score if self.whole_lab else possible + rest
            rest_said = self.texts.say("elsewhere", rest=points_text(rest), whole=points_text(whole), parts=parts)
            first = self.texts.together(first, rest_said)
        lines.append(first)
        if slower:
            lines.append(self.texts.say("how_slower", lab=self.lab.name, task=slower[0].task.name))
        if self.whole_lab and (bonus := [item for item in self.checked if item.task.bonus]):
            earned, possible = public_points(bonus)
            lines.append(self.texts.say("bonus_points", earned=points_text(earned), possible=points_text(possible)))
        return lines

    def failures(self) -> list[Checked]:
        """Failed checks, one for each task, the most fundamental fault of a task first. A task that calls another
        failing one comes after it."""
        failed = [item for item in self.checked if item.judged and (item.judged.outcome in FAILED or _unchecked(item))]
        first = {
            task.name: most_telling(mine, self.at_fault(task))
            for task in self.tasks
            if (mine := [item for item in failed if item.task == task])
        }
        order = [task.name for task in self.tasks]
        told = sorted(
            first.values(), key=lambda item: (bool(self.behind.get(item.task.name)), order.index(item.task.name))
        )
        once = {self.fault_of_file(item.task): item for item in reversed(told)}
        return [item for item in told if self.fault_of_file(item.task) not in self.of_files or item in once.values()]

    def fault_of_file(self, task: Task) -> Finding | None:
        """What is wrong with the file of a task, where that is why it fails."""
        judged = [item.judged for item in self.of(task) if item.judged and item.judged.outcome in FAILED]
        found = judged[0].findings[0] if judged else None
        return found if found and kind_of(found) == "file" else None

    def explanation(self, item: Checked) -> Text:
        assert item.judged is not None
        lines = Text()
        fault = self.fault_of_file(item.task)
        if fault in self.of_files:
            numbers = [task.number for task in self.tasks if self.fault_of_file(task) == fault]
            lines.append(f"\n✗ {item.task.file}\n", style="bold red")
            return lines.append(self.texts.say(fault) + "\n" + self.texts.say("file_stops", numbers=numbers))
        sign, style = ("○", "bold yellow") if _unchecked(item) else ("✗", "bold red")
        lines.append(f"\n{sign} {item.task.name}", style=style)
        lines.append(f" · {self.session.title(item.check)}\n")
        if behind := self.behind.get(item.task.name):
            lines.append(self.texts.say("calls_failing", tasks=behind) + "\n", style="yellow")
        lines.append(sentence(self.session, item.judged))
        if inputs := inputs_of(self.texts, item):
            lines.append("\n" + self.texts.say("case_inputs", inputs=inputs), style="dim")
        if item.judged.outcome == "failed" and (steps := self.session.worked(item.task, item.judged.case)):
            lines.append("\n" + self.texts.say("worked", steps=steps), style="dim")
        if diagnosis := self.session.diagnosis(item.judged):
            lines.append(f"\n→ {diagnosis}", style="yellow")
        for frame in item.judged.trace.splitlines():
            lines.append(f"\n    {frame}")
        if item.printed:
            lines.append("\n" + self.printed(item), style="dim")
        lines.append("\n" + self.texts.say("section", number=item.task.number), style="dim")
        return lines

    def prints(self) -> list[Text]:
        """What was printed where nothing failed: of one task its words, of a whole lab how they can be seen."""
        printing = {task.name: found for task in self.tasks if (found := self.prints_of(task))}
        if not self.whole_lab:
            return [text for found in printing.values() for text in found]
        said = {"count": len(printing), "tasks": list(printing), "task": next(iter(printing), "")}
        return [Text("\n" + self.texts.say("tasks_print", lab=self.lab.name, **said), style="dim")] if printing else []

    def prints_of(self, task: Task) -> list[Text]:
        """What checks of a task printed that pass, each under its title."""
        items = [item for item in self.of(task) if item.printed and item.judged and item.judged.outcome == "passed"]
        return [Text(f"\n{self.session.title(item.check)}\n{self.printed(item)}", style="dim") for item in items]

    def printed(self, item: Checked) -> str:
        """What a check printed, a line each."""
        return "\n    ".join([self.texts.say("it_printed"), *first_lines(item.printed)])

    def next_step(self) -> Text:
        """The one thing to do next: what fails and waits for nothing else, then what is still to do, then the rest."""
        waiting = [task for task in self.tasks if self.behind.get(task.name)]
        written = [task for task in self.tasks if not (task.bonus and self.whole_lab)]
        for wanted, tasks in (
            (FAILED, [*(task for task in self.tasks if task not in waiting), *waiting]),
            (OPEN, written),
        ):
            for task in tasks:
                if any(outcome in wanted for outcome in self.outcomes(task)):
                    stuck = self.texts.say("stuck", lab=self.lab.name, task=task.name)
                    hint = "" if self.fault_of_file(task) in self.of_files else "  " + stuck
                    return Text.assemble(self.next_is(""), self.step(task), (hint, "dim"))
        return Text(self.next_is(self.texts.say(self.after_the_tasks(), lab=self.lab.name)))

    def next_is(self, what: str) -> str:
        return "\n" + self.texts.together(self.texts.say("next"), what)

    def step(self, task: Task) -> Text:
        """What is to be done for a task that is not finished, and where."""
        path, line, functions = self.location(task)
        verb = "fix" if any(outcome in FAILED for outcome in self.outcomes(task)) else "write"
        where = at(path, line)
        what = self.texts.say(f"next_{verb}", functions=functions)
        return linked(
            Text.assemble((what, "bold"), self.texts.together("", self.texts.say("in_place", place=where))), where, path
        )

    def location(self, task: Task) -> tuple[Path, int, list[str]]:
        """Where that is: the file, the line (0 where it is not known), and the functions, or the file's name."""
        path = self.lab.path(task.file)
        if (fault := self.fault_of_file(task)) and (fault in self.of_files or "line" in fault.values):
            return path, int(str(fault.values.get("line", 1))), [task.file]
        failed = any(outcome in FAILED for outcome in self.outcomes(task))
        functions = self.at_fault(task) if failed else open_functions(self.lab, task)
        return path, line_of(self.lab, task, functions[0]), functions

    def at_fault(self, task: Task) -> list[str]:
        """The functions of a task that are wrong, as far as its failing checks tell."""
        return at_fault(task, self.of(task), self.functions_used)

    def after_the_tasks(self) -> str:
        """What comes when all tasks pass: the message's id."""
        quiz = self.lab.manifest.quiz
        if not self.whole_lab:
            return "next_whole_lab"
        if any(state.missing for state in self.milestones):
            return "next_train"
        if any(state.below_target for state in self.milestones):
            return "next_train_again"
        if quiz and (self.quiz.fault or self.quiz.answered < quiz.questions):
            return "next_quiz"
        return "next_submit"

    # --- outcomes -----------------------------------------------------------------------------------------------------

    def of(self, task: Task) -> list[Checked]:
        return [item for item in self.checked if item.task == task]

    def outcomes(self, task: Task) -> list[Outcome]:
        return [item.judged.outcome for item in self.of(task) if item.judged and not _unchecked(item)]

    def outcome(self, task: Task) -> Outcome | None:
        """The worst outcome of a task's checks; None where none was run."""
        return next((worst for worst in WORST if worst in self.outcomes(task)), None)


def sentence(session: Session, judged: Judged) -> str:
    """What was found by a check, and in which case."""
    case, found = session.translation.case(judged.case), map(session.translation.put_into, judged.findings)
    return "\n".join(session.texts.say(codes.IN_CASE(case=case, finding=one) if case else one) for one in found)


def _unchecked(item: Checked) -> bool:
    """Whether it could not be told here: nothing has failed, and nothing waits for anything."""
    return item.judged is not None and any(map(codes.DEVICE_UNCHECKED.made, item.judged.findings))


def _slower(item: Checked) -> float:
    """The points of a check that has public cases and was not run."""
    return 0 if item.judged else item.public_points
