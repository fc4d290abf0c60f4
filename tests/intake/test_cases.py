"""Folders of submissions as platforms and people leave them: each student once, and what is doubtful for a person."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.findings import needs_person
from grader.intake.archives import NothingUsable
from grader.intake.submissions import find_submissions
from grader.intake.versions import Submission, staged_of
from grader.lab import Lab
from grader.languages import say
from tests.handins import in_folder, zipped

RIGHT, OLD = b"# right", b"# old, and not done"
Layout = Mapping[str, bytes | dict[str, bytes]]  # files, and archives with what is in them


def lay_out(folder: Path, layout: Layout) -> Path:
    for name, content in layout.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            zipped(folder / name, content, folder="")
        else:
            (folder / name).write_bytes(content)
    return folder


def graded(submission: Submission, lab: Lab) -> tuple[bytes, list[str]]:
    """What of a student's work counts, and what a person is told."""
    try:
        staged = staged_of(submission, lab)
        work, found = staged.files["warmup.py"], staged.findings
    except NothingUsable as unusable:
        work, found = b"", unusable.findings
    return work, [say(finding) for finding in [*submission.findings, *found] if needs_person(finding)]


def outcome(folder: Path, lab: Lab) -> dict[str, tuple[bytes, list[str]]]:
    return {submission.student: graded(submission, lab) for submission in find_submissions(folder, lab).submissions}


WORK, STALE, FLAT = {"lab0/warmup.py": RIGHT}, {"lab0/warmup.py": OLD}, {"warmup.py": RIGHT}

# Every student of these is graded with what is right, and no person is needed.
CLEAR: dict[str, tuple[Layout, set[str]]] = {
    "Canvas, loose files beside archives": (
        {
            "doejane_12345_67890_lab0.zip": WORK,
            "leecath_LATE_34567_67892_warmup-2.py": RIGHT,
            "roejohn_23456_67891_warmup.py": RIGHT,
            "roejohn_23456_67893_report.pdf": b"",
        },
        {"doejane_12345", "leecath_34567", "roejohn_23456"},
    ),
    "Canvas, what make submit wrote, and names of people's own": (
        {
            "adalove_34567_67892_ada_lab0_20211101-120000.zip": WORK,
            "bencode_45678_67893_ben_lab0_20211101-120000-1.zip": WORK,
            "cathlee_56789_67894_lab03.zip": FLAT,
            "doejane_12345_67890_lab0-1.zip": WORK,
            "roejohn_LATE_23456_67891_lab0.zip": WORK,
            "anon_aB3x_67895_lab0.zip": WORK,
        },
        {"adalove_34567", "bencode_45678", "cathlee_56789", "doejane_12345", "roejohn_23456", "anon_aB3x"},
    ),
    "Canvas, uploaded again": (
        {
            "doejane_12345_67890_warmup.py": OLD,
            "doejane_12345_67899_warmup-1.py": RIGHT,
            "roejohn_23456_67891_lab0.zip": STALE,
            "roejohn_23456_67892_lab0-1.zip": WORK,
        },
        {"doejane_12345", "roejohn_23456"},
    ),
    "Blackboard, with attempts and receipts": (
        {
            "Lab 0_jdoe_attempt_2021-11-01-10-00-00.txt": b"",
            "Lab 0_jdoe_attempt_2021-11-01-10-00-00_old.zip": STALE,
            "Lab 0_jdoe_attempt_2021-11-02-10-00-00.txt": b"",
            "Lab 0_jdoe_attempt_2021-11-02-10-00-00_new.zip": FLAT,
            "Lab 0_msmith_attempt_2021-11-02-11-00-00_warmup.py": RIGHT,
            "Lab 0_a_smith_attempt_2021-11-02-11-00-00_warmup.py": RIGHT,
            "Lab 0_b_smith_attempt_2021-11-02-11-00-00_warmup.py": RIGHT,
        },
        {"jdoe", "msmith", "Lab 0_a_smith", "Lab 0_b_smith"},
    ),
    "Moodle, two folders of one participant": (
        {
            "Ada Lovelace_123_assignsubmission_file/lab0.zip": WORK,
            "Ada Lovelace_123_assignsubmission_onlinetext/onlinetext.html": b"done",
            "Ben Code_124_assignsubmission_file_/warmup.py": RIGHT,
            "Cy Dee_125_assignsubmission_file_warmup.py": RIGHT,
        },
        {"Ada Lovelace_123", "Ben Code_124", "Cy Dee_125"},
    ),
    "Gradescope's folders": (
        {"submission_101/warmup.py": RIGHT, "submission_102/lab0.zip": WORK},
        {"submission_101", "submission_102"},
    ),
    "GitHub's clones": (
        {"lab0-ada/warmup.py": RIGHT, "lab0-ada/.git/config": b"", "lab0-ben-code/labs/lab0_setup/warmup.py": RIGHT},
        {"lab0-ada", "lab0-ben-code"},
    ),
    "Teams, with versions": (
        {f"Ada Lovelace/Lab 0/Version {n}/warmup.py": RIGHT if n == 10 else OLD for n in (1, 2, 9, 10)},
        {"Ada Lovelace"},
    ),
    "ILIAS, with versions": (
        {
            "Lovelace_Ada_ada_123/20211101_120000/warmup.py": OLD,
            "Lovelace_Ada_ada_123/20211102_120000/warmup.py": RIGHT,
            "Code_Ben_ben_124/20211102_120000/lab0.zip": WORK,
            "Code_Ben_ben_124/20211101_120000/lab0.zip": STALE,
        },
        {"Lovelace_Ada_ada_123", "Code_Ben_ben_124"},
    ),
    "a number with a zero, and a year": (
        {"a_1_1_lab0.zip": FLAT, "b_2_2_lab00.zip": FLAT, "c_3_3_rl_lab2026.zip": FLAT, "d_4_4_lab07.zip": FLAT},
        {"a_1", "b_2", "c_3", "d_4"},
    ),
    "a folder of the lab's name with something else in it": (
        {
            "bob/lab0.zip": FLAT,
            "bob/lab0/plot.png": b"",
            "cat/lab0_setup/warmup.py": RIGHT,
            "jane/warmup.py": RIGHT,
            "jane/lab0/notes.txt": b"",
        },
        {"bob", "cat", "jane"},
    ),
    "the same twice": (
        {"ada/warmup.py": RIGHT, "ada_lab0_20211101-120000.zip": WORK, "ben_lab0.zip": WORK, "ben_lab0 (1).zip": WORK},
        {"ada", "ben"},
    ),
    "the time in the names of a student's folder": (
        {"ada/ada_lab0_20211102-120000.zip": WORK, "ada/ada_lab0_20211101-120000.zip": STALE},
        {"ada"},
    ),
    "the whole kit": (
        {
            "ada/Makefile": b"",
            "ada/labs/lab0_setup/warmup.py": RIGHT,
            "ada/labs/lab0_setup/.backup/1/warmup.py": OLD,
            "ada/labs/lab1_concepts/concepts.py": b"",
            "ada/.venv/lib/python3.12/site-packages/warmup.py": OLD,
            "ada/node_modules/warmup.py": OLD,
        },
        {"ada"},
    ),
}


