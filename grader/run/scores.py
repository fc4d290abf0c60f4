"""Has a lab's evaluate.py judge what training saved, and says what came of it: the figure, or why there is none."""

from collections.abc import Mapping
from pathlib import Path

from grader import codes
from grader.lab import Milestone
from grader.lab.limits import OutOfTime, cpu_limit, limit_of, words_of
from grader.lab.loading import load_modules
from grader.plain import one_line
from grader.run.answers import Answer, raised

MODULE = "evaluate"
MAX_WORDS = 200  # of an exception, which may be those of what was saved


def score(code: Path, milestone: Milestone, artefacts: Mapping[str, bytes], folder: Path) -> Answer:
    """What `score(name, folder)` of `code`/evaluate.py answers, once the artefacts lie in `folder` as in the lab's own.

    value: the figure. unusable: score raised ValueError, which says what is wrong with the artefacts, or they cannot be
    written. raised: it raised something else. broken: evaluate.py, or what it imports, cannot be imported. timeout: it
    took more than the milestone's CPU seconds.
    """
    try:
        [module] = load_modules(code, [MODULE])
    except Exception as error:
        return Answer("broken", finding=raised(error))
    try:
        for name, data in artefacts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    except OSError as error:
        return _unusable(milestone, error.strerror or "", limit_of(error))
    try:
        with cpu_limit(milestone.seconds):
            return Answer("value", value=float(module.score(milestone.name, folder)))
    except ImportError as error:
        return Answer("broken", finding=raised(error))
    except ValueError as error:
        return _unusable(milestone, words_of(error))
    except Exception as error:
        return Answer("raised", finding=raised(error, MAX_WORDS), limit=limit_of(error))
    except OutOfTime:
        return Answer("timeout")


def _unusable(milestone: Milestone, why: str, limit: str = "") -> Answer:
    message = one_line(why, MAX_WORDS)  # which may be the file's own
    return Answer("unusable", finding=codes.ARTEFACTS_UNUSABLE(files=milestone.artefacts, message=message), limit=limit)
