"""Looks for what must not leave the instructor's side: text of solution regions, hidden cases, mistakes and keys."""

from collections.abc import Iterable
from pathlib import Path

from grader.author.skeleton import cut, regions
from grader.lab import Lab

SHORTEST = 20  # characters of code; shorter lines (`return loss`) say nothing
SECRET_FILES = ("hidden.py", "mistakes.py", "alternatives.py")


def secret_lines(lab: Lab) -> dict[str, str]:
    """Every telling line of code that is secret, without its blanks, and where it stands."""
    public = set(_lines(lab.path(name).read_text(encoding="utf-8") for name in _public_files(lab)))
    public |= set(_lines(cut(lab.path(name).read_text(encoding="utf-8"), name) for name in lab.code_files))
    secret: dict[str, str] = {}
    for name in lab.code_files:
        for line in _lines(regions(lab.path(name).read_text(encoding="utf-8"))):
            secret.setdefault(line, f"a solution region of {lab.name}/{name}")
    for name in SECRET_FILES:
        for line in _lines([lab.path(name).read_text(encoding="utf-8")]):
            # A mistake repeats what is right around it, and its diagnosis is made to be read.
            if not line.startswith(("@mistake", "@alternative", "def ", "from ", "import ")):
                secret.setdefault(line, f"{lab.name}/{name}")
    return {line: where for line, where in secret.items() if line not in public}


def _public_files(lab: Lab) -> list[str]:
    """Files that students get as they are: what stands in them is public, wherever else it stands, too."""
    return [name for name in ("checks.py", *lab.manifest.files.given) if name.endswith(".py")]


def _lines(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for line in text.splitlines():
            squeezed = "".join(line.split())
            if len(squeezed) >= SHORTEST and not squeezed.startswith("#"):
                yield squeezed


def leaks_in(folder: Path, labs: Iterable[Lab]) -> list[str]:
    """A sentence for every secret line that stands in any file under `folder`, and for every secret file."""
    secret: dict[str, str] = {}
    for lab in labs:
        secret |= secret_lines(lab)
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if path.name in SECRET_FILES:
            found.append(f"{path.relative_to(folder)} must not be there")
        squeezed = "".join(path.read_bytes().decode("utf-8", errors="replace").split())
        found += [
            f"{path.relative_to(folder)} holds a line of {where}" for line, where in secret.items() if line in squeezed
        ]
    return found
