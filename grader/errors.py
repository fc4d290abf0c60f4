"""What the user did that cannot work, said in words and never as a traceback of ours."""


class Refused(Exception):
    """Bad input: an unknown lab or task, a broken file, a refused archive. The text is for the reader.

    `exit_code` is 2 where the command was called wrongly and 1 where a file was refused.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
