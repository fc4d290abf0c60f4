"""What the set-up of an empty machine takes: minutes, and megabytes on the disk.

    python tests/benchmarks/set_up.py

Downloads everything anew (pip's cache is not used), into a copy of the kit in a temporary folder.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.lab import ROOT


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        kit = Path(name) / "kit"
        shutil.copytree(ROOT, kit, ignore=shutil.ignore_patterns(".venv", ".git", "runs", "*_cache", "__pycache__"))
        environment = {**os.environ, "PIP_NO_CACHE_DIR": "1"}
        began = time.monotonic()
        subprocess.run([sys.executable, str(kit / "requirements" / "install.py")], env=environment, check=True)
        minutes = (time.monotonic() - began) / 60
        size = sum(path.lstat().st_size for path in (kit / ".venv").rglob("*") if not path.is_dir())
    print(f"{minutes:.1f} minutes, {size / 1e6:,.0f} MB in .venv")


if __name__ == "__main__":
    main()
