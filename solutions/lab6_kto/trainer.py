"""KTO from top to bottom, in the order of Ethayarajh et al. 2024, section 4, with the functions of kto.py. Given code.

Read it before you start: pairs lose their partners, a batch gets its reference point, and both give a loss.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kto import balance_weights, kto_grad_weight, kto_loss, kto_reference_point, mismatched_pairs, unpair
from labs.common.evaluation import evaluate
from labs.common.language_model import completion_ids, log_likelihoods, prompt_ids
from labs.common.memory import adam, ready_to_learn
from labs.common.parallel import average_gradients, gathered, share
from labs.common.recipes import held_out
from labs.common.seeding import generator
from labs.common.toys.arithmetic import TOY, Problem, preference_pairs, problems, row
from labs.common.translated import _
from labs.common.warm_start import starting_point

Ids = list[int]
Pair = tuple[Ids, Ids]  # a prompt and a completion, its own one or not

MAX_NORM = 1.0  # of the gradient
SAMPLES = 2  # of each held-out problem, whenever the policy is measured


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, but for its seed."""

    steps: int = 100
    batch: int = 32
    learning_rate: float = 3e-4
    beta: float = 0.1
    desirable: float = 0.5  # the share of desirable examples; what is too many of them is left out
    balanced: bool = True  # with balance_weights; else both classes weigh 1


RECIPES = {
    "kto": Recipe(),
    "kto_unbalanced": Recipe(desirable=0.2),
    "kto_unweighted": Recipe(desirable=0.2, balanced=False),
}


class KTO:
    """A policy that learns from completions with a thumb up or down, and the reference that it is compared with."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        model, self.tokenizer = starting_point(TOY)
        self.policy = ready_to_learn(model)
        self.reference = copy.deepcopy(self.policy).requires_grad_(False)  # it must not follow the policy
        self.optimiser = adam(self.policy, recipe.learning_rate)
        self.dice = generator(seed, "batches")
        self.steps = 0

        training, others = problems()
        self.examples, self.desirable = self.examples_of(training, recipe.desirable)
        n_d = int(self.desirable.sum())
        n_u = len(self.desirable) - n_d
        self.lambda_d, self.lambda_u = balance_weights(n_d, n_u) if recipe.balanced else (1.0, 1.0)

        asked = held_out(others)
        self.held_out_rows = [row(problem) for problem in asked]
        self.held_out, self.held_out_desirable = self.examples_of(asked, 0.5)
        self.held_out_mismatched = mismatched(self.held_out)
        with torch.no_grad():
            self.held_out_ref = self.log_probs(self.reference, self.held_out)
            self.held_out_mismatched_ref = self.log_probs(self.reference, self.held_out_mismatched)

    def examples_of(self, among: list[Problem], share: float) -> tuple[list[Pair], Tensor]:
        """The completions one by one, desirable ones first, and their labels: what was a pair is not known any more.

        Desirable ones are left out until they are `share` of all.
        """
        examples = sorted(unpair(preference_pairs(among)), key=lambda example: not example["label"])
        labels = torch.tensor([example["label"] for example in examples])
        undesirable = len(labels) - int(labels.sum())
        superfluous = int(labels.sum()) - round(undesirable * share / (1 - share))
        return [self.as_ids(example) for example in examples[superfluous:]], labels[superfluous:]

    def as_ids(self, example: dict[str, Any]) -> Pair:
        return prompt_ids(self.tokenizer, example["prompt"]), completion_ids(self.tokenizer, example["completion"])

    def log_probs(self, model: PreTrainedModel, pairs: Sequence[Pair]) -> Tensor:
        """log pi(completion | prompt) of each pair, (B,). Both models stay in eval mode, as they were loaded."""
        return log_likelihoods(model, *zip(*pairs, strict=True))

    def iterate(self) -> float:
        """One batch and one gradient step. Returns the batch's z0."""
        # The batch in an order of its own: two completions of one prompt seldom follow each other.
        drawn = torch.randperm(len(self.examples), generator=self.dice)[: self.recipe.batch]
        whole = [self.examples[i] for i in drawn]
        batch = share(whole, "examples")  # of several processes each computes a part, and z0 is that of the whole
        desirable = self.desirable[share(drawn, "examples")].to(self.policy.device)

        # The reference point: how far the policy has moved, judged by completions that were written for other prompts.
        with torch.no_grad():
            ref_logp = self.log_probs(self.reference, batch)
            others = share(mismatched(whole), "examples")
            both = self.log_probs(self.policy, others), self.log_probs(self.reference, others)
            z0 = reference_point(*map(gathered, both))

        # The loss.
        logp = self.log_probs(self.policy, batch)
        losses = kto_loss(logp, ref_logp, desirable, z0, self.recipe.beta, self.lambda_d, self.lambda_u)
        if losses.shape != logp.shape:
            raise ValueError(
                _("kto_loss has to give {expected} losses here, and gave {found}").format(
                    expected=tuple(logp.shape), found=tuple(losses.shape)
                )
            )

        self.optimiser.zero_grad()
        losses.mean().backward()
        average_gradients(self.policy.parameters())
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), MAX_NORM)
        self.optimiser.step()
        self.steps += 1
        return z0.item()

    def measure(self, samples: int = SAMPLES) -> dict[str, float]:
        """Where the policy stands, on problems that are held out: mean log-ratios and pushes, and sampled answers."""
        with torch.no_grad():
            logp = self.log_probs(self.policy, self.held_out)
            of_others = self.log_probs(self.policy, self.held_out_mismatched)
        ref, desirable = self.held_out_ref, self.held_out_desirable.to(logp.device)
        z0 = reference_point(of_others, self.held_out_mismatched_ref)
        weights = (self.lambda_d, self.lambda_u)
        push = kto_grad_weight(logp.clone().requires_grad_(), ref, desirable, z0, self.recipe.beta, *weights).detach()
        sampled = evaluate(TOY, self.policy, self.tokenizer, self.held_out_rows, samples)
        return {
            "z0": z0.item(),
            "desirable": (logp - ref)[desirable].mean().item(),
            "undesirable": (logp - ref)[~desirable].mean().item(),
            "mismatched": (of_others - self.held_out_mismatched_ref).mean().item(),
            "push_desirable": push[desirable].mean().item(),
            "push_undesirable": push[~desirable].mean().item(),
            "accuracy": sampled["accuracy"].mean,
            "format": sampled["format"].mean,
        }

    def state_dict(self) -> dict[str, Any]:
        return {
            "policy": self.policy.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "dice": self.dice.get_state(),
            "steps": self.steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.policy.load_state_dict(state["policy"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.dice.set_state(state["dice"])
        self.steps = state["steps"]


def reference_point(policy_kl_logps: Tensor, ref_kl_logps: Tensor) -> Tensor:
    return torch.as_tensor(kto_reference_point(policy_kl_logps, ref_kl_logps))


def mismatched(pairs: Sequence[Pair]) -> list[Pair]:
    return mismatched_pairs([prompt for prompt, _ in pairs], [completion for _, completion in pairs])
