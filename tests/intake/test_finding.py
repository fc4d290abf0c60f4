"""Where submissions are found, and whose they are."""

import errno
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import codes
from grader.errors import Refused
from grader.intake import archives, sources
from grader.intake.archives import NothingUsable
from grader.intake.sources import Unreadable
from grader.intake.staging import stage
from grader.intake.submissions import Submission, find_submissions
from grader.lab import Lab
from tests.handins import CODE, found, in_folder, tarred, zipped
from tests.reading import notes, problems


def test_submissions_lie_as_nbgraders_do_or_as_people_drop_them(lab3: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "submitted"
    in_folder(folder / "ada" / "lab3", CODE)
    in_folder(folder / "bob" / "lab3_policy_gradient", CODE)
    in_folder(folder / "carol", CODE)
    (folder / "dave" / "lab3").mkdir(parents=True)
    zipped(folder / "dave" / "lab3" / "mine.zip", CODE)
    (folder / "eve").mkdir()
    tarred(folder / "eve" / "eve_lab3_20260101-120000.tar.gz", CODE, mode="w:gz")
    zipped(folder / "frank_lab3_20260101-120000.zip", CODE)
    zipped(folder / "grace.zip", CODE)
    zipped(folder / "heidi_lab3.zip", CODE)
    zipped(folder / "ivan_lab3_20260101-120000 (1).zip", CODE)
    (folder / "judy.rar").write_bytes(b"Rar!")
    in_folder(folder / "周杰伦" / "lab3", CODE)
    zipped(folder / "Zoë@uni.edu_lab3_20260101-120000.zip", CODE)
    in_folder(folder / "__MACOSX", {"x": b""})
    (folder / ".DS_Store").write_bytes(b"")
    (folder / "grades.csv").write_bytes(b"")
    assert found(folder, lab3) == {
        "ada": "ada/lab3",
        "bob": "bob/lab3_policy_gradient",
        "carol": "carol",
        "dave": "dave/lab3/mine.zip",
        "eve": "eve/eve_lab3_20260101-120000.tar.gz",
        "frank": "frank_lab3_20260101-120000.zip",
        "grace": "grace.zip",
        "heidi": "heidi_lab3.zip",
        "ivan": "ivan_lab3_20260101-120000 (1).zip",
        "judy": "judy.rar",
        "周杰伦": "周杰伦/lab3",
        "Zoë@uni.edu": "Zoë@uni.edu_lab3_20260101-120000.zip",
    }


def test_the_newest_of_several_archives_counts_by_the_time_in_its_name(lab3: Lab, tmp_path: Path) -> None:
    times = ("20260301-090000", "20260301-100000", "20251231-235959")
    for age, time in enumerate(times):
        path = zipped(tmp_path / f"ada_lab3_{time}.zip", CODE)
        os.utime(path, (2_000_000_000 - age, 2_000_000_000 - age))  # copied in another order
    [submission] = find_submissions(tmp_path, lab3).submissions
    assert submission.source.name == f"ada_lab3_{times[1]}.zip"
    [note] = notes(submission)
    assert note.startswith(f"3 submissions: ada_lab3_{times[1]}.zip is the newest and counts, not ")
    assert times[0] in note
    assert times[2] in note


def test_of_many_older_submissions_some_are_named_and_the_rest_are_counted(lab3: Lab, tmp_path: Path) -> None:
    for day in range(10, 20):
        zipped(tmp_path / f"ada_lab3_202603{day}-090000.zip", CODE)
    [submission] = find_submissions(tmp_path, lab3).submissions
    [finding] = submission.findings
    assert codes.NEWEST_COUNTS.made(finding)
    assert finding.values["count"] == 10
    assert notes(submission)[0].endswith("ada_lab3_20260318-090000.zip, and 4 more")


def test_of_versions_without_end_only_the_last_are_read(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.intake.versions.MAX_READ", 3)
    for day in range(10, 20):
        in_folder(tmp_path / "ada", {f"ada_lab3_202603{day}-090000.zip": b""})
    zipped(tmp_path / "ada" / "ada_lab3_20260319-090000.zip", CODE)
    [submission] = find_submissions(tmp_path, lab3).submissions
    assert submission.source.name == "ada_lab3_20260319-090000.zip"
    assert notes(submission)[0].startswith("10 submissions: ada_lab3_20260319-090000.zip is the newest and counts")


def test_the_newest_of_several_archives_counts_by_its_date_where_the_name_has_none(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name, seconds in (("z.zip", 1_700_000_000), ("m.zip", 1_800_000_000), ("a.tar", 1_750_000_000)):
        os.utime(zipped(tmp_path / "ada" / name, CODE), (seconds, seconds))
    assert found(tmp_path, lab3) == {"ada": "ada/m.zip"}
    impossible = zipped(tmp_path / "ada" / "ada_lab3_20269999-999999.zip", CODE)
    os.utime(impossible, (1, 1))
    assert found(tmp_path, lab3) == {"ada": "ada/m.zip"}


def test_a_newer_folder_without_a_file_of_the_labs_does_not_stand_in_an_archives_way(lab3: Lab, tmp_path: Path) -> None:
    """A script that collects makes a folder for everybody, and feedback may be written beside what was handed in."""
    os.utime(zipped(tmp_path / "ada_lab3_20260101-120000.zip", CODE), (1, 1))
    in_folder(tmp_path / "ada" / "lab3", {"feedback.html": b"70 of 100"})
    os.utime(zipped(tmp_path / "bob_lab3_20260101-120000.zip", CODE), (1, 1))
    in_folder(tmp_path / "bob" / "lab3", CODE)
    (tmp_path / "eve" / "lab3").mkdir(parents=True)
    assert found(tmp_path, lab3) == {
        "ada": "ada_lab3_20260101-120000.zip",
        "bob": "bob_lab3_20260101-120000.zip",
        "eve": "eve/lab3",
    }


def test_archives_of_other_labs_do_not_count(lab3: Lab, lab0: Lab, tmp_path: Path) -> None:
    for name in ("ada_lab3_20260101-120000.zip", "ada_lab4_20270101-120000.zip", "ada_lab30.zip"):
        zipped(tmp_path / name, CODE)
    (tmp_path / "bob").mkdir()
    for name, seconds in (("lab3.zip", 1_600_000_000), ("lab4.zip", 1_900_000_000), ("my-lab0-final.zip", 1)):
        os.utime(zipped(tmp_path / "bob" / name, CODE), (seconds, seconds))
    in_folder(tmp_path / "carol" / "lab3", CODE)
    in_folder(tmp_path / "carol" / "lab4", CODE)
    assert found(tmp_path, lab3) == {
        "ada": "ada_lab3_20260101-120000.zip",
        "bob": "bob/lab3.zip",
        "carol": "carol/lab3",
    }
    assert found(tmp_path, lab0) == {"bob": "bob/my-lab0-final.zip", "carol": "carol"}
    with pytest.raises(NothingUsable, match=r"none of warmup\.py is in it"):
        stage(tmp_path / "carol", lab0)


def test_a_student_who_handed_in_nothing_is_there_all_the_same(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    in_folder(tmp_path / "bob" / "lab4", CODE)
    submissions = find_submissions(tmp_path, lab3).submissions
    assert [submission.student for submission in submissions] == ["ada", "bob"]
    for submission in submissions:
        with pytest.raises(NothingUsable):
            stage(submission.source, lab3)


def test_a_link_to_another_students_work_is_found_but_refused(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "bob" / "lab3", CODE)
    zipped(tmp_path / "bob" / "lab3.zip", CODE)
    for student in ("ada", "carol", "dave"):
        (tmp_path / student).mkdir()
    (tmp_path / "ada" / "lab3").symlink_to(tmp_path / "bob" / "lab3", target_is_directory=True)
    (tmp_path / "carol" / "lab3.zip").symlink_to(tmp_path / "bob" / "lab3.zip")
    (tmp_path / "dave" / "lab3.zip").symlink_to("nowhere")
    by_name: dict[str, Submission] = {item.student: item for item in find_submissions(tmp_path, lab3).submissions}
    assert stage(by_name["bob"].source, lab3).files == CODE
    for student in ("ada", "carol"):
        with pytest.raises(NothingUsable, match="is a link"):
            stage(by_name[student].source, lab3)
    with pytest.raises(Unreadable, match="leads nowhere"):
        stage(by_name["dave"].source, lab3)


def test_a_link_among_the_submissions_is_a_submission_and_is_not_followed(lab3: Lab, tmp_path: Path) -> None:
    in_folder(tmp_path / "elsewhere" / "ada" / "lab3", CODE)
    folder = tmp_path / "submitted"
    folder.mkdir()
    (folder / "ada").symlink_to(tmp_path / "elsewhere" / "ada", target_is_directory=True)
    (folder / "bob").symlink_to("not-mounted-today")
    ada, bob = find_submissions(folder, lab3).submissions
    with pytest.raises(NothingUsable, match="ada is a link"):
        stage(ada.source, lab3)
    with pytest.raises(Unreadable, match="bob cannot be read: it is a link that leads nowhere"):
        stage(bob.source, lab3)


NAMES = (
    b"J\xfcrgen", b"J\xf6rgen", b"new\nline", b"\x1b[2J", "\u202egnp".encode(), b"-rf", b"--help", b"..a", b"a..",
    b".ada", b"a b", b"tab\t", b"DOMAIN\\ada", b"x\\n", b"x\n", b"'; rm *", b"[bold]",
    b"\xff" * 240, b"\xfe" * 240, "é".encode() * 120,
)  # fmt: skip


def test_whatever_a_student_is_called_is_one_line_and_the_name_of_one_folder(lab3: Lab, tmp_path: Path) -> None:
    submitted, graded = tmp_path / "submitted", tmp_path / "graded"
    for name in NAMES:
        os.makedirs(os.fsencode(submitted) + b"/" + name + b"/lab3")
        in_folder(Path(os.fsdecode(os.fsencode(submitted) + b"/" + name + b"/lab3")), CODE)
    submissions = find_submissions(submitted, lab3).submissions
    assert len({submission.student for submission in submissions}) == len(NAMES)
    for submission in submissions:
        assert submission.student.isprintable()
        assert stage(submission.source, lab3).files == CODE
        (graded / submission.student).mkdir(parents=True)
    assert len(list(graded.iterdir())) == len(NAMES)


def test_an_archive_called_dots_does_not_put_its_result_elsewhere(lab3: Lab, tmp_path: Path) -> None:
    for name in (".zip", "..zip", "...zip", ".._lab3.zip", "._lab3.zip", ".._lab3_20260101-120000.zip"):
        zipped(tmp_path / name, CODE)
    students = set(found(tmp_path, lab3))
    assert students == {".zip", "..zip", "...zip", ".._lab3.zip", ".._lab3_20260101-120000.zip"}, (
        "._ is a Mac's clutter"
    )


def test_names_of_archives_reach_an_instructor_only_as_printable_text(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name in ("\x1b[2J.zip", "a\nb.zip"):
        zipped(tmp_path / "ada" / name, CODE)
    [submission] = find_submissions(tmp_path, lab3).submissions
    assert all(note.isprintable() for note in notes(submission))


def test_names_that_a_file_system_may_take_for_one_are_for_a_person(lab3: Lab, tmp_path: Path) -> None:
    for student in ("Ada", "ada", "Zo\u00eb", "Zoe\u0308", "STRASSE", "stra\u00dfe", "bob"):
        in_folder(tmp_path / student / "lab3", CODE)
    submissions = find_submissions(tmp_path, lab3).submissions
    if len(submissions) < 7:
        pytest.skip("this file system takes them for one")
    assert {submission.student for submission in submissions if not problems(submission)} == {"bob"}
    problem = problems(submissions[0])[0]
    assert "differs only in case, or in how accents are encoded" in problem
    assert problem.isprintable()


def test_a_tools_hidden_folder_is_no_student(lab3: Lab, tmp_path: Path) -> None:
    for name in (".git", ".vscode", ".ipynb_checkpoints", "__pycache__"):
        in_folder(tmp_path / name, {"settings.json": b""})
    in_folder(tmp_path / "ada" / "lab3", CODE)
    assert found(tmp_path, lab3) == {"ada": "ada/lab3"}


def test_one_students_unreadable_folder_does_not_end_the_batch(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not be listed, or not even be looked at: a home directory of a machine that is down."""
    for student in ("ada", "bob", "carol"):
        in_folder(tmp_path / student / "lab3", CODE)
    scandir, stat_ = os.scandir, os.stat
    forbidden = (tmp_path / "bob" / "lab3").stat().st_ino

    def listing(path: Any = ".") -> Any:
        if stat_(path).st_ino == forbidden:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    def looking(path: Any, **options: Any) -> os.stat_result:
        if "carol" in str(path):
            raise OSError(errno.EHOSTDOWN, os.strerror(errno.EHOSTDOWN), path)
        return stat_(path, **options)

    monkeypatch.setattr("os.scandir", listing)
    monkeypatch.setattr("os.stat", looking)
    monkeypatch.setattr("os.lstat", functools.partial(looking, follow_symlinks=False))
    ada, bob, carol = find_submissions(tmp_path, lab3).submissions
    assert stage(ada.source, lab3).files == CODE
    with pytest.raises(Unreadable, match="bob cannot be read: Permission denied"):
        stage(bob.source, lab3)
    with pytest.raises(Unreadable, match="carol cannot be read: Host is down"):
        stage(carol.source, lab3)


def test_a_folder_of_submissions_that_cannot_be_listed_is_said_to_be_so(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listing(_path: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "iterdir", listing)
    with pytest.raises(Refused, match="cannot be read: Permission denied"):
        find_submissions(tmp_path, lab3)


def test_a_students_folder_is_listed_no_further_than_allowed(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where it is looked for nor where it is read; one folder may hold millions of files."""
    for module in (archives, sources):
        monkeypatch.setattr(module, "MAX_ENTRIES", 20)
    monkeypatch.setattr("grader.intake.submissions.MAX_ENTRIES", 20)
    in_folder(tmp_path / "ada", {f"{n}.zip": b"" for n in range(200)})
    in_folder(tmp_path / "bob" / "lab3", {f"{n}.txt": b"" for n in range(200)})
    seen: list[str] = []
    monkeypatch.setattr("grader.intake.submissions.is_clutter", lambda path: seen.append(str(path)))
    for submission in find_submissions(tmp_path, lab3).submissions:
        with pytest.raises(NothingUsable, match="more than 20 files"):
            stage(submission.source, lab3)
    assert len(seen) < 50


def test_a_folder_without_submissions_is_said_to_be_so(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_bytes(b"")
    with pytest.raises(Refused, match="there is no submission in") as raised:
        find_submissions(tmp_path, lab3)
    assert raised.value.exit_code == 2
    with pytest.raises(Refused, match="is no folder: SUBMISSIONS=") as raised:
        find_submissions(tmp_path / "nowhere", lab3)
    assert raised.value.exit_code == 2
