"""What the rules make of hand-ins: whether they are late, what covers it, what it costs, and which points are left.

All of it is a function of course.toml, the times of the hand-ins and their points, so a rule that is changed holds for
whatever was graded before. Late is what the hand-in's own time says, whenever it was graded.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from grader import codes
from grader.findings import Finding
from grader.policy.course import Course, LabRules
from grader.policy.moments import days_late, last_at, moment_of

State = Literal["in_time", "late", "cut_off", "no_time"]


@dataclasses.dataclass(frozen=True)
class HandIn:
    """One hand-in of a student to a lab: its time, as result.json has it, and its points before the rules."""

    time: str
    points: float


@dataclasses.dataclass(frozen=True)
class Ruling:
    """What the rules make of a student's hand-ins to one lab.

    `counts` is the place of the one that counts. `days` is how many days it is late, `covered` how many of them late
    days of the student's budget cover, and `percent` what the others cost. `points` are what is left, and None where
    nobody knows when it was handed in. `held` is why no points are shown, or None.
    """

    counts: int
    state: State
    days: int
    covered: int
    percent: float
    earned: float
    points: float | None
    held: str | None = None

    def why(self) -> list[Finding]:
        """Why the points are not those that were earned; empty where they are."""
        if self.state == "cut_off":
            return [codes.AFTER_CUT_OFF()]
        if self.state == "no_time":
            return [codes.NO_HAND_IN_TIME()]
        return [codes.LATE(days=self.days, covered=self.covered, percent=self.percent)] if self.days else []


def rulings(course: Course, student: str, hand_ins: Mapping[str, Sequence[HandIn]]) -> dict[str, Ruling]:
    """What the rules make of all of a student's hand-ins, by lab; a lab has at least one, the last one last.

    Late days are used as needed, in the order in which the labs are due, by whoever has some left. Of several hand-ins
    the last counts, or the one with the most points after the rules, of equal ones the one that needs the fewest late
    days, then the last.
    """
    left = course.late_days
    found: dict[str, Ruling] = {}
    for lab in sorted(hand_ins, key=lambda name: _place(course, name)):
        ruled = [_ruling(course, student, lab, place, one, left) for place, one in enumerate(hand_ins[lab])]
        if course.counts_of(lab) == "last" or (unknown := [one for one in ruled if one.points is None]):
            best = ruled[-1] if course.counts_of(lab) == "last" else unknown[-1]
        else:
            best = max(ruled, key=lambda one: (one.points or 0.0, -one.covered, one.counts))
        left -= best.covered
        found[lab] = best
    return found


def _place(course: Course, lab: str) -> tuple[datetime, str]:
    rules = course.labs.get(lab)
    return (rules.due if rules else datetime.max), lab


def _ruling(course: Course, student: str, lab: str, place: int, one: HandIn, left: int) -> Ruling:
    held = next((hold.reason for hold in course.holds if hold.student == student and hold.lab in (None, lab)), None)
    rules = course.labs.get(lab)
    if rules is None:
        return Ruling(place, "in_time", 0, 0, 0.0, one.points, one.points, held)
    moment = time_of(course, student, lab, one.time)
    if moment is None:
        return Ruling(place, "no_time", 0, 0, 0.0, one.points, None, held)
    if (cut_off := cut_off_of(course, student, lab)) and moment > last_at(cut_off, course.zone):
        return Ruling(place, "cut_off", 0, 0, 100.0, one.points, 0.0, held)
    grace = timedelta(minutes=course.grace_minutes if rules.grace_minutes is None else rules.grace_minutes)
    days = days_late(moment - grace, due_of(course, student, lab), course.zone)
    covered = min(days, left)
    percent = cost(course, rules, days - covered)
    points = round(one.points * (100 - percent) / 100, 2)
    return Ruling(place, "late" if days else "in_time", days, covered, percent, one.points, points, held)


def cost(course: Course, rules: LabRules, days: int) -> float:
    """The percent of the points that so many days cost: as the lab says, else as the course says."""
    costs = course.costs if rules.costs is None else rules.costs
    if not days or costs is None:  # the file was refused if neither says it
        return 0.0
    return costs[min(days, len(costs)) - 1] if isinstance(costs, list) else min(100.0, days * costs)


def due_of(course: Course, student: str, lab: str) -> datetime:
    """The local time at which a lab is due for a student: of all extensions in a group the last holds."""
    return max(course.labs[lab].due, *_extensions(course, student, lab))


def cut_off_of(course: Course, student: str, lab: str) -> datetime | None:
    """The local time after which nothing of a student's counts; an extension may go beyond that of the lab."""
    cut_off = course.labs[lab].cut_off
    return max(cut_off, *_extensions(course, student, lab)) if cut_off else None


def _extensions(course: Course, student: str, lab: str) -> list[datetime]:
    members = course.group_of(student, lab) or (student,)
    there = [each.until for each in course.extensions if each.lab == lab and each.student in members]
    return [datetime.min, *there]  # so that there is something to take the largest of


def time_of(course: Course, student: str, lab: str, said: str) -> datetime | None:
    """When a student handed in: as a person found out for them or their group, else as the hand-in says."""
    members = course.group_of(student, lab) or (student,)
    for entry in course.hand_ins:
        if entry.lab == lab and entry.student in members:
            return moment_of(entry.time.isoformat(), course.zone)
    return moment_of(said, course.zone)


def quiz_is_over(course: Course, lab: str, now: datetime) -> bool:
    """Whether the answers of a lab's quiz may be shown: the course says so, and the lab is due for nobody any more."""
    rules = course.labs.get(lab)
    if rules is None or course.quiz_answers == "never":
        return False
    until = [rules.due, rules.cut_off or rules.due, *(each.until for each in course.extensions if each.lab == lab)]
    return now > last_at(max(until), course.zone)
