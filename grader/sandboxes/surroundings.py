"""What a worker gets of the machine, the same in every sandbox: its variables, what it sees of the files, its user."""

import os
import sys
from pathlib import Path

from grader.lab import ROOT
from grader.run import confine

PASSED_ON = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHASHSEED")
FOLDER = Path("/labkit")  # of a sandbox that has a file system of its own
TMPFS_FLAGS = "nosuid,nodev,noexec"
OTHER_USERS = range(60_000, 65_000)  # ids that no account of the machine should have


def environment(work: Path) -> dict[str, str]:
    """All the variables that a worker has; `work` is its private folder."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONPATH": str(ROOT),
        "LAB_LANG": "en",  # what a worker says is in results, whatever language the grader speaks
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",  # each arena takes 64 MB of address space, which is what memory_bytes limits
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def shown_paths() -> list[Path]:
    """What a sandbox with a file system of its own shows of the machine's: programs and libraries, Python, and of the
    kit what workers need."""
    paths = {Path(sys.prefix), Path(sys.base_prefix), *confine.readable_paths()}
    paths |= {Path(name) for name in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/alternatives")}
    shown = [path for path in sorted(paths) if path.exists() and not ROOT.is_relative_to(path)]
    inside = [path for path in shown if not path.is_relative_to("/dev") and not path.is_relative_to("/sys")]
    return [path for path in inside if not any(path != other and path.is_relative_to(other) for other in inside)]


def others_can_read() -> bool:
    """Whether another user reaches Python and the kit: often not where they lie in a home folder."""
    folders = {parent for path in shown_paths() for parent in [path, *path.resolve().parents] if parent.is_dir()}
    return all(folder.stat().st_mode & 0o001 for folder in folders)
