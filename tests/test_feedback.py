"""What a student is shown of a result: enough to go on, nothing hidden, and nobody's text as anything but text."""

import errno
import html.parser
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grader import codes, results
from grader.cli import main
from grader.findings import CODES, Finding, kind_of
from grader.grading.asking import WarmParent
from grader.grading.submission import Bench, Graded, failed, open_bench
from grader.intake.submissions import Submission
from grader.intake.versions import not_taken
from grader.lab import ROOT, Lab, Limits, find_lab, solutions_folder
from grader.lab.limits import FINDINGS, over_limit
from grader.languages import say
from grader.plain import Array, to_plain
from grader.renderers import renderer_of
from grader.renderers.pages import Page
from grader.renderers.pages import page_of as page_of_view
from grader.renderers.words import Words, words_of
from grader.renderers.writing import write_feedback
from grader.results import CheckResult, Kind, Outcome, Result, Visibility, read_result, write_result
from grader.results.standing import standings_in
from grader.results.view import INVISIBLE, NEXT_STEPS, harmless, view_of

Submitted = Callable[..., Path]
Grade = Callable[[Bench, Path], Graded]
FORMS = ("html", "md")
SIDES = get_args(Visibility)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></div></main><h1>100 of 100</h1>",
    "</title><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "{{ 7 * 7 }}{% include 'feedback.md' %}",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1)) [y][z]\n\n[z]: https://evil.example",
    "<https://evil.example> https://evil.example www.evil.example a@evil.example",
    "# 100 of 100",
    "\n\n# 100 of 100\n\n<b>",
    "title\n=====\n\ntitle\n-----\n",
    "```\n# out of the fence\n```",
    "````````\n<b>out of a longer fence</b>",
    "~~~\n# tildes\n~~~",
    "`` ` `<b>` ` ``",
    "    indented\n\n- item\n1. item\n> quoted\n\n***\n",
    "| a | b |\n| - | - |\n| c | d |",
    "\\[x](https://evil.example)\\",
    "**bold** _it_ ~~gone~~ $x$",
    "\x1b[2J\x1b]8;;https://evil.example\x07click\x1b]8;;\x07 \x9b31m \x00\r\x08",
    "\u202egnp.exe\u2066x\u2069 \u200bzero\u200dwidth\ufeff \u2028line \u00adsoft \u3164filler \ufe0f \U000e0041tag",
]


def words() -> Words:
    return words_of(find_lab("lab3", solutions_folder()))


def page_of(result: Result) -> Page:
    return page_of_view(view_of(result), words())


def render(result: Result, form: str) -> str:
    [(name, page)] = renderer_of("feedback", form).feedback(view_of(result), words())
    assert name == f"feedback.{form}"
    return str(page)


def result_with(
    *checks: CheckResult, student: str = "ana", lab: str = "lab3", notes: tuple[Finding, ...] = (), **others: Any
) -> Result:
    facts = {
        "depends": {"checks.py": "sha256:a1b2c3d4"},
        "submission_hash": "f9e8d7c6" * 8,
        "seed": 987654321,
        "versions": {"python": "3.11.77", "torch": "2.99.1"},
        "sandbox": {"outer": "bubblewrap", "inner": "landlock"},
        "score": results.score_of(list(checks)),
        "max_score": sum(check.max_points for check in checks),
        "started": "2026-02-03T04:05:06+00:00",
        "seconds": 1.2345,
    }
    return Result(schema_version=2, lab=lab, student=student, notes=list(notes), checks=list(checks), **facts | others)


def check_with(
    outcome: Outcome,
    found: str | Finding = "",
    visibility: Visibility = "public",
    kind: Kind = "code",
    points: float | None = 0.0,
    **others: str,
) -> CheckResult:
    """A line of a result. A text is what an exception of the submission's says."""
    finding = codes.RAISED(exception="ValueError", message=found) if isinstance(found, str) else found
    names = {"task": "pg_loss", "check": "one_episode", "title": "The loss of one episode."} | others
    return CheckResult(
        **names,
        visibility=visibility,
        kind=kind,
        outcome=outcome,
        points=None if outcome in ("pending", "error") else points,
        max_points=2.5,
        findings=[finding] if found else [],
    )


