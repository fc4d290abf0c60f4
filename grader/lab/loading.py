"""Reads a lab's Python: imports its flat modules, and gives a probe the functions it may call.

Modules of a lab import each other by their bare names (`from returns import reward_to_go`), with the lab's folder in
front of sys.path. Several labs, or several versions of one, can be loaded in one process: each import starts clean.
"""

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import cache_from_source, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from grader import codes
from grader.errors import Refused
from grader.findings import Finding
from grader.lab.limits import Died, OutOfTime, cpu_limit, limit_of, words_of
from grader.lab.manifest import Lab, read_lab
from grader.lab.student_file import Broken as Broken
from grader.lab.student_file import Import, Without, compiles, parse, refused_imports
from grader.plain import type_name

MAX_WORDS = 2_000  # of an exception
MAX_ANSWER_BYTES = 100_000  # of a JSON file that students fill in
AUTHORS = {
    "checks",
    "hidden",
    "fixtures",
    "evaluate",
    "mistakes",
    "alternatives",
}  # files of a lab that it does not name


class Blank(NotImplementedError):
    """An entry of a JSON file that is still null: a TODO of the function that reads it."""

    def __init__(self, function: str) -> None:
        super().__init__(function)
        self.function = function


def is_todo(error: BaseException) -> bool:
    """Whether an exception is a skeleton's. torch raises NotImplementedError too ("not implemented for 'Long'"): ours
    is bare or begins with TODO."""
    words = words_of(error)
    return isinstance(error, NotImplementedError) and (not words or words.startswith("TODO"))


@contextlib.contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Bare names are looked up in `folder` first, and forgotten afterwards. A file there that would hide a module of
    Python's or an installed one does not: where a lab is graded there is no such file."""
    hiding = hides_modules(folder)
    for name in hiding:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    names = {path.stem for path in folder.glob("*.py")} - hiding
    hidden = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    for path in folder.glob("*.py"):
        _forget_older_bytecode(path)
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


def _forget_older_bytecode(path: Path) -> None:
    """Removes a file's bytecode where it was written before the file. Python looks at the second and the size alone, so
    it would take a file that was saved twice in a second for the first one."""
    bytecode = Path(cache_from_source(str(path)))
    with contextlib.suppress(OSError):
        if bytecode.stat().st_mtime_ns < path.stat().st_mtime_ns:
            bytecode.unlink()


def hides_modules(folder: Path) -> set[str]:
    """The modules of Python's, or installed ones, that files of a student's in a lab's folder are called like."""
    try:
        files = read_lab(folder).manifest.files
    except Refused:  # a worker's folder has no manifest, and holds what the lab names and nothing else
        return set()
    own = {Path(name).stem for name in (*files.handed_in, *files.given)} | AUTHORS
    added = {path.stem for path in folder.glob("*.py")} - own
    elsewhere = [entry for entry in sys.path if entry != str(folder)]
    return {
        name
        for name in added
        if name in sys.stdlib_module_names or importlib.machinery.PathFinder.find_spec(name, elsewhere)
    }


def load_modules(folder: Path, names: Sequence[str]) -> list[ModuleType]:
    """Trusted modules of a lab's folder, loaded together so that they see each other."""
    with importing_from(folder):
        return [importlib.import_module(name) for name in names]


def load_functions(
    lab: Lab, folder: Path, files: Sequence[str] | None = None
) -> dict[str, Callable[..., Any] | Broken]:
    """Every function that the lab's tasks name in these files (or in all), from a student's `folder`; Broken in place
    of one that cannot be had, so that one bad file costs only its own tasks."""
    wanted = [file for file in lab.code_files if files is None or file in files]
    parsed = {file: _parsed(folder / file) for file in lab.code_files}  # files import each other
    with importing_from(folder), _without_refused_imports(lab, folder, parsed):
        modules = {file: _load_student_module(lab, folder / file, parsed[file]) for file in wanted}
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


def _parsed(path: Path) -> ast.Module | Broken:
    try:
        return parse(path)
    except Broken as broken:
        return broken


def _load_student_module(lab: Lab, path: Path, parsed: ast.Module | Broken) -> ModuleType | Broken:
    seconds = lab.manifest.limits.import_seconds
    if isinstance(parsed, Broken):  # which says in words what an import would not
        return parsed
    try:
        with cpu_limit(seconds, importing_into=path.parent):
            return importlib.import_module(path.stem)
    except Broken as broken:
        return broken
    except OutOfTime:
        return Broken(codes.IMPORT_OUT_OF_TIME(file=path.name, seconds=seconds))
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a student's module may raise anything, SystemExit too
        where = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        words, kind = words_of(error)[:MAX_WORDS], type_name(error)
        why = codes.EXCEPTION(exception=kind, message=words) if words else codes.EXCEPTION_ALONE(exception=kind)
        why = codes.DIED() if isinstance(error, Died) else why
        if where:
            failed = codes.IMPORT_FAILED(file=path.name, line=where[-1].lineno or 0, reason=why)
        else:
            failed = codes.IMPORT_FAILED_SOMEWHERE(file=path.name, reason=why)
        return Broken(failed, limit_of(error))


class _Imports(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a lab's files that have refused imports, without these."""

    def __init__(self, trees: Mapping[str, tuple[Path, ast.Module, dict[Import, Finding]]]) -> None:
        self._trees = trees

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        return spec_from_file_location(name, self._trees[name][0], loader=self) if name in self._trees else None

    def exec_module(self, module: ModuleType) -> None:
        path, tree, refused = self._trees[module.__name__]
        without = Without(refused)
        code = compile(without.visit(tree), str(path), "exec")
        vars(module).update(without.bound)
        exec(code, vars(module))


@contextlib.contextmanager
def _without_refused_imports(lab: Lab, folder: Path, parsed: Mapping[str, ast.Module | Broken]) -> Iterator[None]:
    """Has the lab's files imported as if they held no import that is refused, and torch.compile do nothing: where a
    function is graded there is no compiler, and what it computes is the same."""
    trees = {}
    for file, tree in parsed.items():
        if isinstance(tree, Broken):
            continue
        if refused := refused_imports(tree, file, lab):
            trees[Path(file).stem] = (folder / file, tree, refused)
        if compiles(tree):
            _compile_nothing()
    imports = _Imports(trees)
    sys.meta_path.insert(0, imports)
    try:
        yield
    finally:
        sys.meta_path.remove(imports)


def _compile_nothing() -> None:
    import torch

    def as_it_is(model: Any = None, **_options: Any) -> Any:
        return as_it_is if model is None else model

    torch.compile = as_it_is


def replaced(
    functions: Mapping[str, Callable[..., Any] | Broken], name: str, implementation: Callable[..., Any]
) -> dict[str, Callable[..., Any] | Broken]:
    """The same functions with one in place of another: how a mistake or an alternative is tried."""
    if name not in functions:
        raise ValueError(f"no task has a function {name}")
    return {**functions, name: implementation}
