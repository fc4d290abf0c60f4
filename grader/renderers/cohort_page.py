"""The page of a cohort, for an instructor: how each lab went, what to explain again, and what needs a person."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from grader.findings import Finding
from grader.plain import one_line
from grader.renderers.tables import Cell, Link, Table, number
from grader.renderers.words import Words
from grader.results.cohort import Cohort
from grader.results.figures import Attention, Figures, Scores, TaskRate, Times, Told, figures_of
from grader.results.groups import CODE
from grader.results.result import CheckResult, Outcome, points_text
from grader.results.standing import Standing
from grader.results.view import harmless

STUDENTS = "students"  # the folder of their pages
MOST = 15  # mistakes that everybody sees
MANY = 10  # more rows are folded away, where they are not what the page is for
LONGEST = 500  # characters of a finding
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "todo", "skipped", "timeout", "crashed", "pending", "error")


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a lab's section. `folded` tables stand behind a summary, for the reader to open."""

    heading: str
    sentences: Sequence[str]
    tables: Sequence[Table] = ()
    summary: str = ""
    folded: Sequence[Table] = ()


@dataclasses.dataclass(frozen=True)
class LabSection:
    """All that the page says of a lab. `key` is its address within the page."""

    key: str
    heading: str
    parts: Sequence[Part]


@dataclasses.dataclass(frozen=True)
class CohortPage:
    """All that an instructor reads."""

    language: str
    heading: str
    overview: Table | None
    labs: Sequence[LabSection]
    students: Part


def student_file(student: str) -> str:
    """The path of a student's page within the report."""
    return f"{STUDENTS}/{student}.html"


def cohort_page_of(cohorts: Sequence[Cohort], words: Mapping[str, Words]) -> CohortPage:
    """The sentences and tables of one lab or of several, which are at least one."""
    figures = [figures_of(cohort) for cohort in cohorts]
    say = words[cohorts[0].lab].say
    return CohortPage(
        language=words[cohorts[0].lab].language,
        heading=say("report_heading", labs=[cohort.lab for cohort in cohorts]),
        overview=_overview(cohorts, figures, words) if len(cohorts) > 1 else None,
        labs=[
            LabSection(
                cohort.lab,
                _lab_heading(cohort.lab, words[cohort.lab]),
                list(_parts(cohort, of_lab, _Sentences(cohort, words[cohort.lab]))),
            )
            for cohort, of_lab in zip(cohorts, figures, strict=True)
        ],
        students=_students(cohorts, words[cohorts[0].lab]),
    )


def _lab_heading(lab: str, words: Words) -> str:
    return words.say("report_lab", lab=lab, title=words.texts.title) if words.texts.title else lab


# --- what is said of one lab ------------------------------------------------------------------------------------------


