"""What grading a batch costs: a curve over its size, each kind of submission and check, each stage, each sandbox.

    python tests/benchmarks/grade_batch.py curve [--sizes 10 30 100 300 1000]
    python tests/benchmarks/grade_batch.py kinds
    python tests/benchmarks/grade_batch.py stages
    python tests/benchmarks/grade_batch.py backends

The submissions to lab 3 are those of beside_others.py: 70 % correct, 25 % half done, 5 % with an endless loop.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from beside_others import counted_sandbox, write_files
from control_group import cpu_clock
from others import exam

from grader import sandboxes
from grader.grading.asking import WarmParent, Worker
from grader.grading.reference import open_reference
from grader.grading.submission import grade, open_bench, worker_files
from grader.intake.staging import stage
from grader.intake.submissions import Submission
from grader.lab import ROOT, Lab, find_lab, solutions_folder
from grader.results import write_result

SEED = 1


def submitted(folder: Path, lab: Lab, count: int, correct: bool = False) -> Path:
    """A folder with so many submissions: the mix, or only right ones."""
    reference = open_reference(lab)
    batch = exam.submissions_of(reference, count if not correct else 3 * count)
    if correct:
        batch = [submission for submission in batch if submission.kind == "correct"][:count]
    write_files(folder, lab, batch)
    return folder / "ours"


# --- the curve --------------------------------------------------------------------------------------------------------


def copies(folder: Path, lab: Lab, count: int) -> Path:
    """So many submissions of the reference."""
    for number in range(count):
        target = folder / "ours" / f"student{number:04}" / lab.name
        target.mkdir(parents=True)
        for name in lab.manifest.files.handed_in:
            shutil.copyfile(lab.path(name), target / name)
    return folder / "ours"


def curve(lab: Lab, sizes: list[int], reference: bool) -> None:
    sandbox = counted_sandbox(lab)
    print(f"In {sandbox}\n\n| submissions | wall s | CPU s | CPU s for each | a minute | peak memory, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            source = (copies if reference else submitted)(Path(name), lab, size)
            command = [sys.executable, "-m", "grader", "grade", lab.name, str(source), "--out", f"{name}/graded"]
            wall, cpu, memory = measured([*command, "--no-milestones", "--seed", str(SEED), "--sandbox", sandbox])
        print(
            f"| {size:,} | {wall:.0f} | {cpu:.0f} | {cpu / size:.2f} | {60 * size / wall:.0f} | {memory / 1e6:,.0f} |"
        )


def measured(command: list[str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and the peak of the memory of a command's processes (what they share counted once)."""
    with cpu_clock() as used:
        before, clock = used(), time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            peak = max(peak, sum(proportional_bytes(one) for one in family))
            time.sleep(2)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        return time.monotonic() - clock, used() - before, peak


def proportional_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


# --- each kind of submission ------------------------------------------------------------------------------------------


def kinds(lab: Lab, count: int = 100) -> None:
    """CPU seconds of each kind of submission, graded one after another in one process without the batch's own work;
    and the checks that took longest, in wall seconds."""
    sandbox = counted_sandbox(lab)
    seconds: dict[str, list[float]] = {}
    checks: dict[tuple[str, str], list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as name,
        cpu_clock() as used,
        WarmParent(lab.manifest.limits, sandbox, lab.manifest.grader.preload) as parent,
    ):
        bench = open_bench(lab, parent, SEED, with_milestones=False)
        batch = exam.submissions_of(bench.reference, count)
        write_files(Path(name), lab, batch)
        for submission in batch:
            source = Path(name) / "ours" / submission.student / lab.name
            before = used()
            graded = grade(bench, Submission(submission.student, source, []))
            seconds.setdefault(submission.kind, []).append(used() - before)
            for check in graded.result.checks:
                checks.setdefault((submission.kind, check.check), []).append(check.seconds)
    print(f"In {sandbox}\n\n| submissions | how many | CPU s for each | the most |\n| --- | --- | --- | --- |")
    for kind, found in sorted(seconds.items()):
        print(f"| {kind} | {len(found)} | {statistics.mean(found):.3f} | {max(found):.2f} |")
    print("\n| submissions | check | wall s in all | the most |\n| --- | --- | --- | --- |")
    for (kind, check), found in sorted(checks.items(), key=lambda item: -sum(item[1]))[:12]:
        print(f"| {kind} | {check} | {sum(found):.2f} | {max(found):.2f} |")


