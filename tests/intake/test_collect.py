"""Exports of learning platforms, as they come, become folders that can be graded, with a table of who is who."""

import csv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.errors import Refused
from grader.intake.collect import Collected, collect, table
from grader.intake.platforms import platform_of, platforms
from grader.intake.roster import read_roster
from grader.languages import say
from tests.handins import in_folder

ROSTER = """Student,ID,SIS Login ID,Email address
"Lovelace, Ada",12345,al1,ada@uni.edu
"Code, Ben",23456,bc2,ben@uni.edu
"Zoë Świder",34567,zs3,zoe@uni.edu
"""
LIST = b"""---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: al1
    :email: ada@uni.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2021-11-01 12:00:00.0 Z
submission_102:
  :submitters:
  - :name: Ben Code
    :email: BEN@uni.edu
  - :name: Zo\xc3\xab \xc5\x9awider
    :email: zoe@uni.edu
"""
EXPORTS: dict[str, dict[str, bytes]] = {
    "canvas": {
        "lovelaceada_12345_901_warmup.py": b"old",
        "lovelaceada_12345_905_warmup-1.py": b"ada",
        "codeben_LATE_99_902_lab0.zip": b"ben",
        "świderzoë_34567_903_warmup.py": b"zoe",
    },
    "moodle": {
        "Ada Lovelace_7_assignsubmission_file/warmup.py": b"ada",
        "Ada Lovelace_7_assignsubmission_onlinetext/onlinetext.html": b"done",
        "Ben Code_8_assignsubmission_file_/lab0.zip": b"ben",
        "Zoë Świder_9_assignsubmission_file_warmup.py": b"zoe",
    },
    "blackboard": {
        "Lab 0_al1_attempt_2021-11-01-10-00-00_warmup.py": b"old",
        "Lab 0_al1_attempt_2021-11-02-10-00-00_warmup.py": b"ada",
        "Lab 0_al1_attempt_2021-11-02-10-00-00.txt": b"receipt",
        "Lab 0_bc2_attempt_2021-11-02-11-00-00_lab0.zip": b"ben",
        "Lab 0_zs3_attempt_2021-11-02-11-00-00_warmup.py": b"zoe",
    },
    "gradescope": {
        "assignment_5_export/submission_metadata.yml": LIST,
        "assignment_5_export/submission_101/warmup.py": b"ada",
        "assignment_5_export/submission_102/warmup.py": b"zoe",
        "assignment_5_export/submission_102/lab0.zip": b"ben",
    },
    "github": {
        "lab0-submissions/lab0-al1/warmup.py": b"ada",
        "lab0-submissions/lab0-al1/.git/config": b"",
        "lab0-submissions/lab0-bc2/lab0.zip": b"ben",
        "lab0-submissions/lab0-zs3/warmup.py": b"zoe",
    },
    "ilias": {
        "Lab 0/Lovelace_Ada_al1_7/20211101_120000/warmup.py": b"old",
        "Lab 0/Lovelace_Ada_al1_7/20211102_120000/warmup.py": b"ada",
        "Lab 0/Code_Ben_bc2_8/20211101120000_lab0.zip": b"ben",
        "Lab 0/Świder_Zoë_zs3_9/20211101120000_warmup.py": b"old",
        "Lab 0/Świder_Zoë_zs3_9/20211102120000_warmup.py": b"zoe",
    },
    "teams": {
        "Submitted files/Ada Lovelace/Lab 0/Version 9/warmup.py": b"old",
        "Submitted files/Ada Lovelace/Lab 0/Version 10/warmup.py": b"ada",
        "Submitted files/Ben Code/Lab 0/lab0.zip": b"ben",
        "Submitted files/Zoë Świder/Lab 0/Version 1/warmup.py": b"zoe",
    },
}


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def collected(tmp_path: Path, platform: str, files: Mapping[str, bytes], roster: str = ROSTER) -> Collected:
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    people = read_roster(tmp_path / "roster.csv") if roster else []
    export = packed(tmp_path / "export.zip", files)
    return collect(export, platform_of(platform), people, tmp_path / "submitted", "lab0")


def test_every_platform_is_tried_here() -> None:
    assert platforms().keys() == EXPORTS.keys()


@pytest.mark.parametrize("platform", EXPORTS)
def test_an_export_becomes_a_folder_for_each_student_of_the_roster(platform: str, tmp_path: Path) -> None:
    result = collected(tmp_path, platform, EXPORTS[platform])
    submitted = tmp_path / "submitted"
    assert (submitted / "al1" / "lab0" / "warmup.py").read_bytes() == b"ada"
    assert b"ben" in [path.read_bytes() for path in (submitted / "bc2" / "lab0").glob("*.zip")]
    assert (submitted / "zs3" / "lab0" / "warmup.py").read_bytes() == b"zoe"
    assert {path.name for path in submitted.iterdir()} == {"al1", "bc2", "zs3"}
    assert result.is_whole
    assert result.absent == []
    if any(data == b"old" for data in EXPORTS[platform].values()):
        assert any(one.older for one in result.placed)


@pytest.mark.parametrize("platform", EXPORTS)
def test_an_export_that_is_unpacked_already_is_the_same(platform: str, tmp_path: Path) -> None:
    folder = in_folder(tmp_path / "export", dict(EXPORTS[platform]))
    result = collect(folder, platform_of(platform), [], tmp_path / "submitted")
    assert result.is_whole
    assert len(result.placed) == 3
    assert b"ada" in [path.read_bytes() for path in (tmp_path / "submitted").glob("*/warmup.py")]


