"""One algorithm trained with one seed: its progress, checkpoint, learning curve and policy. Given code."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save

from algorithms import RECIPES, Learner
from evaluate import TARGET, greedy_returns
from labs.common.training import Run


class TrainingRun(Run):
    """A learner, and everything that is told about it. A step is an update."""

    def __init__(self, algorithm: str, seed: int) -> None:
        super().__init__(Path(__file__).parent, f"{algorithm}-seed{seed}", f"{algorithm}, seed {seed}")
        self.algorithm = algorithm
        self.seed = seed
        self.recipe = RECIPES[algorithm]
        self.learner = Learner(algorithm, seed)
        self.steps: list[int] = []  # environment steps after which each training episode had ended ...
        self.returns: list[float] = []  # ... and its return

    @property
    def running_return(self) -> float:
        """The mean return of the last training episodes, as many as the recipe's window has."""
        window = self.returns[-self.recipe.stop_window :]
        return sum(window) / len(window) if window else 0.0

    @property
    def finished(self) -> bool:
        solved = len(self.returns) >= self.recipe.stop_window and self.running_return >= self.recipe.stop_return
        return solved or self.learner.updates >= self.recipe.max_updates

    @property
    def progress(self) -> tuple[float, float]:
        return self.running_return, self.recipe.stop_return

    def reached(self) -> str:
        return f"{self.learner.env_steps:,} steps"

    def figures(self) -> str:
        return f"return {self.running_return:3.0f} of {self.recipe.stop_return:.0f}, {self.learner.env_steps:,} steps"

    def step(self) -> None:
        returns = self.learner.update()
        self.returns += returns
        self.steps += [self.learner.env_steps] * len(returns)

    def state(self) -> dict[str, Any]:
        """Networks, optimiser, counters and the sampling of actions."""
        return {"learner": self.learner.state_dict(), "steps": self.steps, "returns": self.returns}

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.load_state_dict(state["learner"])
        self.steps, self.returns = state["steps"], state["returns"]

    def curve(self) -> dict[str, Any]:
        return {"algorithm": self.algorithm, "seed": self.seed, "env_steps": self.steps, "returns": self.returns}

    def evaluate(self) -> float:
        return float(greedy_returns(self.learner.policy).mean())

    def results(self) -> Sequence[str]:
        evaluation, steps = self.evaluate(), self.learner.env_steps
        weights = {f"{self.algorithm}.safetensors": save(self.learner.policy.state_dict())}
        facts = {"algorithm": self.algorithm, "seed": self.seed, "target": TARGET, "env_steps": steps}
        self.hand_over(self.algorithm, evaluation, weights, facts, ["torch", "gymnasium", "numpy"])
        return str(self.seed), f"{evaluation:.1f}", f"{steps:,}", f"{self.cpu_seconds:.1f}"
