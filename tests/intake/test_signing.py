"""Hand-ins that are signed with keys that the course gave out: whose they are is sure, and all else is for a person."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader import handin
from grader.errors import Refused
from grader.intake.archives import NothingUsable
from grader.intake.submissions import find_submissions
from grader.intake.versions import Submission, staged_of
from grader.lab import Lab
from grader.languages import say
from grader.student.submit import pack, read_key, student_name
from tests.handins import in_folder
from tests.reading import problems

SECRET = "a secret of the course's"
ADAS = handin.student_key(SECRET, "ada")
WRONG = "its signature is not one that the course's key allows"


def handed_in(folder: Path, lab: Lab, student: str, work: bytes = b"# mine", key: str | None = None) -> Path:
    """What `submit` packs of this work."""
    work_folder = in_folder(folder.parent / "work", {"warmup.py": work})
    return pack(Lab(work_folder, lab.manifest), student, folder, key)[0]


def rewritten(path: Path, **changes: Any) -> None:
    """Packs an archive again, with other files or another manifest."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["lab0/manifest.json"])
    for name, value in changes.items():
        if name == "work":
            members["lab0/warmup.py"] = value
        else:
            manifest[name] = value
    members["lab0/manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def doubts(submission: Submission, lab: Lab) -> list[str]:
    return [*problems(submission), *problems(staged_of(submission, lab, SECRET))]


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    return tmp_path / "submitted"


def test_what_a_student_signed_needs_nobody(lab0: Lab, submitted: Path) -> None:
    handed_in(submitted, lab0, "ada", key=ADAS)
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    assert doubts(submission, lab0) == []
    assert staged_of(submission, lab0, SECRET).files == {"warmup.py": b"# mine"}


@pytest.mark.parametrize(
    ("key", "changes", "sentence"),
    [
        (None, {}, "it is not signed: is it this student's?"),
        (handin.student_key("another secret", "ada"), {}, WRONG),
        (handin.student_key(SECRET, "eve"), {}, WRONG),
        (ADAS, {"work": b"# eve's"}, "it was signed, and changed after that"),
        (ADAS, {"student": "eve"}, WRONG),
        (ADAS, {"signature": None}, WRONG),
        (ADAS, {"student": 3}, WRONG),
        (ADAS, {"student": "\ud800"}, WRONG),
        (ADAS, {"signature": "\ud800"}, WRONG),
        (ADAS, {"packed": "2021-11-01T12:00:00"}, WRONG),
    ],
)  # fmt: skip
def test_what_is_not_signed_rightly_is_graded_and_for_a_person(
    key: str | None, changes: dict[str, Any], sentence: str, lab0: Lab, submitted: Path
) -> None:
    rewritten(handed_in(submitted, lab0, "ada", key=key), **changes)
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    assert any(sentence in doubt for doubt in doubts(submission, lab0))
    assert staged_of(submission, lab0).files


def test_what_another_signed_is_not_this_students(lab0: Lab, submitted: Path) -> None:
    path = handed_in(submitted, lab0, "eve", key=handin.student_key(SECRET, "eve"))
    in_folder(submitted / "ada", {path.name: path.read_bytes()})
    path.unlink()
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    assert doubts(submission, lab0) == ["it is signed by eve: whose is it?"]


def test_an_archive_that_anybody_packed_later_does_not_replace_a_signed_one(lab0: Lab, submitted: Path) -> None:
    own = handed_in(submitted, lab0, "ada", b"# ada's", ADAS)
    forged = own.with_name("ada_lab0_29991101-120000.zip")
    forged.write_bytes(own.read_bytes())
    rewritten(forged, work=b"# eve's")
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    assert submission.source == own
    assert problems(submission) == [f"not signed, so it does not count: {forged.name}"]


def test_an_old_archive_under_a_later_name_does_not_count_as_signed(lab0: Lab, submitted: Path) -> None:
    own = handed_in(submitted, lab0, "ada", b"# old", ADAS)
    own.rename(own.with_name("ada_lab0_20200101-120000.zip"))
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    assert doubts(submission, lab0) == ["it was signed, and changed after that: is it this student's?"]


def test_several_signed_ones_are_sure_and_the_newest_counts(lab0: Lab, submitted: Path) -> None:
    for day, work in ((1, b"# first"), (2, b"# second")):
        path = handed_in(submitted, lab0, "ada", work, None)
        named = path.with_name(f"ada_lab0_2021110{day}-120000.zip")
        path.rename(named)
        with zipfile.ZipFile(named) as archive:
            manifest = json.loads(archive.read("lab0/manifest.json")) | {"packed": f"2021-11-0{day}T12:00:00+00:00"}
        rewritten(named, **handin.signed(manifest, ADAS))
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    assert doubts(submission, lab0) == []
    assert staged_of(submission, lab0, SECRET).files == {"warmup.py": b"# second"}
    [claimed] = find_submissions(submitted, lab0).submissions
    assert "nothing but their names says whose they are" in problems(claimed)[0]


def test_the_key_says_who_hands_in(tmp_path: Path) -> None:
    assert student_name(None, ADAS) == student_name("ada", ADAS) == "ada"
    with pytest.raises(Refused, match="the key is ada's, not eve's"):
        student_name("eve", ADAS)
    assert read_key(tmp_path / "student.key") is None
    (tmp_path / "student.key").write_text("no key", encoding="utf-8")
    with pytest.raises(Refused, match="is no student's key"):
        read_key(tmp_path / "student.key")


@pytest.mark.parametrize("login", ["root", "lab", "student", "vscode", "jovyan", "ubuntu", "user", "Admin"])
def test_who_is_called_as_many_are_has_to_say_who_it_is(login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", login)
    with pytest.raises(Refused, match=f"many are called '{login}': .*STUDENT=your-id") as refused:
        student_name(None)
    assert refused.value.exit_code == 2
    assert student_name("ada") == "ada"


def test_a_secret_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.key").write_bytes(b"\n")
    for name in ("empty.key", "none.key"):
        with pytest.raises(Refused):
            handin.read_secret(tmp_path / name)


def test_nothing_usable_is_said_before_a_signature_is_asked_for(lab0: Lab, submitted: Path) -> None:
    (submitted / "ada").mkdir(parents=True)
    [submission] = find_submissions(submitted, lab0, SECRET).submissions
    with pytest.raises(NothingUsable) as raised:
        staged_of(submission, lab0, SECRET)
    assert say(raised.value.finding) == "nothing could be taken from it: there is nothing in it"
