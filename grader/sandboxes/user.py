"""Another user, seccomp and rlimits, for a kernel without Landlock: what may be read is what file modes leave to all.

It protects what root alone may read. Gradescope's container is such a place: nothing else in it is a secret. Elsewhere
other people's files are often readable by all, so it has to be asked for.
"""

import os
import secrets
from collections.abc import Sequence

from grader.lab import ROOT, Limits
from grader.sandboxes import launch, surroundings
from grader.sandboxes.parent import NotStarted, RunningParent
from labs.common.translated import _

DESCRIPTION = "another user and seccomp, where the kernel has no Landlock; marks every result"
OUTER = "none"
STRENGTH = 0


def start(limits: Limits, modules: Sequence[str] | None) -> RunningParent:
    """Starts a warm parent as a user who has no other processes. NotStarted where that user could read solutions."""
    if os.geteuid() != 0:
        raise NotStarted(_("only root may start processes as another user"))
    if not surroundings.others_can_read():
        raise NotStarted(_("another user cannot read Python or the kit here"))
    if (ROOT / "solutions").stat().st_mode & 0o077:
        raise NotStarted(_("other users can read solutions/: chmod -R go= solutions"))
    return launch.in_new_folder(limits, modules, secrets.choice(surroundings.OTHER_USERS), landlock=False)
