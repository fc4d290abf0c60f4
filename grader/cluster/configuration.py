"""cluster.toml: the workers that SCHEDULER=slurm and the like start, a table for each word (docs/cluster.md).

Whatever is unknown in the file, or cannot be, is refused with its place.
"""

import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from grader.cluster.schedulers import schedulers
from grader.errors import Refused
from grader.policy.course import table_of

FILE = "cluster.toml"

Positive = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(pattern=r"^\S([^\n]*\S)?$")]  # a line, since it becomes one of a script
Word = Annotated[str, Meta(pattern=r"^[\w./:@=+-]+$")]

Table = TypeVar("Table", bound=msgspec.Struct)


def table_for(address: str, kind: type[Table]) -> Table:
    """What the file says for an address: `slurm` reads the table [slurm] of ./cluster.toml, `slurm:spring.toml` that of
    another file. Refused where there is none, or something in it is unknown or cannot be."""
    word, _, name = address.partition(":")
    path = Path(name or FILE)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        there = list(schedulers())
        if unknown := [table for table in tables if table not in there]:
            raise ValueError(f"{unknown[0]}: there is no such scheduler; there is {', '.join(there)}")
        if word not in tables:
            raise Refused("no_cluster_table", path=str(path), word=word)
        return table_of(tables[word], kind, word)
    except FileNotFoundError:
        raise Refused("no_cluster_file", path=str(path), word=word) from None
    except OSError as error:
        raise Refused("cannot_be_read", path=str(path), reason=error.strerror or "") from None
    except ValueError as error:  # tomllib's and msgspec's are such, too
        raise Refused("course_refused", path=str(path), reason=str(error)) from None
