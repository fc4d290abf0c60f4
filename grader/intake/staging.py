"""Takes from a submission the files that lab.toml names, and nothing else: entries in, files and findings out.

The files may lie in a folder inside of another; of what else there is, the student and the instructor are told.
"""

import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from grader import codes
from grader.findings import Code, Finding, needs_person
from grader.intake.archives import Entry, NothingUsable, is_archive, is_clutter
from grader.intake.names import lab_of, order_in, packed
from grader.intake.platforms import GRADESCOPES, TEAMS, named_by_any
from grader.intake.sources import Loose, Unreadable, opened
from grader.lab import MANIFEST_FILE, Lab
from grader.lab.report import report_files
from grader.plain import one_line

ATTEMPTS = 3
MAX_VERSIONS = 20  # that are compared
LISTED = 5  # of the files that were ignored, or refused
MAX_NAME_BYTES = 255  # of a file's path in a folder that is taken: it is written down again for who judges the folder

Parts = dict[str, list[tuple[str, Entry]]]  # names and entries, by the file or folder that is wanted


@dataclasses.dataclass(frozen=True)
class Staged:
    """What was taken: contents by name. `findings` say what was not, first those that need a person's look."""

    files: dict[str, bytes]
    findings: list[Finding]
    too_large: dict[str, Finding] = dataclasses.field(default_factory=dict)  # by the name that lab.toml has for it
    manifest: Mapping[str, Any] | None = dataclasses.field(default=None, compare=False)  # of `make labN-submit`

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
    return report_files(lab) | wanted


def stage(source: Path, lab: Lab, loose: Loose | None = None) -> Staged:
    """Reads what the lab asks for out of a folder (or its loose files alone) or an archive, as it was at one moment.

    Raises NothingUsable where the student sent nothing that can be used, and Unreadable where the source vanished, is
    forbidden, or keeps changing.
    """
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Unreadable):
            return _staged(source, lab, loose)
    return _staged(source, lab, loose)


def _staged(source: Path, lab: Lab, loose: Loose | None) -> Staged:
    with opened(source, loose) as entries:
        return take(entries, lab)


def take(entries: Iterable[Entry], lab: Lab) -> Staged:
    """Reads the wanted ones of the entries: those in the folder that holds most of what is wanted. Of several folders
    that hold different versions the newest counts, where its name says so; else a person is asked.

    Raises NothingUsable where none of the files is there that a student hands in.
    """
    entries = [entry for entry in entries if not is_clutter(entry.path)]
    if not entries:
        raise NothingUsable(codes.NOTHING_IN_IT())
    wanted = wanted_files(lab)
    allowed = [entry for entry in entries if not entry.refused]
    _refuse_a_class(allowed)
    root, versions = _newest(_roots(allowed, wanted, lab), allowed, lab)
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
    manifest, changed = _against_manifest(files)
    problems = [*_some(refused, codes.MORE_REFUSED), *twice, *too_large.values()]
    problems += [finding for finding in versions if needs_person(finding)]
    notes = [finding for finding in versions if not needs_person(finding)]
    notes += [*_some(ignored, codes.MORE_IGNORED), *_some(changed, codes.MORE_CHANGED)]
    missing = [name for name in lab.manifest.files.handed_in if name not in files]
    if files.keys().isdisjoint([*lab.manifest.files.handed_in, *report_files(lab)]):
        also = [codes.NOT_OPENED(file=one_line(str(path))) for path in _archives_in(allowed)]
        raise NothingUsable(
            codes.NONE_IN_IT(files=missing), also=[*_some(also, codes.MORE_NOT_OPENED), *problems, *notes]
        )
    problems += [codes.NOT_IN_IT(file=name) for name in missing if name not in too_large]
    return Staged(files, [*problems, *notes], too_large, manifest)


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


Roots = dict[PurePosixPath, set[str]]  # folders, and what of the wanted each holds


def _roots(entries: list[Entry], wanted: Iterable[str], lab: Lab) -> Roots:
    """The folders inside that hold something of what is wanted, the best first: the one that holds most, one with the
    lab's name before others, then the topmost.

    A folder with another lab's name is not looked into: files of several labs are called alike.
    """
    held: Roots = {}
    for entry in entries:
        path = f"/{entry.path}"
        for name in wanted:
            place = path.find(f"/{name}") if name.endswith("/") else len(path.removesuffix(f"/{name}"))
            if 0 <= place < len(path):
                root = PurePosixPath(path[1:place])
                if lab_of(root) in ("", lab.name):
                    held.setdefault(root, set()).add(name)
    best = sorted(held, key=lambda root: (-len(held[root]), not lab_of(root), len(root.parts), str(root)))
    return {root: held[root] for root in best}