class _Sentences:
    """The words of a lab, and who of its students has a page."""

    def __init__(self, cohort: Cohort, words: Words) -> None:
        self.lab = cohort.lab
        self.words = words
        self.say = words.say
        self.with_page = {standing.graded.student for standing in cohort.standings if not standing.held}
        self.count = len(cohort.standings)

    def link(self, student: str) -> Link:
        """A student's name, and the page where there is one."""
        return Link(harmless(one_line(student)), quote(student_file(student)) if student in self.with_page else "")

    def student(self, student: str) -> Cell:
        link = self.link(student)
        return Cell(link.text, href=link.href)

    def links(self, students: Sequence[str], summary: str = "") -> Cell:
        """Names, folded away behind their number or another text."""
        return Cell(
            summary=summary or self.say("report_who", count=len(students)),
            names=[self.link(student) for student in students],
        )

    def share(self, count: int, of: int) -> Cell:
        """How many of how many, with a bar."""
        return Cell(str(count), number=True, bar=count / of if of else 0.0)

    def percent(self, rate: float | None) -> Cell:
        if rate is None:
            return Cell(self.say("report_nothing_judged"))
        return Cell(self.say("report_percent", percent=f"{100 * rate:.0f}"), number=True, bar=min(max(rate, 0.0), 1.0))

    def finding(self, finding: Finding) -> str:
        return harmless(one_line(self.words.found(finding), LONGEST))

    def title(self, check: CheckResult) -> str:
        return harmless(self.words.title_of(check))

    def head(self, *columns: str) -> list[str]:
        return [self.say(f"report_column_{column}") for column in columns]

    def table(self, name: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
        """A table under its caption; `head` names its columns, whose titles are messages."""
        return Table(f"{self.lab}-{name}", self.say(f"report_caption_{name}", lab=self.lab), self.head(*head), rows)


def _parts(cohort: Cohort, figures: Figures, text: _Sentences) -> Iterator[Part]:
    say = text.say
    yield _scores(figures.scores, text)
    yield _mistakes(figures, text)
    if figures.unexplained:
        yield _unexplained(figures, text)
    yield Part(say("report_tasks"), [say("report_tasks_are")], _tasks(figures.tasks, text))
    if figures.milestones:
        yield _milestones(figures, text)
    yield _attention(figures.attention, text)
    yield _alike(cohort, text)
    if figures.times:
        yield _times(figures.times, text)
    if figures.checks:
        yield _checks(figures, text)


def _scores(scores: Scores, text: _Sentences) -> Part:
    say = text.say
    sentences = [say("report_students", count=scores.students)]
    if scores.mean is not None and scores.median is not None:
        values = {"mean": scores.mean, "median": scores.median, "lowest": scores.lowest, "highest": scores.highest}
        said = {name: points_text(value or 0.0) for name, value in values.items()}
        sentences.append(say("report_scores_are", of=points_text(scores.of), **said))
    if scores.unjudged:
        sentences.append(say("report_unjudged_students", count=scores.unjudged))
    if not any(scores.tenths):
        return Part(say("report_scores"), sentences)
    rows = [
        [
            Cell(say("report_tenth", least=10 * tenth, most=10 * tenth + 10)),
            Cell(str(count), number=True, bar=count / max(scores.tenths)),
        ]
        for tenth, count in reversed(list(enumerate(scores.tenths)))
    ]
    return Part(say("report_scores"), sentences, [text.table("scores", ("share", "students"), rows)])


def _mistakes(figures: Figures, text: _Sentences) -> Part:
    """What to explain again: what most need, and the rest folded away."""
    say = text.say
    if not figures.mistakes:
        return Part(say("report_explain"), [say("report_no_mistakes")])
    rows = [
        [
            Cell(harmless(text.words.diagnosis_of(each.mistake)), quiet=harmless(each.mistake)),
            text.share(len(each.students), text.count),
            Cell(harmless(say("report_list", items=list(each.tasks)))),
            text.links(each.students),
        ]
        for each in figures.mistakes
    ]
    head = ("diagnosis", "students", "task", "who")
    most = text.table("mistakes", head, rows[:MOST])
    if not rows[MOST:]:
        return Part(say("report_explain"), [say("report_explain_is")], [most])
    rest = text.table("other_mistakes", head, rows[MOST:])
    summary = say("report_show_mistakes", count=len(rows) - MOST)
    return Part(say("report_explain"), [say("report_explain_is")], [most], summary, [rest])


def _unexplained(figures: Figures, text: _Sentences) -> Part:
    rows = [
        [
            Cell(text.title(each.check), quiet=harmless(each.check.check)),
            text.share(len(each.students), text.count),
            Cell(harmless(each.check.task)),
            text.links(each.students),
        ]
        for each in figures.unexplained
    ]
    table = text.table("unexplained", ("check", "students", "task", "who"), rows)
    summary = text.say("report_show_checks", count=len(rows))
    return _folding(text.say("report_unexplained"), [text.say("report_unexplained_is")], [table], summary)


def _folding(heading: str, sentences: Sequence[str], tables: Sequence[Table], summary: str) -> Part:
    """A part whose tables are folded away where they are long."""
    if sum(len(table.rows) for table in tables) > MANY:
        return Part(heading, sentences, (), summary, tables)
    return Part(heading, sentences, tables)


def _tasks(rates: Sequence[TaskRate], text: _Sentences) -> list[Table]:
    if not rates:
        return []
    with_todo = any(rate.todo for rate in rates)
    with_unjudged = any(rate.unjudged for rate in rates)
    head = ["task", "rate", "points", "full", "some", "none"]
    head += ["not_begun"] * with_todo + ["unjudged"] * with_unjudged
    rows = []
    for rate in rates:
        counts = [rate.full, rate.some, rate.none, *[rate.todo] * with_todo, *[rate.unjudged] * with_unjudged]
        cells = [Cell(_task_name(rate, text)), text.percent(rate.rate), number(points_text(rate.points))]
        rows.append([*cells, *(number(str(count)) for count in counts)])
    return [text.table("tasks", head, rows)]


def _task_name(rate: TaskRate, text: _Sentences) -> str:
    if rate.kind == "quiz":
        return text.say("heading_quiz")
    if rate.kind == "report":
        title = text.words.texts.report.get(rate.name) or rate.title or rate.name
        return harmless(text.say("report_of_report", part=title))
    name = f"{rate.number} {rate.name}".strip()
    return harmless(text.say("heading_bonus", task=name) if rate.kind == "bonus" else name)


def _milestones(figures: Figures, text: _Sentences) -> Part:
    rows = []
    for each in figures.milestones:
        median = "" if each.median is None else f"{each.median:.4g}"
        counts = [number(str(count)) for count in (each.half, each.missed, each.pending, each.unjudged)]
        reached = text.say("report_of_target", median=median, target=each.target) if median else ""
        rows.append([Cell(text.title(each.check)), text.share(each.full, text.count), *counts, Cell(reached)])
    head = ("milestone", "reached", "half", "missed", "by_hand", "unjudged", "median_reached")
    return Part(text.say("report_milestones"), [], [text.table("milestones", head, rows)])


# --- what a person looks at -------------------------------------------------------------------------------------------


def _attention(attention: Attention, text: _Sentences) -> Part:
    """Long lists are folded away with all the tables of this part."""
    say, tables = text.say, list[Table]()
    sentences = [text.finding(finding) for finding in attention.troubles]
    for name, told in (("grader_faults", attention.grader), ("for_a_person", attention.person)):
        if told:
            sentences.append(say(f"report_{name}", count=len({student for student, _ in told})))
            tables.append(text.table(name, ("student", "what"), _told(told, text)))
    if attention.missing:
        sentences.append(say("report_missing", count=len(attention.missing), lab=text.lab))
        row = [Cell(say("report_no_result_of", lab=text.lab)), text.links(attention.missing)]
        tables.append(text.table("missing", ("what", "who"), [row]))
    if attention.marking:
        sentences.append(say("report_marks_to_give"))
        rows = [
            [
                Cell(text.title(each.check), quiet=harmless(each.check.check)),
                number(points_text(each.check.max_points)),
                text.share(len(each.students), text.count),
                text.links(each.students),
            ]
            for each in attention.marking
        ]
        tables.append(text.table("marking", ("what", "points", "students", "who"), rows))
    if not sentences:
        return Part(say("report_attention"), [say("report_no_attention")])
    return _folding(say("report_attention"), sentences, tables, say("report_show_attention"))


def _told(told: Sequence[Told], text: _Sentences) -> list[list[Cell]]:
    return [[text.student(student), Cell(text.finding(finding))] for student, finding in told]


def _alike(cohort: Cohort, text: _Sentences) -> Part:
    say = text.say
    if not cohort.alike:
        return Part(say("report_alike"), [say("report_nobody_alike")])
    rows = [
        [
            Cell(say("report_group", number=place)),
            Cell(say("report_same_code") if group.what == CODE else harmless(group.what)),
            text.links(group.students),
        ]
        for place, group in enumerate(cohort.alike, 1)
    ]
    return Part(say("report_alike"), [say("report_alike_is")], [text.table("alike", ("group", "what", "who"), rows)])


def _times(times: Times, text: _Sentences) -> Part:
    say = text.say
    values = {"total": times.total, "median": times.median, "most": times.most, "longest": times.longest}
    sentence = say("report_times_are", **{name: _seconds(value) for name, value in values.items()})
    students = [[text.student(student), number(_seconds(seconds))] for student, seconds in times.students]
    tables = [text.table("slow_students", ("student", "seconds"), students)]
    if times.checks:
        checks = [
            [Cell(text.title(each.check)), Cell(_side(each.check, text)), number(_seconds(each.seconds))]
            for each in times.checks
        ]
        tables.append(text.table("slow_checks", ("check", "side", "median_seconds"), checks))
    return Part(say("report_time"), [sentence], tables)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.2g}" if seconds < 1 else f"{seconds:.1f}"


