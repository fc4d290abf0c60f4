"""What the kit reads of Python source by name, and a lab in which a class is a task."""

from pathlib import Path

import pytest

from grader.author import lint, sync
from grader.checks import checks_of
from grader.errors import Refused
from grader.lab import Lab, read_lab, source
from grader.lab.loading import load_functions, load_modules
from grader.run.answers import answer
from grader.student import checking
from grader.student.hints import next_hint
from grader.student.places import place
from grader.student.reset import reset_task
from grader.student.uses import tasks_used

FILE = '''"""A file."""
import functools

@functools.cache
def first():
    """The first line.

    More."""
    def inside():
        raise NotImplementedError
    return inside

class Second(Base,
             metaclass=Meta):
    """A class."""

    def done(self):
        return self.first + third(1)

    @property
    async def later(self):
        # TODO: your code
        raise NotImplementedError("TODO")

def twice(): return 1
def twice():
    return 2
'''


def test_a_definition_says_where_it_stands_with_its_decorators() -> None:
    there = source.definitions(FILE)
    assert list(there) == ["first", "Second", "twice"]
    lines = source.lines_of(FILE)
    assert there["first"].line == 5
    assert lines[there["first"].lines][0] == "@functools.cache\n"
    assert lines[there["first"].lines][-1] == "    return inside\n"
    assert lines[there["first"].body][0] == '    """The first line.\n'
    assert lines[there["Second"].lines][-1] == '        raise NotImplementedError("TODO")\n'
    assert [there[name].docstring for name in there] == ["The first line.\n\nMore.", "A class.", ""]


def test_of_two_definitions_with_one_name_the_last_counts() -> None:
    assert source.lines_of(FILE)[source.definitions(FILE)["twice"].lines][-1] == "    return 2\n"


def test_what_is_open_is_the_function_itself_or_the_first_stub_of_a_class() -> None:
    there = source.definitions(FILE)
    opened = {name: found.open and found.open.name for name, found in there.items()}
    assert opened == {"first": "first", "Second": "later", "twice": None}
    assert there["Second"].open is not None
    assert FILE.split("\n")[there["Second"].open.line - 1] == "    async def later(self):"
    assert [method.name for method in there["Second"].methods] == ["done", "later"]


@pytest.mark.parametrize(
    "body", ["raise ValueError('NotImplementedError')", "'raise NotImplementedError'", "return NotImplementedError"]
)
def test_what_only_names_the_exception_is_no_stub(body: str) -> None:
    assert source.definitions(f"def f():\n    {body}\n")["f"].open is None


def test_the_names_in_a_definition_are_those_it_may_use() -> None:
    names = source.definitions(FILE)["Second"].names
    assert {"third", "first", "Base", "Meta"} <= names
    assert not {"done", "twice"} & names


@pytest.mark.parametrize("content", [None, b"def f(:", b"\xff", b"\0", b"(" * 10_000])
def test_a_file_that_is_no_python_defines_nothing(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "x.py").write_bytes(content)
    assert source.definitions_in(tmp_path / "x.py") == {}


def test_a_definition_is_replaced_and_all_else_stays() -> None:
    mine = "x = 1  # \x0c\n\n@cached\ndef f():\n    return 1\n\ny = 2\nclass C:\n    z = 3"
    theirs = "class C:\n    def m(self): ...\n\n\ndef f():\n    raise NotImplementedError\n"
    assert source.replaced(mine, theirs, ["f", "C"]) == (
        "x = 1  # \x0c\n\ndef f():\n    raise NotImplementedError\n\ny = 2\nclass C:\n    def m(self): ...\n"
    )


# --- a class as a task ------------------------------------------------------------------------------------------------

