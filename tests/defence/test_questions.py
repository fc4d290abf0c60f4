"""Two questions for each student about their own code: which code, which questions, and for whom."""

import ast
import itertools
import re
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pytest

from grader import codes
from grader.author.skeleton import cut
from grader.defence.kinds import KINDS
from grader.defence.page import page, sentence
from grader.defence.questions import Question, questions_for, solved
from grader.lab import ROOT, Lab, Task, lab_folders, read_lab, solutions_folder
from grader.results import CheckResult, Result

TASK = "pg_loss"


def reference(lab: Lab) -> dict[str, bytes]:
    return {name: lab.path(name).read_bytes() for name in lab.code_files}


def with_body(lab: Lab, body: str, function: str = "def pg_loss(") -> dict[str, bytes]:
    """The skeleton with one function written."""
    text = cut(lab.path("losses.py").read_text(encoding="utf-8"), "losses.py")
    head, tail = text.split(function)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    tail = tail.replace("    # TODO: your code\n    raise NotImplementedError", lines, 1)
    return {"losses.py": (head + function + tail).encode()}


def asked(lab: Lab, body: str, student: str = "ada", seed: int = 0) -> list[Question]:
    return questions_for(lab, student, [lab.task(TASK)], with_body(lab, body), seed)


def result(*checks: CheckResult) -> Result:
    facts = ("hash", 1, {}, {}, 0.0, 5.0, "2026-01-01T00:00:00+00:00", 1.0)
    return Result(2, "lab3", {}, "ada", *facts, [], list(checks))


def check(task: str, points: float | None, side: str = "public", kind: str = "code") -> CheckResult:
    return CheckResult(task, "a_check", "", side, kind, "passed", points, 2.0)  # type: ignore[arg-type]


# --- which code -------------------------------------------------------------------------------------------------------


def test_a_task_is_solved_with_all_points_on_both_sides(lab3: Lab) -> None:
    found = solved(
        result(
            check("reward_to_go", 2.0),
            check("reward_to_go", 2.0, "hidden"),
            check("pg_loss", 2.0),
            check("pg_loss", 1.9, "hidden"),
            check("td_target", None),
            check("simple_pg", 2.0, kind="milestone"),
        ),
        lab3,
    )
    assert [task.name for task in found] == ["reward_to_go"]


def test_questions_are_about_the_functions_of_the_task_and_nothing_that_the_skeleton_has(lab3: Lab) -> None:
    files = with_body(lab3, "scaled = weights.detach() * 2.5\nreturn -(logp * scaled).sum()")
    lines = files["losses.py"].decode().splitlines()
    for seed in range(30):
        for question in questions_for(lab3, "ada", [lab3.task(TASK)], files, seed):
            assert question.task == TASK
            assert lines[question.line - 1].strip() == question.text
            assert question.text in ("scaled = weights.detach() * 2.5", "return -(logp * scaled).sum()")
    given = cut(lab3.path("losses.py").read_text(encoding="utf-8"), "losses.py")
    assert questions_for(lab3, "ada", [lab3.task(TASK)], {"losses.py": given.encode()}) == []


def test_functions_of_ones_own_that_a_task_uses_are_asked_about_too(lab3: Lab) -> None:
    files = with_body(lab3, "return _own(logp, weights)")
    files["losses.py"] += (
        b"\n\ndef _own(a, b):\n    return -(a * b.detach()).sum()\n\n\ndef unused(x):\n    return -x\n"
    )
    texts = {
        question.text for seed in range(30) for question in questions_for(lab3, "ada", [lab3.task(TASK)], files, seed)
    }
    assert "return -(a * b.detach()).sum()" in texts
    assert "return -x" not in texts


@pytest.mark.parametrize("lab_folder", lab_folders(solutions_folder()), ids=lambda folder: folder.name.split("_")[0])
def test_every_lab_has_two_questions_about_its_reference(lab_folder: Path) -> None:
    lab = read_lab(lab_folder)
    tasks = [task for task in lab.manifest.tasks if task.file in lab.code_files]
    found = questions_for(lab, "ada", tasks, reference(lab))
    assert len(found) == (2 if tasks else 0)
    for question in found:
        assert question.values["code"]
        assert f"ask_{question.kind}" not in sentence(question)