# --- where the time of a submission goes ------------------------------------------------------------------------------


STAGES = ("staging", "fork and confine", "end and clear up", "all of grading")  # the last one holds the others


def stages(lab: Lab, count: int = 50) -> None:
    """The stages of right submissions one after another, in one process, without the batch's own work. Asking the
    checks, computing and comparing is what is left of grading without the other stages."""
    found: dict[str, list[tuple[float, float]]] = {}
    sandbox = counted_sandbox(lab)

    def timed(stage_name: str, work: Callable[[], Any]) -> Any:
        clock, before = time.perf_counter(), used()
        result = work()
        found.setdefault(stage_name, []).append((time.perf_counter() - clock, used() - before))
        return result

    with (
        tempfile.TemporaryDirectory() as name,
        cpu_clock() as used,
        WarmParent(lab.manifest.limits, sandbox, lab.manifest.grader.preload) as parent,
    ):
        bench = open_bench(lab, parent, SEED, with_milestones=False)
        for source in sorted(submitted(Path(name), lab, count, correct=True).iterdir()):
            submission = Submission(source.name, source / lab.name, [])
            staged = timed("staging", lambda submission=submission: stage(submission.source, lab))
            files = worker_files(lab, staged)
            worker = timed("fork and confine", lambda files=files: Worker(parent, lab, files))
            timed("end and clear up", worker.close)
            graded = timed("all of grading", lambda submission=submission: grade(bench, submission))
            *others, whole = (found[stage_name][-1] for stage_name in found if stage_name in STAGES)
            found.setdefault("checks", []).append(tuple(whole[n] - sum(other[n] for other in others) for n in (0, 1)))
            path = Path(name) / "graded" / source.name / "result.json"
            timed("writing the result", lambda path=path, graded=graded: write_result(path, graded.result))
    print(f"Medians of {count} right submissions, in {sandbox}\n\n| stage | wall ms | CPU ms |\n| --- | --- | --- |")
    for stage_name in (
        "staging",
        "fork and confine",
        "checks",
        "end and clear up",
        "all of grading",
        "writing the result",
    ):
        wall, cpu = (1000 * statistics.median(values) for values in zip(*found[stage_name], strict=True))
        print(f"| {stage_name} | {wall:.1f} | {cpu:.1f} |")


# --- the sandboxes ----------------------------------------------------------------------------------------------------


def backends(lab: Lab, count: int = 20) -> None:
    print("| sandbox | inner layer | start, s | fork, confine and end, ms | a right submission, ms |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        sources = sorted(submitted(Path(name), lab, count, correct=True).iterdir())
        for backend in sandboxes.backends():
            if why := sandboxes.why_not(backend, lab.manifest.limits):
                print(f"| {backend} | not here: {why} | | | |")
                continue
            clock = time.perf_counter()
            with WarmParent(lab.manifest.limits, backend, lab.manifest.grader.preload) as parent:
                start = time.perf_counter() - clock
                bench = open_bench(lab, parent, SEED, with_milestones=False)
                forks, grades = [], []
                for source in sources:
                    files = worker_files(lab, stage(source / lab.name, lab))
                    clock = time.perf_counter()
                    Worker(parent, lab, files).close()
                    forks.append(time.perf_counter() - clock)
                    clock = time.perf_counter()
                    grade(bench, Submission(source.name, source / lab.name, []))
                    grades.append(time.perf_counter() - clock)
                fork, graded = 1000 * statistics.median(forks), 1000 * statistics.median(grades)
                print(f"| {backend} | {parent.layers['inner']} | {start:.1f} | {fork:.0f} | {graded:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["curve", "kinds", "stages", "backends"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100, 300, 1000])
    parser.add_argument("--reference", action="store_true", help="the curve of right and quick submissions only")
    asked = parser.parse_args()
    lab = find_lab("lab3", solutions_folder())
    if asked.what == "curve":
        curve(lab, asked.sizes, asked.reference)
    else:
        {"kinds": kinds, "stages": stages, "backends": backends}[asked.what](lab)


if __name__ == "__main__":
    main()
