"""One algorithm trained with one seed: its progress, checkpoint, learning curve and policy. Given code."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from safetensors.torch import save

from algorithms import RECIPES, Learner
from evaluate import RUNS, TARGET, greedy_returns

STUDENT_FILES = ("returns.py", "losses.py", "agent.py")


class TrainingRun:
    """A learner, and everything that is told about it. `advance` trains it by one update."""

    def __init__(self, algorithm: str, seed: int) -> None:
        self.algorithm = algorithm
        self.seed = seed
        self.recipe = RECIPES[algorithm]
        self.learner = Learner(algorithm, seed)
        self.code = code_digest()
        self.steps: list[int] = []  # environment steps after which each training episode had ended ...
        self.returns: list[float] = []  # ... and its return
        self.cpu_seconds = 0.0

    @property
    def running_return(self) -> float:
        """The mean return of the last training episodes, as many as the recipe's window has."""
        window = self.returns[-self.recipe.stop_window :]
        return sum(window) / len(window) if window else 0.0

    @property
    def finished(self) -> bool:
        solved = len(self.returns) >= self.recipe.stop_window and self.running_return >= self.recipe.stop_return
        return solved or self.learner.updates >= self.recipe.max_updates

    def advance(self) -> None:
        started = time.process_time()
        returns = self.learner.update()
        self.returns += returns
        self.steps += [self.learner.env_steps] * len(returns)
        self.cpu_seconds += time.process_time() - started

    @property
    def checkpoint(self) -> Path:
        return RUNS / "checkpoints" / f"{self.algorithm}-seed{self.seed}.pt"

    @property
    def curve(self) -> Path:
        return RUNS / "curves" / f"{self.algorithm}-seed{self.seed}.json"

    def forget(self) -> None:
        """Remove what an earlier run of this algorithm and seed saved, except the policy it handed over."""
        self.checkpoint.unlink(missing_ok=True)
        self.curve.unlink(missing_ok=True)

    def save(self) -> None:
        """Checkpoint and learning curve, after any update."""
        state = {
            "learner": self.learner.state_dict(),
            "code": self.code,
            "steps": self.steps,
            "returns": self.returns,
            "cpu_seconds": self.cpu_seconds,
        }
        write_atomically(self.checkpoint, lambda file: torch.save(state, file))
        curve = {"algorithm": self.algorithm, "seed": self.seed, "finished": self.finished}
        write_json(self.curve, curve | {"env_steps": self.steps, "returns": self.returns})

    def load(self) -> None:
        """Go on from the checkpoint: networks, optimiser, counters and the sampling of actions."""
        state = torch.load(self.checkpoint, weights_only=True)
        self.learner.load_state_dict(state["learner"])
        self.code = state["code"]
        self.steps, self.returns = state["steps"], state["returns"]
        self.cpu_seconds = state["cpu_seconds"]

    def evaluate(self) -> float:
        return float(greedy_returns(self.learner.policy).mean())

    def hand_over(self, evaluation: float) -> float:
        """Save the policy as runs/<algorithm>.safetensors unless a better one is there; the best score."""
        weights, record = RUNS / f"{self.algorithm}.safetensors", RUNS / f"{self.algorithm}.json"
        best = saved_evaluation(record) if weights.exists() else None
        if best is not None and best > evaluation:
            return best
        write_atomically(weights, lambda file: file.write_bytes(save(self.learner.policy.state_dict())))
        facts = {
            "algorithm": self.algorithm,
            "seed": self.seed,
            "evaluation_mean": evaluation,
            "target": TARGET,
            "finished": self.finished,
            "env_steps": self.learner.env_steps,
            "cpu_seconds": round(self.cpu_seconds, 2),
            "versions": {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "gymnasium": gymnasium.__version__,
                "numpy": np.__version__,
            },
        }
        write_json(record, facts)
        return evaluation


def code_digest() -> str:
    """Tells whether the student's files are still those a run began with."""
    digest = hashlib.sha256()
    for name in STUDENT_FILES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def saved_evaluation(record: Path) -> float | None:
    """The evaluation of the policy handed over before; None where the record is missing or unreadable."""
    try:
        return float(json.loads(record.read_text())["evaluation_mean"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_json(path: Path, data: dict[str, Any]) -> None:
    write_atomically(path, lambda file: file.write_text(json.dumps(data) + "\n"))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: a run that is killed leaves the previous file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    write(unfinished)
    os.replace(unfinished, path)
