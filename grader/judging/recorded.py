"""The record of a lab's public cases: the reference's values and those of known mistakes, so that a student's copy
needs neither. Written by `make sync` as labs/<lab>/recorded.json."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import Refused
from grader.findings import Finding
from grader.judging.judge import Known
from grader.plain import from_json, to_json
from grader.run.answers import Answer

FILE = "recorded.json"


class RecordedCheck(msgspec.Struct, frozen=True):
    """A check's points, and for each case title what is known; `mistakes` holds answers by name."""

    public_points: float
    hidden_points: float
    cases: dict[str, dict[str, Any]]


class Record(msgspec.Struct, frozen=True):
    """recorded.json: the diagnoses of known mistakes by name, and the checks by name; `sources` is a hash of the code
    that it was recorded from (reference.hash_of_code)."""

    diagnoses: dict[str, str]
    checks: dict[str, RecordedCheck]
    sources: str = ""

    def of(self, check: str) -> RecordedCheck:
        """What is recorded of a check."""
        if check not in self.checks:
            raise Refused("record_lacks_check", 1, file=FILE, check=check)
        return self.checks[check]

    def known(self, check: str, case: str) -> Known:
        """What is known of a public case."""
        try:
            facts = self.of(check).cases[case]
        except KeyError:
            raise Refused("record_lacks_case", 1, file=FILE, check=check, case=case) from None
        try:
            return Known(
                answer_from_json(facts["expected"]) if "expected" in facts else None,
                {name: answer_from_json(item) for name, item in facts.get("mistakes", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused("record_damaged", 1, file=FILE, check=check, case=case, reason=str(error)) from None


def read_record(folder: Path) -> Record:
    """A lab's record; Refused where it is missing or damaged (it is derived, so it can be had again)."""
    try:
        return msgspec.convert(json.loads((folder / FILE).read_bytes()), type=Record)  # json: NaN is allowed
    except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
        raise Refused("given_unusable", 1, path=str(folder / FILE), reason=str(error)) from None


def record_to_json(record: Record) -> str:
    """The text of recorded.json, one case a line so that a change shows."""
    lines = []
    for name, check in record.checks.items():
        cases = [f"   {json.dumps(title)}: {json.dumps(facts)}" for title, facts in check.cases.items()]
        body = ",\n".join(cases)
        lines.append(
            f'  {json.dumps(name)}: {{"public_points": {check.public_points}, "hidden_points": {check.hidden_points}, '
            f'"cases": {{\n{body}}}}}'
        )
    checks = ",\n".join(lines)
    head = f'"sources": {json.dumps(record.sources)},\n "diagnoses": {json.dumps(record.diagnoses, indent=1)}'
    return f'{{{head},\n "checks": {{\n{checks}}}}}\n'


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """What a record keeps of an answer."""
    data: dict[str, Any] = {"status": answer.status}
    if answer.status == "value":
        data["value"] = to_json(answer.value)
    elif answer.finding:
        data["finding"] = msgspec.to_builtins(answer.finding)
    if answer.todo:
        data["todo"] = answer.todo
    if answer.changed:
        data["changed"] = [list(place) for place in answer.changed]
    if answer.used_global_random_state:
        data["used_global_random_state"] = True
    return data


def answer_from_json(data: Mapping[str, Any]) -> Answer:
    """The other way."""
    return Answer(
        data["status"],
        from_json(data.get("value")),
        msgspec.convert(data["finding"], Finding) if "finding" in data else None,
        data.get("todo", ""),
        changed=tuple((argument, function) for argument, function in data.get("changed", ())),
        used_global_random_state=data.get("used_global_random_state", False),
    )


def same_record(one: str, other: str) -> bool:
    """Whether two records say the same, up to the last digits of their numbers and the wording of exceptions."""

    def same(a: Any, b: Any) -> bool:
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and all(key == "message" or same(a[key], b[key]) for key in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(map(same, a, b))
        if isinstance(a, float) and isinstance(b, float):
            return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) or (math.isnan(a) and math.isnan(b))
        return bool(a == b)

    try:
        return same(json.loads(one), json.loads(other))
    except ValueError:
        return False
