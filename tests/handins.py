"""Hand-ins of every kind, for tests."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from grader.intake.submissions import find_submissions
from grader.lab import Lab

CODE = {"returns.py": b"# returns", "losses.py": b"# losses", "agent.py": b"# agent", "quiz.json": b"{}"}
WEIGHTS = "runs/reinforce.safetensors"
Members = dict[str, bytes]


def zipped(path: Path, members: Members, folder: str = "lab3/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(folder + name, data)
    return path


def tarred(path: Path, members: Members, folder: str = "lab3/", mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            add_to_tar(archive, folder + name, data)
    return path


def add_to_tar(archive: tarfile.TarFile, name: str, data: bytes = b"", **fields: object) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    archive.addfile(member, io.BytesIO(data))


def in_folder(path: Path, members: Members) -> Path:
    for name, data in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def kinds_of_archives() -> dict[str, Callable[[Path, Members], Path]]:
    return {
        "a.zip": zipped,
        "a.tar": tarred,
        "a.tar.gz": lambda path, members: tarred(path, members, mode="w:gz"),
        "a.tgz": lambda path, members: tarred(path, members, mode="w:gz"),
        "a.tar.bz2": lambda path, members: tarred(path, members, mode="w:bz2"),
        "a.tar.xz": lambda path, members: tarred(path, members, mode="w:xz"),
        "folder": in_folder,
    }


def state_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every path below, with what changes when it is written to."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns, path.lstat().st_mode) for path in folder.rglob("*")
    }


def found(folder: Path, lab: Lab) -> dict[str, str]:
    """Where the submission of each student lies, below the folder."""
    submissions = find_submissions(folder, lab).submissions
    return {item.student: item.source.relative_to(folder).as_posix() for item in submissions}


def truncated(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


NASTY = ("new\nline.txt", "\x1b[2J\x1b[31mred.txt", "bell\x07.txt", "\u202egnp.txt", "tab\t\r.txt")