@pytest.mark.parametrize("case", CLEAR)
def test_each_student_is_graded_once_with_what_counts(case: str, lab0: Lab, tmp_path: Path) -> None:
    layout, students = CLEAR[case]
    listing = find_submissions(lay_out(tmp_path, layout), lab0)
    assert {submission.student for submission in listing.submissions} == students
    assert {submission.student: graded(submission, lab0) for submission in listing.submissions} == dict.fromkeys(
        students, (RIGHT, [])
    )
    assert not any(map(needs_person, listing.left))


# What of these counts nobody can know: the likeliest is graded, and a person is told both names.
DOUBTFUL: dict[str, tuple[Layout, str, tuple[str, ...]]] = {
    "a folder and a newer archive": (
        {"ada/warmup.py": OLD, "ada_lab0_20211127-120000.zip": WORK},
        "ada",
        ("ada/", "ada_lab0_20211127-120000.zip"),
    ),
    "versions with numbers of one's own": ({"ada/v1/warmup.py": OLD, "ada/v2/warmup.py": RIGHT}, "ada", ("v1", "v2")),
    "v9 and v10": ({"ada/v9/warmup.py": OLD, "ada/v10/warmup.py": RIGHT}, "ada", ("v9", "v10")),
    "a backup beside": (
        {"ada/backup/warmup.py": OLD, "ada/current/warmup.py": RIGHT},
        "ada",
        ("backup", "current"),
    ),
    "a copy of the lab's folder": (
        {"ada/lab0_setup copy/warmup.py": OLD, "ada/lab0_setup_new/warmup.py": RIGHT},
        "ada",
        ("lab0_setup copy", "lab0_setup_new"),
    ),
    "two tries in an archive": (
        {"ada.zip": {"try1/warmup.py": OLD, "try2/warmup.py": RIGHT}},
        "ada",
        ("try1", "try2"),
    ),
    "a browser's copy": (
        {"ada/lab0 (1).zip": STALE, "ada/lab0.zip": WORK},
        "ada",
        ("lab0 (1).zip", "lab0.zip"),
    ),
    "a later archive that says it is ada's": (
        {"ada_lab0_20211101-120000.zip": STALE, "ada_lab0_20211102-120000-1.zip": WORK},
        "ada",
        ("ada_lab0_20211101-120000.zip", "ada_lab0_20211102-120000-1.zip"),
    ),
    "one who types the own name differently": (
        {"Cleo_lab0_20211101-120000.zip": STALE, "cleo_lab0_20211102-120000.zip": WORK},
        "cleo",
        ("Cleo_lab0_20211101-120000.zip", "cleo_lab0_20211102-120000.zip"),
    ),
    "a time in the future": (
        {"ada_lab0_20211101-120000.zip": WORK, "ada_lab0_29991101-120000.zip": STALE},
        "ada",
        ("ada_lab0_29991101-120000.zip says that it was packed in the future", "ada_lab0_20211101-120000.zip"),
    ),
    "a whole class in one archive": (
        {"submissions.zip": {"doejane_1_2_warmup.py": OLD, "roejohn_3_4_warmup.py": OLD}, "ada.zip": WORK},
        "submissions",
        ("holds the hand-ins of several students",),
    ),
    "Teams' whole folder": (
        {f"class/Submitted files/{name}/Lab 0/warmup.py": OLD for name in ("Ada", "Ben")},
        "class",
        ("holds the hand-ins of several students",),
    ),
    "Gradescope's export, unopened": (
        {"export.zip": {"a/submission_metadata.yml": b"", "a/submission_1/warmup.py": OLD}},
        "export",
        ("holds the hand-ins of several students",),
    ),
    "Moodle's download, unopened": (
        {"lab.tar.zip": {f"{name}_assignsubmission_file/warmup.py": OLD for name in ("Ada_1", "Ben_2")}},
        "lab.tar",
        ("holds the hand-ins of several students",),
    ),
    "what several students packed, in one archive": (
        {"all.zip": {f"{name}_lab0_20211101-120000.zip": b"PK" for name in ("ada", "ben")}},
        "all",
        ("holds the hand-ins of several students",),
    ),
    "an archive in an archive": ({"ada.zip": {"lab0.zip": b"PK"}}, "ada", ("lab0.zip is an archive",)),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_where_nobody_can_know_a_person_is_asked(case: str, lab0: Lab, tmp_path: Path) -> None:
    layout, student, names = DOUBTFUL[case]
    work, told = outcome(lay_out(tmp_path, layout), lab0)[student]
    assert work in (RIGHT, b"")
    assert told
    assert all(name in " ".join(told) for name in names)


def test_who_has_the_login_name_of_many_is_not_taken_for_another(lab0: Lab, tmp_path: Path) -> None:
    for name, work in (("root_lab0_20211101-120000", RIGHT), ("root_lab0_20211101-130000", OLD)):
        zipped(tmp_path / f"{name}.zip", {"warmup.py": work}, folder="")
    found = outcome(tmp_path, lab0)
    assert {student: work for student, (work, _) in found.items()} == {
        "root_lab0_20211101-120000": RIGHT,
        "root_lab0_20211101-130000": OLD,
    }
    for _, told in found.values():
        assert told == ["root is a login name that many have: who handed this in? Give it the student's name"]


def test_an_attempt_without_work_after_one_with_work_is_for_a_person(lab0: Lab, tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {
            "Lab 0_jdoe_attempt_2021-11-01-10-00-00_lab0.zip": WORK,
            "Lab 0_jdoe_attempt_2021-11-02-10-00-00_report.pdf": b"",
        },
    )
    work, told = outcome(tmp_path, lab0)["jdoe"]
    assert work == RIGHT
    assert told == ["none of the lab's files is in Lab 0_jdoe_attempt_2021-11-02-10-00-00_report.pdf"]


def test_what_is_nobodys_is_named_and_archives_of_other_labs_are_listed(lab0: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "ada", {"warmup.py": RIGHT})
    in_folder(tmp_path, {"warmup.py": b"", "submission_metadata.yml": b"", ".DS_Store": b"", ".vscode/x": b""})
    zipped(tmp_path / "ada_lab4_20211101-120000.zip", {"ppo_core.py": b""})
    zipped(tmp_path / "ben_lab4.zip", {"ppo_core.py": b""})
    listing = find_submissions(tmp_path, lab0)
    assert [submission.student for submission in listing.submissions] == ["ada"]
    assert [say(finding) for finding in listing.left if needs_person(finding)] == [
        "submission_metadata.yml was not graded: it is Gradescope's list of who is who, "
        "which make collect FROM=gradescope reads",
        "warmup.py was not graded: nothing says whose it is; put it into a folder with the student's name",
    ]
    assert [say(finding) for finding in listing.left if not needs_person(finding)] == [
        "not graded, since of other labs: ada_lab4_20211101-120000.zip, ben_lab4.zip",
        "not graded, since made by an operating system or a tool: .DS_Store, .vscode",
    ]
