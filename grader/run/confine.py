"""The inner layer of the sandbox: what a worker's child gives up, for good, before it runs a submission.

Landlock bounds the files it reaches, seccomp the system calls it may make, rlimits what it can use. None of this needs
a privilege; all of it is inherited by whatever the child starts. The watch over what no rlimit counts (memory,
processes and disk together) is the parent's (worker.py).
"""

import contextlib
import ctypes
import dataclasses
import errno
import functools
import os
import resource
import signal
import socket
import sys
import sysconfig
import tempfile
from pathlib import Path

from grader.lab import ROOT, Limits

CAPABILITY_VERSION = 0x20080522  # linux/capability.h, _LINUX_CAPABILITY_VERSION_3

# What a Python program computes with. Not in it, so refused: execve, socket, ptrace, mount, unshare, io_uring, bpf,
# memfd_create, the calls of other processes' memory and priority, sendmsg (which hides descriptors), rename (which
# hides files while they are counted), chmod and its like (which Landlock does not cover), and whatever the kernel will
# get. Names that an architecture lacks are left out.
ALLOWED_CALLS = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek creat close
    close_range stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64
    getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat ftruncate fallocate fsync fdatasync
    fadvise64 readahead copy_file_range sendfile umask flock dup dup2 dup3 pipe pipe2 statfs fstatfs
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
    mmap mprotect munmap mremap brk madvise msync mincore membarrier get_mempolicy
    exit exit_group wait4 waitid futex futex_waitv set_robust_list get_robust_list rseq set_tid_address gettid getpid
    getppid getpgrp getpgid getsid setsid setpgid sched_yield sched_getaffinity getpriority getcpu arch_prctl uname
    sysinfo getrusage times getrlimit
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack alarm setitimer
    getitimer pause restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time
    getuid geteuid getgid getegid getgroups getresuid getresgid getrandom
    recvfrom shutdown getsockopt setsockopt getsockname getpeername
""".split()  # noqa: SIM905
CLONE_THREAD = 0x00010000
CLONE_NAMESPACES = 0x7E020000 | 0x00000080  # CLONE_NEW*, CLONE_NEWTIME
FCNTL_ALLOWED = (*range(8), 1030, 1031, 1032)  # F_DUPFD to F_SETLKW, pipe sizes; F_SETOWN would signal other processes
IOCTL_ALLOWED = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIO(N)CLEX
PRCTL_ALLOWED = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (which glibc uses to name its memory)
AF_UNIX, SOCK_STREAM, SOCK_TYPE_MASK = 1, 1, 0xF


class NotConfined(Exception):
    """This machine does not allow a part of the inner layer; the text says which."""


@dataclasses.dataclass(frozen=True)
class InnerLayer:
    """Whether children are confined (False: rlimits alone), and whether their user has no other processes."""

    confined: bool
    own_user: bool

    def __str__(self) -> str:
        parts = ["landlock", "seccomp"] if self.confined else []
        return ", ".join([*parts, "rlimits", *(["own user"] if self.own_user else [])])


def prepare(inner: InnerLayer) -> None:
    """Imports what `enter` needs, so that a child which is forked later finds it; NotConfined where it is missing."""
    if not inner.confined:
        return
    readable_paths()
    try:
        import landlockpy  # noqa: F401
        import pyseccomp  # noqa: F401
    except ImportError as error:
        raise NotConfined(f"{error.name} is not installed (make setup)") from None
    except (RuntimeError, AttributeError):
        raise NotConfined("seccomp is not to be had: libseccomp (Debian's libseccomp2) is not installed") from None


@functools.cache
def readable_paths() -> list[Path]:
    """What a child may read besides its own folder: Python, its packages, the system's libraries, and of this kit what
    a worker needs. Never a folder that holds the kit itself."""
    paths = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    paths += [Path(name) for name in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")]
    paths += [Path(name) for name in ("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo")]
    paths += [Path(name) for name in ("/dev/zero", "/dev/random", "/dev/urandom", "/sys/devices/system/cpu")]
    outside = {path.resolve() for path in paths if path.exists()}
    ours = {ROOT / "grader", ROOT / "labs" / "common"}
    return sorted(
        {path for path in outside if not ROOT.is_relative_to(path)} | {path for path in ours if path.exists()}
    )


def enter(work: Path, limits: Limits, inner: InnerLayer) -> None:
    """Confines this process, which is a child that a submission will run in. `work` is its private folder.

    NotConfined where the machine does not allow it; then nothing of the submission may run.
    """
    os.chdir(work)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    os.environ.update(HOME=str(work), TMPDIR=str(work))
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_resources(limits, inner)
    if inner.confined:
        _be_killed_first()
        _drop_capabilities()
        _restrict_files(work)
        _restrict_calls(may_start_processes(limits, inner))


def _limit_resources(limits: Limits, inner: InnerLayer) -> None:
    _limit(resource.RLIMIT_CORE, 1)  # with 0 the kernel still starts a program that takes cores (core_pattern)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_FSIZE, limits.disk_bytes)
    if sys.platform != "linux":  # elsewhere the others are not enforced
        return
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_SIGPENDING, 64)
    if inner.own_user:  # the parent is the user's, too
        _limit(resource.RLIMIT_NPROC, 1 + limits.processes + limits.threads)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _address_space() -> int:
    """The bytes of address space this process has already."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _be_killed_first() -> None:
    """Where the machine runs out of memory the kernel ends this process, not the grader."""
    with contextlib.suppress(OSError):  # a system without it chooses by size
        Path("/proc/self/oom_score_adj").write_text("1000")


