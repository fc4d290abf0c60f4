"""Reads the command line of a script, in the reader's language. The standard library of Python 3.8 is enough."""

from __future__ import annotations

import argparse

from labs.common.translated import N_, _, ngettext

# What argparse says by itself, of Python 3.8 to 3.14.
WORDS = (
    N_("usage: "),
    N_("options"),
    N_("optional arguments"),
    N_("positional arguments"),
    N_("show this help message and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("not allowed with argument %s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
)


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
