"""Python as sequences of tokens that stay the same however one computation is spelled.

    low + (action.clip(-1, 1) + 1) / 2 * (high - low)      + v * 0.5 + v * -1 v + 1 clamp v -1 1
    torch.clamp(a, -1, 1).add(1) * (h - l) * 0.5 + l       the same

Variables and attributes are all `v`. A method is a function of its object, a keyword stands at its place, a conversion
is what it converts. Sums and products are in an order of their own, their constants multiplied out. A call of what is
no function of Python, numpy or torch (a model, another function of the lab) is a `v`, too.
"""

import ast
import builtins
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

Tree = Any  # a number, or a tuple of a head and the trees below it; a head "" is no token
Tokens = list[str]

VARIABLE, START = "v", ";"  # START begins a statement
QUIET = (VARIABLE, START)  # these say nothing about what is computed
MODULES = ("torch", "np", "numpy", "math", "nn", "F", "functional", "itertools")
LIBRARIES = (torch, torch.Tensor, torch.nn.functional, np, math, builtins, str, list, dict, set)
OPERATIONS = {name for library in LIBRARIES for name in dir(library)}
SPELLINGS = {
    **{"clamp": ["clip"], "cat": ["concatenate"], "abs": ["absolute", "fabs"], "view": ["reshape"]},
    **{"max": ["amax", "maximum"], "min": ["amin", "minimum"], "repeat_interleave": ["repeat"], "IfExp": ["where"]},
    **{"Add": ["add"], "Sub": ["sub", "subtract"], "Mult": ["mul", "multiply"], "Div": ["div", "divide"]},
    **{"Pow": ["pow", "power"], "MatMult": ["matmul"], "Neg": ["neg", "negative", "USub"]},
    **{"Invert": ["logical_not", "Not"]},
}
SAME = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
CONVERSIONS = (
    *("array", "as_tensor", "asarray", "astype", "clone", "contiguous", "copy", "cpu", "detach", "double", "flatten"),
    *("float", "from_numpy", "int", "item", "list", "long", "numpy", "ravel", "requires_grad_", "tensor", "to"),
    *("tolist", "tuple"),
)
SETTINGS = ("correction", "ddof", "device", "dtype", "generator", "out", "unbiased")  # keywords that are left out
ARITHMETIC = {"Add": 2, "Sub": 2, "Mult": 2, "Div": 2, "Neg": 1}  # and how many numbers each takes
LONGEST_INLINED = 80  # tokens
LONGEST_TEXT = 20  # characters; a longer one is a message


def parts_of(source: str) -> Iterator[tuple[str, int, list[ast.stmt]]]:
    """The functions, methods and other statements at the top of a file: each with its name and its line."""
    for node in ast.parse(source).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for step in inside:
            names = [step.name] if isinstance(step, ast.FunctionDef | ast.AsyncFunctionDef) else []
            yield ".".join([node.name, *names] if isinstance(node, ast.ClassDef) else names), step.lineno, [step]


def sequences(statements: Sequence[ast.stmt]) -> list[Tokens]:
    """The tokens of statements: as they are written, and with each local variable replaced by what it was set to."""
    return [_Reader(inline).block(statements) for inline in (False, True)]


