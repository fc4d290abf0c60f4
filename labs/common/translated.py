"""The language that sentences are in: for the grader, for scripts, and for what runs before anything is installed.

    from labs.common.translated import _

    _("Stopping after this step; Ctrl-C again stops at once.")

A script's sentences stand in it in English, and translations in locale/<language>/LC_MESSAGES/labkit.po, which
`make sync` compiles to the .mo beside it. What the grader finds has catalogues of its own (grader/languages). The
standard library is enough here.
"""

import functools
import gettext
import os
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
    return _translations(chosen([path.name for path in LOCALE.glob("*")])).gettext(sentence)


@functools.lru_cache
def _translations(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
