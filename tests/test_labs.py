"""The labs themselves: sound, derived as committed, and without anything secret in what students get."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from grader.author import leaks, lint, release, sync
from grader.errors import Refused
from grader.lab import ROOT, Lab, lab_folders, labs_folder, read_lab, solutions_folder

LABS = [read_lab(folder) for folder in lab_folders(solutions_folder())]
BY_NAME = {"argvalues": LABS, "ids": [lab.name for lab in LABS]}


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """One for each core, with one thread: what checks ask costs more on several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            yield pool


@pytest.fixture(scope="module")
def derived(processes: ProcessPoolExecutor) -> dict[str, dict[str, str]]:
    """The files of every lab, derived anew."""
    labs = LABS[::-1]  # the last takes longest
    return {lab.folder.name: files for lab, files in zip(labs, processes.map(sync.derive, labs), strict=True)}


@pytest.fixture(scope="module")
def lints(processes: ProcessPoolExecutor, derived: dict[str, dict[str, str]]) -> dict[str, Future[lint.Linted]]:
    """The lints of all labs: every mistake, alternative and mutant on all cases of three seeds."""
    return {lab.name: processes.submit(lint.lint, lab, derived[lab.folder.name]) for lab in reversed(LABS)}


@pytest.mark.parametrize("lab", **BY_NAME)
def test_a_lab_is_sound(lab: Lab, lints: dict[str, Future[lint.Linted]]) -> None:
    linted = lints[lab.name].result()
    assert linted.faults == []
    assert linted.mistakes[0] == linted.mistakes[1] > 0
    assert linted.alternatives[0] == linted.alternatives[1] > 0


def test_labs_are_derived_from_the_sources_as_they_are(derived: dict[str, dict[str, str]]) -> None:
    """Compares with the last derivation that was committed, not with files that a student may have edited."""
    for name, files in derived.items():
        folder = labs_folder() / name
        recorded = sync.last_derivation(folder)
        for file, text in files.items():
            same = hashlib.sha256(text.encode()).hexdigest() == recorded.get(file)
            assert same or sync.holds(folder / file, text), f"labs/{name}/{file} is out of date: make sync"
        assert recorded.keys() == files.keys()


def test_no_record_says_where_libraries_lie_here() -> None:
    """It would be another one on the next machine, and a mistake would not be known by its answer there."""
    named = [file.parent.name for file in labs_folder().glob("*/recorded.json") if "site-packages" in file.read_text()]
    assert named == []


def test_what_students_get_holds_nothing_secret(derived: dict[str, dict[str, str]], tmp_path: Path) -> None:
    for name, files in derived.items():
        sync.write(files, tmp_path / name)
    assert leaks.leaks_in(tmp_path, LABS) == []


@pytest.mark.parametrize("where", ["README.md", "recorded.json", "train.py"])
def test_a_line_of_a_solution_is_found_wherever_it_stands(where: str, tmp_path: Path) -> None:
    lab = next(lab for lab in LABS if lab.name == "lab3")
    (tmp_path / where).write_text("# a note: `return -( logp*weights.detach() ).sum()` is it", encoding="utf-8")
    assert leaks.leaks_in(tmp_path, [lab]) == [f"{where} holds a line of a solution region of lab3/losses.py"]


def test_a_secret_file_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "hidden.py").write_text("", encoding="utf-8")
    assert leaks.leaks_in(tmp_path, LABS) == ["hidden.py must not be there"]


# --- sync -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def target(tmp_path: Path, derived: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """lab0, synced into an empty folder; deriving is quick since it was done before."""
    monkeypatch.setattr(sync, "derive", lambda lab: dict(derived[lab.folder.name]))
    sync.sync(LABS[0], tmp_path / "lab0")
    return tmp_path / "lab0"


def test_sync_changes_nothing_the_second_time(target: Path) -> None:
    assert sync.sync(LABS[0], target) == []
    assert sync.stale_files(LABS[0], target) == []


@pytest.mark.parametrize("name", ["warmup.py", "recorded.json", "README.md"])
def test_an_edited_file_is_outdated_without_running_anything(target: Path, name: str) -> None:
    assert sync.outdated_files(LABS[0], target) == []
    (target / name).write_text((target / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert sync.outdated_files(LABS[0], target) == [name]


def test_a_record_of_other_code_is_outdated(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "hash_of_code", lambda _lab: "of other code")
    assert sync.outdated_files(LABS[0], target) == ["recorded.json"]
    (target / "recorded.json").unlink()
    assert "recorded.json" in sync.outdated_files(LABS[0], target)


def test_sync_never_overwrites_an_edited_lab_unasked(target: Path) -> None:
    edited = target / "warmup.py"
    edited.write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match=r"warmup\.py.*FORCE=1"):
        sync.sync(LABS[0], target)
    assert edited.read_text(encoding="utf-8") == "mine"


def test_sync_keeps_a_backup_where_it_is_forced(target: Path) -> None:
    (target / "warmup.py").write_text("mine", encoding="utf-8")
    assert sync.sync(LABS[0], target, force=True) == ["warmup.py"]
    [backup] = (target / ".backup").glob("*/warmup.py")
    assert backup.read_text(encoding="utf-8") == "mine"
    assert "NotImplementedError" in (target / "warmup.py").read_text(encoding="utf-8")


def test_sync_removes_what_a_lab_no_longer_has(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sync.derive(LABS[0])
    monkeypatch.setattr(sync, "derive", lambda _lab: {n: text for n, text in files.items() if n != "train.py"})
    assert sync.sync(LABS[0], target) == ["train.py"]
    assert not (target / "train.py").exists()


# --- release ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def students_copy(derived: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of a copy of the kit whose labs/ are derived anew: here they may have been edited."""
    kit = tmp_path_factory.mktemp("kit")
    for name in release.COPIED:
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, kit / name)
    for page in ROOT.glob("README*.md"):
        shutil.copy2(page, kit)
    for folder in ("requirements", "grader", "labs/common", "docker", "docs", ".devcontainer", ".vscode"):
        shutil.copytree(ROOT / folder, kit / folder)
    for name, files in derived.items():
        sync.write(files, kit / "labs" / name)
    target = tmp_path_factory.mktemp("students") / "kit"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "ROOT", kit)
        patch.setattr(release, "labs_folder", lambda: kit / "labs")
        patch.setattr(release, "outdated_files", lambda _lab, _target: [])
        release.release(LABS, target)
    return target


