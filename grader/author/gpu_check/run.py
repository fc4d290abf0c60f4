"""Runs the items one after the other, and writes both files of the report after whatever an item says."""

import contextlib
import dataclasses
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import msgspec

from grader.author.gpu_check import machine
from grader.author.gpu_check.items import Kind
from grader.author.gpu_check.markdown import page
from grader.author.gpu_check.processes import Child, Ended
from grader.author.gpu_check.report import SCHEMA_VERSION, Hardware, Item, Report, to_json
from grader.author.gpu_check.settings import Found, Settings
from grader.lab import ROOT
from grader.results.whole import write_whole

HARDWARE_SECONDS = 120.0  # for torch to be imported and a driver to answer
LEAST_SECONDS = 10.0  # left of the whole time, below which no item begins


def hardware() -> Hardware:
    """The machine, found by another process: this one stays free of torch. A Hardware without a GPU where it fails."""
    with Child(machine.hardware, leads=True) as child:
        try:
            found: Hardware = child.receive(HARDWARE_SECONDS)
        except Ended as ended:
            return Hardware(why_no_gpu=ended.why or "torch could not be asked")
    return found


def gpu_check(
    items: Sequence[Kind],
    settings: Settings,
    described: Hardware,
    out: Path,
    seconds: float,
    told: Callable[[Item], None],
) -> Report:
    """Runs the items, within so many seconds altogether, and writes `out`.json and `out`.md. `told` hears of each
    item that has ended."""
    began = time.perf_counter()
    report = Report(
        schema_version=SCHEMA_VERSION,
        rehearsal=settings.rehearsal,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        commit=machine.commit(ROOT),
        hardware=described,
        versions=machine.versions(ROOT / "requirements"),
        items=[],
    )
    done: list[Item] = []
    with _ended_by_sigterm():
        for kind in items:
            left = seconds - (time.perf_counter() - began)
            for item in _item(kind, settings, left):
                report = msgspec.structs.replace(report, seconds=_since(began), items=[*done, item])
                write(report, out)
            done.append(report.items[-1])
            told(done[-1])
    return report


def write(report: Report, out: Path) -> None:
    """Both files of a report, each whole or not at all."""
    write_whole(out.with_name(f"{out.name}.json"), to_json(report).encode())
    write_whole(out.with_name(f"{out.name}.md"), page(report).encode())


def _item(kind: Kind, settings: Settings, left: float) -> Iterator[Item]:
    """An item as it comes along: not finished each time but the last."""
    if left < LEAST_SECONDS:
        yield Item(kind.name, kind.title, "not run", "no time was left for it")
        return
    began, limit = time.perf_counter(), min(kind.seconds, left)
    found = Found("not finished")
    yield _as_found(kind, found, 0.0)
    with Child(kind.run, dataclasses.replace(settings, item_seconds=limit), leads=True) as child:
        while True:
            try:
                found = child.receive(limit - (time.perf_counter() - began))
            except Ended as ended:
                if ended.why or found.verdict == "not finished":
                    late = time.perf_counter() - began >= limit
                    why = f"it was stopped after {limit:.0f} s" if late else ended.why or "it found nothing"
                    found = Found("failed", found.figure, "; ".join(filter(None, (why, found.reason))), *_rest(found))
                break
            yield _as_found(kind, found, _since(began), finished=False)
    yield _as_found(kind, found, _since(began))


def _rest(found: Found) -> tuple[Any, Any]:
    return found.tables, found.texts


def _as_found(kind: Kind, found: Found, seconds: float, finished: bool = True) -> Item:
    verdict = found.verdict if finished else "not finished"
    tables, texts = list(found.tables), list(found.texts)
    return Item(kind.name, kind.title, verdict, found.reason, found.figure, round(seconds, 1), tables, texts)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 1)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends this process the way Ctrl-C does: with what it started."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
