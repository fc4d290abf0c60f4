"""The error that a script shows as one sentence."""


class CannotUse(Exception):
    """A file, or a wish, that cannot be used; the text is for the reader, who needs no traceback."""
