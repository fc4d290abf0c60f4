"""A student's files as they come: what is said of them at home and where they are graded, in the same words."""

import ast
import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader import codes
from grader.author.sync import sync
from grader.grading.asking import WarmParent
from grader.grading.submission import Bench, Graded, open_bench
from grader.lab import Lab, read_lab
from grader.lab.student_file import PYTHON, needs_python, refused_imports
from grader.languages import say
from grader.student.checking import Session, open_session, run_public_checks
from tests.in_memory import lab_of

Grade = Callable[[Bench, Path], Graded]
WHOLE = 6.0


@pytest.fixture(scope="module")
def run(small_lab: Lab, warm_parent: WarmParent) -> Bench:
    return open_bench(small_lab, warm_parent, seed=1)


@pytest.fixture(scope="module")
def derived(small_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labs") / small_lab.folder.name
    sync(small_lab, folder)
    return folder


class Both:
    """One file, first.py, at home and graded."""

    def __init__(self, lab: Lab, home: Path, graded: Callable[[], Graded]) -> None:
        self.lab, self.home, self._graded = lab, home, graded

    @functools.cached_property
    def session(self) -> Session:
        return open_session(read_lab(self.home))

    @functools.cached_property
    def at_home(self) -> dict[str, tuple[str, str]]:
        """The outcome of each check, and what is said of it."""
        return {
            item.check.name: (item.judged.outcome, " ".join(map(say, item.judged.findings)))
            for item in run_public_checks(self.session)
            if item.judged
        }

    @functools.cached_property
    def result(self) -> Graded:
        return self._graded()

    @property
    def when_graded(self) -> dict[str, tuple[str, str]]:
        lines = [line for line in self.result.result.checks if line.visibility == "public"]
        return {line.check: (line.outcome, " ".join(map(say, line.findings))) for line in lines}


@pytest.fixture
def both(
    derived: Path,
    run: Bench,
    small_lab: Lab,
    graded: Grade,
    submitted: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Both]:
    """Puts a text in place of first.py, or of a part of the reference."""
    monkeypatch.setattr("sys.path", [*__import__("sys").path])

    def make(text: str | bytes = "", old: str = "", new: str = "", added: str = "") -> Both:
        home = shutil.copytree(derived, tmp_path / "home" / derived.name)
        shutil.copyfile(small_lab.path("second.py"), home / "second.py")
        reference = small_lab.path("first.py").read_text(encoding="utf-8")
        assert not old or old in reference
        content = text or reference.replace(old or "\0", new) + added
        data = content.encode() if isinstance(content, str) else content
        (home / "first.py").write_bytes(data)
        return Both(small_lab, home, lambda: graded(run, submitted(small_lab, {"first.py": data})))

    return make


REFERENCE = (Path(__file__).parent / "small_lab" / "lab90_numbers" / "first.py").read_text(encoding="utf-8")
READABLE = {
    "a mark and CRLF": b"\xef\xbb\xbf" + REFERENCE.replace("\n", "\r\n").encode(),
    "CR alone": REFERENCE.replace("\n", "\r").encode(),
    "tabs": REFERENCE.replace("    ", "\t").encode(),
    "latin-1 with a coding line": f"# -*- coding: latin-1 -*-\n# na\xefve\n{REFERENCE}".encode("latin-1"),
}
UNREADABLE = {
    "cp1252": (f"{REFERENCE}# \x93naive\x94\n".encode("latin-1"), "first.py is not UTF-8 (line "),
    "UTF-16": (REFERENCE.encode("utf-16"), "first.py is UTF-16: save it again with the encoding UTF-8"),
    "UTF-16 without a mark": (REFERENCE.encode("utf-16-le"), "first.py is UTF-16: save it again"),
    "a NUL": (REFERENCE.encode() + b"\0", "first.py holds a NUL byte (line "),
    "a coding line of no encoding": (
        b"# coding: klingon\n" + REFERENCE.encode(),
        "first.py cannot be decoded (unknown",
    ),
    "spaces that do not break": (REFERENCE.replace("    return x", "    return\xa0x").encode(), "U+00A0"),
    "tabs and spaces": (REFERENCE.replace("    return x", "\t    pass\n\treturn x").encode(), "first.py, line "),
    "an f-string of Python 3.12": (
        (REFERENCE + 'd = {}\nf"{d["kind"]}"\n').encode(),
        f"this is syntax of Python 3.12, and Python {PYTHON} reads it",
    ),
    "no Python": (b"def double(x:\n", f"was never closed (read by Python {PYTHON})"),
}


@pytest.mark.parametrize("how", READABLE)
def test_what_python_can_read_is_read(how: str, both: Callable[..., Both]) -> None:
    case = both(READABLE[how])
    assert {outcome for outcome, _ in case.at_home.values()} == {"passed"}
    assert (case.result.result.score, case.result.attention) == (WHOLE, [])


@pytest.mark.parametrize("how", UNREADABLE)
def test_what_cannot_be_read_has_its_reason_in_the_result_in_the_list_and_at_home(
    how: str, both: Callable[..., Both]
) -> None:
    data, words = UNREADABLE[how]
    if how.endswith("3.12") and PYTHON != "3.11":
        pytest.skip("this Python reads it")
    case = both(data)
    outcome, said = case.at_home["doubled"]
    assert outcome == "failed" and words in said
    assert case.when_graded == case.at_home
    assert case.result.result.score == 2, "the other file's"
    [found] = case.result.attention
    assert codes.FILE_UNUSABLE.made(found) and said in say(found)
    assert found in case.result.result.notes


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ('return f"{d["kind"]}"', "3.12"),
        ('f"{", ".join(xs)}"', "3.12"),
        ("type Pair = tuple[int, int]", "3.12"),
        ("def first[T](xs: list[T]) -> T:", "3.12"),
        ("except ValueError, TypeError:", "3.14"),
        ('f"{x" + "}"', ""),
        ('print(f"{a}", "b", f"{c}")', ""),
        ("f'{d[\"kind\"]}'", ""),
        ("type = 3", ""),
    ],
)
def test_syntax_of_a_later_python_is_known_by_its_looks(line: str, needed: str) -> None:
    assert needs_python(line) == needed


