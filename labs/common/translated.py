"""The language that sentences are in: for the grader, for scripts, and for what runs before anything is installed.

    from labs.common.translated import _, ngettext

    _("Stopping after this step; Ctrl-C again stops at once.")
    ngettext("{count} seed", "{count} seeds", count).format(count=count)

A script's sentences stand in it in English, and translations in locale/<language>/LC_MESSAGES/labkit.po, which
`make sync` compiles to the .mo beside it. What the grader finds has catalogues of its own (grader/languages). The
standard library of Python 3.8 is enough here (grader/doctor, docker/engine.py).
"""

from __future__ import annotations

import functools
import gettext
import os
import unicodedata
from collections.abc import Collection
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "labkit"
ENGLISH = "en"
VARIABLES = ("LAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set names the language


def chosen(there: Collection[str]) -> str:
    """The language to speak, of those that are there: what LAB_LANG names, else the locale. English for any other.

    `zh`, `zh-CN`, `zh_CN.UTF-8` and `zh-Hans` all name `zh`, unless there is one of exactly that name.
    """
    wanted = next(filter(None, map(os.environ.get, VARIABLES)), "").partition(".")[0].partition("@")[0]
    main = wanted.replace("-", "_").partition("_")[0].lower()
    return next((name for name in (wanted, main) if name in there), ENGLISH)


def _(sentence: str) -> str:
    """A script's sentence in the reader's language; as it is where there is no translation."""
    return _translations(language()).gettext(sentence)


def ngettext(one: str, more: str, count: float) -> str:
    """The sentence for so many, of an English singular and an English plural."""
    return _translations(language()).ngettext(one, more, int(count))


def pgettext(context: str, sentence: str) -> str:
    """The same for a word that means several things: `context` says which, to the translator alone."""
    return _translations(language()).pgettext(context, sentence)


def N_(sentence: str) -> str:
    """Marks a sentence or a name that stays English where it stands, and is translated by `_` where it is shown."""
    return sentence


def language() -> str:
    """The language that scripts speak here, such as "zh"."""
    return chosen(_languages())


@functools.lru_cache
def _languages() -> tuple[str, ...]:
    return tuple(path.name for path in LOCALE.glob("*"))


@functools.lru_cache
def _translations(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)


def width(text: str) -> int:
    """How many columns of a terminal a text takes: two for each Chinese character."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def padded(text: str, columns: int) -> str:
    """The text with spaces after it, up to so many columns of a terminal."""
    return text + " " * (columns - width(text))
