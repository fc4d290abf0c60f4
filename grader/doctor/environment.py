"""The Python that the labs run with: its version, .venv, its packages, and what its surroundings do to it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from grader.doctor.faults import Fault
from labs.common.translated import N_, _

OLDEST, NEWEST = (3, 11), (3, 14)  # what torch and the locks have packages for
PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")
ANEW = N_("Set it up again: rm -rf .venv, then make setup. Your work is not in it.")
PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
LISTED = 3


def environment_python(root: Path) -> Path:
    """The Python of the labs: the container's, or that of .venv, whether it is there or not."""
    return Path(os.environ.get("LABKIT_PYTHON") or root / ".venv" / "bin" / "python")


def python(root: Path) -> Iterator[Fault]:
    """Before the set-up: a Python that is old or new enough, with the modules that make an environment."""
    if environment_python(root).exists():
        return
    names = (sys.executable, *PYTHONS)
    versions = [(*version, name) for name in names if (version := _version(name))]
    usable = [name for major, minor, name in versions if OLDEST <= (major, minor) <= NEWEST]
    oldest, newest = (".".join(map(str, version)) for version in (OLDEST, NEWEST))
    wanted = _("{oldest} to {newest}").format(oldest=oldest, newest=newest)
    if not usable:
        here = f"{sys.version_info[0]}.{sys.version_info[1]}"
        yield Fault(
            N_("Python"),
            _("python3 is {here}, and the labs need {wanted}.").format(here=here, wanted=wanted),
            _(
                "Install one (python.org; apt install python3.12; brew install python@3.12), or say where one "
                "is: make setup PYTHON=/path/to/python3.12"
            ),
        )
    elif not _runs(Path(shutil.which(usable[0]) or usable[0]), "import ensurepip, venv"):
        yield Fault(
            N_("Python"),
            _("this Python cannot make an environment: ensurepip is missing."),
            _("On Debian and Ubuntu: apt install python3-venv. Then make setup."),
        )


def environment(root: Path) -> Iterator[Fault]:
    """An environment that does not start, is unfinished, or is older than the locks."""
    venv, its_python = root / ".venv", environment_python(root)
    if "LABKIT_PYTHON" in os.environ:
        if not _runs(its_python, ""):
            yield Fault(
                N_("environment"),
                _("LABKIT_PYTHON names {python}, which does not start.").format(python=its_python),
                _("Outside of the labs' container nothing should set it: unset LABKIT_PYTHON, then make setup."),
            )
        return
    if not venv.exists():
        yield Fault(
            N_("environment"),
            _("there is no .venv yet."),
            _("make setup makes it, and so does make lab3."),
            stops=False,
        )
    elif not its_python.exists():
        gone = _(" ({target} is gone)").format(target=os.readlink(its_python)) if its_python.is_symlink() else ""
        yield Fault(
            N_("environment"),
            _("the Python of .venv is missing{gone}: it was updated or moved.").format(gone=gone),
            _(ANEW),
        )
    elif not _runs(its_python, ""):
        yield Fault(N_("environment"), _("the Python of .venv does not start."), _(ANEW))
    elif not _runs(its_python, "import pip"):
        yield Fault(N_("environment"), _(".venv has no pip any more: it is damaged."), _(ANEW))
    elif not _locks(root).items() <= (known := _stamp(venv)).items():
        unfinished = not known
        yield Fault(
            N_("environment"),
            _("the set-up of .venv did not come to its end.")
            if unfinished
            else _(".venv is older than requirements/."),
            _("make setup goes on with it.") if unfinished else _("make setup brings it up to date."),
            stops=unfinished,
        )


