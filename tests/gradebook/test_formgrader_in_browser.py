"""A person's points and comment, typed in formgrader in a real browser, are marks of ours.

Needs nbgrader (requirements/nbgrader.txt), Chromium and requirements/browser.txt; skipped where one is missing.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.gradebook.serving import served
from grader.results.marks import marks_beside
from tests.gradebook.course import Course, notebook_with

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if PROGRAM is None:
    pytest.skip("Chromium is not installed", allow_module_level=True)
pytest.importorskip("nbgrader", reason="requirements/nbgrader.txt is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="requirements/browser.txt is not installed")

READY = "window.formgrader?.grades?.loaded && formgrader.comments.loaded"
ATTACK = """My **answer**, with $a<b$. <script>document.title = "attacked"</script>
<img src=x onerror="document.title = 'attacked'"> [click](javascript:document.title='attacked')
![pixel](http://192.0.2.1/pixel.png) ![settings](/formgrader?path=/tmp)
<textarea id="plot-comment">attacked</textarea>
"""


@pytest.fixture
def tab() -> Iterator[Any]:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own, which root cannot have
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=PROGRAM, args=arguments)
        yield browser.new_page()
        browser.close()


def test_points_and_a_comment_typed_in_formgrader_are_a_mark(tab: Any, tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.write_report("ada", notebook_with({"plot": ATTACK}))
    course.type("export")
    asked = list[str]()
    tab.on("request", lambda request: asked.append(request.url))
    with served(course.folder) as server:
        base = server.address.partition("/formgrader")[0]
        tab.goto(server.address)
        tab.get_by_role("link", name="lab3").click()
        tab.get_by_role("link", name="report").click()
        tab.get_by_role("link", name="Submission #1").wait_for()
        tab.goto(f"{base}/formgrader/manage_students/ada/lab3")
        tab.get_by_role("link", name="report").click()
        tab.wait_for_function(READY)
        assert tab.locator("#plot-comment").count() == 1, "nothing of the student's has a name that formgrader uses"
        for field, text, answer in (
            ("#plot", "3.5", "/api/grade/"),
            ("#plot-comment", "Label the axis", "/api/comment/"),
        ):
            with tab.expect_response(lambda response, part=answer: part in response.url):
                tab.locator(field).fill(text)
                tab.locator(field).press("Tab")
        if folder := os.environ.get("SCREENSHOTS"):
            tab.screenshot(path=Path(folder) / "formgrader.png", full_page=True)
        assert tab.title() == "report"
        assert not [url for url in asked if "192.0.2.1" in url or "path=" in url]
    assert course.type("import") == 0
    [mark] = marks_beside(course.result("ada"))
    assert (mark.part, mark.points, mark.comment, mark.by) == ("plot", 3.5, "Label the axis", "eve")
    assert course.score("ada") == 54.25
