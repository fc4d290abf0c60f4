"""What the course is as files for each platform, for comparison. To write them again after an intended change:

PYTHONPATH=. python -m tests.exports.golden
"""

from collections.abc import Iterable
from pathlib import Path

from grader.intake.roster import Person
from grader.renderers import Exported, renderer_of
from grader.renderers.setting import Setting
from grader.results.standing import Standing
from tests.exports import course

GOLDEN = Path(__file__).parent / "golden"
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 3 (4711)", "Lab 30 (4712)")
MOODLE_COLUMNS = (
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"),
)
RUNNER = {
    "CLASSROOM": "rl",
    "ASSIGNMENT": "lab3",
    "USERNAME": "ben",
    "SUBMISSION_TAG": "submit/2026-11-01T10-00-00Z-abc1234",
    "COMMIT_URL": "https://git.example/rl/rl-lab3-ben/commit/abc1234",
    "RELEASE_URL": "https://git.example/rl/rl-lab3-ben/releases/tag/submit",
    "REVIEW_URL": "https://git.example/rl/rl-lab3-ben/compare/a...b",
}


def of_canvas(login: str, name: str = "", number: str = "", sis: str = "") -> Person:
    """A row of the gradebook that Canvas exports."""
    cells = (name or login, number, sis, login, "Section 1", "", "")
    return Person(login, name or login, "", frozenset(), dict(zip(CANVAS_COLUMNS, cells, strict=True)))


def of_moodle(login: str, number: int, name: str = "", maximum: str = "17.00", locked: bool = False) -> Person:
    """A row of a grading worksheet."""
    identifier = f"Participant {number}"
    cells = (identifier, name or login, f"{login}@uni.edu", "Submitted", "", maximum)
    cells += ("No" if locked else "Yes", "-", "-", "- well done")
    return Person(
        identifier, name or login, f"{login}@uni.edu", frozenset(), dict(zip(MOODLE_COLUMNS, cells, strict=True))
    )


CANVAS = course.setting(
    of_canvas("ada", "Lovelace, Ada", "101", "S-1"), of_canvas("ben", "Code, Ben", "102"), of_canvas("eve", "", "103")
)
MOODLE = course.setting(of_moodle("ada", 7, "Ada_Love/lace"), of_moodle("ben", 8, "Ben Code"))
PLAIN = course.setting()
SETTINGS: dict[str, tuple[Setting, list[Standing]]] = {
    "canvas": (CANVAS, [course.ada(), course.ben()]),
    "moodle": (MOODLE, [course.ada(), course.ben()]),
    "lti": (CANVAS, [course.ada(), course.ben()]),
    "classroom50": (course.setting(environment=RUNNER), [course.ben()]),
    **{name: (PLAIN, [course.ada(), course.ben()]) for name in ("github", "gradescope", "junit", "prairielearn")},
}


def made(platform: str, standings: Iterable[Standing], setting: Setting) -> list[Exported]:
    return list(renderer_of("export", platform).export(standings, course.WORDS, setting))


def files(platform: str, standings: Iterable[Standing], setting: Setting) -> dict[str, bytes]:
    """The files alone, all as bytes."""
    both = [one for one in made(platform, standings, setting) if isinstance(one, tuple)]
    return {name: text.encode() if isinstance(text, str) else text for name, text in both}


def of_course(platform: str) -> dict[str, bytes]:
    """What is compared; of a zip that its feedback pages are in (test_gradebooks.py), since the page may change."""
    setting, standings = SETTINGS[platform]
    return {name: text for name, text in files(platform, standings, setting).items() if not name.endswith(".zip")}


if __name__ == "__main__":
    for platform in SETTINGS:
        for name, text in of_course(platform).items():
            path = GOLDEN / platform / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
