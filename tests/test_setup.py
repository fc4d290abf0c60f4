"""The set-up script's decisions. That it sets an environment up is what CI does first of all."""

import http.server
import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from grader.lab import ROOT


@pytest.fixture
def install(tmp_path: Path) -> ModuleType:
    """requirements/install.py of a copy of the kit without an environment."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    spec = importlib.util.spec_from_file_location("install", tmp_path / "requirements" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def index() -> Iterator[str]:
    """A package index that answers, on this machine."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_set_up_is_skipped_while_the_locks_are_what_was_installed(install: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "locks.json").write_text(json.dumps(install.locks([])))
    done = subprocess.run(
        [sys.executable, tmp_path / "requirements" / "install.py"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_asks_for_a_new_set_up(install: ModuleType, tmp_path: Path) -> None:
    before = install.locks([])
    with (tmp_path / "requirements" / "cpu.txt").open("a") as lock:
        lock.write("another==1.0\n")
    assert install.locks([]) != before
    assert install.locks(["dev"]).keys() - before.keys() == {"dev.txt"}


def test_a_damaged_stamp_counts_as_no_set_up(install: ModuleType, tmp_path: Path) -> None:
    assert install.installed() == {}
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "locks.json").write_text("{")
    assert install.installed() == {}


def test_pytorchs_index_is_used_where_it_answers(
    install: ModuleType, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install.platform, "system", lambda: "Linux")
    monkeypatch.setattr(install, "TORCH_INDEX", index)
    assert install.pytorch_index_answers()
    monkeypatch.setattr(install, "TORCH_INDEX", "http://127.0.0.1:9")  # the discard port: nobody answers
    assert not install.pytorch_index_answers()
    monkeypatch.setattr(install, "TORCH_INDEX", "")
    assert not install.pytorch_index_answers()


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 15, 0)])
def test_a_python_that_there_are_no_packages_for_is_a_sentence(
    install: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: tuple[int, int, int],
) -> None:
    monkeypatch.setattr(install.sys, "version_info", version)
    monkeypatch.setattr(install.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit) as stopped:
        install.suitable_python()
    assert stopped.value.code == 1
    assert "Python 3.11 to 3.14 is needed" in capsys.readouterr().err


def test_a_step_that_fails_says_which_and_where_the_log_is(
    install: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        install.step("the impossible", [sys.executable, "-c", "raise SystemExit('no such package')"])
    said = capsys.readouterr().err
    assert "no such package" in said
    assert "The set-up stopped at: the impossible" in said
    assert ".venv/setup.log" in said


def test_no_lock_holds_a_download_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(encoding="utf-8")
