"""A lab in another language: which of its texts students get, and what is missing in it or too much.

A lab has begun a language where it has one of README.zh.md, texts.zh.toml and messages.zh.ftl.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from grader.author.messages_beside import message_faults
from grader.author.pages_beside import faults_beside
from grader.checks import Check
from grader.lab import Lab
from grader.lab.texts import LabTexts, texts_of_lab, translation_of
from grader.languages import FALLBACK

FILES = ("README.{}.md", "texts.{}.toml", "messages.{}.ftl")
MESSAGES = "messages.{}.ftl"
BARE = re.compile(r"[\w-]+", re.ASCII)  # a key of TOML that needs no quotes


def languages_begun(lab: Lab) -> list[str]:
    """The languages besides English that a lab has a file in."""
    names = {path.name.split(".")[1] for pattern in FILES for path in lab.folder.glob(pattern.format("*"))}
    return sorted(names - {FALLBACK})


def texts_for_students(lab: Lab, diagnoses: Collection[str]) -> dict[str, str]:
    """The texts.<language>.toml of students: with the diagnoses of these mistakes, and of no others."""
    found = {}
    for path in sorted(lab.folder.glob("texts.*.toml")):
        said = translation_of(lab, path.name.split(".")[1])
        kept = {name: text for name, text in said.mistakes.items() if name in diagnoses}
        found[path.name] = _toml(msgspec.structs.replace(said, mistakes=kept))
    return found


def _toml(texts: LabTexts) -> str:
    """As texts_of_lab reads it. A text or a list of texts in JSON is one in TOML."""
    lines = []
    for table, value in msgspec.structs.asdict(texts).items():
        if isinstance(value, Mapping):
            lines += ["", f"[{table}]"] if value else []
            lines += [f"{_key(name)} = {json.dumps(text, ensure_ascii=False)}" for name, text in value.items()]
        elif value:
            lines.append(f"{table} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


# --- what is missing --------------------------------------------------------------------------------------------------


def translation_faults(lab: Lab, checks: Iterable[Check]) -> Iterator[str]:
    """A sentence for everything that a language which the lab has begun lacks, or has besides."""
    checks = list(checks)
    for language in languages_begun(lab):
        for pattern in FILES:
            name, english = pattern.format(language), lab.path(pattern.format(FALLBACK))
            if not lab.path(name).is_file() and (pattern != MESSAGES or english.is_file()):
                yield f"{name} is missing"
        yield from (f"texts.{language}.toml: {fault}" for fault in _text_faults(lab, checks, language))
        messages = [lab.path(MESSAGES.format(each)) for each in (FALLBACK, language)]
        if messages[1].is_file():
            there = [[path] if path.is_file() else [] for path in messages]
            yield from (f"{messages[1].name}: {fault}" for fault in message_faults(*there))
        handout = lab.path(f"README.{language}.md")
        if handout.is_file():
            english_text = lab.path("README.md").read_text(encoding="utf-8")
            found = faults_beside(english_text, handout.read_text(encoding="utf-8"))
            yield from (f"{handout.name}: {fault}" for fault in found)


def _text_faults(lab: Lab, checks: Iterable[Check], language: str) -> Iterator[str]:
    cases = {case.title: case.title for check in checks for case in check.cases}
    titles = {check.name: check.title for check in checks}
    english = msgspec.structs.replace(texts_of_lab(lab, FALLBACK), checks=titles, cases=cases)
    said = translation_of(lab, language)
    if not said.title:
        yield "title is missing"
    for table, texts in msgspec.structs.asdict(english).items():
        if table == "title":
            continue
        there = getattr(said, table)
        yield from (f"[{table}] lacks {name!r}" for name in texts.keys() - there.keys())
        yield from (f"[{table}] has {name!r}, which the lab has not" for name in there.keys() - texts.keys())
        yield from (f"[{table}] has no text for {name!r}" for name, text in there.items() if not text)
    for task in lab.manifest.tasks:
        if (hints := said.hints.get(task.name)) is not None and len(hints) != len(task.hints):
            yield f"[hints] has {len(hints)} hints for {task.name}, which has {len(task.hints)}"
