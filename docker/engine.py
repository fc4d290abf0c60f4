"""Builds the images and opens containers from them: python3 docker/engine.py image|shell|jupyter (see --help).

Runs on the machine itself with any Python from 3.8 on, and needs the standard library only. What cannot work is found
before minutes are spent, and said in one sentence: exit code 2. Every option can be given as a variable, as make does.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where nobody has set PYTHONPATH

import driver

from labs.common.command_line import Parser
from labs.common.translated import _, language

ROOT = Path(__file__).resolve().parents[1]
# What a build writes, with what it unpacks meanwhile (measured: docs/docker.md).
DISK_GB = {"cpu": 5, "cuda": 40}
CDI_FOLDERS = ("/etc/cdi", "/var/run/cdi")


def main():
    arguments = read_arguments()
    if "LABKIT_ACCELERATOR" in os.environ:
        give_up(
            _("You are inside the container already: make lab3 works here; make image, shell and jupyter outside it.")
        )
    arguments.engine = arguments.engine or engine_that_answers()
    arguments.accelerator = arguments.accelerator or ("cuda" if driver.version() else "cpu")
    if arguments.accelerator not in DISK_GB:
        give_up(_("ACCELERATOR is {accelerator!r}: choose cpu or cuda.").format(accelerator=arguments.accelerator))
    if arguments.accelerator == "cuda" and driver.too_old(driver.version()):
        give_up(driver.too_old(driver.version()))
    {"image": image, "shell": shell, "jupyter": jupyter}[arguments.command](arguments)


def read_arguments():
    def default(name, otherwise=""):
        return os.environ.get(name) or otherwise

    parser = Parser(__doc__)
    parser.add_argument(
        "--engine", default=default("ENGINE"), help=_("docker or podman; without it, the one that answers")
    )
    parser.add_argument(
        "--accelerator", default=default("ACCELERATOR"), help=_("cpu or cuda; without it, cuda where a driver is")
    )
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("image", help=_("build an image"))
    building.add_argument("target", choices=("student", "grader", "cluster"))
    building.add_argument(
        "--base-image", default=default("BASE_IMAGE"), help=_("another base: Debian with Python 3.11")
    )
    building.add_argument(
        "--torch-index", default=os.environ.get("TORCH_INDEX"), help=_("another index for torch's wheel")
    )
    building.add_argument(
        "--engine-cli",
        default=default("ENGINE_CLI"),
        help=_("a folder with usr/local/bin/docker, for the grader's image"),
    )
    building.add_argument("--wheels", default=default("PIP_FIND_LINKS"), help=_("a folder of wheels fetched before"))
    for name, text in (("shell", _("open a shell, or run one command")), ("jupyter", _("serve JupyterLab"))):
        running = commands.add_parser(name, help=text)
        running.add_argument(
            "--work", default=default("WORK", str(ROOT)), help=_("your work folder; an empty one is filled")
        )
        if name == "shell":
            running.add_argument("--run", default=default("RUN"), help=_("a command, in place of a shell"))
        else:
            running.add_argument("--port", default=default("PORT", "8888"))
    return parser.parse_args()


def image(arguments):
    """Builds labkit-student, labkit-cluster, or labkit-grader with the image of its workers."""
    if arguments.target != "student" and not (ROOT / "solutions").is_dir():
        give_up(
            _("The grader's image holds the solutions, which this copy does not have: it is the instructor's to build.")
        )
    if arguments.engine == "docker" and not succeeds("docker", "buildx", "version"):
        give_up(_("Docker's plugin buildx is missing, which builds the images: install docker-buildx."))
    look_at_the_disk(arguments)
    targets = ("worker", "grader") if arguments.target == "grader" else (arguments.target,)
    for target in targets:
        name = tag(target, arguments.accelerator)
        command = [
            *(arguments.engine, "build", "--file", ROOT / "docker" / "Dockerfile", "--target", target, "--tag", name),
            *("--build-arg", f"ACCELERATOR={arguments.accelerator}", *labels()),
        ]
        if arguments.engine == "podman":
            command += ["--ignorefile", ROOT / "docker" / "Dockerfile.dockerignore", "--format", "docker"]
        if arguments.base_image:
            command += ["--build-arg", f"BASE_IMAGE={arguments.base_image}"]
        if arguments.torch_index is not None:
            command += ["--build-arg", f"TORCH_INDEX={arguments.torch_index}"]
        if arguments.wheels and Path(arguments.wheels).is_dir():
            command += ["--build-context", f"wheels={arguments.wheels}"]
        if arguments.engine_cli:
            command += ["--build-context", f"engine-cli={arguments.engine_cli}"]
        if subprocess.run([*map(str, command), str(ROOT)], env=with_buildkit(), check=False).returncode != 0:
            give_up(
                _("{name} was not built: the lines above say why. The same command goes on where it stopped.").format(
                    name=name
                ),
                1,
            )
        say(_("{name} is built.").format(name=name))


def shell(arguments):
    """Opens a shell in the student's image, in the work folder; or runs one command there."""
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    command = ["bash", "-c", arguments.run] if arguments.run else ["bash"]
    run(arguments, ["--interactive", *terminal], command)


def jupyter(arguments):
    """Serves JupyterLab on the machine's own port until Ctrl-C; Jupyter prints the link with its token."""
    if not re.fullmatch("[0-9]{1,5}", arguments.port) or not 0 < int(arguments.port) < 65536:
        give_up(_("PORT is {port!r}, and has to be a number such as 8888.").format(port=arguments.port))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(arguments.port)))
        except OSError as error:
            give_up(
                _("Port {port} cannot be had ({reason}): name another, make jupyter PORT=8899.").format(
                    port=arguments.port, reason=error.strerror
                )
            )
    published = [
        "--publish",
        f"127.0.0.1:{arguments.port}:8888",
        "--env",
        f"LABKIT_URL=http://localhost:{arguments.port}",
    ]
    if "JUPYTER_TOKEN" in os.environ:
        published += ["--env", "JUPYTER_TOKEN"]
    say(_("JupyterLab starts; its link follows. Ctrl-C ends it."))
    run(arguments, published, ["jupyter", "lab"])


