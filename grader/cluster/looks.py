"""What is looked at on each worker before it grades: is it what this machine is, can it confine a submission, is its
clock right, does it see what it is sent."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from grader import codes
from grader.cluster import place
from grader.cluster.parcel import Look
from grader.findings import Finding
from grader.grading.depends import HASHED, in_short

if TYPE_CHECKING:
    from distributed import Client

CLOCK_SECONDS = 10.0  # that two clocks may differ by
REPLY_SECONDS = 10.0


def why_unfit(client: "Client", address: str, look: Look, needs: Mapping[str, str]) -> Finding | None:
    """Why a worker must not grade, None where it may. `needs` is what this machine has."""
    why = different(look.needs, needs) or look.trouble or clock_off(client, address)
    return codes.WORKER_UNFIT(worker=address, why=why) if why else None


def different(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Finding | None:
    """What is not the same on both, with the versions; nothing where a worker did not come as far as to say."""
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)] if theirs else []
    return codes.WORKER_DIFFERS(what=in_short([_told(name, ours, theirs) for name in names])) if names else None


def _told(name: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> Finding:
    before, now = ours.get(name, HASHED), theirs.get(name, HASHED)
    if before.startswith(HASHED) or now.startswith(HASHED):
        return codes.CHANGED(name=name)
    return codes.OTHER_VERSION(name=name, before=before, now=now)


def clock_off(client: "Client", address: str) -> Finding | None:
    """How far a worker's clock is off, as far as the way there and back allows to say. A worker that does not answer
    says so by other means."""
    sent = time.time()
    try:
        theirs = client.sync(client._run, place.clock, workers=[address], callback_timeout=REPLY_SECONDS)[address]
    except (OSError, TimeoutError, KeyError):
        return None
    back = time.time()
    off = max(sent - theirs, theirs - back, 0.0)
    return codes.WORKER_CLOCK(seconds=round(off)) if off > CLOCK_SECONDS else None
