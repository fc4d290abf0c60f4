"""Makes autograder.zip for one lab: the same bytes whenever nothing in it has changed.

setup.sh, run_autograder     what Gradescope calls
kit/                         a part of this repository, for one lab
  grader/, labs/common/      what a worker reads, and so the submission may, too
  solutions/<lab>/           the reference and the hidden checks: for root alone
  labs/<lab>/                what was recorded of the published checks: for root alone
  requirements/              the lock for the CPU
"""

import io
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from grader.errors import Refused
from grader.gradescope.fault import fault
from grader.gradescope.metadata import Metadata
from grader.judging.recorded import FILE as RECORD_FILE
from grader.lab import ROOT, Lab, labs_folder

SCRIPTS = Path(__file__).parent / "scripts"
SECONDS = 540  # of the 600 that Gradescope gives by default: time to say that it was not enough
NOT_NEEDED = {"author", "student", "pytest_plugin.py"}  # of grader/
LEFT_OUT = {"__pycache__", "runs", ".backup", ".ipynb_checkpoints"}
REQUIREMENTS = ("install.py", "cpu.txt", "torch.txt")
FOR_ALL, PROGRAM, SECRET = 0o644, 0o755, 0o600
SECRETS = ("kit/solutions/", "kit/labs/lab")
WHEN = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can name
REGULAR_FILE = 0o100000

Member = tuple[str, bytes, int]  # its path in the zip, what is in it, its mode


def bundle(lab: Lab, seconds: int = SECONDS) -> bytes:
    """autograder.zip. `seconds` is what grading one submission may take before it is said to be unfinished."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in sorted(members(lab, seconds)):
            info = zipfile.ZipInfo(name, WHEN)
            info.create_system = 3  # Unix: so the modes count
            info.external_attr = (REGULAR_FILE | mode) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def members(lab: Lab, seconds: int) -> Iterator[Member]:
    """What is in the zip. Refused where something cannot be read."""
    try:
        for path in SCRIPTS.iterdir():
            yield path.name, path.read_bytes().replace(b"@SECONDS@", str(seconds).encode()), PROGRAM
        yield "kit/unfinished.json", msgspec.json.encode(fault("gradescope_unfinished", Metadata())), FOR_ALL
        yield from _file(ROOT / "pyproject.toml", "kit/pyproject.toml")
        for name in REQUIREMENTS:
            yield from _file(ROOT / "requirements" / name, f"kit/requirements/{name}")
        yield from _folder(ROOT / "grader", "kit/grader", NOT_NEEDED)
        yield from _folder(ROOT / "labs" / "common", "kit/labs/common")
        yield from _folder(lab.folder, f"kit/solutions/{lab.folder.name}")
        if (record := labs_folder() / lab.folder.name / RECORD_FILE).is_file():
            yield from _file(record, f"kit/labs/{lab.folder.name}/{RECORD_FILE}")
    except OSError as error:
        raise Refused("cannot_be_read", 1, path=str(error.filename), reason=error.strerror or "") from None


def _folder(folder: Path, name: str, not_needed: Collection[str] = ()) -> Iterator[Member]:
    for path in folder.rglob("*"):
        steps = path.relative_to(folder).parts
        if path.is_file() and steps[0] not in not_needed and LEFT_OUT.isdisjoint(steps):
            yield from _file(path, f"{name}/{'/'.join(steps)}")


def _file(path: Path, name: str) -> Iterator[Member]:
    yield name, path.read_bytes(), SECRET if name.startswith(SECRETS) else FOR_ALL
