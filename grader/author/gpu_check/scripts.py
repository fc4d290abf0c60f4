"""Runs a script by its command line for an item, and reads the rows that it prints.

Nothing is downloaded: a model that is not in the cache, and a script or an option that this copy of the kit lacks, is
"not run" with the reason.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.author.gpu_check.processes import last_lines
from grader.author.gpu_check.report import Cell, Table
from grader.author.gpu_check.settings import Found, Settings
from grader.lab import ROOT
from grader.plain import one_line

REAL_MODEL = "smollm2"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "PIP_NO_INDEX": "1"}
TIMED_OUT = 124  # an exit code, as timeout(1) has it
SECONDS_TO_TELL = 5.0  # of an item, that a script may not take: for what is said of it
TABLE_LINES = 30  # of what a script printed last
WORDS = 300  # of a reason
# What a script says that is older than this one, and has not the module or the option yet.
NOT_THERE_YET = ("unrecognized arguments", "No module named labs.common", "No module named 'labs.common")


@dataclass(frozen=True)
class Ran:
    """A script that has ended: its exit code, what it printed, and its seconds of wall time."""

    code: int
    out: str
    err: str
    seconds: float

    def failure(self) -> Found | None:
        """What is said of a script that did not end well; None of one that did."""
        if self.code == 0:
            return None
        if self.code == TIMED_OUT:
            said = last_lines(self.out + "\n" + self.err, TABLE_LINES)
            return Found("failed", reason=f"it was stopped after {self.seconds:.0f} s", texts=said)
        texts = last_lines(self.out + "\n" + self.err, TABLE_LINES)
        if missing := next((line for line in texts if any(words in line for words in NOT_THERE_YET)), ""):
            return Found("not run", reason=f"this copy has no such script or option: {one_line(missing, WORDS)}")
        said = last_lines(self.err, 1) or last_lines(self.out, 1) or ["nothing was printed"]
        return Found("failed", reason=f"exit code {self.code}: {one_line(said[0], WORDS)}", texts=texts)


def run(arguments: Sequence[str | Path], variables: Mapping[str, str], settings: Settings, folder: Path = ROOT) -> Ran:
    """Runs this Python with these arguments and variables of the environment, offline, with the kit's packages, and
    ends it in time for what it did to be told."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "LAB_LANG": "en", **OFFLINE, **variables}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:  # what is stopped has said something, too
        process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment, stdout=out, stderr=err)
        try:
            code = process.wait(max(1.0, settings.item_seconds - SECONDS_TO_TELL))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = TIMED_OUT
        said = [_text(file) for file in (out, err)]
    return Ran(code, said[0], said[1], time.perf_counter() - began)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def rows_in(text: str) -> list[dict[str, Cell]] | None:
    """The JSON list of rows that a script printed, maybe after other words; None where there is none."""
    starts = [
        place for place, sign in enumerate(text) if sign == "[" and text[:place].rpartition("\n")[2].strip() == ""
    ]
    for place in starts:
        try:
            found, _ = json.JSONDecoder().raw_decode(text, place)
        except ValueError:
            continue
        if found and all(isinstance(row, dict) for row in found):
            return [{str(name): _cell(value) for name, value in row.items()} for row in found]
    return None


def _cell(value: object) -> Cell:
    if isinstance(value, float) and not math.isfinite(value):  # JSON, which the report is, has none of these
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else json.dumps(value)


def printed_rows(
    arguments: Sequence[str | Path],
    title: str,
    judged: Callable[[list[dict[str, Cell]]], Found],
    variables: Mapping[str, str],
    settings: Settings,
) -> Found:
    """What comes of a script that prints rows: judged, with the rows as a table."""
    ran = run(arguments, variables, settings)
    if failed := ran.failure():
        return failed
    if (rows := rows_in(ran.out)) is None:
        return Found("failed", reason="it printed no JSON list of rows", texts=last_lines(ran.out, TABLE_LINES))
    found = judged(rows)
    return Found(found.verdict, found.figure, found.reason, [Table(title, rows)])


def why_no_model() -> str:
    """Why the real model cannot be had without a download; empty where it can."""
    from labs.common.language_model import ModelUnavailable, smollm2

    os.environ.update(OFFLINE)  # pip, which would fetch it, then fails at once
    try:
        smollm2()
    except (ModelUnavailable, OSError) as error:
        return f"MODEL={REAL_MODEL} is not in the cache: {one_line(str(error), WORDS)}"
    return ""
