"""The report in a real JupyterLab, in a real browser: "Run all" works on the skeleton and on finished code.

Needs Chromium, and what requirements/browser.txt names; skipped where either is missing.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from grader.lab import ROOT, find_lab, solutions_folder
from tests.browsers import chromium

LAB = find_lab("lab3", solutions_folder())
PATIENCE = 120_000  # milliseconds for a busy machine, after which a test fails
PICTURES = ("learning_curves.png", "variance.png")
# All cells are in the page, also those that are out of sight; no news are asked for.
SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
}
ALL_RUN = """() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(each => each.textContent);
  return prompts.length > 0 && prompts.every(each => /\\[\\d+\\]/.test(each));
}"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit with lab 3 as students get it."""
    for part in ("grader", "labs/common", f"labs/{LAB.folder.name}"):
        leave = shutil.ignore_patterns("__pycache__", ".progress.json", "runs")
        shutil.copytree(ROOT / part, tmp_path / "kit" / part, ignore=leave)
    shutil.copy2(ROOT / "pyproject.toml", tmp_path / "kit")
    return tmp_path / "kit"


@contextlib.contextmanager
def jupyter(kit: Path, home: Path) -> Iterator[str]:
    """JupyterLab as `make lab3-notebook` starts it, but for the browser that it would open; the address it says."""
    (home / "config" / "labconfig").mkdir(parents=True)
    (home / "config" / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
    server = {"ServerApp": {"open_browser": False, "port": 0}}
    (home / "config" / "jupyter_server_config.json").write_text(json.dumps(server))
    environment = {
        **os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"), "PYTHONPATH": str(kit),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "notebook", "lab3"], cwd=kit, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", line):
                yield found[0]
                break
        else:
            raise AssertionError(said)
    finally:
        process.terminate()
        process.stderr.read()
        process.wait()


@pytest.fixture
def run_all(kit: Path, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Opens the report and types "Run all"; the page, when all cells have run."""
    with chromium() as browser, jupyter(kit, tmp_path / "home") as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)

        def run() -> Any:
            page.goto(address.replace("/lab?", "/lab/tree/report.ipynb?"))
            page.wait_for_selector(".jp-CodeCell")
            page.get_by_text("| Idle").wait_for()  # else it asks for a kernel
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            page.wait_for_function(ALL_RUN)
            return page

        yield run


def rows_of(page: Any) -> dict[str, str]:
    """The rows of the tables that cells show, by their second column."""
    cells = [row.locator("td").all_inner_texts() for row in page.locator(".jp-OutputArea-output tr").all()]
    return {row[1]: " ".join(row) for row in cells if len(row) > 1}


def test_run_all_works_on_the_skeleton(run_all: Callable[[], Any]) -> None:
    page = run_all()
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    rows = rows_of(page)
    assert "todo" in rows["reward_to_go"] and "0 of 5 answered" in rows["quiz"]
    shown = page.locator("body").inner_text()
    assert all(f"{name} is not drawn yet: make lab3-plot draws it" in shown for name in PICTURES)


def test_run_all_on_finished_code_shows_what_passes_and_the_pictures(run_all: Callable[[], Any], kit: Path) -> None:
    folder = kit / "labs" / LAB.folder.name
    for file in LAB.code_files:
        shutil.copyfile(LAB.path(file), folder / file)
    (folder / "runs").mkdir()
    figure = plt.figure(figsize=(2, 1))
    for name in PICTURES:
        figure.savefig(folder / "runs" / name, dpi=100)
    plt.close(figure)
    page = run_all()
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    rows = rows_of(page)
    assert all("passed" in rows[task.name] or "quick checks pass" in rows[task.name] for task in LAB.manifest.tasks)
    widths = page.locator(".jp-RenderedImage img").evaluate_all("all => all.map(each => each.naturalWidth)")
    assert widths == [200, 200]
