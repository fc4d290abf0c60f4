"""The machine that a report is of: its GPU, its processor, and the versions of what is installed beside the lock's."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

from grader.author.gpu_check.processes import Send
from grader.author.gpu_check.report import Hardware, Version

PACKAGES = (
    *("torch", "transformers", "tokenizers", "trl", "accelerate", "peft", "datasets", "safetensors", "numpy"),
    *("gymnasium", "math-verify", "vllm", "flash-attn", "triton", "gguf", "msgspec", "pytest"),
)
LOCKS = ("cuda.txt", "cpu.txt", "dev.txt")  # of requirements/; the first that names a package counts


def hardware(send: Send) -> None:
    """Sends the Hardware; in a process of its own, since a driver may hang, and a context takes memory."""
    send(described())


def described() -> Hardware:
    """The machine as torch and the driver's own tool describe it."""
    import torch

    there = torch.cuda.is_available()
    first = torch.cuda.get_device_properties(0) if there else None
    return Hardware(
        gpu=first.name if first else "",
        gpus=torch.cuda.device_count() if there else 0,
        memory_gb=round(first.total_memory / 1e9, 1) if first else 0.0,
        driver=_driver() if there else "",
        cuda=torch.version.cuda or "",
        capability=f"{first.major}.{first.minor}" if first else "",
        why_no_gpu="" if there else _why_no_gpu(),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        python=platform.python_version(),
        system=f"{platform.system()} on {platform.machine()}",
    )


def _why_no_gpu() -> str:
    import torch

    if not torch.version.cuda:
        return "torch is built for the CPU"
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except Exception as error:  # of several kinds, from C++
        return str(error).strip().partition("\n")[0].rstrip(".")
    return "torch names no reason"


def _driver() -> str:
    """The driver's version; empty where its tool is missing."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return next(iter(said.split()), "")


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def versions(requirements: Path) -> list[Version]:
    """The packages whose versions a report's figures depend on; those that are neither here nor in a lock are left
    out."""
    locked = locks(requirements)
    found = [Version(package, _installed(package), locked.get(package, "")) for package in PACKAGES]
    return [version for version in found if version.here or version.lock]


def locks(requirements: Path) -> dict[str, str]:
    """The versions that the locks of a requirements folder name, by package; empty for a folder that has none."""
    found: dict[str, str] = {}
    for name in LOCKS:
        path = requirements / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for package, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE):
            found.setdefault(package.lower(), version)
    return found


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def commit(root: Path) -> str:
    """The commit of the kit that lies in a folder; empty where git does not say."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
