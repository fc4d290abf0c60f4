"""Whose work is listed for a person, because it is alike."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save

from grader.batch.alike import alike
from grader.errors import Refused
from grader.lab import Lab
from grader.results.groups import CODE, Alike, as_csv, groups_file, read_groups

OWN = """
def total(xs):
    '''The sum.'''
    seen, result, rest = [], 0.0, list(xs)
    while rest:
        x = rest.pop(0)
        if x in seen and x > 3 or x < -12:
            result = result + 2 * x - x
        elif len(seen) % 7 == 3:
            result += max(x, 0) + min(x, 0)
        else:
            result += x
        seen.append(x)
    for index, x in enumerate(seen):
        if index % 2 == 0 and x != x:
            result -= abs(x) * (index + 1) / (index + 1)
    if not seen or len(seen) == 1 and seen[0] == 0:
        return float(sum(seen))
    return float(round(result, 12) + sum(xs[:0]) + len(seen) - len(list(xs)))
"""
RENAMED = OWN.replace("seen", "done").replace("result", "value").replace("The sum.", "My own.").replace("rest", "todo")
OTHER = (
    OWN.replace("% 7 == 3", "% 5 == 2")
    .replace("max(x, 0) + min(x, 0)", "x / 2 + x / 2")
    .replace("while", "# no\n    while")
)
SHORT = "def total(xs):\n    return float(sum(xs))\n"


def handed_in(**files: str) -> list[tuple[str, dict[str, bytes]]]:
    return [(student, {"second.py": text.encode()}) for student, text in files.items()]


def test_code_that_differs_in_names_comments_and_layout_is_alike(small_lab: Lab) -> None:
    found = alike(
        small_lab, handed_in(ada=OWN, ben=f"# mine\n\n{RENAMED}", eve=SHORT, kim=OTHER, zoe="def total(xs:\n")
    )
    assert found == [Alike(CODE, ("ada", "ben"))]


def test_what_everybody_writes_and_what_nobody_has_written_is_not(small_lab: Lab) -> None:
    todo = f"def total(xs):\n    raise NotImplementedError\n\n# {'x' * 900}\n"
    assert alike(small_lab, handed_in(ada=SHORT, ben=SHORT, eve=todo, zoe=todo)) == []


def test_given_code_is_nobodys(small_lab: Lab, tmp_path: Path) -> None:
    given = OWN.replace("def total", "def helper")
    for name in ("first.py", "second.py"):
        (tmp_path / name).write_text(given if name == "second.py" else "", encoding="utf-8")
    lab = msgspec.structs.replace(small_lab, folder=tmp_path)
    assert alike(lab, handed_in(ada=given + SHORT, ben=given + SHORT)) == []
    assert alike(small_lab, handed_in(ada=given + SHORT, ben=given + SHORT)) == [Alike(CODE, ("ada", "ben"))]


@pytest.mark.parametrize(
    "code", ["def f(:", "x = " + "-" * 100_000 + "1", "x = " + "(" * 300], ids=lambda code: code[:8]
)
def test_code_that_cannot_be_read_is_nobodys(code: str, small_lab: Lab) -> None:
    assert alike(small_lab, handed_in(ada=code, ben=code)) == []


@pytest.mark.parametrize(
    ("change", "same"), [(0.0, True), (1e-6, True), (0.3, False)], ids=["equal", "a hair's breadth", "trained apart"]
)
def test_weights_are_alike_whatever_the_bytes_of_the_file(change: float, same: bool, lab3: Lab) -> None:
    dice = np.random.default_rng(0)
    one = {"a": dice.normal(size=(8, 4)).astype(np.float32), "b": dice.normal(size=3).astype(np.float32)}
    other = {name: tensor + np.float32(change) * np.ones_like(tensor) for name, tensor in reversed(one.items())}
    other["a"] = other["a"].astype(np.float64)
    files = [("ada", save(one, {"by": "ada"})), ("ben", save(other)), ("eve", save({"a": one["a"]})), ("zoe", b"no")]
    name = lab3.manifest.milestones[0].artefacts[0]
    found = alike(lab3, [(student, {name: data}) for student, data in files])
    assert found == ([Alike(name, ("ada", "ben"))] if same else [])


def test_weights_of_which_there_is_one_right_answer_say_nothing(lab3: Lab) -> None:
    [first, *_] = lab3.manifest.milestones
    manifest = msgspec.structs.replace(lab3.manifest, milestones=[msgspec.structs.replace(first, one_answer=True)])
    lab = msgspec.structs.replace(lab3, manifest=manifest)
    assert alike(lab, [(student, {first.artefacts[0]: b"the same"}) for student in ("ada", "ben")]) == []
    assert alike(lab3, [(student, {first.artefacts[0]: b"the same"}) for student in ("ada", "ben")]) != []


def test_a_spreadsheet_has_a_row_for_each_student_of_a_group() -> None:
    found = [Alike(CODE, ("ada", "=ben")), Alike("runs/a.safetensors", ("eve", "zoe"))]
    assert as_csv(found).splitlines() == [
        *("group,what,student", "1,code,ada", "1,code,'=ben", "2,runs/a.safetensors,eve", "2,runs/a.safetensors,zoe")
    ]


def test_what_was_written_of_groups_is_read_again(tmp_path: Path) -> None:
    found = [Alike(CODE, ("ada", "=ben", 'o"hara, x')), Alike("runs/a.safetensors", ("eve", "zoe"))]
    path = groups_file(tmp_path, "lab3")
    assert read_groups(path) == []
    path.write_text(as_csv(found), encoding="utf-8")
    assert path.name == "lab3-alike.csv" and read_groups(path) == found


@pytest.mark.parametrize("content", [b"\xff", b"", b"a,b\n1,2\n", b"group,what,student\n1,code\n"])
def test_a_file_that_holds_no_groups_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(Refused, match=r"x\.csv"):
        read_groups(tmp_path / "x.csv")
