"""autograder.zip: what is in it, who may read it, and that it is the same each time."""

import io
import subprocess
import zipfile
from pathlib import PurePosixPath

import pytest

from grader.gradescope.bundle import bundle
from grader.lab import Lab
from tests.gradescope.conftest import SECRET


@pytest.fixture
def archive(secret_lab: Lab) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(bundle(secret_lab)))


def mode(info: zipfile.ZipInfo) -> int:
    return (info.external_attr >> 16) & 0o777


def test_gradescopes_two_scripts_are_at_the_root_and_can_be_run(archive: zipfile.ZipFile) -> None:
    at_the_root = {info.filename: mode(info) for info in archive.infolist() if "/" not in info.filename}
    assert at_the_root == {"setup.sh": 0o755, "run_autograder": 0o755}
    for name in at_the_root:
        text = archive.read(name)
        assert text.startswith(b"#!/usr/bin/env bash\n") and b"@" not in text
        assert subprocess.run(["bash", "-n"], input=text, check=False).returncode == 0


def test_root_alone_may_read_what_holds_the_hidden_checks_and_the_solutions(
    archive: zipfile.ZipFile, secret_lab: Lab
) -> None:
    secrets = {secret_lab.path(name).read_bytes() for name in ("hidden.py", "mistakes.py", *secret_lab.code_files)}
    holding = [
        info for info in archive.infolist() if SECRET.encode() in archive.read(info) or archive.read(info) in secrets
    ]
    assert len(holding) == len(secrets) == 4
    assert {mode(info) for info in holding} == {0o600}
    assert all(info.filename.startswith("kit/solutions/lab90_numbers/") for info in holding)


def test_every_path_stays_in_the_folder_that_it_is_unpacked_in(archive: zipfile.ZipFile) -> None:
    paths = [PurePosixPath(name) for name in archive.namelist()]
    assert len(set(paths)) == len(paths) > 100
    assert not any(path.is_absolute() or ".." in path.parts for path in paths)
    assert {path.parts[1] for path in paths if len(path.parts) > 1} == {
        *("grader", "labs", "pyproject.toml", "requirements", "solutions", "unfinished.json")
    }


def test_what_authors_and_other_labs_have_is_not_in_it(archive: zipfile.ZipFile) -> None:
    folders = {"/".join(PurePosixPath(name).parts[:3]) for name in archive.namelist()}
    assert "kit/grader/author" not in folders and "kit/grader/student" not in folders
    assert [name for name in folders if name.startswith("kit/solutions/")] == ["kit/solutions/lab90_numbers"]
    assert not any("__pycache__" in name for name in archive.namelist())


def test_nothing_of_this_machine_is_in_it(archive: zipfile.ZipFile, secret_lab: Lab) -> None:
    assert not any(str(secret_lab.folder.parent).encode() in archive.read(name) for name in archive.namelist())
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_lab_makes_the_same_bytes(secret_lab: Lab) -> None:
    assert bundle(secret_lab) == bundle(secret_lab)
    before = bundle(secret_lab)
    secret_lab.path("hidden.py").write_text("# changed\n", encoding="utf-8")
    assert bundle(secret_lab) != before
