"""What a lab says to people, in their language: its title, titles of checks, diagnoses of mistakes, hints.

English is what its own files say; `texts.<language>.toml` in the lab's folder says it in another language:

    title = "..."
    [checks]        every_step = "..."             by the check's name
    [mistakes]      rewards_so_far = "..."         by the mistake's name: its diagnosis
    [milestones]    [report]                       titles by name
    [hints]         reward_to_go = ["...", "..."]  by the task's name
    [cases]         "three steps" = "..."          titles of public cases by what checks.py calls them
    [worked]        "three steps" = "..."          worked answers by the case's title, or "pg_loss: three steps" where
                                                   two tasks have a case of one title

What such a file lacks is said in English.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.lab.manifest import Lab, Task

CHECKS = "checks.py"
MISTAKES = "mistakes.py"  # where an instructor has the diagnoses
RECORD = "recorded.json"  # where a student has those that a public case can show


class LabTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts of one lab in one language, by names. Where a name is missing, there is no text."""

    title: str = ""
    checks: dict[str, str] = {}
    mistakes: dict[str, str] = {}
    milestones: dict[str, str] = {}
    report: dict[str, str] = {}
    hints: dict[str, list[str]] = {}
    cases: dict[str, str] = {}
    worked: dict[str, str] = {}

    def case(self, title: str) -> str:
        """The title of a public case; "" for none."""
        return self.cases.get(title, title)

    def put_into(self, finding: Finding) -> Finding:
        """A finding whose values have these texts in place of those that it was made with."""
        values = {name: self.put_into(one) if isinstance(one, Finding) else one for name, one in finding.values.items()}
        if codes.COUNTS_ONCE.made(finding):
            values["title"] = self.checks.get(str(values["check"]), values["title"])
        return Finding(finding.code, values)


def texts_of_lab(lab: Lab, language: str) -> LabTexts:
    """The texts of a lab, under labs/ or solutions/, in a language. Refused where one of its files cannot be read."""
    written, said = _written(lab), translation_of(lab, language)
    return LabTexts(
        said.title or written.title,
        {**written.checks, **said.checks},
        {**written.mistakes, **said.mistakes},
        {**written.milestones, **said.milestones},
        {**written.report, **said.report},
        {**written.hints, **said.hints},
        said.cases,
        {**written.worked, **said.worked},
    )


def _written(lab: Lab) -> LabTexts:
    """What the lab's own files say."""
    manifest = lab.manifest
    return LabTexts(
        manifest.title,
        dict(_titles_of_checks(lab.path(CHECKS))),
        _diagnoses(lab),
        {milestone.name: milestone.title for milestone in manifest.milestones},
        {part.name: part.title for part in manifest.report},
        {task.name: task.hints for task in manifest.tasks},
        worked={worked_key(lab, task, case): steps for task in manifest.tasks for case, steps in task.worked.items()},
    )


def worked_key(lab: Lab, task: Task, case: str) -> str:
    """The name of a worked answer in [worked]: the case's title, with the task's where two have one of this title."""
    alone = sum(case in other.worked for other in lab.manifest.tasks) < 2
    return case if alone else f"{task.name}: {case}"


def translation_of(lab: Lab, language: str) -> LabTexts:
    """What `texts.<language>.toml` says, which may be nothing. Refused where it cannot be read."""
    path = lab.path(f"texts.{language}.toml")
    if not path.is_file():
        return LabTexts()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=LabTexts)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=str(error)) from None


def _diagnoses(lab: Lab) -> dict[str, str]:
    path = lab.path(MISTAKES)
    if path.is_file():
        return dict(_diagnoses_in(path))
    try:
        return dict(json.loads(lab.path(RECORD).read_bytes())["diagnoses"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused("cannot_be_read", 1, path=str(lab.path(RECORD)), reason=str(error)) from None


# --- texts in Python files, which are read and never run --------------------------------------------------------------


def _titles_of_checks(path: Path) -> Iterator[tuple[str, str]]:
    """Names and titles of the checks: the first line of a probe's docstring."""
    for node in _parsed(path).body:
        if isinstance(node, ast.FunctionDef) and _decorated(node, "check"):
            yield node.name, (ast.get_docstring(node) or "").partition("\n")[0]


def _diagnoses_in(path: Path) -> Iterator[tuple[str, str]]:
    """Names and diagnoses of the mistakes: @mistake(function, diagnosis), where texts may be constants of the file."""
    tree = _parsed(path)
    constants: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if (text := _text(node.value, constants)) is not None:
                constants[node.targets[0].id] = text
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and (call := _decorated(node, "mistake")):
            given = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "diagnosis")]
            if given and (text := _text(given[0], constants)) is not None:
                yield node.name, text


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except FileNotFoundError:
        return ast.Module([], [])
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=str(error)) from None


def _decorated(node: ast.FunctionDef | ast.ClassDef, name: str) -> ast.Call | None:
    """The call that decorates a function or a class: name(...)."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == name:
            return decorator
    return None


def _text(node: ast.expr, constants: Mapping[str, str]) -> str | None:
    """The text that an expression is: a constant, the name of one, or several of these put together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, constants)
    parts: list[Any] = [node.left, node.right] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else []
    parts = node.values if isinstance(node, ast.JoinedStr) else parts
    texts = [_text(part, constants) for part in parts]
    return "".join(map(str, texts)) if texts and None not in texts else None
