"""Which NVIDIA driver a machine has, and whether it is new enough. Used on the machine and in the container."""

import re
import shutil
import subprocess

from labs.common.translated import _

NEEDED = 580  # what CUDA 13 asks for; torch and vLLM bring CUDA 13 themselves


def version(proc="/proc/driver/nvidia/version"):
    """The driver's version, such as "580.65.06"; "" where no driver is seen."""
    try:
        with open(proc) as file:
            found = re.search(r"NVRM version:.*?\s(\d+\.\d[\d.]*)\s", file.read())
    except OSError:
        found = None
    if found:
        return found[1]
    if not shutil.which("nvidia-smi"):  # Windows' Linux has no such file
        return ""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"\d+\.\d[\d.]*", said.decode(errors="replace"))
    return found[0] if found else ""


def too_old(found):
    """A sentence that says which driver is missing; "" where there is none at all, or one that will do."""
    if not found or int(found.split(".")[0]) >= NEEDED:
        return ""
    return _(
        "The NVIDIA driver here is {driver}, and CUDA 13 needs {needed} or later: update the driver of "
        "the machine, or use the CPU image (make image ACCELERATOR=cpu)."
    ).format(driver=found, needed=NEEDED)
