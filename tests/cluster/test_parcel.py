"""What travels to a worker is what it needs and nothing else, and comes back as plain data."""

import pickle
from pathlib import Path

import pytest

from grader import codes
from grader.cluster import looks, parcel, place
from grader.grading.job import Job
from grader.intake.versions import Submission, take_in
from grader.judging.recorded import FILE as RECORD_FILE
from grader.lab import Lab
from grader.languages import say


def test_a_worker_gets_the_lab_and_neither_results_nor_the_courses_key(small_lab: Lab, lab3: Lab) -> None:
    (small_lab.folder / "runs").mkdir(exist_ok=True)
    (small_lab.folder / "runs" / "policy.json").write_text("{}")
    job = Job(str(small_lab.folder), 7, "auto", "/home/ada/graded", secret="the key of the course")
    data = parcel.packed_errand(parcel.errand("run", job, small_lab))
    assert b"the key of the course" not in data and b"/home/ada" not in data
    assert str(small_lab.folder).encode() not in data
    sent = parcel.unpacked_errand(data)
    assert {"lab.toml", "checks.py", "hidden.py", "first.py"} <= sent.files.keys()
    assert not any(name.startswith("runs") for name in sent.files)
    assert RECORD_FILE in parcel.errand("run", job, lab3).files, "known answers are those of this machine"


def test_what_was_taken_arrives_as_it_was_taken(small_lab: Lab, tmp_path: Path) -> None:
    right = take_in(
        Submission("ada", small_lab.folder, [codes.NEWEST_COUNTS(name="a", count=2, others=["b"])]), small_lab
    )
    assert right.staged.files and right.findings
    (tmp_path / "ben.zip").write_bytes(b"no zip")
    broken = take_in(Submission("ben", tmp_path / "ben.zip", []), small_lab)
    gone = take_in(Submission("eve", tmp_path / "nowhere", []), small_lab)
    assert broken.unusable and gone.trouble
    assert parcel.unpacked_parts(parcel.packed_parts([right, broken, gone])) == [right, broken, gone]


def test_a_shared_folder_carries_the_same_and_is_empty_in_the_end(tmp_path: Path) -> None:
    post = parcel.Post(tmp_path)
    given = post.give(b"a lab")
    assert isinstance(given, str) and parcel.contents(given) == b"a lab"
    [folder] = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o077 == 0, "for its owner alone"
    post.drop(given)
    with pytest.raises(Exception, match="it does not see what was written to"):
        parcel.contents(given)
    post.close()
    assert not list(tmp_path.iterdir())
    assert parcel.contents(parcel.Post(None).give(b"a lab")) == b"a lab"


def test_a_place_on_a_worker_cannot_be_pickled(tmp_path: Path) -> None:
    here = place.Place(b"no errand", str(tmp_path))
    assert here.trouble and parcel.heard(here.look()) == parcel.Look(here.name, here.trouble)
    with pytest.raises(TypeError, match="stays on its worker"):
        pickle.dumps(here)
    assert list(tmp_path.iterdir())
    here.end()
    assert not list(tmp_path.iterdir())


def test_what_differs_is_named_with_both_versions() -> None:
    assert looks.different({"torch": "1", "checks.py": "sha256:a"}, {"torch": "1", "checks.py": "sha256:a"}) is None
    assert looks.different({}, {"torch": "1"}) is None, "it has another trouble, which is told"
    found = looks.different({"torch": "2", "checks.py": "sha256:b"}, {"torch": "1", "checks.py": "sha256:a"})
    assert found and "torch (1 → 2)" in say(found) and "checks.py (changed)" in say(found)