def test_a_folder_around_the_whole_export_is_no_obstacle(tmp_path: Path) -> None:
    files = {f"submissions/{name}": data for name, data in EXPORTS["canvas"].items()}
    assert len(collected(tmp_path, "canvas", files).placed) == 3


def test_the_table_says_who_is_who_and_who_handed_nothing_in(tmp_path: Path) -> None:
    files = {name: data for name, data in EXPORTS["canvas"].items() if "codeben" not in name}
    result = collected(tmp_path, "canvas", files)
    rows = list(csv.DictReader(table(result, say).splitlines()))
    assert [(row["student"], row["name"], row["email"], row["on the platform"]) for row in rows] == [
        ("al1", "Lovelace, Ada", "ada@uni.edu", "lovelaceada_12345"),
        ("zs3", "Zoë Świder", "zoe@uni.edu", "świderzoë_34567"),
        ("bc2", "Code, Ben", "ben@uni.edu", ""),
    ]
    assert rows[0]["taken"] == "lovelaceada_12345_905_warmup-1.py"
    assert rows[0]["older"] == "lovelaceada_12345_901_warmup.py"
    assert rows[2]["remark"] == "handed nothing in"


def test_what_cannot_be_placed_is_said_and_who_is_unknown_is_graded_all_the_same(tmp_path: Path) -> None:
    files = {"notes.txt": b"", "lovelaceada_12345_1_warmup.py": b"ada", "stranger_77_2_warmup.py": b"who"}
    result = collected(tmp_path, "canvas", files)
    assert not result.is_whole
    assert [say(finding) for finding in result.left] == ["notes.txt could not be placed: nothing says whose it is"]
    assert {one.student: one.doubt and say(one.doubt) for one in result.placed} == {
        "al1": None,
        "stranger_77": "not in the roster",
    }
    assert (tmp_path / "submitted" / "stranger_77" / "lab0" / "warmup.py").read_bytes() == b"who"


def test_two_of_one_name_are_told_apart_by_nothing_but_their_ids(tmp_path: Path) -> None:
    roster = "id,name\nal1,Ada Lovelace\nal2,Ada Lovelace\n"
    result = collected(tmp_path, "moodle", {"Ada Lovelace_7_assignsubmission_file/warmup.py": b""}, roster)
    assert [say(one.doubt) for one in result.placed if one.doubt] == ["several of the roster could be meant: al1, al2"]
    assert [one.student for one in result.placed] == ["Ada Lovelace_7"]


def test_two_accounts_that_could_be_one_students_stay_apart(tmp_path: Path) -> None:
    files = {f"Ada Lovelace_{n}_assignsubmission_file/warmup.py": b"%d" % n for n in (7, 8)}
    result = collected(tmp_path, "moodle", files)
    assert {one.student: say(one.doubt) for one in result.placed if one.doubt} == {
        "Ada Lovelace_7": "several accounts could be al1's",
        "Ada Lovelace_8": "several accounts could be al1's",
    }


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    listed = b"submission_1:\n  :submitters:\n  - :name: ../../ada\nsubmission_2:\n  :submitters:\n  - :name: .\n"
    files = {
        "submission_metadata.yml": listed,
        "submission_1/warmup.py": b"1",
        "submission_2/warmup.py": b"2",
        "submission_1/../../evil.py": b"",
        "/etc/evil.py": b"",
    }
    result = collected(tmp_path, "gradescope", files, roster="")
    assert len(result.left) == 2
    assert not list(tmp_path.rglob("evil.py"))
    assert all(path.is_relative_to(tmp_path / "submitted") for path in tmp_path.rglob("warmup.py"))
    assert len(list(tmp_path.rglob("warmup.py"))) == 2


@pytest.mark.parametrize("listed", [b"", b"{", b"- 1", b"submission_1: 3", b"submission_1:\n  :submitters: 4", b"\xff"])
def test_a_list_of_gradescopes_that_is_none_costs_no_work(listed: bytes, tmp_path: Path) -> None:
    files = {"submission_metadata.yml": listed, "submission_1/warmup.py": b"1"}
    assert [one.student for one in collected(tmp_path, "gradescope", files, roster="").placed] == ["submission_1"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    in_folder(tmp_path / "submitted", {"ada/warmup.py": b""})
    with pytest.raises(Refused, match="is there already and is not empty"):
        collected(tmp_path, "canvas", EXPORTS["canvas"])


def test_an_export_or_a_roster_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"no zip")
    with pytest.raises(Refused, match=r"export\.zip cannot be read"):
        collect(tmp_path / "export.zip", platform_of("canvas"), [], tmp_path / "submitted")
    with pytest.raises(Refused, match="there is no platform 'kanvas'; there is blackboard, canvas"):
        platform_of("kanvas")
    (tmp_path / "roster.csv").write_text("colour\nred\n", encoding="utf-8")
    with pytest.raises(Refused, match="has no column with the students' ids"):
        read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    "text",
    [
        "First Name,Last Name,SID,Email\nAda,Lovelace,al1,ada@uni.edu\n",
        "id;name;email\nal1;Ada Lovelace;ada@uni.edu\n",
        '\ufeffStudent,ID,SIS Login ID\n    Points Possible,,\n"Lovelace, Ada",12345,al1\n',
    ],
)
def test_rosters_of_several_platforms_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    [person] = read_roster(tmp_path / "roster.csv")
    assert person.id == "al1"
    assert person.is_called("lovelaceada")
