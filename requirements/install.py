"""Sets .venv up from the pinned locks, once: python3 requirements/install.py [--dev] [--nbgrader] [...]

Does nothing when .venv already holds what the locks say. Needs the standard library only, and says in words what is
missing. torch is installed by version in a step of its own (its builds differ in their hashes): from PyTorch's own CPU
index where it answers within three seconds, else from PyPI; everything else from a complete lock with hashes.
"""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, ROOT)  # also where nobody has set PYTHONPATH
try:
    from labs.common.translated import _
except (ImportError, SyntaxError):  # an old Python, which is told so in English

    def _(sentence):
        return sentence


VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "locks.json")
LOG = os.path.join(VENV, "setup.log")
TORCH_INDEX = os.environ.get("TORCH_INDEX", "https://download.pytorch.org/whl/cpu")
OLDEST, NEWEST = (3, 11), (3, 14)  # what torch and the locks have packages for
OTHER_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")
# By what is typed; each has a lock.
EXTRAS = {
    "dev": _("what the kit's tests use"),
    "tensorboard": "TensorBoard",
    "nbgrader": _("nbgrader and its server"),
    "docs": _("what the site is built with"),
    "cluster": _("Dask, to grade on a cluster"),
    "kubernetes": _("what asks Kubernetes for one"),
}


def main():
    extras = [name for name in EXTRAS if "--" + name in sys.argv[1:]]
    wanted = locks(extras)
    if wanted.items() <= installed().items():
        return
    begin = time.time()
    before = installed()
    changed = [name for name in wanted if before.get(name) != wanted[name]]
    first = _("Setting up .venv (this happens once, and takes a few minutes).")
    say(_("Bringing .venv up to date ({changed}).").format(changed=", ".join(changed)) if before else first)
    if not os.path.exists(VENV_PYTHON):
        step(_("a virtual environment"), [suitable_python(), "-m", "venv", VENV])
    pip = [VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check"]
    torch = read("torch.txt").strip()
    index = ["--index-url", TORCH_INDEX] if pytorch_index_answers() else []
    step("PyTorch " + torch, [*pip, *index, "torch==" + torch])
    step(_("the other packages"), [*pip, "--require-hashes", "-r", os.path.join(HERE, "cpu.txt")])
    for name in extras:
        step(EXTRAS[name], [*pip, "--require-hashes", "-r", os.path.join(HERE, name + ".txt")])
    step(_("the grader itself"), [*pip, "--no-build-isolation", "--editable", ROOT])
    step(_("a look whether all fits together"), [VENV_PYTHON, "-m", "pip", "check"])
    with open(STAMP, "w") as file:
        json.dump(dict(installed(), **wanted), file)
    say(_("Ready after {seconds:.0f} seconds.\n").format(seconds=time.time() - begin))


def locks(extras):
    """The hash of each lock that has to be installed, by its name."""
    names = ["torch.txt", "cpu.txt", *(name + ".txt" for name in extras)]
    return {name: hashlib.sha256(read(name).encode()).hexdigest() for name in names}


def installed():
    """The hashes of the locks that .venv was set up from; empty where it was not, or not to the end."""
    try:
        with open(STAMP) as file:
            return dict(json.load(file))
    except (OSError, ValueError):
        return {}


def read(name):
    with open(os.path.join(HERE, name)) as file:
        return file.read()


def suitable_python():
    """A Python that the packages are made for: the one that runs this, or another on the PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for name in OTHER_PYTHONS:
        if shutil.which(name):
            return name
    give_up(
        _(
            "Python 3.11 to 3.14 is needed, and python3 here is {version}. Install one of these, or say "
            "where one is: make setup PYTHON=/path/to/python3.12"
        ).format(version=platform.python_version())
    )


def pytorch_index_answers():
    """Whether PyTorch's own index, which has small CPU builds, can be reached; on a Mac PyPI's builds are small."""
    if not TORCH_INDEX or platform.system() == "Darwin":
        return False
    try:
        with urllib.request.urlopen(TORCH_INDEX + "/torch/", timeout=3) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


def step(what, command):
    """Runs one command, its output into the log, with a line that shows that time passes."""
    begin = time.time()
    to_terminal = sys.stderr.isatty()
    os.makedirs(VENV, exist_ok=True)
    with open(LOG, "ab") as log:
        try:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        except OSError as error:
            give_up(_("{command} cannot be started: {error}").format(command=command[0], error=error))
        try:
            while process.poll() is None:
                if to_terminal:
                    sys.stderr.write(_("\r  {what} ... {seconds:.0f} s").format(what=what, seconds=time.time() - begin))
                    sys.stderr.flush()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1)
        except KeyboardInterrupt:
            process.terminate()
            give_up(_("\nStopped. The same command goes on with the set-up."))
    say(
        ("\r" if to_terminal else "") + _("  {what}: {seconds:.0f} s   ").format(what=what, seconds=time.time() - begin)
    )
    if process.returncode != 0:
        failed(what)


def failed(what):
    """Says why a step failed, as far as it can be known."""
    with open(LOG, errors="replace") as file:
        tail = "".join(file.readlines()[-12:])
    if "ensurepip" in tail:
        tail += _("\nOn Debian and Ubuntu this needs: apt install python3-venv\n")
    give_up(
        _(
            "{tail}\n"
            "The set-up stopped at: {what}. make doctor says what may be in the way. The whole log is in "
            ".venv/setup.log; the same command tries again."
        ).format(tail=tail, what=what)
    )


def say(text):
    sys.stderr.write(text + "\n")


def give_up(text):
    say(text)
    sys.exit(1)


if __name__ == "__main__":
    main()
