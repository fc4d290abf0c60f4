"""What a score depends on, by name: files with a hash, Python and libraries with a version. It is the key by which an
earlier result still holds.

In it are the lab's graded parts, what they import from labs/common, the grader's judging code, and the libraries that
lab.toml names. A handout, a hint, a plot, a training script or a diagnosis is not in it. Python files are compared
by their syntax trees without docstrings, so a comment or a new layout changes nothing.
"""

import ast
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import platform
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader import codes
from grader.findings import Finding
from grader.lab import ROOT, Lab

COMMON = ROOT / "labs" / "common"
MANIFEST = "lab.toml"
NOT_COUNTED = (
    "title",
    "hints",
    "worked",
    "scripts",
    "versions",
)  # of lab.toml: read or run at home, or counted by themselves
GRADED = ("checks.py", "hidden.py", "fixtures.py")  # of a lab, beside its reference and its keys
MILESTONES = "evaluate.py"

# Where the judging code of the grader begins, and what it reaches that changes no score: how things are said, shown,
# started and handed out.
JUDGING = ("judging", "checks", "run", "workers", "plain.py", "grading/submission.py", "grading/milestones.py")
NOT_JUDGING = {
    *("author", "cli", "executors", "instructor", "languages", "machine", "notebooks", "parts", "registry"),
    *("renderers", "sandboxes", "student"),
}
TRANSLATED = "labs.common.translated"  # how scripts speak; a worker says everything in English
HASHED = "sha256:"  # how a value begins that is no version
DIGITS = 16  # of a hash: names are compared, nobody attacks them
MOST_NAMED = 5  # of what changed


def depends_on(lab: Lab) -> dict[str, str]:
    """What the scores of `lab`, a lab of solutions/, depend on: a hash or a version by name.

    Names are those of the lab's files as lab.toml has them, of other files as seen from the kit's folder, and of
    libraries. A module that is imported by a name made at run time is not found.
    """
    data = tomllib.loads(lab.path(MANIFEST).read_text(encoding="utf-8"))
    found = {MANIFEST: _hash(json.dumps(_counted(data), sort_keys=True, default=str).encode())}
    for name in lab.manifest.files.answers:
        found[name] = _hash(lab.path(name).read_bytes())
    names = [*lab.code_files, *GRADED, *([MILESTONES] if lab.manifest.milestones else [])]
    begin = [path for path in map(lab.path, names) if path.is_file()]
    begin += [path for part in JUDGING for path in _modules_in(ROOT / "grader" / part)]
    for path, digest in _reached(begin, lab.folder).items():
        folder = lab.folder if path.is_relative_to(lab.folder) else ROOT
        if digest != EMPTY:
            found[path.relative_to(folder).as_posix()] = digest
    return {**_versions(lab.manifest.grader.versions), **dict(sorted(found.items(), key=_far_away))}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[Finding]:
    """What a result depended on and is not as it was."""
    if not before:
        return [codes.OF_UNKNOWN_CODE()]
    names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    return [_changed(name, before.get(name, HASHED), now.get(name, HASHED)) for name in names]


def in_short(findings: Sequence[Finding]) -> list[Finding]:
    """The first of these, and how many more there are."""
    return codes.some_of(findings, MOST_NAMED)


def _changed(name: str, before: str, now: str) -> Finding:
    if before.startswith(HASHED) or now.startswith(HASHED):
        return codes.CHANGED(name=name)
    return codes.OTHER_VERSION(name=name, before=before, now=now)


# --- lab.toml and libraries -------------------------------------------------------------------------------------------


def _counted(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _counted(item) for key, item in data.items() if key not in NOT_COUNTED}
    return [_counted(item) for item in data] if isinstance(data, list) else data


def _versions(libraries: Iterable[str]) -> dict[str, str]:
    return {"python": platform.python_version(), **{name: _version(name) for name in sorted(libraries)}}


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _far_away(item: tuple[str, str]) -> tuple[bool, bool, str]:
    """The order of names: the lab's own files, those of labs/common, the grader's."""
    name, _ = item
    return name.startswith("grader/"), name.startswith("labs/"), name


# --- files ------------------------------------------------------------------------------------------------------------


def _hash(data: bytes) -> str:
    return HASHED + hashlib.sha256(data).hexdigest()[:DIGITS]


@dataclasses.dataclass(frozen=True)
class Module:
    """What is read of a module: the names that its imports may mean (each with how many dots stand before it), the
    words that stand in it as texts, and a hash of it without comments, docstrings and layout."""

    imports: tuple[tuple[int, str], ...]
    words: tuple[str, ...]
    digest: str


@functools.cache
def _module(source: bytes) -> Module:
    """In `from a import b`, b may be a module, too."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    tree = ast.parse(source)
    imports: list[tuple[int, str]] = []
    words: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        elif isinstance(node, ast.Import):
            imports += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            imports += [(node.level, ".".join([*base, *name])) for name in ([], *([a.name] for a in node.names))]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            words.append(node.value)
    return Module(tuple(imports), tuple(words), _hash(ast.dump(tree).encode()))


EMPTY = _module(b"").digest


def _modules_in(part: Path) -> list[Path]:
    """A module, or all modules of a package."""
    return [part] if part.suffix == ".py" else sorted(part.rglob("*.py"))


def _reached(begin: Iterable[Path], lab_folder: Path) -> dict[Path, str]:
    """The hashes of these modules, of all that they import from the lab, labs/common and the grader, and of the data
    of labs/common that they name."""
    reached: dict[Path, str] = {}
    waiting = list(begin)
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        data = path.read_bytes()
        if path.suffix == ".py":
            module = _module(data)
            waiting += [file for name in _imported(module, path) for file in _files_of(name, lab_folder)]
            waiting += _data_beside(module, path)
            reached[path] = module.digest
        else:
            reached[path] = _hash(data)
    return reached


def _imported(module: Module, path: Path) -> Iterator[str]:
    """Every dotted name that an import of the module at `path` may mean."""
    for dots, name in module.imports:
        parents = path.relative_to(ROOT).parts[:-dots] if dots and path.is_relative_to(ROOT) else ()
        yield ".".join([*parents, *([name] if name else [])])


def _files_of(name: str, lab_folder: Path) -> list[Path]:
    """The file of a module, and those of the packages that it is in; none for a module from elsewhere."""
    steps = name.split(".")
    if (steps[0] == "grader" and NOT_JUDGING.intersection(steps[1:2])) or name.startswith((__name__, TRANSLATED)):
        return []
    root = ROOT if steps[0] == "grader" or steps[:2] == ["labs", "common"] else lab_folder
    files = []
    for length in range(1, len(steps) + 1):
        place = root.joinpath(*steps[:length])
        files += [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
    return files


def _data_beside(module: Module, path: Path) -> Iterator[Path]:
    """Files in a folder of labs/common that a module there names, such as "tiny_model"."""
    folders = [folder for folder in path.parents if folder.is_relative_to(COMMON)]
    for place in (folder / word for word in module.words for folder in folders):
        if place.is_dir() and not (place / "__init__.py").exists():
            yield from (file for file in place.rglob("*") if file.is_file() and file.suffix != ".pyc")