def _checks(figures: Figures, text: _Sentences) -> Part:
    """Every check, with how often it ended in which of the outcomes that there are."""
    there = [outcome for outcome in OUTCOMES if any(each.outcomes.get(outcome) for each in figures.checks)]
    rows = [
        [
            Cell(text.title(each.check), quiet=harmless(f"{each.check.task} · {each.check.check}")),
            Cell(_side(each.check, text)),
            *(number(str(each.outcomes.get(outcome, 0))) for outcome in there),
        ]
        for each in figures.checks
    ]
    head = ["check", "side", *(f"outcome_{outcome}" for outcome in there)]
    return Part(
        text.say("report_checks"),
        [],
        summary=text.say("report_show_checks", count=len(rows)),
        folded=[text.table("checks", head, rows)],
    )


def _side(check: CheckResult, text: _Sentences) -> str:
    if check.kind in ("code", "bonus"):
        return text.say(f"side_{check.visibility}")
    return text.say(f"column_{check.kind}")


# --- all labs ---------------------------------------------------------------------------------------------------------


def _overview(cohorts: Sequence[Cohort], figures: Sequence[Figures], words: Mapping[str, Words]) -> Table:
    text = _Sentences(cohorts[0], words[cohorts[0].lab])
    rows = []
    for cohort, of_lab in zip(cohorts, figures, strict=True):
        scores = of_lab.scores
        mean = scores.mean / scores.of if scores.mean is not None and scores.of else None
        rows.append(
            [
                Cell(_lab_heading(cohort.lab, words[cohort.lab]), href=f"#{quote(cohort.lab)}"),
                number(str(scores.students)),
                text.percent(mean),
                number("" if scores.median is None else points_text(scores.median)),
                number(points_text(scores.of)),
                number(str(of_lab.attention.students)),
            ]
        )
    head = text.head("lab", "students", "mean_score", "median_score", "of", "attention")
    return Table("overview", text.say("report_caption_overview"), head, rows)


