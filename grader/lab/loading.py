"""Reads a lab's Python: imports its flat modules, and gives a probe the functions it may call.

Modules of a lab import each other by their bare names (`from returns import reward_to_go`), with the lab's folder in
front of sys.path. Several labs, or several versions of one, can be loaded in one process: each import starts clean.
"""

import ast
import contextlib
import importlib
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.lab import Lab

MAX_ANSWER_BYTES = 100_000  # of a JSON file that students fill in


class Broken(Exception):
    """A file of a student's that cannot be used: missing, undecodable, not Python, or failing at import."""


class Blank(NotImplementedError):
    """An entry of a JSON file that is still null: a TODO. The message is the name of the function that reads it."""


def words_of(error: BaseException) -> str:
    """What an exception says; nothing where its own __str__ fails."""
    try:
        return str(error)
    except Exception:
        return ""


@contextlib.contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Bare names are looked up in `folder` first, and forgotten afterwards."""
    names = {path.stem for path in folder.glob("*.py")}
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


def load_modules(folder: Path, names: Sequence[str]) -> list[ModuleType]:
    """Trusted modules of a lab's folder, loaded together so that they see each other."""
    with importing_from(folder):
        return [importlib.import_module(name) for name in names]


def parse(path: Path) -> ast.Module:
    """The syntax tree of a student's file; Broken, in words, where there is none."""
    if not path.is_file():
        raise Broken(f"{path.name} is missing: it has to lie in the lab's own folder, under this name")
    try:
        return ast.parse(path.read_bytes().decode("utf-8-sig"), filename=path.name)
    except UnicodeDecodeError as error:
        raise Broken(f"{path.name} is not UTF-8 (byte {error.start}): save it again with the encoding UTF-8") from None
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""  # of a file with a NUL in it nothing is counted
        raise Broken(f"{path.name}{place}: syntax error: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "it is nested too deep, or too large"
        raise Broken(f"{path.name} cannot be read as Python: {why}") from None


def refused_imports(path: Path, lab: Lab) -> list[str]:
    """A sentence for each import of a student's file that the lab does not allow. Broken where it is no Python.

    Of labs/ only labs.common is there when the file is graded, whatever else a student's own copy could import.
    """
    allowed = {"torch", "numpy", "labs", *lab.manifest.allowed_imports, *sys.stdlib_module_names}
    allowed |= {Path(name).stem for name in (*lab.manifest.files.handed_in, *lab.manifest.files.given)}
    found = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"labs.{alias.name}" for alias in node.names] if node.module == "labs" else [node.module or ""]
        else:
            continue
        for name in names:
            if name.partition(".")[0] not in allowed:
                found.append(
                    f"{path.name}, line {node.lineno}: {lab.name} does not allow an import of {name}; what it asks "
                    f"for is written with torch, numpy and the standard library"
                )
            elif name.startswith("labs.") and name.split(".")[1] != "common":
                found.append(
                    f"{path.name}, line {node.lineno}: {name} cannot be imported where this is graded; the lab's own "
                    f"files are imported by their bare names, without labs and the lab's folder"
                )
    return found


def load_functions(
    lab: Lab, folder: Path, files: Sequence[str] | None = None
) -> dict[str, Callable[..., Any] | Broken]:
    """Every function that the lab's tasks name in these files (or in all), from a student's `folder`; Broken in place
    of one that cannot be had, so that one bad file costs only its own tasks."""
    wanted = [file for file in lab.code_files if files is None or file in files]
    with importing_from(folder):
        modules = {file: _load_student_module(lab, folder / file) for file in wanted}
    found = {
        name: _function(modules[task.file], name, task.file)
        for task in lab.manifest.tasks
        if task.file in modules
        for name in task.functions
    }
    for task in lab.manifest.tasks:
        if task.file in lab.answer_files and (files is None or task.file in files):
            found |= {name: entries_of(folder / task.file, name) for name in task.functions}
    return found


def entries_of(path: Path, name: str) -> Callable[..., Any] | Broken:
    """The function `name` of a JSON file that students fill in: name("PPO", "data") is what stands at that place.

    It raises Blank where that is null, and Broken where there is no such place.
    """
    try:
        if path.stat().st_size > MAX_ANSWER_BYTES:
            return Broken(f"{path.name} is larger than {MAX_ANSWER_BYTES:,} bytes")
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError:
        return Broken(f"{path.name} is missing: it has to lie in the lab's own folder, under this name")
    except (ValueError, RecursionError) as error:
        return Broken(f"{path.name} is not valid JSON: {error}")

    def entry(*place: str) -> Any:
        found = data
        for key in place:
            if not isinstance(found, dict) or key not in found:
                raise Broken(f"{path.name} has no entry {' / '.join(place)}: make reset brings the blank file back")
            found = found[key]
        if found is None:
            raise Blank(name)
        return found

    return entry


def _function(module: ModuleType | Broken, name: str, file: str) -> Callable[..., Any] | Broken:
    if isinstance(module, Broken):
        return module
    function = getattr(module, name, None)
    if callable(function):
        return function  # type: ignore[no-any-return]
    return Broken(f"{file} has no function {name}: was it renamed or deleted? make reset brings the skeleton back")


def _load_student_module(lab: Lab, path: Path) -> ModuleType | Broken:
    try:
        if refused := refused_imports(path, lab):
            return Broken(refused[0])
        return importlib.import_module(path.stem)
    except Broken as broken:
        return broken
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a student's module may raise anything, SystemExit too
        where = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = f", line {where[-1].lineno}" if where else ""
        return Broken(
            f"{path.name}{line}: the file fails while it is imported: {type(error).__name__}: {words_of(error)}"
        )


def replaced(
    functions: Mapping[str, Callable[..., Any] | Broken], name: str, implementation: Callable[..., Any]
) -> dict[str, Callable[..., Any] | Broken]:
    """The same functions with one in place of another: how a mistake or an alternative is tried."""
    if name not in functions:
        raise ValueError(f"no task has a function {name}")
    return {**functions, name: implementation}
