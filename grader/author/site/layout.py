"""Writes the source tree of one language for Sphinx: the Markdown pages under their names, and those that are made.

A page that has no Chinese version stands in the Chinese tree in English, under the same name; conf.py learns from
site.json which these are. Names are the same in both trees, so links that fit the repository fit here, too.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from grader.author.site import errata, schema
from grader.author.site.pages import BY_LINE, HOME, PARTS, SCHEMA, Page, names_in, pages_of

MARKERS = re.compile(r"^<!-- /?instructors -->\n", re.MULTILINE)
# README's line with the other language, for which every page of the site has a link of its own.
OTHER_LANGUAGE = re.compile(r"^(?:English · \[中文\]\(.*\)|\[English\]\(.*\) · 中文)\n\n?", re.MULTILINE)
# In a link: [the guide](working.zh.md), [its handout](../solutions/lab3_x/README.md#task).
TARGET = re.compile(r"(?<=\]\()(?P<path>[^)\s:#]*\.md)(?=[)#])")
COPIED = ("LICENSE", "docs/pictures", "grader/results/result.schema.json")  # what pages show, or link to

WORDS = {
    "en": {
        "labs": "Labs",
        "tutorial": "Beside the tutorial",
        "students": "For students",
        "instructors": "For instructors",
        "authors": "For authors",
        "decisions": "Decisions",
        "by_line": "The errata by the tutorial's lines",
        "by_line_says": "The tutorial's chapters, with the lines at which they begin. A number leads to what is wrong "
        "there, and to what is right.",
        "by_line_head": "| chapter | begins at line | lab | lines with errata |",
        "handout": "handout",
    },
    "zh": {
        "labs": "实验",
        "tutorial": "对照教程",
        "students": "学生",
        "instructors": "教师",
        "authors": "作者",
        "decisions": "设计决定",
        "by_line": "按教程行号查勘误",
        "by_line_says": "教程各章及其起始行号。点击行号，可以看到那里错在哪里，正确的是什么。",
        "by_line_head": "| 章 | 起始行 | 实验 | 有勘误的行 |",
        "handout": "讲义",
    },
}


def lay_out(root: Path, language: str, target: Path) -> None:
    """Writes into the empty folder `target` what Sphinx makes the pages of one language of."""
    pages = pages_of(root)
    for page in pages:
        _write(target, page.name, _text(root, page, language))
    words, home = WORDS[language], target / f"{HOME}.md"
    parts = {part: names for part in PARTS if (names := names_in(part, pages))}
    home.write_text(home.read_text(encoding="utf-8") + "".join(_contents(words, parts)), encoding="utf-8")
    places = errata.read_errata(root / "docs" / "errata.md")
    _write(target, BY_LINE, _by_line(words, places, {page.name for page in pages}))
    _write(target, SCHEMA, schema.page(root, language))
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name)
        elif (root / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    untranslated = [page.name for page in pages if language == "zh" and not page.chinese]
    (target / "site.json").write_text(json.dumps({"language": language, "untranslated": untranslated}))


def _write(target: Path, name: str, text: str) -> None:
    path = target / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _text(root: Path, page: Page, language: str) -> str:
    """A page's Markdown, whose links lead to pages by their names in the tree."""
    text = OTHER_LANGUAGE.sub("", MARKERS.sub("", page.source(language).read_text(encoding="utf-8")))

    def renamed(link: re.Match[str]) -> str:
        return re.sub(r"(^|/)README\.md$", r"\1index.md", path) if (path := _named(link)).count("labs/") == 0 else path

    def _named(link: re.Match[str]) -> str:
        return link["path"].replace(".zh.md", ".md").replace("solutions/", "labs/")

    return TARGET.sub(renamed, text)


def _contents(words: dict[str, str], parts: dict[str, list[str]]) -> Iterator[str]:
    """The table of contents, which stands beside every page and not in the text of the first."""
    for part, names in parts.items():
        lines = "\n".join(names)
        yield f"\n```{{toctree}}\n:hidden:\n:caption: {words[part]}\n\n{lines}\n```\n"


def _by_line(words: dict[str, str], places: list[errata.Place], names: set[str]) -> str:
    """The page that leads from the tutorial's chapters and lines to the errata. Its links are HTML: MyST knows no
    anchors in tables."""
    handouts = {name.split("/")[1].split("_")[0]: name for name in names if name.startswith("labs/")}
    rows = [words["by_line_head"], "| --- | --- | --- | --- |"]
    for begin, (chapter, lab) in errata.CHAPTERS.items():
        here = sorted((place for place in places if place.lab == lab), key=lambda place: (place.first, place.last))
        lines = ", ".join(f'<a href="errata.html#{place.anchor}">{place.lines}</a>' for place in here)
        handout = f"[{lab} {words['handout']}](../{handouts[lab]}.md)" if lab in handouts else lab
        rows.append(f"| {chapter} | {begin} | {handout} | {lines} |")
    return f"# {words['by_line']}\n\n{words['by_line_says']}\n\n" + "\n".join(rows) + "\n"