LAB = read_lab(Path(__file__).parent / "class_lab" / "lab91_means")
REFERENCE = LAB.path("means.py").read_text(encoding="utf-8")
WRITTEN = "".join(line for line in source.lines_of(REFERENCE) if "SOLUTION" not in line)  # as a student writes it


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The lab as a student gets it."""
    sync.write(sync.derive(LAB), tmp_path / "lab91_means")
    return read_lab(tmp_path / "lab91_means")


def line(lab: Lab, text: str) -> int:
    lines = lab.path("means.py").read_text(encoding="utf-8").split("\n")
    [number] = [number for number, found in enumerate(lines, 1) if text in found]
    return number


def outcomes(lab: Lab) -> dict[str, str]:
    checked = checking.run_public_checks(checking.open_session(lab))
    return {item.check.name: item.judged.outcome for item in checked if item.judged}


def write_add_alone(lab: Lab) -> None:
    skeleton = lab.path("means.py").read_text(encoding="utf-8")
    written = "self.count += 1\n        self.mean += (x - self.mean) / self.count\n"
    text = skeleton.replace("# TODO: your code\n        raise NotImplementedError\n", written, 1)
    lab.path("means.py").write_text(text, encoding="utf-8")


def test_a_lab_with_a_class_is_sound() -> None:
    linted = lint.lint(LAB)
    assert linted.faults == []
    assert (linted.mistakes, linted.alternatives) == ((3, 3), (2, 2))


def test_a_method_to_do_is_its_classs_and_what_uses_the_class_waits(lab: Lab) -> None:
    assert outcomes(lab) == {"added": "todo", "taken_out": "todo", "means": "todo"}
    write_add_alone(lab)
    assert outcomes(lab) == {"added": "passed", "taken_out": "todo", "means": "todo"}
    lab.path("means.py").write_text(REFERENCE, encoding="utf-8")
    assert outcomes(lab) == {"added": "passed", "taken_out": "passed", "means": "passed"}


def test_a_todo_in_a_method_names_the_class(lab: Lab) -> None:
    [checks] = load_modules(lab.folder, ["checks"])
    [added, *_] = checks_of(checks)
    found = answer(added, load_functions(lab, lab.folder), {"xs": [1.0]}, lab.folder, seconds=10)
    assert (found.status, found.todo) == ("todo", "RunningMean")


def test_a_task_waits_for_a_class_that_is_still_to_do(lab: Lab) -> None:
    skeleton = lab.path("means.py").read_text(encoding="utf-8")
    body = REFERENCE.split("### BEGIN SOLUTION\n")[-1].split("    ### END")[0]
    last = skeleton.rindex("    # TODO")
    lab.path("means.py").write_text(skeleton[:last] + body, encoding="utf-8")
    assert outcomes(lab) == {"added": "todo", "taken_out": "todo", "means": "skipped"}
    assert tasks_used(lab)["mean_of"] == {"RunningMean"}


def test_the_place_of_a_class_is_its_first_open_method(lab: Lab) -> None:
    task = lab.task("RunningMean")
    file = lab.path("means.py")
    assert place(lab, task, "RunningMean") == f"{file}:{line(lab, 'def add')}"
    write_add_alone(lab)
    assert place(lab, task, "RunningMean") == f"{file}:{line(lab, 'def without')}"
    file.write_text(REFERENCE, encoding="utf-8")
    assert place(lab, task, "RunningMean") == f"{file}:{line(lab, 'class RunningMean')}"


def test_resetting_puts_the_whole_class_back_and_nothing_else(lab: Lab) -> None:
    skeleton = lab.path("means.py").read_text(encoding="utf-8")
    written = WRITTEN.replace("@dataclasses.dataclass\n", "@dataclasses.dataclass(frozen=True)\n") + "\n\nmine = 1\n"
    lab.path("means.py").write_text(written, encoding="utf-8")
    backup = reset_task(lab, lab.task("RunningMean"))
    assert backup is not None
    assert (backup / "means.py").read_text(encoding="utf-8") == written
    now = lab.path("means.py").read_text(encoding="utf-8")
    start = skeleton.index("def mean_of")
    assert now.startswith(skeleton[:start])
    assert now.endswith(written[written.index("def mean_of") :])


def test_resetting_a_class_that_is_gone_says_how_to_go_on(lab: Lab) -> None:
    lab.path("means.py").write_text("def mean_of(xs): return 1\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"means\.py has no class RunningMean any more\. make lab91-reset FILE="):
        reset_task(lab, lab.task("RunningMean"))


def test_a_class_has_hints_by_its_name(lab: Lab) -> None:
    assert next_hint(lab, lab.task("RunningMean")) == (1, LAB.manifest.tasks[0].hints[0])


def test_lint_wants_a_docstring_of_the_class_and_of_its_methods(lab: Lab) -> None:
    bare = REFERENCE.replace('    """The mean of the numbers that were added so far."""\n\n', "")
    bare = bare.replace('        """One more number."""\n', "")
    lab.path("means.py").write_text(bare, encoding="utf-8")
    found = list(lint._docstring_faults(lab))
    assert found == ["means.py: RunningMean has no docstring", "means.py: RunningMean.add has no docstring"]
