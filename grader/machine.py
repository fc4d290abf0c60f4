"""What a machine has for the labs: Python, torch and what it computes on, the libraries for language models."""

import importlib.metadata
import os
import platform

from labs.common.translated import N_, _

LANGUAGE_MODELS = ("transformers", "trl", "peft", "datasets", "vllm")


def describe() -> dict[str, str]:
    """A sentence for each thing, by its name; needs torch, whose import takes seconds."""
    return {
        "Python": _("{version}, {system} on {machine}, {cores} cores").format(
            version=platform.python_version(),
            system=platform.system(),
            machine=platform.machine(),
            cores=os.cpu_count(),
        ),
        **_torch_and_gpus(),
        N_("Language models"): ", ".join(filter(None, map(_installed, LANGUAGE_MODELS)))
        or _("no library is installed"),
    }


def _torch_and_gpus() -> dict[str, str]:
    try:
        import torch
    except (ImportError, OSError) as error:  # a library that it needs is missing, or hidden by another
        reason = str(error).partition("\n")[0]
        return {
            "torch": _("it cannot be imported ({reason}). Set it up again: rm -rf .venv, then make setup").format(
                reason=reason
            )
        }
    built_for = f"CUDA {torch.version.cuda}" if torch.version.cuda else _("the CPU")
    if torch.cuda.is_available():
        devices = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
        gpus = ", ".join(f"{device.name} ({device.total_memory / 1e9:.0f} GB)" for device in devices)
    elif not torch.version.cuda:
        gpus = _("none is used")
    else:
        gpus = _("none can be used: {why}").format(why=_why_no_gpu())
    return {
        "torch": _("{version}, built for {device}").format(version=torch.__version__, device=built_for),
        "GPU": gpus,
    }


def _why_no_gpu() -> str:
    """torch's own reason, which names the driver that is missing or too old."""
    import torch

    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except Exception as error:  # of several kinds, from C++
        return str(error).strip().partition("\n")[0]
    return _("torch names no reason")


def _installed(package: str) -> str:
    """Its name and version; nothing where it is not installed."""
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return ""