def run(arguments, options, command):
    """Runs a container of the student's image with the work folder mounted, as the user who started it."""
    name = tag("student", arguments.accelerator)
    if not succeeds(arguments.engine, "image", "inspect", name):
        give_up(
            _("There is no image {image} yet: make image ACCELERATOR={accelerator} builds it (some minutes).").format(
                image=name, accelerator=arguments.accelerator
            )
        )
    work = Path(arguments.work).expanduser().resolve()
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        give_up(_("The work folder {work} cannot be made: {reason}.").format(work=work, reason=error.strerror))
    if not os.access(work, os.W_OK | os.X_OK):
        give_up(_("The work folder {work} cannot be written by you: name another, WORK=folder.").format(work=work))
    whole = [
        *(arguments.engine, "run", "--rm", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--shm-size", "1g", "--mount", f'type=bind,"source={work}",target=/work', *as_this_user(arguments.engine)),
        *(gpus(arguments.engine) if arguments.accelerator == "cuda" else []),
        *(["--env", "HF_HUB_OFFLINE"] if "HF_HUB_OFFLINE" in os.environ else []),
        *("--env", f"LAB_LANG={language()}"),  # the locale in there says nothing of the reader
        *options,
        name,
        *command,
    ]
    if os.path.exists("/sys/fs/selinux/enforce"):  # else the mounted folder is closed to the container
        whole[2:2] = ["--security-opt", "label=disable"]
    if command == ["bash"]:  # how the last command of a shell ended is nobody's fault; 125 is the engine's own
        sys.exit(0 if subprocess.run(whole, check=False).returncode != 125 else 125)
    os.execvp(whole[0], whole)


def as_this_user(engine):
    """Options with which files in the mounted folder are written with this user's ids."""
    me = f"{os.getuid()}:{os.getgid()}"
    if engine == "podman":
        return ["--userns", "keep-id", "--user", me] if os.getuid() else ["--user", me]
    rootless = "name=rootless" in asked("docker", "info", "--format", "{{.SecurityOptions}}")
    return ["--user", "0:0" if rootless else me]  # there root is who started the engine


def gpus(engine):
    """Options that hand the machine's GPUs on: none where it has none."""
    if not driver.version():
        return []
    described = any(list(Path(folder).glob("nvidia*")) for folder in CDI_FOLDERS if os.path.isdir(folder))
    if engine == "podman" and described:
        return ["--device", "nvidia.com/gpu=all"]
    if engine == "docker" and (described or shutil.which("nvidia-container-runtime-hook") or runtime_is_known()):
        return ["--gpus", "all"]
    give_up(
        _(
            "There is an NVIDIA driver, but {engine} has no NVIDIA container toolkit to hand GPUs on with: "
            "install nvidia-container-toolkit and set it up for the engine, or work on the CPU "
            "(ACCELERATOR=cpu)."
        ).format(engine=engine)
    )


def runtime_is_known():
    """Docker Desktop, and an engine that was set up elsewhere, name the toolkit's runtime."""
    return "nvidia" in asked("docker", "info", "--format", "{{json .Runtimes}}")


def look_at_the_disk(arguments):
    """Refuses a build for which there is no room where the engine keeps its images, if that is on this machine."""
    field = {"docker": "{{.DockerRootDir}}", "podman": "{{.Store.GraphRoot}}"}[arguments.engine]
    folder = asked(arguments.engine, "info", "--format", field)
    needed = DISK_GB[arguments.accelerator]
    if succeeds(arguments.engine, "image", "inspect", tag(arguments.target, arguments.accelerator)):
        return  # most of it is there already
    if os.path.isdir(folder) and (free := shutil.disk_usage(folder).free / 1e9) < needed:
        give_up(
            _("{needed} GB of disk are needed in {folder}, where {free:.1f} are free ({engine} system df).").format(
                needed=needed, folder=folder, free=free, engine=arguments.engine
            )
        )


def engine_that_answers():
    """docker or podman; refused, with what was tried, where neither answers."""
    tried = []
    for engine in ("docker", "podman"):
        if not shutil.which(engine):
            tried.append(_("{engine} is not installed").format(engine=engine))
        elif succeeds(engine, "info"):
            return engine
        else:
            tried.append(
                _("{engine} is installed, but its engine does not answer (is it started? may you use it?)").format(
                    engine=engine
                )
            )
    give_up(
        _("A container engine is needed: {tried}. Without one, make lab3 sets up a .venv instead.").format(
            tried=_("; ").join(tried)
        )
    )


def labels():
    """Version and commit, as build arguments."""
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    commit = asked("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    return ["--build-arg", f"VERSION={version[1]}", "--build-arg", f"COMMIT={commit or 'unknown'}"]


def with_buildkit():
    return {**os.environ, "DOCKER_BUILDKIT": "1"}


def tag(target, accelerator):
    return f"labkit-{target}:{accelerator}"


def succeeds(*command):
    try:
        return (
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=60,
                check=False,
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def asked(*command):
    """What a command prints, without its last line's end; "" where it fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def say(text):
    print(text, file=sys.stderr)


def give_up(text, code=2):
    say(text)
    sys.exit(code)


if __name__ == "__main__":
    main()
