"""Gradescope: a folder submission_123 for each hand-in, and submission_metadata.yml, which says whose each is."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

from grader.intake.export import Export
from grader.intake.platforms import GRADESCOPES, Named, Piece

DESCRIPTION = "Export Submissions"
MAX_BYTES = 50_000_000  # of the list: it holds everybody's results, too


def pieces(export: Export) -> Iterator[Piece]:
    """The files below each submission's folder. A group's are each member's."""
    list_path = next((path for path in sorted(export.files) if path.name == GRADESCOPES), None)
    whose = _whose(export.files[list_path]()) if list_path else {}
    base = list_path.parent if list_path else PurePosixPath()
    for path in sorted(export.files):
        steps = path.relative_to(base).parts if path.is_relative_to(base) else ()
        if len(steps) > 1 and steps[0].startswith("submission_"):
            for named in whose.get(steps[0]) or [Named(steps[0], known_as=(steps[0],))]:
                yield Piece(path, named, PurePosixPath(*steps[1:]))
        elif path == list_path:
            yield Piece(path, Named(""), PurePosixPath())


def _whose(text: bytes) -> dict[str, list[Named]]:
    """Who handed in, by submission; none where the list is not one."""
    import yaml

    class Plain(yaml.SafeLoader):  # type: ignore[misc]
        """Reads plain data: of what only Ruby knows, the fields, or nothing."""

    Plain.add_multi_constructor(
        "!", lambda loader, _, node: loader.construct_mapping(node) if isinstance(node, yaml.MappingNode) else None
    )
    try:
        data = yaml.load(text[:MAX_BYTES], Plain)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    found: dict[str, list[Named]] = {}
    for submission, about in data.items() if isinstance(data, dict) else ():
        people = about.get(":submitters") if isinstance(about, dict) else None
        when = _created(about) if isinstance(about, dict) else ""
        for person in people if isinstance(people, list) else ():
            if isinstance(person, dict):
                known = [str(person[key]) for key in (":sid", ":email", ":name") if person.get(key)]
                named = Named(known[-1] if known else str(submission), known_as=tuple(known), when=when)
                found.setdefault(str(submission), []).append(named)
    return found


def _created(about: dict[str, object]) -> str:
    created = about.get(":created_at")
    utc = created.get("utc") if isinstance(created, dict) else None
    return utc.isoformat(timespec="seconds") if isinstance(utc, datetime) and utc.tzinfo else ""
