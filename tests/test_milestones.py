"""What training saved is judged apart: whatever it is, it costs its own points and never the grader."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save

from grader import codes, sandboxes
from grader.author.lint import lint
from grader.errors import Refused
from grader.findings import Code, Finding, needs_person
from grader.grading import asking as workers
from grader.grading.asking import WarmParent, WorkerFailed
from grader.grading.milestones import judge_milestone, scorer
from grader.grading.plan import killed
from grader.grading.submission import Bench, Graded, attention, grade, open_bench
from grader.intake.submissions import Submission
from grader.lab import Lab, read_lab
from grader.languages import say
from grader.results import CheckResult
from grader.results.marks import Mark, merged
from grader.run.answers import Answer
from tests.judging import milestone_of
from tests.reading import student_reads

FOLDER = Path(__file__).parent / "milestone_lab" / "lab93_models"
Files = dict[str, bytes]
RIGHT = "def one():\n    return 1.0\n"


@pytest.fixture(scope="module")
def lab() -> Lab:
    return read_lab(FOLDER)


@pytest.fixture(scope="module")
def parent(lab: Lab) -> Iterator[WarmParent]:
    limits = lab.manifest.largest_limits
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "GRACE_SECONDS", 0.2)
        with WarmParent(limits, sandboxes.choose("auto", limits), lab.manifest.grader.preload) as warm:
            yield warm


@pytest.fixture(scope="module")
def bench(lab: Lab, parent: WarmParent) -> Bench:
    return open_bench(lab, parent, seed=1)


def judged(bench: Bench, name: str, files: Mapping[str, bytes]) -> CheckResult:
    return judge_milestone(milestone_of(bench.lab, name), bench.score, files, {})


def network(end: float) -> Files:
    return {"runs/network.safetensors": save({"end": np.array([end], dtype=np.float32)})}


def model(share: float = 1.0, more: Files | None = None, **config: object) -> Files:
    """A model's folder with a config.json, as transformers saves one, and the notes beside it."""
    files = {"runs/model/config.json": json.dumps(config).encode(), "runs/notes.json": b'{"share": %f}' % share}
    return files | (more or {})


@pytest.mark.parametrize(("reached", "points"), [(1.0, 4), (0.5, 4), (0.25, 2), (0.2, 0)])
def test_files_and_folders_are_judged_where_the_lab_has_them(reached: float, points: float, bench: Bench) -> None:
    for name, files in (("network", network(reached)), ("model", model(reached))):
        line = judged(bench, name, files)
        assert (line.points, line.kind, line.number) == (points, "milestone", "M")
        assert line.has(codes.REACHED), student_reads(line)


def written(header: bytes, size: int | None = None) -> Files:
    """A file whose header is written by hand, and says of itself how long it is."""
    return {"runs/network.safetensors": (len(header) if size is None else size).to_bytes(8, "little") + header}


