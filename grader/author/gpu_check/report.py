"""The published form of docs/gpu-report.json: versioned, and all that its Markdown is made from."""

from pathlib import Path
from typing import Literal

import msgspec

SCHEMA_VERSION = 1

Verdict = Literal["passed", "differs", "failed", "not run", "not finished"]
Cell = str | int | float | bool | None


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of an item. All rows have the same columns; a title says what they are of, with units."""

    title: str
    rows: list[dict[str, Cell]]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that was looked at.

    verdict    passed: as expected; differs: a GPU does another thing than a CPU, or than an estimate; failed: it could
               not be done; not run: the reason says why; not finished: it was under way when this was written
    figure     the one figure of the item, with its unit
    texts      what was printed, line by line as it was
    """

    name: str
    title: str
    verdict: Verdict
    reason: str = ""
    figure: str = ""
    seconds: float = 0.0
    tables: list[Table] = []
    texts: list[str] = []


class Hardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The machine. `gpu` is empty where there is none, and `why_no_gpu` says why."""

    gpu: str = ""
    gpus: int = 0
    memory_gb: float = 0.0
    driver: str = ""
    cuda: str = ""  # that torch was built for
    capability: str = ""
    why_no_gpu: str = ""
    processor: str = ""
    cores: int = 0
    python: str = ""
    system: str = ""


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package as it is installed, and as requirements/ has it; empty where it is not."""

    package: str
    here: str
    lock: str

    @property
    def differs(self) -> bool:
        """Whether it is another version than the lock's; a build of the same one (+cu130) is not."""
        return bool(self.lock) and self.here.partition("+")[0] != self.lock


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """gpu-report.json. A rehearsal ran on the CPU, and shows nothing about a GPU."""

    schema_version: int
    rehearsal: bool
    started: str  # ISO 8601, UTC
    seconds: float
    commit: str  # of the kit; empty where it is not known
    hardware: Hardware
    versions: list[Version]
    items: list[Item]


def to_json(report: Report) -> str:
    """The text of gpu-report.json."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1).decode() + "\n"


def read_report(path: Path) -> Report:
    """A report as it was written; msgspec.ValidationError where it is of another form."""
    return msgspec.json.decode(path.read_bytes(), type=Report)


def schema() -> str:
    """gpu-report.schema.json: the published form, as JSON Schema (draft 2020-12)."""
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return msgspec.json.format(msgspec.json.encode(draft | msgspec.json.schema(Report)), indent=1).decode() + "\n"
