"""What a platform's file needs that results do not say: the lab, who is who on the platform, and where it runs."""

import dataclasses
from collections.abc import Mapping, Sequence

from grader.intake.roster import Person
from grader.lab import Lab


@dataclasses.dataclass(frozen=True)
class Setting:
    """`people` are the rows of a roster, none where there is no roster. `environment` are the variables that a platform
    sets for what it runs: Classroom 50 says in them whose submission this is."""

    lab: Lab
    people: Sequence[Person] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The titles of the roster's columns, as it spells them."""
        return list(self.people[0].row) if self.people else []

    def has_columns(self, *titles: str) -> bool:
        """Whether the roster has all of these columns, whatever their case."""
        return {title.casefold() for title in self.columns}.issuperset(titles)
