"""Processes and the kernel: nothing is started, signalled, looked into or changed besides the worker itself."""

import os
import platform
from collections.abc import Callable

import pytest

from grader.grading.submission import Bench
from grader.sandboxes import RunningParent

Attack = Callable[..., str]


@pytest.fixture(scope="module", autouse=True)
def first(attacked: Bench) -> RunningParent:
    """The warm parent of the attacks as it was before the first of them."""
    assert attacked.parent._started is not None
    return attacked.parent._started


REFUSED = "it raised PermissionError: [Errno 1] Operation not permitted"
NO_SHELL = "it raised OSError: 32512"  # what system() says where it can start none
on_x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")

STARTS = {
    "it forks": "import os; os.fork()",
    "it forks without end": "import os\nwhile True: os.fork()",
    "it runs a command": "import subprocess; subprocess.run(['true'])",
    "it runs a shell": "import os; raise OSError(os.system('true'))",
    "it spawns": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "it becomes another program": "import os; os.execv('/bin/true', ['true'])",
}
STARTS_BY_LIBRARY = {
    "it makes a process of multiprocessing": "import multiprocessing as m\nm.Process(target=print).start()",
    "it makes a pool": "import concurrent.futures as f\nf.ProcessPoolExecutor().submit(print).result()",
    "it loads data in processes": (
        "import torch.utils.data as d\nreturn next(iter(d.DataLoader([1.0], num_workers=1))).item()"
    ),
}


@pytest.mark.parametrize("way", STARTS)
def test_no_process_is_started(way: str, attack: Attack) -> None:
    words = attack(STARTS[way])
    refusals = ("Operation not permitted", "Permission denied", "No such file or directory", NO_SHELL)
    assert any(refusal in words for refusal in refusals)


@pytest.mark.parametrize("way", STARTS_BY_LIBRARY)
def test_a_library_that_starts_processes_runs_into_the_limit(way: str, attack: Attack) -> None:
    words = attack(STARTS_BY_LIBRARY[way], "crashed")
    assert words == "it ran into a limit: 1 process at a time, its own included (processes in lab.toml)"


VICTIMS = {"the warm parent": "os.getppid()", "the grader": str(os.getpid()), "the first process": "1", "all": "-1"}


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSTOP", "SIGTERM"])
@pytest.mark.parametrize("victim", VICTIMS)
def test_no_other_process_is_signalled(victim: str, signal: str, attack: Attack) -> None:
    assert attack(f"import os, signal; os.kill({VICTIMS[victim]}, signal.{signal})") == REFUSED


CALL = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(4096)

def call(number, *arguments):
    ctypes.set_errno(0)
    done = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    return "it worked" if done != -1 else errno.errorcode[ctypes.get_errno()]
