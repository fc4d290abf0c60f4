"""One algorithm trained with one seed: its progress, checkpoint, learning curve and policy. Given code."""

from collections.abc import Sequence
from typing import Any

from algorithms import RECIPES, Learner
from evaluate import HERE, MILESTONES, greedy_returns
from labs.common.networks import weights_of
from labs.common.training.run import TrainingRun
from labs.common.translated import _

# Environment steps until CartPole is solved, means of five seeds.
USUAL_STEPS = {
    "simple_pg": 112_000,
    "reinforce": 154_000,
    "reinforce_baseline": 135_000,
    "a2c": 142_000,
    "actor_critic": 117_000,
}


class PolicyGradientRun(TrainingRun):
    """A learner, and everything that is told about it. A step is an update."""

    def __init__(self, algorithm: str, seed: int) -> None:
        super().__init__(
            HERE,
            f"{algorithm}-seed{seed}",
            _("{title}, seed {seed}").format(title=algorithm, seed=seed),
            algorithm,
            seed,
        )
        self.algorithm = algorithm
        self.recipe = RECIPES[algorithm]
        self.learner = Learner(algorithm, seed)
        self.curves = {"return": [[], []]}  # of each episode, at the environment steps after which it had ended

    @property
    def returns(self) -> list[float]:
        return self.curves["return"][1]

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

    @property
    def length(self) -> tuple[float, float]:
        return self.learner.env_steps, USUAL_STEPS[self.algorithm]  # a return does not grow evenly

    def reached(self) -> str:
        return _("{steps:,} steps").format(steps=self.learner.env_steps)

    def figures(self) -> str:
        return _("return {ret:3.0f} of {stop:.0f}, {steps:,} steps").format(
            ret=self.running_return, stop=self.recipe.stop_return, steps=self.learner.env_steps
        )

    def step(self) -> None:
        for episode in self.learner.update():
            self.measured(self.learner.env_steps, {"return": episode})

    def state(self) -> dict[str, Any]:
        """Networks, optimiser, counters and the sampling of actions."""
        return {"learner": self.learner.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.load_state_dict(state["learner"])

    def evaluate(self) -> float:
        return float(greedy_returns(self.learner.policy).mean())

    def results(self) -> Sequence[str]:
        evaluation, steps = self.evaluate(), self.learner.env_steps
        weights = {f"{self.algorithm}.safetensors": weights_of(self.learner.policy)}
        facts = {"algorithm": self.algorithm, "env_steps": steps}
        if self.algorithm in MILESTONES:
            facts["target"] = MILESTONES[self.algorithm].target
        self.hand_over(self.algorithm, evaluation, weights, facts, ["torch", "gymnasium", "numpy"])
        return str(self.seed), f"{evaluation:.1f}", f"{steps:,}", f"{self.cpu_seconds:.1f}"
