"""The curves of labs as TensorBoard's events."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event

from labs.common.tensorboard import Mirror

RUN = Path("lab3_policy_gradient/runs/curves/reinforce-seed0.json")


def events(folder: Path) -> Iterator[Event]:
    """Reads the event files of a run: records of a length, its checksum, the bytes, their checksum."""
    for file in folder.iterdir():
        data = file.read_bytes()
        while data:
            [length] = struct.unpack("<Q", data[:8])
            event = Event()
            event.ParseFromString(data[12 : 12 + length])
            yield event
            data = data[16 + length :]


def points(out: Path) -> list[tuple[str, int, float]]:
    found = events(out / "lab3_policy_gradient" / "reinforce-seed0")
    return [(value.tag, event.step, value.simple_value) for event in found for value in event.summary.value]


def save(labs: Path, curves: dict[str, list[list[float | None]]]) -> None:
    file = labs / RUN
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"run": "reinforce", "curves": curves}))


def test_points_are_written_once_as_they_come(tmp_path: Path) -> None:
    labs, out = tmp_path / "labs", tmp_path / "out"
    save(labs, {"return": [[10, 20], [1.5, None]]})
    mirror = Mirror(labs, out)
    assert mirror.update() == 1
    assert mirror.update() == 0
    save(labs, {"return": [[10, 20, 30], [1.5, None, 4.0]], "kl": [[30], [0.25]]})
    assert mirror.update() == 2
    mirror.close()
    assert points(out) == [("return", 10, 1.5), ("return", 30, 4.0), ("kl", 30, 0.25)]


def test_a_run_that_was_trained_anew_replaces_the_old_one(tmp_path: Path) -> None:
    labs, out = tmp_path / "labs", tmp_path / "out"
    mirror = Mirror(labs, out)
    save(labs, {"return": [[10, 20], [1.0, 2.0]]})
    mirror.update()
    save(labs, {"return": [[10], [5.0]]})
    assert mirror.update() == 1
    mirror.close()
    assert points(out) == [("return", 10, 5.0)]


def test_what_cannot_be_read_is_passed_over_until_it_can(tmp_path: Path) -> None:
    labs, out = tmp_path / "labs", tmp_path / "out"
    save(labs, {})
    for broken in ("{", "[]", '{"curves": {"return": [[1, 2], [1]]}}', '{"curves": {"return": 5}}'):
        (labs / RUN).write_text(broken)
        assert Mirror(labs, out).update() == 0
    save(labs, {"return": [[1], [2.0]]})
    assert Mirror(labs, out).update() == 1
