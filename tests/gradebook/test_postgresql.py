"""The gradebook in a real PostgreSQL: the same points, and the same marks back."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import Refused
from grader.gradebook.database import url_of
from grader.results.marks import marks_beside
from tests.gradebook.course import SOMEBODY, Course

pytest.importorskip("nbgrader", reason="requirements/nbgrader.txt is not installed")
pytest.importorskip("psycopg", reason="requirements/nbgrader.txt is not installed")
if not (shutil.which("initdb") and shutil.which("pg_ctl")):
    pytest.skip("PostgreSQL's initdb and pg_ctl are not on the PATH", allow_module_level=True)

UNPRIVILEGED = 65534  # PostgreSQL does not run as root


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of a new server, which listens at a socket in a folder alone: no other user may enter pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_other = {"user": UNPRIVILEGED, "group": UNPRIVILEGED} if os.geteuid() == 0 else {}
    if as_other:
        os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
    data = str(folder / "data")

    def run(*command: str) -> None:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
            **as_other,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    run("initdb", "-D", data, "-U", "course", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start")
    yield f"postgresql://course@/postgres?host={folder}"
    run("pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    shutil.rmtree(folder)


def test_points_and_marks_go_there_and_back(database: str, tmp_path: Path) -> None:
    course = Course(tmp_path, database)
    assert course.type("export") == 0
    assert not (course.folder / "gradebook.db").exists()
    course.give("chloé", "plot", 2.25, "«here»")
    assert course.type("import") == 0
    [mark] = marks_beside(course.result("chloé"))
    assert (mark.points, mark.comment) == (2.25, "«here»")
    assert course.type("export") == 0 and len(marks_beside(course.result("chloé"))) == 1
    expected = {student: sum(points) for student, points in SOMEBODY.items()}
    assert course.scores() == {student: pytest.approx(score) for student, score in (expected | {"chloé": 2.55}).items()}


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    course = Course(tmp_path, f"postgresql://course@/postgres?host={tmp_path}")
    with pytest.raises(Refused, match="gradebook cannot be used"):
        course.type("export")


def test_both_names_of_postgresql_are_known(tmp_path: Path) -> None:
    for name in ("postgres", "postgresql"):
        assert url_of(tmp_path, f"{name}://a@b/c") == "postgresql+psycopg://a@b/c"
    assert url_of(tmp_path, "sqlite:////x.db") == "sqlite:////x.db"
