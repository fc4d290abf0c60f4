"""Makes sentences: a catalogue for each language, as Project Fluent files in a folder of the language's name.

    say(finding)                     the sentence of a finding, with those of the findings in it
    say("points_earned", points=3)   a message that no finding is of: a heading, a cell of a table

LAB_LANG or the locale names the language (labs/common/translated.py). A lab has texts of its own (messages.en.ftl in
its folder): `texts_of(folder)` says those, too. What a language lacks is said in English; a message that no catalogue
has is said as its code and its values.
"""

import functools
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number
from fluent.syntax.ast import Resource

from grader.findings import Finding
from labs.common.translated import ENGLISH, chosen

FALLBACK = ENGLISH
GROUPED_FROM = 10_000  # 9999 and 10,000


def language() -> str:
    """The language that sentences are made in: what LAB_LANG or the locale says, if there is such a catalogue."""
    return chosen(languages())


def languages() -> list[str]:
    """The names of the languages that have a catalogue, in any folder of this package's `__path__`."""
    return _languages_in(tuple(__path__))


@functools.cache
def _languages_in(folders: tuple[str, ...]) -> list[str]:
    return sorted({file.parent.name for folder in folders for file in Path(folder).glob("*/*.ftl")})


def say(what: Finding | str, /, **values: Any) -> str:
    """The sentence of a finding, or of a message's id and its values."""
    return _catalogue(language(), None).say(what, **values)


def say_in(language: str, what: Finding | str, /, **values: Any) -> str:
    """The same in a language of its own, which the reader's need not be."""
    return _catalogue(language, None).say(what, **values)


def texts_of(lab_folder: Path) -> "Catalogue":
    """The same for a lab, whose own messages are known to it."""
    return _catalogue(language(), lab_folder)


class Catalogue:
    """The messages of one language, and of English for what it lacks."""

    def __init__(self, *bundles: FluentBundle) -> None:
        self._bundles = bundles

    def say(self, what: Finding | str, /, **values: Any) -> str:
        """The sentence of a finding, or of a message's id and its values."""
        if isinstance(what, Finding):
            return self.say(what.code, **what.values)
        said = {name: self._value(value) for name, value in values.items()}
        for bundle in self._bundles:
            if bundle.has_message(what) and (pattern := bundle.get_message(what).value):
                sentence, errors = bundle.format_pattern(pattern, said)
                if not errors:
                    return str(sentence)
        return f"{what} ({', '.join(f'{name}: {value}' for name, value in said.items())})" if said else what

    def together(self, *sentences: str) -> str:
        """Sentences one after the other, as the language puts them. The last may be still to come, as ""."""
        return self.say("sentence_separator").join(sentences)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Finding):
            return self.say(value)
        if isinstance(value, list | tuple):
            return self.say("list_separator").join(str(self._value(item)) for item in value)
        if isinstance(value, bool) or value is None:
            return str(value)
        if isinstance(value, int | float):
            return fluent_number(value, useGrouping=abs(value) >= GROUPED_FROM)
        return value


@functools.cache
def _catalogue(name: str, lab_folder: Path | None) -> Catalogue:
    names = list(dict.fromkeys([name, FALLBACK]))
    return Catalogue(*(bundle_of(each, lab_folder) for each in names))


def bundle_of(name: str, lab_folder: Path | None = None) -> FluentBundle:
    """All messages of one language, those of a lab after the kit's own, which they cannot replace."""
    files = [file for folder in __path__ for file in sorted((Path(folder) / name).glob("*.ftl"))]
    if lab_folder is not None and (own := lab_folder / f"messages.{name}.ftl").is_file():
        files.append(own)
    bundle = FluentBundle([name if name == FALLBACK else _locale(name)], use_isolating=False)
    for file in files:
        bundle.add_resource(_resource(file))
    return bundle


@functools.cache
def _resource(file: Path) -> Resource:
    return FluentResource(file.read_text(encoding="utf-8"))


def _locale(name: str) -> str:
    """The name as the library of plural rules knows it; English rules for one that it does not know."""
    import babel

    try:
        babel.Locale.parse(name.replace("-", "_"))
    except (ValueError, babel.UnknownLocaleError):
        return FALLBACK
    return name
