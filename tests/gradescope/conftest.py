"""A folder laid out as Gradescope's /autograder, with the small lab's autograder.zip in it, and a way to run it."""

import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.gradescope.bundle import bundle
from grader.lab import Lab, read_lab
from tests.exports.platforms import Gradescope

SECRET = "canary-77e1a0"
METADATA = {
    "id": 123456,
    "created_at": "2026-11-02T14:22:32.365935-07:00",
    "assignment": {"due_date": "2026-11-09T23:00:00.000000-07:00", "id": 25828, "total_points": "6.0"},
    "submission_method": "upload",
    "users": [{"email": "ada@example.com", "id": 1, "name": "Ada"}, {"email": "ben@example.com", "id": 2}],
    "previous_submissions": [],
}


@pytest.fixture
def secret_lab(small_lab: Lab, tmp_path: Path) -> Lab:
    """The small lab, with a secret in its hidden checks."""
    folder = tmp_path / "course" / small_lab.folder.name
    shutil.copytree(small_lab.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "hidden.py").open("a", encoding="utf-8") as file:
        file.write(f"\nSECRET = {SECRET!r}\n")
    return read_lab(folder)


@dataclasses.dataclass(frozen=True)
class Place:
    """Gradescope's folder."""

    root: Path

    @property
    def kit(self) -> Path:
        return self.root / "source" / "kit"

    @property
    def hidden(self) -> Path:
        [path] = self.kit.glob("solutions/*/hidden.py")
        return path

    def mode(self, path: Path) -> int:
        return path.stat().st_mode & 0o777

    def run(self) -> tuple[Gradescope, str]:
        """What run_autograder leaves in results.json, and what it says to instructors."""
        environment = os.environ | {"AUTOGRADER_ROOT": str(self.root), "AUTOGRADER_PYTHON": sys.executable}
        done = subprocess.run(
            [self.root / "run_autograder"],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        return msgspec.json.decode((self.root / "results" / "results.json").read_bytes(), type=Gradescope), done.stdout


@pytest.fixture
def place(secret_lab: Lab, tmp_path: Path) -> Callable[..., Place]:
    """Lays Gradescope's folder out, with some files of a submission. Nothing of a zip's modes is kept but that
    run_autograder can be run, as some programs unpack."""

    def laid_out(files: dict[str, str], seconds: int = 540, metadata: dict[str, object] | None = None) -> Place:
        root = tmp_path / "autograder"
        for folder in ("source", "submission"):
            (root / folder).mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(bundle(secret_lab, seconds))) as archive:
            archive.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root)
        (root / "run_autograder").chmod(0o755)
        for name, text in files.items():
            (root / "submission" / name).write_text(text, encoding="utf-8")
        (root / "submission_metadata.json").write_text(json.dumps(metadata or METADATA), encoding="utf-8")
        return Place(root)

    return laid_out


@pytest.fixture
def right(small_lab: Lab) -> dict[str, str]:
    """The files of a submission that solves all."""
    return {name: small_lab.path(name).read_text(encoding="utf-8") for name in small_lab.code_files}
