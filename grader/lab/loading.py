"""Reads a lab's Python: imports its flat modules, and gives a probe the functions it may call.

Modules of a lab import each other by their bare names (`from returns import reward_to_go`), with the lab's folder in
front of sys.path. Several labs, or several versions of one, can be loaded in one process: each import starts clean.
"""

import ast
import contextlib
import errno
import importlib
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from grader import codes
from grader.errors import Found
from grader.findings import Finding
from grader.lab.manifest import Lab
from grader.plain import type_name

MAX_WORDS = 2_000  # of an exception
MAX_ANSWER_BYTES = 100_000  # of a JSON file that students fill in
LIMITS_BY_NUMBER = {
    errno.ENOMEM: "memory_bytes",
    errno.EMFILE: "open_files",
    errno.EFBIG: "disk_bytes",
    errno.ENOSPC: "disk_bytes",
    errno.EAGAIN: "stacks",
}


class Broken(Found):
    """A file of a student's that cannot be used: missing, undecodable, not Python, or failing at import.

    `limit` names the limit that may have made its import fail, or is "".
    """

    def __init__(self, finding: Finding, limit: str = "") -> None:
        super().__init__(finding)
        self.limit = limit


class Blank(NotImplementedError):
    """An entry of a JSON file that is still null: a TODO of the function that reads it."""

    def __init__(self, function: str) -> None:
        super().__init__(function)
        self.function = function


def words_of(error: BaseException) -> str:
    """What an exception says; nothing where its own __str__ fails."""
    try:
        return str(error)
    except Exception:
        return ""


def is_todo(error: BaseException) -> bool:
    """Whether an exception is a skeleton's. torch raises NotImplementedError too ("not implemented for 'Long'"): ours
    is bare or begins with TODO."""
    words = words_of(error)
    return isinstance(error, NotImplementedError) and (not words or words.startswith("TODO"))


def limit_of(error: BaseException) -> str:
    """The limit that may have raised an exception, by its name in lab.toml ("stacks": threads, or memory for them).

    What the interpreter and torch raise has no other mark than its number, or its words.
    """
    words = words_of(error)
    if isinstance(error, MemoryError) or words.startswith("[enforce fail at alloc_cpu"):
        return "memory_bytes"
    if isinstance(error, OSError):
        return LIMITS_BY_NUMBER.get(error.errno or 0, "")
    return "stacks" if isinstance(error, RuntimeError) and words == "can't start new thread" else ""


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
        raise Broken(codes.FILE_MISSING(file=path.name))
    try:
        return ast.parse(path.read_bytes().decode("utf-8-sig"), filename=path.name)
    except UnicodeDecodeError as error:
        raise Broken(codes.NOT_UTF8(file=path.name, byte=error.start)) from None
    except SyntaxError as error:
        if error.lineno:
            raise Broken(codes.SYNTAX_ERROR(file=path.name, line=error.lineno, message=error.msg)) from None
        raise Broken(codes.SYNTAX_ERROR_SOMEWHERE(file=path.name, message=error.msg)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error)
        broken = codes.NOT_PYTHON(file=path.name, message=why) if why else codes.NESTED_TOO_DEEP(file=path.name)
        raise Broken(broken) from None


def refused_imports(path: Path, lab: Lab) -> list[Finding]:
    """The imports of a student's file that the lab does not allow. Broken where the file is not Python.

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
            place = {"file": path.name, "line": node.lineno, "module": name}
            if name.partition(".")[0] not in allowed:
                found.append(codes.IMPORT_NOT_ALLOWED(**place, lab=lab.name))
            elif name.startswith("labs.") and name.split(".")[1] != "common":
                found.append(codes.IMPORT_OF_A_LAB(**place))
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
        name: _function(modules[task.file], name, task.file, lab.name)
        for task in lab.manifest.tasks
        if task.file in modules
        for name in task.functions
    }
    for task in lab.manifest.tasks:
        if task.file in lab.answer_files and (files is None or task.file in files):
            found |= {name: entries_of(folder / task.file, name, lab.name) for name in task.functions}
    return found


def entries_of(path: Path, name: str, lab: str) -> Callable[..., Any] | Broken:
    """The function `name` of a JSON file that students fill in: name("PPO", "data") is what stands at that place.

    It raises Blank where the place holds null, and Broken where the place is missing.
    """
    try:
        if path.stat().st_size > MAX_ANSWER_BYTES:
            return Broken(codes.FILE_TOO_LARGE(file=path.name, bytes=MAX_ANSWER_BYTES))
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError:
        return Broken(codes.FILE_MISSING(file=path.name))
    except (ValueError, RecursionError) as error:
        return Broken(codes.NOT_JSON(file=path.name, message=str(error)))

    def entry(*place: str) -> Any:
        found = data
        for key in place:
            if not isinstance(found, dict) or key not in found:
                raise Broken(codes.ENTRY_MISSING(file=path.name, entry=" / ".join(place), lab=lab))
            found = found[key]
        if found is None:
            raise Blank(name)
        return found

    return entry


def _function(module: ModuleType | Broken, name: str, file: str, lab: str) -> Callable[..., Any] | Broken:
    if isinstance(module, Broken):
        return module
    function = getattr(module, name, None)
    if callable(function):
        return function  # type: ignore[no-any-return]
    return Broken(codes.FUNCTION_MISSING(file=file, function=name, lab=lab))


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
        words, kind = words_of(error)[:MAX_WORDS], type_name(error)
        why = codes.EXCEPTION(exception=kind, message=words) if words else codes.EXCEPTION_ALONE(exception=kind)
        if where:
            failed = codes.IMPORT_FAILED(file=path.name, line=where[-1].lineno or 0, reason=why)
        else:
            failed = codes.IMPORT_FAILED_SOMEWHERE(file=path.name, reason=why)
        return Broken(failed, limit_of(error))


def replaced(
    functions: Mapping[str, Callable[..., Any] | Broken], name: str, implementation: Callable[..., Any]
) -> dict[str, Callable[..., Any] | Broken]:
    """The same functions with one in place of another: how a mistake or an alternative is tried."""
    if name not in functions:
        raise ValueError(f"no task has a function {name}")
    return {**functions, name: implementation}
