"""Mechanical mutants of reference code: one small change each, in what students write. Most operators are mutmut's."""

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from grader.author.skeleton import REGION

Operator = Callable[[Any], Iterable[cst.CSTNode]]
COMMUTATIVE = {"equal", "isclose", "logaddexp", "max", "maximum", "min", "minimum"}
NEVER_MUTATED = (cst.Annotation, cst.Decorator, cst.Raise, cst.Import, cst.ImportFrom, cst.Assert)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One changed file. `function` is the top-level function or class that the change is in; `change` names it by its
    lines ("return a + b -> return a - b"), which is how a list of equivalent mutants does."""

    function: str
    change: str
    source: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of a reference file: of its solution regions, and of the defaults in functions' signatures."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    module, places, spans = wrapper.module, wrapper.resolve(PositionProvider), _lines_of_regions(source)
    for definition in module.body:
        if not isinstance(definition, cst.FunctionDef | cst.ClassDef):
            continue
        code = module.code_for_node(definition)
        before, after = source.split(code)  # printed as it was parsed, and no function stands there twice
        seen = {code}
        for node in _mutated(definition, places, spans):
            for changed in _changes(node):
                mutated = module.code_for_node(definition.deep_replace(node, changed))
                if mutated not in seen and _compiles(mutated):
                    seen.add(mutated)
                    yield Mutant(definition.name.value, change_between(code, mutated), before + mutated + after)


def change_between(code: str, mutated: str) -> str:
    """The lines that a mutant changes, before and after."""
    lines = list(difflib.unified_diff(code.splitlines(), mutated.splitlines(), n=0, lineterm=""))[3:]
    before, after = (" / ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return f"{before} -> {after}"


def _lines_of_regions(source: str) -> list[range]:
    def line_at(place: int) -> int:
        return source.count("\n", 0, place) + 1

    return [range(line_at(region.start("body")), line_at(region.end("body"))) for region in REGION.finditer(source)]


def _mutated(node: cst.CSTNode, places: Any, spans: list[range]) -> Iterator[cst.CSTNode]:
    """The nodes below `node` that are mutated."""
    if isinstance(node, NEVER_MUTATED) or _is_docstring(node):
        return
    place = places.get(node)
    if isinstance(place, CodeRange) and any(place.start.line in span and place.end.line in span for span in spans):
        yield node
    elif isinstance(node, cst.Param) and node.default is not None:
        yield from _all(node.default)
        return
    for child in node.children:
        yield from _mutated(child, places, spans)


def _all(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _all(child)


def _is_docstring(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)


def _changes(node: cst.CSTNode) -> Iterator[Any]:
    for kind, operator in (*mutation_operators, *OPERATORS):
        if isinstance(node, kind):
            yield from operator(node)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


# --- what mutmut does not do, and students do -------------------------------------------------------------------------


def _operands(node: cst.BinaryOperation) -> Iterator[cst.CSTNode]:
    """a - b: b - a, a, b; but b + a is a + b."""
    if not isinstance(node.operator, cst.Add | cst.Multiply):
        yield node.with_changes(left=node.right, right=node.left)
    yield from _alone(node.left, node.right)


def _conditions(node: cst.BooleanOperation) -> Iterator[cst.CSTNode]:
    """a and b: a, b."""
    yield from _alone(node.left, node.right)


def _unwrapped(node: cst.Call) -> Iterator[cst.CSTNode]:
    """x.f(y): x, y."""
    if isinstance(node.func, cst.Attribute):
        yield from _alone(node.func.value)
    if node.args and not node.args[0].star:
        yield from _alone(node.args[0].value)


def _exchanged(node: cst.Call) -> Iterator[cst.CSTNode]:
    """f(a, b, c): f(b, a, c), f(a, c, b)."""
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    if isinstance(name, cst.Name) and name.value in COMMUTATIVE:
        return
    for place, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
        if not (one.keyword or other.keyword or one.star or other.star):
            args = list(node.args)
            args[place], args[place + 1] = one.with_changes(value=other.value), other.with_changes(value=one.value)
            yield node.with_changes(args=args)


def _widened(node: cst.Slice) -> Iterator[cst.CSTNode]:
    """a[i:j]: a[:j], a[i:]."""
    for end in ("lower", "upper"):
        if getattr(node, end) is not None:
            yield node.with_changes(**{end: None})


def _decided(node: cst.If | cst.While) -> Iterator[cst.CSTNode]:
    """A branch that is always taken, or never."""
    for word in ("True", "False") if isinstance(node, cst.If) else ("False",):
        yield node.with_changes(test=cst.Name(word))


def _turned(node: cst.ComparisonTarget) -> Iterator[cst.CSTNode]:
    """a < b: a > b."""
    pairs = {cst.LessThan: cst.GreaterThan, cst.LessThanEqual: cst.GreaterThanEqual}
    turned = {**pairs, **{other: one for one, other in pairs.items()}}
    if type(node.operator) in turned:
        yield node.with_changes(operator=turned[type(node.operator)]())


def _dropped(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    """A statement that is not there."""
    if not all(isinstance(part, cst.Pass) for part in node.body):
        yield node.with_changes(body=[cst.Pass()])


def _unfiltered(node: cst.CompFor) -> Iterator[cst.CSTNode]:
    """A comprehension without its condition."""
    if node.ifs:
        yield node.with_changes(ifs=[])


def _alone(*parts: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    for part in parts:
        yield part if part.lpar else part.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


OPERATORS: tuple[tuple[Any, Operator], ...] = (
    (cst.BinaryOperation, _operands),
    (cst.BooleanOperation, _conditions),
    (cst.Call, _unwrapped),
    (cst.Call, _exchanged),
    (cst.Slice, _widened),
    ((cst.If, cst.While), _decided),
    (cst.ComparisonTarget, _turned),
    (cst.SimpleStatementLine, _dropped),
    (cst.CompFor, _unfiltered),
)
