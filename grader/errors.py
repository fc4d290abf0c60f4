"""Exceptions that carry a finding: what is wrong is data, and becomes a sentence where somebody reads it."""

from typing import Any

from grader.findings import Finding


class Found(Exception):
    """Something is wrong, and `finding` says what."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding

    def __str__(self) -> str:
        from grader.languages import say

        return say(self.finding)


class Refused(Found):
    """Bad input: an unknown lab or task, a broken file, a refused archive. It is told to the user, without a traceback.

    It is a finding, or a message by its id and values. `exit_code` is 2 where the command was called wrongly, 1 where a
    file was refused, 3 where nothing can be written.
    """

    def __init__(self, what: Finding | str, exit_code: int = 2, **values: Any) -> None:
        super().__init__(what if isinstance(what, Finding) else Finding(what, values))
        self.exit_code = exit_code
