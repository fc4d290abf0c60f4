"""The pages of a cohort: what they say agrees with the results, nobody's text is anything but text, and a screen reader
finds its way. tests/test_report_in_browser.py opens them in a browser."""

import csv
import itertools
import json
import re
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from grader import cli, codes
from grader.batch import runlog
from grader.findings import Finding
from grader.lab import Lab, find_lab, solutions_folder
from grader.renderers import html as renderer
from grader.renderers.words import Words, words_of
from grader.results import CheckResult, Outcome, Result, score_of, write_result
from grader.results.cohort import Cohort, read_cohort
from grader.results.figures import figures_of
from grader.results.groups import CODE, Alike
from grader.results.marks import Mark, add_mark
from grader.results.standing import Standing
from tests import cohorts
from tests.pages import Element, read_page, rows_of
from tests.test_feedback import HOSTILE, Tags, full_of

Typed = Callable[..., tuple[int, str]]
LAB3 = find_lab("lab3", solutions_folder())
LAB5 = find_lab("lab5", solutions_folder())


def line(outcome: Outcome, points: float | None = 0.0, **others: Any) -> CheckResult:
    names = {"task": "pg_loss", "check": "one_episode", "title": "The loss of one episode.", "visibility": "public"}
    return CheckResult(**{**names, "kind": "code", "outcome": outcome, "points": points, "max_points": 4.0, **others})


def result(student: str, *checks: CheckResult, lab: str = "lab3", **others: Any) -> Result:
    facts = {
        "depends": {},
        "submission_hash": "f9e8d7c6",
        "seed": 987654321,
        "versions": {},
        "sandbox": {},
        "notes": [],
    }
    facts |= {"max_score": sum(check.max_points for check in checks), "started": "2026-02-03T04:05:06", "seconds": 1.0}
    return Result(2, lab, student=student, checks=list(checks), score=score_of(list(checks)), **{**facts, **others})


def cohort_of(*results: Result, lab: str = "lab3", **others: Any) -> Cohort:
    return Cohort(lab, [Standing(each) for each in results], **others)


def words() -> dict[str, Words]:
    return {"lab3": words_of(LAB3), "lab5": words_of(LAB5)}


def drawn(count: int, lab: Lab = LAB3) -> Cohort:
    names = cohorts.students(count)
    alike = [Alike(CODE, (names[0], names[-1]))] if count > 1 else []
    return cohort_of(*cohorts.results(lab, names, seed=1), lab=lab.name, alike=alike)


def all_pending() -> Cohort:
    part = line("pending", None, task="report", check="plot", title="plots", kind="report")
    return cohort_of(*(result(student, part) for student in ("ada", "ben")))


CASES: dict[str, Callable[[], list[Cohort]]] = {
    "one lab": lambda: [drawn(30)],
    "two labs": lambda: [drawn(12), drawn(5, LAB5)],
    "one student": lambda: [drawn(1)],
    "all pending": lambda: [all_pending()],
    "no result can be read": lambda: [cohort_of(troubles=[codes.RUN_STOPPED(lab="lab3")], missing=["ada"])],
    "no checks": lambda: [cohort_of(result("ada"))],
}


@pytest.fixture(params=list(CASES))
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    """The files of a report by their paths."""
    return pages_of(CASES[request.param]())


def pages_of(of: Sequence[Cohort], texts: Mapping[str, Words] | None = None) -> dict[str, str]:
    return {name: str(page) for name, page in renderer.report(of, texts or words())}


# --- structure --------------------------------------------------------------------------------------------------------


def test_a_page_says_its_language_and_title_and_has_its_headings_in_order(pages: dict[str, str]) -> None:
    for text in pages.values():
        page = read_page(text)
        [root], [title] = page.all("html"), page.all("title")
        assert root.attributes["lang"] == "en" and title.text.startswith("Results of ")
        levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4", "h5")]
        assert levels[0] == 1 and levels.count(1) == 1 and len(page.all("main")) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
        assert all(heading.text.strip() for heading in page.all("h1", "h2", "h3", "h4"))


