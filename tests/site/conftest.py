"""The site, built once for all tests: with pytest-xdist once for all processes."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from grader.author.site.build import build
from grader.lab import ROOT, lab_folders, read_lab, solutions_folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built from the repository as it is."""
    pytest.importorskip("sphinx", reason="requirements/docs.txt is not installed")
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(folder / "site.lock"):
        if not (folder / "site" / "index.html").exists():
            labs = [read_lab(each) for each in lab_folders(solutions_folder())]
            build(ROOT, labs, folder / "sources", folder / "site")
    return folder / "site"