def _drop_capabilities() -> None:
    """Gives up every capability: user 0 without them is held to what Landlock leaves."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise NotConfined(f"capabilities cannot be given up: {os.strerror(ctypes.get_errno())}")


def _restrict_files(work: Path) -> None:
    from landlockpy import AccessFS, LandlockError, Ruleset

    read = AccessFS.READ_FILE | AccessFS.READ_DIR
    write = AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    change = AccessFS.MAKE_REG | AccessFS.MAKE_DIR | AccessFS.REMOVE_FILE | AccessFS.REMOVE_DIR
    try:
        with Ruleset() as rules:
            for path in readable_paths():
                rules.allow_path(path, read if path.is_dir() else AccessFS.READ_FILE)
            rules.allow_path(os.devnull, AccessFS.READ_FILE | write)
            rules.allow_path(work, read | write | change)
            rules.restrict()
    except (LandlockError, OSError) as error:
        raise NotConfined(f"Landlock is not to be had (Linux 5.13 or later has it): {error}") from None


def may_start_processes(limits: Limits, inner: InnerLayer) -> bool:
    """Whether fork is allowed at all: only where the kernel counts the processes, which it does for each user."""
    return limits.processes > 1 and (inner.own_user or not inner.confined)


def _restrict_calls(may_fork: bool) -> None:
    import pyseccomp as seccomp

    def argument(place: int, value: int, mask: int | None = None) -> seccomp.Arg:
        if mask is None:
            return seccomp.Arg(place, seccomp.EQ, value)
        return seccomp.Arg(place, seccomp.MASKED_EQ, mask, value)

    me = os.getpid()
    rules: list[tuple[str, list[seccomp.Arg]]] = [(name, []) for name in ALLOWED_CALLS]
    # Only what is opened for writing is emptied by it: Landlock before Linux 6.2 leaves the rest to the owner's rights.
    for name, place in (("open", 1), ("openat", 2)):
        rules += [(name, [argument(place, 0, os.O_TRUNC)])]
        rules += [(name, [argument(place, mode, os.O_ACCMODE)]) for mode in (os.O_WRONLY, os.O_RDWR)]
    rules += [("clone", [argument(0, CLONE_THREAD, CLONE_THREAD | CLONE_NAMESPACES)])]
    if may_fork:
        rules += [("clone", [argument(0, 0, CLONE_THREAD | CLONE_NAMESPACES)]), ("fork", []), ("vfork", [])]
    # Not by what a system kills that lacks memory, nor by a limit on seconds: who dies of that is asked again. Each of
    # the others by itself, since the kernel reads half of the number's bits.
    for number in {0, *signal.valid_signals()} - {signal.SIGKILL, signal.SIGTERM}:
        rules += [("kill", [argument(0, me), argument(1, number)]), ("tgkill", [argument(0, me), argument(2, number)])]
    rules += [("prlimit64", [argument(0, pid), argument(2, 0)]) for pid in (0, me)]
    rules += [("prctl", [argument(0, option)]) for option in PRCTL_ALLOWED]
    rules += [("ioctl", [argument(1, request)]) for request in IOCTL_ALLOWED]
    rules += [("fcntl", [argument(1, command)]) for command in FCNTL_ALLOWED]
    # Pairs of streams only: from a datagram socket a message can be sent to any path.
    rules += [("socketpair", [argument(0, AF_UNIX), argument(1, SOCK_STREAM, SOCK_TYPE_MASK)])]
    # And nothing out of band: the grader would hear of it, and find nothing to read.
    rules += [("sendto", [argument(3, 0, socket.MSG_OOB), argument(4, 0)])]
    try:
        allowed = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
        for name, arguments in rules:
            if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:
                allowed.add_rule(seccomp.ALLOW, name, *arguments)
        for name in ("clone3", "openat2"):  # whose flags are out of a filter's sight: clone and openat are used
            allowed.add_rule(seccomp.ERRNO(errno.ENOSYS), name)
        allowed.load()
    except OSError as error:
        raise NotConfined(f"seccomp filters are not allowed here: {error}") from None
