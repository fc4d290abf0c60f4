"""A real browser for tests. A test file that imports this is skipped where Chromium is missing, or what
requirements/browser.txt names (docs/authoring.md, Locks)."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
if PROGRAM is None:
    pytest.skip(f"none of {', '.join(NAMES)} is installed", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="requirements/browser.txt is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="requirements/browser.txt is not installed")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Chromium, started, as playwright has it."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own, which root cannot have
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=PROGRAM, args=arguments)
        yield browser
        browser.close()
