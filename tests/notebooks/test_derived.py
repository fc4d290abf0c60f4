"""The report notebook that students get: valid, the same bytes each time, and as nbgrader's gradebook expects it."""

import html.parser
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from grader.author.sync import sync, texts
from grader.errors import Refused
from grader.lab import Lab, lab_folders, labs_folder, read_lab, solutions_folder
from grader.lab.report_cells import FILE, KINDS, points_of, report_cells
from grader.run.cells import Cells
from grader.student import notebook as shown

LABS = [read_lab(folder) for folder in lab_folders(solutions_folder())]
WITH_REPORT = [lab for lab in LABS if lab.manifest.report]
NBGRADER = pytest.mark.skipif(not importlib.util.find_spec("nbgrader"), reason="nbgrader is not installed")
NBCLIENT = pytest.mark.skipif(
    not (importlib.util.find_spec("nbclient") and importlib.util.find_spec("ipykernel")),
    reason="nbclient and ipykernel are not installed",
)


def of_lab(lab: Lab) -> nbformat.NotebookNode:
    return nbformat.reads(texts(lab)[FILE], as_version=4)


@pytest.mark.parametrize("lab", WITH_REPORT, ids=lambda lab: lab.name)
def test_every_notebook_is_valid_and_is_worth_what_the_lab_is_worth(lab: Lab) -> None:
    notebook = of_lab(lab)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    marked = [cell.metadata.nbgrader for cell in notebook.cells]
    assert sum(cell.get("points", 0) for cell in marked) == lab.max_score
    assert len({cell.id for cell in notebook.cells}) == len(marked)
    assert texts(lab)[FILE] == texts(lab)[FILE]


def test_the_cells_are_those_that_the_gradebook_relies_on(lab3: Lab) -> None:
    found = [
        (
            cell.id,
            cell.cell_type,
            *(cell.metadata.nbgrader.get(key) for key in ("grade", "solution", "locked", "points")),
        )
        for cell in of_lab(lab3).cells
    ]
    assert found == [
        ("labkit-title", "markdown", False, False, True, None),
        ("labkit-code", "code", True, False, True, 65),
        ("labkit-milestones", "code", True, False, True, 15),
        ("labkit-quiz", "code", True, False, True, 5),
        ("plot-question", "markdown", False, False, True, None),
        ("plot-pictures", "code", False, False, True, None),
        ("plot", "markdown", True, True, False, 5),
        ("open_question-question", "markdown", False, False, True, None),
        ("open_question", "markdown", True, True, False, 10),
    ]
    assert all(cell.metadata.nbgrader.grade_id == cell.id for cell in of_lab(lab3).cells)
    assert {cell.metadata.nbgrader.schema_version for cell in of_lab(lab3).cells} == {3}


def test_a_kind_that_the_lab_does_not_have_has_no_cell(lab: Lab, lab0: Lab) -> None:
    assert points_of(lab) == {"code": 6}
    assert [cell.name for cell in report_cells(lab) if cell.name in KINDS.values()] == ["labkit-code"]
    assert FILE not in texts(lab0), "a lab without a report has no notebook"


def test_a_question_is_the_section_of_the_handout(lab: Lab) -> None:
    cells = {cell.name: cell for cell in report_cells(lab)}
    assert cells["plot-question"].source.startswith("## Plot (5 points")
    assert cells["plot-question"].source.endswith("| 5 | what is there |")
    assert cells["plot-pictures"].pictures == ("runs/curve.png",)
    assert "Literature" not in cells["why-question"].source
    assert cells["why"].source.count("*Write your answer here.*") == 2, "one place for each question"


@pytest.mark.parametrize(
    ("old", "new"),
    [("## Plot (5 points, ", "## Plot (4 points, "), ("## Open questions (2.5 points, graded by hand)", "## Open")],
)
def test_a_handout_that_has_other_parts_than_lab_toml_is_refused(old: str, new: str, lab: Lab) -> None:
    path = lab.path("README.md")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(Refused, match=r"each part of the report in lab\.toml needs a heading in the handout"):
        texts(lab)


# --- what its cells show ----------------------------------------------------------------------------------------------


