"""The submission that `grader doctor` grades: each function tries one thing, and says what it got if it succeeded."""

import ctypes
import mmap
import os
import socket
import subprocess
import threading
import time

CLONE_NEWUSER = 0x10000000
IO_URING_SETUP = 425
PTRACE_ATTACH = 16


def read_file(path):
    with open(path, "rb") as file:
        return f"read {len(file.read())} bytes"


def list_folder(path):
    return f"found {len(os.listdir(path))} entries"


def write_file(path):
    with open(path, "a") as file:
        file.write("a submission was here")
    return "wrote"


def see_processes():
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    return f"saw {len(others)} other processes"


def find_secret(secret):
    found = [name for name, value in os.environ.items() if value == secret]
    if not found:
        raise KeyError("it is not in the environment")
    return f"found it as {found[0]}"


def send_tcp(host, port):
    with socket.create_connection((host, port), timeout=1):
        return "connected"


def send_udp(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return f"sent {sender.sendto(b'hello', (host, port))} bytes"


def send_unix(path):
    with socket.socket(socket.AF_UNIX) as sender:
        sender.connect(path)
        return "connected"


def send_abstract(name):
    return send_unix("\0" + name)


def start_process():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return f"started {pid}"


def start_program():
    return f"it ended with {subprocess.run(['/bin/true'], check=False).returncode}"


def signal_process(pid):
    os.kill(pid, 0)
    return f"reached {pid}"


def trace_process(pid):
    _call(ctypes.CDLL(None, use_errno=True).ptrace, PTRACE_ATTACH, pid, None, None)
    return f"attached to {pid}"


def new_namespaces():
    _call(ctypes.CDLL(None, use_errno=True).unshare, CLONE_NEWUSER)
    return "made a user namespace"


def mount(path):
    _call(ctypes.CDLL(None, use_errno=True).mount, b"none", path.encode(), b"tmpfs", 0, None)
    return "mounted"


def io_uring():
    parameters = ctypes.create_string_buffer(120)
    return f"got descriptor {_call(ctypes.CDLL(None, use_errno=True).syscall, IO_URING_SETUP, 4, parameters)}"


def take_memory():
    held = []
    for _ in range(20):
        held.append(mmap.mmap(-1, 50_000_000))
        held[-1].write(b"x" * 50_000_000)
        time.sleep(0.02)
    return "took 1,000 MB"


def fill_disk():
    for number in range(20):
        with open(f"file{number}", "wb") as file:
            file.write(bytes(1_000_000))
    time.sleep(0.5)
    return "wrote 20 MB"


def start_threads():
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(0.5)
    return "started 200 threads"


def run_forever():
    while True:
        pass


def sleep_forever():
    time.sleep(1_000_000)
    return "slept"


def _call(function, *arguments):
    result = function(*arguments)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
