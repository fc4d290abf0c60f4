"""Reads submission_metadata.json: whose submission this is, when it was handed in, and what the last one got."""

from pathlib import Path
from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True):
    """One of those who hand in: of a group there are several."""

    email: str = ""
    name: str = ""
    id: int | str = ""


class Previous(msgspec.Struct, frozen=True):
    """An earlier submission. Gradescope gives the results.json of the latest one alone."""

    submission_time: str = ""
    autograder_error: bool = False
    results: dict[str, Any] | None = None


class Metadata(msgspec.Struct, frozen=True):
    """The fields of submission_metadata.json that grading uses; empty where Gradescope does not say them."""

    id: int | str = ""
    created_at: str = ""  # when it was handed in, ISO 8601, also where it is graded again later
    users: list[User] = []
    previous_submissions: list[Previous] = []

    @property
    def students(self) -> str:
        """The e-mail addresses of those who hand in, else what else Gradescope calls them."""
        return ", ".join(str(user.email or user.name or user.id) for user in self.users)

    def last_result(self) -> Previous | None:
        """The latest earlier submission, if it has a result with a score."""
        last = next((each for each in reversed(self.previous_submissions) if each.results), None)
        return last if last and not last.autograder_error and _has_score(last.results or {}) else None


def _has_score(results: dict[str, Any]) -> bool:
    return isinstance(results.get("score"), int | float)


def read_metadata(path: Path) -> Metadata:
    """What the file says. Its form may change without notice, so what cannot be read is as if it were not said."""
    try:
        data = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Metadata()
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(Metadata):
        if isinstance(data, dict) and field.name in data:
            try:
                found[field.name] = msgspec.convert(data[field.name], field.type)
            except msgspec.ValidationError:
                continue
    return Metadata(**found)
