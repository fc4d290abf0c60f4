"""When something was handed in: whoever knows it best is believed, and nobody is where two of them differ."""

from pathlib import Path

import pytest

from grader.handin import student_key
from grader.intake.collect import COLUMNS, collect, table
from grader.intake.platforms import platform_of
from grader.intake.submissions import find_submissions
from grader.intake.versions import handed_in, staged_of
from grader.lab import Lab
from grader.languages import say
from grader.results.tables import csv_text
from tests.handins import in_folder, zipped
from tests.intake.test_collect import EXPORTS
from tests.reading import problems

PACKED = b'{"student": "ada", "packed": "2026-11-01T12:00:00+01:00", "sha256": {}}'
NAME = "ada_lab0_20261101-120000.zip"
WORK = {"warmup.py": b"# mine", "manifest.json": PACKED}


def when(folder: Path, lab: Lab) -> str:
    [submission] = find_submissions(folder, lab).submissions
    return handed_in(submission, staged_of(submission, lab))


@pytest.mark.parametrize(
    ("name", "members", "known"),
    [
        (NAME, WORK, "2026-11-01T12:00:00+01:00"),
        ("ada_lab0_20261101-120000 (1).zip", WORK, "2026-11-01T12:00:00+01:00"),
        ("ada_lab0.zip", WORK, "2026-11-01T12:00:00+01:00"),
        ("ada.zip", WORK, "2026-11-01T12:00:00+01:00"),
        ("ada_lab0_20261031-120000.zip", WORK, ""),  # another time than that inside
        (NAME, {"warmup.py": b"# mine"}, "2026-11-01T12:00:00"),
        (NAME, WORK | {"manifest.json": b'{"packed": 3, "sha256": {}}'}, "2026-11-01T12:00:00"),
        ("ada.zip", WORK | {"manifest.json": b'{"packed": "soon", "sha256": {}}'}, ""),
        ("ada.zip", {"warmup.py": b"# mine"}, ""),
    ],
)
def test_an_archive(name: str, members: dict[str, bytes], known: str, lab0: Lab, tmp_path: Path) -> None:
    zipped(tmp_path / name, members, folder="lab0/")
    assert when(tmp_path, lab0) == known


def test_what_a_platform_says_counts_before_the_archive(lab0: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "submitted"
    folder.mkdir()
    zipped(folder / f"Lab 0_ada_attempt_2026-11-03-09-30-00_{NAME}", WORK, folder="lab0/")
    assert when(folder, lab0) == "2026-11-03T09:30:00"
    rows = [COLUMNS, ("ada", "", "", "ada", "2026-11-04T08:00:00+00:00", "", "", "")]
    (tmp_path / "submitted.csv").write_text(csv_text(rows), encoding="utf-8")
    assert when(folder, lab0) == "2026-11-04T08:00:00+00:00"


def test_a_folder(lab0: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "ada" / "lab0", WORK)
    assert when(tmp_path, lab0) == "2026-11-01T12:00:00+01:00"
    (tmp_path / "ada" / "lab0" / "manifest.json").unlink()
    assert when(tmp_path, lab0) == "", "what the file system says is not believed"


@pytest.mark.parametrize(
    ("platform", "times"),
    [
        ("canvas", ["", "", ""]),
        ("blackboard", ["2021-11-02T10:00:00", "2021-11-02T11:00:00", "2021-11-02T11:00:00"]),
        ("gradescope", ["2021-11-01T12:00:00+00:00", "", ""]),
    ],
)
def test_collect_keeps_what_the_platform_says(platform: str, times: list[str], tmp_path: Path) -> None:
    export = in_folder(tmp_path / "export", EXPORTS[platform])
    collected = collect(export, platform_of(platform), [], tmp_path / "submitted")
    assert sorted(one.when for one in collected.placed) == sorted(times)
    assert table(collected, say).splitlines()[0] == ",".join(COLUMNS)


def test_a_group_has_the_newest_hand_in_of_any_member_and_each_may_sign_it(lab0: Lab, tmp_path: Path) -> None:
    zipped(tmp_path / NAME, WORK, folder="lab0/")
    later = PACKED.replace(b"ada", b"ben").replace(b"11-01", b"11-02")
    zipped(tmp_path / "ben_lab0_20261102-120000.zip", WORK | {"manifest.json": later}, folder="lab0/")
    zipped(tmp_path / "cy_lab0_20261101-120000.zip", WORK, folder="lab0/")
    ada, ben, cy, dan = find_submissions(tmp_path, lab0, None, [["ada", "ben", "dan"]]).submissions
    assert ada.source == ben.source == dan.source == tmp_path / "ben_lab0_20261102-120000.zip" != cy.source
    assert handed_in(ada, staged_of(ada, lab0)) == "2026-11-02T12:00:00+01:00"
    assert [each.source.name for each in dan.earlier] == [NAME] and cy.earlier == ()
    assert say(dan.findings[0]) == "handed in by ada, ben for the group ada, ben, dan"
    assert find_submissions(tmp_path, lab0, None, [["eve", "fay"]]).submissions[0].members == ()


def test_a_member_signs_for_the_group(lab0: Lab, tmp_path: Path) -> None:
    from tests.intake.test_signing import SECRET
    from tests.intake.test_signing import handed_in as packed

    packed(tmp_path / "submitted", lab0, "ada", key=student_key(SECRET, "ada"))
    ada, ben = find_submissions(tmp_path / "submitted", lab0, SECRET, [["ada", "ben"]]).submissions
    assert problems(staged_of(ada, lab0, SECRET)) == problems(staged_of(ben, lab0, SECRET)) == []
