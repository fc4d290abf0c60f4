"""The site as it was built: every link arrives, nothing is loaded from elsewhere, and nothing secret is in it."""

import html.parser
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from grader.author.leaks import seeker
from grader.author.site import errata, finish
from grader.author.site.pages import BY_LINE, SCHEMA, pages_of
from grader.lab import ROOT, lab_folders, read_lab, solutions_folder

# What a browser loads by itself, by element and attribute.
LOADED = {
    *(("script", "src"), ("img", "src"), ("img", "srcset"), ("iframe", "src"), ("source", "src"), ("source", "srcset")),
    *(("video", "src"), ("audio", "src"), ("embed", "src"), ("object", "data"), ("use", "href"), ("input", "src")),
}
NOT_LOADED = {"canonical", "alternate", "search", "index", "next", "prev", "author"}  # of <link rel=...>
IN_CSS = re.compile(r"(?:url\(\s*|@import\s+)['\"]?(?P<url>[^'\")\s;]*)")


class Read(html.parser.HTMLParser):
    """What the tests ask of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.ids, self.links, self.loads, self.text = list[str](), list[str](), list[str](), list[str]()
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if tag == "a" and "href" in values else []
        self.loads += [value for name, value in values.items() if (tag, name) in LOADED]
        self.loads += [found["url"] for found in IN_CSS.finditer(values.get("style", ""))]
        self.text += ["`"] if tag == "code" else []  # as it is written, so that no word grows together with the next
        if tag == "html":
            self.language = values["lang"]
        if tag == "link" and not NOT_LOADED & {*values["rel"].split()}:
            self.loads.append(values["href"])

    def handle_endtag(self, tag: str) -> None:
        self.text += ["`"] if tag == "code" else []

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Read]:
    """Every page, by its path in the site."""
    return {path.relative_to(site).as_posix(): Read(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_is_there_in_both_languages(pages: dict[str, Read]) -> None:
    names = {page.name for page in pages_of(ROOT)} | {BY_LINE, SCHEMA, "search"}
    for language, lang in (("en", "en"), ("zh", "zh-CN")):
        there = {name for name in pages if name.startswith(f"{language}/")}
        assert there == {f"{language}/{name}.html" for name in names}
        assert {pages[name].language for name in there} == {lang}


def test_every_link_within_the_site_arrives(site: Path, pages: dict[str, Read]) -> None:
    dead, followed = list[str](), 0
    for name, page in pages.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            followed += 1
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            there = target.resolve().relative_to(site.resolve()).as_posix()
            arrives = target.is_file() and (
                there not in pages or not parts.fragment or unquote(parts.fragment) in pages[there].ids
            )
            if not arrives:
                dead.append(f"{name}: {link}")
    assert followed > 5000
    assert dead == []


def test_no_id_stands_twice_on_a_page(pages: dict[str, Read]) -> None:
    twice = {name: {each for each in page.ids if page.ids.count(each) > 1} for name, page in pages.items()}
    assert {name: ids for name, ids in twice.items() if ids} == {}


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Read]) -> None:
    loaded = [(name, url) for name, page in pages.items() for url in page.loads]
    for path in site.rglob("*.css"):
        loaded += [(path.name, found["url"]) for found in IN_CSS.finditer(path.read_text(encoding="utf-8"))]
    assert len(loaded) > 500
    assert [
        (name, url)
        for name, url in loaded
        if not url.startswith("data:") and (urlsplit(url).scheme or url.startswith("//"))
    ] == []


def test_each_page_leads_to_the_same_page_in_the_other_language(pages: dict[str, Read]) -> None:
    for name, page in pages.items():
        if "/" in name:
            language, _, rest = name.partition("/")
            other = "../" * rest.count("/") + f"../{'zh' if language == 'en' else 'en'}/{rest}"
            assert other in page.links, name


def test_what_has_no_chinese_version_says_so_and_nothing_else_does(pages: dict[str, Read]) -> None:
    says = {name for name, page in pages.items() if "本页还没有中文版，以下是英文原文。" in "".join(page.text)}
    assert says == {f"zh/{page.name}.html" for page in pages_of(ROOT) if not page.chinese}


def test_the_theme_speaks_chinese_too(site: Path, pages: dict[str, Read]) -> None:
    english = (site / "en" / "docs" / "glossary.html").read_text(encoding="utf-8")
    chinese = (site / "zh" / "docs" / "glossary.html").read_text(encoding="utf-8")
    for before, after in finish.CHINESE.items():
        if "Home" not in before:  # stands on the second page alone
            assert before in english and before not in chinese and after in chinese, before


def test_each_row_of_the_errata_has_its_anchor(pages: dict[str, Read]) -> None:
    places = errata.read_errata(ROOT / "docs" / "errata.md")
    assert len(places) > 150
    for language in ("en", "zh"):
        anchors = {each for each in pages[f"{language}/docs/errata.html"].ids if re.fullmatch(r"L\d+(-\d)?", each)}
        assert anchors == {place.anchor for place in places}
        links = pages[f"{language}/{BY_LINE}.html"].links
        assert {link.partition("#")[2] for link in links if link.startswith("errata.html#L")} == anchors


def test_a_handouts_lines_lead_to_the_errata(pages: dict[str, Read]) -> None:
    """Each handout's table names lines of the errata; lab 0 has none."""
    for handout in sorted((ROOT / "solutions").glob("lab[1-9]*/README.md")):
        rows = [
            errata.ROW.match(line)
            for line in handout.read_text(encoding="utf-8").partition("## Where the tutorial")[2].splitlines()
        ]
        named = [line for row in rows if row for line in errata.lines_in(row["lines"])]
        links = pages[f"en/labs/{handout.parent.name}/README.html"].links
        assert named and len([link for link in links if "docs/errata.html#L" in link]) == len(named), handout


def test_a_page_named_in_a_sentence_is_a_link(pages: dict[str, Read]) -> None:
    assert "docs/docker.html" in pages["en/index.html"].links
    assert "grading.html" in pages["en/docs/results.html"].links


def test_no_formula_is_left_as_it_is_typed(pages: dict[str, Read]) -> None:
    left = {name: re.findall(r"\\(?:frac|pi|theta|log|mathbb)\b", "".join(page.text)) for name, page in pages.items()}
    assert {name for name, found in left.items() if found} <= {
        f"{language}/docs/errata.html" for language in ("en", "zh")
    }


def test_no_page_holds_a_line_of_a_solution_or_of_hidden_cases(site: Path, pages: dict[str, Read]) -> None:
    """As text: in the HTML a line of code is cut up by the colours of its words."""
    secrets_in = seeker([read_lab(folder) for folder in lab_folders(solutions_folder())])
    texts = ["".join(page.text) for page in pages.values()]
    indexes = [index.read_text(encoding="utf-8") for index in site.rglob("searchindex.js")]
    assert secrets_in("\n".join([*texts, *indexes]).encode()) == []
    solution = "objectives = {name: theta.new_zeros(()) for name in names}"
    assert solution in (ROOT / "solutions" / "lab3_policy_gradient" / "returns.py").read_text(encoding="utf-8")
    assert secrets_in(solution.encode()) != []


def test_the_search_index_has_words_of_both_languages(site: Path) -> None:
    index = (site / "zh" / "searchindex.js").read_text(encoding="utf-8")
    for word in ("优势", "裁剪", "advantag"):
        assert json.dumps(word) in index, word
