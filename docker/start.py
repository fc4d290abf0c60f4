"""What a container does first: fills an empty work folder with the labs, looks at the driver, then runs the command.

Needs Python's standard library only. Ends with 2 and one sentence where the work folder or the driver will not do.
"""

import os
import shutil
import sys
import tempfile

import driver

from labs.common.translated import _

UNFINISHED = ".labkit-filling"  # while the folder is being filled: the next container goes on


def main(command):
    if os.environ.get("LABKIT_ACCELERATOR") == "cuda" and os.environ.get("CUDA_VISIBLE_DEVICES") != "":
        look_for_gpus(driver.version())
    have_a_home()
    kit = os.environ.get("LABKIT_KIT")
    if kit:
        prepare(kit, os.getcwd())
    try:
        os.execvp(command[0], command)
    except OSError as error:
        give_up(_("{command} cannot be started: {reason}").format(command=command[0], reason=error.strerror), 127)


def look_for_gpus(found):
    if not found:
        say(_("No NVIDIA driver is seen in this container, so everything runs on the CPU (docker run --gpus all)."))
    elif driver.too_old(found):
        give_up(
            driver.too_old(found) + _(" With CUDA_VISIBLE_DEVICES set to nothing it starts all the same, on the CPU.")
        )


def have_a_home():
    """A home that can be written, for what programs keep there: on a read-only system, in the temporary folder."""
    if not os.access(os.environ.get("HOME", "/"), os.W_OK):
        try:
            os.environ["HOME"] = tempfile.mkdtemp(prefix="home-")
        except OSError:
            say(_("Neither the home folder nor /tmp can be written (docker run --tmpfs /tmp); some programs need one."))


def prepare(kit, work):
    """Fills the work folder where it is empty, and refuses one that holds something else or cannot be written."""
    whose = f"{os.getuid()}:{os.getgid()}"
    if not os.access(work, os.R_OK | os.W_OK | os.X_OK):
        give_up(
            _(
                "{work} cannot be written by the container's user {whose}: mount a folder of yours there, and "
                'start the container as yourself (--user "$(id -u):$(id -g)"; make shell and make jupyter do '
                "both)."
            ).format(work=work, whose=whose)
        )
    there = os.listdir(work)
    if not there or UNFINISHED in there:
        try:
            fill(kit, work)
        except OSError as error:
            give_up(
                _("The labs could not be copied into {work}: {reason}. The next start goes on with it.").format(
                    work=work, reason=error.strerror
                )
            )
        say(_("{work} was empty: the labs were copied into it.").format(work=work))
    elif not {"Makefile", "labs"} <= set(there):
        give_up(
            _(
                "The folder mounted at {work} holds something else than the labs: mount an empty one, which is filled."
            ).format(work=work)
        )


def fill(kit, work):
    """Copies the kit, never over a file that is there; a file is there once it is whole."""
    mark = os.path.join(work, UNFINISHED)
    open(mark, "w").close()
    for folder, _folders, names in os.walk(kit):
        target = os.path.normpath(os.path.join(work, os.path.relpath(folder, kit)))
        os.makedirs(target, exist_ok=True)
        for name in names:
            path = os.path.join(target, name)
            if not os.path.lexists(path):
                shutil.copyfile(os.path.join(folder, name), path + UNFINISHED)
                os.replace(path + UNFINISHED, path)
    os.remove(mark)


def say(text):
    print(text, file=sys.stderr)


def give_up(text, code=2):
    say(text)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
