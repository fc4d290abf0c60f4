"""Mechanical mutants: which are made of a reference, and what becomes of those that no check catches."""

import shutil
from pathlib import Path

import pytest

from grader.author import lint
from grader.author.mutants import mutants_of
from grader.author.mutate import FILE, mutate
from grader.errors import Refused
from grader.lab import Lab, read_lab

SOURCE = '''
def given(a):
    return a + 1

def scaled(xs: "list[float]", factor: float = 2.0) -> list:
    """Each times the factor."""
    ### BEGIN SOLUTION
    if len(xs) < 1:
        raise ValueError("nothing to scale")
    return [clip(factor - x, 0, 9) for x in xs[1:] if x]
    ### END SOLUTION
'''


def changes(source: str) -> list[str]:
    return [mutant.change for mutant in mutants_of(source)]


def test_only_what_students_write_is_changed_and_the_defaults_of_their_functions() -> None:
    found = list(mutants_of(SOURCE))
    assert {mutant.function for mutant in found} == {"scaled"}
    assert not any("XX" in mutant.change for mutant in found)  # neither the docstring nor what an error says
    line = 'def scaled(xs: "list[float]", factor: float = 2.0) -> list:'
    assert f"{line} -> {line.replace('2.0', '3.0')}" in changes(SOURCE)


@pytest.mark.parametrize(
    "mutated",
    [
        "return [clip(factor + x, 0, 9) for x in xs[1:] if x]",  # an operator
        "return [clip(x - factor, 0, 9) for x in xs[1:] if x]",  # its operands
        "return [clip((x), 0, 9) for x in xs[1:] if x]",
        "return [clip(0, factor - x, 9) for x in xs[1:] if x]",  # arguments
        "return [clip(factor - x, 0, ) for x in xs[1:] if x]",
        "return [(factor - x) for x in xs[1:] if x]",  # a call
        "return [clip(factor - x, 0, 9) for x in xs[:] if x]",  # a slice
        "return [clip(factor - x, 0, 9) for x in xs[2:] if x]",  # a constant
        "return [clip(factor - x, 0, 9) for x in xs[1:]]",  # a condition
        "pass",  # a statement
    ],
)
def test_a_small_change_of_each_kind_is_made(mutated: str) -> None:
    assert f"return [clip(factor - x, 0, 9) for x in xs[1:] if x] -> {mutated}" in changes(SOURCE)


def test_comparisons_and_branches_are_changed() -> None:
    wanted = ("if len(xs) <= 1:", "if len(xs) > 1:", "if True:", "if False:", "if len(xs) < 2:")
    assert {f"if len(xs) < 1: -> {line}" for line in wanted} <= set(changes(SOURCE))


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Lab:
    """A copy, to be changed."""
    shutil.copytree(small_lab.folder, tmp_path / "lab90_numbers", ignore=shutil.ignore_patterns("__pycache__"))
    return read_lab(tmp_path / "lab90_numbers")


def with_default_never_used(lab: Lab) -> None:
    path = lab.path(lab.code_files[0])
    source = path.read_text(encoding="utf-8")
    signature = next(line for line in source.splitlines() if line.startswith("def "))
    path.write_text(source.replace(signature, signature.replace(")", ", unused=5)", 1)), encoding="utf-8")


def list_in(lab: Lab, function: str, change: str) -> None:
    """Names one more equivalent mutant."""
    entry = f'\n[[equivalent]]\nfunction = "{function}"\nwhy = "a reason"\nmutants = [{change!r}]\n'
    with (lab.folder / FILE).open("a") as file:
        file.write(entry)


def test_a_mutant_that_no_check_catches_is_a_fault_until_the_list_says_why(lab: Lab) -> None:
    assert list(mutate(lab).faults()) == []
    with_default_never_used(lab)
    mutated = mutate(lab)
    (survivor,) = mutated.survivors
    assert "unused=6" in survivor.change
    assert any(survivor.change in fault for fault in lint.lint(lab).faults)

    entry = (
        f'[[equivalent]]\nfunction = "{survivor.function}"\nwhy = "nobody reads it"\nmutants = [{survivor.change!r}]\n'
    )
    (lab.folder / FILE).write_text(lab.path(FILE).read_text() + entry if lab.path(FILE).exists() else entry)
    listed = mutate(lab)
    assert (listed.all, listed.equivalent) == (mutated.all, mutated.equivalent + 1)
    assert list(listed.faults()) == []


def test_an_entry_that_fits_no_surviving_mutant_is_a_fault(lab: Lab) -> None:
    list_in(lab, "nothing", "a + b -> a - b")
    assert any("nothing: a + b -> a - b" in fault for fault in mutate(lab).faults())


def test_a_list_that_cannot_be_read_is_refused(lab: Lab) -> None:
    (lab.folder / FILE).write_text('[[equivalent]]\nfunction = "no reason"\nmutants = []\n')
    with pytest.raises(Refused, match="why"):
        mutate(lab)
