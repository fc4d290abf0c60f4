"""What an update does with each file: the kit's are replaced, the student's stay, both where the skeleton changed."""

import dataclasses
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from grader import contents
from grader.errors import Refused
from grader.student.reset import SKELETON_FOLDER
from grader.student.update.merging import Became, merged
from grader.student.update.released import Files

KITS_FOLDERS = ("grader/", "requirements/", "docker/")  # where nobody but the kit has files
MANIFEST = "lab.toml"


@dataclasses.dataclass(frozen=True)
class Plan:
    """`write` has new contents by path; `remove` what the newer release has no more; `became` what happens to each of
    the student's files; `edited` are given files that the student had changed, and that are the kit's again."""

    write: Files
    remove: list[str]
    became: dict[str, Became]
    edited: list[str]
    added: set[str]  # of `write`, what was not there

    @property
    def changes(self) -> bool:
        return bool(self.write or self.remove)


def plan(root: Path, release: Files) -> Plan:
    """What the update of the copy in `root` to this release comes to. Nothing is changed by it."""
    before = contents.listed_in(root)
    students = student_files(release)
    write, became = Files(), dict[str, Became]()
    edited, added = list[str](), set[str]()
    for path, content in sorted(release.items()):
        there = _read(root / path)
        if there is not None and path in students:
            content, became[path] = merged(path, there, _begun_from(root, path, there), content)
        elif (
            there not in (None, content) and before and path != contents.FILE and before.get(path) != _hash(root / path)
        ):
            edited.append(path)
        if there != content:
            write[path] = content
            added |= {path} if there is None else set()
    gone = [path for path, digest in before.items() if path not in release and _hash(root / path) == digest]
    if not before:  # a release of the time before there were lists
        gone = [path for path in _kits_own(root) if path not in release]
    return Plan(write, sorted(gone), became, edited, added)


def student_files(release: Files) -> set[str]:
    """The paths of what students edit and hand in: the code and the answers that the manifests of the labs name, and
    whatever else has a skeleton, as the report."""
    found = {path for path in release if skeleton_of(path) in release}
    for path, content in release.items():
        if PurePosixPath(path).name == MANIFEST:
            files = tomllib.loads(content.decode("utf-8")).get("files", {})
            names = [name for kind in ("code", "answers") for name in files.get(kind, [])]
            found |= {str(PurePosixPath(path).parent / name) for name in names}
    return found & release.keys()


def _begun_from(root: Path, path: str, content: bytes) -> bytes | None:
    """The skeleton of a student's file in this copy: of a blank report the one in its language."""
    skeleton = root / skeleton_of(path)
    for translated in skeleton.parent.glob(f"{skeleton.stem}.*{skeleton.suffix}"):
        if _read(translated) == content:
            return content
    return _read(skeleton)


def skeleton_of(path: str) -> str:
    """Where the skeleton of a student's file lies."""
    folder, name = PurePosixPath(path).parts[:2], PurePosixPath(*PurePosixPath(path).parts[2:])
    return str(PurePosixPath(*folder) / SKELETON_FOLDER / name)


def _kits_own(root: Path) -> Iterable[str]:
    for folder in KITS_FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Refused("update_refused", 1, reason=f"{path}: {error.strerror}") from None


def _hash(path: Path) -> str:
    content = _read(path)
    return "" if content is None else contents.hash_of(content)