def test_each_table_has_a_caption_and_headers_of_its_columns_and_rows(pages: dict[str, str]) -> None:
    for text in pages.values():
        for table in read_page(text).all("table"):
            assert table.all("caption")[0].text.strip()
            [head], [body] = table.all("thead"), table.all("tbody")
            titles = head.all("th")
            assert all(title.attributes["scope"] == "col" and title.text.strip() for title in titles)
            for row in body.all("tr"):
                first, *rest = row.children
                assert (first.tag, first.attributes["scope"]) == ("th", "row") and first.text.strip()
                assert [cell.tag for cell in rest] == ["td"] * (len(titles) - 1)


def test_every_bar_stands_beside_the_number_that_it_shows(pages: dict[str, str]) -> None:
    bars = 0
    for text in pages.values():
        for cell in read_page(text).all("td"):
            for bar in (each for each in cell.children if each.attributes.get("class") == "bar"):
                bars += 1
                width = float(re.fullmatch(r"width:([\d.]+)%", bar.children[0].attributes["style"])[1])
                assert bar.attributes["aria-hidden"] == "true" and not bar.text and 0 <= width <= 100
                assert re.match(r"[\d.]+( %)?", cell.text.strip())
    assert bars == sum(text.count('class="bar"') for text in pages.values())


