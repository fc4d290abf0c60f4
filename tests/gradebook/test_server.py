"""The server of formgrader, really started: what it refuses, and that Ctrl-C ends it and takes the marks over."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import Refused
from grader.gradebook.serving import served
from grader.lab import ROOT
from grader.results.marks import marks_beside
from tests.gradebook.course import Course, notebook_with

pytest.importorskip("nbgrader", reason="requirements/nbgrader.txt is not installed")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = Course(tmp_path_factory.mktemp("course"))
    made.write_report("ada", notebook_with({"plot": "[x](/formgrader?path=/tmp) <script>alert(1)</script> my words"}))
    return made


@pytest.fixture(scope="module")
def server(course: Course) -> Iterator["subprocess.Popen[str]"]:
    """make formgrader, as it is typed."""
    command = [sys.executable, "-m", "grader", "nbgrader", "serve", "lab3", "--by", "eve"]
    command += ["--out", str(course.out), "--folder", str(course.folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    yield process
    process.terminate()  # it ends the server that it has started
    process.wait()


@pytest.fixture(scope="module")
def address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith("formgrader: "):
            return line.removeprefix("formgrader: ").strip()
    raise AssertionError("it did not start")


def ask(address: str, path: str, method: str = "GET", token: bool = True) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of an answer."""
    base, _, secret = address.partition("/formgrader/gradebook?token=")
    headers = {"Authorization": f"token {secret}"} if token else {}
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(base + path, headers=headers, method=method, data=data)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def test_formgrader_answers_who_has_the_token(address: str) -> None:
    status, text, _ = ask(address, "/formgrader/api/submissions/lab3")
    assert status == 200 and {each["student"] for each in json.loads(text)} == {"ada", "ben", "chloé"}
    others = ask(address, "/formgrader/api/submissions/lab3", token=False)[1]
    assert "Token authentication is enabled" in others and "chloé" not in others


def test_a_report_is_shown_without_anything_that_acts(address: str) -> None:
    submissions = json.loads(ask(address, "/formgrader/api/submitted_notebooks/lab3/report")[1])
    [ada] = [each["id"] for each in submissions if each["student"] == "ada"]
    status, page, headers = ask(address, f"/formgrader/submissions/{ada}/")
    assert status == 200 and "my words" in page and 'id="plot-comment"' in page
    assert "<script>alert" not in page and 'href="/formgrader?path' not in page
    assert "img-src 'self' data:" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/formgrader/api/submission/lab3/ada/autograde",
        "/formgrader/api/assignment/lab3/assign",
        "/formgrader/api/assignment/lab3/collect",
        "/api/kernels",
    ],
)
def test_nothing_that_would_run_or_undo_something_is_served(path: str, address: str) -> None:
    assert ask(address, path, "POST")[0] == 403


def test_no_terminal_is_served_and_no_other_settings_are_read(address: str, tmp_path: Path) -> None:
    assert ask(address, "/api/terminals", "POST")[0] in (403, 404)
    ran = tmp_path / "ran"
    (tmp_path / "nbgrader_config.py").write_text(f"open({str(ran)!r}, 'w')")
    assert ask(address, f"/formgrader?path={tmp_path}")[0] == 200
    assert not ran.exists()


def test_ctrl_c_ends_all_and_takes_the_marks_over(
    server: "subprocess.Popen[str]", address: str, course: Course
) -> None:
    course.give("ada", "plot", 4.5, "from formgrader")
    server.send_signal(signal.SIGINT)
    said, _ = server.communicate(timeout=60)
    assert server.returncode == 0 and "lab3: one mark was taken from the gradebook" in said
    assert [(mark.points, mark.by) for mark in marks_beside(course.result("ada"))] == [(4.5, "eve")]
    with pytest.raises(urllib.error.URLError):
        ask(address, "/formgrader")


def test_a_server_that_ends_by_itself_is_noticed(course: Course) -> None:
    with served(course.folder) as server:
        server.check()
        server.process.kill()
        server.process.wait()
        with pytest.raises(Refused, match="formgrader ended by itself"):
            server.check()
