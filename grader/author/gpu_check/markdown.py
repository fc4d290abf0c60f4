"""docs/gpu-report.md, made from nothing but the report's data."""

from collections.abc import Iterator, Sequence

from grader.author.gpu_check.report import Cell, Hardware, Item, Report, Table, Version

SIGNS = {"passed": "✓", "differs": "≠", "failed": "✗", "not run": "·", "not finished": "…"}
REHEARSAL = "**This is a rehearsal of the script on a CPU. It shows nothing about a GPU.**"


def page(report: Report) -> str:
    """The report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "# What a machine with a GPU showed"
    yield ""
    if report.rehearsal:
        yield REHEARSAL
        yield ""
    command = "make gpu-check DEVICE=cpu" if report.rehearsal else "make gpu-check"
    at = f" at {report.commit}" if report.commit else ""
    yield f"Written by `{command}` on {report.started}, in {report.seconds:.0f} s, of the kit{at}."
    yield "gpu-report.json has the same data. Seconds are of wall time."
    yield ""
    yield from _hardware(report.hardware)
    yield from _versions(report.versions)
    yield "## Items"
    yield ""
    yield from _table([_summary(item) for item in report.items])
    for item in report.items:
        if item.tables or item.texts:
            yield from _item(item)


def _summary(item: Item) -> dict[str, Cell]:
    found = ". ".join(filter(None, (item.figure, item.reason)))
    verdict = f"{SIGNS[item.verdict]} {item.verdict}"
    return {"item": item.name, "what": item.title, "verdict": verdict, "found": found, "s": round(item.seconds)}


def _hardware(machine: Hardware) -> Iterator[str]:
    yield "## Machine"
    yield ""
    if machine.gpu:
        several = f"{machine.gpus} x " if machine.gpus > 1 else ""
        yield (
            f"- GPU: {several}{machine.gpu}, {machine.memory_gb:g} GB, capability {machine.capability}, driver "
            f"{machine.driver or 'unknown'}"
        )
    else:
        yield f"- GPU: none ({machine.why_no_gpu})"
    yield f"- torch is built for {f'CUDA {machine.cuda}' if machine.cuda else 'the CPU'}"
    yield f"- Processor: {machine.processor}, {machine.cores} cores"
    yield f"- Python {machine.python}, {machine.system}"
    yield ""


def _versions(versions: Sequence[Version]) -> Iterator[str]:
    yield "## Versions"
    yield ""
    yield from _table(
        [
            {
                "package": version.package,
                "here": version.here or "not installed",
                "requirements": version.lock or "-",
                "": "differs" if version.differs else "",
            }
            for version in versions
        ]
    )


def _item(item: Item) -> Iterator[str]:
    yield f"## {item.title}"
    yield ""
    for table in item.tables:
        yield f"{table.title}:"
        yield ""
        yield from _rows_of(table)
    if item.texts:
        yield "```text"
        yield from (line.replace("```", "'''") for line in item.texts)
        yield "```"
        yield ""


def _rows_of(table: Table) -> Iterator[str]:
    yield from _table(table.rows)


def _table(rows: Sequence[dict[str, Cell]]) -> Iterator[str]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        return
    yield "| " + " | ".join(map(_text, columns)) + " |"
    yield "|" + " --- |" * len(columns)
    for row in rows:
        yield "| " + " | ".join(_text(row.get(name)) for name in columns) + " |"
    yield ""


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return "" if cell is None else str(cell).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
