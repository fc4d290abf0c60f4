"""The report as a notebook file: written for students, and run in the sandbox and written again for who grades it."""

import sys

# nbformat imports jsonschema, and this a grammar of addresses where that is installed (nbgrader brings it). To read
# the grammar takes two CPU seconds of every process that grades. No notebook needs it, and jsonschema does without it.
GRAMMAR = "rfc3987_syntax"

if GRAMMAR not in sys.modules:
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    try:
        import nbformat  # noqa: F401
    finally:
        del sys.modules[GRAMMAR]
