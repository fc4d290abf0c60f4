"""Supervised fine-tuning with your functions: stages 3, 6 and 8. Given code."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from labs.common.language_model import prompt_ids
from labs.common.seeding import generator
from labs.common.translated import _
from learning import Learning
from pipeline import build_sft_example, sft_loss
from returned import finite, of_shape


@dataclass(frozen=True)
class Recipe:
    steps: int
    learning_rate: float  # falls to a tenth along half a cosine, as in the paper
    batch: int = 32


class FineTuning(Learning):
    """A model that learns to answer prompts as examples do: pairs (prompt, answer) of texts."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        examples: Sequence[tuple[str, str]],
        seed: int,
        recipe: Recipe,
    ) -> None:
        optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
        super().__init__(model.train(), optimizer, generator(seed, "examples"))
        self.recipe = recipe
        self.examples = []
        end = int(tokenizer.eos_token_id)
        for prompt, answer in examples:
            asked = prompt_ids(tokenizer, prompt)
            target = list(tokenizer(answer, add_special_tokens=False)["input_ids"])
            ids, mask = build_sft_example(asked, target, end)
            of_shape(_("the ids of build_sft_example"), ids, (len(asked) + len(target) + 1,))
            self.examples.append((ids, of_shape(_("the mask of build_sft_example"), mask, ids.shape)))

    def step(self) -> dict[str, float]:
        """One gradient step on a batch drawn anew; its loss."""
        places = torch.randint(len(self.examples), (self.recipe.batch,), generator=self.dice).tolist()
        chosen = [self.examples[i] for i in places]
        ids = torch.nn.utils.rnn.pad_sequence([ids for ids, _ in chosen], batch_first=True)
        mask = torch.nn.utils.rnn.pad_sequence([mask for _, mask in chosen], batch_first=True)

        share = 0.5 + 0.5 * torch.cos(torch.tensor(torch.pi * self.steps / self.recipe.steps)).item()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * (0.1 + 0.9 * share)
        loss = finite("sft_loss", of_shape(_("the loss"), sft_loss(self.network(input_ids=ids).logits, ids, mask), ()))
        self.descend(loss)
        return {"loss": loss.item()}
