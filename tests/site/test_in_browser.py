"""The site in a real browser, opened from its files: axe, searches in both languages, the switch, and what is loaded.

Needs Chromium, and what requirements/browser.txt names (docs/authoring.md, Locks); skipped where either is missing.
"""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import axe, chromium

KINDS = (
    "index",
    "search",
    "labs/lab6_kto/README",
    "docs/errata-by-line",
    "docs/result-schema",
    "docs/decisions/findings",
)
SCREENS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
# A file may not read another by XMLHttpRequest, which axe would do for style sheets.
OPTIONS = {"preload": False}
LOOKED_FOR = {"color-contrast", "html-has-lang", "document-title", "landmark-one-main", "region", "link-name"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(kind: str, language: str, site: Path, tab: Any) -> None:
    tab.goto((site / language / f"{kind}.html").as_uri())
    for width, scheme in SCREENS[::3] if kind.startswith("labs/") else SCREENS:  # axe takes long on a long page
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(tab, options=OPTIONS).response
        assert {each["id"] for each in found["passes"]} >= LOOKED_FOR
        faults = [(each["id"], node["html"]) for each in found["violations"] for node in each["nodes"]]
        # axe takes a header for empty that holds a formula alone: it reads no MathML, as screen readers do.
        assert [fault for fault in faults if fault[0] != "empty-table-header" or "<math" not in fault[1]] == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("query", ["优势", "裁剪", "裁剪目标", "广义优势估计"])
def test_chinese_is_found(query: str, site: Path, tab: Any) -> None:
    said = list[str]()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto((site / "zh" / "index.html").as_uri())
    tab.locator(".sidebar-search").fill(query)
    tab.locator(".sidebar-search").press("Enter")
    tab.wait_for_selector("#search-results ul.search li a")
    assert any("glossary" in link for link in hrefs(tab))
    assert said == []


def test_english_is_found_and_what_is_not_there_is_not(site: Path, tab: Any) -> None:
    tab.goto((site / "en" / "search.html").as_uri() + "?q=reward_to_go")
    tab.wait_for_selector("#search-results ul.search li a")
    assert any("lab3" in link for link in hrefs(tab))
    tab.goto((site / "en" / "search.html").as_uri() + "?q=zyzzyva")
    tab.wait_for_selector("#search-results .search-summary")
    tab.wait_for_timeout(300)
    assert hrefs(tab) == []


def test_a_server_shows_a_piece_of_what_was_found(site: Path, tab: Any) -> None:
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(site)))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        tab.goto(f"http://127.0.0.1:{serving.server_port}/zh/search.html?q=优势")
        tab.wait_for_selector("#search-results p.context")
        assert "优势" in tab.locator("#search-results p.context").first.inner_text()
    finally:
        serving.shutdown()
        serving.server_close()


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def hrefs(tab: Any) -> list[str]:
    return [link.get_attribute("href") for link in tab.locator("#search-results ul.search li a").all()]


def test_a_page_asks_for_nothing_but_files_of_the_site(site: Path, tab: Any) -> None:
    asked, said = list[str](), list[str]()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    for page in ("index.html", "en/index.html", "zh/labs/lab3_policy_gradient/README.html", "en/docs/errata.html"):
        tab.goto((site / page).as_uri())
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(site.as_uri())] == []
    assert said == []


def test_the_switch_leads_to_the_same_page_and_back(site: Path, tab: Any) -> None:
    tab.goto((site / "en" / "docs" / "glossary.html").as_uri())
    tab.locator(".sidebar-drawer .language-switch a").click()
    assert tab.url == (site / "zh" / "docs" / "glossary.html").as_uri()
    tab.set_viewport_size({"width": 390, "height": 900})
    tab.locator(".language-switch-narrow a").click()
    assert tab.url == (site / "en" / "docs" / "glossary.html").as_uri()


def test_a_line_of_a_handout_leads_to_its_row(site: Path, tab: Any) -> None:
    tab.goto((site / "en" / "labs" / "lab3_policy_gradient" / "README.html").as_uri())
    tab.locator("article a[href$='#L1505']").click()
    assert tab.url == (site / "en" / "docs" / "errata.html").as_uri() + "#L1505"
    assert "terminated *or truncated*".replace("*", "") in tab.locator("tr:has(:target)").inner_text()
    tab.wait_for_function("document.querySelector(':target').getBoundingClientRect().top < innerHeight")  # it glides


def test_formulas_are_laid_out(site: Path, tab: Any) -> None:
    tab.goto((site / "en" / "labs" / "lab3_policy_gradient" / "README.html").as_uri())
    assert tab.locator("article math").count() > 50
    assert tab.locator("article .formula math").first.bounding_box()["height"] > 20
