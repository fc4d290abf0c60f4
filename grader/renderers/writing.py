"""Writes what renderers make: each file whole or not at all, and none outside of the folder that it belongs to."""

import itertools
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import ModuleType

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.renderers import File
from grader.renderers.words import Words
from grader.results.standing import Standing
from grader.results.whole import write_whole


def write_feedback(
    standings: Iterable[Standing | Finding], to: Path, renderer: ModuleType, words: Words, quiz_answers: bool = False
) -> tuple[list[Path], list[Finding]]:
    """Writes <to>/<student>/<lab>/feedback... for each standing: what was written, and why the others were not, with
    the findings in place of standings that could not be read. `quiz_answers` as in view_of."""
    written: list[Path] = []
    refused: list[Finding] = []
    for standing in standings:
        if isinstance(standing, Finding):
            refused.append(standing)
            continue
        folder = to / standing.graded.student / standing.graded.lab
        try:
            written += write_files(renderer.feedback(standing.view(quiz_answers), words), folder, to)
        except Refused as error:
            refused.append(error.finding)
    return written, refused


def write_files(files: Iterable[File], folder: Path, within: Path, durable: bool = True) -> list[Path]:
    """Writes files into a folder that lies within another. Refused where a path or a link leads out of it, or where a
    file cannot be written: what was there stays. `durable` as in write_whole."""
    written = []
    for name, content in files:
        path = folder / PurePosixPath(name)
        try:
            if not path.parent.resolve().is_relative_to(within.resolve()):
                raise Refused("leads_out", 1, path=str(path.parent), folder=str(within))
            write_whole(path, content if isinstance(content, bytes) else content.encode(), durable)
        except OSError as error:
            raise Refused(codes.NOT_WRITTEN(path=str(path), reason=error.strerror or ""), 1) from None
        written.append(path)
    return written


def write_report(files: Iterable[File], to: Path) -> list[Path]:
    """Writes a report into a folder, or, where it is one file and `to` ends as that does, as `to` itself. Refused where
    `to` looks like a file, and there are several."""
    rest = iter(files)
    first = list(itertools.islice(rest, 2))  # of thousands of pages, not all are held at a time
    if to.suffix and any(to.suffix == PurePosixPath(name).suffix for name, _ in first):
        if len(first) > 1:
            raise Refused("folder_wanted", path=str(to))
        first = [(to.name, first[0][1])]
        to = to.parent
    return write_files(itertools.chain(first, rest), to, to, durable=False)
