"""Builds the site into a folder: a tree of sources for each language, and Sphinx over each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from grader.author.leaks import leaks_in
from grader.author.site.layout import lay_out
from grader.author.site.pages import LANGUAGES
from grader.errors import Refused
from grader.lab import Lab

HERE = Path(__file__).parent
NEEDED = ("sphinx", "myst_parser", "furo", "jieba", "latex2mathml")


def build(root: Path, labs: Iterable[Lab], sources: Path, target: Path) -> None:
    """Writes the site into `target`, replacing an earlier one, by way of `sources`. Refused where a package is missing,
    where a page holds something secret, and where Sphinx has a warning."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise Refused(f"{', '.join(missing)} not installed: python3 requirements/install.py --docs", 1)
    for folder in (sources, target):
        if folder.exists() and any(folder.iterdir()) and not (folder / ".labkit-site").exists():
            raise Refused(f"{folder} is there already and is no earlier site: name another folder", 1)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / ".labkit-site").touch()
    for language in LANGUAGES:
        lay_out(root, language, sources / language)
    if leaks := leaks_in(sources, labs):
        raise Refused("no site was built:\n" + "\n".join(f"  {leak}" for leak in leaks), 1)
    running = {language: _sphinx(sources / language, target / language) for language in LANGUAGES}
    said = {language: process.communicate()[0] for language, process in running.items()}
    if faults := [said[language] for language, process in running.items() if process.returncode]:
        raise Refused("no site was built:\n" + "\n".join(faults), 1)
    for language in LANGUAGES:
        shutil.rmtree(target / language / "_sources", ignore_errors=True)  # empty: pages are not copied as Markdown
    shutil.copyfile(HERE / "choose.html", target / "index.html")


def _sphinx(source: Path, target: Path) -> subprocess.Popen[str]:
    """Sphinx at work; a warning is a fault. What it remembers of a run is not kept in the site."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-c", str(HERE)]
    command += ["-d", str(source.with_name(f"{source.name}.doctrees")), str(source), str(target)]
    environment = os.environ | {"LABKIT_SITE": str(source), "PYTHONPATH": str(HERE.parents[2])}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
