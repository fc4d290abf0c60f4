"""Reads the command line of a script, in the reader's language. The standard library of Python 3.8 is enough."""

from __future__ import annotations

import argparse

from labs.common.translated import _, ngettext


class Parser(argparse.ArgumentParser):
    """What reads a command line, for a script's docstring; --help and what is wrong are in the reader's language.

    argparse asks gettext for its own words by the locale alone, and in a catalogue that no Python has: here they come
    from ours, by LAB_LANG, too.
    """

    def __init__(self, doc: str | None = None, **options: object) -> None:
        for name, translate in (("_", _), ("ngettext", ngettext)):
            setattr(argparse, name, translate)
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(description=doc and _(doc), **options)  # type: ignore[arg-type]
