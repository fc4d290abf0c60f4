"""A student's Python file before it runs: its syntax tree, or in words why there is none, and the imports that its lab
does not allow."""

import ast
import io
import re
import sys
import tokenize
from pathlib import Path
from typing import Any, NoReturn

from grader import codes
from grader.errors import Found
from grader.findings import Finding
from grader.lab.manifest import Lab

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
OLDEST = (3, 11)  # of the versions that a course may grade with
BYTE_ORDER_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}

# What a line looks like that only a later Python can read.
F_STRING = r"""\b(?:f|rf|fr)(?P<q>["'])(?:(?!(?P=q))[^{]|\{\{)*\{"""  # up to its first expression
NEWER_SYNTAX = {
    (3, 14): re.compile(r"^\s*except\s+[\w.]+\s*,\s*[\w.]"),
    (3, 12): re.compile(
        r"^\s*type\s+\w+\s*(\[.*\])?\s*=[^=]|^\s*(async\s+def|def|class)\s+\w+\s*\["
        rf"|{F_STRING}(?:[^{{}}]*[\[(,=\s])?(?P=q)(?:(?!(?P=q))[^{{}}])*(?P=q)\s*[\].),}}\[!:]",
        re.IGNORECASE,
    ),
}
OF_3_12 = ("f-string expression part cannot include", "f-string: expressions nested too deeply")  # as 3.11 refuses it


class Broken(Found):
    """A file of a student's that cannot be used: missing, undecodable, not Python, or failing at import.

    `limit` names the limit that may have made its import fail, or is "".
    """

    def __init__(self, finding: Finding, limit: str = "") -> None:
        super().__init__(finding)
        self.limit = limit


def text_of(path: Path) -> str:
    """The text of a file, in the encoding that its coding line names, else in UTF-8; Broken where it has another."""
    if not path.is_file():
        raise Broken(codes.FILE_MISSING(file=path.name))
    data = path.read_bytes()
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            raise Broken(codes.OTHER_ENCODING(file=path.name, encoding=encoding))
    if b"\0" in data:
        if data.count(b"\0") > len(data) / 4:
            raise Broken(codes.OTHER_ENCODING(file=path.name, encoding="UTF-16"))
        raise Broken(codes.HOLDS_NUL(file=path.name, line=data[: data.index(b"\0")].count(b"\n") + 1))
    encoding = "utf-8-sig"
    try:
        encoding, _lines = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except SyntaxError as error:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as wrong:
            raise Broken(_not_utf8(path, data, wrong.start)) from None
        raise Broken(codes.UNKNOWN_ENCODING(file=path.name, message=error.msg)) from None
    except UnicodeDecodeError as error:
        raise Broken(_not_utf8(path, data, error.start)) from None
    except LookupError as error:
        raise Broken(codes.UNKNOWN_ENCODING(file=path.name, message=str(error))) from None


def _not_utf8(path: Path, data: bytes, byte: int) -> Finding:
    return codes.NOT_UTF8(file=path.name, line=data[:byte].count(b"\n") + 1, byte=byte)


def parse(path: Path) -> ast.Module:
    """The syntax tree of a student's file; Broken, in words, where there is none."""
    text = text_of(path)
    try:
        return ast.parse(text, filename=path.name)
    except SyntaxError as error:
        if not error.lineno:
            raise Broken(codes.SYNTAX_ERROR_SOMEWHERE(file=path.name, message=error.msg, python=PYTHON)) from None
        place = {"file": path.name, "line": error.lineno, "python": PYTHON}
        line = (io.StringIO(text).readlines() or [""])[min(error.lineno, text.count("\n") + 1) - 1 :][:1]
        needed = "3.12" if error.msg.startswith(OF_3_12) else needs_python(line[0] if line else "")
        if needed and _version(needed) > sys.version_info[:2]:
            raise Broken(codes.SYNTAX_NEWER(**place, needed=needed)) from None
        raise Broken(codes.SYNTAX_ERROR(**place, message=error.msg)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error)
        broken = codes.NOT_PYTHON(file=path.name, message=why) if why else codes.NESTED_TOO_DEEP(file=path.name)
        raise Broken(broken) from None


