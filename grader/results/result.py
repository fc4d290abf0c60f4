"""What grading says: one outcome for every check, and one result.json for every submission.

Everything else (tables, pages, gradebooks) is a function of these files, and of the marks beside them (marks.py).
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from grader import codes
from grader.errors import Refused
from grader.findings import Code, Finding
from grader.results.whole import write_whole

SCHEMA_VERSION: Final = 2

Outcome = Literal["passed", "failed", "todo", "timeout", "crashed", "skipped", "pending", "error"]
Visibility = Literal["public", "hidden"]
Kind = Literal["code", "milestone", "quiz", "report", "bonus"]


class CheckResult(msgspec.Struct, frozen=True):
    """The one outcome of one check. `points` is None while it is pending, or where the grader itself failed."""

    task: Annotated[str, Meta(description="the task it belongs to; or milestone, quiz, report")]
    check: Annotated[str, Meta(description="the check's name, once on each side of a lab")]
    title: Annotated[str, Meta(description="what the check asks for, in words, as its author wrote them")]
    visibility: Annotated[Visibility, Meta(description="whether its cases are shown to students")]
    kind: Annotated[Kind, Meta(description="what is graded")]
    outcome: Annotated[Outcome, Meta(description="what came of it; docs/results.md has the meanings")]
    points: Annotated[float | None, Meta(description="earned; null while nobody has judged it")]
    max_points: Annotated[float, Meta(description="points that it is worth")]
    seconds: Annotated[float, Meta(description="wall time of the check")] = 0.0
    number: Annotated[str, Meta(description="the task's number, which is a section of the handout")] = ""
    case: Annotated[str, Meta(description="the title of the case that failed")] = ""
    findings: Annotated[list[Finding], Meta(description="what was found, the most fundamental first")] = []
    mistake: Annotated[str, Meta(description="the name of the known mistake that answers alike")] = ""

    def has(self, code: Code) -> bool:
        """Whether a finding of this code is among those of the check."""
        return any(map(code.made, self.findings))


class Result(msgspec.Struct, frozen=True):
    """result.json. `score` is what was earned so far; what is graded by hand stands in `checks` as pending."""

    schema_version: Annotated[Literal[2], Meta(description="the version of this form")]
    lab: Annotated[str, Meta(description="the lab's short name, as in lab3")]
    depends: Annotated[dict[str, str], Meta(description="what the scores depend on, each with its hash or version")]
    student: Annotated[str, Meta(description="the student's id: the name of the submission's folder or archive")]
    submission_hash: Annotated[str, Meta(description="SHA-256 of the files that were taken")]
    seed: Annotated[int, Meta(description="the hidden cases were drawn from it")]
    versions: Annotated[dict[str, str], Meta(description="of Python and the libraries, for the record")]
    sandbox: Annotated[dict[str, str], Meta(description="the outer and the inner layer around the worker")]
    score: Annotated[float, Meta(description="points earned so far")]
    max_score: Annotated[float, Meta(description="points of the whole lab, with what is graded by hand")]
    started: Annotated[str, Meta(description="UTC, ISO 8601")]
    seconds: Annotated[float, Meta(description="wall time of the grading")]
    notes: Annotated[list[Finding], Meta(description="what was ignored, refused or missing in the submission")]
    checks: Annotated[list[CheckResult], Meta(description="every check of the lab, once on each side")]
    handed_in: Annotated[str, Meta(description="ISO 8601; local where it has no offset, empty where nobody knows")] = ""

    def pending_points(self) -> float:
        return sum(check.max_points for check in self.checks if check.outcome == "pending")

    @property
    def confined(self) -> bool:
        """Whether the submission was run in a sandbox."""
        return "landlock" in self.sandbox.get("inner", "")

    def errors(self) -> list[CheckResult]:
        return [check for check in self.checks if check.outcome == "error"]


def points_text(points: float) -> str:
    """Points without needless zeros: 5, 3.2."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def score_of(checks: list[CheckResult]) -> float:
    return round(sum(check.points or 0.0 for check in checks if check.kind != "bonus"), 2)


def write_result(path: Path, result: Result) -> bool:
    """Writes result.json whole or not at all, and so that it is still there after a power cut.

    A result with an error in it never replaces one without: then False. Raises OSError where it cannot be written (a
    full disk, for one); what was there stays.
    """
    if result.errors():
        earlier = earlier_result(path)
        if earlier and not earlier.errors():
            return False
    write_whole(path, msgspec.json.format(msgspec.json.encode(result), indent=1))
    return True


def read_result(path: Path) -> Result:
    """A result.json, of this form or of the one before; Refused where it is none."""
    try:
        data = path.read_bytes()
        if msgspec.json.decode(data, type=_Version).schema_version == 1:
            return _from_schema_1(msgspec.json.decode(data))
        return msgspec.json.decode(data, type=Result)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("no_result", 1, path=str(path), reason=str(error)) from None


class _Version(msgspec.Struct):
    schema_version: int = 0


def _from_schema_1(old: dict[str, Any]) -> Result:
    """A result from before findings: its sentences are kept as they are, for the instructor alone.

    It depends on nothing that is known, so it holds no more, and is graded again.
    """

    def sentences(*texts: object) -> list[Finding]:
        return [codes.OLD_SENTENCE(text=str(text)) for text in texts if text]

    def check(line: dict[str, Any]) -> dict[str, Any]:
        return line | {"findings": sentences(line.get("message"), line.get("diagnosis"))}

    try:
        new = {**old, "schema_version": SCHEMA_VERSION, "depends": {}, "notes": sentences(*old["notes"])}
        return msgspec.convert(msgspec.to_builtins({**new, "checks": list(map(check, old["checks"]))}), Result)
    except (KeyError, TypeError, AttributeError) as error:
        raise msgspec.ValidationError(f"it lacks {error}") from None


def earlier_result(path: Path) -> Result | None:
    """The result that is there already; None where there is none, or none that can be read."""
    try:
        return read_result(path)
    except Refused:
        return None


def schema() -> str:
    """result.schema.json: the published form of a result, as JSON Schema (draft 2020-12)."""
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return msgspec.json.format(msgspec.json.encode(draft | msgspec.json.schema(Result)), indent=1).decode()
