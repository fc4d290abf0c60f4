"""What in a student's code can be asked about: each kind finds its places in a syntax tree.

The question of a kind is the message ask_<kind> in grader/languages/<language>/questions.ftl, into which its values go.
"""

import ast
from collections.abc import Callable, Mapping

Text = Callable[[ast.AST], str]  # the source of a node, in one line
Values = Mapping[str, str]  # by their names in the message; `code` is the part of the line that is asked about
Kind = Callable[[ast.AST, Text], Values | None]  # what goes into the question, where the node is a place of the kind

AXES = ("dim", "axis")
ALONG = ("sum", "mean", "max", "min", "argmax", "argmin", "std", "var", "softmax", "log_softmax", "logsumexp", "cumsum")
OTHER_MEAN = {"sum": "mean", "mean": "sum"}
BOUNDS = ("clamp", "clamp_min", "clamp_max", "clip", "minimum", "maximum", "min", "max")
EXPONENTIALS = ("exp", "log", "softmax", "log_softmax", "logsigmoid", "sigmoid", "logsumexp")
MASKING = ("where", "masked_fill", "masked_select")
MASKS = ("mask", "done", "terminated", "truncated", "valid", "pad")  # what a name of a mask has in it


def _called(node: ast.AST) -> str:
    """The last part of the name of what a node calls; "" where it calls nothing by name."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _detach(node: ast.AST, text: Text) -> Values | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _called(node) == "detach":
        return {"code": text(node), "other": text(node.func.value)}
    return None


def _no_grad(node: ast.AST, text: Text) -> Values | None:
    if isinstance(node, ast.With) and any(_called(item.context_expr) == "no_grad" for item in node.items):
        return {"code": text(node.items[0].context_expr)}
    return None


def _axis(node: ast.AST, text: Text) -> Values | None:
    if not isinstance(node, ast.Call):
        return None
    axis: ast.AST | None = next((word.value for word in node.keywords if word.arg in AXES), None)
    if axis is None and isinstance(node.func, ast.Attribute) and _called(node) in ALONG and node.args:
        place = node.args[0].operand if isinstance(node.args[0], ast.UnaryOp) else node.args[0]
        whole = isinstance(place, ast.Constant) and type(place.value) is int
        axis = node.args[0] if whole else None
    return None if axis is None else {"code": text(node), "axis": text(axis)}


def _sign(node: ast.AST, text: Text) -> Values | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        return {"code": text(node), "other": text(node.operand)}
    return None


def _mean(node: ast.AST, text: Text) -> Values | None:
    name = _called(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and name in OTHER_MEAN:
        return {"code": text(node), "name": name, "other": OTHER_MEAN[name]}
    return None


def _slice(node: ast.AST, text: Text) -> Values | None:
    if not isinstance(node, ast.Subscript):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    bounded = any(isinstance(part, ast.Slice) and (part.lower or part.upper or part.step) for part in parts)
    return {"code": text(node)} if bounded else None


def _mask(node: ast.AST, text: Text) -> Values | None:
    masks = _called(node) in MASKING
    masks = masks or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert))
    masks = masks or (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Compare))
    masks = masks or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _names_a_mask(node))
    return {"code": text(node)} if masks else None


def _names_a_mask(product: ast.BinOp) -> bool:
    names = [getattr(side, "id", "") or getattr(side, "attr", "") for side in (product.left, product.right)]
    return any(word in name.lower() for name in names if isinstance(name, str) for word in MASKS)


def _bound(node: ast.AST, text: Text) -> Values | None:
    several = isinstance(node, ast.Call) and (len(node.args) > 1 or (len(node.args) == 1 and bool(node.keywords)))
    own = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _called(node).startswith("cl")
    return {"code": text(node)} if _called(node) in BOUNDS and (several or own) else None


def _exponential(node: ast.AST, text: Text) -> Values | None:
    name = _called(node)
    return {"code": text(node), "name": name} if name in EXPONENTIALS else None


def _direction(node: ast.AST, text: Text) -> Values | None:
    """A loop from the end."""
    if not isinstance(node, ast.For):
        return None
    steps = [step for step in ast.walk(node.iter) if isinstance(step, ast.Call | ast.UnaryOp)]
    backwards = any(_called(step) == "reversed" for step in steps)
    backwards = backwards or (_called(node.iter) == "range" and any(isinstance(step, ast.UnaryOp) for step in steps))
    return {"code": text(node.iter)} if backwards else None


def _condition(node: ast.AST, text: Text) -> Values | None:
    return {"code": text(node.test)} if isinstance(node, ast.If | ast.IfExp) else None


def _number(node: ast.AST, text: Text) -> Values | None:
    if isinstance(node, ast.Constant) and type(node.value) is float and node.value not in (0.0, 1.0):
        return {"code": text(node)}
    return None


def _call(node: ast.AST, text: Text) -> Values | None:
    return {"code": text(node)} if _called(node) else None


def _line(node: ast.AST, text: Text) -> Values | None:
    return {"code": text(node)} if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) else None


SPECIFIC: dict[str, Kind] = {
    "detach": _detach,
    "no_grad": _no_grad,
    "axis": _axis,
    "sign": _sign,
    "mean": _mean,
    "slice": _slice,
    "mask": _mask,
    "bound": _bound,
    "exponential": _exponential,
    "direction": _direction,
    "condition": _condition,
    "number": _number,
}
GENERAL: dict[str, Kind] = {"call": _call, "line": _line}  # of what nearly all code has
KINDS = SPECIFIC | GENERAL
