"""One algorithm trained with one seed: its progress, checkpoint, learning curve and table. Given code."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from evaluate import RUNS, TARGET, greedy_return
from learners import Learner

MILESTONE = "q_learning"  # the algorithm whose table is handed in


class TrainingRun:
    """A learner, and everything that is told about it. `advance` plays one episode."""

    def __init__(self, algorithm: str, seed: int, episodes: int | None = None) -> None:
        self.algorithm, self.seed = algorithm, seed
        self.learner = Learner(algorithm, seed)
        self.episodes = min(episodes or self.learner.recipe.episodes, self.learner.recipe.episodes)
        self.code = code_digest()
        self.steps: list[int] = []  # real steps after which each episode had ended ...
        self.returns: list[float] = []  # ... and its return
        self.best_after: int | None = None  # real steps after which the greedy policy was the best there is
        self.cpu_seconds = 0.0

    @property
    def finished(self) -> bool:
        return len(self.returns) >= self.episodes

    def advance(self) -> None:
        started = time.process_time()
        self.returns.append(self.learner.episode())
        self.cpu_seconds += time.process_time() - started
        self.steps.append(self.learner.env_steps)
        if self.best_after is None and self.greedy() >= TARGET:
            self.best_after = self.learner.env_steps

    def greedy(self) -> float:
        """The return of the greedy policy. MPC keeps no table: its episodes are greedy as they are."""
        return self.returns[-1] if self.algorithm == "mpc" else greedy_return(self.learner.Q)

    @property
    def checkpoint(self) -> Path:
        return RUNS / "checkpoints" / f"{self.algorithm}-seed{self.seed}.json"

    @property
    def curve(self) -> Path:
        return RUNS / "curves" / f"{self.algorithm}-seed{self.seed}.json"

    def forget(self) -> None:
        """Remove what an earlier run of this algorithm and seed saved, except the table it handed over."""
        self.checkpoint.unlink(missing_ok=True)
        self.curve.unlink(missing_ok=True)

    def save(self) -> None:
        """Checkpoint and learning curve, after any episode."""
        learner = self.learner
        state = {
            "Q": learner.Q.tolist(),
            "dice": learner.rng.bit_generator.state,
            "model": [[s, a, *after] for (s, a), after in learner.model.items()],
            "transitions": learner.transitions,
            "code": self.code,
            "steps": self.steps,
            "returns": self.returns,
            "best_after": self.best_after,
            "cpu_seconds": self.cpu_seconds,
        }
        write_json(self.checkpoint, state)
        curve = {"algorithm": self.algorithm, "seed": self.seed, "finished": self.finished}
        write_json(self.curve, curve | {"env_steps": self.steps, "returns": self.returns})

    def load(self) -> None:
        """Go on from the checkpoint: table, model, dice and counters."""
        state = json.loads(self.checkpoint.read_text(encoding="utf-8"))
        learner = self.learner
        Q = np.array(state["Q"], dtype=np.float64)
        if Q.shape != learner.Q.shape or not np.isfinite(Q).all():
            raise ValueError("a table of another shape, or one that grew beyond all bounds")
        learner.Q = Q
        learner.rng.bit_generator.state = state["dice"]
        learner.model = {(s, a): (r, s2, terminated) for s, a, r, s2, terminated in state["model"]}
        learner.transitions = [(s, a, r, s2, terminated) for s, a, r, s2, terminated in state["transitions"]]
        learner.env_steps = state["steps"][-1] if state["steps"] else 0
        self.code, self.cpu_seconds, self.best_after = state["code"], state["cpu_seconds"], state["best_after"]
        self.steps, self.returns = state["steps"], state["returns"]

    def hand_over(self) -> float:
        """Save the table as runs/q_learning.safetensors unless a better one is there; the better one's return."""
        weights, record = RUNS / f"{MILESTONE}.safetensors", RUNS / f"{MILESTONE}.json"
        reached = self.greedy()
        before = saved_evaluation(record) if weights.exists() else None
        if before is not None and before > reached:
            return before
        data = save({"Q": np.ascontiguousarray(self.learner.Q, dtype=np.float64)})
        write_atomically(weights, lambda file: file.write_bytes(data))
        facts = {
            "algorithm": self.algorithm,
            "seed": self.seed,
            "evaluation_mean": reached,
            "target": TARGET,
            "finished": self.finished,
            "env_steps": self.learner.env_steps,
            "cpu_seconds": round(self.cpu_seconds, 2),
            "versions": {"python": platform.python_version(), "numpy": np.__version__},
        }
        write_json(record, facts)
        return reached


def code_digest() -> str:
    """Tells whether the student's file is still the one a run began with."""
    return hashlib.sha256((Path(__file__).parent / "tabular.py").read_bytes()).hexdigest()


def saved_evaluation(record: Path) -> float | None:
    """The return of the table handed over before; None where the record is missing or unreadable."""
    try:
        return float(json.loads(record.read_text(encoding="utf-8"))["evaluation_mean"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_json(path: Path, data: dict[str, Any]) -> None:
    write_atomically(path, lambda file: file.write_text(json.dumps(data, default=lambda x: x.item()) + "\n"))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: a run that is killed leaves the previous file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    write(unfinished)
    os.replace(unfinished, path)
