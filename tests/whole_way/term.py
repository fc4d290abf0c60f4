"""A course of three labs, as an instructor finds it once they were due: a copy of the kit, the roster, what Canvas
gives to download, and the rules.
"""

import dataclasses
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from grader import handin
from grader.author.skeleton import cut
from grader.lab import ROOT, Lab, find_lab, labs_folder, solutions_folder
from grader.lab.report_cells import FILE as REPORT

LABS = ("lab0", "lab1", "lab3")
ZONE = ZoneInfo("Europe/Berlin")
DUE = {lab: datetime(2026, 10, day, 23, 59, tzinfo=ZONE) for lab, day in zip(LABS, (1, 15, 29), strict=True)}
NAMED = ("ada", "ben", "cy", "dan", "eve", "fay", "gus", "hal", "ida", "joe")  # each has a part in lab 3
RULES = """
time_zone = "Europe/Berlin"
late_days = 1
percent_a_day = 20

[labs.lab0]
due = 2026-10-01T23:59:00
[labs.lab1]
due = 2026-10-15T23:59:00
[labs.lab3]
due = 2026-10-29T23:59:00

[[extensions]]
student = "eve"
lab = "lab3"
until = 2026-11-01T23:59:00
reason = "ill"

[[holds]]
student = "hal"
lab = "lab3"
reason = "we talk first"

[[groups]]
members = ["cy", "dan"]
labs = ["lab3"]
"""
FOUND_OUT = """
[[hand_ins]]
student = "gus"
lab = "lab3"
time = 2026-10-29T20:00:00
reason = "sent by mail"
"""
# A reference that is wrong until it is mended, and the same in ida's hand-in: an episode's end is not seen.
RIGHT, WRONG = "G = reward + gamma * G * (not done)", "G = gamma * G + reward"
REFERENCE = Path("solutions/lab3_policy_gradient/returns.py")


@dataclasses.dataclass(frozen=True)
class Student:
    """One of the course: the place in the roster, and the id."""

    number: int
    id: str

    @property
    def name(self) -> str:
        return f"{self.id.capitalize()} Nr{self.number}"


def students(count: int) -> list[Student]:
    return [Student(number, NAMED[number] if number < len(NAMED) else f"student{number:03}") for number in range(count)]


def kit(folder: Path) -> Path:
    """A copy of the kit, as an instructor has it."""
    leave = [
        ".git",
        ".venv",
        ".*_cache",
        ".hypothesis",
        "runs",
        "__pycache__",
        "graded",
        "submitted",
        "release",
        "*.egg-info",
    ]
    return Path(shutil.copytree(ROOT, folder / "kit", ignore=shutil.ignore_patterns(*leave)))


def begin(folder: Path, count: int) -> Path:
    """The kit with all that an instructor has beside it; returns its folder."""
    home, people = kit(folder), students(count)
    (home / "course.toml").write_text(RULES, encoding="utf-8")
    (home / "roster.csv").write_text(roster(people), encoding="utf-8")
    for number, lab in enumerate(LABS):
        (home / f"{lab}.zip").write_bytes(export(find_lab(lab, solutions_folder()), people, number))
    return home


def roster(people: list[Student]) -> str:
    """A gradebook as Canvas exports it."""
    columns = ",".join(f"Lab {lab.removeprefix('lab')} ({100 + number})" for number, lab in enumerate(LABS))
    lines = [f"Student,ID,SIS User ID,SIS Login ID,Section,{columns}", "    Points Possible,,,,,20,100,100"]
    lines += [
        f'"{each.name.split()[1]}, {each.name.split()[0]}",{1000 + each.number},,{each.id},A,,,' for each in people
    ]
    return "\n".join(lines) + "\n"


def export(lab: Lab, people: list[Student], number: int) -> bytes:
    """What Canvas gives to download: a hand-in of each student, of a group one member's."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in people:
            if (each.id, lab.name) == ("dan", "lab3"):  # cy hands in for both
                continue
            packed, when = hand_in(lab, each), packed_at(lab, each)
            name = f"{each.id}_{lab.name}.zip" if when is None else handin.archive_name(each.id, lab.name, when)
            late = "LATE_" if when and when > DUE[lab.name] else ""
            called = f"{each.name.split()[1]}{each.name.split()[0]}".lower()
            archive.writestr(f"{called}_{late}{1000 + each.number}_{5000 * number + each.number}_{name}", packed)
    return whole.getvalue()


def packed_at(lab: Lab, student: Student) -> datetime | None:
    """When somebody handed in; None where nobody can know."""
    due = DUE[lab.name]
    late = {("ben", "lab3"): 2, ("eve", "lab3"): 2, ("joe", "lab1"): 1}.get((student.id, lab.name), 0)
    if (student.id, lab.name) == ("gus", "lab3"):
        return None
    return due + timedelta(days=late) - timedelta(hours=1 + student.number % 20)


def hand_in(lab: Lab, student: Student) -> bytes:
    """The archive that `make labN-submit` packs; gus packed his own."""
    files, when = work(lab, student), packed_at(lab, student)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{lab.name}/{name}", data)
        if when is not None:
            hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            manifest = {"lab": lab.name, "student": student.id, "packed": when.isoformat(), "sha256": hashes}
            archive.writestr(f"{lab.name}/manifest.json", json.dumps(manifest))
    return packed.getvalue()


def work(lab: Lab, student: Student) -> Mapping[str, bytes]:
    """What a student wrote: everybody whose part it is, and one in two of the others, has all; the rest left a file or
    two as they were."""
    files: dict[str, bytes] = {}
    for place, name in enumerate(lab.code_files):
        text = lab.path(name).read_text(encoding="utf-8")
        if student.number >= len(NAMED) and student.number % 2 and place <= student.number % 3:
            text = cut(text, name)
        if (student.id, lab.name, name) == ("ida", "lab3", REFERENCE.name):
            text = text.replace(RIGHT, WRONG)
        files[name] = text.encode()
    for name in set(lab.manifest.files.handed_in) - set(lab.code_files):
        files[name] = lab.path(name).read_bytes()
    if lab.manifest.report:
        files[REPORT] = b"{" if (student.id, lab.name) == ("fay", "lab3") else report(lab, student)
    return files


def report(lab: Lab, student: Student) -> bytes:
    notebook = json.loads((find_lab(lab.name, labs_folder()).folder / REPORT).read_bytes())
    parts = {part.name for part in lab.manifest.report}
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in parts:
            cell["source"] = f"What **{student.id}** saw. <script>document.title = 'attacked'</script>"
    return json.dumps(notebook).encode()
