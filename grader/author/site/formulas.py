"""Formulas as MathML, which browsers lay out themselves: nothing is loaded, and a screen reader can read them.

latex2mathml leaves two spaces to the reader that TeX sets: those of a function's name (log p), and of a sign (≈ -1).
"""

from xml.etree import ElementTree

import latex2mathml.converter

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
ROWS = {"math", "mrow", "mtd", "msqrt", "mstyle"}
WITH_SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
FUNCTIONS = {"log", "exp", "max", "min", "sin", "cos", "tanh", "lim", "sup", "arg", "det", "Pr"}
SIGNS = {"−", "-", "+", "±"}
AFTER_AN_OPERAND = {")", "]", "}", "|", "‖", "!", "′", "⟩"}  # operators after which a sign stands between two operands
NO_SPACE_BEFORE = {"(", "[", ")", "]", ",", "."}


def mathml(latex: str, block: bool = False) -> str:
    """A formula in LaTeX as a <math> element. ValueError for a command that is not known."""
    text = latex2mathml.converter.convert(latex, display="block" if block else "inline")
    if "\\" in text:
        raise ValueError(f"no MathML for {latex}")
    ElementTree.register_namespace("", NAMESPACE)
    formula = ElementTree.fromstring(text)
    for row in list(formula.iter()):
        if _kind(row) in ROWS:
            _space(row)
    return ElementTree.tostring(formula, encoding="unicode")


def _space(row: ElementTree.Element) -> None:
    """Sets the spaces in one row."""
    children = list(row)
    for before, child, after in zip([None, *children], children, [*children[1:], None], strict=False):
        if _kind(child) == "mo" and child.text in SIGNS and _is_operator(before):
            child.attrib |= {"form": "prefix", "lspace": "0", "rspace": "0"}
        if not _is_function(child):
            continue
        if _kind(child) == "mo":
            child.attrib |= {"lspace": "0", "rspace": "0"}
        place = list(row).index(child)
        if after is not None and (_kind(after) != "mo" or _text(after) not in NO_SPACE_BEFORE):
            row.insert(place + 1, _thin_space())
        if before is not None and _kind(before) != "mo" and not _is_function(before):
            row.insert(place, _thin_space())


def _is_function(element: ElementTree.Element) -> bool:
    base = element[0] if _kind(element) in WITH_SCRIPTS else element
    return _kind(base) in ("mi", "mo") and base.text in FUNCTIONS


def _is_operator(element: ElementTree.Element | None) -> bool:
    return element is not None and _kind(element) == "mo" and _text(element) not in AFTER_AN_OPERAND


def _thin_space() -> ElementTree.Element:
    return ElementTree.Element(f"{{{NAMESPACE}}}mspace", width="0.1667em")


def _kind(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element) -> str:
    return element.text or ""
