"""What the site is made of, without Sphinx: its pages, the tutorial's lines, the form of results."""

import json
from pathlib import Path

import pytest

from grader.author.site import errata, schema
from grader.author.site.layout import lay_out
from grader.author.site.pages import BY_LINE, HOME, PARTS, SCHEMA, names_in, pages_of
from grader.lab import ROOT

PLACES = errata.read_errata(ROOT / "docs" / "errata.md")


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit of few pages, of which some have a Chinese version."""
    texts = {
        "README.md": "# Kit\n\nEnglish · [中文](README.zh.md)\n"
        "<!-- instructors -->\n\nSee [the guide](docs/guide.md).\n<!-- /instructors -->\n",
        "README.zh.md": "# 套件\n\n[English](README.md) · 中文\n\n"
        "见[指南](docs/guide.zh.md#开始)和[讲义](solutions/lab1_words/README.zh.md)。\n",
        "CHANGELOG.md": "# Changes\n",
        "docs/guide.md": "# Guide\n\n[Start](../README.md), [handout](../solutions/lab1_words/README.md)\n",
        "docs/guide.zh.md": "# 指南\n\n[首页](../README.zh.md#套件)\n",
        "docs/errata.md": "# Errata\n\n## Lab 1: chapter 1\n\n| line | right |\n| --- | --- |\n| 7, 12 to 14 | `x` |\n",
        "docs/decisions/one.md": "# One\n",
        "solutions/lab1_words/README.md": "# Lab 1: words\n",
        "solutions/lab1_words/hidden.md": "secret",
        "grader/results/result.schema.json": (ROOT / schema.FILE).read_text(encoding="utf-8"),
    }
    for name, text in texts.items():
        (tmp_path / "kit" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "kit" / name).write_text(text, encoding="utf-8")
    return tmp_path / "kit"


def laid_out(kit: Path, language: str) -> Path:
    target = kit.with_name(language)
    target.mkdir()
    lay_out(kit, language, target)
    return target


def test_both_languages_have_the_same_pages(kit: Path) -> None:
    english, chinese = laid_out(kit, "en"), laid_out(kit, "zh")
    names = {page.relative_to(english).as_posix() for page in english.rglob("*.md")}
    assert names == {page.relative_to(chinese).as_posix() for page in chinese.rglob("*.md")}
    assert {"index.md", "docs/guide.md", "labs/lab1_words/README.md", f"{BY_LINE}.md", f"{SCHEMA}.md"} < names
    assert not any("hidden" in name or ".zh." in name for name in names)


def test_what_has_no_chinese_version_is_named_and_stands_there_in_english(kit: Path) -> None:
    chinese = laid_out(kit, "zh")
    untranslated = json.loads((chinese / "site.json").read_text())["untranslated"]
    assert set(untranslated) == {"CHANGELOG", "docs/decisions/one", "docs/errata", "labs/lab1_words/README"}
    assert (chinese / "CHANGELOG.md").read_text() == "# Changes\n"
    assert "# 指南" in (chinese / "docs" / "guide.md").read_text(encoding="utf-8")


def test_links_between_files_become_links_between_pages(kit: Path) -> None:
    english, chinese = laid_out(kit, "en"), laid_out(kit, "zh")
    assert "[Start](../index.md), [handout](../labs/lab1_words/README.md)" in (english / "docs/guide.md").read_text()
    assert "[首页](../index.md#套件)" in (chinese / "docs/guide.md").read_text(encoding="utf-8")
    home = (chinese / "index.md").read_text(encoding="utf-8")
    assert "[指南](docs/guide.md#开始)和[讲义](labs/lab1_words/README.md)" in home


def test_the_release_markers_are_not_shown(kit: Path) -> None:
    assert "<!--" not in (laid_out(kit, "en") / "index.md").read_text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_line_of_languages_is_not_shown_twice(kit: Path, language: str) -> None:
    home = (laid_out(kit, language) / "index.md").read_text(encoding="utf-8")
    assert "English" not in home and "中文" not in home


def test_every_page_stands_in_one_part_and_what_is_new_in_the_authors(kit: Path) -> None:
    (kit / "docs" / "new.md").write_text("# New\n")
    pages = pages_of(kit)
    listed = [name for part in PARTS for name in names_in(part, pages)]
    assert sorted(listed) == sorted({page.name for page in pages} - {HOME} | {BY_LINE, SCHEMA})
    assert names_in("authors", pages) == ["docs/guide", "docs/new", "CHANGELOG"]


def test_the_page_by_lines_leads_to_rows(kit: Path) -> None:
    page = (laid_out(kit, "en") / f"{BY_LINE}.md").read_text()
    assert '<a href="errata.html#L7">7</a>, <a href="errata.html#L12">12–14</a>' in page
    assert "| 1 | 1 | [lab1 handout](../labs/lab1_words/README.md) |" in page


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        ("1505", [(1505, 1505)]),
        ("843 to 861, 1038", [(843, 861), (1038, 1038)]),
        ("843 至 861、1038", [(843, 861), (1038, 1038)]),
        ("77–83", [(77, 83)]),
        ("8 episodes", []),
        ("lab4", []),
        ("", []),
    ],
)
def test_a_cell_of_lines_is_told_from_others(cell: str, lines: list[tuple[int, int]]) -> None:
    assert [(first, last) for _, first, last in errata.lines_in(cell)] == lines


def test_a_line_named_twice_has_two_anchors() -> None:
    anchors = errata.Anchors()
    assert [anchors.next(line) for line in (7, 8, 7)] == ["L7", "L8", "L7-2"]
    assert len({place.anchor for place in PLACES}) == len(PLACES)


def test_a_line_leads_to_the_row_of_its_own_lab_and_to_a_row_that_has_it_in_the_middle() -> None:
    assert [place.lab for place in PLACES if place.first == 796] == ["lab2", "lab6"]
    for lab in ("lab2", "lab6"):
        place = errata.place_of(796, 796, lab, PLACES)
        assert place is not None and place.lab == lab
    inside = errata.place_of(140, 141, "lab1", PLACES)
    assert inside is not None and inside.anchor == "L138"
    assert errata.place_of(2, 3, "lab1", PLACES) is None


def test_every_lab_of_a_chapter_has_errata_within_that_chapter() -> None:
    begins = [*errata.CHAPTERS, 5000]
    for begin, end, (_, lab) in zip(begins, begins[1:], errata.CHAPTERS.values(), strict=False):
        here = [place for place in PLACES if place.lab == lab]
        assert here
        # Two labs name what an earlier chapter says of their algorithm.
        assert all(place.first < end for place in here) and any(begin <= place.first for place in here)


def test_the_form_of_results_is_described_in_both_languages() -> None:
    form = json.loads((ROOT / schema.FILE).read_text(encoding="utf-8"))
    assert schema.meanings("zh").keys() == schema.fields(form).keys()
    pages = {language: schema.page(ROOT, language).splitlines() for language in ("en", "zh")}
    first = {
        language: [line.split("|")[1] for line in page if line.startswith("| `")] for language, page in pages.items()
    }
    assert first["en"] == first["zh"]
    assert len(first["en"]) == sum(len(record["properties"]) for record in form["$defs"].values())
    assert '| `outcome` | one of `"crashed"`, ' in "\n".join(pages["en"])
