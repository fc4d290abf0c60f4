"""One run's place on a worker: the lab in a private folder, the sandbox that this machine has, and a warm parent.

A place is a value that Dask keeps in the worker for as long as the client wants it, and that never leaves the process.
So it goes, with all that it started, when the client ends or is lost. Nothing here raises: Dask would pickle what was
raised, and what a submission does must not be in it.
"""

import contextlib
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import msgspec

from grader import codes
from grader.cluster import parcel
from grader.cluster.parcel import Errand, Look, Parcel, Reply
from grader.errors import Found
from grader.findings import Finding
from grader.grading import home, work
from grader.grading.depends import depends_on
from grader.grading.milestones import versions
from grader.grading.reference import record_of
from grader.grading.submission import Bench, failed
from grader.lab import read_lab
from grader.plain import one_line
from grader.sandboxes import choose

NEEDED = ("dask", "distributed", "msgspec")  # beside what scores depend on: what both sides have to understand

_places: "weakref.WeakValueDictionary[str, Place]" = weakref.WeakValueDictionary()


class Place:
    """Where one run is graded on this worker, one submission after the other. `trouble` says why it cannot be."""

    def __init__(self, sent: Parcel, folder: str) -> None:
        self.name = secrets.token_hex(8)
        self.run = ""
        self.trouble: Finding | None = None
        self.needs: dict[str, str] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="labkit-", dir=folder))  # for its owner alone
        self._bench: Bench | None = None
        self._turn = threading.Lock()
        try:
            self._open(parcel.unpacked_errand(parcel.contents(sent)))
        except Found as error:
            self.trouble = _in_one_line(error.finding)
        except Exception as error:
            self.trouble = home.fault(error)
        parent = self._bench.parent if self._bench else None
        self._gone = weakref.finalize(self, _clear, self._folder, parent)

    def _open(self, errand: Errand) -> None:
        self.run = errand.token
        folder = self._folder / errand.lab
        for name, data in errand.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        lab = read_lab(folder)
        self.needs = needs(depends_on(lab))
        sandbox = choose(errand.job.sandbox, lab.manifest.limits)
        self._bench = work.new_bench(msgspec.structs.replace(errand.job, lab=str(folder), sandbox=sandbox))
        self._bench.reference.record = record_of(lab, folder)

    def look(self) -> bytes:
        return msgspec.json.encode(Look(self.name, self.trouble, self.needs))

    def grade(self, sent: Parcel) -> bytes:
        """The Reply for these parts of a submission."""
        with self._turn:
            assert self._bench is not None, "nothing is sent to a place with a trouble"
            bench = self._bench
            parts = parcel.unpacked_parts(parcel.contents(sent))
            graded = [work.graded(bench, part, bench.parent.start) for part in parts]
            try:
                return msgspec.json.encode(Reply(self.name, graded))
            except Exception as error:  # a text that no encoding has, for one
                faults = [failed(bench, part, home.fault(error)) for part in parts]
                return msgspec.json.encode(Reply(self.name, faults))

    def end(self) -> None:
        """Ends what is graded just now, and all that was started."""
        self._gone()

    def __reduce__(self) -> Any:
        raise TypeError("a place stays on its worker")


def needs(depends: dict[str, str]) -> dict[str, str]:
    """What has to be the same on all machines: what scores depend on, and what results and parcels are made with."""
    import importlib.metadata

    return {**depends, **versions(), **{name: importlib.metadata.version(name) for name in NEEDED}}


def _in_one_line(finding: Finding) -> Finding:
    """Why no sandbox works, without advice for who stands before the machine; anything else as it is."""
    if finding.code != "no_sandbox_works":
        return finding
    reasons = str(finding.values["listed"]).splitlines()
    return codes.NO_SANDBOX_THERE(reasons=[reason.strip() for reason in reasons])


def _clear(folder: Path, parent: Any) -> None:
    if parent is not None:
        parent.end_for_good()
    shutil.rmtree(folder, ignore_errors=True)


# --- what the client has a worker do ----------------------------------------------------------------------------------


def open_place(sent: Parcel) -> Place:
    """A place for the run that was sent, in the folder of this worker that Dask clears up."""
    from distributed import get_worker

    place = Place(sent, get_worker().local_directory)
    _places[place.name] = place
    return place


def look(place: Place) -> bytes:
    return place.look()


def grade(place: Place, sent: Parcel) -> bytes:
    try:
        return place.grade(sent)
    except Exception as error:
        return msgspec.json.encode(Look(place.name, codes.GRADER_FAILED(message=one_line(repr(error)))))


def end(run: str) -> None:
    """Ends the places of a run, and what they grade just now."""
    for place in list(_places.values()):
        if place.run == run:
            with contextlib.suppress(Exception):
                place.end()


def clock() -> float:
    return time.time()
