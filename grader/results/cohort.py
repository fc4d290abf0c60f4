"""All that a folder of results holds of one lab: where each student stands, and what is missing."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from grader.errors import Refused
from grader.findings import Finding
from grader.results.groups import Alike, groups_file, read_groups
from grader.results.rules import Rules
from grader.results.standing import Standing, results_of, standings_in


@dataclasses.dataclass(frozen=True)
class Cohort:
    """The students of one lab, by name.

    `missing` are those who have results of other labs in the folder, and none of this one. `troubles` say what could
    not be read, and what else is wrong with the whole of it.
    """

    lab: str
    standings: Sequence[Standing]
    missing: Sequence[str] = ()
    troubles: Sequence[Finding] = ()
    alike: Sequence[Alike] = ()


def labs_in(out: Path) -> list[str]:
    """The short names of the labs that have a result in the folder, in no order."""
    return list({path.parent.name for path in out.glob("*/*/result.json")})


def read_cohort(out: Path, lab: str, student: str | None = None, rules: Rules | None = None) -> Cohort:
    """What lies in the folder, of all students or of one, and what the rules make of it. Refused where there is no
    result of the lab at all."""
    found = standings_in(out, lab, student, rules)
    troubles = [each for each in found if isinstance(each, Finding)]
    standings = [each for each in found if not isinstance(each, Finding)]
    if student is not None:
        return Cohort(lab, standings, (), troubles)
    there = {path.parts[-3] for path in results_of(out, lab)}
    others = {path.parts[-3] for path in out.glob("*/*/result.json")}
    alike: list[Alike] = []
    try:
        alike = read_groups(groups_file(out, lab))
    except Refused as error:
        troubles.append(error.finding)
    return Cohort(lab, standings, sorted(others - there), troubles, alike)
