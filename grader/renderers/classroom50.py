"""What Classroom 50 reads of one submission: result.json, as classroom50/result/v1.

The form is schemas/result-v1.schema.json of foundation50/classroom50 (read at commit 6e593c79); what runner.py there
(cli/gh-teacher/skeleton/dotgithub/scripts, commit 0c499034) sets for an autograder.py in the environment is written
back as it is. Points are whole numbers there, so they are hundredths of a point here. The runner itself replaces
`owner`, `assignment_type` and `datetime`, which is the time of the commit and not that of grading.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from grader.errors import Refused
from grader.renderers import Exported
from grader.renderers.items import Item, items_of
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.standing import Standing

DESCRIPTION = "Classroom 50's result.json, for one student: it runs where Classroom 50 grades (STUDENT=)"
SCHEMA = "classroom50/result/v1"
FROM_RUNNER = {  # a field of result.json, and the variable that says it
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "owner": "USERNAME",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
HUNDREDTHS = 100


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """result.json. Refused where there are several students, or no runner of Classroom 50 around."""
    all_of_them = list(standings)
    if len(all_of_them) != 1:
        raise Refused("one_student_only", 2, count=len(all_of_them))
    if missing := [name for name in FROM_RUNNER.values() if not setting.environment.get(name)]:
        raise Refused("no_runner", 2, names=missing)
    if not setting.environment["SUBMISSION_TAG"].startswith("submit/"):
        raise Refused("no_submission_tag", 2, tag=setting.environment["SUBMISSION_TAG"])
    view = all_of_them[0].view()
    graded_at = _second(all_of_them[0].graded.started)
    content = {
        "schema": SCHEMA,
        **{field: setting.environment[name] for field, name in FROM_RUNNER.items()},
        "assignment_type": "individual",
        "datetime": graded_at,
        "graded_at": graded_at,
        "score": min(_hundredths(view.score), _hundredths(view.max_score)),
        "max-score": _hundredths(view.max_score),
        "tests": [_test(item) for item in items_of(view, words)],
    }
    yield "result.json", msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _test(item: Item) -> dict[str, Any]:
    return {
        "test-name": f"{item.number} {item.name}",
        "passed": item.outcome == "passed",
        "score": min(_hundredths(item.points or 0.0), _hundredths(item.max_points)),
        "max-score": _hundredths(item.max_points),
        "outcome": item.outcome,
        "message": item.text,
    }


def _hundredths(points: float) -> int:
    return max(round(points * HUNDREDTHS), 0)


def _second(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
