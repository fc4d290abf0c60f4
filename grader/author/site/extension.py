"""What the site needs of Sphinx besides its own: MathML, links from words, the errata's lines, the other language."""

import re
from pathlib import Path
from typing import Any

import jieba
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search import languages as search_languages
from sphinx.search.zh import SearchChinese

from grader.author.site import errata
from grader.author.site.finish import finished
from grader.author.site.formulas import mathml

# A page that a sentence names by its path in the repository, as in "docs/gpu.md says how".
NAMED = re.compile(
    r"(?<![\w/.-])(?P<name>(?:docs/(?:decisions/)?|labs/\w+/)[\w-]+|CONTRIBUTING|CHANGELOG)(?:\.zh)?\.md\b"
)
LAB = re.compile(r"(?:\blab|实验 )(?P<number>\d)\b")
QUIET = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.reference, nodes.raw, nodes.title)
ERRATA = "docs/errata"
HERE_AND_THERE = {"en": ("English", "中文", "zh"), "zh_CN": ("中文", "English", "en")}
DIAGRAM = {
    "en": "A diagram, as it is written in Mermaid's language; GitHub draws it.",
    "zh_CN": "用 Mermaid 语言写的图，GitHub 会把它画出来。",
}

# A reader types 策略梯度方法 without blanks; the index has words. So runs of Chinese are parted into the index's own
# words, the longest first.
SPLITTER = r"""
var splitQuery = (query) => query
  .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu)
  .flatMap((part) => part.match(/\p{Script=Han}+|\P{Script=Han}+/gu) ?? [])
  .flatMap((part) => {
    if (!/\p{Script=Han}/u.test(part)) return [part];
    const known = (word) => Object.hasOwn(Search._index.terms, word) || Object.hasOwn(Search._index.titleterms, word);
    const words = [];
    for (let start = 0; start < part.length; ) {
      let end = part.length;
      while (end > start + 1 && !known(part.slice(start, end))) end--;
      if (end > start + 1) words.push(part.slice(start, end));
      start = Math.max(end, start + 1);
    }
    return words.length ? words : [part];
  });
"""


class Chinese(SearchChinese):  # type: ignore[misc]  # Sphinx is not installed where types are checked
    """Sphinx's Chinese search, with a query parted as the text is."""

    language_name = "English"  # names the stemmer in the browser; Sphinx 9 names one for Chinese that it lacks
    js_splitter_code = SPLITTER


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_config_value("labkit_untranslated", [], "env")
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("doctree-read", diagrams_as_text)
    app.connect("doctree-resolved", link)
    app.connect("html-page-context", complete)
    app.connect("build-finished", finish_pages)
    search_languages["zh"] = Chinese
    jieba.setLogLevel("WARNING")
    jieba.dt.tmp_dir = str(app.doctreedir)  # its cache is not shared with other users of this machine
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# --- formulas ---------------------------------------------------------------------------------------------------------


def inline_math(translator: Any, node: nodes.math) -> None:
    """A formula in a sentence."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block_math(translator: Any, node: nodes.math_block) -> None:
    """A formula by itself, which a narrow screen scrolls."""
    translator.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


# --- diagrams ---------------------------------------------------------------------------------------------------------


def diagrams_as_text(app: Sphinx, doctree: nodes.document) -> None:
    """Mermaid's diagrams, which take a browser to draw, are shown as they are written."""
    for block in list(doctree.findall(nodes.literal_block)):
        if block.get("language") == "mermaid":
            block["language"] = "none"
            note = nodes.emphasis("", DIAGRAM[app.config.language])
            block.parent.insert(block.parent.index(block), nodes.paragraph("", "", note))


# --- links ------------------------------------------------------------------------------------------------------------


def link(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Links pages that are named in sentences, and the tutorial's lines in tables."""
    if name == ERRATA or name.startswith("labs/"):
        _link_lines(app, doctree, name)
    for text in list(doctree.findall(nodes.Text)):
        if not _is_quiet(text):
            _replace(text, _parts(app, name, text))


def _is_quiet(node: nodes.Node) -> bool:
    parent = node.parent
    while parent is not None and not isinstance(parent, QUIET):
        parent = parent.parent
    return parent is not None


def _parts(app: Sphinx, here: str, text: nodes.Text) -> list[nodes.Node]:
    """A text with the names in it made links."""
    handouts = {name.split("/")[1].split("_")[0]: name for name in app.env.found_docs if name.startswith("labs/")}
    found = [(match, match["name"]) for match in NAMED.finditer(text)]
    if here == ERRATA:
        labs = [(match, f"lab{match['number']}") for match in LAB.finditer(text)]
        found += [(match, handouts[lab]) for match, lab in labs if lab in handouts]
    parts, end = list[nodes.Node](), 0
    for match, there in sorted(found, key=lambda each: each[0].start()):
        if there in app.env.found_docs and there != here:
            parts += [nodes.Text(text[end : match.start()]), _reference(app, here, there, match[0])]
            end = match.end()
    return [*parts, nodes.Text(text[end:])] if parts else []


def _link_lines(app: Sphinx, doctree: nodes.document, here: str) -> None:
    """In docs/errata.md gives the numbers of lines anchors; in a handout links them to these."""
    places = errata.read_errata(Path(app.srcdir, f"{ERRATA}.md"))
    lab, anchors = here.split("/")[1].split("_")[0], errata.Anchors()
    for row in doctree.findall(nodes.row):
        cell = row[0]
        text = next(iter(cell.findall(nodes.Text)), None)
        if text is None or cell.astext() != text or isinstance(row.parent, nodes.thead):
            continue
        parts, rest = list[nodes.Node](), str(text)
        for written, first, last in errata.lines_in(text):
            before, _, rest = rest.partition(written)
            parts.append(nodes.Text(before))
            if here == ERRATA:
                anchor = anchors.next(first)
                parts.append(nodes.reference(written, written, refuri=f"#{anchor}", ids=[anchor], internal=True))
            elif place := errata.place_of(first, last, lab, places):
                parts.append(_reference(app, here, f"{ERRATA}#{place.anchor}", written))
            else:
                parts.append(nodes.Text(written))
        _replace(text, [*parts, nodes.Text(rest)] if parts else [])


def _reference(app: Sphinx, here: str, there: str, text: str) -> nodes.reference:
    page, mark, anchor = there.partition("#")
    uri = app.builder.get_relative_uri(here, page) + mark + anchor
    return nodes.reference(text, text, refuri=uri, internal=True)


def _replace(text: nodes.Text, parts: list[nodes.Node]) -> None:
    if parts:
        text.parent.replace(text, [part for part in parts if part.astext()])


# --- pages ------------------------------------------------------------------------------------------------------------


def complete(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Tells the templates where the page's other language is."""
    here, there, folder = HERE_AND_THERE[app.config.language]
    context.update(language_here=here, language_there=there, other_lang={"zh": "zh-CN"}.get(folder, folder))
    context["other_page"] = "../" * (name.count("/") + 1) + f"{folder}/{name}.html"
    context["untranslated"] = name in app.config.labkit_untranslated


def finish_pages(app: Sphinx, exception: Exception | None) -> None:
    """Puts right what the theme leaves to do (finish.py)."""
    if exception is None:
        for page in Path(app.outdir).rglob("*.html"):
            page.write_text(finished(page.read_text(encoding="utf-8"), app.config.language), encoding="utf-8")