def _newest(roots: Roots, entries: list[Entry], lab: Lab) -> tuple[PurePosixPath, list[Finding]]:
    """The folder that counts, and what there is to say where others of its rank hold other versions of its code.

    Of a rank are folders equally deep, that have the lab's name or have not. A folder deeper down is a backup.
    """
    best = next(iter(roots), PurePosixPath())
    rank = bool(lab_of(best)), len(best.parts)
    code = [name for name in lab.manifest.files.handed_in if name in roots.get(best, ())]
    rivals = [
        root for root in roots if (bool(lab_of(root)), len(root.parts)) == rank and not roots[root].isdisjoint(code)
    ]
    if len(rivals) < 2:
        return best, []
    allowed = lab.manifest.files.max_bytes
    hashes = {root: _hashes(root, code, entries, allowed) for root in rivals[:MAX_VERSIONS]}
    different = [root for root in hashes if not hashes[root].items() <= hashes[best].items()]
    different += rivals[MAX_VERSIONS:]
    if not different:
        return best, []
    order = {root: order_in(str(root)) for root in (best, *different)}
    known = {place[0] for place in order.values() if place}, {place[1] for place in order.values() if place}
    if None not in order.values() and len(known[0]) == 1 and len(known[1]) == len(order):
        newest = max(order, key=lambda root: order[root] or ("", 0))
        made = codes.NEWEST_INSIDE
    else:
        newest = max(order, key=lambda root: (len(roots[root]), [_natural(part) for part in root.parts]))
        made = codes.VERSIONS_INSIDE
    others = [one_line(str(root)) for root in order if root != newest]
    return newest, [made(name=one_line(str(newest)), others=codes.some_of(others, LISTED))]


def _hashes(root: PurePosixPath, names: Sequence[str], entries: list[Entry], allowed: int) -> dict[str, bytes]:
    """A hash of each of these files in a folder, as far as it is small enough to be taken."""
    wanted = {root / name: name for name in names}
    found = [entry for entry in entries if entry.path in wanted and entry.size <= allowed]
    return {wanted[entry.path]: hashlib.sha256(entry.read()).digest() for entry in found}


def _natural(name: str) -> list[tuple[int, str]]:
    """A name by which "v10" comes after "v9"."""
    return [(int(part), "") if part.isdecimal() and len(part) < 20 else (0, part) for part in re.split(r"(\d+)", name)]


def _archives_in(entries: list[Entry]) -> list[PurePosixPath]:
    return [entry.path for entry in entries if is_archive(Path(entry.path.name))]


def _refuse_a_class(entries: list[Entry]) -> None:
    """NothingUsable for what a platform packed of several students: nobody's work may count as another's."""
    tops = {entry.path.parts[0] for entry in entries if entry.path.parts}
    inside = {entry.path.parts[1] for entry in entries if len(entry.path.parts) > 1} if len(tops) == 1 else set()
    names = [named.student for names in (tops, inside) for named in named_by_any(names).values()]
    names += [
        found["student"] for path in _archives_in(entries) if (found := packed(Path(path.name))) and found["time"]
    ]
    if len(set(names)) > 1 or {GRADESCOPES, TEAMS} & (tops | inside):
        raise NothingUsable(codes.OF_A_CLASS())


def _against_manifest(files: dict[str, bytes]) -> tuple[Mapping[str, Any] | None, list[Finding]]:
    """Takes the student's manifest out of the files, and says which of them it does not describe."""
    data = files.pop(MANIFEST_FILE, None)
    if data is None:
        return None, []
    try:
        manifest = json.loads(data)
        hashes = manifest["sha256"]
        differing = [name for name, content in files.items() if hashes.get(name) != hashlib.sha256(content).hexdigest()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, [codes.MANIFEST_UNREADABLE(file=MANIFEST_FILE)]
    return manifest, [codes.CHANGED_AFTER_PACKING(file=name, manifest=MANIFEST_FILE) for name in differing]
