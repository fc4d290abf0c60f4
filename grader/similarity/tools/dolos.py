"""Dolos, https://dolos.ugent.be: compares each file with each other, here one file of the lab at a time.

Its option -i takes one file of base code. All skeletons in one file leave remnants: where two of them meet, the
fingerprints are others than a student's.

Its options are in docs/docs/running.md and cli/src/cli/commands/run.ts of dodona-edu/dolos (2.9.3), info.csv in
docs/docs/adding-metadata.md, and the columns of pairs.csv in cli/src/cli/views/fileView.ts.
"""

import contextlib
import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from grader.similarity.folder import BASE, info_of, stem
from grader.similarity.pairs import Pair, most_similar, student_of

TITLE = "Dolos"
UNIT = "fingerprints"  # of winnowing, one after another: core/src/algorithm/pair.ts
TABLE = "pairs.csv"


def commands(files: Sequence[str]) -> list[str]:
    """What to type in the folder, for a lab with these files of code."""
    each = [(file, info_of(file), f"dolos/{stem(file)}") for file in files]
    runs = [f"npx @dodona/dolos run -l python -i {BASE}/{file} -f csv -o {to} {info}" for file, info, to in each]
    return [*runs, "grader similar --read dolos", *(f"npx @dodona/dolos serve {to}" for _, _, to in each)]


def reads(path: Path) -> bool:
    """Whether this is a table of pairs that `dolos run -f csv` wrote, the folder that it is in, or one of several."""
    return bool(_tables(path))


def _tables(path: Path) -> list[Path]:
    if path.name == TABLE:
        return [path] if path.is_file() else []
    return [table for table in (path / TABLE, *sorted(path.glob(f"*/{TABLE}"))) if table.is_file()]


def pairs_in(path: Path, most: int) -> tuple[int, list[Pair]]:
    """Pairs of files of two students. ValueError or KeyError where a table is not Dolos's."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(table.open(encoding="utf-8", newline="")) for table in _tables(path)]
        return most_similar(itertools.chain.from_iterable(map(_rows, files)), most)


def _rows(lines: Iterable[str]) -> Iterator[Pair]:
    try:
        for row in csv.DictReader(lines):
            files = _with_slashes(row["leftFilePath"]), _with_slashes(row["rightFilePath"])
            students = student_of(files[0]), student_of(files[1])
            yield Pair(students, {"similarity": float(row["similarity"])}, int(row["longestFragment"]), files)
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _with_slashes(path: str) -> str:
    """A path as it was given to Dolos, on Windows, too."""
    return path if "/" in path else path.replace("\\", "/")
