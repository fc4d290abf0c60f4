"""Makes the pictures of README.md: the table of `make lab3` for code that is partly done, and a plot of a training.

python -m grader.author.site.pictures table [LANGUAGE]   docs/pictures/lab3-table.svg (lab3-table.zh.svg)
python -m grader.author.site.pictures plot FOLDER        docs/pictures/lab3-curves.png, of FOLDER/learning_curves.png

Nothing in them is drawn by hand. The plot is what `make lab3-train ARGS="--seeds 3"` and `make lab3-plot` left in the
folder of a lab 3 that is solved.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.cells import cell_len

from grader.author.skeleton import cut
from grader.lab import ROOT, find_lab, labs_folder, solutions_folder
from grader.lab.source import definitions, lines_of

PICTURES = ROOT / "docs" / "pictures"
WIDTH = 96  # characters of the terminal
PIXELS = 900  # of the plot's width
# What the student of the picture has done: functions of the reference, and one with a mistake.
DONE = {"returns.py": ("reward_to_go", "batch_reward_to_go"), "losses.py": ("pg_loss", "pg_loss_batch")}
MISTAKE = ("-(logp * weights.detach())", "(logp * weights.detach())")
# Runs in a copy of the kit. rich writes each text with its own width, so that any monospaced font will do.
RECORD = """
import io, sys
from pathlib import Path
from rich.console import Console
from grader import screen
looks = dict(width={width}, force_terminal=True, color_system="truecolor", highlight=False, markup=False)
screen.console.__init__(record=True, file=io.StringIO(), **looks)
sys.argv = ["grader", "check", "lab3"]
from grader.cli import main
try:
    main()
except SystemExit as ended:
    assert ended.code == 1, ended.code
screen.console.print()  # what hangs below the last line is cut off
Path({target!r}).write_text(screen.console.export_svg(title="make lab3"), encoding="utf-8")
"""
CELL = 12.2  # what rich takes for a character's width; a Chinese one has two, which it forgets
TEXT = re.compile(r'textLength="[\d.]+"(?P<rest>[^>]*>)(?P<text>[^<]*)(?=</text>)')
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # rich's are at an address elsewhere


def table(language: str = "en") -> Path:
    """Writes the table as an SVG that loads nothing; returns its path."""
    name = "lab3-table.svg" if language == "en" else f"lab3-table.{language}.svg"
    solved, skeleton = (find_lab("lab3", folder) for folder in (solutions_folder(), labs_folder()))
    with tempfile.TemporaryDirectory() as folder:
        kit = Path(folder)
        shutil.copytree(ROOT / "grader", kit / "grader", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "labs" / "common", kit / "labs" / "common", ignore=shutil.ignore_patterns("__pycache__"))
        there = kit / "labs" / skeleton.folder.name
        shutil.copytree(skeleton.folder, there, ignore=shutil.ignore_patterns("runs", "__pycache__", ".*"))
        for file in skeleton.code_files:
            text = solved.path(file).read_text(encoding="utf-8")
            (there / file).write_text(partly_done(text, file), encoding="utf-8")
        written = kit / name
        environment = os.environ | {"PYTHONPATH": folder, "LAB_LANG": language, "NO_COLOR": ""}
        script = RECORD.format(width=WIDTH, target=str(written))
        subprocess.run([sys.executable, "-c", script], cwd=kit, env=environment, check=True)
        PICTURES.mkdir(exist_ok=True)
        picture = TEXT.sub(_as_wide_as_it_is, FONT_FACE.sub("", written.read_text(encoding="utf-8")))
    (PICTURES / name).write_text(picture, encoding="utf-8")
    return PICTURES / name


def _as_wide_as_it_is(text: re.Match[str]) -> str:
    return f'textLength="{cell_len(html.unescape(text["text"])) * CELL:.1f}"{text["rest"]}{text["text"]}'


def partly_done(solution: str, file: str) -> str:
    """The skeleton of a file with some functions of the reference in it."""
    lines, done = lines_of(cut(solution, file)), definitions(solution)
    for name, found in reversed(definitions("".join(lines)).items()):
        if name in DONE.get(file, ()):
            lines[found.lines] = ["".join(lines_of(solution)[done[name].lines]).replace(*MISTAKE)]
    return "".join(lines)


def plot(folder: Path) -> Path:
    """Copies a plot that training left, small enough for a page; returns its path."""
    picture = Image.open(folder / "learning_curves.png").convert("RGB")
    picture.thumbnail((PIXELS, PIXELS))
    PICTURES.mkdir(exist_ok=True)
    picture.quantize(64).save(PICTURES / "lab3-curves.png", optimize=True)
    return PICTURES / "lab3-curves.png"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["table", *language]:
            print(table(*language))
        case ["plot", folder]:
            print(plot(Path(folder)))
        case _:
            sys.exit(__doc__)
