"""`make verify FILE=...`: unpacks an archive as grading does, and checks what is in it on a fresh copy of the lab."""

import contextlib
import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.intake.archives import NothingUsable, archive_stem
from grader.intake.names import labs_in
from grader.intake.sources import Unreadable
from grader.intake.staging import Staged, stage
from grader.lab import Lab, find_lab, labs_folder, read_lab
from grader.plain import one_line
from grader.student.checking import metrics_of
from grader.student.reset import BACKUP_FOLDER


@dataclasses.dataclass(frozen=True)
class Unpacked:
    """What grading would take of an archive: a copy of the lab with it, and what there is to say.

    `differing` are files that the student's folder has otherwise now, or not at all.
    """

    lab: Lab
    staged: Staged
    differing: list[str]

    @property
    def student(self) -> str:
        """Who handed it in, as its manifest says; "" where it does not."""
        return one_line(str((self.staged.manifest or {}).get("student") or ""))

    @property
    def findings(self) -> list[Finding]:
        """What grading would note. What training measured is in every archive, and read by nobody."""
        measured = tuple(f"/{metrics_of(self.lab, milestone).name}" for milestone in self.lab.manifest.milestones)
        return [
            finding
            for finding in self.staged.findings
            if not (codes.IGNORED.made(finding) and str(finding.values["file"]).endswith(measured))
        ]


@contextlib.contextmanager
def unpacked(archive: Path, lab_name: str | None) -> Iterator[Unpacked]:
    """A fresh copy of the lab, with what grading would take of the archive; it is gone at the end.

    Refused where there is no such file, where it does not say of which lab it is, and where nothing can be taken.
    """
    if not archive.exists():
        raise Refused("no_archive", path=str(archive))
    lab = find_lab(lab_name or _lab_named(archive), labs_folder())
    try:
        staged = stage(archive, lab)
    except (NothingUsable, Unreadable) as error:
        raise Refused(error.finding, 1) from None
    mine = {name: path.read_bytes() if (path := lab.path(name)).is_file() else None for name in staged.files}
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        copy = Path(folder) / lab.folder.name
        own = [*lab.manifest.files.handed_in, "runs", BACKUP_FOLDER, "__pycache__"]
        shutil.copytree(lab.folder, copy, ignore=_at_the_top(lab.folder, own))
        for name, content in staged.files.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(content)
        yield Unpacked(read_lab(copy), staged, [name for name, data in staged.files.items() if mine[name] != data])


def _lab_named(archive: Path) -> str:
    named = labs_in(archive_stem(archive))
    if len(named) != 1:
        raise Refused("verify_which_lab", path=archive.name)
    return named.pop()


def _at_the_top(folder: Path, names: list[str]) -> Callable[[str, list[str]], list[str]]:
    """For shutil.copytree: what is left out of the lab's own folder, and of none below it."""
    return lambda inside, _: names if Path(inside) == folder else []
