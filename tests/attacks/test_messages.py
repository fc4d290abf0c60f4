"""Messages that are no answers: garbage, too much, too deep, too early, or one for another question."""

import tracemalloc
from collections.abc import Callable

import msgpack
import pytest

from grader.plain import NotPlain, to_plain, unpack

Attack = Callable[..., str]

# What a submission finds out about its worker: the channel is the one socket that is open.
CHANNEL = """
import os, pickle, socket, stat, sys, time

msgpack = sys.modules["msgpack"]

def is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False

[number] = [fd for fd in range(3, 256) if is_socket(fd)]
channel = socket.socket(fileno=os.dup(number))

def call():
    frame = sys._getframe()
    while "call" not in frame.f_locals or "id" not in frame.f_locals["call"]:
        frame = frame.f_back
    return frame.f_locals["call"]["id"]

def answer(value, **changes):
    return msgpack.packb({"id": call(), "status": "value", "value": value, "finding": None, "todo": "", "limit": "",
                          "trace": "", "changed": [], "used_global_random_state": False} | changes)

def frame(message, length=None):
    return (len(message) if length is None else length).to_bytes(4, "big") + message

def send(*messages):
    channel.sendall(b"".join(map(frame, messages)))
"""
SENT = {
    "garbage": ("channel.sendall(b'\\xff' * 1000)", "a message of 4,294,967,295 bytes, where 200,000 are allowed"),
    "nothing": ("send(b'')", "a malformed message (ValueError)"),
    "nil": ("send(b'\\xc0')", "a malformed message (no answer to the question)"),
    "more than it announced": ("channel.sendall(frame(answer(6.0), 3))", "a malformed message (ValueError)"),
    "two in one": ("send(answer(6.0) * 2)", "a malformed message (ExtraData)"),
    "the largest that a header can say": ("channel.sendall(frame(b'', 2**32 - 1))", "a message of 4,294,967,295 bytes"),
    "one that is just too large": ("send(b'\\x01' * 200_001)", "a message of 200,001 bytes, where 200,000 are allowed"),
    "a pickle": ("send(pickle.dumps(print))", "a malformed message"),
    "a list nested without end": ("send(b'\\x91' * 199_999 + b'\\x01')", "a malformed message (StackError)"),
    "a list nested deep": ("send(b'\\x91' * 500 + b'\\x01')", "data nested more than 16 deep"),
    "a mapping nested deep": ("send(b'\\x81\\x01' * 500 + b'\\x01')", "data nested more than 16 deep"),
    "a list said to be long": ("send(b'\\xdd\\xff\\xff\\xff\\xff')", "a malformed message (ValueError)"),
    "a text said to be long": ("send(b'\\xdb\\xff\\xff\\xff\\xff')", "a malformed message (ValueError)"),
    "an object of another kind": ("send(answer(msgpack.ExtType(5, b'')))", "a malformed message (extension type 5)"),
    "a time": ("send(answer(msgpack.Timestamp(1)))", "of type Timestamp"),
    "a key that is a list": ("send(b'\\x81\\x91\\x01\\x01')", "a dictionary key of type list"),
    "a key that is a time": ("send(b'\\x81' + msgpack.packb(msgpack.Timestamp(1)) + b'\\x01')", "of type Timestamp"),
    "a key that is a number": ("send(msgpack.packb({1.5: 1}))", "a dictionary key of type float"),
    "bytes": ("send(answer(b'6.0'))", "of type bytes"),
    "text that is none": (
        "send(answer('a').replace(b'\\xa1a', b'\\xa1\\xff'))",
        "a malformed message (UnicodeDecodeError)",
    ),
    "another's answer": ("send(answer(6.0, id='0' * 32))", "a malformed message (no answer to the question)"),
    "a verdict": ("send(answer(6.0, status='passed'))", "a malformed message (status of an answer)"),
    "points": ("send(answer(6.0, points=100))", "a malformed message (no answer to the question)"),
}
ARRAYS = {
    "of objects": "['object', True, [1], b'01234567']",
    "of text": "['<U1', True, [1], b'0123']",
    "of too few bytes": "['float64', True, [2], b'01234567']",
    "of a negative shape": "['float64', True, [-1], b'']",
    "of an endless shape": "['float64', True, [2**62, 0], b'']",
    "of fractions of rows": "['float64', True, [0.5], b'01234567']",
    "of many dimensions": "['float64', True, [1] * 60, b'01234567']",
    "that is half true": "['bool', True, [1], b'\\x02']",
    "that is not said to be a tensor": "['float64', 1, [1], b'01234567']",
    "of nothing": "[]",
}
SENT |= {
    f"an array {name}": (f"send(answer(msgpack.ExtType(1, msgpack.packb({inside}))))", "")
    for name, inside in ARRAYS.items()
}