def _students(cohorts: Sequence[Cohort], words: Words) -> Part:
    """A row for each student, with the scores of all labs."""
    say = words.say
    standings: dict[str, dict[str, Standing]] = {}
    for cohort in cohorts:
        for standing in cohort.standings:
            standings.setdefault(standing.graded.student, {})[cohort.lab] = standing
        for student in cohort.missing:
            standings.setdefault(student, {})
    several = len(cohorts) > 1
    head = [say("report_column_student"), *(cohort.lab for cohort in cohorts)]
    head += [say("report_column_total")] * several + [say("report_column_to_come")]
    rows = []
    for student in sorted(standings):
        of_student = standings[student]
        shown = [standing.result for standing in of_student.values() if not standing.held]
        href = quote(student_file(student)) if shown else ""
        scores = [_score(of_student.get(cohort.lab), words) for cohort in cohorts]
        total = number(points_text(sum(result.score for result in shown)))
        to_come = sum(
            check.max_points
            for result in shown
            for check in result.checks
            if check.points is None and check.kind != "bonus"
        )
        name = Cell(harmless(one_line(student)), href=href)
        rows.append([name, *scores, *[total] * several, number(points_text(to_come))])
    table = Table(STUDENTS, say("report_caption_students"), head, rows)
    summary = say("report_show_students", count=len(rows))
    return _folding(say("report_all_students"), [say("report_pages_are")], [table] if rows else [], summary)


def _score(standing: Standing | None, words: Words) -> Cell:
    """The points, and below them why they are not those that were earned."""
    if standing is None:
        return number(words.say("report_no_result"))
    if standing.held:
        return number(words.say("report_held"))
    why = words.sentences(standing.why())
    return Cell(points_text(standing.result.score), number=True, quiet=harmless(why))
