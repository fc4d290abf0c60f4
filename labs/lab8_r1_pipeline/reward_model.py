"""The reward model of stage 7, which learns what people find helpful and harmless. Given code.

It is the base model with two numbers in place of the next token: how helpful a summary is, learnt from pairs of which
one was preferred, and how harmless a whole reply is, learnt from replies that are labelled one by one. The paper has a
model for each; here they share their body.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.artefacts import load_tensors
from labs.common.language_model import completion_ids, load, prompt_ids
from labs.common.networks import load_weights
from labs.common.seeding import generator
from labs.common.toys.two_languages import TOY
from learning import Learning

HELPFUL, HARMLESS = 0, 1  # the two numbers


@dataclass(frozen=True)
class Annotation:
    """What people say of replies to a prompt."""

    prompt: str
    preferred: str  # of two summaries
    other: str
    reply: str  # a whole one
    harmless: bool


@dataclass(frozen=True)
class Recipe:
    steps: int = 250
    learning_rate: float = 1e-3
    batch: int = 16


class RewardModel(nn.Module):
    def __init__(self, base: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        super().__init__()
        self.body, self.tokenizer = base.model, tokenizer
        self.score = nn.Linear(base.config.hidden_size, 2)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, prompts: Sequence[str], replies: Sequence[str]) -> Tensor:
        """The two numbers of each reply, (B, 2), read where the reply ends."""
        read = [
            torch.tensor(prompt_ids(self.tokenizer, prompt) + completion_ids(self.tokenizer, reply))
            for prompt, reply in zip(prompts, replies, strict=True)
        ]
        ids = nn.utils.rnn.pad_sequence(read, batch_first=True)  # on the right, where no token before it sees it
        hidden = self.body(input_ids=ids).last_hidden_state
        numbers: Tensor = self.score(hidden[range(len(read)), [len(text) - 1 for text in read]])
        return numbers

    @torch.no_grad()
    def scores(self, what: int, prompts: Sequence[str], replies: Sequence[str]) -> list[float]:
        """From 0 to 1 for each reply."""
        if not prompts:
            return []
        found: list[float] = self(prompts, replies)[:, what].sigmoid().tolist()
        return found


def load_reward_model(file: Path) -> RewardModel:
    found = RewardModel(*load(TOY, "tiny"))
    load_weights(found, load_tensors(file))
    return found.requires_grad_(False)


class RewardModelTraining(Learning):
    """Makes the preferred summary score higher than the other one (Bradley-Terry), and a harmless reply near 1."""

    def __init__(self, annotations: Sequence[Annotation], seed: int, recipe: Recipe) -> None:
        network = RewardModel(*load(TOY, "tiny"))
        optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
        super().__init__(network, optimizer, generator(seed, "annotations"))
        self.recipe = recipe
        mixed = random.Random(seed).sample(annotations, len(annotations))
        self.held_out, self.annotations = mixed[: len(mixed) // 10], mixed[len(mixed) // 10 :]

    def step(self) -> dict[str, float]:
        places = torch.randint(len(self.annotations), (self.recipe.batch,), generator=self.dice).tolist()
        drawn = [self.annotations[i] for i in places]
        margin, harmless = self.read(drawn)
        labels = torch.tensor([float(annotation.harmless) for annotation in drawn])
        loss = F.binary_cross_entropy_with_logits(margin, torch.ones_like(margin))
        loss = loss + F.binary_cross_entropy_with_logits(harmless, labels)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * (1 - self.steps / self.recipe.steps)
        self.descend(loss)
        return {"loss": loss.item()}

    def read(self, annotations: Sequence[Annotation]) -> tuple[Tensor, Tensor]:
        """By how much the preferred summary is more helpful, and how harmless the reply is, (B,) each."""
        replies = [getattr(a, part) for part in ("preferred", "other", "reply") for a in annotations]
        preferred, other, whole = self.network([a.prompt for a in annotations] * 3, replies).chunk(3)
        return preferred[:, HELPFUL] - other[:, HELPFUL], whole[:, HARMLESS]

    @torch.no_grad()
    def agreement(self) -> float:
        """The share of held-out pairs and labels on which it is of one mind with the annotators."""
        if not self.held_out:
            return 0.0
        margin, harmless = self.read(self.held_out)
        labels = torch.tensor([annotation.harmless for annotation in self.held_out])
        return torch.cat([margin > 0, (harmless > 0) == labels]).double().mean().item()
