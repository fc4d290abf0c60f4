"""What `grader doctor` has a worker try. The title says what the sandbox has to stop."""

from grader.checks import check


@check("escape", points=1)
def solutions(lab, path):
    """read the solutions"""
    return lab.read_file(path)


@check("escape", points=1)
def canary(lab, path):
    """read a file that every user may read"""
    return lab.read_file(path)


@check("escape", points=1)
def home(lab, path):
    """list the home folder"""
    return lab.list_folder(path)


@check("escape", points=1)
def outside(lab, path):
    """write outside of its own folder"""
    return lab.write_file(path)


@check("escape", points=1)
def processes(lab):
    """see other processes"""
    return lab.see_processes()


@check("escape", points=1)
def secret(lab, secret):
    """find a secret in the environment"""
    return lab.find_secret(secret)


@check("escape", points=1)
def environment(lab, path):
    """read the environment of another process"""
    return lab.read_file(path)


@check("escape", points=1)
def ipv4(lab, port):
    """connect to this machine by IPv4"""
    return lab.send_tcp("127.0.0.1", port)


@check("escape", points=1)
def ipv6(lab, port):
    """connect to this machine by IPv6"""
    return lab.send_tcp("::1", port)


@check("escape", points=1)
def udp(lab, port):
    """send a datagram"""
    return lab.send_udp("127.0.0.1", port)


@check("escape", points=1)
def unix_socket(lab, path):
    """connect to a unix socket"""
    return lab.send_unix(path)


@check("escape", points=1)
def abstract_socket(lab, name):
    """connect to an abstract socket"""
    return lab.send_abstract(name)


@check("escape", points=1)
def fork(lab):
    """start a process"""
    return lab.start_process()


@check("escape", points=1)
def program(lab):
    """run a program"""
    return lab.start_program()


@check("escape", points=1)
def signals(lab, pid):
    """send a signal to another process"""
    return lab.signal_process(pid)


@check("escape", points=1)
def tracing(lab, pid):
    """trace another process as a debugger does"""
    return lab.trace_process(pid)


@check("escape", points=1)
def namespaces(lab):
    """make namespaces"""
    return lab.new_namespaces()


@check("escape", points=1)
def mounts(lab, path):
    """mount a file system"""
    return lab.mount(path)


@check("escape", points=1)
def asynchronous_calls(lab):
    """make system calls by io_uring"""
    return lab.io_uring()


@check("escape", points=1)
def memory(lab):
    """take more memory than it may"""
    return lab.take_memory()


@check("escape", points=1)
def disk(lab):
    """write more to the disk than it may"""
    return lab.fill_disk()


@check("escape", points=1)
def threads(lab):
    """start more threads than it may"""
    return lab.start_threads()


@check("escape", points=1)
def loop(lab):
    """compute without end"""
    return lab.run_forever()


@check("escape", points=1)
def sleep(lab):
    """sleep without end"""
    return lab.sleep_forever()