def full_of(text: str) -> Result:
    """A result in which a submission, a student's name and a lab's author all say `text`."""
    checks = [
        check_with(
            outcome, text, visibility, kind, title=text, task=text, mistake=text, case=text, check=text, number=text
        )
        for outcome in OUTCOMES
        for visibility, kind in (("public", "code"), ("hidden", "code"), ("hidden", "milestone"), ("hidden", "quiz"))
    ]
    own = Finding(f"a lab's or a worker's {text}", {text: text, "list": [text, Finding(text)]})
    checks.append(check_with("failed", own, title=text, task=text))
    return result_with(*checks, student=text, lab=text, notes=(codes.FILE_MISSING(file=text), Finding(text)))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_wrong_with_a_file_is_said_once_and_not_of_each_check(form: str) -> None:
    broken = codes.SYNTAX_ERROR(file="losses.py", line=3, message="never closed", python="3.11")
    checks = [check_with("failed", broken, side, check=side) for side in SIDES]
    page = render(result_with(*checks, notes=(broken,)), form)
    assert page.count("never closed") == 1
    assert "on your machine" not in page and "hidden cases try" not in page


@pytest.mark.parametrize("form", FORMS)
def test_why_nothing_could_be_taken_is_said_once(form: str, lab3_run: Bench, tmp_path: Path, graded: Grade) -> None:
    (tmp_path / "lab3.zip").write_bytes(b"no zip")
    result = graded(lab3_run, tmp_path / "lab3.zip").result
    page = render(result, form)
    assert {check.outcome for check in result.checks if check.kind == "code"} == {"failed"}
    assert page.count("not a zip file") == 1 and "on your machine" not in page


def test_a_hidden_check_that_waits_for_another_says_for_which() -> None:
    found = codes.COUNTS_ONCE(check="one_episode", title="The loss of one episode.")
    [section] = page_of(result_with(check_with("skipped", found, "hidden"))).sections
    assert section.lines[0].message == "counts once this passes: " + words().texts.checks["one_episode"]
    assert section.next == [
        "This waits for a function that is not written yet, or for another check: see to that one first."
    ]


# --- hostile texts ----------------------------------------------------------------------------------------------------


