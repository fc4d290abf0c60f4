"""`make labN-debug`: calls a function again with the public case that fails, and stops in the student's own code.

Where it raised, at the line that did, with all values as they were; where a value is wrong, or nothing comes back, at
the function's first line.
"""

import bdb
import pdb
import sys
from pathlib import Path
from types import TracebackType

from rich.text import Text

from grader.checks import Case
from grader.errors import Refused
from grader.lab import Lab, Task
from grader.lab.source import Definition, definitions_in
from grader.languages import say
from grader.run.answers import run_probe
from grader.screen import console
from grader.student.blame import FAILED
from grader.student.checking import Checked, QuizState, Session, open_session, run_public_checks
from grader.student.places import at
from grader.student.table import Screen

NO_LIMIT = 1e6  # seconds: a person is thinking


def debug(lab: Lab, task: Task | None) -> None:
    """Debugs the first failure of a task, or of the lab. Refused where there is none, or no code that could run."""
    session = open_session(lab)
    checked = run_public_checks(session, task)
    screen = Screen(session, checked, [], QuizState(0), whole_lab=task is None)
    failed = [item for item in screen.failures() if item.judged and item.judged.outcome in FAILED]
    if not failed:
        raise Refused("debug_nothing" if task is None else "debug_nothing_of", 1, lab=lab.name, task=task and task.name)
    item = failed[0]
    case = next((case for case in item.check.cases if item.judged and case.title == item.judged.case), None)
    console.print(screen.explanation(item))
    if case is None or screen.fault_of_file(item.task):
        raise Refused("debug_no_case", 1, place=at(*screen.location(item.task)[:2]))
    path, _, functions = screen.location(item.task)
    there = definitions_in(path)
    stops = [line for name in functions if name in there for line in _first_lines(there[name])]
    console.print(Text("\n" + say("debug_keys"), style="dim"))
    _call(session, item, case, path, stops)


def _call(session: Session, item: Checked, case: Case, path: Path, stops: list[int]) -> None:
    """Runs the probe again: until it raises where it did so before, else with a stop at these lines."""
    debugger = pdb.Pdb(nosigint=True)
    debugger.prompt = "(debug) "
    raised = bool(item.judged and item.judged.trace)
    if not raised:
        for line in stops:
            debugger.set_break(str(path), line)
        debugger.botframe = sys._getframe()
        debugger.set_continue()
        sys.settrace(debugger.trace_dispatch)
    try:
        run_probe(item.check, session.functions, case.arguments, NO_LIMIT, session.fixtures)
    except (bdb.BdbQuit, KeyboardInterrupt):
        return
    except BaseException as error:  # a student's code may raise anything
        sys.settrace(None)
        if raised and (trace := _own(error.__traceback__, session.lab.folder)):
            debugger.reset()
            debugger.interaction(None, trace)
            return
    finally:
        sys.settrace(None)
    console.print(say("debug_over"))


def _own(trace: TracebackType | None, folder: Path) -> TracebackType | None:
    """The part of a traceback that runs in files of the lab: the innermost is where a debugger stops."""
    entries = []
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.parent == folder and file.name != "checks.py":
            entries.append(trace)
        trace = trace.tb_next
    own = None
    for entry in reversed(entries):
        own = TracebackType(own, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return own


def _first_lines(definition: Definition) -> list[int]:
    """The first line of a function after its docstring; of a class those of its methods."""
    if definition.kind == "class":
        return [line for method in definition.methods for line in _first_lines(method)]
    body = definition.node.body
    return [body[1 if definition.docstring and len(body) > 1 else 0].lineno]
