"""Pairs of students whose code a tool calls similar, as that tool gives them: to look at, and never a verdict."""

import dataclasses
import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import ModuleType

from grader.errors import Refused
from grader.registry import modules_of
from grader.similarity.folder import STUDENTS


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two students. `similarity` has the tool's own measures by the names that it gives them, the one that it sorts by
    first; `longest` is the longest fragment that both have, in the tool's unit, where its result says that; `files` are
    paths in the folder that was compared."""

    students: tuple[str, str]
    similarity: Mapping[str, float]
    longest: int | None
    files: tuple[str, str]

    @property
    def first(self) -> float:
        """By the measure that the tool sorts by."""
        return next(iter(self.similarity.values()))


@dataclasses.dataclass(frozen=True)
class Found:
    """The most similar pairs of a tool's result, of `count` pairs that have something in common at all."""

    tool: str
    unit: str
    count: int
    pairs: Sequence[Pair]


def tools() -> dict[str, ModuleType]:
    """The tools by name: modules with `TITLE`, `UNIT`, `commands(files)`, `reads(path)` and `pairs_in(path, most)`."""
    return {name: module for name, module in modules_of("grader.similarity.tools").items() if hasattr(module, "TITLE")}


def read(result: Path, most: int) -> Found:
    """The `most` most similar pairs of a result; Refused where it is missing, or no tool's result."""
    there = tools().values()
    titles = [tool.TITLE for tool in there]
    if not result.exists():
        raise Refused("no_result_of_a_tool", path=str(result), tools=titles)
    for tool in there:
        if tool.reads(result):
            try:
                count, pairs = tool.pairs_in(result, most)
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                raise Refused(
                    "result_of_a_tool_broken", 1, path=str(result), tool=tool.TITLE, reason=_why(error)
                ) from None
            return Found(tool.TITLE, tool.UNIT, count, pairs)
    raise Refused("no_result_of_a_tool", 1, path=str(result), tools=titles)


def most_similar(pairs: Iterable[Pair], most: int) -> tuple[int, list[Pair]]:
    """How many pairs of two students have something in common, and the most similar of them; ties by name. ValueError
    where a similarity is no finite number."""
    count = 0

    def counted() -> Iterable[Pair]:
        nonlocal count
        for pair in pairs:
            if not all(map(math.isfinite, pair.similarity.values())):
                raise ValueError(f"a similarity is no finite number: {dict(pair.similarity)}")
            if pair.students[0] != pair.students[1] and any(pair.similarity.values()):
                count += 1
                yield pair

    best = heapq.nsmallest(most, counted(), key=lambda pair: (-pair.first, pair.students, pair.files))
    return count, best


def student_of(path: str) -> str:
    """Whose a file is: the name of the folder below students/; of another layout the path itself."""
    parts = PurePosixPath(path).parts
    for place in reversed(range(len(parts) - 2)):
        if parts[place] == STUDENTS:
            return parts[place + 1]
    return path


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
