"""One variant trained with one seed: its progress, checkpoint, curves, and the weights handed over. Given code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from transformers import PreTrainedModel

from evaluate import HERE
from grpo_loop import GRPO, Recipe
from labs.common.held_out import SAMPLES
from labs.common.memory import Work
from labs.common.networks import weights_of
from labs.common.parallel import part
from labs.common.recipes import fitted, held_out, is_tiny
from labs.common.toys.arithmetic import TOY, rows
from labs.common.training.solving import SolvingRun
from labs.common.translated import N_
from labs.common.warm_start import starting_point

EVERY = 4  # steps, from one look at the held-out problems to the next, with one sample of each


class GRPORun(SolvingRun):
    """A GRPO, and everything that is told about it."""

    def __init__(self, variant: str, seed: int, steps: int | None = None) -> None:
        recipe = fitted("lab7", Recipe())
        self.recipe = replace(recipe, variant=variant, steps=steps or recipe.steps)
        super().__init__(HERE, variant, variant, seed, self.recipe.steps, recipe.steps)
        self.rows = part(self.recipe.prompts, N_("prompts")) * self.recipe.G  # completions that a process computes
        self.handed_in = is_tiny() and variant == "grpo"

        model, self.tokenizer = starting_point(TOY)
        if is_tiny():
            torch.set_num_threads(1)  # a model this small is faster on one
        train, problems = rows()
        self.problems = held_out(problems)
        self.grpo = GRPO(model, self.tokenizer, train, seed, self.recipe)

    def begin(self) -> str:
        self.look()
        return super().begin()

    def step(self) -> None:
        found = self.grpo.step()
        self.measured(self.steps, found)
        if self.steps % EVERY == 0 or self.finished:
            self.look()

    @property
    def steps(self) -> int:
        return self.grpo.steps

    @property
    def policy(self) -> PreTrainedModel:
        return self.grpo.policy

    def work(self) -> Work:
        longest = max(len(self.grpo.ask(row["problem"])) for row in self.grpo.rows)
        completion = self.policy.generation_config.max_new_tokens
        drawn = max(self.rows, SAMPLES * len(self.problems))
        return Work(self.rows, longest, completion, drawn, group=self.recipe.G)

    def state(self) -> dict[str, Any]:
        return {"grpo": self.grpo.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.grpo.load_state_dict(state["grpo"])

    def files(self) -> tuple[str, Mapping[str, bytes], Sequence[str]]:
        weights = {"grpo.safetensors": weights_of(self.policy)}
        return "grpo", weights, ["torch", "transformers", "numpy"]
