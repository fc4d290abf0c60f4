"""The results.json of a submission that could not be graded: it says so in words, and gives no score.

Gradescope asks for a score, at the top or in each test. A file without one is not a 0 for the student: at worst
Gradescope says that the autograder failed, which is true. Where an earlier submission has a result, that one is handed
on with its score, as docs/submission_metadata.md does for submissions that come too often: a fault of the grader's
changes no score that is there.
"""

from typing import Any, Literal

from grader.gradescope.metadata import Metadata
from grader.languages import say

Why = Literal["gradescope_unfinished", "gradescope_failed"]
OWN_OUTPUT = "output_before_faults"  # in extra_data: what the result said before faults were told above it


def fault(why: Why, metadata: Metadata, tests: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The content of results.json. `tests` are those that could be graded; their scores are left out, since Gradescope
    would add them up."""
    if last := metadata.last_result():
        results = dict(last.results or {})
        extra = dict(results.get("extra_data") or {})
        own = str(extra.get(OWN_OUTPUT, results.get("output", "")))
        said = [say(why), say("gradescope_last_result", time=last.submission_time), own]
        return results | {"output": "\n\n".join(said), "extra_data": extra | {OWN_OUTPUT: own}}
    told = {"name": say("gradescope_not_graded"), "output": say(why), "status": "failed", "visibility": "visible"}
    return {
        "output": say(why),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [told, *({key: test[key] for key in test if key != "score"} for test in tests or [])],
    }
