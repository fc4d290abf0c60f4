"""What the user did that cannot work, told in words and never as a traceback of ours."""

from grader.findings import Finding


class Refused(Exception):
    """Bad input: an unknown lab or task, a broken file, a refused archive. Its finding is told to the user.

    `exit_code` is 2 where the command was called wrongly, 1 where a file was refused, 3 where nothing can be written.
    """

    def __init__(self, finding: Finding | str, exit_code: int = 2) -> None:
        super().__init__(finding)
        self.finding = finding if isinstance(finding, Finding) else Finding("old_sentence", {"text": finding})
        self.exit_code = exit_code

    def __str__(self) -> str:
        from grader.languages import say

        return say(self.finding)