class Tags(html.parser.HTMLParser):
    """Everything of a page but its text, and the text apart."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[object] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *attrs))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append("/" + tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def handle_pi(self, data: str) -> None:
        self.tags.append("instruction")

    def handle_data(self, data: str) -> None:
        self.text += data


def structure(page: str, form: str) -> list[object]:
    """What a page is made of, without its text."""
    if form == "html":
        return Tags(page).tags
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    inline = [child.type for token in tokens for child in token.children or () if child.type != "text"]
    return [*((token.type, token.tag, token.info) for token in tokens), inline]


PLAIN: dict[str, list[object]] = {form: structure(render(full_of("words"), form), form) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_submission_or_a_student_says_is_text_and_changes_nothing_else(text: str, form: str) -> None:
    page = render(full_of(text), form)
    assert structure(page, form) == PLAIN[form]
    assert all(c == "\n" or c.isprintable() for c in page)
    assert not INVISIBLE.search(page)


@given(text=st.text(st.sampled_from("`~#*_[]()<>!|\\&;:=+-.$@ \n\tx1/\x1b\u202e\u00e9"), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_text_at_all_becomes_structure(text: str) -> None:
    for form in FORMS:
        assert structure(render(full_of(text), form), form) == PLAIN[form]


def test_plain_pages_have_no_links_images_or_foreign_html() -> None:
    tokens = str(PLAIN["md"])
    assert "fence" in tokens and "code_inline" in tokens and "heading_open" in tokens
    assert not re.search("link|image|html|table", tokens)
    tags = {tag[0] for tag in PLAIN["html"] if isinstance(tag, tuple)}
    assert tags.isdisjoint({"a", "img", "script", "link", "iframe", "form", "object"})


def test_hostile_text_can_still_be_read() -> None:
    message = "it raised ValueError: <b> & `x` [y](z)"
    result = result_with(
        check_with("failed", "<b> & `x` [y](z)"), student="Zoë <3", notes=(codes.FILE_MISSING(file="a & b.py"),)
    )
    shown = Tags(render(result, "html")).text
    assert message in shown and "Zoë <3" in shown and "a & b.py is missing" in shown
    assert f"\n{message}\n" in render(result, "md")


def test_the_html_page_forbids_itself_everything_but_its_style() -> None:
    page = render(full_of("words"), "html")
    first = next(tag for tag in PLAIN["html"] if isinstance(tag, tuple) and tag[0] not in ("html", "head"))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert first == ("meta", ("http-equiv", "Content-Security-Policy"), ("content", policy))
    assert PLAIN["html"][0] == ("html", ("lang", "en"))
    assert not re.search(r"url\(|@import|https?:", page)


# --- what is not a student's ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_nothing_of_the_graders_machine_is_shown(form: str) -> None:
    message = "no '/home/prof/kit/solutions/lab3/key.json', see https://pytorch.org/docs/x"
    trouble = codes.GRADER_FAILED(message='File "/home/prof/kit/grader/judging/judge.py", line 70\nKeyError: 3.25')
    result = result_with(check_with("failed", message), check_with("error", trouble, mistake="not for students"))
    page = render(result, form)
    for secret in ("987654321", "a1b2c3d4", "f9e8d7c6", "3.11.77", "2.99", "landlock", "bubblewrap", "2026", "1.2345"):
        assert secret not in page
    assert "/home" not in page and "kit" not in page
    assert "key.json" in page and "pytorch.org/docs/x" in page, "the rest of a sentence stays"
    assert "KeyError" not in page and "3.25" not in page and "not for students" not in page


def test_an_error_of_the_grader_is_said_and_costs_nothing() -> None:
    page = page_of(
        result_with(check_with("error", codes.GRADER_FAILED(message="KeyError")), check_with("passed", points=2.5))
    )
    [section] = page.sections
    assert (
        section.lines[0].message == "The grader failed here; your instructor has been told. You lose no points by it."
    )
    assert section.lines[0].points == "2.5 points to come"
    assert page.to_come == ["2.5 more could not be judged this time, and are not lost."]


def test_an_error_on_the_whole_submission_is_not_told_as_one_of_its_files(lab3_run: Bench, tmp_path: Path) -> None:
    newest = codes.NEWEST_COUNTS(name="b.zip", count=2, others=["a.zip"])
    trouble = codes.GRADER_FAILED(message="KeyError: '/home/prof/kit/hidden/3.25'")
    result = failed(lab3_run, not_taken(Submission("ana", tmp_path / "ana", [newest]), trouble), trouble).result
    page = page_of(result)
    assert page.notes == [say(newest)]
    assert "3.25" not in render(result, "html") + render(result, "md")


def numbers_in(plain: Any) -> Iterator[float]:
    if isinstance(plain, Array):
        yield from np.asarray(plain.values, dtype=float).ravel()[:1000].tolist()
    elif isinstance(plain, dict):
        yield from (number for item in plain.values() for number in numbers_in(item))
    elif isinstance(plain, list):
        yield from (number for item in plain[:1000] for number in numbers_in(item))
    elif isinstance(plain, float):
        yield plain


def hidden_numbers(run: Bench) -> set[str]:
    """The numbers of the hidden cases and of their answers as a message might say them, those that nobody else says."""
    numbers: set[float] = set()
    for check in run.reference.checks:
        for case, known in zip(
            run.reference.cases(check, "hidden", run.seed), run.reference.known(check, "hidden", run.seed), strict=True
        ):
            numbers.update(numbers_in(to_plain(case.arguments)))
            if known.expected is not None:
                numbers.update(numbers_in(known.expected.value))
    written = {f"{abs(number):{digits}}" for number in numbers for digits in (".5g", ".6g", "")}
    return {text for text in written if len(text.replace(".", "").strip("0")) >= 5}


TELLING = """