def test_a_page_loads_nothing_runs_nothing_and_leads_only_to_what_is_there(pages: dict[str, str]) -> None:
    assert [name for name in pages if not name.startswith("students/")] == ["index.html"]
    for name, text in pages.items():
        page = read_page(text)
        policy = page.all("head")[0].children[0]
        assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"
        assert not page.all("script", "link", "img", "iframe", "form", "object", "base", "svg")
        assert not re.search(r"url\(|@import|https?:|javascript:", text)
        assert not [each for each in page.all() if {"src", "onclick", "onload"} & each.attributes.keys()]
        ids = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
        assert len(ids) == len(set(ids))
        labels = [each.attributes["aria-labelledby"] for each in page.all() if "aria-labelledby" in each.attributes]
        assert set(labels) <= set(ids)
        for link in page.all("a"):
            target = link.attributes["href"]
            assert target[1:] in ids if target.startswith("#") else name == "index.html" and unquote(target) in pages


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Typed:
    """Types `grader report` in an empty folder, and gives the exit code and all that was said."""
    monkeypatch.chdir(tmp_path)

    def type_it(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grader", "report", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return type_it


def test_the_numbers_of_the_page_are_those_of_the_table_for_gradebooks(typed: Typed, tmp_path: Path) -> None:
    cohorts.write_cohort(tmp_path / "graded", LAB3, 40, seed=3)
    ada = tmp_path / "graded" / "ada0000" / "lab3" / "result.json"
    add_mark(ada, Mark("plot", 4.5, "prof", "2026-11-02T10:00:00", ""))
    assert typed("lab3", "--dest", "pages")[0] == 0 and typed("lab3", "--to", "csv", "--dest", "lab3.csv")[0] == 0
    page = read_page((tmp_path / "pages" / "index.html").read_text(encoding="utf-8"))
    with (tmp_path / "lab3.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    shown = {row["student"]: (float(row["lab3"]), float(row["points to come"])) for row in rows_of(page, "students")}
    code = {row["student"]: float(row["score"]) for row in table}
    assert {student: score for student, (score, _) in shown.items()} == code
    pending = {row["student"]: float(row["pending"]) for row in table}
    broken = {row["student"] for row in table if any(not row[task] for task in row if task.startswith("3."))}
    assert {student: to_come for student, (_, to_come) in shown.items() if student not in broken} == {
        student: points for student, points in pending.items() if student not in broken
    }
    [sentence] = [each.text for each in page.all("p") if each.text.startswith("The mean score")]
    mean, of, median, lowest, highest = map(float, re.findall(r"[\d.]+\d", sentence))
    assert (of, median) == (100, round(statistics.median(code.values()), 2))
    assert (mean, lowest, highest) == (
        round(statistics.fmean(code.values()), 2),
        min(code.values()),
        max(code.values()),
    )
    for row in rows_of(page, "lab3-tasks")[:9]:
        points = [float(each[row["task"]]) for each in table if each[row["task"]]]
        assert row["rate"] == f"{100 * statistics.fmean(points) / float(row['points']):.0f} %"
        assert int(row["all points"]) == sum(point == float(row["points"]) for point in points)
        assert int(row["no points"]) + int(row["not begun"]) == sum(point == 0 for point in points)
    assert sum(int(row["students"]) for row in rows_of(page, "lab3-scores")) == 40


def test_a_student_counts_once_for_a_mistake_and_its_diagnosis_is_said() -> None:
    both = [line("failed", visibility=side, mistake="rewards_so_far") for side in ("public", "hidden")]
    other = line("failed", task="td_target", check="target", mistake="rewards_so_far")
    one = line("failed", mistake="past_discounted")
    page = read_page(
        pages_of([cohort_of(result("ada", *both, other), result("ben", *both), result("eve", one))])["index.html"]
    )
    first, second = rows_of(page, "lab3-mistakes")
    assert first["diagnosis"] == words()["lab3"].texts.mistakes["rewards_so_far"] + "rewards_so_far"
    assert (first["students"], first["task"], first["who"]) == ("2", "pg_loss, td_target", "2 studentsada, ben")
    assert (second["students"], second["who"]) == ("1", "1 studenteve")


def test_the_most_frequent_mistakes_are_seen_and_the_rest_is_folded_away() -> None:
    names = [f"mistake{number:02}" for number in range(18)]
    of = [
        result(f"s{number:02}", *(line("failed", check=name, mistake=name) for name in names[number:]))
        for number in range(18)
    ]
    page = read_page(pages_of([cohort_of(*of)])["index.html"])
    counts = [int(row["students"]) for row in rows_of(page, "lab3-mistakes")]
    assert counts == list(range(18, 3, -1))
    assert [int(row["students"]) for row in rows_of(page, "lab3-other_mistakes")] == [3, 2, 1]
    [folded] = [each for each in page.all("details") if each.text.startswith("\nShow the other 3 mistakes")]
    assert len(folded.all("table")) == 1


def test_what_no_mistake_explains_is_listed_but_for_files_that_cannot_be_used() -> None:
    failed = line("failed", findings=[codes.VALUE_DIFFERS(where="", expected="1", got="2")])
    known = line("failed", check="several", mistake="rewards_so_far")
    lost = line("failed", findings=[codes.FILE_MISSING(file="losses.py")])
    of = [result("ada", failed), result("ben", failed, known), result("eve", lost), result("zoe", line("timeout"))]
    [only] = figures_of(cohort_of(*of)).unexplained
    assert (only.check.check, list(only.students)) == ("one_episode", ["ada"])


@pytest.mark.parametrize(("score", "tenth"), [(0.0, 0), (0.39, 0), (0.4, 1), (1.2, 3), (2.8, 7), (3.99, 9), (4.0, 9)])
def test_a_score_is_counted_by_its_share_of_what_is_judged(score: float, tenth: int) -> None:
    """The points that wait for a person lower nobody's share, and bonus points raise nobody's."""
    pending = line("pending", None, task="report", kind="report", max_points=96.0)
    bonus = line("passed", 4.0, task="extra", kind="bonus")
    scores = figures_of(cohort_of(result("ada", line("failed", score), pending, bonus))).scores
    assert [place for place, count in enumerate(scores.tenths) if count] == [tenth]


def test_where_nothing_is_judged_nothing_is_counted() -> None:
    figures = figures_of(all_pending())
    assert (sum(figures.scores.tenths), figures.scores.unjudged, figures.tasks[0].rate) == (0, 2, None)
    page = read_page(pages_of([all_pending()])["index.html"])
    assert [row["rate"] for row in rows_of(page, "lab3-tasks")] == ["nothing judged yet"]
    assert "2 students have nothing yet that is judged" in page.text


def test_each_student_is_in_one_column_of_a_task() -> None:
    two = [line("passed", 4.0), line("failed", check="several")]
    todo = [line("todo"), line("skipped", check="several")]
    of = [
        result("all", line("passed", 4.0)),
        result("some", *two),
        result("none", line("failed"), line("todo", check="several")),
        result("todo", *todo),
        result("waits", line("skipped")),
        result("error", line("passed", 4.0), line("error", None, check="several")),
    ]
    [rate] = figures_of(cohort_of(*of)).tasks
    assert (rate.full, rate.some, rate.none, rate.todo, rate.unjudged) == (1, 1, 2, 1, 1)
    assert rate.rate == pytest.approx((1 + 0.5) / 5)


def test_a_milestone_is_reached_half_reached_missed_or_open() -> None:
    def of(outcome: Outcome, points: float | None, reached: str = "") -> CheckResult:
        finding = codes.REACHED(reached=reached, target="475", half="300") if reached else codes.NOT_HANDED_IN(file="x")
        if outcome == "pending":
            finding = codes.WAITS_FOR_TASKS(finding=finding, tasks=["pg_loss"])
        names = {"task": "milestone", "check": "play", "title": "CartPole", "kind": "milestone"}
        return line(outcome, points, findings=[finding], **names)

    lines = [of("passed", 4.0, "500.0"), of("failed", 2.0, "310.0"), of("failed", 0.0, "20.0"), of("failed", 0.0)]
    lines += [of("pending", None, "480.0"), of("skipped", None), of("error", None)]
    [found] = figures_of(cohort_of(*(result(f"s{place}", each) for place, each in enumerate(lines)))).milestones
    assert (found.full, found.half, found.missed, found.pending, found.unjudged) == (1, 1, 2, 1, 2)
    assert (found.median, found.target) == (395.0, "475")


def test_who_needs_attention_is_told_apart_by_why() -> None:
    fault = line("error", None, findings=[codes.GRADER_FAILED(message="KeyError"), codes.GRADER_TRACE(trace="x")])
    plot = line("pending", None, task="report", check="plot", kind="report")
    of = [
        result("fine", line("passed", 4.0)),
        result("fault", fault),
        result("old", line("error", None, findings=[codes.OLD_SENTENCE(text="before")])),
        result("files", line("passed", 4.0), notes=[codes.FILE_UNUSABLE(why=codes.NOT_UTF8(file="a", line=1, byte=2))]),
        result("marks", plot),
    ]
    found = figures_of(cohort_of(*of, missing=["away"])).attention
    assert [student for student, _ in found.grader] == ["fault", "old"]
    assert [student for student, _ in found.person] == ["files"]
    assert [(each.check.check, list(each.students)) for each in found.marking] == [("plot", ["marks"])]
    assert (found.missing, found.students) == (["away"], 4)


def test_time_is_that_of_half_of_nine_in_ten_and_of_the_longest() -> None:
    of = [result(f"s{number:02}", line("passed", 4.0, seconds=0.1), seconds=float(number)) for number in range(1, 21)]
    times = figures_of(cohort_of(*of)).times
    assert times is not None
    assert (times.total, times.median, times.most, times.longest) == (210.0, 10.5, 18.0, 20.0)
    assert [student for student, _ in times.students] == ["s20", "s19", "s18", "s17", "s16"]


def test_a_thousand_students_are_on_one_page() -> None:
    """Takes a second or two: they are a thousand."""
    name, page = next(iter(renderer.report([drawn(1000)], words())))
    assert name == "index.html" and len(page) < 2_000_000
    assert len(rows_of(read_page(str(page)), "students")) == 1000


# --- a student's page -------------------------------------------------------------------------------------------------


def test_a_students_page_has_all_their_labs_and_nothing_of_others_or_of_the_grader() -> None:
    secret = codes.VALUE_DIFFERS(where="", expected="3.14159", got="2.71828")
    hidden = line("failed", visibility="hidden", case="a secret title", findings=[secret], mistake="rewards_so_far")
    first = cohort_of(result("ada", hidden), result("ben", line("passed", 4.0)))
    second = cohort_of(result("ada", line("passed", 4.0), lab="lab5"), lab="lab5")
    text = pages_of([first, second])["students/ada.html"]
    page = read_page(text)
    rows = rows_of(page, "overview")
    assert [(row["score"], row["of"], row["points to come"]) for row in rows] == [("0", "4", "0"), ("4", "4", "0")]
    assert [heading.text for heading in page.all("h2")] == ["Feedback on lab3", "Feedback on lab5"]
    assert words()["lab3"].texts.mistakes["rewards_so_far"] in page.text
    for other in ("ben", "3.14159", "a secret title", "987654321", "f9e8d7c6", "2026"):
        assert other not in text


# --- hostile texts ----------------------------------------------------------------------------------------------------


def hostile_pages(text: str) -> list[str]:
    """All pages of a cohort in which everybody says `text`."""
    milestone = line("failed", kind="milestone", check=text, title=text)
    marking = line("pending", None, kind="report", check=text, title=text)
    whole = full_of(text)
    whole = msgspec.structs.replace(whole, lab="lab3", checks=[*whole.checks, milestone, marking], seconds=2.0)
    unknown = line("failed", title=text, check=text, task=text, findings=[Finding("x")])
    person = codes.FILE_UNUSABLE(why=codes.NOT_JSON(file=text, message=text))
    other = result(f"{text}2", unknown, notes=[person])
    cohort = cohort_of(
        *(whole, other),
        missing=[f"{text}3"],
        troubles=[Finding(text, {text: text}), codes.RUN_STOPPED(lab=text)],
        alike=[Alike(CODE, (text, f"{text}3")), Alike(text, (text, f"{text}2"))],
    )
    return [*pages_of([cohort, cohort]).values()]


def tags_of(page: str) -> list[object]:
    """What a page is made of, but for addresses and ids."""
    tags = Tags(page).tags
    return [(tag[0], [name for name, _ in tag[1:]]) if isinstance(tag, tuple) else tag for tag in tags]


PLAIN = [tags_of(page) for page in hostile_pages("words")]


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>alert('x')</script>", '"\' onmouseover="x'])
def test_what_anybody_says_is_text_in_every_page(text: str) -> None:
    pages = hostile_pages(text)
    assert [tags_of(page) for page in pages] == PLAIN
    assert all(character == "\n" or character.isprintable() for page in pages for character in page)
    assert not re.search(r'href="(?!students/|#)', "".join(pages))