def versions(root: Path) -> Iterator[Fault]:
    """Packages that somebody has installed into .venv in place of those that the labs were tried with."""
    site = next((root / ".venv" / "lib").glob("python3*/site-packages"), None)
    if site is None or not _locks(root).items() <= _stamp(root / ".venv").items():  # the set-up will change them
        return
    pins = [*(root / "requirements" / "cpu.txt").read_text(encoding="utf-8").splitlines()]
    pins.append(f"torch=={(root / 'requirements' / 'torch.txt').read_text(encoding='utf-8').strip()}")
    wanted: dict[str, list[str]] = {}  # several, where Pythons differ in what they need
    for pin in pins:
        if found := re.match(r"([a-z0-9_.-]+)==([^ ;\\]+)", pin):
            wanted.setdefault(found[1], []).append(found[2])
    there = {}
    for package in importlib.metadata.distributions(path=[str(site)]):
        name = package.metadata["Name"]
        if name:  # a package that was removed by half has none
            there[re.sub(r"[-_.]+", "-", name).lower()] = package.version
    other = [
        _("{name} {version} (wanted: {wanted})").format(name=name, version=there[name], wanted=_(" or ").join(tried))
        for name, tried in wanted.items()
        if name in there and there[name].partition("+")[0] not in tried
    ]
    if other:
        more = _(" and {count} more").format(count=len(other) - LISTED) if len(other) > LISTED else ""
        yield Fault(
            N_("versions"),
            _("other versions are installed than the labs were tried with: {found}{more}.").format(
                found=", ".join(other[:LISTED]), more=more
            ),
            _("rm .venv/locks.json, then make setup puts them right."),
            stops=False,
        )


def variables(_root: Path) -> Iterator[Fault]:
    """Variables of the shell that put other libraries in front of .venv's."""
    if os.environ.get("PYTHONHOME"):
        yield Fault(N_("variables"), _("PYTHONHOME is set, and no environment works with it."), "unset PYTHONHOME")
    for folder in filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")):
        hiding = [name for name in ("libcudart", "libcublas", "libcudnn", "libtorch") if _holds(Path(folder), name)]
        if hiding:
            yield Fault(
                N_("toolkit"),
                _("LD_LIBRARY_PATH has {folder}, whose {library} hides the one that PyTorch brings.").format(
                    folder=folder, library=hiding[0]
                ),
                _("unset LD_LIBRARY_PATH in this terminal: PyTorch needs no CUDA toolkit."),
                stops=False,
            )


def proxy(_root: Path) -> Iterator[Fault]:
    """A proxy that is set and does not answer: pip and the hub would wait for it."""
    for name in PROXIES:
        address = os.environ.get(name)
        if not address:
            continue
        found = urllib.parse.urlsplit(address if "://" in address else f"http://{address}")
        try:
            with socket.create_connection((found.hostname or "", found.port or 80), timeout=3):
                pass
        except (OSError, ValueError) as error:
            shown = re.sub(r"//[^@/]*@", "//", address)  # without its password
            yield Fault(
                N_("proxy"),
                _("{name} is {address}, and nothing answers there ({error}).").format(
                    name=name, address=shown, error=error
                ),
                _(
                    "At home: unset {name}. Elsewhere: ask for the proxy's address, and set it before make setup."
                ).format(name=name),
                stops=False,
            )
        return


def _version(name: str) -> tuple[int, int] | None:
    if name == sys.executable:
        return sys.version_info[:2]
    path = shutil.which(name)
    found = re.fullmatch(r"python3\.(\d+)", name)
    return (3, int(found[1])) if path and found else None


def _runs(python_path: Path, code: str) -> bool:
    try:
        done = subprocess.run([str(python_path), "-c", code], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def works(root: Path) -> bool:
    """Whether the labs' Python starts and finds what `grader doctor` needs."""
    return _runs(environment_python(root), "import typer, rich, msgspec, fluent.runtime")


def _locks(root: Path) -> dict[str, str]:
    """The hashes that requirements/install.py compares."""
    names = ("torch.txt", "cpu.txt")
    return {name: hashlib.sha256((root / "requirements" / name).read_bytes()).hexdigest() for name in names}


def _stamp(venv: Path) -> dict[str, str]:
    try:
        return dict(json.loads((venv / "locks.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _holds(folder: Path, name: str) -> bool:
    try:
        return any(entry.startswith(name) for entry in os.listdir(folder))
    except OSError:
        return False