def total_return_weights(rewards, dones, gamma):
    raise ValueError(f"{rewards.tolist()} {gamma}")


def batch_reward_to_go(rewards, dones, gamma):
    print(rewards.tolist(), gamma)
    return rewards * gamma
"""


def test_no_number_of_a_hidden_case_is_shown(lab3_run: Bench, submitted: Submitted, graded: Grade) -> None:
    returns, losses = (lab3_run.lab.path(name).read_text(encoding="utf-8") for name in ("returns.py", "losses.py"))
    wrong = losses.replace("return -(logp * weights.detach()).sum()", "return (logp * weights.detach()).sum()")
    assert wrong != losses
    result = graded(lab3_run, submitted(lab3_run.lab, {"returns.py": returns + TELLING, "losses.py": wrong})).result
    hidden = [check for check in result.checks if check.visibility == "hidden" and check.kind == "code"]
    assert {"passed", "failed"} <= {check.outcome for check in hidden}
    secrets = hidden_numbers(lab3_run)
    assert len(secrets) > 100
    spilt = " ".join(secrets)
    told = [code(**dict.fromkeys(code.values, spilt)) for code in CODES.values() if code.kind != "limits"]
    telling = [  # as if a finding of a hidden check said what it must not
        msgspec.structs.replace(check, case=spilt, findings=told) if check in hidden else check
        for check in result.checks
    ]
    for shown in (result, msgspec.structs.replace(result, checks=telling)):
        for form in FORMS:
            page = render(shown, form)
            assert not [secret for secret in secrets if secret in page]
            assert "downhill" in page or "likel" in page, "the diagnosis of the wrong sign"


EVERYTHING = [code(**dict.fromkeys(code.values, "secret")) for code in CODES.values()]
OWN = [Finding("of_the_lab", {"value": "secret"}), Finding("secret")]


@pytest.mark.parametrize("finding", [*EVERYTHING, *OWN], ids=lambda finding: finding.code)
def test_of_a_hidden_case_a_code_is_shown_without_its_values(finding: Finding) -> None:
    """All but the codes that only the grader's side makes: their values are the lab's own settings."""
    check = check_with("failed", finding, "hidden", case="a secret title")
    [shown] = view_of(result_with(check)).tasks[0].checks
    if kind_of(finding) == "private":
        assert shown.findings == []
    else:
        [only] = shown.findings
        assert only == finding if kind_of(finding) == "limits" else only.values == {}
        assert kind_of(finding) == "limits" or "secret" not in str(shown)
    assert shown.case == ""
    assert [page.count("a secret title") for page in map(render, [result_with(check)] * 2, FORMS)] == [0, 0]


def test_of_a_public_case_everything_is_shown_but_what_is_private() -> None:
    wrong = codes.VALUE_DIFFERS(where="", expected="1.5", got="2")
    [section] = page_of(result_with(check_with("failed", wrong, case="three steps"))).sections
    assert section.lines[0].message == "case 'three steps': another value is expected; expected 1.5, got 2"
    old = codes.OLD_SENTENCE(text="a sentence of before")
    [section] = page_of(result_with(check_with("failed", old), notes=(old,))).sections
    assert section.lines[0].message == ""
    assert page_of(result_with(notes=(old,))).notes == []


@pytest.mark.parametrize("limit", FINDINGS)
def test_the_graders_own_words_on_a_hidden_check_are_shown(limit: str) -> None:
    found = over_limit(Limits(), limit)
    [section] = page_of(result_with(check_with("crashed", found, "hidden"))).sections
    assert section.lines[0].message == say(found) != ""


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("while True: pass", "timeout"),
        ("import os; os._exit(0)", "crashed"),
        ("raise ValueError(xs)", "failed"),
        ("raise type('Secret', (Exception,), {})(xs)", "failed"),
        ("return str(xs)", "failed"),
        ("return xs", "failed"),
        ("return float('nan')", "failed"),
        ("return (", "failed"),
    ],
)
def test_however_a_submission_fails_a_hidden_check_says_how(
    body: str, outcome: Outcome, small_lab: Lab, warm_parent: WarmParent, submitted: Submitted, graded: Grade
) -> None:
    folder = submitted(small_lab, {"second.py": f"def total(xs):\n    {body}\n"})
    page = page_of(graded(open_bench(small_lab, warm_parent, seed=1), folder).result)
    [section] = [section for section in page.sections if section.title == "total"]
    [hidden] = [line for line in section.lines if line.cases == "hidden cases"]
    assert hidden.outcome == outcome
    assert hidden.message or any("syntax error" in note for note in page.notes), "a lost file is told once, above"


# --- what helps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [outcome for outcome in OUTCOMES if outcome not in ("passed", "error")])
@pytest.mark.parametrize("visibility", ["public", "hidden"])
def test_every_outcome_but_passed_comes_with_a_next_step(outcome: Outcome, visibility: Visibility) -> None:
    result = result_with(check_with(outcome, "", visibility))
    [step] = view_of(result).tasks[0].next_steps
    assert step in NEXT_STEPS
    assert page_of(result).sections[0].next == [say(f"step_{step}", lab="lab3", task="pg_loss")]


def test_a_diagnosis_is_shown_on_both_sides_in_place_of_general_advice() -> None:
    sides = [check_with("failed", "wrong", side, mistake="rewards_so_far") for side in SIDES]
    [section] = page_of(result_with(*sides)).sections
    assert [line.diagnosis for line in section.lines] == [words().texts.mistakes["rewards_so_far"]] * 2
    assert section.lines[0].diagnosis.startswith("Your sums run from the first step")
    assert section.next == []


def test_the_score_tells_what_is_still_graded_by_hand() -> None:
    report = check_with("pending", codes.GRADED_BY_HAND(), kind="report", task="report")
    page = page_of(result_with(check_with("passed", points=2.5), report))
    assert page.score == "2.5 of 5 points so far"
    assert page.to_come == ["2.5 more are graded by hand."]
    assert [(section.title, section.points) for section in page.sections] == [
        ("pg_loss", "2.5 of 2.5 points"),
        ("Report", "2.5 points to come"),
    ]


def test_a_milestone_that_was_not_played_is_not_called_unwritten() -> None:
    played = check_with("skipped", codes.NOT_PLAYED(), "hidden", "milestone", None, task="milestone")
    [section] = page_of(result_with(played)).sections
    assert section.lines[0].message == "not played in this run"
    assert section.next == ["It was not played this time. You lose no points by it."]


# --- files and the command --------------------------------------------------------------------------------------------


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """graded/ with the results of ana and ben, in the folder where the command is typed."""
    monkeypatch.chdir(tmp_path)
    for student in ("ana", "ben"):
        result = result_with(check_with("failed", f"{student}'s own"), student=student)
        write_result(tmp_path / "graded" / student / "lab3" / "result.json", result)
    return tmp_path / "graded"


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["grader", "feedback", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def handed_back(out: Path, to: Path, form: str) -> tuple[list[Path], list[Finding]]:
    return write_feedback(standings_in(out, "lab3"), to, renderer_of("feedback", form), words())


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_command_writes_one_page_for_each_student(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed(monkeypatch, "lab3") == 0
    feedback = out.parent / "feedback"
    assert files_in(feedback) == ["ana/lab3/feedback.html", "ben/lab3/feedback.html"]
    page = (feedback / "ana/lab3/feedback.html").read_text(encoding="utf-8")
    assert "ana&#39;s own" in page and "ben" not in page


def test_the_command_writes_only_one_students_where_asked(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "lab3", "--student", "ben", "--format", "md", "--to", "back", "--json") == 0
    assert files_in(out.parent / "back") == ["ben/lab3/feedback.md"]
    assert json.loads(capsys.readouterr().out) == {"written": ["back/ben/lab3/feedback.md"], "refused": []}


@pytest.mark.parametrize("arguments", [("lab0",), ("lab3", "--student", "../graded/ana"), ("lab3", "--out", "none")])
def test_no_results_are_refused_in_a_sentence(
    arguments: tuple[str, ...], out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, *arguments) == 1
    assert capsys.readouterr().err.startswith("there is no result of lab")
    assert not (out.parent / "feedback").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"schema_version": 2}',
        b'{"schema_version": 1}',
        b'{"schema_version": 3}',
        b'{"lab": "\x1b[2J"}',
    ],
)
def test_a_result_that_cannot_be_read_is_said_and_the_others_are_written(
    content: bytes, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (out / "ana" / "lab3" / "result.json").write_bytes(content)
    assert typed(monkeypatch, "lab3") == 1
    said = capsys.readouterr().out
    assert "graded/ana/lab3/result.json is no result of this grader" in said and "\x1b" not in said
    assert files_in(out.parent / "feedback") == ["ben/lab3/feedback.html"]


def test_a_result_that_may_not_be_looked_at_is_said_too(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where another grader's umask closed the folder. A link to itself stops root, too."""
    shutil.rmtree(out / "ana")
    (out / "ana").symlink_to("ana")
    assert typed(monkeypatch, "lab3") == 1
    assert "graded/ana/lab3/result.json is no result of this grader: " in capsys.readouterr().out
    assert files_in(out.parent / "feedback") == ["ben/lab3/feedback.html"]


