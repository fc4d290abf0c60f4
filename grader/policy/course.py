"""course.toml: due dates, what being late costs, and what was agreed with single students. docs/course.md describes it.

Whatever is unknown in the file, or cannot be, is refused with its place: a rule that is misspelt must not be no rule.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from grader.errors import Refused
from grader.policy.moments import exists

FILE = "course.toml"
LAB = re.compile(r"lab\d{1,2}")
CLEAN = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")

Counts = Literal["last", "best"]
Percent = Annotated[float, Meta(ge=0, le=100)]
Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
Local = Annotated[datetime, Meta(tz=False)]  # a time on the clocks of the course's time zone
Text = Annotated[str, Meta(pattern=r"\S")]

Costs = float | list[float]  # of each late day, or of the first, of the second, ...

Table = TypeVar("Table", bound=msgspec.Struct)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class LabRules(_Table, frozen=True):
    """[labs.lab3]. What is None is as the course has it."""

    due: Local
    cut_off: Local | None = None  # nothing that comes later counts
    grace_minutes: Minutes | None = None
    percent_a_day: Percent | None = None
    percent_by_day: list[Percent] | None = None
    counts: Counts | None = None

    @property
    def costs(self) -> Costs | None:
        """What late days cost here; None where it is as in the course."""
        return self.percent_by_day if self.percent_a_day is None else self.percent_a_day


class Extension(_Table, frozen=True):
    """[[extensions]]: another due date for one student."""

    student: Text
    lab: str
    until: Local
    reason: Text


class Hold(_Table, frozen=True):
    """[[holds]]: no points are shown or handed on, of one lab or of all."""

    student: Text
    reason: Text
    lab: str | None = None


class Group(_Table, frozen=True):
    """[[groups]]: who hands in together, in some labs or in all."""

    members: Annotated[list[Text], Meta(min_length=2)]
    labs: list[str] | None = None


class HandInTime(_Table, frozen=True):
    """[[hand_ins]]: when somebody handed in, as a person found out. It counts in place of any other time."""

    student: Text
    lab: str
    time: Local
    reason: Text


class Course(_Table, frozen=True):
    """The whole of course.toml."""

    time_zone: str
    late_days: Annotated[int, Meta(ge=0)] = 0  # of each student, for the whole term
    grace_minutes: Minutes = 0
    percent_a_day: Percent | None = None
    percent_by_day: list[Percent] | None = None  # of the first late day, the second, ...; the last is of all further
    counts: Counts = "last"
    quiz_answers: Literal["never", "after_due"] = "never"
    labs: dict[str, LabRules] = {}
    extensions: list[Extension] = []
    holds: list[Hold] = []
    groups: list[Group] = []
    hand_ins: list[HandInTime] = []

    @property
    def costs(self) -> Costs | None:
        """What late days cost where a lab does not say it."""
        return self.percent_by_day if self.percent_a_day is None else self.percent_a_day

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def counts_of(self, lab: str) -> Counts:
        """Which of several hand-ins to a lab counts."""
        rules = self.labs.get(lab)
        return rules.counts if rules and rules.counts else self.counts

    def group_of(self, student: str, lab: str) -> tuple[str, ...]:
        """Who hands in to a lab together with a student, and the student; empty for who hands in alone."""
        return next((tuple(each.members) for each in self.groups_of(lab) if student in each.members), ())

    def groups_of(self, lab: str) -> Iterator[Group]:
        return (group for group in self.groups if group.labs is None or lab in group.labs)

    def students(self) -> set[str]:
        """Everybody whom the file names."""
        named = {entry.student for entry in self.extensions} | {entry.student for entry in self.hand_ins}
        return named.union((hold.student for hold in self.holds), *(group.members for group in self.groups))


def course_at(path: Path | None, labs: Iterable[str]) -> Course | None:
    """The course of a file; without a path that of ./course.toml, and None where there is no such file. `labs` are the
    names of the kit's labs. Refused as in read_course."""
    if path is None and not Path(FILE).exists():
        return None
    return read_course(path or Path(FILE), labs)


def read_course(path: Path, labs: Iterable[str]) -> Course:
    """The rules of a file; Refused where it cannot be read, or holds anything that is unknown or cannot be."""
    try:
        course = parsed(path.read_text(encoding="utf-8-sig"))
        known = list(labs)
        if unknown := [lab for lab in course.labs if lab not in known]:
            raise ValueError(f"labs.{unknown[0]}: there is no such lab; there is {', '.join(known)}")
    except OSError as error:
        raise Refused("cannot_be_read", path=str(path), reason=error.strerror or "") from None
    except ValueError as error:  # tomllib's and msgspec's are such, too
        raise Refused("course_refused", path=str(path), reason=str(error)) from None
    return course