# --- which questions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind", "values"),
    [
        ("x = v.detach()", "detach", {"code": "v.detach()", "other": "v"}),
        ("with torch.no_grad(): x = 1", "no_grad", {"code": "torch.no_grad()"}),
        ("x = v.sum(dim=-1)", "axis", {"code": "v.sum(dim=-1)", "axis": "-1"}),
        ("x = v.sum(1)", "axis", {"code": "v.sum(1)", "axis": "1"}),
        ("x = np.cumsum(v, axis=0)", "axis", {"code": "np.cumsum(v, axis=0)", "axis": "0"}),
        ("x = -(a - b)", "sign", {"code": "-(a - b)", "other": "a - b"}),
        ("x = v.mean()", "mean", {"code": "v.mean()", "name": "mean", "other": "sum"}),
        ("x = v[:, 1:]", "slice", {"code": "v[:, 1:]"}),
        ("x = v * (~done)", "mask", {"code": "~done"}),
        ("x = logp * mask", "mask", {"code": "logp * mask"}),
        ("x = torch.where(a, b, c)", "mask", {"code": "torch.where(a, b, c)"}),
        ("x = v[v > 0]", "mask", {"code": "v[v > 0]"}),
        ("x = ratio.clamp(0, 1)", "bound", {"code": "ratio.clamp(0, 1)"}),
        ("x = torch.minimum(a, b)", "bound", {"code": "torch.minimum(a, b)"}),
        ("x = F.log_softmax(z, -1)", "exponential", {"code": "F.log_softmax(z, -1)", "name": "log_softmax"}),
        ("for r in reversed(rewards): pass", "direction", {"code": "reversed(rewards)"}),
        ("for t in range(n - 1, -1, -1): pass", "direction", {"code": "range(n - 1, -1, -1)"}),
        ("x = a if a > b else b", "condition", {"code": "a > b"}),
        ("x = v + 1e-8", "number", {"code": "1e-8"}),
        ("x = f(v)", "call", {"code": "f(v)"}),
        ("x = a", "line", {"code": "x = a"}),
    ],
)
def test_what_a_kind_asks_about(line: str, kind: str, values: dict[str, str]) -> None:
    text = lambda node: ast.get_source_segment(line, node) or ""  # noqa: E731
    found = [place for node in ast.walk(ast.parse(line)) if (place := KINDS[kind](node, text)) is not None]
    assert values in found


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("x = v.sum()", "axis"),
        ("x = -1", "sign"),
        ("x = v[:]", "slice"),
        ("x = v[0]", "slice"),
        ("x = max(v)", "bound"),
        ("x = a * b", "mask"),
        ("x = 1.0 + 2", "number"),
        ("for r in rewards: pass", "direction"),
        ("x = max(v)", "mean"),
    ],
)
def test_what_it_does_not_ask_about(line: str, kind: str) -> None:
    assert not [node for node in ast.walk(ast.parse(line)) if KINDS[kind](node, lambda _: "") is not None]


def test_two_questions_differ_in_task_and_kind_where_the_code_allows(lab3: Lab) -> None:
    for seed in range(50):
        one, other = questions_for(lab3, "ada", lab3.manifest.tasks, reference(lab3), seed)
        assert one.task != other.task
        assert one.kind != other.kind
    one, other = asked(lab3, "return -(logp * weights.detach()).sum()")
    assert one.line == other.line
    assert one.kind != other.kind


def test_the_same_lab_student_code_and_seed_ask_the_same_in_every_process(lab3: Lab) -> None:
    there = questions_for(lab3, "ada", lab3.manifest.tasks, reference(lab3), 7)
    program = (
        "from grader.defence.questions import questions_for\n"
        "from grader.lab import find_lab, solutions_folder\n"
        "lab = find_lab('lab3', solutions_folder())\n"
        "files = {name: lab.path(name).read_bytes() for name in lab.code_files}\n"
        "print(questions_for(lab, 'ada', lab.manifest.tasks, files, 7))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "123"},
    )
    assert done.stdout.strip() == repr(there)
    assert questions_for(lab3, "ada", lab3.manifest.tasks, reference(lab3), 8) != there


