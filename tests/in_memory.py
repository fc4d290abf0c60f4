"""A lab of which no file is read, for tests of what only looks at its manifest."""

from grader.lab import Files, Lab, Manifest, Task


def lab_of(*tasks: Task) -> Lab:
    """A lab of these tasks, whose code is a.py."""
    manifest = Manifest(lab="lab90", title="", files=Files(code=["a.py"]), tasks=list(tasks), allowed_imports=[])
    return Lab(folder=None, manifest=manifest)  # type: ignore[arg-type]  # nothing is read
