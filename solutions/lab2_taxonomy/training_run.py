"""One algorithm trained with one seed: its progress, checkpoint, learning curve and table. Given code."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors.numpy import save

from evaluate import HERE, MILESTONES, greedy_return
from labs.common.training.run import TrainingRun
from labs.common.translated import N_, _
from learners import Learner

[MILESTONE] = MILESTONES.values()  # its name is that of the algorithm whose table is handed in


class WalkRun(TrainingRun):
    """A learner, and everything that is told about it. A step is an episode."""

    suffix = ".json"
    digits = 0

    def __init__(self, algorithm: str, seed: int, episodes: int | None = None) -> None:
        self.algorithm = algorithm
        self.learner = Learner(algorithm, seed)
        self.episodes = min(episodes or self.learner.recipe.episodes, self.learner.recipe.episodes)
        # A short try has files of its own, and leaves the whole run's curve alone.
        short = "-short" if self.episodes < self.learner.recipe.episodes else ""
        super().__init__(
            HERE,
            f"{algorithm}-seed{seed}{short}",
            _("{title}, seed {seed}").format(title=algorithm, seed=seed),
            algorithm,
            seed,
        )
        self.left_out = N_("a short try") if short else ""
        self.curves = {"return": [[], []]}  # of each episode, at the real steps after which it had ended
        self.best_after: int | None = None  # real steps after which the greedy policy was the best there is

    @property
    def returns(self) -> list[float]:
        return self.curves["return"][1]

    @property
    def finished(self) -> bool:
        return len(self.returns) >= self.episodes

    @property
    def progress(self) -> tuple[float, float]:
        return len(self.returns), self.episodes

    def reached(self) -> str:
        return _("{episodes:,} episodes").format(episodes=len(self.returns))

    def figures(self) -> str:
        count = _("episode {number} of {all}").format(number=len(self.returns), all=self.episodes)
        return _("{count}, return {ret:.0f}, {steps:,} real steps").format(
            count=count, ret=self.returns[-1], steps=self.learner.env_steps
        )

    def step(self) -> None:
        episode = self.learner.episode()
        self.measured(self.learner.env_steps, {"return": episode})

    def advance(self) -> None:
        super().advance()
        if self.best_after is None and self.greedy() >= MILESTONE.target:
            self.best_after = self.learner.env_steps

    def greedy(self) -> float:
        """The return of the greedy policy. MPC keeps no table: its episodes are greedy as they are."""
        return self.returns[-1] if self.algorithm == "mpc" else greedy_return(self.learner.Q)

    def state(self) -> dict[str, Any]:
        learner = self.learner
        return {
            "Q": learner.Q.tolist(),
            "dice": learner.rng.bit_generator.state,
            "model": [[s, a, *after] for (s, a), after in learner.model.items()],
            "transitions": learner.transitions,
            "env_steps": learner.env_steps,
            "best_after": self.best_after,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Table, model, dice and counters."""
        learner = self.learner
        Q = np.array(state["Q"], dtype=np.float64)
        if Q.shape != learner.Q.shape or not np.isfinite(Q).all():
            raise ValueError(_("a table of another shape, or one that grew beyond all bounds"))
        learner.Q = Q
        learner.rng.bit_generator.state = state["dice"]
        learner.model = {(s, a): (r, s2, terminated) for s, a, r, s2, terminated in state["model"]}
        learner.transitions = [(s, a, r, s2, terminated) for s, a, r, s2, terminated in state["transitions"]]
        learner.env_steps, self.best_after = state["env_steps"], state["best_after"]

    def results(self) -> Sequence[str]:
        """Q-learning's table is handed over."""
        greedy = self.greedy()
        if self.algorithm == MILESTONE.name:
            table = save({"Q": np.ascontiguousarray(self.learner.Q, dtype=np.float64)})
            facts = {"algorithm": self.algorithm, "target": MILESTONE.target, "env_steps": self.learner.env_steps}
            self.hand_over(self.algorithm, greedy, {f"{self.algorithm}.safetensors": table}, facts, ["numpy"])
        last = self.returns[-100:]
        return (
            str(self.seed),
            f"{sum(last) / len(last):.1f}",
            f"{greedy:.0f}" if greedy > -100 else _("no way out"),
            f"{self.best_after:,}" if self.best_after else _("never"),
            f"{self.learner.env_steps:,}",
            f"{self.cpu_seconds:.1f}",
        )
