"""What several tests share: the labs' sources, one warm parent of workers, and submissions to grade."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader import cli, sandboxes
from grader.author import sync
from grader.author.skeleton import blank, cut
from grader.grading.asking import WarmParent
from grader.grading.submission import Bench, Graded, grade, open_bench
from grader.intake.submissions import Submission
from grader.lab import Lab, Limits, lab_folders, manifest, read_lab, solutions_folder
from grader.lab.loading import importing_from

# Tests that run in the background ignore Ctrl-C; what they start would inherit that, and could not be stopped.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A make that a test starts is as typed by hand, though a make started the tests: it says no folder that it enters,
# and takes none of the other's variables.
for name in [name for name in os.environ if name.startswith("MAKE")]:
    del os.environ[name]

# Tests read English sentences, whatever the locale; those of a language name it.
os.environ["LAB_LANG"] = "en"

# Files that take a minute and more. They come first, so that pytest's processes end at about the same time.
LONGEST = (
    "test_labs",
    "test_faults",
    "test_batch",
    "test_feedback",
    "test_whole_way",
    "test_slurm",
    "test_cluster",
    "test_built",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


SOLUTIONS = {folder.name.split("_")[0]: folder for folder in lab_folders(solutions_folder())}


@pytest.fixture(scope="session")
def lab0() -> Lab:
    return read_lab(SOLUTIONS["lab0"])


@pytest.fixture(scope="session")
def lab3() -> Lab:
    return read_lab(SOLUTIONS["lab3"])


@pytest.fixture(scope="session")
def warm_parent() -> Iterator[WarmParent]:
    """One for all tests: it imports torch, which takes seconds."""
    with WarmParent(Limits(), sandboxes.choose("auto", Limits())) as parent:
        yield parent


@pytest.fixture(scope="session")
def lab0_run(lab0: Lab, warm_parent: WarmParent) -> Bench:
    return open_bench(lab0, warm_parent, seed=1)


@pytest.fixture(scope="session")
def lab3_run(lab3: Lab, warm_parent: WarmParent) -> Bench:
    return open_bench(lab3, warm_parent, seed=1)


@pytest.fixture
def submitted(tmp_path: Path) -> Callable[..., Path]:
    """Makes a submission's folder from the reference (or the skeleton), with some files replaced by other texts."""

    def make(lab: Lab, replaced: dict[str, str | bytes] | None = None, skeleton: bool = False) -> Path:
        folder = tmp_path / "submitted" / "student" / lab.name
        folder.mkdir(parents=True, exist_ok=True)
        for name in lab.manifest.files.handed_in:
            if skeleton and name.endswith(".py"):
                (folder / name).write_text(cut(lab.path(name).read_text(encoding="utf-8"), name), encoding="utf-8")
            elif skeleton and name in lab.answer_files:
                (folder / name).write_text(blank(lab.path(name).read_text(encoding="utf-8")), encoding="utf-8")
            else:
                shutil.copyfile(lab.path(name), folder / name)
        for name, text in (replaced or {}).items():
            (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return folder

    return make


@pytest.fixture
def graded() -> Callable[[Bench, Path], Graded]:
    """Grades one submission's folder."""
    return lambda run, folder: grade(run, Submission("student", folder, []))


@pytest.fixture(scope="session")
def small_lab() -> Lab:
    """A lab of three tasks in two files that is checked in milliseconds, with limits that are reached in no time."""
    return read_lab(Path(__file__).parent / "small_lab" / "lab90_numbers")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """A network this small runs faster on one, and many times faster where another process wants the other core."""
    import torch  # here, since most tests do without

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# --- a kit of one small lab, for tests of whole screens ---------------------------------------------------------------


@pytest.fixture
def small_kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kit with one small lab, in the skeleton's state, and the tests' lab in solutions/."""
    source = Path(__file__).parent / "small_lab" / "lab90_numbers"
    shutil.copytree(source, tmp_path / "kit" / "solutions" / source.name)
    sync.sync(read_lab(tmp_path / "kit" / "solutions" / source.name), tmp_path / "kit" / "labs" / source.name)
    monkeypatch.setattr(manifest, "ROOT", tmp_path / "kit")
    monkeypatch.chdir(tmp_path / "kit")
    return tmp_path / "kit"


@pytest.fixture
def said(small_kit: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command says, on both streams."""

    def typed(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["grader", *arguments])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit):
            cli.main()
        captured = capsys.readouterr()
        return captured.out + captured.err

    return typed


# --- the scripts of a lab, for tests/test_labN_given.py ---------------------------------------------------------------

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def lab_copy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of the lab that the test file is named after, with the reference in it: when all is written."""
    folder = SOLUTIONS[request.path.stem.split("_")[1]]
    return Path(shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("runs", "__pycache__")))


@pytest.fixture
def command(lab_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a script of the lab in this process: its exit code, and what it said."""
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("RECIPE", os.environ.get("RECIPE", "cpu"))  # of a real model, also where there is a GPU

    def run(script: str, *arguments: str, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [f"{script}.py", *arguments])
        with importing_from(lab_copy):
            prepare()
            try:
                code = __import__(script).main() or 0
            except SystemExit as ended:
                code = ended.code
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out + said.err

    yield run
    signal.signal(signal.SIGINT, before)
