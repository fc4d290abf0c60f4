"""A batch: what is graded and what is not, what is written and what is kept, in this process and those it forks."""

import contextlib
import dataclasses
import errno
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import psutil
import pytest
from rich.console import Console

from grader import codes, results
from grader.batch import alike, batch, runlog
from grader.batch.batch import Batch, Options, grade_all
from grader.errors import Refused
from grader.executors import local as pool
from grader.grading import depends, home, work
from grader.grading import submission as grading
from grader.grading.asking import WarmParent
from grader.grading.home import Home, due_of
from grader.grading.job import Job
from grader.grading.rows import Points, Row
from grader.grading.submission import Bench, Graded, grade, open_bench
from grader.instructor import table
from grader.intake import sources
from grader.intake.submissions import Submission
from grader.lab import Lab, read_lab
from grader.languages import say
from grader.results import CheckResult, Result, read_result, write_result
from grader.results import folder as results_folder
from grader.results.groups import groups_file

RIGHT, SQUARED, NO_TOTAL = "right", "squared", "no total"
SCORES = {RIGHT: 6.0, SQUARED: 4.0, NO_TOTAL: 4.0}


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Lab:
    """A copy of the small lab, which a test may change."""
    shutil.copytree(small_lab.folder, tmp_path / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    return read_lab(tmp_path / "lab")


@pytest.fixture
def hand_in(lab: Lab, tmp_path: Path) -> Callable[..., Path]:
    """Puts a student's submission where they are looked for."""

    def put(student: str, how: str = RIGHT) -> Path:
        folder = tmp_path / "submitted" / student / lab.name
        folder.mkdir(parents=True)
        for name in ("first.py", "second.py"):
            shutil.copyfile(lab.path(name), folder / name)
        if how == SQUARED:
            replace(folder / "first.py", "return x + x", "return x * x")
        if how == NO_TOTAL:
            (folder / "second.py").unlink()
        return folder

    return put


@pytest.fixture
def options(tmp_path: Path, warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> Options:
    """One grading process, with the warm parent that other tests use, too: a new one would take three seconds."""
    monkeypatch.setattr(work, "WarmParent", lambda *_: warm_parent)
    monkeypatch.setattr(WarmParent, "__exit__", lambda *_: None)
    return Options(tmp_path / "submitted", tmp_path / "graded", "none", jobs=1)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def graded(lab: Lab, options: Options, **changed: Any) -> Batch:
    return grade_all(lab, dataclasses.replace(options, **changed), lambda *_: None)


def stored(options: Options, student: str) -> Result:
    return read_result(path_of(options, student))


def path_of(options: Options, student: str) -> Path:
    return options.out / student / "lab90" / "result.json"


def nothing(folder: Path) -> Submission:
    """A submission from which nothing can be taken."""
    (folder / "ada.zip").write_bytes(b"no zip")
    return Submission("ada", folder / "ada.zip", [])


def whats(done: Batch) -> dict[str, str]:
    return {row.student: row.what for row in done.rows}


def attention(done: Batch) -> dict[str, list[str]]:
    return {row.student: list(map(say, row.attention)) for row in done.rows if row.attention}


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(results.UNFINISHED)]


# --- what is graded ---------------------------------------------------------------------------------------------------


def test_every_submission_gets_its_result_and_the_log_says_so(
    lab: Lab, options: Options, hand_in: Callable[..., Path]
) -> None:
    hand_in("carol", NO_TOTAL)
    hand_in("ada")
    hand_in("bob", SQUARED)
    shown: list[tuple[int, int]] = []
    done = grade_all(lab, options, lambda *numbers: shown.append(numbers))
    assert [(row.student, row.what, row.score) for row in done.rows] == [
        ("ada", "graded", 6),
        ("bob", "graded", 4),
        ("carol", "graded", 4),
    ]
    assert [stored(options, row.student).score for row in done.rows] == [6, 4, 4]
    assert (done.exit_code, attention(done)) == (1, {"carol": ["second.py is missing"]})
    assert shown[0] == (0, 3) and shown[-1] == (3, 3) and shown == sorted(shown)
    start, end = runlog.read(options.out / runlog.FILE)
    assert isinstance(start, runlog.Start) and isinstance(end, runlog.End)
    assert (start.seed, start.depends) == (done.seed, stored(options, "ada").depends) and "checks.py" in start.depends
    assert start.who == runlog.who() and "" < start.when <= end.when
    assert (start.submissions, start.students) == (str(options.submissions.resolve()), None)
    assert end.run == start.run and end.exit_code == 1
    assert end.counts == {"graded": 3, "unchanged": 0, "left": 0, "attention": 1, "errors": 0}
    assert sum(end.outcomes.values()) == 3 * 6 and not left_over(options.out)


def test_what_is_graded_is_not_graded_again(lab: Lab, options: Options, hand_in: Callable[..., Path]) -> None:
    """Nor is one that cannot be used; what a person should look at is said each time."""
    hand_in("ada")
    hand_in("bob", NO_TOTAL)
    (options.submissions / "dave.zip").write_bytes(b"no zip")
    first = graded(lab, options)
    before = {path: path.stat().st_ino for path in options.out.rglob("result.json")}
    again = graded(lab, options)
    assert again.seed == first.seed
    assert whats(again) == {"ada": "unchanged", "bob": "unchanged", "dave": "unchanged"}
    assert [row.score for row in again.rows] == [row.score for row in first.rows] == [6, 4, 0]
    assert attention(again) == attention(first) and again.exit_code == first.exit_code == 1
    assert {path: path.stat().st_ino for path in options.out.rglob("result.json")} == before
    replace(options.submissions / "ada" / lab.name / "first.py", "return x + x", "return 2 * x")
    assert whats(graded(lab, options, seed=first.seed)) == whats(again) | {"ada": "graded"}


def test_what_one_run_leaves_has_one_seed(lab: Lab, options: Options, hand_in: Callable[..., Path]) -> None:
    """Whoever hands in again may have learnt of the earlier cases, and the others are not asked easier ones."""
    hand_in("ada")
    hand_in("bob", SQUARED)
    first = graded(lab, options)
    hand_in("eve")
    again = graded(lab, options)
    assert again.seed != first.seed and set(whats(again).values()) == {"graded"}
    assert {stored(options, student).seed for student in ("ada", "bob", "eve")} == {again.seed}
    hers = graded(lab, options, students=["eve"], seed=first.seed)
    assert whats(hers) == {"eve": "graded"}
    assert set(whats(graded(lab, options)).values()) == {"graded"}, "of two seeds neither is kept"


@pytest.mark.parametrize("what", ["code", "file ignored", "lab", "library", "error", "student", "schema", "force"])
def test_what_is_not_as_it_was_is_graded_again(
    what: str,
    lab: Lab,
    options: Options,
    hand_in: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = hand_in("ada")
    hand_in("bob", SQUARED)
    graded(lab, options)
    old = stored(options, "ada")
    both = "unchanged" if what in ("file ignored", "error") else "graded"
    if what == "code":
        replace(folder / "first.py", "return x + x", "return 2 * x")
    elif what == "file ignored":
        (folder / "notes.txt").write_text("x", encoding="utf-8")
    elif what == "lab":
        replace(lab.path("checks.py"), '"three", x=3.0', '"four", x=4.0')
    elif what == "library":
        monkeypatch.setattr(depends, "_version", lambda library: f"{library} of tomorrow")
    elif what == "error":
        broken = [msgspec.structs.replace(old.checks[0], outcome="error", points=None), *old.checks[1:]]
        path_of(options, "ada").unlink()
        write_result(path_of(options, "ada"), msgspec.structs.replace(old, checks=broken))
    elif what == "student":
        shutil.copyfile(path_of(options, "bob"), path_of(options, "ada"))
    elif what == "schema":
        data = json.loads(path_of(options, "ada").read_bytes()) | {"schema_version": 0}
        path_of(options, "ada").write_text(json.dumps(data), encoding="utf-8")
    assert whats(graded(lab, options, force=what == "force")) == {"ada": "graded", "bob": both}
    assert stored(options, "ada").score == 6 and not stored(options, "ada").errors()


def test_what_was_graded_without_a_sandbox_is_graded_again_in_one(
    lab: Lab, options: Options, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada")
    graded(lab, options)
    bare = msgspec.structs.replace(stored(options, "ada"), sandbox={"outer": "none", "inner": "rlimits"})
    write_result(path_of(options, "ada"), bare)
    assert whats(graded(lab, options)) == {"ada": "unchanged"}, "this time, too, there is none"
    assert whats(graded(lab, options, sandbox="process")) == {"ada": "graded"}


def test_a_milestone_that_was_not_judged_is_judged_by_the_run_that_plays(
    lab: Lab, lab3: Lab, options: Options, hand_in: Callable[..., Path], warm_parent: WarmParent
) -> None:
    submission = Submission("ada", hand_in("ada"), [])
    run = open_bench(lab, warm_parent, seed=1)
    job = Job(str(lab.folder), 1, "none", str(options.out))
    line = CheckResult("milestone", "play", "it plays", "hidden", "milestone", "skipped", None, 5.0)
    result = grade(run, submission).result
    manifest = msgspec.structs.replace(lab.manifest, milestones=lab3.manifest.milestones)
    run = dataclasses.replace(run, lab=msgspec.structs.replace(lab, manifest=manifest))
    for checks, unplayed in (([*result.checks, line], True), (result.checks, False)):
        write_result(path_of(options, "ada"), msgspec.structs.replace(result, checks=checks))
        plays, does_not = job, msgspec.structs.replace(job, milestones=False)
        assert due_of(Home(does_not, run.lab, run.depends), submission).row is not None
        assert (due_of(Home(plays, run.lab, run.depends), submission).row is None) == unplayed


def test_students_can_be_named(lab: Lab, options: Options, hand_in: Callable[..., Path]) -> None:
    for student in ("ada", "bob", "carol"):
        hand_in(student)
    assert whats(graded(lab, options, students=["carol", "ada"])) == {"ada": "graded", "carol": "graded"}
    with pytest.raises(Refused, match=r"no submission of zoe in .*; there is ada, bob, carol$") as refused:
        graded(lab, options, students=["ada", "zoe"])
    assert refused.value.exit_code == 2 and not path_of(options, "bob").exists()


@pytest.mark.parametrize("inside", ["", "graded", "link"])
def test_results_do_not_go_where_they_would_be_taken_for_submissions(
    inside: str, lab: Lab, options: Options, hand_in: Callable[..., Path]
) -> None:
    """A result beside an archive would be the newer of the two, and earn its student 0 points."""
    hand_in("ada")
    out = options.submissions / inside
    if inside == "link":
        out = options.out.parent / "link"
        out.symlink_to(options.submissions)
    with pytest.raises(Refused, match="the next run would take them for submissions") as refused:
        graded(lab, options, out=out)
    assert refused.value.exit_code == 2 and [path.name for path in options.submissions.iterdir()] == ["ada"]


# --- what is written, and what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b'{"lab": ', b"null", b'{"lab": "\xff"}', b"[" * 100_000])
def test_a_result_that_cannot_be_read_is_replaced_and_kept(
    content: bytes, lab: Lab, options: Options, hand_in: Callable[..., Path]
) -> None:
    hand_in("ada")
    path = path_of(options, "ada")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    done = graded(lab, options)
    assert stored(options, "ada").score == 6
    assert path.with_name("result.json.bad").read_bytes() == content
    assert done.exit_code == 1
    assert attention(done) == {
        "ada": ["the earlier result could not be read; it was replaced, and is kept as result.json.bad"]
    }
    assert graded(lab, options).exit_code == 0


@pytest.mark.parametrize(
    "student", ["..", ".", ".ssh", "", "a/b", "../ada", "a\x1b[2J", "a\nb", "a\0", "é" * 101, "x" * 300, "\ud800"]
)
def test_a_name_that_can_be_no_folder_is_unfit(student: str, tmp_path: Path) -> None:
    assert results_folder.unfit(tmp_path, student, "lab90")


@pytest.mark.parametrize("student", ["ada", "Ada Lovelace", "a..b", "李雷", "x" * 200, "-rf", "a\\b"])
def test_other_names_are_fit(student: str, tmp_path: Path) -> None:
    assert results_folder.unfit(tmp_path, student, "lab90") == ""
    (tmp_path / student / "lab90").mkdir(parents=True)
    assert results_folder.unfit(tmp_path, student, "lab90") == ""


def test_what_may_not_be_read_among_results_ends_it_in_words(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another grader's umask closed one student's folder, or the log."""
    hand_in("ada")
    hand_in("bob")
    real_stat = os.stat

    def refused(path: Any, **given: Any) -> os.stat_result:
        if str(path).startswith(str(options.out / "ada" / "lab90")):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real_stat(path, **given)

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", refused)
        done = graded(lab, options)
    assert (done.exit_code, done.trouble, whats(done)) == (3, None, {"ada": "unwritten", "bob": "graded"})
    assert attention(done)["ada"] == [f"{path_of(options, 'ada')} could not be written: Permission denied"]
    said = StringIO()
    table.print_summary(Console(file=said, width=300), done.rows)
    assert "not saved" in said.getvalue().splitlines()[1] and "1 submission needs a person:\n  ada: " in said.getvalue()
    (options.out / runlog.FILE).unlink()
    (options.out / runlog.FILE).mkdir()
    with pytest.raises(Refused, match=r"runs\.jsonl cannot be read: Is a directory"):
        graded(lab, options)


def test_no_result_is_written_outside_of_its_folder(lab: Lab, options: Options, hand_in: Callable[..., Path]) -> None:
    outside = options.out.parent / "outside"
    (outside / "lab90").mkdir(parents=True)
    for student in ("ada", "bob", "carol", "dave"):
        hand_in(student)
    (options.out / "dave").mkdir(parents=True)
    (options.out / "ada").symlink_to(outside)
    (options.out / "bob").symlink_to(options.out / "carol")
    (options.out / "dave" / "lab90").symlink_to(outside)
    done = graded(lab, options)
    assert whats(done) == {"carol": "graded"} | dict.fromkeys(("ada", "bob", "dave"), "refused")
    assert done.exit_code == 1
    assert all("a link stands in its place" in attention(done)[student][0] for student in ("ada", "bob", "dave"))
    assert not list(outside.rglob("*.json")) and stored(options, "carol").student == "carol"


def test_an_error_replaces_no_good_result_but_a_broken_one(tmp_path: Path, lab0_run: Bench) -> None:
    path = tmp_path / "ada" / "lab0" / "result.json"
    good = grade(lab0_run, nothing(tmp_path)).result
    bad = msgspec.structs.replace(
        good, checks=[msgspec.structs.replace(check, outcome="error", points=None) for check in good.checks]
    )
    assert not good.errors() and bad.errors()
    assert write_result(path, bad) and write_result(path, good) and not write_result(path, bad)
    assert read_result(path) == good
    path.write_bytes(b"{")
    assert write_result(path, bad) and read_result(path) == bad


def test_a_result_is_whole_or_the_earlier_one_stays(
    tmp_path: Path, lab0_run: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ada" / "lab0" / "result.json"
    good = grade(lab0_run, nothing(tmp_path)).result
    write_result(path, good)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_result(path, msgspec.structs.replace(good, score=99.0))
    assert read_result(path) == good
    assert [item.name for item in path.parent.iterdir()] == ["result.json"]


def test_a_result_and_then_its_name_are_on_the_disk(
    tmp_path: Path, lab0_run: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is there before what it names is an empty file after a power cut."""
    path = tmp_path / "ada" / "lab0" / "result.json"
    synced: list[tuple[bool, bool, bool]] = []

    def noted(descriptor: int) -> None:
        status = os.fstat(descriptor)
        folder = os.path.samestat(status, path.parent.stat())
        synced.append((folder, status.st_size > 0, path.exists()))

    monkeypatch.setattr(os, "fsync", noted)
    assert write_result(path, grade(lab0_run, nothing(tmp_path)).result)
    assert synced == [(False, True, False), (True, True, True)]


def test_a_submission_over_which_grading_processes_die_is_the_graders_fault(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are graded, and what was graded before stays."""
    for student in ("ada", "bob", "carol"):
        hand_in(student)
    graded(lab, options, students=["ada"])
    good = stored(options, "ada")

    def deadly(run: Bench, submission: Submission) -> Graded:
        if submission.student != "carol":
            os.kill(os.getpid(), signal.SIGKILL)
        return grade(run, submission)

    monkeypatch.setattr(work, "grade", deadly)
    done = graded(lab, options, force=True)
    assert whats(done) == {"ada": "kept", "bob": "graded", "carol": "graded"}
    assert done.exit_code == 3
    assert "2 grading processes died over it" in attention(done)["bob"][0]
    assert stored(options, "ada") == good and stored(options, "carol").score == 6
    assert {check.outcome for check in stored(options, "bob").checks if check.kind == "code"} == {"error"}
    monkeypatch.setattr(work, "grade", grade)
    assert set(whats(graded(lab, options)).values()) == {"graded"}, "ada's was of another seed than the others'"


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("vanishes", "No such file or directory"),
        ("changes", "it changes while it is read; grade it again once it is all there"),
    ],
)
def test_a_submission_that_vanishes_or_changes_during_the_run_is_for_a_person_and_keeps_its_score(
    way: str,
    why: str,
    earlier: bool,
    lab: Lab,
    options: Options,
    hand_in: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was there, and at rest, when the folder was listed."""
    folder = hand_in("ada")
    hand_in("bob")
    if earlier:
        graded(lab, options, seed=1)
    listing = sources._listing

    def listed(source: Path) -> sources.Listing:
        if source == folder and way == "vanishes":
            shutil.rmtree(folder, ignore_errors=True)
        elif source == folder:
            with (folder / "first.py").open("a", encoding="utf-8") as file:
                file.write("# more\n")
        return listing(source)

    monkeypatch.setattr(sources, "_listing", listed)
    done = graded(lab, options, seed=1)
    assert (done.exit_code, stored(options, "bob").score) == (3, 6)
    assert attention(done).keys() == {"ada"} and f"lab90 cannot be read: {why}" in attention(done)["ada"]
    assert whats(done)["ada"] == ("kept" if earlier else "graded")
    assert stored(options, "ada").score == 6 if earlier else len(stored(options, "ada").errors()) == 6


def test_a_fault_that_all_checks_meet_is_one_sentence() -> None:
    def failed(name: str, message: str) -> CheckResult:
        why = [codes.GRADER_FAILED(message=message)]
        return CheckResult("task", name, "", "public", "code", "error", None, 1.0, findings=why)

    lines = [failed(name, "no room") for name in "abcde"] + [failed("f", "no sandbox")]
    graded: Any = SimpleNamespace(notes=[], checks=lines)
    assert list(map(say, grading.attention(graded))) == [
        "a (public), b (public), and 3 more: the grader failed: no room",
        "f (public): the grader failed: no sandbox",
    ]


def test_a_fault_of_the_grader_costs_no_other_submission(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in("ada")
    hand_in("bob")

    def faulty(run: Bench, submission: Submission) -> Graded:
        if submission.student == "ada":
            raise ZeroDivisionError("a fault of ours")
        return grade(run, submission)

    monkeypatch.setattr(work, "grade", faulty)
    done = graded(lab, options)
    assert done.exit_code == 3 and "ZeroDivisionError: a fault of ours" in attention(done)["ada"][0]
    assert stored(options, "ada").errors() and stored(options, "bob").score == 6


# --- seeds and the log ------------------------------------------------------------------------------------------------


def test_a_run_that_was_stopped_goes_on_with_its_seed(lab: Lab, options: Options, hand_in: Callable[..., Path]) -> None:
    hand_in("ada")
    first = graded(lab, options)
    log = options.out / runlog.FILE
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])  # it began, and nothing more is known
    hand_in("bob")
    assert graded(lab, options, students=["bob"]).seed == first.seed
    assert graded(lab, options).seed == first.seed, "of all students, it has not ended yet"
    hand_in("carol")
    assert graded(lab, options).seed != first.seed, "now it has"


def start(run: str, seed: int, students: list[str] | None = None, checks: str = "h", lab: str = "lab90") -> Any:
    depends = {"checks.py": checks} if checks else {}
    return runlog.Start(run, "", "", lab, seed, "none", "submitted", students, True, False, depends)


def end(run: str, left: int = 0) -> runlog.End:
    return runlog.End(run, "", 0.0, {"left": left}, {}, 0)


@pytest.mark.parametrize(
    ("records", "seed"),
    [
        ([], None),
        ([start("a", 1)], 1),
        ([start("a", 1), end("a")], None),
        ([start("a", 1), end("a", left=3)], 1),
        ([start("a", 1), start("b", 2)], 2),
        ([start("a", 1), start("b", 2), end("b")], None),
        ([start("a", 1), start("b", 2, ["ada"]), end("b")], 1),
        ([start("a", 1, ["ada"]), start("b", 1, ["ada"]), end("b")], None),
        ([start("a", 1, checks="other")], None),
        ([start("a", 1, checks="")], None),
        ([start("a", 1), start("b", 2, checks="other")], None),
        ([start("a", 1, lab="lab91")], None),
        ([start("a", 1), start("b", 2, lab="lab91"), end("b")], 1),
    ],
)
def test_which_run_is_gone_on_with(records: list[runlog.Start | runlog.End], seed: int | None) -> None:
    found = runlog.stopped(records, "lab90", {"checks.py": "h"})
    assert (found.seed if found else None) == seed


def test_the_log_survives_torn_and_foreign_lines(tmp_path: Path) -> None:
    log = tmp_path / runlog.FILE
    runlog.append(log, start("a", 1))
    with log.open("ab") as file:
        file.write(b'\xff\xfe{"event": "start"}\n[]\n{"event": "other"}\n{"event":"start","run":"b","wh')
    runlog.append(log, end("a"))
    runlog.append(log, start("c", 2))
    assert runlog.read(log) == [start("a", 1), end("a"), start("c", 2)]
    assert log.read_bytes().count(b"\n") == 7, "only the torn line was ended"


def test_a_line_of_an_earlier_version_is_still_read(tmp_path: Path) -> None:
    """It had the lab's hash and versions; what its results depended on is not known."""
    old = msgspec.to_builtins(start("a", 1)) | {"lab_hash": "h", "versions": {"torch": "2.9"}}
    del old["depends"]
    (tmp_path / runlog.FILE).write_text(json.dumps(old) + "\n", encoding="utf-8")
    [read] = runlog.read(tmp_path / runlog.FILE)
    assert read == start("a", 1, checks="")
    assert [finding.code for finding in depends.changed(read.depends, {"checks.py": "h"})] == ["of_unknown_code"]


def test_a_run_is_repeated_by_its_seed(lab: Lab, options: Options, hand_in: Callable[..., Path]) -> None:
    def lines() -> list[CheckResult]:
        both = [*stored(options, "ada").checks, *stored(options, "bob").checks]
        return [msgspec.structs.replace(check, seconds=0.0) for check in both]

    hand_in("ada")
    hand_in("bob", SQUARED)
    hand_in("carol")
    graded(lab, options, seed=5, students=["ada", "bob"], milestones=False)
    first = lines()
    graded(lab, options, seed=6)
    began = batch.earlier_run(lab, 5, options.out)
    assert (began.submissions, began.students, began.milestones) == (
        str(options.submissions.resolve()),
        ["ada", "bob"],
        False,
    )
    again = dataclasses.replace(options, seed=5, students=began.students, milestones=False, force=True)
    assert batch.differences(lab, began) == []
    done = grade_all(lab, again, lambda *_: None)
    assert (done.seed, whats(done), lines()) == (5, {"ada": "graded", "bob": "graded"}, first)
    with pytest.raises(Refused, match=r"no run of lab90 with seed 7 stands in .*; the last seeds are: 5, 6$"):
        batch.earlier_run(lab, 7, options.out)
    replace(lab.path("checks.py"), '"three", x=3.0', '"four", x=4.0')
    elsewhere = msgspec.structs.replace(began, depends=began.depends | {"torch": "1.0"})
    now = began.depends["torch"]
    assert batch.differences(lab, elsewhere) == [
        codes.OTHER_VERSION(name="torch", before="1.0", now=now),
        codes.CHANGED(name="checks.py"),
    ]


def test_a_run_that_graded_nothing_is_not_repeated() -> None:
    idle = msgspec.structs.replace(end("b"), counts={"graded": 0, "left": 0})
    records = [start("a", 5), end("a"), start("b", 6), idle]
    assert runlog.seeds(records, "lab90") == [5] and runlog.with_seed(records, "lab90", 6) is None


def test_of_runs_with_a_seed_the_one_of_all_students_is_repeated() -> None:
    records = [start("a", 1), end("a"), start("b", 1), start("c", 1, ["ada"]), start("d", 2)]
    found = runlog.with_seed(records, "lab90", 1)
    assert found and found.run == "b"
    assert runlog.with_seed(records, "lab91", 1) is None and runlog.seeds(records, "lab90") == [2, 1]


# --- what ends it early -----------------------------------------------------------------------------------------------


def test_a_full_disk_ends_it_and_loses_nothing(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "carol"):
        hand_in(student)

    def full(path: Path, result: Result) -> bool:
        if result.student != "ada":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_result(path, result)

    monkeypatch.setattr(home, "write_result", full)
    done = graded(lab, options)
    assert (done.exit_code, done.left, whats(done)) == (3, 2, {"ada": "graded"})
    full_disk = codes.NOT_WRITTEN(path=str(path_of(options, "bob")), reason="No space left on device")
    assert done.trouble == full_disk
    monkeypatch.setattr(home, "write_result", write_result)
    again = graded(lab, options)
    assert (again.exit_code, again.seed) == (0, done.seed)
    assert whats(again) == {"ada": "unchanged", "bob": "graded", "carol": "graded"}


def test_what_was_killed_from_outside_is_graded_again(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be more memory then; what a submission did to itself stays as it was."""
    code = "import os\n\n\ndef double(x):\n    os._exit(0)\n"
    (hand_in("ada") / "first.py").write_text(code, encoding="utf-8")
    hand_in("bob")

    def killed(run: Bench, submission: Submission) -> Graded:
        found = grade(run, submission)
        checks = [
            msgspec.structs.replace(check, outcome="crashed", findings=[codes.KILLED(times=3)])
            for check in found.result.checks
        ]
        return Graded(msgspec.structs.replace(found.result, checks=checks))

    with monkeypatch.context() as patched:
        patched.setattr(work, "grade", lambda *of: killed(*of) if of[1].student == "bob" else grade(*of))
        graded(lab, options)
    assert stored(options, "ada").checks[0].outcome == "crashed"
    assert whats(graded(lab, options)) == {"ada": "unchanged", "bob": "graded"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_between_two_submissions(
    number: signal.Signals, lab: Lab, options: Options, hand_in: Callable[..., Path]
) -> None:
    for student in ("ada", "bob", "carol"):
        hand_in(student)
    before, children = signal.getsignal(number), psutil.Process().children()

    def show(done: int, _: int) -> None:
        if done == 1:
            os.kill(os.getpid(), number)

    done = grade_all(lab, options, show)
    assert (done.exit_code, done.left, whats(done)) == (128 + number, 2, {"ada": "graded"})
    assert (signal.getsignal(number), psutil.Process().children()) == (before, children)
    assert runlog.stopped(runlog.read(options.out / runlog.FILE), "lab90", stored(options, "ada").depends)


def test_a_folder_in_which_another_grader_is_at_work_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_folder, "LOCK_SECONDS", 0.0)
    said: list[str] = []
    with results_folder.opened(tmp_path, "ada@host", said.append):
        unfinished = tmp_path / "ada" / "lab90" / f"result.json.0{results.UNFINISHED}"
        unfinished.parent.mkdir(parents=True)
        unfinished.write_bytes(b"{")
        with (
            pytest.raises(Refused, match=r"another grader \(ada@host\) is at work"),
            results_folder.opened(tmp_path, "bob@host", said.append),
        ):
            pass
        assert unfinished.exists(), "it is the other's"
    assert len(said) == 1 and "waiting" in said[0]
    with results_folder.opened(tmp_path, "bob@host", said.append):
        assert not unfinished.exists() and left_over(tmp_path) == []
    assert len(said) == 1


def test_a_clock_that_jumps_changes_no_score(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, how in enumerate((RIGHT, SQUARED, RIGHT)):
        hand_in(f"student{number}", how)
    expected = graded(lab, options, seed=1).rows
    jumps = iter([1e9, -5.0, 4e9, 0.0] * 1000)

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Jumping":
            return cls.fromtimestamp(abs(next(jumps)), UTC)

    monkeypatch.setattr(time, "time", lambda: next(jumps))
    monkeypatch.setattr("grader.grading.submission.datetime", Jumping)
    monkeypatch.setattr("grader.batch.runlog.datetime", Jumping)
    with table.progress(Console(file=StringIO(), force_terminal=True), lab.name) as show:
        again = grade_all(lab, dataclasses.replace(options, seed=1, force=True), show)
    assert [(row.student, row.score) for row in again.rows] == [(row.student, row.score) for row in expected]
    assert again.exit_code == 0 and all(row.what == "graded" for row in again.rows)


# --- the screen -------------------------------------------------------------------------------------------------------


def test_progress_is_a_line_for_each_tenth_where_there_is_no_terminal() -> None:
    said = StringIO()
    with table.progress(Console(file=said), "lab90") as show:
        for done in range(301):
            show(done, 300)
            show(done, 300)
    assert said.getvalue().splitlines() == [f"grading lab90: {30 * tenth} of 300" for tenth in range(1, 11)]


def test_names_that_differ_in_their_ends_only_are_told_apart() -> None:
    said = StringIO()
    names = [f"maximiliane.musterfrau@uni.example.{end}" for end in ("edu", "org")]
    points = {
        "code": Points("judged", 65, 65),
        "milestone": Points("unjudged", 0, 15),
        "quiz": Points("judged", 5, 5),
        "report": Points("pending", 0, 15),
    }
    notes = [codes.NEWEST_COUNTS(name="maximiliane_lab90_20260102.zip", count=2, others=["the other"])]
    table.print_summary(
        Console(file=said, width=80), [Row(name, "graded", points=points, notes=notes) for name in names]
    )
    lines = said.getvalue().splitlines()[1:]
    assert "".join(line[:15].strip() for line in lines) == "".join(names)
    assert "maximiliane_lab90_20260102.zip" in "".join(line[60:].strip() for line in lines)


def test_progress_is_a_bar_on_a_terminal() -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=True, width=120, color_system=None)
    with table.progress(console, "lab90") as show:
        show(7, 300)
        show(8, 300)
    assert "7 of 300" in said.getvalue() and "8 of 300" in said.getvalue() and "grading lab90" in said.getvalue()
    assert re.search(r"left +\d:\d\d:\d\d", said.getvalue()), "the time, once it can be told"


# --- grading processes ------------------------------------------------------------------------------------------------


def test_a_grading_process_that_dies_is_replaced_and_its_work_done(tmp_path: Path) -> None:
    @contextlib.contextmanager
    def opened() -> Iterator[pool.Work]:
        def work(number: int) -> bytes:
            with (tmp_path / str(number)).open("a") as tries:
                tries.write("x")
            if number == 5 or (number % 3 == 0 and len((tmp_path / str(number)).read_text()) == 1):
                os.kill(os.getpid(), signal.SIGKILL)
            return str(number).encode()

        yield work

    found = dict(event for event in pool.hand_out(10, opened, processes=3) if event)
    assert found == {number: None if number == 5 else str(number).encode() for number in range(10)}
    tries = {int(path.name): len(path.read_text()) for path in tmp_path.iterdir()}
    assert tries == {number: 2 if number in (0, 3, 5, 6, 9) else 1 for number in range(10)}


def test_closing_stops_grading_processes_and_lets_them_clear_up(tmp_path: Path) -> None:
    """Also from within a check, where an exception is an answer of the reference's: KeyboardInterrupt is none."""

    @contextlib.contextmanager
    def opened() -> Iterator[pool.Work]:
        def work(number: int) -> bytes:
            if number == 0:
                return b""
            (tmp_path / str(os.getpid())).touch()
            while True:
                with contextlib.suppress(Exception):
                    signal.pause()

        try:
            yield work
        finally:
            (tmp_path / "cleared").touch()

    events = pool.hand_out(3, opened, processes=2)
    assert next(event for event in events if event) == (0, b"")
    while len(list(tmp_path.iterdir())) < 2:
        next(events)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    events.close()
    assert not any(psutil.pid_exists(pid) for pid in pids) and (tmp_path / "cleared").exists()


# --- whose work is alike ----------------------------------------------------------------------------------------------


def test_whose_work_is_alike_stands_beside_the_results_and_changes_none(
    lab: Lab, options: Options, hand_in: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike, "LEAST_TOKENS", 10)
    hand_in("ada")
    hand_in("ben")
    hand_in("eve", SQUARED)
    (options.submissions / "eve" / lab.name / "second.py").unlink()
    done = graded(lab, options)
    assert [group.students for group in done.alike] == [("ada", "ben")]
    assert [stored(options, student).score for student in ("ada", "ben")] == [6, 6] and attention(done).keys() == {
        "eve"
    }
    file = groups_file(options.out, lab.name)
    assert file.read_text(encoding="utf-8").splitlines() == ["group,what,student", "1,code,ada", "1,code,ben"]
    out = StringIO()
    table.print_alike(Console(file=out, width=200), done.alike, "here")
    assert "ada, ben: the code, but for names and layout" in out.getvalue()
    assert graded(lab, options, students=["ada"]).alike == () and file.exists(), "one alone is compared with nobody"
    (options.submissions / "ben" / lab.name / "first.py").write_text("", encoding="utf-8")
    (options.submissions / "ben" / lab.name / "second.py").write_text("", encoding="utf-8")
    assert (graded(lab, options).alike, file.exists()) == ([], False)
