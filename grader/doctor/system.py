"""The machine itself: its system, its memory and disk, its GPU."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.doctor.faults import GB, Fault
from labs.common.translated import N_, _

OLDEST_GLIBC = (2, 28)  # what torch's wheels for Linux are built for
SET_UP_BYTES = 3 * GB  # 1.6 GB of .venv, and what pip downloads and unpacks meanwhile
WORK_BYTES = 0.3 * GB  # checkpoints and curves of all labs
SET_UP_FILES = 60_000
MEMORY_BYTES = 1.5 * GB  # torch and transformers take 0.5, training the tiny model 0.7
NVIDIA = "0x10de"


def is_wsl() -> bool:
    return "microsoft" in platform.release().lower()


def system(_root: Path) -> Iterator[Fault]:
    """Systems that have no torch, and those that have less than Linux."""
    if sys.platform == "win32":
        yield Fault(
            N_("system"),
            _("this is Python for Windows; the labs need Linux or macOS."),
            _("Open PowerShell, type: wsl --install. Then put the labs into your home folder there, and go on in it."),
        )
    elif sys.platform == "darwin" and platform.machine() == "x86_64":
        yield Fault(
            N_("system"),
            _("PyTorch has no packages for Python on Intel any more, or for an Intel Python on Apple's chips."),
            _(
                "On an Apple chip: install Python from python.org (arm64). On an Intel Mac: make image, then "
                "make shell."
            ),
        )
    elif sys.platform == "darwin":
        yield Fault(
            N_("system"),
            _("macOS: checks, training, plots and hand-ins work. The limits of grading do not exist here."),
            _("Nothing is to be done. Who grades on a Mac uses the grader's image (make image-grader)."),
            stops=False,
        )
    elif sys.maxsize < 2**32:
        yield Fault(N_("system"), _("this Python has 32 bits, and PyTorch needs 64."), _("Install a 64-bit Python."))
    elif sys.platform == "linux":
        yield from _libc()


def _libc() -> Iterator[Fault]:
    name, version = platform.libc_ver()
    number = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if name != "glibc":
        yield Fault(
            N_("system"),
            _("this Linux has another C library than glibc (Alpine has musl), and PyTorch has no packages for it."),
            _("Use the container (make image, make shell), or a Debian, Ubuntu or Fedora."),
        )
    elif number < OLDEST_GLIBC:
        yield Fault(
            N_("system"),
            _("glibc is {version}, and PyTorch's packages need 2.28 or later.").format(version=version),
            _(
                "Use a newer Linux (Debian 10, Ubuntu 20.04, RHEL 8 or later), or the container (make image, "
                "make shell)."
            ),
        )


def disk(root: Path) -> Iterator[Fault]:
    """Room for the set-up where it is still to come, else for the work; files that the file system can still name."""
    ready = (root / ".venv" / "locks.json").exists() or "LABKIT_PYTHON" in os.environ
    needed = WORK_BYTES if ready else SET_UP_BYTES
    why = _("training saves its checkpoints there") if ready else _("the set-up needs it")
    free = shutil.disk_usage(root).free
    if free < needed:
        yield Fault(
            N_("disk"),
            _("{free:.1f} GB are free where the labs are, and {needed:.1f} GB are needed: {why}.").format(
                free=free / GB, needed=needed / GB, why=why
            ),
            _(
                "Free some: pip cache purge; docker system prune; old runs/ folders in labs/. Or move the labs "
                "elsewhere."
            ),
        )
    temporary = Path(tempfile.gettempdir())
    free = shutil.disk_usage(temporary).free
    if not ready and free < SET_UP_BYTES / 3 and temporary.stat().st_dev != root.stat().st_dev:
        yield Fault(
            N_("disk"),
            _("{free:.1f} GB are free in {folder}, and the set-up unpacks 1 GB there.").format(
                free=free / GB, folder=temporary
            ),
            _("Give another folder for it: TMPDIR=$HOME/tmp make setup (after mkdir ~/tmp)."),
        )
    if hasattr(os, "statvfs"):
        status = os.statvfs(root)
        if not ready and status.f_files > 0 and status.f_favail < SET_UP_FILES:
            yield Fault(
                N_("disk"),
                _("the file system can hold {left:,} more files, and the set-up makes {needed:,}.").format(
                    left=status.f_favail, needed=SET_UP_FILES
                ),
                _("Delete folders with many small files (other .venv, node_modules), or move the labs elsewhere."),
            )


def memory(_root: Path) -> Iterator[Fault]:
    """What is free now, of the machine or of the container."""
    free = free_memory()
    if free is not None and free < MEMORY_BYTES:
        yield Fault(
            N_("memory"),
            _("{free:.1f} GB are free, and training a language model takes {needed:.1f} GB.").format(
                free=free / GB, needed=MEMORY_BYTES / GB
            ),
            _(
                "Close a browser or another notebook. Containers and WSL get more by a setting (.wslconfig: "
                "memory=4GB)."
            ),
        )


def free_memory(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> float | None:
    """Bytes that can still be used; None where the system does not say."""
    known = []
    try:
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                known.append(1024.0 * int(line.split()[1]))
        most = (cgroup / "memory.max").read_text().strip()
        if most != "max":
            known.append(float(most) - float((cgroup / "memory.current").read_text()))
    except (OSError, ValueError):
        pass
    return min(known, default=None)


def driver(root: Path) -> Iterator[Fault]:
    """An NVIDIA GPU that nothing can use. The labs run on the CPU all the same."""
    sys.path.insert(0, str(root / "docker"))
    try:
        import driver as nvidia  # docker/driver.py
    except ImportError:
        return
    finally:
        sys.path.pop(0)
    found = nvidia.version()
    cpu = _("The labs run on the CPU all the same.")
    if found and nvidia.too_old(found):
        yield Fault(
            N_("driver"),
            _("the NVIDIA driver is {driver}, and PyTorch for GPUs needs {needed} or later. {cpu}").format(
                driver=found, needed=nvidia.NEEDED, cpu=cpu
            ),
            _("Update the driver (Windows with WSL: the one of Windows)."),
            stops=False,
        )
    elif found and not _answers():
        yield Fault(
            N_("driver"),
            _("the NVIDIA driver {driver} is loaded, but nvidia-smi does not answer. {cpu}").format(
                driver=found, cpu=cpu
            ),
            _("Restart the machine: an update of the driver that waits for a restart is the usual reason."),
            stops=False,
        )
    elif not found and nvidia_gpu():
        if in_container():
            yield Fault(
                N_("toolkit"),
                _("this machine has an NVIDIA GPU, and this container was started without it. {cpu}").format(cpu=cpu),
                _("Install the NVIDIA Container Toolkit on the machine, and open the container by make shell there."),
                stops=False,
            )
        else:
            yield Fault(
                N_("driver"),
                _("this machine has an NVIDIA GPU, and no driver for it. {cpu}").format(cpu=cpu),
                _(
                    "Install NVIDIA's driver, {needed} or later. PyTorch brings CUDA itself: no toolkit is needed."
                ).format(needed=nvidia.NEEDED),
                stops=False,
            )


def _answers() -> bool:
    try:
        return subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def nvidia_gpu(devices: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Whether a display controller of NVIDIA's is on the bus, whatever the driver says."""
    for device in devices.glob("*"):
        try:
            vendor, kind = ((device / name).read_text().strip() for name in ("vendor", "class"))
        except OSError:
            continue
        if vendor == NVIDIA and kind.startswith("0x03"):
            return True
    return False


def in_container() -> bool:
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
