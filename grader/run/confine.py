"""The inner layer of the sandbox: what a worker's child gives up, for good, before it runs a submission.

Landlock limits the files it can reach, seccomp the system calls it may make, rlimits what it can use. None of this
needs a privilege, and whatever the child starts inherits it. No rlimit counts the memory, processes and disk of several
processes together; the parent watches these (grader/workers/worker.py).
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
PR_SET_DUMPABLE = 4

# The system calls that a Python program needs to compute. All others are refused, also those that the kernel will get:
# execve, socket, ptrace, mount, unshare, io_uring, bpf, memfd_create, the calls that change another process's memory or
# priority, sendmsg (it hides descriptors), rename (it hides files while they are counted), chmod and its like (Landlock
# does not cover them). A name that this architecture does not have is left out.
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
    """This machine does not allow one part of the inner layer; the text says which."""


@dataclasses.dataclass(frozen=True)
class InnerLayer:
    """Whether children are confined (False: rlimits alone), whether their user has no other processes, and whether
    Landlock limits the files that they reach; else these are what file modes leave to that user."""

    confined: bool
    own_user: bool
    landlock: bool = True

    def __str__(self) -> str:
        parts = [*(["landlock"] if self.landlock else []), "seccomp"] if self.confined else []
        return ", ".join([*parts, "rlimits", *(["own user"] if self.own_user else [])])


def prepare(inner: InnerLayer) -> None:
    """Imports what `enter` needs, for the children that are forked later. NotConfined where something is missing."""
    if not inner.confined:
        return
    readable_paths()
    if not inner.landlock:
        _hide_memory()
    try:
        if inner.landlock:
            import landlockpy  # noqa: F401
        import pyseccomp  # noqa: F401
    except ImportError as error:
        raise NotConfined(f"{error.name} is not installed (make setup)") from None
    except (RuntimeError, AttributeError):
        raise NotConfined("libseccomp is not installed (Debian's package is libseccomp2)") from None


@functools.cache
def readable_paths() -> list[Path]:
    """What a child may read besides its own folder: Python, its packages, the system's libraries, and the parts of this
    kit that a worker needs. A folder that holds the whole kit is never in it."""
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
    """Confines this process, a child in which a submission will run. `work` is its private folder.

    NotConfined where the machine does not allow it; the submission must not run then.
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
        if inner.landlock:
            _restrict_files(work)
        _restrict_calls(may_start_processes(limits, inner))


def _limit_resources(limits: Limits, inner: InnerLayer) -> None:
    _limit(resource.RLIMIT_CORE, 1)  # with 0 the kernel still starts a program that takes cores (core_pattern)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_FSIZE, limits.disk_bytes)
    if sys.platform != "linux":  # other systems do not enforce the limits below
        return
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_SIGPENDING, 64)
    if inner.own_user:  # 1: the parent runs as the same user
        _limit(resource.RLIMIT_NPROC, 1 + limits.processes + limits.threads)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _address_space() -> int:
    """The bytes of address space that this process uses already."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _be_killed_first() -> None:
    """Has the kernel kill this process, and not the grader, when the machine runs out of memory."""
    with contextlib.suppress(OSError):  # without this file the kernel kills the largest process
        Path("/proc/self/oom_score_adj").write_text("1000")


def _hide_memory() -> None:
    """Keeps other processes of this user from this one's memory, which is a file to them: Landlock would."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise NotConfined(f"this process cannot hide its memory: {os.strerror(ctypes.get_errno())}")


def _drop_capabilities() -> None:
    """Gives up every capability: without them Landlock limits user 0, too."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise NotConfined(f"this process cannot give up its capabilities: {os.strerror(ctypes.get_errno())}")


def _restrict_files(work: Path) -> None:
    from landlockpy import AccessFS, Ruleset, UnsupportedError

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
    except UnsupportedError:
        why = "this kernel has no Landlock: Linux 5.13 or later has it, unless it was switched off"
        raise NotConfined(why) from None
    except OSError as error:
        raise NotConfined(f"Landlock does not work on this machine: {error}") from None


def may_start_processes(limits: Limits, inner: InnerLayer) -> bool:
    """Whether a child may fork: only where the kernel can count its processes, which it counts by user."""
    return limits.processes > 1 and (inner.own_user or not inner.confined)


def _restrict_calls(may_fork: bool) -> None:
    import pyseccomp as seccomp

    def argument(place: int, value: int, mask: int | None = None) -> seccomp.Arg:
        if mask is None:
            return seccomp.Arg(place, seccomp.EQ, value)
        return seccomp.Arg(place, seccomp.MASKED_EQ, mask, value)

    me = os.getpid()
    rules: list[tuple[str, list[seccomp.Arg]]] = [(name, []) for name in ALLOWED_CALLS]
    # O_TRUNC only with writing: before Linux 6.2 Landlock lets an owner empty a file by opening it for reading.
    for name, place in (("open", 1), ("openat", 2)):
        rules += [(name, [argument(place, 0, os.O_TRUNC)])]
        rules += [(name, [argument(place, mode, os.O_ACCMODE)]) for mode in (os.O_WRONLY, os.O_RDWR)]
    rules += [("clone", [argument(0, CLONE_THREAD, CLONE_THREAD | CLONE_NAMESPACES)])]
    if may_fork:
        rules += [("clone", [argument(0, 0, CLONE_THREAD | CLONE_NAMESPACES)]), ("fork", []), ("vfork", [])]
    # A child may send itself any signal but SIGKILL and SIGTERM: a worker that died of one of these is asked again,
    # since a machine without memory sends them. Each allowed number has a rule of its own: a filter compares 64 bits
    # and the kernel then takes 32 of them, so that 9 + 2**32 would pass for "not 9".
    for number in {0, *signal.valid_signals()} - {signal.SIGKILL, signal.SIGTERM}:
        rules += [("kill", [argument(0, me), argument(1, number)]), ("tgkill", [argument(0, me), argument(2, number)])]
    rules += [("prlimit64", [argument(0, pid), argument(2, 0)]) for pid in (0, me)]
    rules += [("prctl", [argument(0, option)]) for option in PRCTL_ALLOWED]
    rules += [("ioctl", [argument(1, request)]) for request in IOCTL_ALLOWED]
    rules += [("fcntl", [argument(1, command)]) for command in FCNTL_ALLOWED]
    # Only pairs of streams: a datagram socket can send to any path.
    rules += [("socketpair", [argument(0, AF_UNIX), argument(1, SOCK_STREAM, SOCK_TYPE_MASK)])]
    # Nothing out of band: it would wake the grader, which would find nothing to read.
    rules += [("sendto", [argument(3, 0, socket.MSG_OOB), argument(4, 0)])]
    try:
        allowed = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
        for name, arguments in rules:
            if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:
                allowed.add_rule(seccomp.ALLOW, name, *arguments)
        for name in ("clone3", "openat2"):  # whose flags a filter cannot see; libc uses clone and openat instead
            allowed.add_rule(seccomp.ERRNO(errno.ENOSYS), name)
        allowed.load()
    except OSError as error:
        raise NotConfined(f"this machine does not allow seccomp filters: {error}") from None
