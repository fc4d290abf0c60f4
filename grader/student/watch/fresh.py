"""What a fresh process does for one save: the task at hand first, then what else was touched, then slower checks."""

from collections.abc import Callable, Iterator, Mapping

from grader.checks import Fixture
from grader.lab import Lab
from grader.student.checking import Checked, QuizState, Session, milestone_states, open_session, quiz_state
from grader.student.table import Screen
from grader.student.uses import fingerprints, tasks_used
from grader.student.watch.told import Report, Request, told_of

Chosen = dict[str, bool]  # tasks by name, with whether slower checks run, too


def run(lab: Lab, request: Request, fixtures: Mapping[str, Fixture], tell: Callable[[Report], None]) -> None:
    """Tells after each step what it found, and at last the whole."""
    code = fingerprints(lab)
    session = open_session(lab, fixtures)
    state, checked = "", list[Checked]()
    for chosen in _steps(lab, request, code):
        if chosen[request.task] and state not in ("passed", "") and not request.everything:
            break
        checked = _checked(session, chosen)
        screen = Screen(session, checked, [], QuizState(0), whole_lab=False)
        told = [told_of(screen, task, code[task.name]) for task in screen.tasks]
        state = next(each.state for each in told if each.task == request.task)
        tell(Report(request.number, told))
    whole = Screen(session, checked, milestone_states(lab), quiz_state(lab), whole_lab=True)
    after = session.texts.say(whole.after_the_tasks(), lab=lab.name)
    notes = [session.texts.say(note) for note in session.notes]
    tell(Report(request.number, notes=notes, after=after, whole=True))


def _steps(lab: Lab, request: Request, code: Mapping[str, str]) -> Iterator[Chosen]:
    names = [task.name for task in lab.manifest.tasks]
    if request.everything:
        yield dict.fromkeys(names, False)
        yield dict.fromkeys(names, True)
        return
    near = {request.task} | tasks_used(lab)[request.task]
    touched = [name for name in names if name in near or request.known.get(name) != code[name]]
    yield {request.task: False}
    yield dict.fromkeys(touched, False)
    yield {**dict.fromkeys(touched, False), request.task: True}


def _checked(session: Session, chosen: Chosen) -> list[Checked]:
    """The checks of these tasks, each run once."""
    wanted = [check for check in session.checks if check.task in chosen]
    run = [check for check in wanted if check.quick or chosen[check.task]]
    for check in run:
        session.checked(check)
    return [session.diagnosed(check) if check in run else session.not_run(check) for check in wanted]
