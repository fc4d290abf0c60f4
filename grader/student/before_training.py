"""What is known of a lab before its training imports anything: what is still to do, what fails, what was not checked.

It is read from the student's files and from what the last checks left, in no time.
"""

from grader import codes
from grader.lab import Lab
from grader.lab.source import definitions_in
from grader.languages import say
from grader.student.places import place
from grader.student.remembered import remembered
from grader.student.uses import fingerprints

SHOWN = 3  # of those of a kind


def warnings(lab: Lab) -> list[str]:
    """A sentence for each of these; none where all tasks passed their checks as they are now."""
    to_do, failing, unchecked = list[str](), list[str](), list[str]()
    found, code = remembered(lab).checked, fingerprints(lab)
    for task in lab.manifest.tasks:
        if task.bonus or task.file not in lab.code_files:
            continue
        there = definitions_in(lab.path(task.file))
        open_ones = [name for name in task.functions if name in there and there[name].open]
        to_do += [f"{name} ({place(lab, task, name)})" for name in open_ones]
        if open_ones:
            continue
        if task.name not in found or found[task.name].code != code[task.name]:
            unchecked.append(f"{task.number} {task.name}")
        elif not found[task.name].passed:
            failing.append(f"{task.number} {task.name}")
    kinds = {"train_to_do": to_do, "train_failing": failing, "train_unchecked": unchecked}
    return [
        say(what, names=codes.some_of(names, SHOWN), count=len(names), lab=lab.name)
        for what, names in kinds.items()
        if names
    ]


def nothing_written(lab: Lab) -> bool:
    """Whether every function of the lab's is still to do: then no training can begin."""
    there = [definitions_in(lab.path(file)) for file in lab.code_files]
    tasks = [task for task in lab.manifest.tasks if task.file in lab.code_files]
    wanted = {name for task in tasks for name in task.functions}
    found = [one for file in there for name, one in file.items() if name in wanted]
    return bool(found) and all(one.open for one in found)