def parsed(text: str) -> Course:
    """The rules in a text. ValueError, with the place, where something in it is unknown or cannot be."""
    tables = tomllib.loads(text)
    labs = tables.pop("labs", {})
    if not isinstance(labs, dict):
        raise ValueError("labs: Expected `object`")
    of_labs = {lab: table_of(rules, LabRules, f"labs.{lab}") for lab, rules in labs.items()}
    course = msgspec.structs.replace(table_of(tables, Course, ""), labs=of_labs)
    for problem in _problems(course):
        raise ValueError(problem)
    return course


def table_of(table: Any, kind: type[Table], where: str) -> Table:
    """A table of a file as data. ValueError, with the place, where it is another."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        said = str(error)
        place = found["place"] if (found := CLEAN.search(said)) else ""
        full = ".".join(filter(None, (where, place)))
        raise ValueError(f"{full}: {CLEAN.sub('', said)}" if full else said) from None


# --- what cannot be ---------------------------------------------------------------------------------------------------


def _problems(course: Course) -> Iterator[str]:
    """What is wrong between the entries, with the place, the first first."""
    try:
        zone = course.zone
    except (KeyError, ValueError, OSError):  # as zoneinfo says of a name that it does not know
        yield f"time_zone: '{course.time_zone}' is no time zone. Europe/Berlin is one"
        return
    yield from _of_costs("", course)
    for lab, rules in course.labs.items():
        where = f"labs.{lab}"
        if not LAB.fullmatch(lab):
            yield f"{where}: write a lab as lab3"
        yield from _of_costs(f"{where}.", rules)
        if course.costs is None and rules.costs is None:
            yield f"{where}: say what a late day costs, with percent_a_day or percent_by_day (100 where nothing counts)"
        if rules.cut_off and rules.cut_off < rules.due:
            yield f"{where}.cut_off: it is before the lab is due"
    for place, moment in _times(course):
        if not exists(moment, zone):
            yield f"{place}: the clocks of {course.time_zone} never show {moment:%Y-%m-%d %H:%M} (summer time)"
    yield from _of_students(course)


def _of_costs(where: str, rules: Course | LabRules) -> Iterator[str]:
    table = rules.percent_by_day
    if table is None:
        return
    if rules.percent_a_day is not None:
        yield f"{where}percent_by_day: percent_a_day is there, too. Keep one of them"
    if not table:
        yield f"{where}percent_by_day: it is empty"
    if table != sorted(table):
        yield f"{where}percent_by_day: a later day must not cost less"


def _times(course: Course) -> Iterator[tuple[str, datetime]]:
    for lab, rules in course.labs.items():
        yield f"labs.{lab}.due", rules.due
        if rules.cut_off:
            yield f"labs.{lab}.cut_off", rules.cut_off
    for number, extension in enumerate(course.extensions):
        yield f"extensions[{number}].until", extension.until
    for number, hand_in in enumerate(course.hand_ins):
        yield f"hand_ins[{number}].time", hand_in.time


def _of_students(course: Course) -> Iterator[str]:
    yield from _of_entries("extensions", [(each.student, each.lab) for each in course.extensions], course)
    yield from _of_entries("hand_ins", [(each.student, each.lab) for each in course.hand_ins], course)
    for number, extension in enumerate(course.extensions):
        if extension.lab in course.labs and extension.until < course.labs[extension.lab].due:
            yield f"extensions[{number}].until: it is before {extension.lab} is due"
    for number, hold in enumerate(course.holds):
        if hold.lab is not None and hold.lab not in course.labs:
            yield f"holds[{number}].lab: {hold.lab} has no [labs.{hold.lab}] here"
    yield from _of_groups(course.groups, course)


def _of_entries(name: str, entries: Sequence[tuple[str, str]], course: Course) -> Iterator[str]:
    for number, (student, lab) in enumerate(entries):
        if lab not in course.labs:
            yield f"{name}[{number}].lab: {lab} has no [labs.{lab}] here"
        if (student, lab) in entries[:number]:
            yield f"{name}[{number}]: {student} has two of {lab}"


def _of_groups(groups: Sequence[Group], course: Course) -> Iterator[str]:
    taken = dict[tuple[str, str], int]()
    for number, group in enumerate(groups):
        if unknown := [lab for lab in group.labs or () if lab not in course.labs]:
            yield f"groups[{number}].labs: {unknown[0]} has no [labs.{unknown[0]}] here"
        for lab in course.labs if group.labs is None else group.labs:
            for member in group.members:
                if (member, lab) in taken:
                    yield f"groups[{number}].members: {member} is in two groups of {lab}, or twice in one"
                taken[member, lab] = number
