"""Where the kit lies: in the right folder, whole, writable, and left alone by other programs."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from grader import contents
from grader.doctor.faults import Fault
from labs.common.translated import N_, _

PARTS = ("Makefile", "pyproject.toml", "requirements/install.py", "labs/common/__init__.py", "labs/lab0_setup/lab.toml")
SYNCED = {
    "OneDrive": r"OneDrive( - .*)?",
    "Dropbox": r"Dropbox( \(.*\))?",
    "iCloud Drive": r"Mobile Documents|com~apple~CloudDocs|iCloud ?Drive",
    "Google Drive": r"Google ?Drive|GoogleDrive-.*|My Drive",
    N_("a cloud's folder"): r"CloudStorage|Nextcloud|ownCloud|pCloud ?Drive|MEGA|Box Sync",
}
MOVE = N_(
    "Move the whole folder to one of your home that nothing copies (~/labs), and there: rm -rf .venv, make setup."
)
WATCHERS = {
    "clamonacc": "ClamAV",
    "falcon-sensor": "CrowdStrike",
    "mdatp": "Microsoft Defender",
    "wdavdaemon": "Defender",
}
TRIED_FILES = 100
SLOW_SECONDS = 2.0  # for so many small files; a laptop needs a fiftieth of it
LISTED = 3


def place(root: Path) -> Iterator[Fault]:
    """A kit that is not whole, lies in another one, or where make or venv cannot work."""
    missing = [part for part in PARTS if not (root / part).exists()]
    if missing:
        yield Fault(
            N_("folder"),
            _("{root} is not the whole kit: {missing} is missing.").format(root=root, missing=", ".join(missing)),
            _("Unpack the course's archive again, all of it, and work in the folder that it makes."),
        )
    outer = next((folder for folder in root.parents if (folder / "labs" / "common").is_dir()), None)
    if outer:
        yield Fault(
            N_("folder"),
            _("this copy of the kit lies in another one ({outer}).").format(outer=outer),
            _("Work in one of the two: what you write in one is not seen by the other."),
            stops=False,
        )
    if re.search(r"[:;]", str(root)):
        yield Fault(
            N_("folder"),
            _("the path {path!r} has a colon in it; Python makes no environment in such a folder.").format(
                path=str(root)
            ),
            _("Rename the folder: the name after a date or a time is the usual one (labs-12:30)."),
        )


def given(root: Path) -> Iterator[Fault]:
    """Given files that are not as they were released: the checks here then say something else than grading."""
    edited = [
        path
        for path, released in contents.listed_in(root).items()
        if path.startswith("labs/") and not _is_students(root, path) and _hash(root / path) != released
    ]
    if edited:
        more = _(" and {count} more").format(count=len(edited) - LISTED) if len(edited) > LISTED else ""
        yield Fault(
            N_("given files"),
            _("not as they were released: {files}{more}. Grading uses the released ones.").format(
                files=", ".join(edited[:LISTED]), more=more
            ),
            _("Take them from the course's archive again: make update FROM=release.zip. Yours are kept in .backup/."),
            stops=False,
        )


def _is_students(root: Path, path: str) -> bool:
    """Whether a student edits this file: then its skeleton lies beside."""
    lab = Path(*Path(path).parts[:2])
    return (root / lab / ".skeleton" / Path(path).relative_to(lab)).exists()


def _hash(path: Path) -> str:
    try:
        return contents.hash_of(path.read_bytes())
    except OSError:
        return "missing"


def permissions(root: Path) -> Iterator[Fault]:
    """What the work has to change and this user may not: `sudo make` and containers leave such files."""
    folders = [root, root / "labs", *(root / "labs").glob("lab*_*"), *(root / "labs").glob("lab*_*/runs")]
    files = [*folders, *(root / "labs").glob("lab*_*/*.py"), *(root / "labs").glob("lab*_*/*.json")]
    files += [path for path in (root / ".venv", root / "submissions") if path.exists()]
    locked = [str(path.relative_to(root)) for path in files if not os.access(path, os.W_OK)]
    if locked:
        more = _(" and {count} more").format(count=len(locked) - LISTED) if len(locked) > LISTED else ""
        yield Fault(
            N_("permissions"),
            _("you may not write to {files}{more}.").format(files=", ".join(locked[:LISTED]), more=more),
            _(
                "Make them yours: sudo chown -R $(id -un) {root}; chmod -R u+rw {root}. On a read-only disk: "
                "copy the folder."
            ).format(root=root),
        )


def synced(root: Path) -> Iterator[Fault]:
    """A folder that a cloud copies: it moves files away while they are in use, and copies 30,000 files of .venv."""
    for cloud, pattern in SYNCED.items():
        if any(re.fullmatch(pattern, part) for part in root.parts):
            yield Fault(
                N_("sync folder"),
                _("the labs lie in {cloud}, which takes files away and puts copies beside.").format(cloud=_(cloud)),
                _(MOVE),
            )
            return
    if "microsoft" in platform.release().lower() and re.match(r"/mnt/[a-z]/", str(root)):
        yield Fault(
            N_("sync folder"),
            _("the labs lie on Windows' disk: from Linux each file there takes ten times as long."),
            _(MOVE),
            stops=False,
        )


def speed(root: Path) -> Iterator[Fault]:
    """Small files that take long to write and read: an antivirus program looks into each, or the disk is a network's.

    A laptop's own disk needs a hundredth of a second.
    """
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(dir=root, prefix=".doctor-") as folder:
            for number in range(TRIED_FILES):
                path = Path(folder) / f"m{number}.py"
                path.write_text(f"x = {number}\n", encoding="utf-8")
                path.read_text(encoding="utf-8")
    except OSError:
        return  # permissions and disk say why
    seconds = time.monotonic() - started
    if seconds > SLOW_SECONDS:
        seen = watcher()
        yield Fault(
            N_("antivirus"),
            _("{count} small files took {seconds:.1f} s here. ").format(count=TRIED_FILES, seconds=seconds)
            + (
                _("{seen} is running.").format(seen=seen)
                if seen
                else _("An antivirus program, or a disk in the network, is the usual reason.")
            ),
            _("Have the program leave this folder out, or move the labs to a disk of this machine."),
            stops=False,
        )


def watcher(proc: Path = Path("/proc")) -> str:
    """The antivirus program that runs here, as far as it is known; "" where none is seen."""
    for name in proc.glob("[0-9]*/comm"):
        try:
            found = WATCHERS.get(name.read_text().strip())
        except OSError:
            continue
        if found:
            return found
    return ""
