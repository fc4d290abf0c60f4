"""One environment trained with one seed: its progress, checkpoint, curves, and the networks handed over. Given code."""

import dataclasses
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from evaluate import HALVES, TARGETS, best_returns
from labs.common.networks import load_weights
from labs.common.training import Run, Unusable, without_nan
from ppo import PPO, RECIPES

WINDOW = 40  # training episodes in the running return


class TrainingRun(Run):
    """A PPO, and everything that is told about it. A step is an iteration."""

    def __init__(
        self,
        environment: str,
        seed: int,
        clip: float | None = None,
        steps: int | None = None,
        begin_with: tuple[Path, Path] | None = None,
    ) -> None:
        recipe = RECIPES[environment]
        self.is_recipe = clip is None or clip == recipe.clip  # else it is for comparison, and nothing is handed over
        self.environment = environment
        self.seed = seed
        self.begin_with = begin_with  # an actor and a critic that were trained before
        self.repeats = begin_with is not None  # each time, training goes on once more from what was reached
        self.recipe = dataclasses.replace(
            recipe, clip=recipe.clip if clip is None else clip, env_steps=steps or recipe.env_steps
        )
        name = f"{environment}-seed{seed}" + ("" if self.is_recipe else f"-clip{self.recipe.clip:g}")
        name += "" if self.recipe.env_steps == recipe.env_steps else f"-steps{self.recipe.env_steps}"
        super().__init__(
            Path(__file__).parent,
            f"{name}-trained_on" if begin_with else name,
            f"{environment}, seed {seed}, clip {self.recipe.clip:g}",
        )
        self.ppo = PPO(environment, seed, self.recipe)
        self.returns: list[float] = []  # of the training episodes, in the order in which they ended
        self.curves: dict[str, list[float]] = {}  # by name, a number for each iteration

    def begin(self) -> str:
        """Unusable where a file to begin with is missing, or of another network."""
        if self.begin_with is None:
            return ""
        actor, critic = self.begin_with
        load_network(self.ppo.actor, actor)
        load_network(self.ppo.critic, critic)
        return f"trains {actor.name} and {critic.name} on."

    @property
    def running_return(self) -> float:
        """The mean return of the last training episodes; NaN before one has ended."""
        window = self.returns[-WINDOW:]
        return sum(window) / len(window) if window else math.nan

    @property
    def finished(self) -> bool:
        solved = len(self.returns) >= WINDOW and self.running_return >= self.recipe.stop_return
        return solved or self.ppo.env_steps >= self.recipe.env_steps

    @property
    def progress(self) -> tuple[float, float]:
        return min(self.ppo.env_steps, self.recipe.env_steps), self.recipe.env_steps

    def reached(self) -> str:
        return f"{self.ppo.env_steps:,} steps"

    def figures(self) -> str:
        reached = "-" if math.isnan(self.running_return) else f"{self.running_return:.0f}"
        return "{:,} of {:,} steps, return ".format(*self.progress) + reached

    def step(self) -> None:
        measured = self.ppo.iterate()
        self.returns += self.ppo.ended
        for name, value in ({"env_steps": self.ppo.env_steps, "return": self.running_return} | measured).items():
            self.curves.setdefault(name, []).append(value)

    def state(self) -> dict[str, Any]:
        """Networks, optimiser, counters, and the sampling of actions and minibatches."""
        return {"ppo": self.ppo.state_dict(), "returns": self.returns, "curves": self.curves}

    def restore(self, state: dict[str, Any]) -> None:
        self.ppo.load_state_dict(state["ppo"])
        self.returns, self.curves = state["returns"], state["curves"]

    def curve(self) -> dict[str, Any]:
        return {
            "environment": self.environment,
            "seed": self.seed,
            "clip": self.recipe.clip,
            "trained_on": self.begin_with is not None,
            "whole": self.recipe.env_steps == RECIPES[self.environment].env_steps,
            "curves": {name: without_nan(values) for name, values in self.curves.items()},
        }

    def evaluate(self) -> float:
        return float(best_returns(self.environment, self.ppo.actor).mean())

    def results(self) -> Sequence[str]:
        """Both networks are handed over, unless the run is for comparison."""
        evaluation = self.evaluate()
        if self.is_recipe:
            facts = {"environment": self.environment, "seed": self.seed, "target": TARGETS[self.environment]}
            facts |= {"trained_on": self.begin_with is not None, "env_steps": self.ppo.env_steps}
            networks = {f"{self.environment}_critic": self.ppo.critic, self.environment: self.ppo.actor}
            files = {f"{name}.safetensors": weights_of(network) for name, network in networks.items()}
            best = self.hand_over(self.environment, evaluation, files, facts, ["torch", "gymnasium", "numpy"])
            target, half = TARGETS[self.environment], HALVES[self.environment]
            self.remarks.append(
                "target reached" if best >= target else "half reached" if best >= half else "not reached yet"
            )
        else:
            self.remarks.append("for comparison")
        steps, seconds = f"{self.ppo.env_steps:,}", f"{self.cpu_seconds:.1f}"
        return str(self.seed), f"{self.recipe.clip:g}", f"{evaluation:.1f}", steps, seconds


def weights_of(network: torch.nn.Module) -> bytes:
    return save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})


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