class _Reader:
    """Reads statements in their order, and knows what the local variables stand for (nothing, unless `inline`)."""

    def __init__(self, inline: bool) -> None:
        self.inline = inline
        self.values: dict[str, Tree] = {}

    def block(self, nodes: Sequence[ast.AST]) -> Tokens:
        return [token for node in nodes for token in self.statement(node)]

    def statement(self, node: ast.AST) -> Tokens:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.values = {}
                return [START, *self.block(node.body)]
            case ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Raise():
                return []
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() if node.value:
                return self.assignment(node)
            case ast.For() | ast.While():  # what it sets depends on the round
                head = self.tree(node.iter if isinstance(node, ast.For) else node.test)
                self.forget(node)
                inside = self.block([*node.body, *node.orelse])
                self.forget(node)
                return ["for", *tokens(head), *inside]
        first: Tokens = [START] if isinstance(node, ast.stmt) else []
        for child in ast.iter_child_nodes(node):
            first += tokens(self.tree(child)) if isinstance(child, ast.expr) else self.statement(child)
        return first

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Tokens:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        assert node.value is not None
        value = self.tree(node.value)
        if isinstance(node, ast.AugAssign):
            value = (type(node.op).__name__, self.tree(node.target), value)
        self.forget(*targets)
        found = tokens(value)
        if self.inline and isinstance(targets[0], ast.Name) and len(found) <= LONGEST_INLINED:
            self.values[targets[0].id] = value
        return [START, *found]

    def forget(self, *nodes: ast.AST) -> None:
        """What is set in these is known no more."""
        for node in nodes:
            for step in ast.walk(node):
                if isinstance(step, ast.Name) and isinstance(step.ctx, ast.Store):
                    self.values.pop(step.id, None)

    def tree(self, node: ast.AST) -> Tree:
        match node:
            case ast.Name():
                return self.values.get(node.id, (VARIABLE,))
            case ast.Attribute():
                return (node.attr,) if _is_module(node) else (VARIABLE,)
            case ast.Constant(bool() | None):
                return (str(node.value),)
            case ast.Constant(int() | float() as number):
                return float(number)
            case ast.Constant(str(text)) if len(text) < LONGEST_TEXT:
                return (repr(text),)
            case ast.Constant() | ast.JoinedStr():
                return (VARIABLE,)
            case ast.Call():
                return self.call(node)
            case ast.BinOp():
                return (type(node.op).__name__, self.tree(node.left), self.tree(node.right))
            case ast.UnaryOp():
                return (SAME.get(name := type(node.op).__name__, name), self.tree(node.operand))
            case ast.Compare():
                return (type(node.ops[0]).__name__, *map(self.tree, [node.left, *node.comparators]))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                inner = _Reader(self.inline)
                inner.values = dict(self.values)
                inner.forget(node)
                loops = [part for loop in node.generators for part in (loop.iter, *loop.ifs)]
                each = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                return ("for", *map(inner.tree, [*loops, *each]))
        silent = isinstance(node, ast.Tuple | ast.List | ast.Starred | ast.Lambda | ast.keyword)
        below = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return ("" if silent else type(node).__name__, *map(self.tree, below))

    def call(self, node: ast.Call) -> Tree:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg not in SETTINGS)]
        if isinstance(function, ast.Attribute) and not _is_module(function):
            given.insert(0, function.value)
        below = tuple(map(self.tree, given))
        if name in CONVERSIONS:
            return below[0] if below else (VARIABLE,)
        if name == "square" and below:
            return ("Pow", below[0], 2.0)
        return (SAME.get(name, name), *below) if name in OPERATIONS else (VARIABLE,)


def _is_module(node: ast.expr) -> bool:
    """Whether something is a module, or named in one: torch.nn.functional.relu, math.pi."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in MODULES


def tokens(tree: Tree) -> Tokens:
    """A tree, each head before what is below it."""
    if isinstance(tree, float):
        return [f"{tree:g}"]
    if _is(tree, *ARITHMETIC):
        terms = sorted(map(_product, _terms(tree)), key=lambda term: (len(term), term))
        return [*(["+"] if len(terms) > 1 else []), *(token for term in terms for token in term)]
    return [*([tree[0]] if tree[0] else []), *(token for below in tree[1:] for token in tokens(below))]


def _is(tree: Tree, *heads: str) -> bool:
    """Whether a tree is one of these sums or products."""
    return isinstance(tree, tuple) and tree[0] in heads and len(tree) == 1 + ARITHMETIC[tree[0]]


def _terms(tree: Tree, sign: float = 1.0) -> list[tuple[float, Tree]]:
    """The terms of a sum, each with its sign."""
    if _is(tree, "Neg"):
        return _terms(tree[1], -sign)
    if _is(tree, "Add", "Sub"):
        return [*_terms(tree[1], sign), *_terms(tree[2], sign if tree[0] == "Add" else -sign)]
    return [(sign, tree)]


def _product(term: tuple[float, Tree]) -> Tokens:
    constant, factors = _factors(term[1])
    constant *= term[0]
    parts = sorted(factors, key=lambda factor: (len(factor), factor))
    if constant != 1 or not parts:
        parts.insert(0, [f"{constant:g}"])
    return [*(["*"] if len(parts) > 1 else []), *(token for part in parts for token in part)]


def _factors(tree: Tree, inverse: bool = False) -> tuple[float, list[Tokens]]:
    """The factors of a product: the constants multiplied, and the others, with "/" before what divides."""
    if _is(tree, "Neg"):
        constant, factors = _factors(tree[1], inverse)
        return -constant, factors
    if _is(tree, "Mult", "Div"):
        one, first = _factors(tree[1], inverse)
        other, second = _factors(tree[2], inverse != (tree[0] == "Div"))
        return one * other, [*first, *second]
    if isinstance(tree, float) and tree:
        return 1 / tree if inverse else tree, []
    return 1.0, [[*(["/"] if inverse else []), *tokens(tree)]]
