"""The pages in a real browser: axe finds nothing, nothing is wider than the screen, nothing is loaded, all is printed.

Needs Chromium, and what requirements/browser.txt names (docs/authoring.md, Locks); skipped where either is missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import codes
from grader.lab import find_lab, solutions_folder
from grader.renderers import html as renderer
from grader.renderers import writing
from grader.renderers.words import words_of
from grader.results.cohort import Cohort, read_cohort
from tests import cohorts
from tests.browsers import axe, chromium

SCREENS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
PAGES = ("index.html", "students/ada0000.html", "feedback.html", "none/index.html")
UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = true)"
LOOKED_FOR = {"color-contrast", "heading-order", "html-has-lang", "document-title", "landmark-one-main", "region"}
RULES = {"rules": {"target-size": {"enabled": True}}}  # of WCAG 2.2, which axe leaves out unless it is asked


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages of two labs, one page of feedback, and the page of a cohort of which nothing is read."""
    folder = tmp_path_factory.mktemp("report")
    labs = [find_lab(name, solutions_folder()) for name in ("lab3", "lab7")]
    for lab in labs:
        cohorts.write_cohort(folder / "graded", lab, 12, seed=2)
    words = {lab.name: words_of(lab) for lab in labs}
    read = [read_cohort(folder / "graded", lab.name) for lab in labs]
    writing.write_report(renderer.report(read, words), folder)
    writing.write_report(renderer.feedback(read[0].standings[1].view(), words["lab3"]), folder)
    empty = Cohort("lab3", [], ["ada"], [codes.RUN_STOPPED(lab="lab3")])
    writing.write_report(renderer.report([empty], words), folder / "none")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def opened(browser: Any, path: Path, width: int = 1280, scheme: str = "light") -> Any:
    """A tab with the page. Its policy would keep axe out, and is set aside."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    tab.goto(path.as_uri())
    return tab


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: str, width: int, scheme: str, report: Path, browser: Any
) -> None:
    tab = opened(browser, report / page, width, scheme)
    tab.evaluate(UNFOLD)
    found = axe.Axe().run(tab, options=RULES).response
    assert {each["id"] for each in found["passes"]} >= LOOKED_FOR
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.context.close()


def test_a_dark_screen_has_light_text_on_dark_paper(report: Path, browser: Any) -> None:
    def lightness(scheme: str) -> tuple[int, int]:
        tab = opened(browser, report / "index.html", scheme=scheme)
        style = "getComputedStyle(document.body)"
        colours = [tab.evaluate(f"{style}.{of}.match(/\\d+/)[0]") for of in ("color", "backgroundColor")]
        tab.context.close()
        return int(colours[0]), int(colours[1])

    text, paper = lightness("light")
    assert text < 60 and paper > 200
    text, paper = lightness("dark")
    assert text > 200 and paper < 60


def test_what_is_folded_away_is_printed(report: Path, browser: Any) -> None:
    tab = opened(browser, report / "index.html", scheme="dark")
    heights = "[...document.querySelectorAll('details:not([open]) table')].map(each => each.checkVisibility())"
    on_screen = tab.evaluate(heights)
    assert on_screen and not any(on_screen)
    tab.emulate_media(media="print")
    assert all(tab.evaluate(heights))
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tab.context.close()


def test_a_page_asks_for_nothing_but_itself_and_obeys_its_policy(report: Path, browser: Any) -> None:
    context = browser.new_context()
    tab = context.new_page()
    asked, said = list[str](), list[str]()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto((report / "index.html").as_uri())
    assert (asked, said) == ([(report / "index.html").as_uri()], [])
    first = tab.locator("a[href^='students/']").first
    tab.evaluate(UNFOLD)
    name = first.inner_text()
    first.click()
    assert tab.locator("h1").inner_text() == f"Results of {name}"
    context.close()