"""
PARENT = "os.getppid()"
# By name: the number on x86-64, and the arguments with which it would do harm.
CALLS = {
    "kill": f"62, {PARENT}, 9",
    "kill with the upper half of a number": "62, (1 << 32) + os.getppid(), 9",
    "tkill": f"200, {PARENT}, 9",
    "tgkill": f"234, {PARENT}, {PARENT}, 9",
    "rt_sigqueueinfo": f"129, {PARENT}, 9, buffer",
    "rt_tgsigqueueinfo": f"297, {PARENT}, {PARENT}, 9, buffer",
    "pidfd_open": f"434, {PARENT}, 0",
    "pidfd_send_signal": "424, 3, 9, 0, 0",
    "pidfd_getfd": "438, 3, 3, 0",
    "fcntl F_SETOWN": f"72, 3, 8, {PARENT}",
    "fcntl F_SETSIG": "72, 3, 10, 9",
    "fcntl F_SETOWN_EX": "72, 3, 15, buffer",
    "fcntl F_SETLEASE": "72, 3, 1024, 1",
    "fcntl F_NOTIFY": "72, 3, 1026, 1",
    "ioctl TIOCSTI": "16, 0, 0x5412, buffer",
    "ioctl FIOSETOWN": "16, 3, 0x8901, buffer",
    "ioctl FS_IOC_SETFLAGS": "16, 3, 0x40086602, buffer",
    "prctl PR_SET_PDEATHSIG": "157, 1, 0",
    "prctl PR_SET_DUMPABLE": "157, 4, 1",
    "prctl PR_SET_SECCOMP": "157, 22, 0",
    "prctl PR_SET_CHILD_SUBREAPER": "157, 36, 1",
    "prctl PR_SET_MM": "157, 35, 8, 0",
    "timer_create": "222, 0, buffer, buffer",
    "prlimit of the parent": f"302, {PARENT}, 7, buffer, 0",
    "prlimit of the grader": f"302, {os.getpid()}, 7, buffer, 0",
    "setpriority": f"141, 0, {PARENT}, 19",
    "ioprio_set": f"251, 1, {PARENT}, 0",
    "sched_setaffinity": f"203, {PARENT}, 8, buffer",
    "sched_setscheduler": f"144, {PARENT}, 3, buffer",
    "sched_setattr": "314, 0, buffer, 0",
    "ptrace": f"101, 16, {PARENT}, 0, 0",
    "process_vm_readv": f"310, {PARENT}, buffer, 1, buffer, 1, 0",
    "process_vm_writev": f"311, {PARENT}, buffer, 1, buffer, 1, 0",
    "process_madvise": "440, 3, buffer, 1, 4, 0",
    "process_mrelease": "448, 3, 0",
    "kcmp": f"312, {PARENT}, {PARENT}, 0, 0, 0",
    "move_pages": f"279, {PARENT}, 0, 0, 0, 0, 0",
    "migrate_pages": f"256, {PARENT}, 0, 0, 0",
    "mount": "165, 0, b'/', 0, 4096, 0",
    "umount2": "166, b'/', 2",
    "fsopen": "430, b'tmpfs', 0",
    "open_tree": "428, -100, b'/', 1",
    "move_mount": "429, 3, b'', 4, b'/', 0",
    "mount_setattr": "442, -100, b'/', 0, buffer, 32",
    "pivot_root": "155, b'/', b'/'",
    "chroot": "161, b'/'",
    "unshare": "272, 0x10000000",
    "unshare of the network": "272, 0x40000000",
    "setns": "308, 3, 0",
    "fork": "57",
    "vfork": "58",
    "clone": "56, 17, 0, 0, 0, 0",
    "clone of a thread in a namespace": "56, 0x10000000 | 0x10000, 0, 0, 0, 0",
    "clone into a namespace": "56, 0x10000000 | 17, 0, 0, 0, 0",
    "clone of a parent's child": "56, 0x8000 | 17, 0, 0, 0, 0",
    "io_uring_setup": "425, 8, buffer",
    "io_uring_enter": "426, 3, 0, 0, 0, 0",
    "io_setup": "206, 8, buffer",
    "bpf": "321, 0, buffer, 64",
    "perf_event_open": "298, buffer, 0, -1, -1, 0",
    "userfaultfd": "323, 0",
    "keyctl": "250, 0, -3, 0",
    "add_key": "248, b'user', b'a', b'b', 1, -3",
    "request_key": "249, b'user', b'a', 0, -3",
    "memfd_create": "319, b'a', 0",
    "memfd_secret": "447, 0",
    "execve": "59, b'/bin/true', 0, 0",
    "execveat": "322, -100, b'/bin/true', 0, 0, 0",
    "uselib": "134, b'/bin/true'",
    "personality": "135, 0x40000",
    "modify_ldt": "154, 1, buffer, 16",
    "seccomp": "317, 0, 0, 0",
    "landlock_create_ruleset": "444, buffer, 8, 0",
    "capset": "126, buffer, buffer",
    "setuid": "105, 0",
    "setgroups": "116, 0, 0",
    "setfsuid": "122, 0",
    "sethostname": "170, b'a', 1",
    "clock_settime": "227, 0, buffer",
    "adjtimex": "159, buffer",
    "reboot": "169, 0, 0, 0, 0",
    "init_module": "175, buffer, 1, b''",
    "kexec_load": "246, 0, 0, 0, 0",
    "syslog": "103, 3, buffer, 100",
    "swapon": "167, b'a', 0",
    "acct": "163, b'a'",
    "iopl": "172, 3",
    "shmget": "29, 0, 4096, 0o1600",
    "msgget": "68, 0, 0o1600",
    "semget": "64, 0, 1, 0o1600",
    "mq_open": "240, b'a', 66, 0o600, 0",
    "inotify_init": "253",
    "fanotify_init": "300, 0, 0",
    "signalfd4": "289, -1, buffer, 8, 0",
    "timerfd_create": "283, 1, 0",
    "vmsplice": "278, 1, buffer, 1, 0",
    "lookup_dcookie": "212, 0, buffer, 100",
    "open_by_handle_at": "304, -100, buffer, 0",
    "name_to_handle_at": "303, -100, b'/', buffer, buffer, 0",
    "a call that no kernel has yet": "990",
}


@on_x86_64
@pytest.mark.parametrize("name", CALLS)
def test_a_system_call_that_no_calculation_needs_is_refused(name: str, attack: Attack) -> None:
    assert attack(f"raise ValueError(call({CALLS[name]}))", before=CALL) == "it raised ValueError: EPERM"


@on_x86_64
def test_calls_that_every_program_needs_are_not_refused(attack: Attack) -> None:
    """So that the tests above mean something: getpid, and the child's own limits."""
    told = attack("raise ValueError(call(39), call(302, 0, 7, 0, buffer), call(62, os.getpid(), 0))", before=CALL)
    assert told == "it raised ValueError: ('it worked', 'it worked', 'it worked')"


