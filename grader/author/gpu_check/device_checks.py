"""Every device check's verdict on the pretended GPU beside the one on the real device: for the reference, all
alternatives and all mistakes of the functions that it concerns.

A mistake may end the CUDA context, or its process. So a lab's variants run in a child, which goes on with the next
variant in a new child where one was lost. Mistakes and alternatives are the author's own code: nothing confines them.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from grader.author.gpu_check.processes import Child, Ended, Send
from grader.author.gpu_check.report import Cell, Table
from grader.author.gpu_check.settings import Found, Settings, Tell
from grader.checks import Case, Check, Variant
from grader.checks.devices import Device, warm_up, works_on_its_device
from grader.grading.reference import Reference, open_reference
from grader.lab import read_lab
from grader.languages import say
from grader.plain import one_line
from grader.run.answers import Answer

REFERENCE = "the reference"
UNCHECKED = "not checked"
VERDICTS = {"cuda": "passed", "cpu": "failed", "not checked": UNCHECKED}  # by what devices.py found
REAL_SECONDS = 20.0  # CPU seconds of a case there: some kernels are loaded at first use
WORDS = 200  # of a message


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a device check said of one version of a function, and the words of what went wrong. `over` says that the
    device computes no more in this process, or that the process has ended."""

    verdict: str
    words: str = ""
    over: str = ""


NOT_YET = Seen("not run")


@dataclasses.dataclass
class Row:
    """One version of a function in one device check, on both devices."""

    check: str
    version: str
    pretended: Seen = NOT_YET
    real: Seen = NOT_YET

    @property
    def agrees(self) -> bool:
        return self.pretended.verdict == self.real.verdict


class Mortal(Device, Protocol):
    """A device that may stop computing."""

    def alive(self) -> bool:
        """Whether it still computes."""


# --- in the child -----------------------------------------------------------------------------------------------------


def asked_of(reference: Reference) -> list[tuple[Check, Variant | None, str]]:
    """The device checks of a lab, each with every version of the functions that it concerns, and what that is called;
    always in the same order."""
    named = [(variant, f"alternative {variant.name}") for variant in reference.alternatives]
    named += [(variant, f"mistake {variant.name}") for variant in reference.mistakes]
    return [
        (check, variant, name)
        for check in reference.checks
        if check.verify is works_on_its_device
        for variant, name in [(None, REFERENCE), *named]
        if variant is None or variant.function in reference.lab.task(check.task).functions
    ]


def seen_from(send: Send, reference: Reference, device: Mortal, first: int) -> None:
    """Runs the versions from number `first` on: sends how many there are, then for each its number and name, what is
    seen on the pretended device, and what on this one. Returns where this one computes no more."""
    asked = asked_of(reference)
    send(len(asked))
    for number, (check, variant, name) in enumerate(asked[first:], first):
        send((number, check.name, name))
        [case] = check.cases
        send(_seen(reference.answer(check, case, variant)))
        send(seen := _seen_on(device, reference, check, case, variant))
        if seen.over:
            return


def _seen_on(device: Mortal, reference: Reference, check: Check, case: Case, variant: Variant | None) -> Seen:
    real = dataclasses.replace(check, probe=functools.partial(check.probe, device=lambda: device), seconds=REAL_SECONDS)
    seen = _seen(reference.answer(real, case, variant))
    return seen if device.alive() else dataclasses.replace(seen, over="ended the CUDA context")


def _seen(answer: Answer) -> Seen:
    if answer.status == "value":
        facts = answer.value
        words = facts["message"] or (f"{facts['function']} answers on the CPU" if facts["device"] == "cpu" else "")
        return Seen(VERDICTS[facts["device"]], one_line(words, WORDS))
    return Seen(answer.status, one_line(say(answer.finding), WORDS) if answer.finding else "")


def _child(send: Send, folder: Path, name: str, first: int) -> None:
    """What the child of a lab does."""
    import torch

    from grader.author.gpu_check.real_device import RealDevice

    torch.set_num_threads(1)
    reference = open_reference(read_lab(folder))
    device = RealDevice(name)
    device.warm_up()
    warm_up()
    seen_from(send, reference, device, first)


# --- in the item's process --------------------------------------------------------------------------------------------


def rows_of(folder: Path, settings: Settings) -> Iterator[Row]:
    """The versions of one lab as they are judged, each after the first in a new child where the one before took its
    child along. Ended where a child cannot even begin."""
    first, count = 0, 1
    while first < count:
        with Child(_child, folder, settings.device, first) as child:
            count, lost = child.receive(settings.start_seconds), False
            while first < count and not lost:
                _, check, version = child.receive(settings.start_seconds)
                row = Row(check, version)
                lost = _fill(row, child, settings.variant_seconds)
                first += 1
                yield row


def _fill(row: Row, child: Child, seconds: float) -> bool:
    """Hears what is seen of a version on both devices; True where its child is of no more use."""
    for side in ("pretended", "real"):
        try:
            seen: Seen = child.receive(seconds)
        except Ended as ended:
            setattr(row, side, Seen("ended", one_line(ended.why, WORDS), over="ended its process"))
            return True
        setattr(row, side, seen)
    return bool(row.real.over)


def device_checks(tell: Tell, settings: Settings) -> None:
    """The item: how often both devices say the same, by lab, and where they do not."""
    counts: list[dict[str, Cell]] = []
    differing: list[dict[str, Cell]] = []
    ended: list[dict[str, Cell]] = []
    broken: list[str] = []
    for folder in settings.labs:
        lab, rows = folder.name.partition("_")[0], list[Row]()
        try:
            for row in rows_of(folder, settings):
                rows.append(row)
                if not row.agrees:
                    differing.append(_differing(lab, row))
                if over := row.pretended.over or row.real.over:
                    ended.append({"lab": lab, "check": row.check, "version": row.version, "what it did": over})
        except Ended as why:
            broken.append(f"{lab}: {why.why}")
        counts.append(_counts(lab, rows))
        tell(_found(counts, differing, ended, broken))


def _found(
    counts: list[dict[str, Cell]], differing: list[dict[str, Cell]], ended: list[dict[str, Cell]], broken: list[str]
) -> Found:
    asked, agree = (sum(int(row[key] or 0) for row in counts) for key in ("versions", "agree"))
    tables = [
        Table('Versions of functions, and for how many both devices say the same ("there": the pretended one)', counts),
        Table('Where they differ ("there": on the pretended one, "here": on the real one)', differing),
        Table("What ended the CUDA context, or its process", ended),
    ]
    return Found(
        "failed" if broken else "differs" if differing else "passed",
        f"{agree} of {asked} verdicts agree",
        "; ".join(broken),
        [table for table in tables if table.rows],
    )


def _counts(lab: str, rows: list[Row]) -> dict[str, Cell]:
    over = sum(bool(row.pretended.over or row.real.over) for row in rows)
    return {
        "lab": lab,
        "checks": len({row.check for row in rows}),
        "versions": len(rows),
        "agree": sum(row.agrees for row in rows),
        "differ": sum(not row.agrees for row in rows),
        "of these not checked there": sum(not row.agrees and row.pretended.verdict == UNCHECKED for row in rows),
        "ended context or process": over,
    }


def _differing(lab: str, row: Row) -> dict[str, Cell]:
    return {
        "lab": lab,
        "check": row.check,
        "version": row.version,
        "pretended": row.pretended.verdict,
        "real": row.real.verdict,
        "words there": row.pretended.words,
        "words here": row.real.words,
    }
