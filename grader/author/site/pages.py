"""Which pages the site has, from which files, in which part of its table of contents."""

from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "zh")
HOME = "index"
BY_LINE = "docs/errata-by-line"
SCHEMA = "docs/result-schema"
# The parts, and the pages that come first in them. What docs/ has besides is for authors.
PARTS = {
    "labs": (),
    "tutorial": ("docs/errata", BY_LINE, "docs/glossary", "docs/benchmarks"),
    "students": ("docs/working", "docs/machines", "docs/docker", "docs/gpu"),
    "instructors": (
        *("docs/instructors", "docs/course", "docs/grading", "docs/results", SCHEMA, "docs/nbgrader"),
        *("docs/report-notebook", "docs/security"),
    ),
    "authors": ("CONTRIBUTING", "docs/architecture", "docs/authoring"),
    "decisions": (),
}
AT_THE_END = ("docs/licences", "CHANGELOG")  # of the authors' part
OF_THE_TOP = ("CONTRIBUTING.md", "CHANGELOG.md")


@dataclass(frozen=True)
class Page:
    """A page: its address without the language and the ending, its part, and its Markdown in each language."""

    name: str
    part: str
    english: Path
    chinese: Path | None

    def source(self, language: str) -> Path:
        """Its file in a language, or the English one where there is none."""
        return self.chinese if language == "zh" and self.chinese else self.english


def pages_of(root: Path) -> list[Page]:
    """The pages that the repository at `root` has, the home page first, in the order of the table of contents."""
    found = {HOME: _page(HOME, "", root / "README.md")}
    for file in sorted((root / "solutions").glob("lab*/README.md")):
        name = f"labs/{file.parent.name}/README"
        found[name] = _page(name, "labs", file)
    for file in (*(root / name for name in OF_THE_TOP), *sorted((root / "docs").rglob("*.md"))):
        if file.exists() and not file.name.endswith(".zh.md"):
            name = file.relative_to(root).with_suffix("").as_posix()
            found[name] = _page(name, _part(name), file)
    return sorted(found.values(), key=lambda page: _place(page.name, page.part))


def names_in(part: str, pages: list[Page]) -> list[str]:
    """The names of a part's pages in their order, with those that are made and not written."""
    written = {page.name for page in pages if page.part == part} | ({BY_LINE, SCHEMA} & {*PARTS[part]})
    return sorted(written, key=lambda name: _place(name, part))


def _page(name: str, part: str, english: Path) -> Page:
    chinese = english.with_suffix(".zh.md")
    return Page(name, part, english, chinese if chinese.exists() else None)


def _part(name: str) -> str:
    if name.startswith("docs/decisions/"):
        return "decisions"
    return next((part for part, names in PARTS.items() if name in names), "authors")


def _place(name: str, part: str) -> tuple[int, int, str]:
    parts = list(PARTS)
    first = PARTS.get(part, ())
    place = first.index(name) if name in first else len(first) + (name in AT_THE_END)
    return (parts.index(part) if part in parts else -1, place, name)
