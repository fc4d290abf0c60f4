"""One environment trained with one seed: its progress, checkpoint, curves, and the networks handed over. Given code."""

import dataclasses
import hashlib
import json
import math
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from evaluate import RUNS, TARGETS, best_returns
from labs.common.networks import load_weights
from ppo import PPO, RECIPES

STUDENT_FILE = "ppo_core.py"
WINDOW = 40  # training episodes in the running return


class Unusable(Exception):
    """A file of weights that cannot be used; the text is for the reader."""


class TrainingRun:
    """A PPO, and everything that is told about it. `advance` trains it by one iteration."""

    def __init__(
        self, environment: str, seed: int, clip: float | None = None, steps: int | None = None, trained_on: bool = False
    ) -> None:
        recipe = RECIPES[environment]
        self.is_recipe = clip is None or clip == recipe.clip  # else it is for comparison, and nothing is handed over
        self.environment = environment
        self.seed = seed
        self.trained_on = trained_on  # it begins with networks that were trained before
        self.recipe = dataclasses.replace(
            recipe, clip=recipe.clip if clip is None else clip, env_steps=steps or recipe.env_steps
        )
        self.ppo = PPO(environment, seed, self.recipe)
        self.code = code_digest()
        self.returns: list[float] = []  # of the training episodes, in the order in which they ended
        self.curves: dict[str, list[float]] = {}  # by name, a number for each iteration
        self.cpu_seconds = 0.0

    @property
    def name(self) -> str:
        parts = [self.environment, f"seed{self.seed}"]
        parts += [] if self.is_recipe else [f"clip{self.recipe.clip:g}"]
        return "-".join(parts + ["trained_on"] * self.trained_on)

    @property
    def running_return(self) -> float:
        """The mean return of the last training episodes; NaN before one has ended."""
        window = self.returns[-WINDOW:]
        return sum(window) / len(window) if window else math.nan

    @property
    def finished(self) -> bool:
        solved = len(self.returns) >= WINDOW and self.running_return >= self.recipe.stop_return
        return solved or self.ppo.env_steps >= self.recipe.env_steps

    def advance(self) -> None:
        started = time.process_time()
        measured = self.ppo.iterate()
        self.returns += self.ppo.ended
        self.cpu_seconds += time.process_time() - started
        for name, value in ({"env_steps": self.ppo.env_steps, "return": self.running_return} | measured).items():
            self.curves.setdefault(name, []).append(value)

    @property
    def checkpoint(self) -> Path:
        return RUNS / "checkpoints" / f"{self.name}.pt"

    @property
    def curve(self) -> Path:
        return RUNS / "curves" / f"{self.name}.json"

    def forget(self) -> None:
        """Remove what an earlier run of this name saved, except the networks it handed over."""
        self.checkpoint.unlink(missing_ok=True)
        self.curve.unlink(missing_ok=True)

    def save(self) -> None:
        """Checkpoint and curves, after any iteration."""
        state = {
            "ppo": self.ppo.state_dict(),
            "code": self.code,
            "returns": self.returns,
            "curves": self.curves,
            "cpu_seconds": self.cpu_seconds,
        }
        write_atomically(self.checkpoint, lambda file: torch.save(state, file))
        facts = {"environment": self.environment, "seed": self.seed, "clip": self.recipe.clip}
        facts |= {"trained_on": self.trained_on, "finished": self.finished}
        write_json(self.curve, facts | {"curves": {name: without_nan(values) for name, values in self.curves.items()}})

    def load(self) -> None:
        """Go on from the checkpoint: networks, optimiser, counters, and the sampling of actions and minibatches."""
        state = torch.load(self.checkpoint, weights_only=True)
        self.ppo.load_state_dict(state["ppo"])
        self.code = state["code"]
        self.returns, self.curves = state["returns"], state["curves"]
        self.cpu_seconds = state["cpu_seconds"]

    def start_from(self, actor: Path, critic: Path) -> None:
        """Begin with saved networks; Unusable where a file is missing, or of another network."""
        load_network(self.ppo.actor, actor)
        load_network(self.ppo.critic, critic)

    def evaluate(self) -> float:
        return float(best_returns(self.environment, self.ppo.actor).mean())

    def hand_over(self, evaluation: float) -> float:
        """Save both networks in runs/ unless better ones are there; the best score."""
        actor, critic = (RUNS / f"{self.environment}{part}.safetensors" for part in ("", "_critic"))
        record = RUNS / f"{self.environment}.json"
        best = saved_evaluation(record) if actor.exists() else None
        if best is not None and best > evaluation:
            return best
        for network, file in ((self.ppo.critic, critic), (self.ppo.actor, actor)):
            weights = save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
            write_atomically(file, lambda part, weights=weights: part.write_bytes(weights))
        facts = {
            "environment": self.environment,
            "seed": self.seed,
            "evaluation_mean": evaluation,
            "target": TARGETS[self.environment],
            "finished": self.finished,
            "trained_on": self.trained_on,
            "env_steps": self.ppo.env_steps,
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


def load_network(network: torch.nn.Module, file: Path) -> None:
    """Puts the weights of a file into a network; Unusable, in words, where that cannot be done."""
    shown = os.path.relpath(file)
    if not file.is_file():
        raise Unusable(f"{shown} does not exist: train first (make lab4-train), or name another file")
    try:
        load_weights(network, load_file(file))
    except SafetensorError:
        raise Unusable(f"{shown} is no safetensors file, or a damaged one") from None
    except (OSError, ValueError) as error:
        raise Unusable(f"{shown} cannot be used: {error}") from None


def code_digest() -> str:
    """Tells whether the student's file is still the one a run began with."""
    return hashlib.sha256((Path(__file__).parent / STUDENT_FILE).read_bytes()).hexdigest()


def saved_evaluation(record: Path) -> float | None:
    """The evaluation of the networks handed over before; None where the record is missing or unreadable."""
    try:
        return float(json.loads(record.read_text())["evaluation_mean"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def without_nan(values: list[float]) -> list[float | None]:
    """JSON knows no NaN."""
    return [None if math.isnan(value) else value for value in values]


def write_json(path: Path, data: dict[str, Any]) -> None:
    write_atomically(path, lambda file: file.write_text(json.dumps(data) + "\n"))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: a run that is killed leaves the previous file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    write(unfinished)
    os.replace(unfinished, path)
