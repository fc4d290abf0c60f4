"""A lab as lab.toml describes it: its files, tasks with points, hints, limits, milestones and quiz."""

from pathlib import Path
from typing import Literal, get_args

import msgspec

from grader.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
MANIFEST_FILE = "manifest.json"  # in what a student hands in: the hashes of its files, as they were packed
Format = Literal[2]  # of lab.toml
PUBLIC_SHARE = 0.4  # of a check's points rests on its public cases, the rest on hidden ones


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One graded task. `functions` are in `file`; the first one names the task unless `name` does.

    Where `file` is JSON that students fill in, the one function is how a probe reads it (loading.entries_of).
    """

    number: str
    name: str
    points: float
    file: str
    functions: list[str]
    hints: list[str]
    worked: dict[str, str] = {}  # how the answer of a public case comes about, by the case's title
    bonus: bool = False  # its points are listed apart, and are neither in the score nor in its maximum


class Milestone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training saved, judged by the lab's evaluate.py: full points at `target`, half at `half`.

    `artefacts` are files, or folders whose names end with "/". Several milestones may judge the same ones, each for
    something else. They are judged in a confined process of their own, within `seconds` and `memory_bytes`.

    `tasks` are those from whose functions training makes the artefacts. How they came about cannot be seen in them, so
    where the published checks of these tasks do not pass, a person decides.
    """

    name: str
    title: str
    points: float
    artefacts: list[str]
    target: float
    half: float
    tasks: list[str] = []
    one_answer: bool = False  # all who are right save the same, so that equal artefacts say nothing
    max_bytes: int = 4_000_000  # of all artefacts together
    seconds: float = 60  # computing; waiting for a busy machine is free
    memory_bytes: int = 1_000_000_000  # above what the process has before it reads them

    def in_words(self, reached: float) -> str:
        """What was reached, as exact as the bars are: 412.3 of 475, 0.873 of 0.9."""
        whole = abs(self.target) > 1 and self.target % 1 == self.half % 1 == 0
        return f"{reached:.{1 if whole else 3}f}"


def is_of(artefact: str, name: str) -> bool:
    """Whether the file `name` is the artefact, or lies in it where that is a folder."""
    return name.startswith(artefact) if artefact.endswith("/") else name == artefact


