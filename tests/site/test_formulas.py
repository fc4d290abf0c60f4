"""Formulas as MathML: all of the kit's can be said in it, and the spaces are TeX's."""

import re

import pytest

from grader.lab import ROOT

pytest.importorskip("latex2mathml", reason="requirements/docs.txt is not installed")
from grader.author.site.formulas import mathml

SPACE = '<mspace width="0.1667em" />'


@pytest.mark.parametrize(
    ("latex", "inside"),
    [
        (r"\log p", f"<mi>log</mi>{SPACE}<mi>p</mi>"),
        (r"\beta \log p", f"<mi>β</mi>{SPACE}<mi>log</mi>{SPACE}<mi>p</mi>"),
        (r"\log(p)", '<mi>log</mi><mo stretchy="false">(</mo>'),
        (r"\max_a Q", f"<mi>a</mi></msub>{SPACE}<mi>Q</mi>"),
    ],
)
def test_a_functions_name_has_its_space(latex: str, inside: str) -> None:
    assert inside in mathml(latex)


@pytest.mark.parametrize(
    ("latex", "is_sign"), [(r"x \approx -1", True), ("(-1)", True), ("x - 1", False), ("|x| - 1", False)]
)
def test_a_sign_is_told_from_a_difference(latex: str, is_sign: bool) -> None:
    minus = re.search(r"<mo[^>]*>−</mo>", mathml(latex))
    assert minus is not None
    assert ('form="prefix"' in minus[0]) == is_sign


def test_what_is_no_formula_is_refused() -> None:
    with pytest.raises(ValueError, match="no MathML"):
        mathml(r"\nosuchcommand x")


def test_a_formula_by_itself_is_a_block() -> None:
    assert 'display="block"' in mathml("x", block=True)
    assert 'display="inline"' in mathml("x")


def test_every_formula_of_the_handouts_can_be_said() -> None:
    found = 0
    for handout in sorted((ROOT / "solutions").glob("lab*/README*.md")):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", handout.read_text(encoding="utf-8"), flags=re.DOTALL)
        for block, inline in re.findall(r"\$\$(.+?)\$\$|\$(?!\s)([^$\n]+?)\$", text, re.DOTALL):
            assert mathml(block or inline, bool(block)).startswith("<math")
            found += 1
    assert found > 300