@on_x86_64
def test_clone3_is_not_there_so_that_threads_are_made_by_clone(attack: Attack) -> None:
    assert attack("raise ValueError(call(435, buffer, 88))", before=CALL) == "it raised ValueError: ENOSYS"


@on_x86_64
@pytest.mark.parametrize("name", ["fork", "ptrace", "unshare", "pidfd_open", "execve", "memfd_create"])
def test_the_numbers_of_x32_are_no_way_around(name: str, attack: Attack) -> None:
    number, _, rest = CALLS[name].partition(",")
    ways = {f"it raised ValueError: {refusal}" for refusal in ("EPERM", "ENOSYS")}
    for outcome in ("failed", "crashed"):  # libseccomp decides whether such a call fails or ends the process
        try:
            words = attack(f"raise ValueError(call(0x40000000 | {number}, {rest}))", outcome, before=CALL)
            break
        except AssertionError:
            if outcome == "crashed":
                raise
    assert words in {*ways, "its process ended during the call by signal 31 (SIGSYS)"}


INT_80 = """
import ctypes, mmap
# mov eax, NUMBER; int 0x80; ret
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b"\\xb8" + (NUMBER).to_bytes(4, "little") + b"\\xcd\\x80\\xc3")
function = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
function()
return x + x
"""


@on_x86_64
@pytest.mark.parametrize("number", [2, 11, 20, 120])  # fork, execve, getpid, clone
def test_the_calls_of_32_bits_are_no_way_around(number: int, attack: Attack) -> None:
    words = attack(INT_80.replace("NUMBER", str(number)), "crashed")
    assert words.startswith("its process ended during the call by signal ")


def test_a_session_and_a_group_of_its_own_change_nothing(attack: Attack) -> None:
    told = attack("import os; raise ValueError(os.getsid(0) == os.getpid() == os.getpgrp(), os.setpgid(0, 0))")
    assert told == REFUSED, "it leads its session already"


def test_the_parent_of_the_attacks_was_never_replaced(attacked: Bench, first: RunningParent) -> None:
    """The last of this file: whatever was tried above, it is the process that was started first."""
    assert attacked.parent._started is first
    assert first.process.poll() is None
