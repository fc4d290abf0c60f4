"""Starts a warm parent as a process of this machine, alone or inside namespaces: it inherits its control socket."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.lab import Limits
from grader.run.confine import InnerLayer
from grader.sandboxes import surroundings
from grader.sandboxes.parent import NotStarted, RunningParent, command, tried
from grader.workers.worker import ParentOptions
from labs.common.translated import _


def with_own_user(launched: Callable[[int | None], RunningParent]) -> RunningParent:
    """Launches as a user who has no other processes where the grader may change users, else as the grader's own."""
    if os.geteuid() == 0 and surroundings.others_can_read():
        try:
            return launched(secrets.choice(surroundings.OTHER_USERS))
        except NotStarted:  # root of a container may have lost the right to change users
            pass
    return launched(None)


def in_new_folder(
    limits: Limits,
    modules: Sequence[str] | None,
    user: int | None,
    confined: bool = True,
    within: Sequence[str] = (),
    landlock: bool = True,
) -> RunningParent:
    """Launches with a new folder for temporary files, whose children are confined or not, as `launch` says."""
    work = Path(tempfile.mkdtemp(prefix="labkit-"))  # which the parent removes, should we be killed

    def clear() -> None:
        shutil.rmtree(work, ignore_errors=True)

    try:
        if user is not None:
            os.chown(work, user, user)
    except OSError as error:
        clear()
        raise NotStarted(
            _("its folder cannot be given to another user: {reason}").format(reason=error.strerror)
        ) from None
    options = ParentOptions(str(work), limits, InnerLayer(confined, user is not None, landlock), modules)
    return launch(options, user, within, clear)


def launch(
    options: ParentOptions, user: int | None, within: Sequence[str] = (), clear: Callable[[], object] = lambda: None
) -> RunningParent:
    """Starts a parent as `user` (None: the grader's own) behind the words `within`, a command that runs another.

    `clear` removes what it leaves, also where it does not start, which is NotStarted.
    """
    ours, theirs = socket.socketpair()
    work = Path(options.work)
    with theirs:
        try:
            process = subprocess.Popen(
                [*within, *command(str(theirs.fileno()), options)],
                cwd="/",
                env=surroundings.environment(work) | {"PATH": os.environ.get("PATH", os.defpath)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE if options.modules is None else subprocess.DEVNULL,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=[] if user is not None else None,
            )
        except OSError as error:
            ours.close()
            clear()
            raise NotStarted(_("its process cannot be started: {reason}").format(reason=error.strerror)) from None
    return tried(RunningParent(options.inner, ours, process, clear))
