"""One environment trained with one seed: its progress, checkpoint, curves, and the networks handed over. Given code."""

import dataclasses
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from evaluate import HERE, MILESTONES, best_returns
from labs.common.artefacts import load_tensors
from labs.common.errors import CannotUse
from labs.common.manifest import verdict
from labs.common.networks import load_weights, weights_of
from labs.common.training.run import TrainingRun
from labs.common.translated import N_, _
from ppo import PPO, RECIPES

WINDOW = 40  # training episodes in the running return


class PPORun(TrainingRun):
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
        self.begin_with = begin_with  # an actor and a critic that were trained before
        self.repeats = begin_with is not None  # each time, training goes on once more from what was reached
        self.recipe = dataclasses.replace(
            recipe, clip=recipe.clip if clip is None else clip, env_steps=steps or recipe.env_steps
        )
        name = f"{environment}-seed{seed}" + ("" if self.is_recipe else f"-clip{self.recipe.clip:g}")
        name += "" if self.recipe.env_steps == recipe.env_steps else f"-steps{self.recipe.env_steps}"
        super().__init__(
            HERE,
            f"{name}-trained_on" if begin_with else name,
            _("{environment}, seed {seed}, clip {clip:g}").format(
                environment=environment, seed=seed, clip=self.recipe.clip
            ),
            N_("no clipping") if self.recipe.clip >= 1e3 else f"clip {self.recipe.clip:g}",
            seed,
        )
        if self.recipe.env_steps != recipe.env_steps:
            self.left_out = N_("a short try")
        elif begin_with:
            self.left_out = N_("networks that were trained on")
        self.ppo = PPO(environment, seed, self.recipe)
        self.returns: list[float] = []  # of the training episodes, in the order in which they ended

    def begin(self) -> str:
        """CannotUse where a file to begin with is missing, or of another network."""
        if self.begin_with is None:
            return ""
        actor, critic = self.begin_with
        load_network(self.ppo.actor, actor)
        load_network(self.ppo.critic, critic)
        return _("trains {actor} and {critic} on.").format(actor=actor.name, critic=critic.name)

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
        return _("{steps:,} steps").format(steps=self.ppo.env_steps)

    def figures(self) -> str:
        reached = "-" if math.isnan(self.running_return) else f"{self.running_return:.0f}"
        done, whole = self.progress
        return _("{done:,} of {all:,} steps, return {reached}").format(done=done, all=whole, reached=reached)

    def step(self) -> None:
        measured = self.ppo.iterate()
        self.returns += self.ppo.ended
        self.measured(self.ppo.env_steps, {"return": self.running_return} | measured)

    def state(self) -> dict[str, Any]:
        """Networks, optimiser, counters, and the sampling of actions and minibatches."""
        return {"ppo": self.ppo.state_dict(), "returns": self.returns}

    def restore(self, state: dict[str, Any]) -> None:
        self.ppo.load_state_dict(state["ppo"])
        self.returns = state["returns"]

    def evaluate(self) -> float:
        return float(best_returns(self.environment, self.ppo.actor).mean())

    def results(self) -> Sequence[str]:
        """Both networks are handed over, unless the run is for comparison."""
        evaluation = self.evaluate()
        if self.is_recipe:
            facts = {"environment": self.environment, "target": MILESTONES[self.environment].target}
            facts |= {"trained_on": self.begin_with is not None, "env_steps": self.ppo.env_steps}
            networks = {f"{self.environment}_critic": self.ppo.critic, self.environment: self.ppo.actor}
            files = {f"{name}.safetensors": weights_of(network) for name, network in networks.items()}
            best = self.hand_over(self.environment, evaluation, files, facts, ["torch", "gymnasium", "numpy"])
            self.remarks.append(verdict(MILESTONES, {self.environment: best}))
        else:
            self.remarks.append(_("for comparison"))
        steps, seconds = f"{self.ppo.env_steps:,}", f"{self.cpu_seconds:.1f}"
        return str(self.seed), f"{self.recipe.clip:g}", f"{evaluation:.1f}", steps, seconds


def load_network(network: torch.nn.Module, file: Path) -> None:
    """Puts the weights of a file into a network; CannotUse, in words, where that cannot be done."""
    shown = os.path.relpath(file)
    if not file.is_file():
        raise CannotUse(
            _("{shown} does not exist: train first (make lab4-train), or name another file").format(shown=shown)
        )
    try:
        load_weights(network, load_tensors(file))
    except ValueError as error:
        raise CannotUse(_("{shown} cannot be used: {error}").format(shown=shown, error=error)) from None