def test_a_result_in_another_students_folder_is_not_handed_to_them(out: Path) -> None:
    ana = out / "ana" / "lab3" / "result.json"
    (out / "ben" / "lab3" / "result.json").write_bytes(ana.read_bytes())
    written, refused = handed_back(out, out.parent / "feedback", "html")
    assert [path.parts[-3] for path in written] == ["ana"]
    assert [say(finding).partition(": ")[2] for finding in refused] == ["it says it is ana's, of lab3"]


def test_a_link_in_the_students_name_leads_nowhere(out: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "ana").symlink_to(tmp_path / "elsewhere")
    written, refused = handed_back(out, tmp_path / "feedback", "html")
    assert [path.parts[-3] for path in written] == ["ben"]
    assert "leads out of" in say(refused[0])
    assert files_in(tmp_path / "elsewhere") == []


def test_a_page_that_cannot_be_written_is_said_and_leaves_the_earlier_one(out: Path, tmp_path: Path) -> None:
    feedback = tmp_path / "feedback"
    feedback.mkdir()
    (feedback / "ana").write_text("in the way")
    written, refused = handed_back(out, feedback, "html")
    assert [path.parts[-3] for path in written] == ["ben"]
    assert "could not be written" in say(refused[0])
    assert (feedback / "ana").read_text() == "in the way"


