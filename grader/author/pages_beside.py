"""A page of Markdown beside the same page in another language: what one has and the other has not.

Both have the same blocks in the same order, the same code, formulas, numbers, links and options of questions. A line of
a code block may be prose, or end in it. A link leads to the page in the reader's language, where there is one.
"""

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark").enable("table")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
# As MyST reads them: "$53 to $79" is money.
FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\\$])\$(?!\s)[^$]+(?<!\s)\$", re.DOTALL)
ADDRESS = re.compile(r"\]\([^)]*\)|<?https?://[^\s>，。；）]+>?")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
OPTION = re.compile(r"^([a-z])\) ")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SENTENCE = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:,? [A-Za-z][A-Za-z'’-]*){3,}")  # four words of English and more
QUOTED = re.compile(r"(?<!\*)\*[^*]+\*(?!\*)|“[^”]+”")  # *a menu's name*, “what another text says”
REFERENCE = re.compile(r"arXiv|https?://|\]\(|\b(?:19|20)\d\d\b")  # what stands with the title of a paper
NAMED = re.compile(
    r"(?P<name>[\w/.-]+)\.[a-z]{2}\.(?P<kind>md|svg|png)\b"
)  # README.zh.md, and pictures with words in them
BLOCKS = {"paragraph_open", "fence", "code_block", "bullet_list_open", "ordered_list_open", "list_item_open"}
BLOCKS |= {"blockquote_open", "html_block", "hr", "table_open", "tr_open", "th_open", "td_open"}


@dataclasses.dataclass(frozen=True)
class Page:
    """What of a page does not depend on its language. `texts` are its lines of prose, without code and formulas."""

    headings: Sequence[tuple[str, list[str]]]  # level, and the numbers in it
    blocks: Sequence[tuple[str, str]]  # kind, and how it begins
    lines: Sequence[int]  # of the blocks
    code: Sequence[tuple[str, str]]  # kind and text of a block
    spans: Counter[str]
    formulas: Counter[str]
    numbers: Counter[str]
    options: Sequence[str]
    links: Counter[str]
    texts: Sequence[str]


def page_of(text: str) -> Page:
    """Reads a page."""
    tokens = MARKDOWN.parse(text)
    inline = [token for token in tokens if token.type == "inline"]
    prose = [_prose(token.content) for token in inline]
    return Page(
        headings=[
            (before.tag, NUMBER.findall(_prose(token.content)))
            for before, token in itertools.pairwise(tokens)
            if before.type == "heading_open"
        ],
        blocks=[(token.type, _beginning(tokens[place:])) for place, token in enumerate(tokens) if _counts(token)],
        lines=[token.map[0] + 1 if token.map else 0 for token in tokens if _counts(token)],
        code=[(token.info, token.content) for token in tokens if token.type in ("fence", "code_block")],
        spans=Counter(_neutral(child.content) for child in _children(inline) if child.type == "code_inline"),
        formulas=Counter(
            " ".join(found.split()) for token in inline for found in FORMULA.findall(CODE_SPAN.sub(" ", token.content))
        ),
        numbers=Counter(number for line in prose for number in NUMBER.findall(line)),
        options=[found[1] for token in inline if (found := OPTION.match(token.content))],
        links=Counter(_target(child) for child in _children(inline) if child.type in ("link_open", "image")),
        texts=[_unquoted(token.content) for token in _own(tokens) if not REFERENCE.search(token.content)],
    )


def faults_beside(english: str, translated: str) -> Iterator[str]:
    """A sentence for each difference of the two pages, and for each that is left in English."""
    one, other = page_of(english), page_of(translated)
    yield from _first_difference("heading", one.headings, other.headings)
    for fault in _first_difference("block", one.blocks, other.blocks):
        pairs = zip(one.blocks, other.blocks, strict=False)
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        yield f"{fault} (line {[*other.lines, 0][same]})"
    yield from _first_difference("option", one.options, other.options)
    yield from _code_faults(one.code, other.code)
    for what in ("spans", "formulas", "numbers", "links"):
        there, here = getattr(one, what), getattr(other, what)
        yield from (f"{what}: {_times(count)}{each!r} is missing" for each, count in (there - here).items())
        yield from (f"{what}: {_times(count)}{each!r} is too much" for each, count in (here - there).items())
    yield from (f"left in English: {found!r}" for line in other.texts for found in english_in(line))


def english_in(text: str) -> list[str]:
    """What reads as a sentence of English in a text of another language: words in a row, of which three begin small. In
    a name, such as GNU General Public License, hardly one does."""
    return [found for found in SENTENCE.findall(text) if sum(word[0].islower() for word in found.split()) >= 3]


def pages_beside(folder: Path, language: str) -> list[tuple[Path, Path]]:
    """Pages under a folder with the same page in another language beside them: X.md and X.zh.md."""
    return [
        (path.with_name(path.name.split(".")[0] + ".md"), path) for path in sorted(folder.rglob(f"*.{language}.md"))
    ]


# --- parts of a page --------------------------------------------------------------------------------------------------


def _counts(token: Token) -> bool:
    return token.type in BLOCKS and not token.hidden  # a tight list hides its paragraphs


def _beginning(tokens: Sequence[Token]) -> str:
    """What a block is told by: a comment of HTML by its text, an item of a list by its sign."""
    return tokens[0].content.strip() if tokens[0].type == "html_block" else tokens[0].info[:3]


def _children(inline: Iterable[Token]) -> Iterator[Token]:
    for token in inline:
        yield from token.children or ()


def _own(tokens: Iterable[Token]) -> Iterator[Token]:
    """The text of a page without what it quotes word for word, such as a prompt of a model."""
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type.startswith("blockquote") else 0
        if token.type == "inline" and not (depth and not CHINESE.search(token.content)):
            yield token


def _prose(content: str) -> str:
    """The text of a block without code, formulas and addresses."""
    for pattern in (CODE_SPAN, FORMULA, ADDRESS):
        content = pattern.sub(" ", content)
    return _neutral(content)


def _unquoted(content: str) -> str:
    """The text of a block without what it quotes word for word: what is quoted or emphasised, and not in Chinese."""
    return QUOTED.sub(lambda found: found[0] if CHINESE.search(found[0][1:-1]) else " ", _prose(content))


def _neutral(text: str) -> str:
    """The text with the names of pages as they are in English."""
    return NAMED.sub(r"\g<name>.\g<kind>", " ".join(text.split()))


def _target(token: Token) -> str:
    """Where a link leads, without the name of a heading, which is of a language."""
    address, mark, _ = str(token.attrs.get("href") or token.attrs.get("src")).partition("#")
    return _neutral(address) + mark


# --- differences ------------------------------------------------------------------------------------------------------


def _first_difference(what: str, one: Sequence[object], other: Sequence[object]) -> Iterator[str]:
    for place, (there, here) in enumerate(zip(one, other, strict=False), start=1):
        if there != here:
            yield f"{what} {place} is {here} and not {there}"
            return
    if len(one) != len(other):
        yield f"there are {len(other)} {what}s and not {len(one)}"


def _code_faults(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> Iterator[str]:
    for (kind, code), (its_kind, its_code) in zip(one, other, strict=False):
        lines, its_lines = code.splitlines(), its_code.splitlines()
        if kind != its_kind or len(lines) != len(its_lines):
            yield f"a block of code has other lines: {its_code[:60]!r}"
        for line, its_line in zip(lines, its_lines, strict=False):
            if not _same_code(line, its_line):
                yield f"a line of code is {its_line!r} and not {line!r}"


def _same_code(line: str, its_line: str) -> bool:
    """Whether a line of code is the same but for what is said in it."""
    if line == its_line:
        return True
    begin = CHINESE.search(its_line)
    if not begin:
        return False
    before = " ".join(its_line[: begin.start()].split())
    return " ".join(line.split()).startswith(before) and NUMBER.findall(line) == NUMBER.findall(its_line)


def _times(count: int) -> str:
    return f"{count} times " if count > 1 else ""
