"""Direct preference optimisation, from the pairs to the gradient step, with the functions of dpo.py. Given code.

Read from top to bottom: a pair becomes token ids, a batch becomes log-probabilities, and these become a loss. A second
model of the same weights, the reference, stands beside the policy and never learns.
"""

import copy
import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from dpo import collate, dpo_grad_weight, dpo_loss, preference_accuracy, reward_margin, sequence_logprobs
from labs.common.evaluation import evaluate
from labs.common.language_model import completion_ids, forward, prompt_ids
from labs.common.memory import adam, in_micro_batches, micro_batch, ready_to_learn
from labs.common.parallel import average_gradients, share
from labs.common.recipes import held_out
from labs.common.seeding import generator
from labs.common.toys.arithmetic import TOY, Pair, preference_pairs, problems, row
from labs.common.toys.toy import Row
from labs.common.translated import _
from labs.common.warm_start import starting_point


@dataclass(frozen=True)
class Recipe:
    """What a run is made with."""

    dpo: float = 1.0  # what the DPO loss counts
    nll: float = 0.0  # and what minus the log-likelihood of the chosen completion counts, per token
    beta: float = 0.1
    learning_rate: float = 3e-4
    steps: int = 100
    batch: int = 16  # pairs of a step


RECIPES = {"dpo_nll": Recipe(nll=1.0), "dpo": Recipe(), "nll": Recipe(dpo=0.0, nll=1.0)}
MAX_NORM = 1.0  # of the gradient
SAMPLES = 2  # of each held-out problem, whenever the policy is measured


# --- the model --------------------------------------------------------------------------------------------------------


@functools.cache
def reference_model() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model that MODEL names, as training begins with it: in eval mode, frozen, and the same one for all runs."""
    model, tokenizer = starting_point(TOY)
    return model.requires_grad_(False), tokenizer


def fresh_policy() -> PreTrainedModel:
    """A copy that may learn. It is no second name of the reference: log pi_ref must not follow log pi."""
    return ready_to_learn(copy.deepcopy(reference_model()[0]).requires_grad_(True))


# --- the data ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """Preference pairs as token ids."""

    prompts: list[list[int]]
    chosen: list[list[int]]  # completions, each with its end-of-sequence token
    rejected: list[list[int]]

    def drawn(self, n: int, dice: torch.Generator) -> "Pairs":
        """n different pairs, at random; of several processes each has its share of them."""
        places = share(torch.randperm(len(self.prompts), generator=dice)[:n].tolist(), "pairs")
        return Pairs(*([texts[i] for i in places] for texts in (self.prompts, self.chosen, self.rejected)))


def tokenized(pairs: Sequence[Pair], tokenizer: PreTrainedTokenizerBase) -> Pairs:
    return Pairs(
        [prompt_ids(tokenizer, pair["prompt"]) for pair in pairs],
        [completion_ids(tokenizer, pair["chosen"]) for pair in pairs],
        [completion_ids(tokenizer, pair["rejected"]) for pair in pairs],
    )


@dataclass(frozen=True)
class Data:
    """Pairs to train on, and what every figure is taken on: pairs and problems that are held out."""

    train: Pairs
    held_out: Pairs
    rows: list[Row]


def arithmetic_data(tokenizer: PreTrainedTokenizerBase) -> Data:
    train, others = problems()
    asked = held_out(others)
    pairs = (tokenized(preference_pairs(among), tokenizer) for among in (train, asked))
    return Data(*pairs, [row(problem) for problem in asked])


# --- the algorithm ----------------------------------------------------------------------------------------------------


def log_probs(model: PreTrainedModel, prompts: list[list[int]], completions: list[list[int]]) -> Tensor:
    """log pi(y|x) of each completion, (B,), in micro-batches."""
    pad = model.generation_config.pad_token_id

    def some(rows: slice) -> Tensor:
        batch = collate(prompts[rows], completions[rows], pad)
        batch = {name: ids.to(model.device) for name, ids in batch.items()}
        logits = forward(model, input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.float()
        found = sequence_logprobs(logits, batch["input_ids"], batch["completion_mask"])
        if not isinstance(found, Tensor) or found.shape != (len(prompts[rows]),):
            raise ValueError(_("a log-probability for each completion is expected"))
        return found

    longest = max(len(prompt) + len(completion) for prompt, completion in zip(prompts, completions, strict=True))
    size = max(1, micro_batch(model, longest) // 2)  # chosen and rejected completions have a graph at the same time
    return in_micro_batches(model, some, [slice(start, start + size) for start in range(0, len(prompts), size)])


class PreferenceTraining:
    """A policy that learns from pairs, and the reference it is held to."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        self.reference, self.tokenizer = reference_model()
        self.network = fresh_policy()
        self.data = arithmetic_data(self.tokenizer)
        self.optimizer = adam(self.network, recipe.learning_rate)
        self.dice = generator(seed, "pairs")
        self.held_out_reference = self.no_gradient(self.reference, self.data.held_out)

    @torch.no_grad()
    def no_gradient(self, model: PreTrainedModel, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """log pi of the chosen and of the rejected completions, as constants."""
        return log_probs(model, pairs.prompts, pairs.chosen), log_probs(model, pairs.prompts, pairs.rejected)

    def iterate(self) -> None:
        """One gradient step. Both models stay in eval mode, as they were loaded: dropout would blur the ratios."""
        pairs = self.data.train.drawn(self.recipe.batch, self.dice)
        pc = log_probs(self.network, pairs.prompts, pairs.chosen)
        pr = log_probs(self.network, pairs.prompts, pairs.rejected)
        rc, rr = self.no_gradient(self.reference, pairs)

        losses, _, _ = dpo_loss(pc, pr, rc, rr, beta=self.recipe.beta)
        tokens = torch.tensor([len(completion) for completion in pairs.chosen], device=pc.device)
        loss = self.recipe.dpo * losses.mean() - self.recipe.nll * (pc / tokens).mean()  # Pang et al. 2024

        self.optimizer.zero_grad()
        loss.backward()
        average_gradients(self.network.parameters())  # of several processes
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
        self.optimizer.step()

    def measure(self, samples: int = SAMPLES) -> dict[str, float]:
        """Where the policy stands, on what is held out."""
        beta = self.recipe.beta
        (pc, pr), (rc, rr) = self.no_gradient(self.network, self.data.held_out), self.held_out_reference
        losses, chosen_rewards, rejected_rewards = dpo_loss(pc, pr, rc, rr, beta=beta)
        weights = dpo_grad_weight(pc.requires_grad_(), pr.requires_grad_(), rc, rr, beta)
        return {
            "chosen_log_ratio": (pc - rc).mean().item(),
            "rejected_log_ratio": (pr - rr).mean().item(),
            "reward_margin": float(reward_margin(chosen_rewards, rejected_rewards)),
            "preference_accuracy": float(preference_accuracy(chosen_rewards, rejected_rewards)),
            "loss": losses.mean().item(),
            "gradient_weight": weights.mean().item(),
            "sampled_accuracy": evaluate(TOY, self.network, self.tokenizer, self.data.rows, samples)["accuracy"].mean,
        }
