"""nbgrader's gradebook, opened: a file of SQLite, or a PostgreSQL by its URL."""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import Refused
from grader.plain import one_line

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

FILE = "gradebook.db"


def url_of(folder: Path, database: str | None) -> str:
    """The URL of the database: the one that was given, else that of a file in the course folder."""
    if database is None:
        return f"sqlite:///{(folder / FILE).resolve()}"
    scheme, found, rest = database.partition("://")
    return f"postgresql+psycopg://{rest}" if found and scheme in ("postgres", "postgresql") else database


@contextlib.contextmanager
def opened(url: str) -> Iterator["Gradebook"]:
    """The gradebook, with its tables; Refused where nbgrader is not installed or the database cannot be used.

    What was not committed when the block ends by an exception is not in the database.
    """
    try:
        from nbgrader.api import Gradebook
        from sqlalchemy.exc import SAWarning, SQLAlchemyError
    except ImportError:
        raise Refused("no_nbgrader", 2) from None
    here = str(Path(sys.executable).parent)  # nbgrader runs alembic by its name
    if here not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = here + os.pathsep + os.environ["PATH"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of the order in which nbgrader adds a submission
            with Gradebook(url) as gradebook:
                yield gradebook
    except (SQLAlchemyError, ImportError) as error:
        raise Refused("gradebook_unusable", 3, reason=one_line(str(error).splitlines()[0])) from None
