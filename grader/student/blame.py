"""Which of a task's functions are wrong, by the checks that fail."""

from collections.abc import Mapping, Sequence

from grader.findings import KINDS, kind_of
from grader.lab import Task
from grader.student.checking import Checked

FAILED = ("failed", "timeout", "crashed")


def at_fault(task: Task, checked: Sequence[Checked], used: Mapping[str, set[str]]) -> list[str]:
    """The functions of a task that its failing checks found wrong, or asked.

    Where one fails alone, it is what is wrong with those that a check asks besides, and with those that call it.

    Args:
        checked: the task's checks.
        used: by the name of a function, those that it calls, directly or through others.
    """
    asked = [asked_by(item) for item in checked if item.judged and item.judged.outcome in FAILED]
    alone = set[str]().union(*(names for names in asked if len(names) == 1))
    found = alone.union(*(names for names in asked if not names & alone))
    first = {name for name in found if not used.get(name, set()) & found} or found
    return [name for name in task.functions if name in first] or task.functions


def asked_by(item: Checked) -> set[str]:
    """The functions of its task that a check's findings name as those that are wrong, or that it called."""
    findings = item.judged.findings if item.judged else []
    named = {str(finding.values["function"]) for finding in findings if "function" in finding.values}
    return set(item.task.functions) & (named or set(item.called))


def most_telling(items: Sequence[Checked], blamed: Sequence[str]) -> Checked:
    """The one of a task's failed checks to show: about what is to be blamed, then with the most fundamental fault."""
    return min(items, key=lambda item: (not asked_by(item) & set(blamed), _rank(item)))


def _rank(item: Checked) -> int:
    return KINDS.index(kind_of(item.judged.findings[0])) if item.judged else 0