class Quiz(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`questions` questions of one point each, answered in quiz.json with one of `choices`."""

    questions: int
    choices: str = "abcd"


class ReportPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the report, graded by hand."""

    name: str
    title: str
    points: float


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lab's files by their roles. What training saves is named by the milestones.

    code      Python that a student writes
    answers   JSON that a student fills in: a task's, and quiz.json
    given     what every student has; a copy that is handed in is not read
    """

    code: list[str]
    answers: list[str] = []
    given: list[str] = []
    max_bytes: int = 1_000_000  # of one file of a student's

    @property
    def handed_in(self) -> list[str]:
        """The files that a student edits, all of which are handed in. The report is optional (grader/lab/report.py)."""
        return [*self.code, *self.answers]


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A given file that students run by the script's name (make lab4-test), with `arguments` before their own."""

    file: str
    help: str
    arguments: list[str] = []


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a submission may use. Seconds are those it computes or sleeps; waiting for a busy machine is free."""

    check_seconds: float = 10  # for one case of a check
    import_seconds: float = 10  # for the import of one file
    submission_seconds: float = 120  # for all of them together
    memory_bytes: int = 2_000_000_000  # above what the worker has before a submission runs
    processes: int = 1  # with the one it runs in; more only where the worker has a user of its own
    threads: int = 64
    open_files: int = 256
    output_bytes: int = 4_000_000  # of one answer; what it prints is thrown away
    disk_bytes: int = 64_000_000  # in its private folder
    by_name: bool = (
        True  # what it may not do is refused by Python, with the limit's name; false leaves it to the sandbox
    )


class Grader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What grading depends on besides the lab's files."""

    # Libraries whose numbers count: with another version of one, scores may differ.
    versions: list[str] = msgspec.field(default_factory=lambda: ["torch", "numpy"])
    preload: list[str] = []  # modules that a worker has imported before it runs a submission or judges artefacts


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """lab.toml."""

    lab: str
    title: str
    files: Files
    tasks: list[Task]
    allowed_imports: list[str]
    refused_imports: list[str] = []  # modules of the allowed ones that hold the answer
    milestones: list[Milestone] = []
    scripts: dict[str, Script] = {}
    quiz: Quiz | None = None
    report: list[ReportPart] = []
    limits: Limits = Limits()
    grader: Grader = Grader()
    float64: bool = False  # the lab computes in float64, and is compared at its precision
    format: Format = 2

    def limits_of(self, milestone: Milestone) -> Limits:
        """What judging a milestone may use. Its artefacts lie in the private folder."""
        disk_bytes = self.limits.disk_bytes + milestone.max_bytes
        return msgspec.structs.replace(self.limits, memory_bytes=milestone.memory_bytes, disk_bytes=disk_bytes)

    @property
    def largest_limits(self) -> Limits:
        """What a sandbox has to allow: enough for submissions, and for each milestone."""
        each = [self.limits, *map(self.limits_of, self.milestones)]
        return msgspec.structs.replace(
            self.limits,
            memory_bytes=max(limits.memory_bytes for limits in each),
            disk_bytes=max(limits.disk_bytes for limits in each),
        )


class Lab(msgspec.Struct, frozen=True):
    """A lab's manifest and the folder it was read from (under labs/ or under solutions/)."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.manifest.lab

    @property
    def code_files(self) -> list[str]:
        return self.manifest.files.code

    @property
    def answer_files(self) -> list[str]:
        """The JSON files that students fill in for a task."""
        files = {task.file for task in self.manifest.tasks}
        return [name for name in self.manifest.files.answers if name in files]

    @property
    def artefacts(self) -> list[str]:
        """What training saves for the milestones: files, and folders whose names end with "/"."""
        return [*dict.fromkeys(name for milestone in self.manifest.milestones for name in milestone.artefacts)]

    @property
    def max_score(self) -> float:
        manifest = self.manifest
        points = [task.points for task in manifest.tasks if not task.bonus] + [
            milestone.points for milestone in manifest.milestones
        ]
        points += [part.points for part in manifest.report]
        return sum(points) + (manifest.quiz.questions if manifest.quiz else 0)

    def path(self, name: str) -> Path:
        return self.folder / name

    def files_of(self, artefact: str) -> list[Path]:
        """The files of an artefact that lie in the lab's folder, in order; none where nothing was saved."""
        path = self.path(artefact)
        if not artefact.endswith("/"):
            return [path] if path.is_file() else []
        return sorted(file for file in path.rglob("*") if file.is_file())

    def task(self, name: str) -> Task:
        """The task of that name, or number, or the one a function of that name belongs to."""
        for task in self.manifest.tasks:
            if name in (task.name, task.number, *task.functions):
                return task
        raise Refused("no_such_task", lab=self.name, task=name, tasks=self.task_names)

    @property
    def task_names(self) -> str:
        """The tasks by name, with the functions by which they can be called, too."""
        names = []
        for task in self.manifest.tasks:
            others = [function for function in task.functions if function != task.name]
            names.append(f"{task.name} ({', '.join(others)})" if others else task.name)
        return ", ".join(names)


class _Form(msgspec.Struct):
    format: int = 1


def read_lab(folder: Path) -> Lab:
    """The lab in `folder`; Refused where lab.toml is missing, in another format, or says something it must not."""
    path = folder / "lab.toml"
    try:
        text = path.read_bytes()
        if (form := msgspec.toml.decode(text, type=_Form).format) not in get_args(Format):
            raise Refused("manifest_format", 1, path=str(path), format=form, wanted=get_args(Format)[-1])
        manifest = msgspec.toml.decode(text, type=Manifest)
    except OSError as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=error.strerror or "") from None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("manifest_refused", 1, path=str(path), reason=str(error)) from None
    known = [task.name for task in manifest.tasks]
    for milestone in manifest.milestones:
        if unknown := [name for name in milestone.tasks if name not in known]:
            reason = f"milestone {milestone.name} names tasks that there are not: {', '.join(unknown)}"
            raise Refused("manifest_refused", 1, path=str(path), reason=reason)
    return Lab(folder, manifest)


def lab_folders(parent: Path) -> list[Path]:
    """The folders of labs under `parent`, in the order of their numbers."""
    found = [path.parent for path in parent.glob("lab*_*/lab.toml")]
    return sorted(found, key=lambda folder: (len(folder.name.split("_")[0]), folder.name))


def find_lab(name: str, parent: Path) -> Lab:
    """The lab called `name` ("lab3", "3" or the folder's name) under `parent` (labs/ or solutions/)."""
    folders = lab_folders(parent)
    for folder in folders:
        short = folder.name.split("_")[0]
        if name in (short, folder.name, short.removeprefix("lab")):
            return read_lab(folder)
    known = ", ".join(folder.name.split("_")[0] for folder in folders) or "none"
    raise Refused("no_such_lab", lab=name, folder=parent.name, labs=known)


def labs_folder() -> Path:
    """Where students work."""
    return ROOT / "labs"


def solutions_folder() -> Path:
    """Where an instructor keeps the sources; Refused in a copy that has none."""
    folder = ROOT / "solutions"
    if not folder.is_dir():
        raise Refused("no_solutions")
    return folder
