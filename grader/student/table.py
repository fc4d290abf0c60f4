"""The student's screen: a table of tasks with points, what is wrong in a few lines, and one next step."""

import ast
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from grader.judging.compare import KINDS
from grader.lab import ROOT, Lab, Task
from grader.results import Outcome
from grader.student.checking import Checked, MilestoneState, public_points

MAX_FAILURES = 3
SIGNS: dict[str, tuple[str, str]] = {
    "passed": ("✓ passed", "green"),
    "todo": ("○ todo", "dim"),
    "skipped": ("○ waits", "dim"),
    "failed": ("✗ failed", "red"),
    "timeout": ("✗ too slow", "red"),
    "crashed": ("✗ crashed", "red"),
    "error": ("! error", "magenta"),
}
WORST: list[Outcome] = ["error", "crashed", "timeout", "failed", "skipped", "todo", "passed"]


def points_text(points: float) -> str:
    """Points without needless zeros: 5, 3.2."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def print_checked(
    console: Console,
    lab: Lab,
    checked: list[Checked],
    milestones: list[MilestoneState],
    quiz: tuple[int, str],
    whole_lab: bool,
) -> None:
    """Everything that `make labN` says."""
    manifest = lab.manifest
    tasks = [task for task in manifest.tasks if any(item.check.task == task.name for item in checked)]
    table = Table(title=f"{lab.name}: {manifest.title}", title_justify="left", title_style="bold", box=None)
    table.add_column("", style="dim")
    table.add_column("task")
    table.add_column("points", justify="right")
    if slower := any(map(_slower, checked)):
        table.add_column("slower", justify="right", style="dim")
    table.add_column("hidden", justify="right", style="dim")
    table.add_column("")
    for task in tasks:
        mine = [item for item in checked if item.check.task == task.name]
        later = [sum(map(_slower, mine))] if slower else []
        later.append(sum(item.hidden_points for item in mine))
        cells = [f"+{points_text(points)}" if points else "" for points in later]
        name = f"{task.name} (bonus)" if task.bonus else task.name
        table.add_row(task.number, name, _points_cell(mine), *cells, _status_cell(mine))
    if whole_lab:
        for number, title, points, words in _other_rows(lab, milestones, quiz):
            table.add_row(number, title, points, *[""] * (1 + slower), words)
    console.print(table)
    console.print(_summary(lab, [item for item in checked if not item.bonus] or checked, whole_lab))
    if whole_lab and (bonus := [item for item in checked if item.bonus]):
        console.print(f"Beside them: {_points_cell(bonus)} bonus points, and more by hidden cases.")
    failures = _failures(checked)
    for item in failures[:MAX_FAILURES]:
        console.print(_explain(lab, item))
    if len(failures) > MAX_FAILURES:
        console.print(f"\n{len(failures) - MAX_FAILURES} more failed; mend these first.")
    console.print(_next_step(lab, tasks, checked, milestones, quiz, whole_lab))


def _slower(item: Checked) -> float:
    """The points of a check that has public cases and was not run."""
    return 0 if item.judged else item.public_points


def _points_cell(checked: list[Checked]) -> str:
    earned, possible = public_points(checked)
    return f"{points_text(earned)} / {points_text(possible)}" if possible else "–"


def _status_cell(checked: list[Checked]) -> Text:
    outcomes = [item.judged.outcome for item in checked if item.judged]
    if not outcomes:
        return Text("graded by hidden checks", style="dim")
    outcome = next(worst for worst in WORST if worst in outcomes)
    if outcome == "todo" and "passed" in outcomes:
        return Text("○ begun", style="yellow")
    words, style = SIGNS[outcome]
    return Text(words, style=style)


def _other_rows(
    lab: Lab, milestones: list[MilestoneState], quiz: tuple[int, str]
) -> Iterable[tuple[str, str, str, RenderableType]]:
    for state in milestones:
        points = f"– / {points_text(state.milestone.points)}"
        if not state.saved:
            words = Text(f"○ make {lab.name}-train", style="dim")
        elif state.measured is None:
            words = Text("saved; judged when it is graded", style="yellow")
        else:
            reached = state.measured >= state.milestone.target
            words = Text(
                f"{'✓' if reached else '○'} {state.milestone.in_words(state.measured)} in training "
                f"(target {state.milestone.target:g})",
                style="green" if reached else "yellow",
            )
        yield "M", state.milestone.title, points, words
    if lab.manifest.quiz:
        answered, fault = quiz
        total = lab.manifest.quiz.questions
        words = Text(f"✗ {fault}", style="red") if fault else Text(f"{answered} of {total} answered in quiz.json")
        yield "Q", "quiz", f"– / {total}", words
    if lab.manifest.report:
        points = points_text(sum(part.points for part in lab.manifest.report))
        yield "R", "report", f"– / {points}", Text("graded by hand", style="dim")


def _summary(lab: Lab, checked: list[Checked], whole_lab: bool) -> str:
    """What was earned here, and where the other points are: together they are all of the lab's, or of the task's."""
    earned, possible = public_points(checked)
    lines = [f"{points_text(earned)} of {points_text(possible)} points checked here."]
    manifest = lab.manifest
    elsewhere = [
        (sum(map(_slower, checked)), "by slower checks"),
        (sum(item.hidden_points for item in checked), "by hidden cases when it is graded"),
    ]
    if whole_lab:
        elsewhere += [
            (sum(milestone.points for milestone in manifest.milestones), "by what training saved"),
            (manifest.quiz.questions if manifest.quiz else 0, "by the quiz"),
            (sum(part.points for part in manifest.report), "by hand"),
        ]
    if rest := sum(points for points, _ in elsewhere):
        parts = ", ".join(f"{points_text(points)} {by}" for points, by in elsewhere if points)
        whole = f"the lab's {points_text(lab.max_score)}" if whole_lab else points_text(possible + rest)
        lines.append(f"The other {points_text(rest)} of {whole}: {parts}.")
    if slower := list(dict.fromkeys(item.check.task for item in checked if _slower(item))):
        lines.append(
            f"Slower checks run where you ask for their task (make {lab.name} TASK={slower[0]}), and all of them at "
            f"make {lab.name}-submit. They are of: {', '.join(slower)}."
        )
    return "\n".join(lines)


def _failures(checked: list[Checked]) -> list[Checked]:
    """Failed checks, one for each task, the most fundamental fault of a task first."""
    failed = [item for item in checked if item.judged and item.judged.outcome in ("failed", "timeout", "crashed")]
    failed.sort(key=lambda item: KINDS.index(item.judged.kind) if item.judged and item.judged.kind else 0)
    first: dict[str, Checked] = {}
    for item in failed:
        first.setdefault(item.check.task, item)
    order = [item.check.task for item in checked]
    return sorted(first.values(), key=lambda item: order.index(item.check.task))


def _explain(lab: Lab, item: Checked) -> Text:
    assert item.judged is not None
    task = lab.task(item.check.task)
    lines = Text()
    lines.append(f"\n✗ {task.name}", style="bold red")
    lines.append(f" · {item.check.title}\n")
    lines.append(item.judged.message)
    if item.judged.diagnosis:
        lines.append(f"\n→ {item.judged.diagnosis}", style="yellow")
    for frame in item.judged.trace.splitlines():
        lines.append(f"\n    {frame}")
    lines.append(f"\nREADME section {task.number}", style="dim")
    return lines


def _next_step(
    lab: Lab,
    tasks: list[Task],
    checked: list[Checked],
    milestones: list[MilestoneState],
    quiz: tuple[int, str],
    whole_lab: bool,
) -> Text:
    for wanted in (("failed", "timeout", "crashed"), ("todo", "skipped")):
        for task in tasks:
            if task.bonus and whole_lab and "todo" in wanted:
                continue
            mine = [item.judged.outcome for item in checked if item.check.task == task.name and item.judged]
            if any(outcome in wanted for outcome in mine):
                verb = "mend" if "failed" in wanted else "write"
                return Text.assemble(
                    "\nNext: ",
                    (f"{verb} {_to_write(lab, task)}", "bold"),
                    f" in {place(lab, task)}  ",
                    (f"(stuck? make {lab.name}-hint TASK={task.name})", "dim"),
                )
    if not whole_lab:
        return Text(f"\nNext: make {lab.name} shows the whole lab.")
    if any(not state.saved for state in milestones):
        return Text(f"\nNext: make {lab.name}-train trains with your functions.")
    if lab.manifest.quiz and (quiz[1] or quiz[0] < lab.manifest.quiz.questions):
        return Text("\nNext: the quiz in README.md; answers go into quiz.json.")
    return Text(f"\nNext: make {lab.name}-submit packs what you hand in.")


def _to_write(lab: Lab, task: Task) -> str:
    open_functions = [name for name in task.functions if _is_stub(lab.path(task.file), name)]
    return " and ".join(open_functions or task.functions)


def _is_stub(path: Path, function: str) -> bool:
    node = find_function(path, function)
    return node is not None and any(
        isinstance(step, ast.Raise) and "NotImplementedError" in ast.dump(step) for step in ast.walk(node)
    )


def place(lab: Lab, task: Task) -> str:
    """file:line of a task's first open function, as editors and terminals link it."""
    path = lab.path(task.file)
    names = [name for name in task.functions if _is_stub(path, name)] or task.functions
    node = find_function(path, names[0])
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown}:{node.lineno}" if node else str(shown)


def find_function(path: Path, name: str) -> ast.FunctionDef | None:
    """The top-level function of that name in a file, or None where there is none or the file is no Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    found = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return next(found, None)