def needs_python(line: str) -> str:
    """The first Python that can read a line, where that is a later one than OLDEST; else ""."""
    for (major, minor), pattern in NEWER_SYNTAX.items():
        if pattern.search(line):
            return f"{major}.{minor}"
    return ""


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def newer_syntax(path: Path) -> list[Finding]:
    """The first line of a file that this Python reads and OLDEST does not, as far as that is seen by its looks."""
    for number, line in enumerate(io.StringIO(text_of(path)), 1):
        if (needed := needs_python(line)) and not line.lstrip().startswith("#"):
            return [codes.NEEDS_PYTHON(file=path.name, line=number, needed=needed)]
    return []


# --- imports that are not allowed -------------------------------------------------------------------------------------

Import = ast.Import | ast.ImportFrom


def refused_imports(tree: ast.Module, file: str, lab: Lab) -> dict[Import, Finding]:
    """The imports of a student's file that the lab does not allow: other libraries, and parts of them that it refuses.

    Of labs/ only labs.common is there when the file is graded, whatever else a student's own copy could import.
    """
    allowed = {"torch", "numpy", "labs", *lab.manifest.allowed_imports, *sys.stdlib_module_names}
    allowed |= {Path(name).stem for name in (*lab.manifest.files.handed_in, *lab.manifest.files.given)}
    refused = tuple(f"{name}." for name in lab.manifest.refused_imports)
    found: dict[Import, Finding] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = each = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            each = [f"{node.module}.{alias.name}" for alias in node.names]
            names = each if node.module == "labs" else [node.module or ""]
        else:
            continue
        for name in [*names, *(name for name in each if f"{name}.".startswith(refused))]:
            place = {"file": file, "line": node.lineno, "module": name}
            if name.partition(".")[0] not in allowed or f"{name}.".startswith(refused):
                found[node] = codes.IMPORT_NOT_ALLOWED(**place, lab=lab.name)
            elif name.startswith("labs.") and name.split(".")[1] != "common":
                found[node] = codes.IMPORT_OF_A_LAB(**place)
    return found


class NotAllowed:
    """What a refused import binds its names to: whoever uses it reads which import that was (Broken)."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    def __getattr__(self, name: str) -> "NotAllowed":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __or__(self, _other: object) -> "NotAllowed":  # in an annotation
        return self

    __ror__ = __or__

    def _used(self, *_: Any, **__: Any) -> NoReturn:
        raise Broken(self._finding)

    __call__ = __getitem__ = __iter__ = __enter__ = __mro_entries__ = __instancecheck__ = __subclasscheck__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _used
    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __len__ = __neg__ = __float__ = __int__ = _used


class Without(ast.NodeTransformer):
    """Takes refused imports out of a tree: their names are bound to NotAllowed. One in a `try`, which may have another
    way without it, fails as where nothing is installed."""

    def __init__(self, refused: dict[Import, Finding]) -> None:
        self.refused = refused
        self.bound: dict[str, NotAllowed] = {}  # by names that no student writes: the tree's globals
        self._tried = 0

    def visit_Try(self, node: ast.Try) -> ast.AST:
        self._tried += 1
        node.body = [self.visit(step) for step in node.body]
        self._tried -= 1
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        return self._instead(node, [alias.asname or alias.name.partition(".")[0] for alias in node.names])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        return self._instead(node, [alias.asname or alias.name for alias in node.names if alias.name != "*"])

    def _instead(self, node: Import, names: list[str]) -> ast.AST:
        if node not in self.refused:
            return node
        if self._tried:
            new: ast.stmt = ast.parse(f"raise ImportError({self.refused[node].values['module']!r})").body[0]
        elif not names:
            new = ast.Pass()
        else:
            name = f"_not_allowed_{len(self.bound)}"  # two underscores would be another name in a class
            self.bound[name] = NotAllowed(self.refused[node])
            new = ast.parse(f"{' = '.join(names)} = {name}").body[0]
        return ast.fix_missing_locations(ast.copy_location(new, node))


def names_used(tree: ast.Module, node: Import) -> set[str]:
    """The names that an import binds and the file reads anywhere."""
    names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return names & {step.id for step in ast.walk(tree) if isinstance(step, ast.Name) and isinstance(step.ctx, ast.Load)}


def compiles(tree: ast.Module) -> bool:
    """Whether a file may call torch.compile."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "compile" and ast.unparse(node.value) != "re")
        or (isinstance(node, ast.alias) and node.name == "compile")
        for node in ast.walk(tree)
    )
