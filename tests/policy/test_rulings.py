"""The course's rules as a table of cases, and what holds of all of them."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.languages import say
from grader.policy.course import parsed
from grader.policy.rulings import HandIn, Ruling, due_of, quiz_is_over, rulings, time_of

COURSE = """
time_zone = "Europe/Berlin"
percent_a_day = 20
grace_minutes = 10
[labs.lab1]
due = 2026-10-12T23:59:00
[labs.lab2]
due = 2026-10-24T23:59:00       # the clocks are put back in the night after it
[labs.lab3]
due = 2026-11-02T23:59:00
cut_off = 2026-11-05T12:00:00
"""
NIGHTS = """
time_zone = "Europe/Berlin"
percent_a_day = 10
[labs.lab1]
due = 2026-03-28T23:59:00       # the clocks are put forward in the night after it
[labs.lab2]
due = 2026-10-25T02:30:00       # which is twice in that night
[labs.lab3]
due = 2026-03-28T02:30:00       # which is never in the night a day later
"""
BUDGET = "late_days = 3\n" + COURSE
TABLE = COURSE.replace("percent_a_day = 20", "percent_by_day = [10, 25, 60]")
EXTENDED = COURSE + '[[extensions]]\nstudent = "ada"\nlab = "lab3"\nuntil = 2026-11-04T23:59:00\nreason = "ill"\n'
BEYOND = EXTENDED.replace("11-04", "11-09")
HELD = COURSE + '[[holds]]\nstudent = "ada"\nreason = "we talk first"\n'
HELD_LAB3 = HELD + 'lab = "lab3"\n'
GROUP = EXTENDED + '[[groups]]\nmembers = ["ada", "ben"]\nlabs = ["lab3"]\n'
FOUND_OUT = COURSE + '[[hand_ins]]\nstudent = "ada"\nlab = "lab3"\ntime = 2026-11-03T10:00:00\nreason = "by mail"\n'
TOKYO = COURSE.replace("Europe/Berlin", "Asia/Tokyo")
OWN = COURSE + "percent_a_day = 50\ngrace_minutes = 0\n"

# The rules, the lab, the time of the hand-in, then: the state, days late, late days used, percent, points of 20.
CASES = {
    "a day early": (COURSE, "lab3", "2026-11-01T10:00:00+01:00", "in_time", 0, 0, 0, 20),
    "at the minute": (COURSE, "lab3", "2026-11-02T23:59:00+01:00", "in_time", 0, 0, 0, 20),
    "within the grace": (COURSE, "lab3", "2026-11-03T00:09:00+01:00", "in_time", 0, 0, 0, 20),
    "a second after the grace": (COURSE, "lab3", "2026-11-03T00:09:01+01:00", "late", 1, 0, 20, 16),
    "without a grace of the lab's own": (OWN, "lab3", "2026-11-02T23:59:01+01:00", "late", 1, 0, 50, 10),
    "a minute before the second day": (COURSE, "lab3", "2026-11-04T00:08:00+01:00", "late", 1, 0, 20, 16),
    "a minute after the first day": (COURSE, "lab3", "2026-11-04T00:10:00+01:00", "late", 2, 0, 40, 12),
    "from another time zone": (COURSE, "lab3", "2026-11-02T14:59:00-08:00", "in_time", 0, 0, 0, 20),
    "a local time of the course": (COURSE, "lab3", "2026-11-02T23:59:00", "in_time", 0, 0, 0, 20),
    "late in Tokyo, where it is day": (TOKYO, "lab3", "2026-11-02T23:59:00+01:00", "late", 1, 0, 20, 16),
    "more than everything": (COURSE, "lab1", "2026-10-30T12:00:00+01:00", "late", 18, 0, 100, 0),
    "just before the cut-off": (COURSE, "lab3", "2026-11-05T12:00:00+01:00", "late", 3, 0, 60, 8),
    "after the cut-off, which has no grace": (COURSE, "lab3", "2026-11-05T12:00:01+01:00", "cut_off", 0, 0, 100, 0),
    "tier of a table": (TABLE, "lab1", "2026-10-14T12:00:00+02:00", "late", 2, 0, 25, 15),
    "beyond the table": (TABLE, "lab1", "2026-10-30T12:00:00+02:00", "late", 18, 0, 60, 8),
    "a late day covers": (BUDGET, "lab1", "2026-10-13T12:00:00+02:00", "late", 1, 1, 0, 20),
    "more late than the budget": (BUDGET, "lab1", "2026-10-17T12:00:00+02:00", "late", 5, 3, 40, 12),
    "no late days after the cut-off": (BUDGET, "lab3", "2026-11-06T12:00:00+01:00", "cut_off", 0, 0, 100, 0),
    "within the extension": (EXTENDED, "lab3", "2026-11-04T23:00:00+01:00", "in_time", 0, 0, 0, 20),
    "late after the extension": (EXTENDED, "lab3", "2026-11-05T11:00:00+01:00", "late", 1, 0, 20, 16),
    "an extension beyond the cut-off": (BEYOND, "lab3", "2026-11-09T23:00:00+01:00", "in_time", 0, 0, 0, 20),
    "after such an extension": (BEYOND, "lab3", "2026-11-10T10:00:00+01:00", "cut_off", 0, 0, 100, 0),
    "a time that a person found out": (FOUND_OUT, "lab3", "", "late", 1, 0, 20, 16),
    "which counts before the hand-in's": (FOUND_OUT, "lab3", "2026-11-01T10:00:00+01:00", "late", 1, 0, 20, 16),
    "an unknown time": (COURSE, "lab3", "", "no_time", 0, 0, 0, None),
    "no time at all": (COURSE, "lab3", "yesterday", "no_time", 0, 0, 0, None),
    "a time of another millennium": (COURSE, "lab3", "0001-01-01T00:00:00+14:00", "no_time", 0, 0, 0, None),
    "a lab without a due date": (COURSE, "lab7", "", "in_time", 0, 0, 0, 20),
    # The clocks: the day after lab1 has 23 hours, that after lab2 of COURSE 25.
    "a short day's last minute": (NIGHTS, "lab1", "2026-03-29T23:59:00+02:00", "late", 1, 0, 10, 18),
    "a minute after a short day": (NIGHTS, "lab1", "2026-03-30T00:00:00+02:00", "late", 2, 0, 20, 16),
    "a long day's last minute": (COURSE, "lab2", "2026-10-26T00:08:00+01:00", "late", 1, 0, 20, 16),
    "a minute after a long day": (COURSE, "lab2", "2026-10-26T00:10:00+01:00", "late", 2, 0, 40, 12),
    "due at the second half past two": (NIGHTS, "lab2", "2026-10-25T02:30:00+01:00", "in_time", 0, 0, 0, 20),
    "and a minute later": (NIGHTS, "lab2", "2026-10-25T02:31:00+01:00", "late", 1, 0, 10, 18),
    "a local time in the hour that is twice": (NIGHTS, "lab2", "2026-10-25T02:45:00", "in_time", 0, 0, 0, 20),
    "a day that ends in the hour left out": (NIGHTS, "lab3", "2026-03-29T03:30:00+02:00", "late", 1, 0, 10, 18),
    "a minute after that": (NIGHTS, "lab3", "2026-03-29T03:31:00+02:00", "late", 2, 0, 20, 16),
}


def ruled(text: str, lab: str, *times: str, student: str = "ada", points: float = 20.0) -> Ruling:
    return rulings(parsed(text), student, {lab: [HandIn(time, points) for time in times]})[lab]


@pytest.mark.parametrize(
    ("text", "lab", "time", "state", "days", "covered", "percent", "points"), CASES.values(), ids=CASES
)
def test_a_hand_in(
    text: str, lab: str, time: str, state: str, days: int, covered: int, percent: float, points: float | None
) -> None:
    found = ruled(text, lab, time)
    assert (found.state, found.days, found.covered, found.percent, found.points) == (
        state,
        days,
        covered,
        percent,
        points,
    )
    assert found.held is None and found.earned == 20


@pytest.mark.parametrize(
    ("text", "time", "said"),
    [
        (COURSE, "2026-11-02T10:00:00", []),
        (COURSE, "2026-11-03T10:00:00", ["1 day late: −20 %."]),
        (COURSE.replace("20\n", "12.5\n"), "2026-11-04T10:00:00", ["2 days late: −25 %."]),
        (BUDGET, "2026-11-03T10:00:00", ["1 day late, 1 late day used: no points lost."]),
        (BUDGET.replace("= 3", "= 2"), "2026-11-05T10:00:00", ["3 days late, 2 late days used: −20 %."]),
        (COURSE, "2026-11-06T10:00:00", ["Handed in after the cut-off: 0 points."]),
    ],
)
def test_the_sentence_why(text: str, time: str, said: list[str]) -> None:
    assert [say(finding) for finding in ruled(text, "lab3", time).why()] == said


def test_late_days_are_used_in_the_order_in_which_labs_are_due() -> None:
    late = {"lab3": "2026-11-04T10:00:00", "lab1": "2026-10-14T10:00:00", "lab2": "2026-10-24T10:00:00"}
    found = rulings(parsed(BUDGET), "ada", {lab: [HandIn(time, 20)] for lab, time in late.items()})
    assert {lab: (one.days, one.covered, one.points) for lab, one in found.items()} == {
        "lab1": (2, 2, 20.0),
        "lab2": (0, 0, 20.0),
        "lab3": (2, 1, 16.0),
    }


def test_each_member_of_a_group_uses_own_late_days_and_has_the_groups_extension() -> None:
    course = parsed(GROUP)
    assert due_of(course, "ben", "lab3") == due_of(course, "ada", "lab3") == datetime(2026, 11, 4, 23, 59)
    assert due_of(course, "cy", "lab3") == datetime(2026, 11, 2, 23, 59)
    assert ruled("late_days = 1\n" + GROUP, "lab3", "2026-11-05T10:00:00", student="ben").covered == 1
    told = GROUP + '[[hand_ins]]\nstudent = "ben"\nlab = "lab3"\ntime = 2026-11-09T10:00:00\nreason = "by mail"\n'
    assert time_of(parsed(told), "ada", "lab3", "") == time_of(parsed(told), "ben", "lab3", "2026-11-01T10:00:00")
    assert time_of(parsed(told), "cy", "lab3", "") is None


def test_what_is_held_keeps_its_points_for_later() -> None:
    found = ruled(HELD, "lab1", "2026-10-13T10:00:00")
    assert (found.held, found.points) == ("we talk first", 16)
    assert ruled(HELD, "lab1", "2026-10-13T10:00:00", student="ben").held is None
    assert ruled(HELD_LAB3, "lab1", "2026-10-13T10:00:00").held is None
    assert ruled(HELD_LAB3, "lab3", "2026-11-02T10:00:00").held == "we talk first"


EARLY, LATE, LATER = "2026-11-02T10:00:00", "2026-11-03T10:00:00", "2026-11-04T10:00:00"


@pytest.mark.parametrize(
    ("counts", "points", "place", "left"),
    [
        ("last", [18, 20], 1, 16.0),
        ("best", [18, 20], 0, 18.0),
        ("best", [10, 20], 1, 16.0),
        ("best", [16, 20], 1, 16.0),  # as many points: the last
        ("best", [0, 0], 1, 0.0),
    ],
)
def test_the_last_or_the_best_counts(counts: str, points: list[float], place: int, left: float) -> None:
    course = parsed(f'counts = "{counts}"\n' + COURSE)
    hand_ins = [HandIn(time, each) for time, each in zip([EARLY, LATE], points, strict=True)]
    found = rulings(course, "ada", {"lab3": hand_ins})["lab3"]
    assert (found.counts, found.points) == (place, left)


def test_the_best_is_the_one_after_the_rules_and_spares_late_days() -> None:
    course = parsed('counts = "best"\n' + BUDGET)
    same = {"lab3": [HandIn(EARLY, 20), HandIn(LATE, 20)]}
    assert (rulings(course, "ada", same)["lab3"].counts, rulings(course, "ada", same)["lab3"].covered) == (0, 0)
    unknown = {"lab3": [HandIn("", 20), HandIn(LATE, 20)]}
    assert rulings(course, "ada", unknown)["lab3"].state == "no_time", "a person says whether the other one is late"


def test_the_quiz_is_over_when_nobody_can_hand_in_any_more() -> None:
    course = parsed('quiz_answers = "after_due"\n' + BEYOND)
    now = datetime.fromisoformat("2026-11-09T23:58:00+01:00")
    assert not quiz_is_over(course, "lab3", now) and quiz_is_over(course, "lab3", now + timedelta(minutes=2))
    assert not quiz_is_over(parsed(BEYOND), "lab3", now + timedelta(days=99)), "the course does not say so"
    assert not quiz_is_over(course, "lab7", now + timedelta(days=99))


# --- properties -------------------------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2026, 10, 1), datetime(2026, 12, 1), timezones=st.timezones())
scores = st.floats(0, 100).map(lambda points: round(points, 2))
budgets = st.integers(0, 9)
ALL_RULES = st.sampled_from([COURSE, TABLE, NIGHTS, OWN, EXTENDED, BEYOND])
LABS = st.sampled_from(["lab1", "lab2", "lab3"])


@given(ALL_RULES, LABS, moments, st.timedeltas(timedelta(), timedelta(days=40)), scores, budgets)
def test_later_never_gives_more(
    text: str, lab: str, time: datetime, later: timedelta, points: float, budget: int
) -> None:
    rules = f"late_days = {budget}\n{text}"
    [first, second] = [ruled(rules, lab, when.isoformat(), points=points).points for when in (time, time + later)]
    assert first is not None and second is not None and 0 <= second <= first <= points


@given(moments, st.integers(0, 20), scores, budgets)
def test_an_extension_never_gives_less(time: datetime, days: int, points: float, budget: int) -> None:
    until = datetime(2026, 11, 2, 23, 59) + timedelta(days=days)
    extended = f'{COURSE}[[extensions]]\nstudent = "ada"\nlab = "lab3"\nuntil = {until.isoformat()}\nreason = "ill"\n'
    budgeted = [f"late_days = {budget}\n{text}" for text in (COURSE, extended)]
    plain, more = (ruled(text, "lab3", time.isoformat(), points=points) for text in budgeted)
    assert (more.points or 0) >= (plain.points or 0) and (more.days <= plain.days or plain.state == "cut_off")


@given(ALL_RULES, LABS, moments, scores, budgets)
def test_a_penalty_is_applied_once(text: str, lab: str, time: datetime, points: float, budget: int) -> None:
    found = ruled(f"late_days = {budget}\n{text}", lab, time.isoformat(), points=points)
    assert found.points == round(points * (100 - found.percent) / 100, 2)
    assert found.covered <= min(budget, found.days)


@given(st.lists(moments, min_size=3, max_size=3), scores, budgets)
def test_no_more_late_days_are_used_than_there_are(times: list[datetime], points: float, budget: int) -> None:
    course = parsed(f"late_days = {budget}\n{COURSE}")
    hand_ins = {f"lab{number}": [HandIn(time.isoformat(), points)] for number, time in enumerate(times, 1)}
    found = rulings(course, "ada", hand_ins)
    assert sum(one.covered for one in found.values()) <= budget
    assert found == rulings(course, "ada", dict(reversed(hand_ins.items()))), "in whatever order they are read"
