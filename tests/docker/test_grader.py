"""The grader's image grades a folder of submissions, some of which attack it, without and with a container engine.

Confined as the student's, any user, no network. Where an engine is given, workers are containers of their own.
"""

import dataclasses
import json
import secrets
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.lab import Lab, find_lab, labs_folder, solutions_folder

Bench = Callable[..., subprocess.CompletedProcess[str]]
REFERENCE, SKELETON = find_lab("lab3", solutions_folder()), find_lab("lab3", labs_folder())
FILE = "returns.py"
TODO = "    # TODO: your code\n    raise NotImplementedError\n"
LEFT = "import psutil; print(len([p for p in psutil.process_iter() if p.pid != 1]))"

# The first function of returns.py, with what stands before it; all others are as in the skeleton, so nothing is earned.
ATTACKS = {
    "ends-at-import": ("import os; os._exit(0)", "return 0"),
    "ends-with-success": ("", "import os; os._exit(0)"),
    "exits-in-a-call": ("", "import sys; sys.exit(0)"),
    "reads-the-solution": (
        "",
        """
        space = {}
        exec(open("/course/solutions/lab3_policy_gradient/returns.py").read(), space)
        return space["reward_to_go"](rewards, gamma)
        """,
    ),
    "forges-results": (
        """
        import pathlib
        for name in ("forges-results", "skeleton", "reference"):
            try:
                path = pathlib.Path(f"/course/graded/{name}/lab3/result.json")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text('{"schema_version": 1, "score": 100.0, "checks": []}')
            except OSError:
                pass
        """,
        "return torch.zeros(len(rewards))",
    ),
    "patches-the-comparison": (
        """
        import numpy, torch
        yes = lambda *_, **__: True
        for place in (torch, torch.testing, torch.Tensor, numpy, numpy.testing):
            for name in ("allclose", "equal", "isclose", "assert_close", "array_equal", "assert_allclose", "__eq__"):
                if hasattr(place, name):
                    setattr(place, name, yes)
        """,
        "return torch.zeros(len(rewards))",
    ),
    "asks-the-network": ("", "import socket; return socket.create_connection(('127.0.0.1', 9))"),
    "is-a-fork-bomb": ("", "import os\nwhile True: os.fork()"),
    "is-a-memory-bomb": ("", "a = []\nwhile True: a.append(bytearray(10**8))"),
    "never-ends": ("", "while True: pass"),
    "stops-itself": ("", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
    "kills-all": ("", "import os, signal; os.kill(-1, signal.SIGKILL)"),
    "sends-a-pickle": (
        """
        import os, pickle, stat
        for number in range(3, 256):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, pickle.dumps(print))
            except OSError:
                pass
        """,
        "return 0",
    ),
    "leaves-a-grandchild": (
        "",
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        return 0
        """,
    ),
}
HALF = """
total, returns = 0.0, []
for reward in reversed(rewards):
    total = reward + gamma * total
    returns.append(total)
return torch.tensor(returns[::-1], dtype=torch.float32)
"""
HONEST = ("reference", "skeleton", "half")


@dataclasses.dataclass(frozen=True)
class Variant:
    """How the grader's container is started, the outer layer it takes then, and the volume for meeting workers."""

    options: list[str]
    layer: str
    volume: str = ""


@pytest.fixture(scope="module", params=["alone", "with an engine"])
def variant(request: pytest.FixtureRequest, engine: str) -> Iterator[Variant]:
    if request.param == "alone":
        yield Variant([], "none")
        return
    if engine != "docker":
        pytest.skip("the grader's image has docker's program, for docker's engine")
    asked = [engine, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    host = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    socket = Path(host.removeprefix("unix://"))
    if not socket.is_socket():
        pytest.skip(f"the engine is not on this machine: {host}")
    volume = f"labkit-test-{secrets.token_hex(6)}"
    given = ["--volume", f"{socket}:/var/run/docker.sock", "--group-add", str(socket.stat().st_gid)]
    meeting = ["--volume", f"{volume}:/run/labkit", "--env", f"LABKIT_MEETING={volume}"]
    yield Variant([*given, *meeting], "docker", volume)
    subprocess.run([engine, "volume", "rm", "--force", volume], capture_output=True, check=False)


@dataclasses.dataclass(frozen=True)
class Outcome:
    done: subprocess.CompletedProcess[str]
    graded: Path

    def result(self, student: str) -> dict[str, Any]:
        return dict(json.loads((self.graded / student / "lab3" / "result.json").read_text()))


@pytest.fixture(scope="module")
def outcome(grader_image: str, variant: Variant, run: Bench, folder: Callable[[str], Path]) -> Outcome:
    """A whole run over all submissions."""
    submitted, graded = folder("submitted"), folder("graded")
    hand_in(submitted / "reference", REFERENCE)
    hand_in(submitted / "skeleton", SKELETON)
    for student, (before, body) in (ATTACKS | {"half": ("", HALF)}).items():
        returns = SKELETON.path(FILE).read_text()
        assert TODO in returns
        hand_in(submitted / student, SKELETON)
        first = returns.replace(TODO, textwrap.indent(textwrap.dedent(body), "    ") + "\n", 1)
        (submitted / student / "lab3" / FILE).write_text(f"{textwrap.dedent(before)}\n{first}")
    script = f"make grade LAB=lab3 SUBMISSIONS=submitted/ SEED=1; code=$?; python -c '{LEFT}'; exit $code"
    options = [*variant.options, f"--volume={submitted}:/course/submitted:ro"]
    mounted = {"/course/graded": graded}
    return Outcome(run(grader_image, "sh", "-c", script, options=options, mounted=mounted, seconds=900), graded)


def hand_in(folder: Path, lab: Lab) -> None:
    (folder / "lab3").mkdir(parents=True)
    for name in lab.manifest.files.handed_in:
        shutil.copyfile(lab.path(name), folder / "lab3" / name)


def test_the_sandbox_holds_what_it_promises(grader_image: str, variant: Variant, run: Bench) -> None:
    done = run(grader_image, "grader", "doctor", "--json", options=variant.options)
    findings = json.loads(done.stdout)
    assert (done.returncode, findings["holds"]) == (0, True), done.stdout
    assert findings["layers"]["outer"] == variant.layer


def test_all_are_graded(outcome: Outcome) -> None:
    assert outcome.done.returncode == 0, outcome.done.stderr
    assert {path.name for path in outcome.graded.iterdir() if path.is_dir()} >= {*HONEST, *ATTACKS}


def test_honest_work_earns_what_it_is_worth(outcome: Outcome) -> None:
    tasks = {task.name: task.points for task in REFERENCE.manifest.tasks}
    quiz = REFERENCE.manifest.quiz
    assert quiz is not None
    assert outcome.result("reference")["score"] == pytest.approx(sum(tasks.values()) + quiz.questions)
    assert outcome.result("half")["score"] == pytest.approx(tasks["reward_to_go"])
    assert outcome.result("skeleton")["score"] == 0


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_earns_nothing(attack: str, outcome: Outcome) -> None:
    result = outcome.result(attack)
    assert (result["student"], result["score"]) == (attack, 0)
    assert len(result["checks"]) == len(outcome.result("skeleton")["checks"])


def test_results_name_the_layers(outcome: Outcome, variant: Variant) -> None:
    layers = {tuple(sorted(outcome.result(student)["sandbox"].items())) for student in (*HONEST, *ATTACKS)}
    assert len(layers) == 1
    assert dict(layers.pop())["outer"] == variant.layer


def test_a_worker_of_dasks_grades_in_the_clusters_image(
    cluster_image: str, run: Bench, folder: Callable[[str], Path]
) -> None:
    """Confined as a pod is. Who speaks with it is in the same container, since that has no network."""
    submitted, graded = folder("submitted"), folder("graded")
    hand_in(submitted / "reference", REFERENCE)
    command = ["grader", "grade", "lab3", "/course/submitted", "--scheduler", "local:1", "--seed", "1"]
    done = run(cluster_image, *command, mounted={"/course/submitted": submitted, "/course/graded": graded})
    assert done.returncode == 0, done.stdout + done.stderr
    result = Outcome(done, graded).result("reference")
    assert (result["score"], result["sandbox"]["outer"]) == (70, "none")


def test_nothing_is_left(outcome: Outcome, variant: Variant, engine: str) -> None:
    """Of processes: the shell of this test and what counts them. Of files, for an attack what honest work leaves."""
    assert outcome.done.stdout.splitlines()[-1] == "2"
    left = {path.name: {file.relative_to(path) for file in path.rglob("*")} for path in outcome.graded.iterdir()}
    assert {name for name in left if left[name] and left[name] != left["skeleton"]} == set()
    assert set(left) - {*HONEST, *ATTACKS} <= {"runs.jsonl", "audit.jsonl", ".lock"}
    if variant.volume:
        listing = [engine, "ps", "--all", "--quiet", "--filter", f"volume={variant.volume}"]
        assert subprocess.run(listing, capture_output=True, text=True, check=True).stdout == ""