def test_a_page_for_which_there_is_no_room_leaves_nothing_behind(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    written, refused = handed_back(out, tmp_path / "feedback", "html")
    assert (written, len(refused), files_in(tmp_path / "feedback")) == ([], 2, [])


@pytest.mark.parametrize("student", ["a b", "Zoë", "-ana", "a\\b", "..ana", "<b>", "a`b", "\u202eana"])
def test_unusual_names_of_students_stay_names(student: str, tmp_path: Path) -> None:
    write_result(tmp_path / "graded" / student / "lab3" / "result.json", result_with(student=student))
    [path], refused = handed_back(tmp_path / "graded", tmp_path / "feedback", "md")
    assert path == tmp_path / "feedback" / student / "lab3" / "feedback.md"
    assert refused == []
    assert harmless(student) in path.read_text(encoding="utf-8")


# --- the published form of a result -----------------------------------------------------------------------------------


def test_the_schema_in_the_repository_is_what_the_code_says() -> None:
    command = 'python -c "from grader.results import schema; print(schema())" > grader/results/result.schema.json'
    published = (ROOT / "grader" / "results" / "result.schema.json").read_text(encoding="utf-8")
    assert published == results.schema() + "\n", f"write it anew: {command}"


def conforms(data: Any, schema: dict[str, Any], defs: dict[str, Any]) -> bool:
    """Whether JSON data is what a schema of this kind (objects, arrays, enums, plain types) allows."""
    if "$ref" in schema:
        return conforms(data, defs[schema["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in schema:
        return any(conforms(data, option, defs) for option in schema["anyOf"])
    if "enum" in schema:
        return data in schema["enum"]
    if isinstance(data, dict) and schema["type"] == "object":
        fields, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        return all(name in data for name in schema.get("required", [])) and all(
            conforms(item, fields.get(name, rest), defs) for name, item in data.items()
        )
    if isinstance(data, list):
        return schema["type"] == "array" and all(conforms(item, schema["items"], defs) for item in data)
    kinds = {"string": str, "integer": int, "number": (int, float), "null": type(None)}
    return schema["type"] in kinds and isinstance(data, kinds[schema["type"]])


def is_published_form(data: Any) -> bool:
    schema = json.loads((ROOT / "grader" / "results" / "result.schema.json").read_text(encoding="utf-8"))
    return conforms(data, schema, schema["$defs"])


def test_a_graded_result_has_the_published_form(
    lab3_run: Bench, submitted: Submitted, graded: Grade, tmp_path: Path
) -> None:
    path = tmp_path / "result.json"
    write_result(path, graded(lab3_run, submitted(lab3_run.lab, {"losses.py": "("})).result)
    assert is_published_form(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "result",
    [result_with(), *(full_of(text) for text in HOSTILE[-2:]), result_with(seed=0, versions={}, sandbox={}, seconds=0)],
)
def test_edge_results_have_the_published_form_and_survive_their_file(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_result(path, result)
    assert is_published_form(json.loads(path.read_text(encoding="utf-8")))
    assert read_result(path) == result


@pytest.mark.parametrize(
    "change", [{"schema_version": 1}, {"seed": "1"}, {"notes": None}, {"checks": [{}]}, {"sandbox": {"inner": 1}}]
)
def test_what_the_schema_refuses_the_code_refuses_too(change: dict[str, Any]) -> None:
    data = msgspec.to_builtins(result_with()) | change
    assert not is_published_form(data)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(data), type=Result)


# --- the quiz ---------------------------------------------------------------------------------------------------------


def question(number: int, right: bool, *found: Finding) -> CheckResult:
    facts = {"task": "quiz", "check": f"question_{number}", "title": "", "visibility": "hidden", "kind": "quiz"}
    outcome = "passed" if right else "failed"
    line = {**facts, "outcome": outcome, "points": float(right), "max_points": 1.0, "findings": list(found)}
    return msgspec.convert(msgspec.to_builtins(line), CheckResult)


def test_of_the_quiz_the_sum_is_shown_and_the_questions_when_they_are_asked_for() -> None:
    result = result_with(
        check_with("passed", points=2.5), question(1, True), question(2, False, codes.NOT_ANSWERED()), question(3, True)
    )
    [_, quiz] = view_of(result).tasks
    [only] = quiz.checks
    assert (only.points, only.max_points, only.outcome, only.findings) == (2, 3, "failed", [])
    assert "question 2" not in render(result, "md") and "all questions" in render(result, "md")
    [_, quiz] = view_of(result, quiz_answers=True).tasks
    assert [check.points for check in quiz.checks] == [1, 0, 1]


def test_what_is_wrong_with_the_whole_quiz_is_said() -> None:
    unread = codes.NOT_JSON(file="quiz.json", message="no")
    [quiz] = view_of(result_with(*(question(number, False, unread) for number in (1, 2)))).tasks
    assert quiz.checks[0].findings == [unread]