# --- what an import, or a call, may not do ----------------------------------------------------------------------------

LOADER = "import torch\nfor batch in torch.utils.data.DataLoader(torch.arange(4), num_workers=1): pass\n"
ONE_PROCESS = "it ran into a limit: 1 process at a time, its own included (processes in lab.toml)"
NO_TERMINAL = "it ran into a limit: nothing can be read from a terminal while it is imported or checked"
IMPORTS = {
    "input": ("name = input('Your name? ')\n", NO_TERMINAL),
    "a breakpoint": ("import sys; sys.breakpointhook = sys.__breakpointhook__; breakpoint()\n", NO_TERMINAL),
    "workers of a loader": (LOADER, ONE_PROCESS),
    "a fork": ("import os; os.fork()\n", ONE_PROCESS),
    "a program": ("import subprocess; subprocess.run(['true'])\n", ONE_PROCESS),
    "a download": ("import urllib.request as r; r.urlopen('http://127.0.0.1:9/')\n", "there is no network where it is"),
}
SLOW = {
    "computing": "while True: pass\n",
    "sleeping": "import time\nfor epoch in range(100): time.sleep(0.1)\n",
    "catching all": "while True:\n    try:\n        while True: pass\n    except Exception: pass\n",
}


@pytest.mark.parametrize("how", IMPORTS)
def test_what_an_import_may_not_do_is_named_in_both_places(how: str, both: Callable[..., Both]) -> None:
    code, words = IMPORTS[how]
    case = both(added=code)
    outcome, said = case.at_home["doubled"]
    assert outcome == "failed" and words in said and said.startswith("first.py, line ")
    assert case.when_graded == case.at_home


@pytest.mark.parametrize("how", SLOW)
def test_an_import_that_takes_too_long_is_named_with_its_seconds_in_both_places(
    how: str, both: Callable[..., Both]
) -> None:
    case = both(added=SLOW[how])
    said = 'first.py was still being imported after 0.5 seconds: put what trains under if __name__ == "__main__":'
    assert case.at_home["doubled"] == ("failed", said)
    assert case.when_graded == case.at_home
    assert case.at_home["totals"][0] == "passed"


IN_FUNCTIONS = {
    "exit": ("import sys; sys.exit(0)", "failed", "it raised SystemExit: 0"),
    "exit at once": ("import os; os._exit(0)", "crashed", "its process ended during the call"),
    "input": ("return input()", "crashed", NO_TERMINAL),
    "an endless loop": ("while True: pass", "timeout", "it was stopped after 0.3 seconds"),
    "printing without end": ("while True: print(end='')", "timeout", "it was stopped after 0.3 seconds"),
    "sleep": ("import time; time.sleep(60)", "timeout", "it was stopped after 0.3 seconds"),
    "memory": ("return len(bytearray(10**9))", "crashed", "100 MB of memory"),
    "a program": ("import os; os.system('true')", "crashed", ONE_PROCESS),
    "threads": (
        "from threading import Event, Thread\n    for _ in range(99): Thread(target=Event().wait, daemon=True).start()",
        "crashed",
        "64 threads at a time",
    ),
    "recursion": ("return double(x)", "failed", "it raised RecursionError"),
    "a generator": ("yield x", "failed", "an object of type generator"),
    "nothing": ("pass", "failed", "None came back where a float is expected"),
}