class Checker(html.parser.HTMLParser):
    """Finds tags that are not closed, and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags_of(text: str) -> list[str]:
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    return checker.tags


@pytest.mark.parametrize("finished", [False, True])
def test_the_check_cell_shows_the_table_as_html(
    finished: bool, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as kernels do
    sync(lab, tmp_path / "labs" / lab.folder.name)
    student = read_lab(tmp_path / "labs" / lab.folder.name)
    if finished:
        for name in lab.code_files:
            shutil.copyfile(lab.path(name), student.path(name))
        text = student.path("second.py").read_text(encoding="utf-8")
        student.path("second.py").write_text(text + '\nprint("<script>")\n', encoding="utf-8")
    made = shown.checks_as_html(student)
    assert tags_of(made)[:2] == ["table", "caption"]
    assert tags_of(made).count("tr") == 1 + len(lab.manifest.tasks) + 1, "a head, the tasks, the report"
    assert ("✓ passed" in made, "○ todo" in made) == (finished, not finished)
    assert "Next: " in made and "\x1b" not in made


def test_what_a_student_wrote_is_no_markup(lab: Lab, tmp_path: Path) -> None:
    sync(lab, tmp_path / "labs" / lab.folder.name)
    student = read_lab(tmp_path / "labs" / lab.folder.name)
    student.path("first.py").write_text('raise ValueError("<img src=x>")\n', encoding="utf-8")
    made = shown.checks_as_html(student)
    assert "&lt;img src=x&gt;" in made
    assert "img" not in tags_of(made)


def test_films_are_shown_beside_what_training_measured(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = Path(shutil.copytree(lab.folder, tmp_path / "labs" / lab.folder.name))
    monkeypatch.setattr(shown, "labs_folder", lambda: student.parent)
    (student / "runs").mkdir()
    (student / "runs" / "a<b.gif").write_bytes(b"GIF89a")
    made = shown.milestone_table(lab.name)._repr_html_()
    assert 'src="data:image/gif;base64,R0lGODlh"' in made and "a&lt;b" in made and "a<b" not in made


def test_checks_that_end_the_process_are_told_in_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    shows = shown.check_table("lab</pre>none")._repr_html_()
    assert "There is no lab" in shows
    assert "lab&lt;/pre&gt;none" in shows
    monkeypatch.setattr(shown.sys, "executable", shutil.which("false"))
    assert shown.check_table("lab3")._repr_html_().count("The checks ended before they were done") == 1


def test_run_all_works_on_a_skeleton_without_pictures(lab3: Lab, tmp_path: Path) -> None:
    """Every code cell of lab 3, in the kit's own process: no kernel is needed for that."""
    cells = Cells(tmp_path)
    sources = [cell.source for cell in of_lab(lab3).cells if cell.cell_type == "code"]
    found = [cells.run(source, 60).value for source in sources]
    assert [each["raised"] for each in found] == [None] * 4
    assert "runs/variance.png is not drawn yet: make lab3-plot draws it" in found[-1]["outputs"][0]["data"]


@NBCLIENT
@pytest.mark.parametrize("finished", [False, True])
def test_run_all_works_in_a_real_kernel(
    finished: bool, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    kit = tmp_path / "kit"
    shutil.copytree(labs_folder().parent / "grader", kit / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    folder = shutil.copytree(labs_folder() / lab3.folder.name, kit / "labs" / lab3.folder.name)
    (kit / "labs" / "common").symlink_to(labs_folder() / "common")
    if finished:
        for name in lab3.manifest.files.handed_in:
            shutil.copyfile(lab3.path(name), folder / name)
        (folder / "runs").mkdir(exist_ok=True)
        (folder / "runs" / "variance.png").write_bytes(PNG)
    monkeypatch.setenv("PYTHONPATH", str(kit))
    notebook = nbformat.read(folder / FILE, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    table = outputs["labkit-code"][0].data["text/html"]
    assert ("✓ passed" in table) == finished
    assert any("image/png" in output.get("data", {}) for output in outputs["plot-pictures"]) == finished


PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc\xf8\x0f\0\1\1\1\0\x1b\xb6\xeeV"
    b"\0\0\0\0IEND\xaeB`\x82"
)


# --- the real nbgrader ------------------------------------------------------------------------------------------------


@NBGRADER
@pytest.mark.parametrize("lab", WITH_REPORT, ids=lambda lab: lab.name)
def test_nbgraders_own_validator_takes_every_notebook(lab: Lab) -> None:
    from nbgrader.nbgraderformat import reads

    assert reads(texts(lab)[FILE], as_version=4).cells


@NBGRADER
def test_nbgrader_releases_it_as_an_assignment(lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # it calls alembic
    source = tmp_path / "source" / "lab3"
    source.mkdir(parents=True)
    (source / FILE).write_text(texts(lab3)[FILE], encoding="utf-8")
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.db_url = f"sqlite:///{tmp_path}/gradebook.db"
    done = NbGraderAPI(config=config).generate_assignment("lab3", force=True, create=True)
    assert done["success"], done["log"]
    released = json.loads((tmp_path / "release" / "lab3" / FILE).read_text(encoding="utf-8"))
    assert [cell["id"] for cell in released["cells"]] == [cell.id for cell in of_lab(lab3).cells]
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.find_assignment("lab3").max_score == lab3.max_score
