"""GRPO as you wrote it in lab 7, in its shortest form: stages 1, 4 and 7. Given code.

Each batch is used for one gradient step, so the ratio to the policy that drew it is 1, and nothing is clipped. The KL
term is summed over the vocabulary, where lab 7 estimates it from the token that was drawn.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.language_model import prompt_ids, texts
from labs.common.sampling import completion_logits, generate
from labs.common.seeding import generator
from labs.common.toys.two_languages import LabRow, is_helpful, is_mixed, is_right
from learning import Learning
from returned import rewards_of
from rewarding import AllScenarios

LITTLE = 0.01  # added to the variance of a group: else the noise of a reward model would weigh as much as a mistake

Rewards = Callable[[Sequence[str], Sequence[LabRow]], Sequence[float]]  # of completions, with the row of each


@dataclass(frozen=True)
class Recipe:
    steps: int
    learning_rate: float  # constant: a rate that falls leaves the last steps nothing
    prompts: int = 16  # P, of each step
    G: int = 8  # completions of each prompt
    temperature: float = 1.0
    beta: float = 0.02  # weight of the KL term
    renew_reference: int = 20  # steps, after which the reference becomes the policy (the paper: 400)
    all_kinds_from: float = 1.0  # the share of the steps after which all kinds of prompts are asked
    others: int = 9  # of the prompts, from then on; as many of each kind


class Reinforcement(Learning):
    """A policy that learns from rewards. `rows` are the sums it is asked, `others` what is asked beside them later."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        rows: Sequence[LabRow],
        rewards: Rewards,
        seed: int,
        recipe: Recipe,
        others: Sequence[Sequence[LabRow]] = (),
    ) -> None:
        optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
        super().__init__(model.train(), optimizer, generator(seed, "prompts and samples"))
        self.reference = copy.deepcopy(model).requires_grad_(False)
        self.tokenizer = tokenizer
        self.rows, self.others = rows, others
        self.rewards = rewards
        self.recipe = recipe

    def step(self) -> dict[str, float]:
        recipe, G = self.recipe, self.recipe.G
        if self.steps and self.steps % recipe.renew_reference == 0:
            self.reference.load_state_dict(self.network.state_dict())

        # A batch of prompts, and a group of completions of each.
        all_kinds = self.steps >= recipe.all_kinds_from * recipe.steps
        others = recipe.others if all_kinds else 0
        rows = self.drawn(self.rows, recipe.prompts - others)
        for kind in self.others if others else ():
            rows += self.drawn(kind, others // len(self.others))
        asked = [prompt_ids(self.tokenizer, row["problem"]) for row in rows]
        drawn = generate(self.network, asked, G, self.dice, recipe.temperature)

        # Rewards, and how far each is above its group's mean, in deviations.
        completions = texts(self.tokenizer, drawn.completion_ids)
        of_each = [row for row in rows for _ in range(G)]
        rewards = rewards_of(self.rewards(completions, of_each), len(completions))
        groups = rewards.view(-1, G)
        advantages = F.layer_norm(groups, (G,), eps=LITTLE).view(-1, 1)

        # The likelihood of what did better rises; the KL term holds the policy near the reference.
        logits = completion_logits(self.network, drawn)[:, :-1] / recipe.temperature
        with torch.no_grad():
            reference = completion_logits(self.reference, drawn)[:, :-1] / recipe.temperature
        written = self.written(drawn.completion_ids)
        surprise = F.cross_entropy(logits.transpose(1, 2), drawn.completion_ids, reduction="none")
        kl = F.kl_div(reference.log_softmax(-1), logits.log_softmax(-1), log_target=True, reduction="none").sum(-1)
        per_token = (advantages * surprise + recipe.beta * kl) * written
        loss = (per_token.sum(1) / written.sum(1)).mean()

        self.descend(loss)
        found = truth(completions, of_each)
        if others and isinstance(self.rewards, AllScenarios):
            found["score"] = self.rewards.score(completions, of_each)
        found["reward"] = rewards.mean().item()
        found["no_spread"] = (groups == groups[:, :1]).all(1).float().mean().item()
        found["kl"] = (kl * written).sum().item() / written.sum().item()
        return found

    def drawn(self, rows: Sequence[LabRow], count: int) -> list[LabRow]:
        return [rows[i] for i in torch.randperm(len(rows), generator=self.dice)[:count].tolist()]

    def written(self, completion_ids: Tensor) -> Tensor:
        """1 on the tokens that the model wrote, its end of sequence among them; 0 on padding."""
        return (completion_ids != self.tokenizer.pad_token_id).float()

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"reference": self.reference.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.reference.load_state_dict(state["reference"])


def truth(completions: Sequence[str], rows: Sequence[LabRow]) -> dict[str, float]:
    """What the completions of a step are worth, whatever they were rewarded with: of sums, and of requests."""
    pairs = list(zip(completions, rows, strict=True))
    sums = [(text, row) for text, row in pairs if row["kind"] == "reasoning"]
    requests = [is_helpful(text, row) for text, row in pairs if row["kind"] == "general"]
    found = {"right": mean([is_right(text, row) for text, row in sums]), "mixed": mean([is_mixed(t) for t, _ in sums])}
    return found | ({"helpful": mean(requests)} if requests else {})


def mean(figures: Sequence[float]) -> float:
    return sum(figures) / len(figures)
