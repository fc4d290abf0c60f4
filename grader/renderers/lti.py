"""Scores for LTI's Assignment and Grade Services 2.0 as JSON lines: one for each student, for a tool to send.

The form is IMS's `application/vnd.ims.lis.v1.score+json`, as Canvas takes it (instructure/canvas-lms,
app/controllers/lti/ims/scores_controller.rb, read at commit 02bc7b36): userId, activityProgress, gradingProgress and
timestamp have to be there, and scoreMaximum with scoreGiven. A timestamp that is older than the last one is refused.
Under Failed, Pending and NotReady Canvas takes the earlier score away, so a result on which the grader failed is not
sent. Sending needs a registered tool with its keys: this writes the bodies, and sends nothing.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from grader import codes
from grader.findings import Finding
from grader.intake.roster import Person
from grader.renderers import Exported
from grader.renderers.recipients import Recipient, left_out, recipients
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.standing import Standing

DESCRIPTION = "scores for LTI's grade services, as JSON lines; ROSTER= with a column lti_user_id, or Canvas's gradebook"
USER_IDS = ("lti_user_id", "lti user id", "userid", "user id", "sub")


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """lab3-lti.jsonl: a line is the body of one POST to the line item's /scores."""
    lines: list[bytes] = []
    for one in recipients(standings, setting):
        if isinstance(one, Finding):
            yield one
        elif not (user := _user_id(one.person, setting)):
            yield left_out(one.result.student, codes.NO_ID_FOR(columns=[USER_IDS[0]]))
        else:
            lines.append(msgspec.json.encode(_score(one, user)))
    if lines:
        yield f"{setting.lab.name}-lti.jsonl", b"\n".join(lines) + b"\n"


def _score(one: Recipient, user: str) -> dict[str, Any]:
    return {
        "userId": user,
        "scoreGiven": round(one.result.score, 2),
        "scoreMaximum": round(one.result.max_score, 2),
        "activityProgress": "Completed",
        "gradingProgress": "PendingManual" if one.result.pending_points() else "FullyGraded",
        "timestamp": _last_change(one.standing),
    }


def _user_id(person: Person, setting: Setting) -> str:
    """The platform's id of a user; Canvas also takes its own number, which its gradebook has."""
    number = person.cell("id") if setting.has_columns("student", "id", "section") else ""
    return person.cell(*USER_IDS) or (number if re.fullmatch(r"\d+", number) else "")


def _last_change(standing: Standing) -> str:
    """When the score became what it is: it was graded, or a person gave points."""
    moments = [standing.graded.started, *(mark.when for mark in standing.marks)]
    last = max(datetime.fromisoformat(moment).astimezone(UTC) for moment in moments)
    return last.isoformat(timespec="milliseconds")
