"""What the machine does not give is never a student's 0 points."""

import errno
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from grader.intake import sources
from grader.intake.sources import Unreadable
from grader.intake.staging import stage
from grader.lab import Lab
from tests.handins import CODE, WEIGHTS, in_folder, truncated, zipped
from tests.reading import notes, problems


def test_what_is_not_there_any_more_is_unreadable(lab3: Lab, tmp_path: Path) -> None:
    (tmp_path / "link.zip").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name, why in (
        ("gone.zip", "No such file"),
        ("link.zip", "a link that leads nowhere"),
        ("loop", "leads nowhere"),
    ):
        with pytest.raises(Unreadable, match=f"^{name} cannot be read: .*{why}"):
            stage(tmp_path / name, lab3)


def failing(monkeypatch: pytest.MonkeyPatch, name: str, error: int) -> None:
    """From now on opening what is called so fails, as it does for root only where a disk is broken."""
    opened = os.open

    def open_(path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if Path(path).name == name:
            raise OSError(error, os.strerror(error), path)
        return opened(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr("os.open", open_)


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.ESTALE, errno.EMFILE])
@pytest.mark.parametrize("name", ["losses.py", "runs", "lab3", "a.zip"])
def test_what_the_machine_does_not_give_is_unreadable_and_says_which(
    name: str, error: int, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = in_folder(tmp_path / "lab3", {**CODE, WEIGHTS: b"weights"})
    if name == "a.zip":
        source = zipped(tmp_path / name, CODE)
    failing(monkeypatch, name, error)
    with pytest.raises(Unreadable) as raised:
        stage(source, lab3)
    inside = "" if name == source.name else f"{name}: "
    assert str(raised.value) == f"{source.name} cannot be read: {inside}{os.strerror(error)}"


def test_a_file_that_may_not_be_read_does_not_matter_where_it_is_not_wanted(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = in_folder(tmp_path / "lab3", {**CODE, "diary.txt": b"", ".git/config": b""})
    for name in ("diary.txt", ".git"):
        failing(monkeypatch, name, errno.EACCES)
    assert stage(source, lab3).files == CODE


def meddling(monkeypatch: pytest.MonkeyPatch, *changes: Callable[[], object]) -> None:
    """Makes one change after each time that a submission was listed, as long as there are any: before it is read."""
    listing, left = sources._listing, list(changes)

    def listed(source: Path) -> sources.Listing:
        found = listing(source)
        if left:
            left.pop(0)()
        return found

    monkeypatch.setattr(sources, "_listing", listed)


def ways_to_change(source: Path) -> dict[str, Callable[[], object]]:
    """What can happen to a file between being listed and being read."""
    losses, status = source / "losses.py", (source / "losses.py").stat()

    def rewrite_and_set_the_clock_back() -> None:
        losses.write_bytes(b"# l0sses")
        os.utime(losses, ns=(status.st_atime_ns, status.st_mtime_ns))

    return {
        "grows": lambda: losses.write_bytes(b"# losses, and more"),
        "rewritten": rewrite_and_set_the_clock_back,
        "replaced": lambda: (source / "agent.py").replace(losses),
        "vanishes": losses.unlink,
        "joined": lambda: (source / "new.txt").write_bytes(b""),
    }


@pytest.mark.parametrize("moment", ["before it is read", "after it was read"])
@pytest.mark.parametrize("way", ["grows", "rewritten", "replaced", "vanishes", "joined"])
def test_a_submission_that_changes_once_is_taken_as_it_is_in_the_end(
    way: str, moment: str, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = in_folder(tmp_path / "lab3", CODE)
    change = ways_to_change(source)[way]
    if moment == "before it is read":
        meddling(monkeypatch, change)
    else:
        read = sources._read
        changes = [change]

        def reading(source: Path, inside: PurePosixPath, count: int) -> bytes:
            data = read(source, inside, count)
            if inside.name == "quiz.json" and changes:  # the last of them
                changes.pop()()
            return data

        monkeypatch.setattr(sources, "_read", reading)
    staged = stage(source, lab3)
    assert staged.files == {name: (source / name).read_bytes() for name in CODE if (source / name).exists()}
    assert ("losses.py is missing" in problems(staged)) == (way == "vanishes")
    assert any("new.txt" in note for note in notes(staged)) == (way == "joined")


@pytest.mark.parametrize("name", ["lab3", "a.zip", "broken.zip"])
def test_a_submission_that_never_rests_is_unreadable_even_where_it_looks_broken(
    name: str, lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that is under way is half an archive."""
    source = in_folder(tmp_path / "lab3", CODE) if name == "lab3" else zipped(tmp_path / name, CODE)
    if name == "broken.zip":
        truncated(source, 0.5)
    changing = source / "losses.py" if name == "lab3" else source

    def append() -> None:
        with changing.open("ab") as file:
            file.write(b" ")

    meddling(monkeypatch, *[append] * 20)
    with pytest.raises(Unreadable, match=f"^{name} cannot be read: it changes while it is read; grade it again"):
        stage(source, lab3)


def test_an_archive_that_vanishes_while_it_is_read_is_unreadable(
    lab3: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = zipped(tmp_path / "a.zip", CODE)
    meddling(monkeypatch, source.unlink)
    with pytest.raises(Unreadable, match=r"^a\.zip cannot be read: No such file or directory"):
        stage(source, lab3)