def tensor(dtype: str, *shape: int, size: int) -> bytes:
    return json.dumps({"end": {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}).encode()


ATTACKS: dict[str, tuple[str, Files, Code, str]] = {
    "no safetensors": ("network", {"runs/network.safetensors": b"PK\3\4"}, codes.ARTEFACTS_UNUSABLE, "cannot be used"),
    "nothing": ("network", {"runs/network.safetensors": b""}, codes.ARTEFACTS_UNUSABLE, "cannot be used"),
    "zeros": ("network", {"runs/network.safetensors": bytes(4_000_000)}, codes.ARTEFACTS_UNUSABLE, "cannot be used"),
    "one byte more": ("network", {"runs/network.safetensors": bytes(4_000_001)}, codes.ARTEFACTS_TOO_LARGE, "allowed"),
    "a header of 2**63 bytes": ("network", written(b"{}", 2**63), codes.ARTEFACTS_UNUSABLE, "cannot be used"),
    "10**15 elements": (
        "network",
        written(tensor("F32", 10**15, size=4 * 10**15)),
        codes.ARTEFACTS_UNUSABLE,
        "cannot be used",
    ),
    "2**62 columns": (
        "network",
        written(tensor("F32", 0, 2**62, 4, size=0)),
        codes.ARTEFACTS_UNUSABLE,
        "cannot be used",
    ),
    "thousands of tensors": (
        "network",
        {"runs/network.safetensors": save({str(n): np.zeros(0, np.float32) for n in range(5_000)})},
        codes.ARTEFACTS_UNUSABLE,
        "one number called end",
    ),
    "NaN": ("network", network(float("nan")), codes.ARTEFACTS_UNUSABLE, "end is NaN"),
    "it never ends": ("network", network(0.0), codes.JUDGING_OUT_OF_TIME, "stopped after 0.5 seconds"),
    "infinity": ("network", network(float("inf")), codes.NO_FIGURE, "not a finite number"),
    "no JSON": (
        "model",
        model(more={"runs/model/config.json": b"{"}),
        codes.ARTEFACTS_UNUSABLE,
        "runs/model/, runs/notes.json cannot be used",
    ),
    "no config": (
        "model",
        {"runs/model/model.safetensors": b"", "runs/notes.json": b"{}"},
        codes.JUDGING_RAISED,
        "FileNotFoundError",
    ),
    "no notes": ("model", {"runs/model/config.json": b"{}"}, codes.NOT_HANDED_IN, "runs/notes.json was not handed in"),
    "no folder": ("model", {"runs/notes.json": b"{}"}, codes.NOT_HANDED_IN, "runs/model/ was not handed in"),
    "a folder beside it": (
        "model",
        {"runs/model_2/config.json": b"{}", "runs/notes.json": b"{}"},
        codes.NOT_HANDED_IN,
        "runs/model/ was not handed in",
    ),
    "too much in all": (
        "model",
        model(more={f"runs/model/{n}.bin": bytes(50_000) for n in range(4)}),
        codes.ARTEFACTS_TOO_LARGE,
        "200,000 are allowed",
    ),
    "no share": ("model", model(more={"runs/notes.json": b"{}"}), codes.JUDGING_RAISED, "KeyError"),
    "a share of text": ("model", model(more={"runs/notes.json": b'{"share": []}'}), codes.JUDGING_RAISED, "TypeError"),
    "a share that is NaN": ("model", model(more={"runs/notes.json": b'{"share": NaN}'}), codes.NO_FIGURE, "finite"),
    "a huge layer": ("model", model(hidden=10**11), codes.JUDGING_OUT_OF_MEMORY, "more than 300 MB"),
    "a layer beyond counting": ("model", model(hidden=10**18), codes.JUDGING_OUT_OF_MEMORY, "more than 300 MB"),
    "layers without end": ("model", model(layers=10**9), codes.JUDGING_OUT_OF_MEMORY, "more than 300 MB"),
    "a crash": ("model", model(address=1), codes.JUDGING_DIED, "SIGSEGV"),
    "a full disk": ("model", model(cache=50_000_000), codes.JUDGING_DIED, "on disk"),
    "the solution": ("model", model(tokenizer=str(FOLDER / "one.py")), codes.JUDGING_RAISED, "PermissionError"),
    "a name too long": ("model", model(more={f"runs/model/{'x' * 300}": b""}), codes.ARTEFACTS_UNUSABLE, "too long"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_was_saved_costs_its_own_points_and_nothing_else(attack: str, bench: Bench) -> None:
    name, files, code, words = ATTACKS[attack]
    line = judged(bench, name, files)
    assert line.has(code), line
    assert (line.points, line.max_points) == (0, 4)
    assert line.outcome in ("failed", "timeout", "crashed")
    assert words in student_reads(line)
    assert len(student_reads(line)) < 400
    assert judged(bench, "network", network(1.0)).points == 4, "and the next one is judged as ever"


def test_what_may_be_the_graders_own_fault_is_shown_to_a_person(bench: Bench) -> None:
    assert [needs_person(finding) for finding in judged(bench, *ATTACKS["no share"][:2]).findings] == [True]
    assert [needs_person(finding) for finding in judged(bench, *ATTACKS["no JSON"][:2]).findings] == [False]


def test_thousands_of_small_files_are_judged(bench: Bench) -> None:
    many = {f"runs/model/part{n // 100}/{n}": b"" for n in range(300)}
    assert judged(bench, "model", model(1.0, many)).points == 4


def test_the_process_that_judges_has_the_given_files_and_the_artefacts_alone(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[set[str], str]] = []
    original = workers.opening_message

    def spied(manifest: object, files: Files, asked: workers.Asked) -> object:
        opened.append((set(files), asked))
        return original(manifest, files, asked)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "opening_message", spied)
    result = submitted(bench, tmp_path, network(1.0)).result
    assert [files for files, asked in opened if asked == "milestones"] == [{"lab.toml", "evaluate.py"}]
    assert all("one.py" in files for files, asked in opened if asked == "checks")
    assert {check.check: check.points for check in result.checks if check.kind == "milestone"} == {
        "network": 4,
        "model": 0,
    }


def submitted(bench: Bench, folder: Path, files: Files, code: str = RIGHT) -> Graded:
    """Grades a submission with these artefacts."""
    for name, data in {"one.py": code.encode(), **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return grade(bench, Submission("mallory", folder, []))


def test_a_folder_is_taken_and_judged_as_it_was_handed_in(bench: Bench, tmp_path: Path) -> None:
    graded = submitted(
        bench, tmp_path, {**network(0.25), **model(0.5, {"runs/model/parts/1.bin": bytes(9)}), "log": b""}
    )
    assert (graded.result.score, graded.attention) == (2 + 2 + 4, [])
    assert graded.result.max_score == 10


def test_a_folder_that_is_too_large_says_so_where_its_points_are(bench: Bench, tmp_path: Path) -> None:
    graded = submitted(bench, tmp_path, model(1.0, {"runs/model/parts/1.bin": bytes(200_000)}))
    [line] = [check for check in graded.result.checks if check.check == "model"]
    assert (line.outcome, line.points) == ("failed", 0)
    assert student_reads(line) == "runs/model/ has 200,002 bytes; 200,000 are allowed: it was not taken"


def test_a_submission_whose_network_never_ends_keeps_the_points_of_its_code(bench: Bench, tmp_path: Path) -> None:
    graded = submitted(bench, tmp_path, network(0.0))
    assert (graded.result.score, graded.attention) == (2, [])
    assert {check.check: check.outcome for check in graded.result.checks if check.kind == "milestone"} == {
        "network": "timeout",
        "model": "failed",
    }


@pytest.mark.parametrize("code", ["def one():\n    return 2.0\n", "def one():\n    raise NotImplementedError\n"])
def test_what_was_trained_without_its_tasks_waits_for_a_person(code: str, bench: Bench, tmp_path: Path) -> None:
    graded = submitted(bench, tmp_path, {**network(0.6), **model(0.1)}, code)
    found = {check.check: (check.outcome, check.points) for check in graded.result.checks if check.kind == "milestone"}
    assert found == {"network": ("pending", None), "model": ("failed", 0)}, "what earns nothing waits for nobody"
    assert graded.result.score == 0
    [told] = map(say, graded.attention)
    assert told == (
        "network (hidden): reached 0.600; target 0.5, half at 0.25; a person decides what this counts, since published "
        "checks do not pass in one"
    )
    marked = merged(graded.result, [Mark("network", 4.0, "ben", "")])
    assert (marked.score, attention(marked)) == (4, [])


def test_tasks_that_a_milestone_names_have_to_be_there(tmp_path: Path) -> None:
    text = (FOLDER / "lab.toml").read_text(encoding="utf-8").replace('tasks = ["one"]', 'tasks = ["one", "two"]')
    (tmp_path / "lab.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="milestone network names tasks that there are not: two"):
        read_lab(tmp_path)


def test_a_submission_may_not_use_what_judging_may(bench: Bench, tmp_path: Path) -> None:
    """The sandbox allows 300 MB to a milestone, and 100 to a submission."""
    code = "def one():\n    a = bytearray(b'x' * 200_000_000)\n    return 1.0\n"
    checks = submitted(bench, tmp_path, {}, code).result.checks
    [line] = [check for check in checks if check.check == "is_one" and check.visibility == "public"]
    assert (line.outcome, line.points) == ("crashed", 0)
    assert line.findings == [codes.LIMIT_MEMORY(megabytes=100)]
    assert judged(bench, "model", model(layers=200)).points == 4


@pytest.mark.parametrize(
    "source",
    ["import no_such_library\n", "def score(name, folder):\n    import no_such_library\n", "def score(:\n"],
)
def test_an_evaluate_that_cannot_be_used_is_the_graders_fault(
    source: str, lab: Lab, parent: WarmParent, tmp_path: Path
) -> None:
    broken = msgspec.structs.replace(lab, folder=tmp_path)
    shutil.copyfile(lab.path("lab.toml"), tmp_path / "lab.toml")
    (tmp_path / "evaluate.py").write_text(source)
    score = scorer(broken, parent)
    with pytest.raises(WorkerFailed, match=r"evaluate\.py of lab93 cannot be used"):
        judge_milestone(milestone_of(lab, "network"), score, network(1.0), {})


def test_the_graders_fault_is_an_error_of_the_milestone_alone(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Answer:
        raise WorkerFailed("no worker today")

    monkeypatch.setattr(bench, "score", fails)
    graded = submitted(bench, tmp_path, network(1.0))
    found = {check.check: (check.outcome, check.points) for check in graded.result.checks}
    assert found["network"] == ("error", None)
    assert found["is_one"] == ("passed", pytest.approx(1.2))
    assert any("no worker today" in str(finding) for finding in graded.attention)


def test_one_that_is_killed_from_outside_is_judged_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    original = workers.Worker.ask
    ended: list[int] = []

    def interrupted(worker: workers.Worker, *arguments: object) -> tuple[Answer, float]:
        if len(ended) < times:
            ended.append(1)
            worker.close()
            return Answer("killed", finding=codes.KILLED(times=1)), 0.0
        return original(worker, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(workers.Worker, "ask", interrupted)
    times = 2
    assert judged(bench, "network", network(1.0)).points == 4
    times = 5
    line = judged(bench, "network", network(1.0))
    assert killed(line)
    assert line.findings == [codes.KILLED(times=3)]


@pytest.mark.parametrize("value", ["1.0", None, True, [1.0], 1])
def test_a_figure_that_is_none_earns_nothing(value: object, lab: Lab) -> None:
    """What a process answers that was taken over by what it read."""
    line = judge_milestone(milestone_of(lab, "network"), lambda *_: Answer("value", value), network(1.0), {})
    assert (line.outcome, line.points) == ("failed", 0)
    assert line.has(codes.NO_FIGURE)


def test_what_the_artefacts_say_is_tidied(lab: Lab) -> None:
    answer = Answer("unusable", finding=codes.ARTEFACTS_UNUSABLE(files=["x"], message="\x1b[2J" + "y" * 9_999))
    line = judge_milestone(milestone_of(lab, "network"), lambda *_: answer, network(1.0), {})
    [finding] = line.findings
    assert isinstance(finding, Finding) and "\x1b" not in str(finding.values["message"])
    assert len(student_reads(line)) < 3_000


def test_lint_wants_evaluate_among_the_given_files_and_artefacts_apart(lab: Lab) -> None:
    assert lint(lab).faults == []
    manifest = lab.manifest
    careless = msgspec.structs.replace(manifest.milestones[0], artefacts=["one.py", "../notes.json"])
    files = msgspec.structs.replace(manifest.files, given=[])
    manifest = msgspec.structs.replace(manifest, milestones=[careless], files=files)
    assert lint(msgspec.structs.replace(lab, manifest=manifest)).faults == [
        "there are milestones, and evaluate.py, which judges them, is not given",
        "one.py is an artefact, and has another role besides",
        "../notes.json is an artefact, and lies outside of the lab's folder",
    ]