@pytest.mark.parametrize("what", SENT)
def test_what_is_no_answer_is_a_crash_in_words(what: str, attack: Attack) -> None:
    body, words = SENT[what]
    told = attack(body + "\nreturn x + x", "crashed", before=CHANNEL)
    assert told.startswith("its process sent ")
    assert words in told


def test_an_answer_that_never_comes_whole_is_waited_for_no_longer_than_any_other(attack: Attack) -> None:
    """A byte now and then is no sign of an honest worker, and the time goes on."""
    told = attack(
        "channel.sendall(b'\\0\\1\\0\\0')\nwhile True:\n    channel.send(b'\\1')\n    time.sleep(0.02)",
        "timeout",
        before=CHANNEL,
    )
    assert told == "it was stopped after 0.3 seconds"


def test_nothing_is_sent_out_of_band(attack: Attack) -> None:
    """The channel could be read then, and there would be nothing in it: the grader would wait for half a minute."""
    told = attack("channel.send(b'x', socket.MSG_OOB)", before=CHANNEL)
    assert told == "it raised PermissionError: [Errno 1] Operation not permitted"


def test_an_answer_that_ends_in_the_middle_is_none(attack: Attack) -> None:
    told = attack("channel.sendall(b'\\0\\0\\x08\\0'); os._exit(0)", "crashed", before=CHANNEL)
    assert told == "its process ended during the call"


@pytest.mark.parametrize("ahead", ["answer(0.0)", "answer(0.0, id='0' * 32)", "b'\\xc0'"])
def test_what_is_sent_in_advance_answers_no_later_call(ahead: str, attack: Attack) -> None:
    """The first answer counts, with its own value; what follows it ends the worker, and the next call has another."""
    assert attack(f"send(answer(x + x), {ahead})\nreturn 9.5", "passed", before=CHANNEL) == ""
    assert attack(f"send(answer(9.5), {ahead})\nreturn x + x", before=CHANNEL).endswith("got 9.5")


def test_a_thread_that_floods_the_channel_harms_itself_only(attack: Attack) -> None:
    flood = CHANNEL + "\nimport threading\ndef flood():\n    while True: send(b'\\xc0')\n"
    told = attack("threading.Thread(target=flood).start(); time.sleep(0.1)\nreturn x + x", "crashed", before=flood)
    assert told == "its process sent a malformed message (no answer to the question)"


def test_a_channel_that_is_left_open_by_nobody_who_reads_is_ended(attack: Attack) -> None:
    told = attack("channel.shutdown(socket.SHUT_RD); time.sleep(600)", "timeout", before=CHANNEL)
    assert told == "it was stopped after 0.3 seconds"


HEAVY = {
    "empty mappings": b"\x80",
    "empty lists": b"\x90",
    "lists of lists": b"\x91\x90",
    "empty texts": b"\xa0",
    "large numbers": b"\xcf" + b"\xff" * 8,
    "empty arrays": msgpack.packb(msgpack.ExtType(1, msgpack.packb(["bool", True, [0], b""]))),
}


@pytest.mark.parametrize("of", HEAVY)
def test_a_message_takes_no_more_than_a_bounded_amount_of_the_graders_memory(of: str) -> None:
    """A hundred times its size at most, while it is looked at, and nothing afterwards."""
    item = HEAVY[of]
    count = 100_000 // len(item)
    message = b"\xdd" + count.to_bytes(4, "big") + item * count
    tracemalloc.start()
    try:
        unpack(message)
        _, peak = tracemalloc.get_traced_memory()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * len(message)
    assert left < len(message)


def test_a_message_of_too_many_items_is_refused() -> None:
    with pytest.raises(NotPlain, match="a malformed message"):
        unpack(b"\xdd" + (2_000_000).to_bytes(4, "big") + b"\xc0" * 2_000_000)


def test_no_key_is_hashed_before_its_type_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times can be chosen that all have the same hash: 200,000 of them in a dictionary would take half an hour."""

    def hashed(_time: msgpack.Timestamp) -> int:
        raise AssertionError("a key of a type that is not allowed was hashed")

    monkeypatch.setattr(msgpack.Timestamp, "__hash__", hashed)
    with pytest.raises(NotPlain, match="a dictionary key of type Timestamp"):
        unpack(b"\x81" + msgpack.packb(msgpack.Timestamp(1)) + b"\1")


def test_numbers_that_fill_the_places_where_others_look_next_are_too_few_to_take_long() -> None:
    """Half of the keys lie along the way on which the other half look for a place of their own."""
    places = 2**18
    chain = [1]
    while len(chain) < 75_000:
        chain.append((5 * chain[-1] + 1) % places)
    keys = chain + [1 + n * places for n in range(1, len(chain) + 1)]
    with pytest.raises(NotPlain, match="a malformed message"):
        unpack(b"\xdf" + len(keys).to_bytes(4, "big") + b"".join(msgpack.packb(key) + b"\1" for key in keys))
    with pytest.raises(NotPlain, match="more than 10,000 keys"):
        to_plain(dict.fromkeys(keys))
