"""The network, and every other way to talk to somebody: nobody outside hears anything."""

import platform
import socket
from collections.abc import Callable

import pytest

Attack = Callable[..., str]
Listeners = dict[str, socket.socket]
REFUSED = "it raised PermissionError: [Errno 1] Operation not permitted"

WAYS = {
    "tcp": "socket.create_connection(ADDRESS, 0.2).send(b'x')",
    "tcp6": "socket.create_connection(ADDRESS[:2], 0.2).send(b'x')",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ADDRESS)",
    "unix": "socket.socket(socket.AF_UNIX).connect(ADDRESS)",
    "unix datagram": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', ADDRESS)",
    "abstract": "socket.socket(socket.AF_UNIX).connect(ADDRESS)",
}


@pytest.mark.parametrize("way", WAYS)
def test_nobody_who_listens_is_reached(way: str, attack: Attack, listeners: Listeners) -> None:
    if way not in listeners:
        pytest.skip("this machine has no IPv6")
    address = repr(listeners[way].getsockname())
    assert attack("import socket\n" + WAYS[way].replace("ADDRESS", address)) == REFUSED


FAMILIES = {
    "netlink": "AF_NETLINK, socket.SOCK_RAW",
    "packet": "AF_PACKET, socket.SOCK_RAW",
    "raw": "AF_INET, socket.SOCK_RAW, 1",
    "vsock": "AF_VSOCK",
    "alg": "AF_ALG, socket.SOCK_SEQPACKET",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_no_socket_of_another_family_is_made(family: str, attack: Attack) -> None:
    assert attack(f"import socket; socket.socket(socket.{FAMILIES[family]})") == REFUSED


def test_nothing_listens(attack: Attack) -> None:
    assert attack("import socket; socket.create_server(('127.0.0.1', 0))") == REFUSED


@pytest.mark.parametrize("kind", ["SOCK_DGRAM", "SOCK_SEQPACKET", "SOCK_DGRAM | socket.SOCK_CLOEXEC"])
def test_from_no_pair_of_sockets_a_message_reaches_a_path(kind: str, attack: Attack, listeners: Listeners) -> None:
    address = listeners["unix datagram"].getsockname()
    told = attack(
        f"import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.{kind})\na.sendto(b'x', {address!r})"
    )
    assert told == REFUSED


@pytest.mark.parametrize(
    "way",
    ["sendto(b'x', ADDRESS)", "sendmsg([b'x'], [], 0, ADDRESS)", "connect(ADDRESS)", "bind('mine')", "listen()"],
)
@pytest.mark.parametrize("of", ["socket.socketpair()[0]", "socket.socket(fileno=channel())"])
def test_a_stream_that_it_has_reaches_nobody_else(of: str, way: str, attack: Attack, listeners: Listeners) -> None:
    """Its own pairs, and the channel to the grader."""
    find = """
    import os, socket, stat

    def channel():
        for fd in range(3, 256):
            try:
                if stat.S_ISSOCK(os.fstat(fd).st_mode):
                    return os.dup(fd)
            except OSError:
                pass
    """
    address = repr(listeners["unix datagram"].getsockname())
    words = attack(f"{of}.{way.replace('ADDRESS', address)}", before=find)
    refusals = ("Operation not permitted", "Transport endpoint is already connected", "Operation not supported")
    assert words.endswith(refusals)


def test_names_are_not_resolved(attack: Attack) -> None:
    assert attack("import socket; socket.getaddrinfo('example.org', 80)").startswith("it raised gaierror: ")


def test_libraries_that_download_say_that_they_cannot(attack: Attack) -> None:
    told = attack("import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/')")
    assert told == "it raised URLError: <urlopen error [Errno 1] Operation not permitted>"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")
@pytest.mark.parametrize("number", [41, 42, 43, 49, 50, 288, 307])  # socket connect accept bind listen accept4 sendmmsg
def test_the_system_calls_of_sockets_are_refused(number: int, attack: Attack) -> None:
    told = attack(
        f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nraise ValueError(libc.syscall({number}, 1, 1, 0), "
        "ctypes.get_errno())"
    )
    assert told == "it raised ValueError: (-1, 1)"


def test_descriptors_sent_over_the_channel_reach_nobody(attack: Attack) -> None:
    """They are refused, and the grader would take no more than bytes."""
    words = attack(
        """
        import os, socket
        for fd in range(3, 256):
            try:
                socket.send_fds(socket.socket(fileno=os.dup(fd)), [b"\\0\\0\\0\\1"], [0, 1, 2])
            except OSError:
                pass
        return x + x
        """,
        "passed",
    )
    assert words == ""
