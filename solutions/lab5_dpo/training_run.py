"""One run with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluate import FIGURES, HERE, MILESTONES
from labs.common.artefacts import load_tensors
from labs.common.manifest import verdict
from labs.common.memory import Work
from labs.common.networks import load_weights, weights_of
from labs.common.parallel import part
from labs.common.recipes import fitted, is_tiny
from labs.common.stages import Stage
from labs.common.training.model_run import ModelRun
from labs.common.translated import N_, _
from preference_training import RECIPES, SAMPLES, PreferenceTraining, Recipe, reference_model
from rlhf import GROUP, REWARD_MODEL, RLHF, RewardModel, RewardModelTraining, Rlhf

MEASURE_EVERY = 10  # steps
TITLES = {
    "dpo_nll": _("DPO + likelihood"),
    "dpo": _("plain DPO"),
    "nll": _("likelihood alone"),
    "reward_model": _("reward model"),
    "rlhf": "RLHF",
}
ALL_RECIPES = RECIPES | {"reward_model": REWARD_MODEL, "rlhf": RLHF}


class PreferenceRun(ModelRun):
    """What learns, and everything that is told about it. `needed` has what earlier stages left, by their names."""

    def __init__(
        self, kind: str, seed: int, steps: int | None = None, needed: Mapping[str, Path] | None = None
    ) -> None:
        self.kind = kind
        recipe = fitted("lab5", ALL_RECIPES[kind])
        self.recipe = dataclasses.replace(recipe, steps=steps or recipe.steps)
        super().__init__(HERE, kind, TITLES[kind], seed, self.recipe.steps, recipe.steps)
        self.rows = self.of_process()  # completions that a step computes
        self.artefact = self.runs / f"{self.name}.safetensors" if kind == "reward_model" else None
        self.learner = self.new_learner(self.recipe, needed or {})
        self.steps = 0

    def new_learner(
        self, recipe: Recipe, needed: Mapping[str, Path]
    ) -> PreferenceTraining | RewardModelTraining | Rlhf:
        if self.kind == "reward_model":
            return RewardModelTraining(recipe, self.seed)
        if self.kind == "rlhf":
            reward_model = RewardModel()
            load_weights(reward_model, load_tensors(needed["reward_model"]))
            return Rlhf(recipe, self.seed, reward_model)
        return PreferenceTraining(recipe, self.seed)

    @property
    def policy(self) -> Any:
        network = self.learner.network
        return network.trunk if isinstance(network, RewardModel) else network

    def work(self) -> Work:
        """Of pairs both completions; a reward model gives no logits."""
        pairs = self.learner.data.train
        prompt, completion = (max(map(len, texts)) for texts in (pairs.prompts, pairs.chosen))
        if self.kind == "reward_model":
            return Work(self.rows, prompt + completion, 0, drawn=0)
        drawn = max(self.rows, SAMPLES * len(self.learner.data.rows))
        return Work(self.rows, prompt, completion, drawn, 1 + (self.kind == "rlhf"), all_logits=True)

    def of_process(self) -> int:
        if self.kind == "rlhf":
            return GROUP * part(max(1, self.recipe.batch // GROUP), N_("prompts"))
        return 2 * part(self.recipe.batch, N_("pairs"))

    def artefact_bytes(self) -> bytes:
        return weights_of(self.learner.network)

    def figures(self) -> str:
        names = {"sampled_accuracy": _("right"), "preference_accuracy": _("ranked right")}
        last = _(", ").join(f"{words} {self.last(name):.2f}" for name, words in names.items() if name in self.curves)
        return _("{steps} of {all_steps}, {last}").format(steps=self.steps, all_steps=self.recipe.steps, last=last)

    def step(self) -> None:
        if self.steps == 0:
            self.measured(0, self.learner.measure())
        self.learner.iterate()
        self.steps += 1
        if self.steps % MEASURE_EVERY == 0 or self.finished:
            self.measured(self.steps, self.learner.measure())

    def state(self) -> dict[str, Any]:
        """Network, optimiser, counter, and what pairs, prompts and samples are drawn with."""
        learner = self.learner
        return {
            "network": learner.network.state_dict(),
            "optimizer": learner.optimizer.state_dict(),
            "dice": learner.dice.get_state(),
            "steps": self.steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.network.load_state_dict(state["network"])
        self.learner.optimizer.load_state_dict(state["optimizer"])
        self.learner.dice.set_state(state["dice"])
        self.steps = state["steps"]

    def results(self) -> Sequence[str]:
        """The table's row; what `--run dpo_nll` has trained is handed over."""
        reached = self.evaluate()
        if self.kind == "dpo_nll" and is_tiny():
            facts = {"steps": self.steps, "evaluations": reached}
            files = {"dpo.safetensors": weights_of(self.learner.network)}
            self.hand_over("dpo", min(reached.values()), files, facts, ["torch", "transformers"])
            self.remarks.append(verdict(MILESTONES, reached))
        elif self.kind in RECIPES:
            self.remarks.append(self.for_what(_("for comparison")))
        columns = [f"{reached[name]:.3f}" if name in reached else "-" for name in MILESTONES]
        return str(self.seed), str(self.steps), *columns, f"{self.cpu_seconds:.1f}"

    def evaluate(self) -> dict[str, float]:
        """As the milestones are judged; a reward model, or a large model, as it was measured last."""
        if self.kind == "reward_model" or not is_tiny():
            return {name: self.curves[name][1][-1] for name in MILESTONES if name in self.curves}
        return {name: judge(self.learner.network, reference_model()[1]) for name, judge in FIGURES.items()}


def rlhf_stages(seed: int, steps: int | None) -> list[Stage]:
    """RLHF as a pipeline: a reward model from the pairs, then a policy that is trained on its rewards."""
    return [
        Stage("reward_model", lambda needed: PreferenceRun("reward_model", seed, steps)),
        Stage("rlhf", lambda needed: PreferenceRun("rlhf", seed, steps, needed), needs=("reward_model",)),
    ]
