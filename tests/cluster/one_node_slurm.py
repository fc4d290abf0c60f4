"""A SLURM of one node on this machine, from Debian's packages slurm-wlm and munge, for as long as a test needs it.

Its controller, its node daemon and its munge are real ones with a folder, a key and ports of their own, so that it is
in nobody's way. Left out is what needs systemd or control groups: jobs are tracked by their processes.
"""

import contextlib
import dataclasses
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo", "squeue")
PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
UP_SECONDS, END_SECONDS = 60.0, 30.0

CONF = """\
ClusterName=labkit
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
KillWait=2
MinJobAge=2
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000
PartitionName=grading Nodes={host} Default=YES MaxTime=INFINITE
"""


def why_not() -> str:
    """Why there can be no SLURM here; empty where there can be."""
    if missing := [name for name in PROGRAMS if not shutil.which(name, path=PATH)]:
        return f"no {', '.join(missing)} here (Debian: apt-get install slurm-wlm munge)"
    return "" if os.geteuid() == 0 else "slurmd has to be started by root"


@dataclasses.dataclass(frozen=True)
class Slurm:
    """One that runs: the environment in which its commands find it, and its one node."""

    environment: dict[str, str]
    node: str

    def run(self, *command: str) -> str:
        """What a command says; RuntimeError, with its complaint, where it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def jobs(self, states: str = "all") -> dict[str, str]:
        """The state of each job that SLURM still knows, by its number."""
        lines = self.run("squeue", "--noheader", "--states", states, "--format", "%i %T").splitlines()
        return dict(line.split() for line in lines)

    def node_state(self) -> str:
        return self.run("sinfo", "--noheader", "--format", "%T").strip()


@contextlib.contextmanager
def one_node_slurm(folder: Path) -> Iterator[Slurm]:
    """Starts munge, the controller and the node in a folder, and ends them, and with them every job."""
    host = socket.gethostname().split(".")[0]
    controller_port, node_port = _free_ports()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(secrets.token_bytes(128))
    conf = folder / "slurm.conf"
    user = getpass.getuser()
    conf.write_text(CONF.format_map(locals()), encoding="utf-8")
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n", encoding="utf-8")
    slurm = Slurm({**os.environ, "PATH": PATH, "SLURM_CONF": str(conf)}, host)
    munge = [f"--{name}={folder / 'munge'}.{end}" for name, end in (("pid-file", "pid"), ("log-file", "log"))]
    munge += [f"--socket={folder}/munge.socket", f"--key-file={key}", f"--seed-file={folder}/munge.seed"]
    with contextlib.ExitStack() as stack:
        # --force: the folder of a test may lie below one that others may write to
        stack.enter_context(_daemon(slurm, folder, "munged", "--foreground", "--force", *munge))
        _until((folder / "munge.socket").exists, folder)
        stack.enter_context(_daemon(slurm, folder, "slurmctld", "-D"))
        stack.enter_context(_daemon(slurm, folder, "slurmd", "-D"))
        _until(lambda: _is_idle(slurm), folder)
        stack.callback(_cancel_all, slurm)
        yield slurm


@contextlib.contextmanager
def _daemon(slurm: Slurm, folder: Path, *command: str) -> Iterator[None]:
    with (folder / f"{command[0]}.out").open("wb") as said:
        process = subprocess.Popen(
            command, env=slurm.environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _cancel_all(slurm: Slurm) -> None:
    """Cancels what a test has left, and waits until it is gone: the node's end does not end jobs."""
    if left := list(slurm.jobs("pending,running,completing")):
        slurm.run("scancel", *left)
    give_up = time.monotonic() + END_SECONDS
    while slurm.jobs("pending,running,completing") and time.monotonic() < give_up:
        time.sleep(0.1)


def _is_idle(slurm: Slurm) -> bool:
    try:
        return slurm.node_state() == "idle"
    except RuntimeError:  # the controller does not answer yet
        return False


def _until(so: Callable[[], bool], folder: Path) -> None:
    """Waits until something is so; RuntimeError, with what the daemons said, where it does not become so."""
    give_up = time.monotonic() + UP_SECONDS
    while not so():
        if time.monotonic() > give_up:
            logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(folder.glob("*.log")))
            raise RuntimeError(f"SLURM did not start:\n{logs}")
        time.sleep(0.05)


def _free_ports() -> list[int]:
    """Two ports of this machine that nothing listens on."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in (one, other)]
