"""Takes from a submission the files that lab.toml names, and nothing else: entries in, files and findings out.

The files may lie in a folder inside of another; of what else there is, the student and the instructor are told.
"""

import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from grader import codes
from grader.findings import Code, Finding
from grader.intake.archives import Entry, NothingUsable, is_clutter
from grader.intake.sources import Unreadable, opened
from grader.lab import MANIFEST_FILE, Lab
from grader.plain import one_line

ATTEMPTS = 3
LISTED = 5  # of the files that were ignored, or refused
LAB_FOLDER = re.compile(r"lab\d+")
MAX_NAME_BYTES = 255  # of a file's path in a folder that is taken: it is written down again for who judges the folder

Parts = dict[str, list[tuple[str, Entry]]]  # names and entries, by the file or folder that is wanted


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was taken: contents by name. `findings` say what was not, first those that need a person's look."""

    files: dict[str, bytes]
    findings: list[Finding]
    too_large: dict[str, Finding] = dataclasses.field(default_factory=dict)  # by the name that lab.toml has for it

    def digest(self) -> str:
        """A hash of all that was taken."""
        digest = hashlib.sha256()
        for name, data in sorted(self.files.items()):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()


def wanted_files(lab: Lab) -> dict[str, int]:
    """What is taken from a submission, by name, with the bytes that each may have.

    A name that ends with "/" is a folder: all below it is taken, if it has no more bytes than that altogether.
    """
    wanted = dict.fromkeys(lab.manifest.files.handed_in, lab.manifest.files.max_bytes)
    for milestone in lab.manifest.milestones:
        for artefact in milestone.artefacts:
            wanted[artefact] = max(milestone.max_bytes, wanted.get(artefact, 0))
    return wanted


def stage(source: Path, lab: Lab) -> Staged:
    """Reads what the lab asks for out of a folder or an archive, as it was at one moment.

    Raises NothingUsable where the student sent nothing that can be used, and Unreadable where the source vanished, is
    forbidden, or keeps changing.
    """
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Unreadable):
            return _staged(source, lab)
    return _staged(source, lab)


def _staged(source: Path, lab: Lab) -> Staged:
    with opened(source) as entries:
        return take(entries, lab)


def take(entries: Iterable[Entry], lab: Lab) -> Staged:
    """Reads the wanted ones of the entries: those in the folder that holds most of what is wanted.

    Raises NothingUsable where none of the files is there that a student hands in.
    """
    entries = [entry for entry in entries if not is_clutter(entry.path)]
    if not entries:
        raise NothingUsable(codes.NOTHING_IN_IT())
    wanted = wanted_files(lab)
    root = _root([entry for entry in entries if not entry.refused], wanted, lab)
    wanted[MANIFEST_FILE] = lab.manifest.files.max_bytes
    parts, refused, ignored = _sorted(entries, root, wanted)
    files, twice, too_large = dict[str, bytes](), list[Finding](), dict[str, Finding]()
    for part, inside in parts.items():
        counting = _without_doubles(inside)
        if len(counting) < len(inside):
            twice.append(codes.IN_IT_TWICE(file=part))
        size = sum(entry.size for entry in counting.values())
        if size > wanted[part]:
            too_large[part] = codes.NOT_TAKEN(file=part, bytes=size, allowed=wanted[part])
        else:
            files |= {name: entry.read() for name, entry in counting.items()}
    changed = _against_manifest(files)
    problems = [*_some(refused, codes.MORE_REFUSED), *twice, *too_large.values()]
    notes = [*_some(ignored, codes.MORE_IGNORED), *_some(changed, codes.MORE_CHANGED)]
    missing = [name for name in lab.manifest.files.handed_in if name not in files]
    if len(missing) == len(lab.manifest.files.handed_in):
        raise NothingUsable(codes.NONE_IN_IT(files=missing), also=[*problems, *notes])
    problems += [codes.NOT_IN_IT(file=name) for name in missing if name not in too_large]
    return Staged(files, [*problems, *notes], too_large)


def _sorted(
    entries: list[Entry], root: PurePosixPath, wanted: Iterable[str]
) -> tuple[Parts, list[Finding], list[Finding]]:
    """The entries by what is wanted; a finding for each that is refused; and one for each that nobody asked for."""
    parts: Parts = {}
    refused, ignored = list[Finding](), list[Finding]()
    for entry in entries:
        name = entry.path.relative_to(root).as_posix() if entry.path.is_relative_to(root) else ""
        folder = next((part for part in wanted if part.endswith("/") and name.startswith(part)), "")
        if entry.refused:
            refused.append(entry.refused)
        elif folder and not (name.isprintable() and len(name.encode()) <= MAX_NAME_BYTES):
            refused.append(codes.REFUSED_NAME(file=one_line(str(entry.path))))
        elif folder or name in wanted:
            parts.setdefault(folder or name, []).append((name, entry))
        else:
            ignored.append(codes.IGNORED(file=one_line(str(entry.path))))
    return parts, refused, ignored


def _without_doubles(entries: list[tuple[str, Entry]]) -> dict[str, Entry]:
    """The entries by name: of several with one name the last, and none where an archive has a file for a folder."""
    found = dict(entries)
    return {
        name: entry for name, entry in found.items() if found.keys().isdisjoint(map(str, PurePosixPath(name).parents))
    }


def _some(findings: list[Finding], more: Code) -> list[Finding]:
    """The first of the findings, and how many more there are."""
    left = len(findings) - LISTED
    return [*findings[:LISTED], more(count=left)] if left > 0 else findings


def _root(entries: list[Entry], wanted: Iterable[str], lab: Lab) -> PurePosixPath:
    """The folder inside that holds most of what is wanted: one with the lab's name before others, then the topmost.

    A folder with another lab's name is not looked into: files of several labs are called alike.
    """
    held: dict[PurePosixPath, set[str]] = {}
    for entry in entries:
        path = f"/{entry.path}"
        for name in wanted:
            place = path.find(f"/{name}") if name.endswith("/") else len(path.removesuffix(f"/{name}"))
            if 0 <= place < len(path):
                root = PurePosixPath(path[1:place])
                if _lab_of(root) in ("", lab.name):
                    held.setdefault(root, set()).add(name)
    if not held:
        return PurePosixPath(".")
    return min(held, key=lambda root: (-len(held[root]), not _lab_of(root), len(root.parts), str(root)))


def _lab_of(folder: PurePosixPath) -> str:
    """The lab that a folder inside a submission is called after ("lab3" for lab3_final/code), or ""."""
    names = [found[0] for part in folder.parts if (found := LAB_FOLDER.match(part.lower()))]
    return names[-1] if names else ""


def _against_manifest(files: dict[str, bytes]) -> list[Finding]:
    """Takes the student's manifest out of the files, and says which of them it does not describe."""
    data = files.pop(MANIFEST_FILE, None)
    if data is None:
        return []
    try:
        hashes = json.loads(data)["sha256"]
        differing = [name for name, content in files.items() if hashes.get(name) != hashlib.sha256(content).hexdigest()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [codes.MANIFEST_UNREADABLE(file=MANIFEST_FILE)]
    return [codes.CHANGED_AFTER_PACKING(file=name, manifest=MANIFEST_FILE) for name in differing]
