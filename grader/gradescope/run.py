"""Grades the one submission that lies in Gradescope's folder, and writes results.json, whatever happens.

It runs as root. The submission is asked by a worker, which is another user and confined (docs/security.md).
"""

import hashlib
import secrets
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from grader import codes
from grader.gradescope.fault import fault
from grader.gradescope.memory import container_bytes, fitted
from grader.gradescope.metadata import Metadata, read_metadata
from grader.lab import Lab, lab_folders, read_lab, solutions_folder
from grader.results.whole import write_whole

if TYPE_CHECKING:
    from grader.grading.asking import WarmParent

SUBMISSION, RESULTS, METADATA = "submission", "results/results.json", "submission_metadata.json"
WITHOUT_LANDLOCK = "user"  # the sandbox where the kernel has no Landlock


def run(root: Path) -> None:
    """Grades <root>/submission and writes <root>/results/results.json. What it prints is for instructors alone."""
    metadata = read_metadata(root / METADATA)
    _write(root, fault("gradescope_unfinished", metadata))  # stands if this process is ended
    try:
        results = graded(root, metadata)
    except Exception:
        traceback.print_exc()
        results = fault("gradescope_failed", metadata)
    _write(root, results)


def _write(root: Path, results: dict[str, Any]) -> None:
    write_whole(root / RESULTS, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def graded(root: Path, metadata: Metadata) -> dict[str, Any]:
    """The content of results.json for a submission. Raises what the grader got wrong before it had a result."""
    from grader.grading.submission import grade, open_bench
    from grader.intake.versions import Submission
    from grader.languages import say
    from grader.renderers.gradescope import export
    from grader.renderers.setting import Setting
    from grader.renderers.words import words_of
    from grader.results.standing import Standing

    clock = time.monotonic()
    [folder] = lab_folders(solutions_folder())
    lab = fitted(read_lab(folder), container_bytes())
    with started_parent(lab) as parent:
        _use_one_thread()
        bench = open_bench(lab, parent, seed_of(lab, metadata))
        found = grade(bench, Submission("student", _source(root / SUBMISSION), []))
    seconds = time.monotonic() - clock
    result = found.result
    print(f"lab {lab.name}, students {metadata.students or 'unknown'}, handed in {metadata.created_at or 'unknown'}")
    print(f"score {result.score} of {result.max_score}, seed {result.seed}, sandbox {result.sandbox}, {seconds:.1f} s")
    for finding in found.attention:
        print(f"for a person: {say(finding)}")
    [exported] = export([Standing(result)], words_of(lab), Setting(lab))
    results: dict[str, Any] = msgspec.json.decode(exported[1]) if isinstance(exported, tuple) else {}
    if result.errors():
        for finding in (finding for check in result.errors() for finding in check.findings):
            print(say(finding) if not codes.GRADER_TRACE.made(finding) else finding.values["trace"])
        return fault("gradescope_failed", metadata, results["tests"])
    about = {"students": metadata.students, "handed_in": metadata.created_at}
    return results | {"execution_time": round(seconds, 1), "extra_data": about}


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def seed_of(lab: Lab, metadata: Metadata) -> int:
    """The seed of the hidden cases: another one for each submission, and the same where one is graded again. Nobody
    knows it who does not have the solutions. Where Gradescope does not say which submission this is, one by chance."""
    if not metadata.id:
        return secrets.randbelow(2**31)
    from grader.grading.reference import hash_of_code

    return int(hashlib.sha256(f"{hash_of_code(lab)} {metadata.id}".encode()).hexdigest(), 16) % 2**31


def started_parent(lab: Lab) -> "WarmParent":
    """A warm parent in the strongest sandbox that works here; where the kernel has no Landlock, with a user of its own
    and file modes. Each is started in earnest, since a trial would import torch once more. WorkerFailed where none
    starts."""
    from grader import sandboxes
    from grader.checks.fixtures import source_of
    from grader.grading.asking import WarmParent, WorkerFailed

    reasons = []
    for name in [*filter(sandboxes.protects, sandboxes.backends()), WITHOUT_LANDLOCK]:
        parent = WarmParent(lab.manifest.largest_limits, name, lab.manifest.grader.preload, source_of(lab))
        try:
            parent.running()
            return parent
        except WorkerFailed as error:
            reasons.append(str(error))
    raise WorkerFailed("; ".join(reasons))


def _source(folder: Path) -> Path:
    """The submission: the folder, or the archive that it holds where that is all (Gradescope unpacks zip, not tar)."""
    from grader.intake.archives import is_archive

    files = list(folder.iterdir())
    return files[0] if len(files) == 1 and is_archive(files[0]) else folder
