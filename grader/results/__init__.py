"""What grading says: one result for each submission, in a published form, and the folder that holds them."""

from grader.results.result import (
    SCHEMA_VERSION,
    CheckResult,
    Kind,
    Outcome,
    Result,
    Visibility,
    earlier_result,
    read_result,
    schema,
    score_of,
    write_result,
)
from grader.results.whole import UNFINISHED

__all__ = [
    "SCHEMA_VERSION",
    "UNFINISHED",
    "CheckResult",
    "Kind",
    "Outcome",
    "Result",
    "Visibility",
    "earlier_result",
    "read_result",
    "schema",
    "score_of",
    "write_result",
]
