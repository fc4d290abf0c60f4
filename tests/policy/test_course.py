"""course.toml: what is refused, with its place, and the example of the handbook."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from grader.errors import Refused
from grader.lab import ROOT, lab_folders, labs_folder
from grader.policy.course import course_at, parsed, read_course
from grader.policy.rulings import HandIn, rulings

GOOD = 'time_zone = "Europe/Berlin"\npercent_a_day = 20\n[labs.lab3]\ndue = 2026-11-02T23:59:00\n'
EXTENSION = '[[extensions]]\nstudent = "ada"\nlab = "lab3"\nuntil = 2026-11-05T23:59:00\nreason = "ill"\n'

REFUSED = {
    "no TOML": ("time_zone = ", "Invalid value"),
    "no zone": ("late_days = 1", "missing required field `time_zone`"),
    "an unknown zone": ('time_zone = "Berlin/Mitte"', "^time_zone: 'Berlin/Mitte' is no time zone"),
    "a zone outside": ('time_zone = "../etc/passwd"', "^time_zone: "),
    "an unknown field": (GOOD + "cutoff = 2026-11-09T23:59:00", "^labs.lab3: Object contains unknown field `cutoff`"),
    "an unknown table": (GOOD + "[[extension]]\n", "unknown field `extension`"),
    "a text as a date": (GOOD.replace("2026-11-02T23:59:00", '"tomorrow"'), "^labs.lab3.due: "),
    "a day without a time": (GOOD.replace("T23:59:00", ""), "^labs.lab3.due: "),
    "a time with an offset": (
        GOOD.replace("59:00", "59:00+01:00"),
        "^labs.lab3.due: Expected `datetime` with no timezone",
    ),
    "a time that is not": (
        GOOD.replace("11-02T23:59", "03-29T02:30"),
        "^labs.lab3.due: the clocks of Europe/Berlin never",
    ),
    "another such time": (
        EXTENSION.join([GOOD, ""]).replace("2026-11-05T23:59", "2027-03-28T02:30"),
        r"^extensions\[0\].until: ",
    ),
    "a cut-off before": (GOOD + "cut_off = 2026-11-01T00:00:00", "^labs.lab3.cut_off: it is before"),
    "no cost": (GOOD.replace("percent_a_day = 20\n", ""), "^labs.lab3: say what a late day costs"),
    "two costs": ("percent_by_day = [10]\n" + GOOD, "^percent_by_day: percent_a_day is there, too"),
    "two costs of a lab": (
        GOOD + "percent_a_day = 5\npercent_by_day = [10]",
        "^labs.lab3.percent_by_day: percent_a_day",
    ),
    "an empty table of costs": (GOOD + "percent_by_day = []", "^labs.lab3.percent_by_day: it is empty"),
    "a cheaper second day": (GOOD + "percent_by_day = [20, 10]", "^labs.lab3.percent_by_day: a later day"),
    "more than all": (GOOD.replace("20", "120", 1), "percent_a_day: Expected `float` <= 100"),
    "a debt of late days": ("late_days = -1\n" + GOOD, "^late_days: Expected `int` >= 0"),
    "an unknown choice": ('counts = "mean"\n' + GOOD, "^counts: Invalid enum value 'mean'"),
    "no lab's name": (GOOD.replace("lab3", "exam"), "^labs.exam: write a lab as lab3"),
    "an extension without a reason": (GOOD + EXTENSION.replace('reason = "ill"', ""), r"^extensions\[0\]: .*`reason`"),
    "an empty reason": (GOOD + EXTENSION.replace("ill", " "), r"^extensions\[0\].reason: "),
    "an extension of no lab": (GOOD + EXTENSION.replace('"lab3"', '"lab4"'), r"^extensions\[0\].lab: lab4 has no"),
    "two extensions": (GOOD + EXTENSION * 2, r"^extensions\[1\]: ada has two of lab3"),
    "an extension that takes": (
        GOOD + EXTENSION.replace("11-05", "11-01"),
        r"^extensions\[0\].until: it is before lab3 is due",
    ),
    "a hold without a reason": (GOOD + '[[holds]]\nstudent = "ada"\n', r"^holds\[0\]: .*`reason`"),
    "a hold of no lab": (GOOD + '[[holds]]\nstudent = "a"\nreason = "r"\nlab = "lab4"\n', r"^holds\[0\].lab: "),
    "a group of one": (GOOD + '[[groups]]\nmembers = ["ada"]\n', r"^groups\[0\].members: "),
    "a member twice": (GOOD + '[[groups]]\nmembers = ["ada", "ada"]\n', r"^groups\[0\].members: ada is in two"),
    "a member of two": (
        GOOD + '[[groups]]\nmembers = ["ada", "ben"]\n' * 2,
        r"^groups\[1\].members: ada is in two groups of lab3",
    ),
    "a group in no lab": (GOOD + '[[groups]]\nmembers = ["a", "b"]\nlabs = ["lab4"]\n', r"^groups\[0\].labs: lab4 has"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_unknown_or_cannot_be_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parsed(text)
    assert re.search(said, str(refused.value)), refused.value
    assert "\n" not in str(refused.value)


def test_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    with pytest.raises(Refused, match=r"rules.toml cannot be read: No such file"):
        read_course(path, ["lab3"])
    path.write_text(GOOD.replace("lab3", "lab33"), encoding="utf-8")
    with pytest.raises(Refused, match=r"rules.toml: labs.lab33: there is no such lab; there is lab0, lab3$"):
        read_course(path, ["lab0", "lab3"])
    path.write_bytes(b"\xff")
    with pytest.raises(Refused, match=r"rules.toml: .*utf-8"):
        read_course(path, ["lab3"])


def test_the_file_that_lies_here_is_read_and_there_need_not_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert course_at(None, ["lab3"]) is None
    (tmp_path / "course.toml").write_text(GOOD, encoding="utf-8")
    found = course_at(None, ["lab3"])
    assert found and found.labs["lab3"].due == datetime(2026, 11, 2, 23, 59)


def test_the_example_of_the_handbook_applies() -> None:
    [text] = [
        each
        for each in re.findall(r"```toml\n(.*?)```", (ROOT / "docs/course.md").read_text(), re.DOTALL)
        if "time_zone" in each
    ]
    course = parsed(text)
    assert set(course.labs) <= {folder.name.partition("_")[0] for folder in lab_folders(labs_folder())}
    late = [HandIn("2026-11-04T12:00:00+01:00", 20.0)]
    zoe = rulings(course, "zoe", {"lab0": [HandIn("2026-10-14T12:00:00+02:00", 20.0)], "lab3": late})
    assert (zoe["lab0"].covered, zoe["lab0"].points, zoe["lab3"].covered, zoe["lab3"].points) == (2, 20, 1, 18)
    assert rulings(course, "ada", {"lab3": late})["lab3"].state == "in_time"
    assert rulings(course, "ben", {"lab3": late})["lab3"].held == "we talk first"
    assert course.group_of("dan", "lab3") == ("cy", "dan")
    assert rulings(course, "eve", {"lab3": [HandIn("", 20.0)]})["lab3"].points == 20