def test_a_hostile_name_is_readable_and_its_page_is_found(typed: Typed, tmp_path: Path) -> None:
    names = ["<script>alert(\"1\")&'x'", "100%25 #1?", "Zoë <3", "\u202egnp.exe"]
    for name in names:
        write_result(tmp_path / "graded" / name / "lab3" / "result.json", result(name, line("passed", 4.0)))
    assert typed("lab3")[0] == 0
    page = read_page((tmp_path / "reports" / "index.html").read_text(encoding="utf-8"))
    links: list[Element] = [each for each in page.all("a") if each.attributes["href"].startswith("students/")]
    assert {unquote(link.attributes["href"]) for link in links} == {f"students/{name}.html" for name in names}
    assert all((tmp_path / "reports" / unquote(link.attributes["href"])).is_file() for link in links)
    assert {*names[:3], "\ufffdgnp.exe"} <= {link.text for link in links}


# --- the command ------------------------------------------------------------------------------------------------------


def test_without_a_lab_all_that_have_results_are_in_one_report(typed: Typed, tmp_path: Path) -> None:
    graded = tmp_path / "graded"
    cohorts.write_cohort(graded, LAB3, 4, seed=1, of=["ada", "ben", "eve", "zoe"])
    cohorts.write_cohort(graded, LAB5, 2, seed=1, of=["ada", "new"])
    write_result(graded / "ada" / "lab77" / "result.json", result("ada", line("passed", 4.0), lab="lab77"))
    code, said = typed()
    assert code == 1 and "graded has results of lab77, which this kit does not have" in said
    page = read_page((tmp_path / "reports" / "index.html").read_text(encoding="utf-8"))
    assert [row["students"] for row in rows_of(page, "overview")] == ["4", "2"]
    assert [row["who"] for row in rows_of(page, "lab3-missing")] == ["1 studentnew"]
    assert [row["who"] for row in rows_of(page, "lab5-missing")] == ["3 studentsben, eve, zoe"]
    assert [row["who"] for row in rows_of(page, "lab3-alike")] == ["2 studentsada, ben", "2 studentseve, zoe"]
    scores = {row["student"]: row for row in rows_of(page, "students")}
    assert scores["ben"]["lab5"] == "no result" and scores["new"]["lab3"] == "no result"
    total = float(scores["ada"]["lab3"]) + float(scores["ada"]["lab5"])
    assert float(scores["ada"]["total"]) == pytest.approx(total)
    assert typed("--to", "csv", "--json") == (
        1,
        json.dumps({"written": ["reports/lab3.csv", "reports/lab5.csv"], "refused": [said.splitlines()[0]]}, indent=1)
        + "\n",
    )


