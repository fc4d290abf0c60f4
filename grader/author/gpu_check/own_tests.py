"""The item of the kit's own tests that touch devices."""

import importlib.util
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from grader.author.gpu_check.report import Cell, Table
from grader.author.gpu_check.scripts import WORDS, run
from grader.author.gpu_check.settings import Found, Settings, Tell
from grader.plain import one_line

# Those that load a model that goes to a GPU, or make tensors that could.
TESTS = (
    "tests/test_language_model.py",
    "tests/test_pretended.py",
    "tests/test_checks.py",
    "tests/test_compare.py",
    "tests/test_toys.py",
    "tests/test_lab9_library.py",
    "tests/test_trl_agreement.py",
)


def own(tests: Sequence[str], tell: Tell, settings: Settings) -> None:
    """The item of the kit's own tests: how many passed, and which did not."""
    if importlib.util.find_spec("pytest") is None:
        return tell(Found("not run", reason="pytest is not installed"))
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as folder:
        report = Path(folder) / "report.xml"
        ran = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests], {}, settings)
        if not report.is_file():
            return tell(ran.failure() or Found("failed", reason="pytest left no report"))
        tell(tests_found(report.read_text(encoding="utf-8")))


def tests_found(junit: str) -> Found:
    """What a JUnit report says, with a row for each test that did not pass."""
    cases = list(ET.fromstring(junit).iter("testcase"))
    rows: list[dict[str, Cell]] = []
    for case in cases:
        for wrong in (*case.findall("failure"), *case.findall("error")):
            name = f"{case.get('classname')}::{case.get('name')}"
            rows.append({"test": name, "words": one_line(wrong.get("message") or "", WORDS)})
    skipped = sum(case.find("skipped") is not None for case in cases)
    figure = f"{len(cases) - len(rows) - skipped} passed, {len(rows)} failed, {skipped} skipped"
    failed = bool(rows) or not cases
    return Found(
        "failed" if failed else "passed", figure, tables=[Table("Tests that did not pass", rows)] if rows else ()
    )
