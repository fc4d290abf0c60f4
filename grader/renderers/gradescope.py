"""What Gradescope reads of one submission: /autograder/results/results.json.

The form is docs/specs.md and docs/leaderboards.md of gradescope/autograder_samples (read at commit af5dee4). `score`
overrides the sum of the tests, so that a bonus is listed and not counted. Tests of hidden cases show after the due
date: whoever hands in again and again learns nothing from them, and while a test is hidden Gradescope does not show the
total. A test that nobody has judged yet has no score. Texts are "text": Gradescope renders nothing of them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from grader import codes
from grader.renderers import Exported
from grader.renderers.items import Item, items_of, summary_of
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.standing import Standing
from grader.results.view import View

DESCRIPTION = "Gradescope's results.json: a file for each student"


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """<student>/<lab>/results.json."""
    for standing in standings:
        view = standing.view()
        content = {
            "score": round(view.score, 2),
            "output": summary_of(view, words),
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [_test(item) for item in items_of(view, words)],
        }
        if leaderboard := _leaderboard(view):
            content["leaderboard"] = leaderboard
        data = msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"
        yield f"{standing.graded.student}/{view.lab}/results.json", data


def _test(item: Item) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": item.name,
        "number": item.number,
        "max_score": item.max_points,
        "output": "\n".join(filter(None, (item.points_said, item.text))),
        "tags": [item.kind],
        "visibility": "after_due_date" if item.hidden else "visible",
    }
    if item.points is not None:
        test |= {"score": item.points, "status": "passed" if item.outcome == "passed" else "failed"}
    return test


def _leaderboard(view: View) -> list[dict[str, str | float]]:
    """What was reached in each milestone, the highest first."""
    return [
        {"name": check.check, "value": float(str(finding.values["reached"])), "order": "desc"}
        for task in view.tasks
        for check in task.checks
        for finding in check.findings
        if check.kind == "milestone" and codes.REACHED.made(finding)
    ]
