"""Markdown as formgrader and nbgrader's feedback show it. nbgrader_config.py puts it in place of nbconvert's own.

What a student wrote stands in the instructor's browser, on the server that can give marks: no HTML of theirs, no link
to follow, no picture from elsewhere, no name that formgrader's own scripts look for.
"""

import re
from typing import Any

import bleach
from bleach.html5lib_shim import Filter
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = {
    *("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "span", "div", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"img": ["src", "alt"], "ol": ["start"]}


class _LinksAsText(Filter):  # type: ignore[misc]
    """Puts the address behind the words of a link, and leaves the link out."""

    def __iter__(self) -> Any:
        addresses: list[str] = []
        for token in super().__iter__():
            if token.get("name") != "a" or token["type"] not in ("StartTag", "EndTag"):
                yield token
            elif token["type"] == "StartTag":
                addresses.append(token["data"].get((None, "href"), ""))
            elif addresses and re.match(r"https?://", address := addresses.pop()):
                yield {"type": "Characters", "data": f" ({address})"}


_CLEANER = bleach.Cleaner(
    tags=TAGS | {"a"},
    attributes={**ATTRIBUTES, "a": ["href"]},
    protocols={"data", "http", "https"},
    strip=True,
    filters=[_LinksAsText],
)
_ELSEWHERE = re.compile(r'(<img[^>]*?) src="(?!data:image/(?:png|jpeg);base64,)[^"]*"')


def html(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """The HTML of a cell. Its pictures are its attachments, and pictures that stand in the text itself."""
    renderer = IPythonRenderer(escape=True, exclude_anchor_links=True, attachments=attachments or {})
    return _ELSEWHERE.sub(r"\1", _CLEANER.clean(MarkdownWithMath(renderer=renderer).render(source)))


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """nbconvert's filter of this name: the source of the cell that is being written."""
    return html(source, getattr(context.get("cell"), "attachments", None))