def test_a_release_has_what_students_type_and_nothing_of_the_instructors(students_copy: Path) -> None:
    top = {path.name for path in students_copy.iterdir()}
    assert {"Makefile", "README.md", "labs", "grader", "requirements", "pyproject.toml"} <= top
    assert not {"solutions", "tests", ".git", ".ci"} & top
    docs = {f"docs/{path.name}" for path in (students_copy / "docs").iterdir()}
    assert docs == {page for page in release.pages() if page.startswith("docs/")} | {"docs/pictures"}
    assert docs >= {"docs/docker.md", "docs/gpu.md", "docs/machines.md", "docs/working.md"}
    assert not [path for path in students_copy.rglob("*") if path.name in ("instructor", "author", "runs", ".backup")]
    for page in release.pages():
        text = (students_copy / page).read_text(encoding="utf-8").lower()
        assert "instructors -->" not in text and "make grade" not in text


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a student types, in an environment that is set up already."""
    environment = {**os.environ, "LABKIT_PYTHON": sys.executable}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_in_a_release_everything_a_student_types_works(students_copy: Path, tmp_path: Path) -> None:
    """Some ten seconds: each command imports torch."""
    copy = shutil.copytree(students_copy, tmp_path / "kit")
    for file in ("losses.py", "returns.py", "agent.py"):
        shutil.copyfile(solutions_folder() / "lab3_policy_gradient" / file, copy / "labs/lab3_policy_gradient" / file)
    listed = make(copy)
    assert listed.returncode == 0
    assert "make lab3-submit" in listed.stdout
    assert "make grade" not in listed.stdout
    checked = make(copy, "lab3")
    assert checked.returncode == 0
    assert checked.stdout.count("✓ passed") + checked.stdout.count("✓ quick checks pass") == 9
    assert make(copy, "lab0").stdout.count("○ todo") == 7
    debugged = make(copy, "lab3-debug", "TASK=td_target")
    assert (debugged.returncode, debugged.stdout) == (0, "")
    assert "there is nothing to debug" in debugged.stderr
    assert "lab3 Policy gradient    ■■■■■■■■■ 9/9" in make(copy, "progress").stdout
    assert "make lab3-hint TASK=" in make(copy, "lab3-hint").stderr
    assert "hint 1 of" in make(copy, "lab3-hint", "TASK=td_target").stdout
    assert make(copy, "lab3-reset", "TASK=td_target").returncode == 0
    packed = make(copy, "lab3-submit", "STUDENT=ada")
    assert packed.returncode == 0
    assert "3.8 td_target is still a TODO" in packed.stdout
    assert len(list((copy / "submissions").glob("ada_lab3_*.zip"))) == 1


def test_a_release_is_refused_where_labs_are_not_as_derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "outdated_files", lambda _lab, _target: ["losses.py"])
    with pytest.raises(Refused, match="make sync first"):
        release.release(LABS, tmp_path / "kit")
    assert not (tmp_path / "kit").exists()


def test_a_release_never_replaces_a_folder_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "outdated_files", lambda _lab, _target: [])
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(Refused, match="no earlier release"):
        release.release(LABS, tmp_path)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_make_alone_lists_every_target_with_a_line() -> None:
    listed = make(ROOT).stdout
    for target in ("lab3", "lab3-hint", "lab3-watch", "lab3-debug", "lab3-train", "progress",
                   "lab3-plot", "lab3-reset", "lab3-submit", "setup", "test",
                   "grade", "release", "sync", "lint-labs"):  # fmt: skip
        assert f"make {target} " in listed


SEES = "def anything(value, **_):\n    pass\n\n\n"
OWN = (
    '@check("double", points=1, {options})\ndef positive(lab, x):\n    """Its sign."""\n    return lab.double(x) > 0\n'
)


@pytest.mark.parametrize(
    ("options", "sound"),
    [
        ("", True),
        ("values=False", False),
        ("values=False, needs=doubled", True),
        ("values=False, needs=totals", False),
        ("verify=anything", False),
        ("verify=anything, needs=doubled", True),
        ("verify=anything, values=True", True),
        ("# always the same answer", False),
    ],
)
def test_a_check_that_sees_no_values_counts_with_one_of_its_task_that_does(
    options: str, sound: bool, small_lab: Lab, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(small_lab.folder, tmp_path / "lab90_numbers"))
    text = (
        (folder / "checks.py").read_text(encoding="utf-8").replace("points=2)\ndef doubled", "points=1)\ndef doubled")
    )
    last = 4.0 if options.startswith("#") else -4.0
    own = SEES + OWN.format(options=f"\n    {options}\n") + '\n\npositive.case("three", x=3.0)\n'
    own += f'positive.case("four", x={last})\n'
    (folder / "checks.py").write_text(f"{text}\n\n{own}", encoding="utf-8")
    refused = "check positive sees no values, and needs no check of double that does (needs=)"
    assert (refused in lint.lint(read_lab(folder)).faults) != sound