def test_one_students_report_is_of_that_student_alone(typed: Typed, tmp_path: Path) -> None:
    cohorts.write_cohort(tmp_path / "graded", LAB3, 4, seed=1, of=["ada", "ben", "eve", "zoe"])
    cohorts.write_cohort(tmp_path / "graded", LAB5, 1, seed=1, of=["ben"])
    code, said = typed("--student", "ada", "--dest", "one")
    assert (code, said) == (0, "2 written: one/index.html, one/students/ada.html\n")
    assert "ben" not in (tmp_path / "one" / "index.html").read_text(encoding="utf-8")


def test_what_cannot_be_read_and_a_run_that_was_stopped_are_on_the_page(typed: Typed, tmp_path: Path) -> None:
    graded = tmp_path / "graded"
    cohorts.write_cohort(graded, LAB3, 3, seed=1, of=["ada", "ben", "eve"])
    (graded / "ben" / "lab3" / "result.json").write_text("{", encoding="utf-8")
    (graded / "lab3-alike.csv").write_text("x\n", encoding="utf-8")
    start = runlog.Start("1", "2026-11-02", "prof@desk", "lab3", 1, "process", "submitted", None, True, False)
    runlog.append(graded / runlog.FILE, start)
    code, said = typed("lab3")
    assert code == 1 and "4 written" not in said and "3 written" in said
    page = read_page((tmp_path / "reports" / "index.html").read_text(encoding="utf-8"))
    for trouble in ("ben/lab3/result.json is no result", "lab3-alike.csv", "The last run of lab3 was stopped before"):
        assert trouble in said and trouble in page.text
    runlog.append(graded / runlog.FILE, runlog.End("1", "2026-11-02", 1.0, {"graded": 3, "left": 0}, {}, 0))
    assert "was stopped" not in typed("lab3")[1]


