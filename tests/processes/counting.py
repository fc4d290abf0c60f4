"""A lab's training script whose steps only count: what several processes say, save and do when one of them is stopped.

python tests/processes/counting.py WHAT      in a copy of this file in a lab's folder, under torchrun. WHAT is a key of
                                             DOES, or several of them, one after the other
"""

import atexit
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from labs.common import parallel
from labs.common.training.run import SteppedRun
from labs.common.training.script import Script, end_with

HERE = Path(__file__).parent


def note(what: str, content: Any = "") -> None:
    """A file in the lab's folder that this process has written."""
    (HERE / f"{what}-{parallel.rank()}").write_text(str(content))


def raise_in_second(steps: int) -> None:
    if steps == 2 and parallel.rank() == 1:
        raise ValueError("the second process cannot go on")


def wait_for_long(_steps: int) -> None:
    threading.Event().wait(timeout=60)


DOES: dict[str, Callable[[int], None]] = {"count": lambda _: None, "fail": raise_in_second, "hang": wait_for_long}


class Counting(SteppedRun):
    suffix = ".json"
    steps = 0

    def __init__(self, what: str, steps: int) -> None:
        super().__init__(HERE, what, what, what, seed=0)
        self.what, self.all_steps = what, steps
        atexit.register(lambda: note(f"{what}-reached", self.steps))

    def step(self) -> None:
        print(f"{self.what}: step {self.steps + 1}", flush=True)
        DOES[self.what](self.steps)
        self.steps += 1

    def figures(self) -> str:
        return ""

    def save(self) -> None:
        super().save()
        note(f"{self.what}-saved", self.steps)

    def state(self) -> dict[str, Any]:
        return {"steps": self.steps}

    def restore(self, state: dict[str, Any]) -> None:
        self.steps = state["steps"]

    def results(self) -> Sequence[str]:
        note(f"{self.what}-results")
        return [f"reached {self.steps}"]


def main() -> int:
    script = Script(__file__, in_parallel=True)
    groups = {what: [partial(Counting, what, 10**5 if what == sys.argv[-1] else 3)] for what in sys.argv[1:]}
    trained = script.train_all(groups, ("what", "steps"))
    script.show(trained.table, "what it means")
    return script.exit_code(trained)


if __name__ == "__main__":
    end_with(main)
