"""Which tasks a task's code calls, found by reading a student's files: a fault in one shows in all that call it."""

from grader.lab import Lab
from grader.lab.source import definitions_in


def tasks_used(lab: Lab) -> dict[str, set[str]]:
    """By the name of each task, the other tasks whose functions its own ones call, directly or through others."""
    there = {name: found for file in lab.code_files for name, found in definitions_in(lab.path(file)).items()}
    calls = {name: found.names & there.keys() for name, found in there.items()}
    task_of = {name: task.name for task in lab.manifest.tasks for name in task.functions}
    used: dict[str, set[str]] = {}
    for task in lab.manifest.tasks:
        reached, open_names = set[str](), list(task.functions)
        while open_names:
            new = calls.get(open_names.pop(), set()) - reached
            reached |= new
            open_names += new
        used[task.name] = {task_of[name] for name in reached if name in task_of} - {task.name}
    return used