@pytest.mark.parametrize("arguments", [(), ("lab3",), ("--student", "nobody")])
def test_a_folder_without_results_is_refused_in_a_sentence(arguments: tuple[str, ...], typed: Typed) -> None:
    code, said = typed(*arguments)
    assert code == 1 and "no result" in said and "grader grade" in said


def test_pages_are_not_written_to_one_file(typed: Typed, tmp_path: Path) -> None:
    cohorts.write_cohort(tmp_path / "graded", LAB3, 1, seed=1)
    assert typed("lab3", "--dest", "page.html") == (2, "More than one file is written: name a folder, not page.html\n")
    assert not (tmp_path / "page.html").exists()


def test_a_cohort_is_read_with_marks_and_of_a_mark_that_cannot_be_read_the_result_is_left_out(tmp_path: Path) -> None:
    cohorts.write_cohort(tmp_path, LAB3, 2, seed=1, of=["ada", "ben"])
    add_mark(tmp_path / "ada" / "lab3" / "result.json", Mark("plot", 5.0, "prof", "2026", ""))
    (tmp_path / "ben" / "lab3" / "marks.json").write_text("{", encoding="utf-8")
    cohort = read_cohort(tmp_path, "lab3")
    assert [standing.graded.student for standing in cohort.standings] == ["ada"]
    assert [trouble.code for trouble in cohort.troubles] == ["no_marks"]
    [plot] = [check for check in cohort.standings[0].result.checks if check.check == "plot"]
    assert (plot.outcome, plot.points) == ("passed", 5.0)
