"""What scripts say, and its translations: labs/common/locale/<language>/LC_MESSAGES/labkit.po, compiled to the .mo.

A sentence is what stands in `_("...")`, `N_("...")` or `ngettext("...", "...", n)`, the docstring of a script that is
its --help, and what the list of `make` says of a target. `make sync` writes new ones into the .po without a
translation, and takes those out that nobody says any more.
"""

import ast
import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from grader.lab import ROOT, lab_folders, labs_folder, solutions_folder

DOMAIN = "labkit"
KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
FOLDERS = ("labs/common", "grader/doctor", "grader/sandboxes", "docker", "requirements")
FILES = ("grader/machine.py", "grader/cli.py")
HELP = re.compile(r"^[a-z][-a-z0-9%]*:.*## (.*)$", re.MULTILINE)
WIDTH = 120
Message = str | tuple[str, ...]  # or the singular and the plural


def template() -> Catalog:
    """All sentences, without a translation; each with the files in which it stands."""
    found = Catalog(fuzzy=False)
    for path in scripts():
        for message, context in said_in(path):
            found.add(message, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    for place, sentence in said_by_make():
        found.add(sentence, locations=[(place, 0)])
    return found


def scripts() -> list[Path]:
    """All files in which somebody may be spoken to by `_`: the kit's own, and those that labs give to students."""
    found = [ROOT / name for name in FILES]
    for folder in FOLDERS:
        found += (ROOT / folder).rglob("*.py")
    for lab in lab_folders(solutions_folder()):
        given = tomllib.loads((lab / "lab.toml").read_text(encoding="utf-8"))["files"].get("given", [])
        found += [lab / name for name in given if name.endswith(".py")]
    return sorted(found)


def said_in(path: Path) -> Iterator[tuple[Message, str | None]]:
    """The sentences of a script, with their contexts, if any; and its docstring, where it names `__doc__`."""
    code = path.read_bytes()
    for _line, message, _comments, context in extract("python", io.BytesIO(code), keywords=KEYWORDS):
        yield message, context
    tree = ast.parse(code)
    named = any(isinstance(node, ast.Name) and node.id == "__doc__" for node in ast.walk(tree))
    if named and (text := ast.get_docstring(tree, clean=False)):
        yield text, None


def said_by_make() -> Iterator[tuple[str, str]]:
    """What `make` alone lists, and the file that has it: of makefiles, and of labs' scripts."""
    for name in ("Makefile", "solutions/tasks.mk"):
        yield from ((name, help) for help in HELP.findall(text_of(name)))
    yield from (("Makefile", head) for head in re.findall(r'echo "([^":]+): ', text_of("Makefile")))
    for lab in lab_folders(solutions_folder()):
        manifest = tomllib.loads((lab / "lab.toml").read_text(encoding="utf-8"))
        for script in manifest.get("scripts", {}).values():
            yield f"solutions/{lab.name}/lab.toml", script["help"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# --- the files --------------------------------------------------------------------------------------------------------


def locale_folder() -> Path:
    """Where this kit has its translations."""
    return labs_folder() / "common" / "locale"


def languages() -> list[str]:
    return sorted(path.name for path in locale_folder().glob("*"))


def file_of(language: str, suffix: str) -> Path:
    """The .po or the .mo of a language."""
    return locale_folder() / language / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


def translations(language: str) -> Catalog:
    with file_of(language, ".po").open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str) -> list[str]:
    """Brings the .po to what is said now, and the .mo to the .po; returns the names of those that changed."""
    for path, data in (changed := _changed(language)).items():
        path.write_bytes(data)
    return [path.name for path in changed]


def differing(language: str) -> list[str]:
    """The names of the files that `update` would change."""
    return [path.name for path in _changed(language)]


def _changed(language: str) -> dict[Path, bytes]:
    catalog = translations(language)
    catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    wanted = {file_of(language, ".po"): po_of(catalog)}
    wanted[file_of(language, ".mo")] = mo_of(read_po(io.BytesIO(wanted[file_of(language, ".po")]), domain=DOMAIN))
    return {path: data for path, data in wanted.items() if not path.is_file() or path.read_bytes() != data}


def po_of(catalog: Catalog) -> bytes:
    text = io.BytesIO()
    write_po(text, catalog, width=WIDTH, omit_header=False, include_lineno=False, sort_by_file=True)
    return text.getvalue()


def mo_of(catalog: Catalog) -> bytes:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def texts_of(message: Any) -> tuple[str, ...]:
    """The translations of a message: one, or one for each plural form; none where it has no translation."""
    found = message.string if isinstance(message.string, tuple) else (message.string,)
    return tuple(filter(None, found))
