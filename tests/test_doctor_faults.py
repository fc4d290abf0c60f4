"""What `make doctor` finds in the way of the labs: each fault is provoked, for real where a machine allows that."""

import json
import os
import shutil
import socket
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader import contents
from grader.doctor import environment, folder, system
from grader.doctor.faults import Fault, faults_of, lines
from grader.doctor.looks import LOOKS
from grader.lab import ROOT


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The parts of a students' copy that are looked at; outside of a container."""
    monkeypatch.delenv("LABKIT_PYTHON", raising=False)
    for name in environment.PROXIES:
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "kit"
    fill(root)
    return root


def fill(root: Path) -> None:
    for part in (*folder.PARTS, "requirements/cpu.txt", "requirements/torch.txt"):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        pins = "rich==14.0.0 \\\n--hash=x\nown==1.0 ; python_version < '3.12'\nown==2.0 \\\n"
        (root / part).write_text(pins if part.endswith("cpu.txt") else "2.13.0\n")


def only(found: Iterator[Fault]) -> Fault:
    [fault] = found
    return fault


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Mounts a small tmpfs, on which nothing is set up; skipped where the user may not."""
    monkeypatch.delenv("LABKIT_PYTHON", raising=False)
    places: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"disk{len(places)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"mount: {error}")
        if done.returncode:
            pytest.skip(f"this user may not mount a tmpfs: {done.stderr.strip()}")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", str(place)], check=True)


def test_a_whole_kit_has_no_fault_that_stops_it(kit: Path) -> None:
    found = faults_of(kit, LOOKS)
    assert [fault for fault in found if fault.stops] == []
    assert lines(found)[0] == "Nothing that was looked at is in the way of the labs."


def test_a_full_disk_is_told_before_and_after_the_set_up(mounted: Callable[..., Path], kit: Path) -> None:
    small = mounted("size=20m")
    fill(small)
    fault = only(system.disk(small))
    assert (fault.subject, fault.stops) == ("disk", True)
    assert "0.0 GB are free where the labs are, and 3.0 GB are needed: the set-up needs it." in fault.found
    (small / ".venv").mkdir()
    (small / ".venv" / "locks.json").write_text("{}")
    assert "0.3 GB are needed: training saves" in only(system.disk(small)).found


def test_a_disk_without_room_for_more_files_is_told(mounted: Callable[..., Path]) -> None:
    small = mounted("size=8g,nr_inodes=200")
    assert "more files, and the set-up makes" in only(system.disk(small)).found


def test_a_read_only_folder_is_told_with_what_makes_it_writable(mounted: Callable[..., Path]) -> None:
    place = mounted("size=20m")
    fill(place)
    assert list(folder.permissions(place)) == []
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    fault = only(folder.permissions(place))
    assert fault.found.startswith("you may not write to ., labs, labs/lab0_setup")
    assert "sudo chown -R" in fault.fix and "copy the folder" in fault.fix
    assert [fault.subject for fault in faults_of(place, (folder.speed,))] == []  # and no traceback


def test_an_environment_whose_python_is_gone_or_broken_is_made_anew(kit: Path) -> None:
    assert "no .venv yet" in only(environment.environment(kit)).found
    venv.create(kit / ".venv", with_pip=False, symlinks=True)
    assert ".venv has no pip" in only(environment.environment(kit)).found
    (kit / ".venv" / "pyvenv.cfg").unlink()
    python = kit / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert "does not start" in only(environment.environment(kit)).found
    python.unlink()
    python.symlink_to("/usr/bin/python3.4")
    fault = only(environment.environment(kit))
    assert "(/usr/bin/python3.4 is gone)" in fault.found and "rm -rf .venv" in fault.fix


def test_an_environment_that_is_older_than_the_locks_is_told(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(kit / ".venv", with_pip=False, symlinks=True)
    site = next((kit / ".venv" / "lib").glob("python3*/site-packages"))
    (site / "pip.py").touch()
    assert "did not come to its end" in only(environment.environment(kit)).found
    (kit / ".venv" / "locks.json").write_text('{"cpu.txt": "an older one", "torch.txt": "too"}')
    fault = only(environment.environment(kit))
    assert "older than requirements/" in fault.found and not fault.stops
    monkeypatch.setenv("LABKIT_PYTHON", "/nowhere/python")
    assert "unset LABKIT_PYTHON" in only(environment.environment(kit)).fix


def test_another_version_of_a_package_is_named(kit: Path) -> None:
    site = kit / ".venv" / "lib" / "python3.12" / "site-packages"
    for name, version in (("rich", "13.1.0"), ("torch", "2.13.0+cpu"), ("own", "1.0")):
        (site / f"{name}-{version}.dist-info").mkdir(parents=True)
        (site / f"{name}-{version}.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    (kit / ".venv" / "locks.json").write_text(json.dumps(environment._locks(kit)))
    assert "rich 13.1.0 (wanted: 14.0.0)." in only(environment.versions(kit)).found


@pytest.mark.parametrize("version", [(3, 8), (3, 15)])
def test_a_python_that_is_too_old_or_too_new_is_told(
    kit: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 2))
    monkeypatch.setattr(environment.shutil, "which", lambda _name: None)
    fault = only(environment.python(kit))
    assert fault.found == f"python3 is 3.{version[1]}, and the labs need 3.11 to 3.14."


def test_a_python_without_ensurepip_is_told_the_package(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(environment.python(kit)) == []
    monkeypatch.setattr(environment, "_runs", lambda _python, code: "ensurepip" not in code)
    assert "apt install python3-venv" in only(environment.python(kit)).fix


def test_little_free_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable:   900000 kB\n")
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("600000000\n")
    free = system.free_memory(tmp_path, tmp_path)
    assert free == 400_000_000, "a container's limit counts where it is the smaller one"
    assert system.free_memory(tmp_path / "macOS", tmp_path / "macOS") is None
    monkeypatch.setattr(system, "free_memory", lambda: free)
    assert "0.4 GB are free" in only(system.memory(tmp_path)).found


def test_a_gpu_without_a_driver_and_one_that_is_not_handed_to_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "vendor").write_text("0x10de\n")
    (tmp_path / "0000:01:00.0" / "class").write_text("0x030000\n")
    assert system.nvidia_gpu(tmp_path)
    (tmp_path / "0000:01:00.0" / "class").write_text("0x040300\n")  # the sound of one
    assert not system.nvidia_gpu(tmp_path)
    monkeypatch.setattr(system, "nvidia_gpu", lambda: True)
    monkeypatch.setenv("PATH", "")  # no nvidia-smi
    monkeypatch.setattr(system, "in_container", lambda: False)
    fault = only(system.driver(ROOT))
    assert (fault.subject, fault.stops) == ("driver", False) and "580 or later" in fault.fix
    monkeypatch.setattr(system, "in_container", lambda: True)
    assert only(system.driver(ROOT)).subject == "toolkit"


def test_an_old_driver_and_one_that_waits_for_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\n[ $1 = -L ] && exit 9\necho 470.82.01\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "the NVIDIA driver is 470.82.01" in only(system.driver(ROOT)).found
    smi.write_text("#!/bin/sh\n[ $1 = -L ] && exit 9\necho 580.65.06\n")
    assert "Restart the machine" in only(system.driver(ROOT)).fix


def test_another_cuda_toolkit_in_front_of_pytorchs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libcudart.so.12").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path / 'nothing'}:{tmp_path}")
    assert "libcudart hides the one that PyTorch brings" in only(environment.variables(tmp_path)).found


def test_a_proxy_that_does_not_answer_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        monkeypatch.setattr(environment, "PROXIES", ("https_proxy",))
        monkeypatch.setenv("https_proxy", f"http://ada:secret@127.0.0.1:{port}")
        fault = only(environment.proxy(tmp_path))  # bound, and nobody listens
        assert f"https_proxy is http://127.0.0.1:{port}, and nothing answers there" in fault.found
        listening.listen()
        assert list(environment.proxy(tmp_path)) == []


def test_a_kit_that_is_not_whole_or_lies_in_another_one_is_told(kit: Path) -> None:
    (kit / "pyproject.toml").unlink()
    assert "pyproject.toml is missing" in only(folder.place(kit)).found
    inner = kit / "labs" / "kit"
    fill(inner)
    assert f"lies in another one ({kit})" in only(folder.place(inner)).found
    other = kit.parent / "labs-12:30"
    fill(other)
    assert "has a colon" in only(folder.place(other)).found


def test_given_files_that_were_changed_are_named_and_the_students_own_are_not(kit: Path) -> None:
    lab = kit / "labs" / "lab0_setup"
    (lab / ".skeleton").mkdir()
    for name in ("warmup.py", ".skeleton/warmup.py", "train.py", "checks.py"):
        (lab / name).write_text("x = 1\n")
    contents.write_list(kit)
    assert list(folder.given(kit)) == []
    (lab / "warmup.py").write_text("x = 2\n")
    (lab / "train.py").write_text("x = 2\n")
    (lab / "checks.py").unlink()
    fault = only(folder.given(kit))
    assert "labs/lab0_setup/checks.py, labs/lab0_setup/train.py. Grading uses" in fault.found


@pytest.mark.parametrize(
    "path", ["OneDrive - ETH", "Dropbox", "Mobile Documents", "CloudStorage", "GoogleDrive-a@b.ch"]
)
def test_a_synced_folder_is_told(path: str) -> None:
    assert only(folder.synced(Path("/home/ada") / path / "labs")).subject == "sync folder"


def test_a_folder_that_only_sounds_like_one_is_fine() -> None:
    assert list(folder.synced(Path("/home/ada/notes-on-Dropbox/labs"))) == []


def test_slow_files_name_the_antivirus_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(folder.speed(tmp_path)) == []
    monkeypatch.setattr(folder, "SLOW_SECONDS", -1.0)
    assert "network, is the usual reason" in only(folder.speed(tmp_path)).found
    (tmp_path / "12").mkdir()
    (tmp_path / "12" / "comm").write_text("clamonacc\n")
    assert folder.watcher(tmp_path) == "ClamAV"


@pytest.mark.parametrize(
    ("name", "machine", "libc", "words"),
    [
        ("win32", "AMD64", ("", ""), "wsl --install"),
        ("darwin", "x86_64", ("", ""), "install Python from python.org"),
        ("darwin", "arm64", ("", ""), "Nothing is to be done"),
        ("linux", "x86_64", ("", ""), "Use the container"),
        ("linux", "x86_64", ("glibc", "2.17"), "Use a newer Linux"),
    ],
)
def test_each_system_is_told_what_works_there(
    monkeypatch: pytest.MonkeyPatch, name: str, machine: str, libc: tuple[str, str], words: str
) -> None:
    monkeypatch.setattr(sys, "platform", name)
    monkeypatch.setattr(system.platform, "machine", lambda: machine)
    monkeypatch.setattr(system.platform, "libc_ver", lambda: libc)
    fault = only(system.system(ROOT))
    assert words in fault.fix and fault.stops != (machine == "arm64")


def test_where_the_environment_is_broken_any_python_tells_the_faults(kit: Path) -> None:
    """The whole command as make starts it, without a package: nothing of the kit's environment is seen."""
    (kit / "grader").mkdir()
    (kit / "grader" / "__init__.py").touch()
    shutil.copy(ROOT / "grader" / "contents.py", kit / "grader")
    (kit / "grader" / "doctor").symlink_to(ROOT / "grader" / "doctor")
    (kit / ".venv" / "bin").mkdir(parents=True)
    (kit / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    code = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; " + (
        f"import grader.doctor.__main__ as doctor; doctor.ROOT = Path({str(kit)!r}); sys.exit(doctor.main())"
    )
    surroundings = {name: value for name, value in os.environ.items() if name != "LABKIT_PYTHON"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, env=surroundings
    )
    assert done.returncode == 1, done.stderr
    assert "✗ environment: the Python of .venv is missing (/nowhere/python is gone)" in done.stdout
