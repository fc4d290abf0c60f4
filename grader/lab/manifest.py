"""A lab as lab.toml describes it: its files, tasks with points, hints, limits, milestones and quiz."""

from pathlib import Path

import msgspec

from grader.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
MANIFEST_FILE = "manifest.json"  # in what a student hands in: the hashes of its files, as they were packed
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
    bonus: bool = False  # its points are listed apart, and are neither in the score nor in its maximum


class Milestone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training saved, judged by the grader: full points at `target`, half at `half`.

    Several may judge the same weights, each for something else.
    """

    name: str
    title: str
    points: float
    weights: str
    target: float
    half: float
    max_bytes: int = 4_000_000

    def in_words(self, reached: float) -> str:
        """What was reached, as exact as the bars are: 412.3 of 475, 0.873 of 0.9."""
        whole = abs(self.target) > 1 and self.target % 1 == self.half % 1 == 0
        return f"{reached:.{1 if whole else 3}f}"


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
    """What a student hands in (and edits), and what is given and never taken from a submission."""

    handed_in: list[str]
    given: list[str] = []
    max_bytes: int = 1_000_000


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A given file that students run by the script's name (make lab4-test), with `arguments` before their own."""

    file: str
    help: str
    arguments: list[str] = []


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a submission may use. Seconds are those it computes or sleeps; waiting for a busy machine is free."""

    check_seconds: float = 10  # for one case of a check
    submission_seconds: float = 120  # for all of them together
    memory_bytes: int = 2_000_000_000  # above what the worker has before a submission runs
    processes: int = 1  # with the one it runs in; more only where the worker has a user of its own
    threads: int = 64
    open_files: int = 256
    output_bytes: int = 4_000_000  # of one answer; what it prints is thrown away
    disk_bytes: int = 64_000_000  # in its private folder


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """lab.toml."""

    lab: str
    title: str
    files: Files
    tasks: list[Task]
    allowed_imports: list[str]
    milestones: list[Milestone] = []
    scripts: dict[str, Script] = {}
    quiz: Quiz | None = None
    report: list[ReportPart] = []
    limits: Limits = Limits()
    preload: list[str] = []  # modules that a worker has imported before a submission runs
    float64: bool = False  # the lab computes in float64, and is compared at its precision


class Lab(msgspec.Struct, frozen=True):
    """A lab's manifest and the folder it was read from (under labs/ or under solutions/)."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.manifest.lab

    @property
    def code_files(self) -> list[str]:
        return [name for name in self.manifest.files.handed_in if name.endswith(".py")]

    @property
    def answer_files(self) -> list[str]:
        """The JSON files that students fill in for a task."""
        return [*dict.fromkeys(task.file for task in self.manifest.tasks if task.file.endswith(".json"))]

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
            names.append(f"{task.name} (or {', '.join(others)})" if others else task.name)
        return ", ".join(names)


def read_lab(folder: Path) -> Lab:
    """The lab in `folder`; Refused where lab.toml is missing or says something it must not."""
    path = folder / "lab.toml"
    try:
        manifest = msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise Refused("cannot_be_read", 1, path=str(path), reason=error.strerror or "") from None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("manifest_refused", 1, path=str(path), reason=str(error)) from None
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
