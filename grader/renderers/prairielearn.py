"""What PrairieLearn's external grading reads of one submission: /grade/results/results.json.

The form is docs/externalGrading.md of PrairieLearn/PrairieLearn (read at commit 06a6d590): `score` is a share, from 0
to 1, and the file has at most 1 MB. The element pl-external-grader-results (apps/prairielearn/elements) adds the tests'
points up, and shows none at all where one test lacks them. So what nobody has judged has 0 points and says so, and a
bonus is 0 of 0.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from grader import codes
from grader.renderers import Exported
from grader.renderers.items import Item, items_of, summary_of
from grader.renderers.recipients import left_out
from grader.renderers.setting import Setting
from grader.renderers.words import Words
from grader.results.standing import Standing

DESCRIPTION = "PrairieLearn's results.json of an external grader: a file for each student"
MAX_BYTES = 1_000_000


def export(standings: Iterable[Standing], words: Words, setting: Setting) -> Iterator[Exported]:
    """<student>/<lab>/results.json."""
    for standing in standings:
        view = standing.view()
        content = {
            "gradable": True,
            "score": min(max(view.score / view.max_score, 0.0), 1.0) if view.max_score else 0.0,
            "message": summary_of(view, words),
            "tests": [_test(item) for item in items_of(view, words)],
        }
        data = msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"
        if len(data) > MAX_BYTES:
            yield left_out(standing.graded.student, codes.EXPORT_TOO_LARGE(bytes=len(data), allowed=MAX_BYTES))
        else:
            yield f"{standing.graded.student}/{view.lab}/results.json", data


def _test(item: Item) -> dict[str, Any]:
    counts = item.points is not None and not item.bonus
    return {
        "name": f"{item.number} {item.name}",
        "points": item.points if counts else 0.0,
        "max_points": 0.0 if item.bonus else item.max_points,
        "message": "\n".join(filter(None, (item.points_said if not counts else "", item.text))),
    }
