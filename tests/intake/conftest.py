"""What all tests of the intake keep to."""

from collections.abc import Iterator

import pytest

from tests.handins import state_of


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Staging only reads: every test of this file fails that leaves a file around where it ran, or a temporary one."""
    surroundings = tmp_path_factory.mktemp("surroundings")
    working, temporary = surroundings / "a" / "b" / "working", surroundings / "temporary"
    working.mkdir(parents=True)
    temporary.mkdir()
    monkeypatch.chdir(working)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = state_of(surroundings)
    yield
    assert state_of(surroundings) == before
