"""Looks for what must not leave the instructor's side: text of solution regions, hidden cases, mistakes and keys.

Two searches: lines as they are written, in files of any kind and size; and in Python, what answers a task in another
spelling.
"""

import ast
import json
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from grader.author.skeleton import REGION, cut, regions
from grader.lab import Lab
from grader.lab.source import definitions, lines_of
from grader.lab.texts import RECORD
from grader.tokens import QUIET, Tokens, parts_of, sequences

SHORTEST = 20  # characters of code; shorter lines (`return loss`) say nothing
ALIKE = 10  # tokens that say something, in a row (docs/decisions/the-leak-test.md)
BLANKS = b" \t\n\r\f\v"
CACHED = 1 << 15  # words that are looked at together: a processor's cache holds them
Words = npt.NDArray[np.uint64]
SECRET_FILES = ("hidden.py", "mistakes.py", "alternatives.py")


def secret_lines(lab: Lab) -> dict[str, str]:
    """Every telling line of code that is secret, without its blanks, and where it stands."""
    secret: dict[str, str] = {}
    for name in lab.code_files:
        for line in _telling(regions(_text(lab, name))):
            secret.setdefault(line, f"a solution region of {lab.name}/{name}")
    for name in lab.answer_files:
        for line in _telling([_text(lab, name)]):
            secret.setdefault(line, f"the key {lab.name}/{name}")
    for name in SECRET_FILES:
        for line in _telling([_bodies(_text(lab, name))]):
            secret.setdefault(line, f"{lab.name}/{name}")
    return secret


def public_code(lab: Lab) -> str:
    """What students get on purpose, without blanks: skeletons, checks, given code. It is no secret elsewhere, too."""
    given = [name for name in ("checks.py", *lab.manifest.files.given) if name.endswith(".py")]
    texts = [*(_text(lab, name) for name in given), *(cut(_text(lab, name), name) for name in lab.code_files)]
    return "".join("".join(texts).split())


def _text(lab: Lab, name: str) -> str:
    return lab.path(name).read_text(encoding="utf-8")


def _bodies(text: str) -> str:
    """The bodies of a file's functions and classes: a mistake's name and its diagnosis are made to be read."""
    return "".join("".join(lines_of(text)[found.body]) for found in definitions(text).values())


def _telling(texts: Iterable[str]) -> Iterable[str]:
    """The lines of code that are long enough to say something, without their blanks."""
    for text in texts:
        for line in text.splitlines():
            squeezed = "".join(line.split())
            if len(squeezed) >= SHORTEST and not squeezed.startswith("#"):
                yield squeezed


def seeker(labs: Iterable[Lab], shortest: int = SHORTEST) -> Callable[[bytes], list[str]]:
    """A function that says of a file's bytes which secrets they hold, once for each line of `shortest` characters.

    It is made for gigabytes: a line that stands in them covers words, eight bytes that begin at a multiple of eight,
    and is looked for where all its words are there, for one of the eight ways in which it can lie.
    """
    secret: dict[str, str] = {}
    public = ""
    for lab in labs:
        secret |= secret_lines(lab)
        public += public_code(lab)
    lines = {text.encode(): where for text, where in secret.items() if len(text) >= shortest and text not in public}
    ways: dict[int, list[tuple[bytes, set[int]]]] = {}
    for line in lines:
        for start in range(8):
            way = set(_words(line[start:]).tolist())
            for word in way:
                ways.setdefault(word, []).append((line, way))
    wanted = np.zeros(1 << 20, dtype=bool)
    wanted[_mixed(np.array(list(ways), dtype=np.uint64))] = True

    def secrets_in(content: bytes) -> list[str]:
        squeezed = content.translate(None, BLANKS)
        there = _words(squeezed)
        pieces = [there[start : start + CACHED] for start in range(0, len(there), CACHED)]
        known = {word for piece in pieces for word in piece[wanted[_mixed(piece)]].tolist() if word in ways}
        held = {line for word in known for line, way in ways[word] if way <= known}
        return [where for line, where in lines.items() if line in held and line in squeezed]

    return secrets_in


def _words(text: bytes) -> Words:
    return np.frombuffer(text, dtype=np.uint64, count=len(text) // 8)


def _mixed(words: Words) -> Words:
    """Twenty bits that depend on all of a word."""
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)


def leaks_in(folder: Path, labs: Iterable[Lab]) -> list[str]:
    """A sentence for every secret line that stands in any file under `folder`, for every secret file, and for every
    function there that answers a task in another spelling."""
    labs = list(labs)
    secrets_in = seeker(labs)
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if path.name in SECRET_FILES:
            found.append(f"{path.relative_to(folder)} must not be there")
        found += [f"{path.relative_to(folder)} holds a line of {where}" for where in secrets_in(path.read_bytes())]
    return [*found, *_diagnoses_in(folder), *answers_in(folder, labs)]


def _diagnoses_in(folder: Path) -> Iterator[str]:
    """A sentence for each diagnosis in another language that students do not have in English: it tells a mistake that
    only hidden cases show."""
    for path in sorted(folder.rglob("texts.*.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("mistakes", {})
        record = path.with_name(RECORD)
        known = json.loads(record.read_bytes())["diagnoses"] if record.is_file() else {}
        yield from (f"{path.relative_to(folder)} has the diagnosis of {name}" for name in told.keys() - known.keys())


# --- answers in another spelling --------------------------------------------------------------------------------------


def answers_in(folder: Path, labs: Iterable[Lab]) -> list[str]:
    """A sentence for each part of a Python file under `folder` that shares ALIKE telling tokens in a row with a
    solution or an alternative of one of the labs."""
    secret: dict[tuple[str, ...], str] = {}
    for lab in labs:
        for where, sequence in _answers(lab):
            for run in _runs(sequence):
                secret.setdefault(run, where)
    found = []
    for path in sorted(folder.rglob("*.py")):
        file = path.relative_to(folder)
        try:
            parts = list(parts_of(path.read_text(encoding="utf-8")))
        except (SyntaxError, ValueError):
            found.append(f"{file} is no Python: it cannot be searched for answers")
            continue
        for name, line, statements in parts:
            runs = (run for sequence in sequences(statements) for run in _runs(sequence))
            place = f"{file}:{line}{f' ({name})' if name else ''}"
            alike = {secret[run]: run for run in runs if run in secret}
            found += [f"{place} answers {where} ({' '.join(run)})" for where, run in alike.items()]
    return found


def _answers(lab: Lab) -> Iterator[tuple[str, Tokens]]:
    """The sequences of everything that answers a task of a lab, and which function it answers."""
    for file in lab.code_files:
        text = _text(lab, file)
        for region in REGION.finditer(text):
            line = text.count("\n", 0, region.start()) + 1
            function = [name for name, found in definitions(text).items() if found.line < line][-1]
            statements = ast.parse(textwrap.dedent(region["body"])).body
            yield from ((f"{lab.name}'s {function}", sequence) for sequence in sequences(statements))
    for node in ast.parse(_text(lab, "alternatives.py")).body:
        for decorator in getattr(node, "decorator_list", []):
            match decorator:
                case ast.Call(ast.Name("alternative"), [ast.Constant(str(name))]):
                    yield from ((f"{lab.name}'s {name}", sequence) for sequence in sequences([node]))


def _runs(sequence: Tokens) -> Iterator[tuple[str, ...]]:
    """Every run of a sequence that begins and ends with a telling token and has ALIKE of them."""
    places = [place for place, token in enumerate(sequence) if token not in QUIET]
    for first, last in zip(places, places[ALIKE - 1 :], strict=False):
        yield tuple(sequence[first : last + 1])
