"""Writes the copy of the kit that students get: no solution, hidden case or mistake, and all that they type works."""

import re
import shutil
from pathlib import Path

from grader import contents, parts
from grader.author.leaks import leaks_in
from grader.author.sync import outdated_files
from grader.errors import Refused
from grader.lab import ROOT, Lab, labs_folder

COPIED = (
    *("Makefile", "pyproject.toml", "requirements", "labs", "docker", ".devcontainer", ".vscode", ".gitignore"),
    *("LICENSE", "docs/pictures"),
)
PAGES = (
    "README.md",
    "docs/docker.md",
    "docs/gpu.md",
    "docs/machines.md",
    "docs/working.md",
)  # without what they say to instructors
INSTRUCTORS_ONLY = re.compile(r"<!-- instructors -->.*?<!-- /instructors -->\n", re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "runs", ".backup", ".progress.json*", ".*_cache", "*.egg-info", ".ipynb_checkpoints"
)


def pages() -> list[str]:
    """PAGES, and each in the other languages that there are: README.zh.md."""
    translated = [path for page in PAGES for path in sorted(ROOT.glob(f"{page.removesuffix('.md')}.*.md"))]
    return [*PAGES, *(path.relative_to(ROOT).as_posix() for path in translated)]


def release(labs: list[Lab], target: Path) -> list[str]:
    """Writes the students' copy into `target` (replacing an earlier one) and returns what is in it at the top.

    Refused where labs/ is not what solutions/ derive to, where `target` is no earlier release, or where anything
    secret would be in it; then there is no `target`.
    """
    for lab in labs:
        if stale := outdated_files(lab, labs_folder() / lab.folder.name):
            raise Refused(f"labs/{lab.folder.name} is not as derived ({', '.join(stale)}): make sync first", 1)
    if target.exists() and not (target / "labs").is_dir() and any(target.iterdir()):
        raise Refused(f"{target} is there already and is no earlier release: name another folder", 1)
    new = target.with_name(target.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, new / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(ROOT / name, new / name)
    known = {lab.folder.name for lab in labs}
    for folder in (new / "labs").glob("lab*_*"):
        if folder.name not in known:
            shutil.rmtree(folder)
    shutil.copytree(ROOT / "grader", new / "grader", ignore=LEFT_OUT)
    parts.keep("student", new / "grader")
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        (new / page).write_text(INSTRUCTORS_ONLY.sub("", text), encoding="utf-8")
    contents.write_list(new)
    if leaks := leaks_in(new, labs):
        shutil.rmtree(new)
        raise Refused("nothing was released:\n" + "\n".join(f"  {leak}" for leak in leaks), 1)
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    return sorted(path.name for path in target.iterdir())
