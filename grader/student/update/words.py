"""What an update changed, in words: for each lab, and for the rest of the kit."""

import ast
from pathlib import Path, PurePosixPath

from grader.lab.source import definitions
from grader.languages import say
from grader.student.update.plan import Plan, skeleton_of

PARTS = {  # of a lab, by the names of its files
    "README.md": "part_handout",
    "README.zh.md": "part_handout",
    "checks.py": "part_checks",
    "recorded.json": "part_checks",
    "lab.toml": "part_manifest",
}
PASSED_OVER = (".derived.json",)


def sentences(plan: Plan, root: Path, backup: Path) -> list[str]:
    """A line for each lab that changed and for each file that wants a look; one for the rest."""
    lines, labs, rest = list[str](), dict[str, list[str]](), list[str]()
    for path in [*plan.write, *plan.remove]:
        parts = PurePosixPath(path).parts
        if parts[0] == "labs" and len(parts) > 2 and parts[1] != "common":
            labs.setdefault(parts[1], []).append(path)
        elif path != "release.json":
            rest.append(parts[0] if parts[0] != "labs" else "labs/common")
    for lab, paths in sorted(labs.items()):
        if f"labs/{lab}/lab.toml" in plan.added:
            lines.append(say("updated_new_lab", lab=lab))
        elif changed := _parts_of(lab, paths, plan):
            lines.append(say("updated_lab", lab=lab, changed=changed))
    if rest:
        lines.append(say("updated_rest", names=sorted(set(rest))))
    if any(path.startswith("requirements/") and path.endswith(".txt") for path in plan.write):
        lines.append(say("updated_locks"))
    for path, became in plan.became.items():
        if became in ("merged", "conflict"):
            names = _changed_functions(path, plan, root, backup)
            lines.append(
                say(f"updated_{became}", file=path, skeleton=skeleton_of(path), functions=names, count=len(names))
            )
    for path in plan.edited:
        lines.append(say("updated_edited", file=path))
    return lines


def _parts_of(lab: str, paths: list[str], plan: Plan) -> list[str]:
    """The changed parts of a lab: the handout, the checks, and given files by their names."""
    found = dict[str, None]()
    for path in paths:
        inside = str(PurePosixPath(path).relative_to(f"labs/{lab}"))
        if path in plan.became or inside.startswith(".") or inside in PASSED_OVER:
            continue
        found[say(PARTS[inside]) if inside in PARTS else inside] = None
    if any(path in plan.became and plan.became[path] == "new" for path in paths):
        found[say("part_skeleton")] = None
    return list(found)


def _changed_functions(path: str, plan: Plan, root: Path, backup: Path) -> list[str]:
    """The functions whose skeleton differs between the releases."""
    if not path.endswith(".py"):
        return []
    texts = [(folder / skeleton_of(path)) for folder in (backup, root)]
    if not all(text.is_file() for text in texts):
        return []
    before, after = ({name: found.node for name, found in definitions(text.read_bytes()).items()} for text in texts)
    return [name for name, node in after.items() if name not in before or ast.dump(node) != ast.dump(before[name])]
