"""What a score depends on: what is in the key by which a result holds, and what is not."""

import shutil
from pathlib import Path

import msgspec
import pytest

from grader import codes
from grader.findings import Finding
from grader.grading import depends
from grader.grading.depends import changed, depends_on, in_short
from grader.grading.job import Job
from grader.grading.plan import plan_of, why_not
from grader.lab import ROOT, Lab, find_lab, lab_folders, read_lab, solutions_folder
from grader.results import CheckResult, Result, write_result


@pytest.fixture
def lab(small_lab: Lab, tmp_path: Path) -> Lab:
    """A copy of the small lab, which a test may change."""
    shutil.copytree(small_lab.folder, tmp_path / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    return read_lab(tmp_path / "lab")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def names_that_change(lab: Lab, path: Path, old: str, new: str) -> list[str]:
    before = depends_on(read_lab(lab.folder))
    replace(path, old, new)
    now = depends_on(read_lab(lab.folder))
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


# --- the lab ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lab.toml", 'title = "Numbers"', 'title = "Figures"'),
        ("lab.toml", "What is twice?", "What is two times?"),
        ("README.md", "", "A typo less.\n"),
        ("mistakes.py", "You square: twice", "You square; twice"),
        ("mistakes.py", "return x * x", "return x**2"),
        ("alternatives.py", "", "# another one\n"),
        ("checks.py", "Twice a number.", "The double of a number."),
        ("checks.py", "\n\n@check", "\n\n# a comment\n@check"),
        ("first.py", "\n\n\ndef", "\n\n# a comment\n\ndef"),
    ],
)
def test_texts_comments_and_mistakes_are_not_in_it(file: str, old: str, new: str, lab: Lab) -> None:
    path = lab.path(file)
    if not old:
        path.write_text(path.read_text(encoding="utf-8") + new, encoding="utf-8")
        assert depends_on(lab) == depends_on(read_lab(lab.folder))
        old, new = new, ""
    assert names_that_change(lab, path, old, new) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lab.toml", "points = 2", "points = 3"),
        ("lab.toml", "check_seconds = 0.3", "check_seconds = 0.4"),
        ("checks.py", '"three", x=3.0', '"three", x=4.0'),
        ("hidden.py", "size=9", "size=8"),
        ("second.py", "sum", "max"),
    ],
)
def test_what_is_graded_is_in_it_by_its_name(file: str, old: str, new: str, lab: Lab) -> None:
    assert names_that_change(lab, lab.path(file), old, new) == [file]


def test_what_the_graded_parts_import_is_in_it_and_only_that(lab: Lab) -> None:
    lab.path("plot.py").write_text("import helper\n", encoding="utf-8")
    lab.path("helper.py").write_text("import deeper\n", encoding="utf-8")
    lab.path("deeper.py").write_text("X = 1\n", encoding="utf-8")
    assert not {"plot.py", "helper.py", "deeper.py"} & depends_on(lab).keys()
    hidden = lab.path("hidden.py").read_text(encoding="utf-8")
    lab.path("hidden.py").write_text(f"from helper import deeper\n{hidden}", encoding="utf-8")
    assert {"helper.py", "deeper.py"} <= depends_on(lab).keys()
    lab.path("fixtures.py").write_text("Y = 1\n", encoding="utf-8")
    assert "fixtures.py" in depends_on(lab)


@pytest.mark.parametrize("folder", lab_folders(solutions_folder()), ids=lambda folder: folder.name)
def test_of_every_lab_the_graded_parts_are_in_it_and_the_scripts_are_not(folder: Path) -> None:
    lab = read_lab(folder)
    found = depends_on(lab)
    graded = {"lab.toml", "checks.py", "hidden.py", *lab.code_files, *lab.answer_files}
    graded |= {"evaluate.py"} if lab.manifest.milestones else set()
    graded |= {"quiz.json"} if lab.manifest.quiz else set()
    assert graded <= found.keys()
    assert not {"README.md", "train.py", "plot.py", "mistakes.py", "alternatives.py"} & found.keys()
    assert not any("/runs/" in name or "plotting" in name for name in found)


def test_a_lab_with_a_language_model_depends_on_the_model() -> None:
    found = depends_on(find_lab("lab7", solutions_folder()))
    assert {"labs/common/language_model.py", "labs/common/sampling.py"} <= found.keys()
    assert any(name.endswith("model.safetensors") for name in found)
    assert not any(name.endswith("model.safetensors") for name in depends_on(find_lab("lab3", solutions_folder())))


# --- the grader and its libraries -------------------------------------------------------------------------------------


def test_the_judging_code_is_in_it_and_what_shows_and_starts_is_not(lab: Lab) -> None:
    found = {name for name in depends_on(lab) if name.startswith("grader/")}
    for judging in ("judging/judge.py", "judging/compare.py", "checks/probes.py", "run/answers.py", "plain.py"):
        assert f"grader/{judging}" in found
    assert {f"grader/{name}.py" for name in ("grading/submission", "workers/worker", "intake/staging")} <= found
    parts = {name.split("/")[1] for name in found}
    assert not parts & {"renderers", "languages", "instructor", "student", "author", "cli.py", "sandboxes", "executors"}
    assert "grader/grading/depends.py" not in found and all((ROOT / name).is_file() for name in found)