@pytest.mark.parametrize("how", IN_FUNCTIONS)
def test_a_function_that_misbehaves_costs_its_own_points_alike_in_both_places(
    how: str, both: Callable[..., Both]
) -> None:
    code, outcome, words = IN_FUNCTIONS[how]
    case = both(old="return x + x", new=code)
    assert case.at_home["doubled"][0] == outcome and words in case.at_home["doubled"][1]
    assert case.when_graded == case.at_home
    assert case.at_home["shifted"] == case.at_home["totals"] == ("passed", "")


# --- imports that are not allowed, and names that hide others --------------------------------------------------------


def test_an_import_that_is_not_allowed_costs_what_uses_it(both: Callable[..., Both]) -> None:
    helper = "import pandas as pd\n\n\ndef mean(x):\n    return pd.Series([x, x]).sum()\n"
    case = both(old="return x + x", new="return mean(x)", added=helper)
    outcome, said = case.at_home["doubled"]
    assert outcome == "failed" and "lab90 does not allow an import of pandas" in said
    assert case.when_graded == case.at_home
    assert case.at_home["shifted"] == ("passed", "")


def test_an_import_that_is_not_allowed_costs_all_where_the_module_itself_uses_it(both: Callable[..., Both]) -> None:
    case = both(added="import pandas as pd\n\nFRAME = pd.DataFrame()\n")
    assert case.at_home["doubled"][0] == case.at_home["shifted"][0] == "failed"
    assert case.when_graded == case.at_home
    assert [note.code for note in case.session.notes] == ["import_not_allowed"]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("import trl", ""),
        ("from trl import GRPOConfig, rewards_of_mine", ""),
        ("from trl.trainer import utils", ""),
        ("import trl.rewards", "trl.rewards"),
        ("import trl.rewards.format_rewards as f", "trl.rewards.format_rewards"),
        ("from trl import rewards", "trl.rewards"),
        ("from trl.rewards import accuracy_reward", "trl.rewards"),
        ("from trl.rewards.format_rewards import think_format_reward", "trl.rewards.format_rewards"),
    ],
)
def test_of_a_library_that_is_allowed_a_lab_may_refuse_a_part(text: str, refused: str) -> None:
    lab = lab_of()
    manifest = msgspec.structs.replace(lab.manifest, allowed_imports=["trl"], refused_imports=["trl.rewards"])
    found = refused_imports(ast.parse(text), "a.py", msgspec.structs.replace(lab, manifest=manifest))
    assert [str(finding.values["module"]).startswith(refused) for finding in found.values()] == [True] * bool(refused)


def test_an_import_that_nothing_uses_is_said_and_costs_nothing(both: Callable[..., Both]) -> None:
    case = both(added="import pandas as pd\n\n\ndef show(frame: pd.DataFrame) -> None: ...\n")
    assert {outcome for outcome, _ in case.at_home.values()} == {"passed"}
    assert case.result.result.score == WHOLE
    assert len(case.session.notes) == 1


def test_an_import_with_another_way_without_it_takes_that(both: Callable[..., Both]) -> None:
    way = "try:\n    from pandas import Series\nexcept ImportError:\n    Series = list\nassert Series is list\n"
    assert both(added=way).at_home["doubled"] == ("passed", "")


@pytest.mark.parametrize("name", ["random", "types", "copy", "torch", "queue"])
def test_a_file_with_the_name_of_a_module_is_named_and_hides_nothing(name: str, both: Callable[..., Both]) -> None:
    case = both(added=f"import {name}\nassert not hasattr({name}, 'helper')\n")
    (case.home / f"{name}.py").write_text("def helper(): return 1\n")
    assert {outcome for outcome, _ in case.at_home.values()} == {"passed"}
    [note] = case.session.notes
    assert say(note).startswith(f"{name}.py in the lab's folder has the name of the module {name}")


def test_torch_compile_does_nothing_where_a_function_is_checked(both: Callable[..., Both]) -> None:
    compiled = "import torch\n\n\n@torch.compile(mode='reduce-overhead')\ndef double"
    case = both(old="def double", new=compiled)
    assert case.at_home["doubled"] == ("passed", "")
    assert case.result.result.score == WHOLE


def test_limits_are_those_of_the_lab_again_afterwards(both: Callable[..., Both]) -> None:
    import os
    import resource
    import sys

    before = resource.getrlimit(resource.RLIMIT_NOFILE), sys.stdin, os._exit
    assert both().at_home
    assert before == (resource.getrlimit(resource.RLIMIT_NOFILE), sys.stdin, os._exit)


def test_a_limit_has_a_sentence_of_its_own() -> None:
    limits = msgspec.structs.replace(read_lab(Path(__file__).parent / "small_lab" / "lab90_numbers").manifest.limits)
    from grader.lab.limits import FINDINGS, REFUSED, over_limit

    said = {name: say(over_limit(limits, name)) for name in FINDINGS}
    assert set(REFUSED.values()) <= said.keys()
    assert all(sentence.startswith("it ran into a limit: ") for sentence in said.values())
