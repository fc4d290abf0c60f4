"""The small lab with limits that a busy machine does not reach by itself: results are compared byte for byte."""

import shutil
from pathlib import Path

import pytest

from grader.lab import Lab, read_lab


@pytest.fixture(scope="session")
def small_lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    source = Path(__file__).parents[1] / "small_lab" / "lab90_numbers"
    folder = Path(shutil.copytree(source, tmp_path_factory.mktemp("lab") / source.name))
    text = (folder / "lab.toml").read_text(encoding="utf-8")
    for limit in ("check_seconds = 0.3", "import_seconds = 0.5"):
        assert limit in text
        text = text.replace(limit, f"{limit.split()[0]} = 10")
    (folder / "lab.toml").write_text(text, encoding="utf-8")
    return read_lab(folder)
