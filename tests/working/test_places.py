"""Places in a terminal: links to their files, but not where the terminal finds the line by itself."""

from pathlib import Path

import pytest
from rich.text import Text

from grader.student.places import linked


@pytest.mark.parametrize(("program", "links"), [("", 1), ("iTerm.app", 1), ("vscode", 0)])
def test_a_place_is_a_link_to_its_file(
    program: str, links: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", program)
    text = linked(Text("fix it in labs/a b.py:3 now"), "labs/a b.py:3", tmp_path / "a b.py")
    assert [str(text.plain)[span.start : span.end] for span in text.spans] == ["labs/a b.py:3"] * links
    assert all(f"link {tmp_path.as_uri()}/a%20b.py" in str(span.style) for span in text.spans)
