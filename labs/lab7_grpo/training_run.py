"""One variant trained with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from evaluate import HERE, MILESTONES, held_out
from grpo_loop import GRPO, Recipe
from labs.common.language_model import is_tiny, load, model_name
from labs.common.manifest import verdict
from labs.common.networks import weights_of
from labs.common.toys.arithmetic import TOY, rows
from labs.common.training.run import TrainingRun

EVERY = 4  # steps, from one look at the held-out problems to the next, with one sample of each

# Another model than the tiny one is for a demonstration: a little of everything, or a step would take minutes on a CPU.
DEMONSTRATION = Recipe(steps=2, prompts=2, G=4, learning_rate=1e-6)
DEMONSTRATION_TOKENS, DEMONSTRATION_PROBLEMS = 64, 4


class GRPORun(TrainingRun):
    """A GRPO, and everything that is told about it."""

    digits = 3

    def __init__(self, variant: str, seed: int, steps: int | None = None) -> None:
        self.variant = variant
        self.model_name, self.is_tiny = model_name(), is_tiny()
        recipe = Recipe() if self.is_tiny else DEMONSTRATION
        self.recipe = replace(recipe, variant=variant, steps=steps or recipe.steps)
        self.handed_in = self.is_tiny and variant == "grpo"
        of_model = "" if self.is_tiny else "-" + re.sub(r"\W+", "-", self.model_name).strip("-")
        short = "" if steps in (None, recipe.steps) else f"-steps{steps}"
        super().__init__(HERE, f"{variant}{of_model}-seed{seed}{short}", f"{variant}, seed {seed}", variant, seed)
        self.left_out = "another model" if of_model else "a short try" if short else ""

        model, tokenizer = load(TOY)
        train, self.problems = rows()
        if self.is_tiny:
            torch.set_num_threads(1)  # a model this small is faster on one
        else:
            model.generation_config.max_new_tokens = DEMONSTRATION_TOKENS
            self.problems = self.problems[:DEMONSTRATION_PROBLEMS]
        self.grpo = GRPO(model, tokenizer, train, seed, self.recipe)

    def begin(self) -> str:
        self.look()
        return "" if self.is_tiny else f"MODEL={self.model_name}, for a demonstration: nothing is handed over."

    def look(self) -> None:
        """How good the policy is on the held-out problems now, for the curves."""
        found = held_out(self.grpo.policy, self.grpo.tokenizer, self.problems, samples=1)
        self.measured(self.grpo.steps, {name: estimate.mean for name, estimate in found.items()})

    def step(self) -> None:
        found = self.grpo.step()
        self.measured(self.grpo.steps, found)
        if self.grpo.steps % EVERY == 0 or self.finished:
            self.look()

    @property
    def finished(self) -> bool:
        return self.grpo.steps >= self.recipe.steps

    @property
    def progress(self) -> tuple[float, float]:
        return self.grpo.steps, self.recipe.steps

    def reached(self) -> str:
        return f"{self.grpo.steps} steps"

    def figures(self) -> str:
        accuracy, in_format = self.last("accuracy"), self.last("format")
        held = "" if accuracy is None else f", held out: accuracy {accuracy:.2f}, format {in_format:.2f}"
        return f"{self.grpo.steps} of {self.recipe.steps} steps{held}"

    def state(self) -> dict[str, Any]:
        return {"grpo": self.grpo.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.grpo.load_state_dict(state["grpo"])

    def results(self) -> Sequence[str]:
        """The policy is handed over if it is the tiny model, trained with GRPO itself."""
        found = held_out(self.grpo.policy, self.grpo.tokenizer, self.problems)
        reached = {name: estimate.mean for name, estimate in found.items()}
        if self.handed_in:
            targets = {name: milestone.target for name, milestone in MILESTONES.items()}
            facts = {"steps": self.grpo.steps, "targets": targets, "evaluations": reached}
            least = min(reached[name] / target for name, target in targets.items())  # from 1 on both are reached
            files = {"grpo.safetensors": weights_of(self.grpo.policy)}
            best = self.hand_over("grpo", least, files, facts, ["torch", "transformers", "numpy"])
            if best > least:  # how much better is a ratio, which would say nothing to the reader
                self.remarks[-1] = "a better run's weights are kept"
            self.remarks.append(verdict(MILESTONES, reached))
        else:
            self.remarks.append("for comparison" if self.is_tiny else "a demonstration")
        accuracy, in_format = (f"{found[name].mean:.3f} ± {found[name].error:.3f}" for name in ("accuracy", "format"))
        return str(self.seed), accuracy, in_format, str(self.grpo.steps), f"{self.cpu_seconds:.1f}"
