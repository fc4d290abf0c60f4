"""JPlag, https://github.com/jplag/JPlag: compares all files of one student with all of another's.

Its options are in its README.md and cli/src/main/java/de/jplag/cli/options/CliOptions.java (5.1.0 and 6.3.0), the
layout of submissions in docs/1.-How-to-Use-JPlag.md. The result, a zip, is written by
core/src/main/java/de/jplag/reporting/reportobject/ReportObjectFactory.java: 5 has overview.json, 6 topComparisons.json
and submissionMappings.json. `--csv-export` writes results.csv (core/src/main/java/de/jplag/csv/comparisons/).
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from grader.intake.archives import BROKEN
from grader.similarity.folder import BASE, STUDENTS
from grader.similarity.pairs import Pair, most_similar

TITLE = "JPlag"
UNIT = "tokens"
TABLE = "results.csv"
SUFFIXES = (".jplag", ".zip")  # of 6 and of 5
MAX_BYTES = 500_000_000  # of one file in a result
Form = TypeVar("Form")
Measures = dict[str, float]


class _Top5(msgspec.Struct):
    first_submission: str
    second_submission: str
    similarities: Measures


class _Overview5(msgspec.Struct):
    submission_id_to_display_name: dict[str, str]
    submission_ids_to_comparison_file_name: dict[str, dict[str, str]]
    top_comparisons: list[_Top5]


class _Top6(msgspec.Struct):
    firstSubmission: str
    secondSubmission: str
    similarities: Measures


class _Mappings6(msgspec.Struct):
    submissionIds: dict[str, str]
    submissionIdsToComparisonFileName: dict[str, dict[str, str]]


class _Match(msgspec.Struct):
    """A match, of 5 or of 6."""

    file1: str = ""
    file2: str = ""
    tokens: int = 0
    firstFileName: str = ""
    secondFileName: str = ""
    lengthOfFirst: int = 0

    @property
    def length(self) -> int:
        return self.tokens or self.lengthOfFirst

    @property
    def files(self) -> tuple[str, str]:
        return self.file1 or self.firstFileName, self.file2 or self.secondFileName


class _Comparison(msgspec.Struct):
    matches: list[_Match]


def commands(files: Sequence[str]) -> list[str]:
    """What to type in the folder. -M RUN: without it 6 goes on to open a browser."""
    return [
        f"java -jar jplag.jar -M RUN -l python3 -bc {BASE} -r jplag {STUDENTS}",
        "grader similar --read jplag.jplag",
    ]


def reads(path: Path) -> bool:
    """Whether this is JPlag's result file, its table of pairs, or the folder that the table is in."""
    if (path / TABLE).is_file():
        return True
    return path.is_file() and (path.suffix in SUFFIXES or path.name == TABLE)


def pairs_in(path: Path, most: int) -> tuple[int, list[Pair]]:
    """Pairs of students. ValueError or KeyError where it is not JPlag's."""
    if path.suffix not in SUFFIXES:
        with (path / TABLE if path.is_dir() else path).open(encoding="utf-8", newline="") as file:
            return most_similar(_rows(file), most)
    try:
        with zipfile.ZipFile(path) as archive:
            names, places, top = _overview(archive)
            count, best = most_similar(top, most)
            return count, [_with_longest(archive, names, places, pair) for pair in best]
    except BROKEN as error:
        raise ValueError(str(error)) from None


def _overview(archive: zipfile.ZipFile) -> tuple[dict[str, str], dict[str, dict[str, str]], list[Pair]]:
    """Of a result the students' names by id, the file of each comparison by two ids, and the pairs, by ids."""
    there = set(archive.namelist())
    if "overview.json" in there:
        five = _read(archive, "overview.json", _Overview5)
        pairs = [_pair(top.first_submission, top.second_submission, top.similarities) for top in five.top_comparisons]
        return five.submission_id_to_display_name, five.submission_ids_to_comparison_file_name, pairs
    six = _read(archive, "submissionMappings.json", _Mappings6)
    tops = _read(archive, "topComparisons.json", list[_Top6])
    places = {
        one: {other: f"comparisons/{name}" for other, name in others.items()}
        for one, others in six.submissionIdsToComparisonFileName.items()
    }
    return (
        six.submissionIds,
        places,
        [_pair(top.firstSubmission, top.secondSubmission, top.similarities) for top in tops],
    )


def _pair(one: str, other: str, similarities: Measures) -> Pair:
    """A pair as the overview has it: shares from 0 to 1; the lengths that 6 adds are no measures of similarity."""
    measures = {name: similarities[name] for name in ("AVG", "MAX")}
    longest = similarities.get("LONGEST_MATCH")
    return Pair((one, other), measures, None if longest is None else int(longest), ("", ""))


def _with_longest(
    archive: zipfile.ZipFile, names: Mapping[str, str], places: Mapping[str, Mapping[str, str]], pair: Pair
) -> Pair:
    """A pair by its students' names, with the longest match and the files that it is in."""
    one, other = pair.students
    matches = _read(archive, places[one][other], _Comparison).matches
    best = max(matches, key=lambda match: match.length, default=None)
    files = best.files if best else (one, other)
    return Pair(
        (names[one], names[other]),
        pair.similarity,
        pair.longest if pair.longest is not None else (best.length if best else 0),
        (_in_folder(one, files[0]), _in_folder(other, files[1])),
    )


def _in_folder(student: str, file: str) -> str:
    """The path of a file in the folder. A result has the student's id before it, and what Windows puts between."""
    inside = file.removeprefix(student)
    return f"{STUDENTS}/{student}{inside.replace(chr(92), '/') if inside.startswith(chr(92)) else inside}"


def _read(archive: zipfile.ZipFile, name: str, form: type[Form]) -> Form:
    if archive.getinfo(name).file_size > MAX_BYTES:
        raise ValueError(f"{name} has more than {MAX_BYTES} bytes")
    return msgspec.json.decode(archive.read(name), type=form)


def _rows(lines: Iterable[str]) -> Iterator[Pair]:
    try:
        for row in csv.DictReader(lines):
            one, other = row["submissionName1"], row["submissionName2"]
            measures = {"AVG": float(row["averageSimilarity"]), "MAX": float(row["maxSimilarity"])}
            yield Pair((one, other), measures, None, (f"{STUDENTS}/{one}", f"{STUDENTS}/{other}"))
    except csv.Error as error:
        raise ValueError(str(error)) from None
