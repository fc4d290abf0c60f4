"""Rows as CSV that a spreadsheet opens and computes nothing from."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def csv_text(rows: Iterable[Sequence[str | float | None]]) -> str:
    """The text of a CSV file. None is an empty cell; a text that would be a formula gets an apostrophe in front."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: str | float | None) -> str | float:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else round(value, 2)


def csv_rows(text: str) -> list[list[str]]:
    """The rows of what csv_text has made, without the apostrophes in front. ValueError where it is no CSV."""
    try:
        return [
            [cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""))
        ]
    except csv.Error as error:
        raise ValueError(str(error)) from None
