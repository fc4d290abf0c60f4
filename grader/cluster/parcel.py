"""What travels between the client and its workers, as bytes that msgspec has written: nothing in it can run.

To a worker go the lab, and what was taken of a submission: never where results lie, the course's key, or another lab.
Back comes what grading found, as JSON. With a shared folder the larger part lies there in files, and Dask carries their
names.
"""

import dataclasses
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from grader import codes
from grader.errors import Found
from grader.findings import Finding
from grader.grading.job import Job
from grader.grading.submission import Graded
from grader.intake.versions import Taken
from grader.judging.recorded import FILE as RECORD_FILE
from grader.lab import Lab, labs_folder
from grader.results.whole import write_whole

NOT_SENT = ("runs", "__pycache__")  # folders of a lab that no grading reads; nor what is hidden

Parcel = bytes | str  # itself, or the name of a file that holds it


class Errand(msgspec.Struct, frozen=True):
    """One run of a lab's grading, as a worker needs it. `files` are the lab's, by their names."""

    token: str
    job: Job
    lab: str
    files: dict[str, bytes]


class Look(msgspec.Struct, frozen=True, tag=True):
    """What a worker says of itself before it grades. `place` names this one process; `trouble` is what keeps it from
    grading, and `needs` what has to be as it is at home."""

    place: str
    trouble: Finding | None = None
    needs: dict[str, str] = {}


class Reply(msgspec.Struct, frozen=True, tag=True):
    """What came of one submission, and in which place."""

    place: str
    graded: list[Graded]


def errand(token: str, job: Job, lab: Lab) -> Errand:
    """The run of a job, and its lab."""
    paths = [path for path in sorted(lab.folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    names = [path.relative_to(lab.folder) for path in paths]
    sent = [name for name in names if not any(part in NOT_SENT or part.startswith(".") for part in name.parts)]
    files = {name.as_posix(): (lab.folder / name).read_bytes() for name in sent}
    record = labs_folder() / lab.folder.name / RECORD_FILE
    if record.is_file():
        files[RECORD_FILE] = record.read_bytes()
    return Errand(token, msgspec.structs.replace(job, lab="", out="", secret=None), lab.folder.name, files)


def packed_errand(errand: Errand) -> bytes:
    return msgspec.msgpack.encode(errand)


def packed_parts(parts: Iterable[Taken]) -> bytes:
    """What was taken of a submission; its manifest has been read."""
    bare = [dataclasses.replace(part, staged=dataclasses.replace(part.staged, manifest=None)) for part in parts]
    return msgspec.msgpack.encode(bare)


def unpacked_errand(data: bytes) -> Errand:
    return msgspec.msgpack.decode(data, type=Errand)


def unpacked_parts(data: bytes) -> list[Taken]:
    return msgspec.msgpack.decode(data, type=list[Taken])


def heard(data: bytes) -> Look | Reply:
    """What a worker said: a Look in a Reply's place says why there is none."""
    return msgspec.json.decode(data, type=Look | Reply)


class Post:
    """Where parcels are handed over: by Dask, or in a folder of their own inside of a shared one, which `close`
    removes. OSError where they cannot be written."""

    def __init__(self, shared: Path | None) -> None:
        self._folder = shared.resolve() / f"labkit-{secrets.token_hex(8)}" if shared else None
        if self._folder:
            self._folder.mkdir(mode=0o700)

    def give(self, data: bytes) -> Parcel:
        """What a worker is sent for these bytes."""
        if self._folder is None:
            return data
        path = self._folder / secrets.token_hex(8)
        write_whole(path, data, durable=False)
        return str(path)

    def drop(self, parcel: Parcel) -> None:
        """Nobody reads it any more."""
        if isinstance(parcel, str):
            Path(parcel).unlink(missing_ok=True)

    def close(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def contents(parcel: Parcel) -> bytes:
    """What was given. Found where a worker does not see the file."""
    if isinstance(parcel, bytes):
        return parcel
    path = Path(parcel)
    try:
        return path.read_bytes()
    except OSError as error:
        raise Found(codes.FOLDER_NOT_SHARED(folder=str(path.parents[1]), reason=error.strerror or "")) from None