def test_a_hash_is_of_what_the_code_does() -> None:
    one = depends._module(b'def f(x):\n    """Says it."""\n    return x + 1  # really\n').digest
    assert one == depends._module(b"def f(x):\n    return (x\n        + 1)\n").digest
    assert one != depends._module(b"def f(x):\n    return x + 2\n").digest
    assert one != depends._module(b'def f(x):\n    return "Says it."\n').digest


def test_relative_and_nested_imports_are_followed() -> None:
    path = ROOT / "grader" / "judging" / "judge.py"
    module = depends._module(
        b"from . import compare\nfrom ..plain import pack\ndef f():\n    import labs.common.networks\n"
    )
    found = {file for name in depends._imported(module, path) for file in depends._files_of(name, ROOT)}
    wanted = {"grader/judging/compare.py", "grader/plain.py", "labs/common/networks.py", "labs/common/__init__.py"}
    assert wanted <= {file.relative_to(ROOT).as_posix() for file in found}


def test_the_versions_are_those_of_the_libraries_that_the_lab_names() -> None:
    lab3 = depends_on(find_lab("lab3", solutions_folder()))
    assert {"python", "torch", "numpy"} <= lab3.keys() and "transformers" not in lab3
    assert "transformers" in depends_on(find_lab("lab7", solutions_folder()))
    named = depends._versions(["gymnasium", "nothing-of-this-name"])
    assert named.keys() == {"python", "gymnasium", "nothing-of-this-name"} and named["nothing-of-this-name"] == "none"


# --- what changed, in words -------------------------------------------------------------------------------------------


def test_what_changed_is_named_with_its_versions() -> None:
    before = {"torch": "2.13.0", "checks.py": "sha256:a", "gone.py": "sha256:b", "same.py": "sha256:c"}
    now = {"torch": "2.14.0", "checks.py": "sha256:d", "new.py": "sha256:e", "same.py": "sha256:c"}
    assert changed(before, now) == [
        codes.OTHER_VERSION(name="torch", before="2.13.0", now="2.14.0"),
        *(codes.CHANGED(name=name) for name in ("checks.py", "new.py", "gone.py")),
    ]
    assert changed(now, now) == [] and changed({}, now) == [codes.OF_UNKNOWN_CODE()]
    many = [codes.CHANGED(name=str(number)) for number in range(9)]
    assert in_short(many) == [*many[:5], codes.AND_MORE(count=4)] and in_short(many[:5]) == many[:5]


def result(student: str, lab: Lab, **others: object) -> Result:
    facts = ("hash", 1, {}, {"inner": "landlock"}, 2.0, 6.0, "2026-01-01T00:00:00+00:00", 1.0)
    line = CheckResult("double", "doubled", "", "public", "code", "passed", 2.0, 2.0)
    good = Result(2, lab.name, depends_on(lab), student, *facts, [], [line])
    return msgspec.structs.replace(good, **others)


def test_the_plan_says_how_many_results_hold_and_why_the_others_do_not(lab: Lab, tmp_path: Path) -> None:
    job = Job(str(lab.folder), 1, "process", str(tmp_path / "graded"))
    now = depends_on(lab)
    for student in ("ada", "ben", "cy", "dan"):
        earlier = {**now, "torch": "1.0"} if student in ("ben", "cy") else now
        path = tmp_path / "graded" / student / lab.name / "result.json"
        write_result(path, result(student, lab, depends=earlier))
    bare = result("dan", lab, sandbox={"inner": "rlimits"})
    write_result(tmp_path / "graded" / "dan" / lab.name / "result.json", bare)
    plan = plan_of(job, lab, now, ["ada", "ben", "cy", "dan", "eve"])
    assert (plan.results, plan.hold) == (4, 1)
    other = codes.OTHER_VERSION(name="torch", before="1.0", now=now["torch"])
    assert plan.reasons == [other, codes.OF_NO_SANDBOX()]


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({}, None),
        ({"depends": {}}, codes.OF_UNKNOWN_CODE()),
        ({"sandbox": {}}, codes.OF_NO_SANDBOX()),
        ({"outcome": "error"}, codes.OF_FAILED_GRADER()),
        ({"outcome": "crashed", "findings": [codes.KILLED(times=3)]}, codes.OF_KILLED_PROCESSES()),
        ({"outcome": "crashed", "findings": [codes.DIED()]}, None),
        ({"kind": "milestone", "outcome": "skipped"}, codes.OF_MILESTONES_UNPLAYED()),
    ],
)
def test_why_a_result_does_not_hold(others: dict[str, object], reason: Finding | None, lab: Lab, lab3: Lab) -> None:
    manifest = msgspec.structs.replace(lab.manifest, milestones=lab3.manifest.milestones)
    plays = msgspec.structs.replace(lab, manifest=manifest)
    job = Job(str(lab.folder), 1, "process", "graded")
    earlier = result("ada", lab)
    line = {name: value for name, value in others.items() if name in CheckResult.__struct_fields__}
    whole = {name: value for name, value in others.items() if name not in line}
    checks = [msgspec.structs.replace(earlier.checks[0], **line)]
    earlier = msgspec.structs.replace(earlier, checks=checks, **whole)
    assert why_not(earlier, job, plays, depends_on(lab)) == ([reason] if reason else [])