def test_neighbours_with_the_same_code_are_never_asked_the_same(lab3: Lab) -> None:
    """All of a course with the reference's code: the worst case."""
    course: list[list[Question]] = [[]]
    for number in range(60):
        student = f"student{number:03}"
        course.append(questions_for(lab3, student, lab3.manifest.tasks, reference(lab3), beside=course[-1]))
    for one, other in itertools.pairwise(course):
        assert not {(q.text, q.kind) for q in one} & {(q.text, q.kind) for q in other}
    times = Counter(question.task for questions in course for question in questions)
    assert len(times) == len(lab3.manifest.tasks)


def test_where_there_is_nothing_else_a_neighbour_is_asked_the_same(lab3: Lab) -> None:
    before = asked(lab3, "return logp")
    [question] = questions_for(lab3, "ben", [lab3.task(TASK)], with_body(lab3, "return logp"), beside=before)
    assert before == [question]


# --- code that is made to do harm -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        b"def pg_loss(:\n",
        b"\xff\xfe\x00",
        b"# coding: nonsense\n",
        b"x = 1\0",
        b"def pg_loss(logp, weights):\n    return " + b"-" * 100_000 + b"1\n",
        b"def pg_loss(logp, weights):\n    return " + b"(" * 300 + b")" * 300 + b"\n",
        b"",
        b"pg_loss = 3\n",
    ],
    ids=["syntax", "utf16", "coding", "nul", "unary", "parentheses", "empty", "no function"],
)
def test_code_that_cannot_be_read_is_not_asked_about(code: bytes, lab3: Lab) -> None:
    assert questions_for(lab3, "ada", [lab3.task(TASK)], {"losses.py": code}) == []
    assert questions_for(lab3, "ada", [lab3.task(TASK)], {}) == []


def test_a_long_chain_is_read_without_recursion(lab3: Lab) -> None:
    [one, other] = asked(lab3, "x = " + " + ".join(["logp.sum()"] * 2_000) + "\nreturn x")
    assert len(one.text) <= 120
    assert len(other.values["code"]) <= 120


def test_code_is_never_run_and_its_author_s_warnings_stay_away(
    lab3: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = with_body(lab3, f"return -open({str(tmp_path / 'ran')!r}, 'w').write('\\d')")
    files["losses.py"] = files["losses.py"] + f"\nopen({str(tmp_path / 'ran')!r}, 'w')\n".encode()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert questions_for(lab3, "ada", [lab3.task(TASK)], files)
    assert not (tmp_path / "ran").exists()
    assert capsys.readouterr().err == ""


def test_what_a_student_wrote_is_text_on_the_page(lab3: Lab) -> None:
    body = (
        "x = '`</code>`` <script>alert(1)</script> [a](javascript:b) \u202egnp' if -logp else '\\x1b[2J\x1b'\nreturn x"
    )
    questions = asked(lab3, body)
    text = page("lab3", 0, {"`<b>|*eve*\u202e\n# x": questions})
    assert "\u202e" not in text
    assert "\x1b" not in text
    outside = outside_of_code(text)
    for markup in ("<script>", "</code>", "[a]", "<b>", "*eve*"):
        assert markup in text
        assert markup not in outside
    assert [line for line in text.splitlines() if line.startswith("# ")] == ["# Questions on lab3"]


def outside_of_code(markdown: str) -> str:
    """What of a page is no code, as CommonMark has it: a span or a block ends with as many backticks as it begins."""
    without_blocks = re.sub(r"^ *(`{3,})text\n.*?^ *\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", without_blocks)


def test_a_page_has_a_section_for_each_student(lab3: Lab) -> None:
    questions = asked(lab3, "return -(logp * weights.detach()).sum()")
    lines = page("lab3", 5, {"ada": questions, "ben": codes.NO_TASK_SOLVED()}).splitlines()
    assert [line for line in lines if line.startswith("## ")] == ["## ` ada `", "## ` ben `"]
    number = questions[0].line
    assert f"1. ` pg_loss ` in ` losses.py `, line {number}" in lines
    assert f"   {number}: return -(logp * weights.detach()).sum()" in lines
    assert "seed 5" in "\n".join(lines)
    assert lines[-1 if lines[-1] else -2].startswith("No task in Python has full points")


def test_a_task_of_answers_is_not_asked_about(lab3: Lab) -> None:
    answers = Task("9", "map", 1, "map.json", ["read_map"], [])
    assert questions_for(lab3, "ada", [answers], {"map.json": b"{}"}) == []
