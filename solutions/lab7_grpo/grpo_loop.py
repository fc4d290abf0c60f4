"""GRPO with your functions, from top to bottom in the order of algorithm 1 of Shao et al. 2024. Given code.

The rewards are rules, so there is no reward model to train again, and one pass of the outer loop is all. Lines of the
algorithm are given in brackets.
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grpo import (
    completion_mask,
    completion_token_logps,
    dapo_loss,
    dr_grpo_loss,
    group_advantages,
    grpo_loss,
    gspo_loss,
    keep_informative,
    kl_k3,
    rloo_advantages,
)
from labs.common.engines import engine_for
from labs.common.language_model import prompt_ids, texts
from labs.common.memory import adam, in_micro_batches, micro_batch, ready_to_learn
from labs.common.parallel import anyone, average_gradients, mean, own_dice, share, weight
from labs.common.sampling import Samples, completion_logits
from labs.common.seeding import generator
from labs.common.toys.arithmetic import gold_answer
from labs.common.toys.toy import Row
from labs.common.translated import _
from rewards import accuracy_reward, build_prompt, format_reward, total_reward

VARIANTS = ("grpo", "rloo", "dr_grpo", "dapo", "gspo")


@dataclass(frozen=True)
class Recipe:
    """The hyper-parameters of algorithm 1, with which the milestone is reached."""

    variant: str = "grpo"
    steps: int = 60  # M
    prompts: int = 32  # P, of each step
    G: int = 8  # completions of each prompt
    iterations: int = 1  # mu: gradient steps on the same completions
    learning_rate: float = 7e-4  # falls linearly to 0 over the steps
    eps: float = 0.2
    beta: float = 0.04
    w_format: float = 0.1
    max_grad_norm: float = 1.0


class GRPO:
    """A policy in training: `step` is one pass of the inner loop, and returns what it measured."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: list[Row], seed: int, recipe: Recipe
    ) -> None:
        self.policy = ready_to_learn(model)
        self.tokenizer = tokenizer
        self.rows = rows
        self.recipe = recipe
        self.engine = engine_for(model, tokenizer)  # draws completions: ENGINE says with what
        self.reference = copy.deepcopy(model).requires_grad_(False)  # pi_ref: the model as it came, for all time [2]
        self.optimizer = adam(model, recipe.learning_rate)
        self.prompt_dice = generator(seed, "prompts")
        self.sampling_dice = generator(seed, "sampling", model.device)
        self.steps = 0

    def step(self) -> dict[str, float]:
        recipe, G = self.recipe, self.recipe.G

        # A batch of problems [4], and G completions of each from the policy as it is now: pi_old [5, 6].
        # Of several processes each has its share of the problems, and all completions of these.
        chosen = torch.randperm(len(self.rows), generator=self.prompt_dice)[: recipe.prompts].tolist()
        rows = [self.rows[i] for i in share(chosen, "prompts")]
        drawn = self.engine.generate([self.ask(row["problem"]) for row in rows], G, own_dice(self.sampling_dice))
        completions, old_logp = drawn.completion_ids, drawn.logps

        # The reward of each completion, by rules [7]; row p*G + g is completion g of problem p.
        golds = [gold_answer(row["solution"]) for row in rows for _ in range(G)]
        answers = texts(self.tokenizer, completions)
        acc = [float(accuracy_reward(text, gold)) for text, gold in zip(answers, golds, strict=True)]
        fmt = [float(format_reward(text)) for text in answers]
        rewards = torch.tensor(
            [total_reward(a, f, w_format=recipe.w_format) for a, f in zip(acc, fmt, strict=True)],
            device=completions.device,
        )

        # Advantages relative to the group [8]: nobody had to train a critic for them.
        advantages = rloo_advantages if recipe.variant == "rloo" else group_advantages
        adv = of_shape(_("the advantages"), advantages(rewards, G), (len(rewards),))

        # Which tokens count, and what the reference thinks of them, for the KL term [10, eq. 4].
        mask = of_shape(_("the mask"), completion_mask(self.with_one_end(completions), self.end), completions.shape)
        with torch.no_grad():
            ref_logp = self.logps(self.reference, drawn)

        groups, tokens = rewards.view(-1, G), mask.sum().clamp(min=1)
        measured = {
            "reward": rewards.mean().item(),
            "training_accuracy": sum(acc) / len(acc),
            "training_format": sum(fmt) / len(fmt),
            "no_spread": (groups == groups[:, :1]).all(dim=1).float().mean().item(),
            "length": tokens.item() / len(mask),
            "kl": (kl_k3(old_logp, ref_logp) * mask).sum().item() / tokens.item() * weight(tokens.item()),
        }

        # DAPO leaves out the groups that teach nothing. (In the paper other problems are drawn in their place.)
        kept = torch.ones_like(rewards, dtype=torch.bool)
        if recipe.variant == "dapo":
            kept = of_shape("keep_informative", keep_informative(rewards, G), (len(rewards),)).bool()
            mask, old_logp, adv = mask[kept], old_logp[kept], adv[kept]
        counts = weight(mask.sum().item()) if recipe.variant == "dapo" else 1.0  # its loss is a mean over tokens

        # Gradient steps on the objective [9, 10].
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * (1 - self.steps / recipe.steps)
        for _again in range(recipe.iterations if anyone(len(mask) > 0) else 0):
            logp = self.logps(self.policy, drawn)[kept]
            match recipe.variant:
                case "dr_grpo":
                    longest = self.policy.generation_config.max_new_tokens
                    loss = dr_grpo_loss(logp, old_logp, rewards, mask, G, longest, eps=recipe.eps)
                case "dapo":  # of several processes, one may have kept nothing
                    loss = dapo_loss(logp, old_logp, adv, mask) if len(mask) else logp.sum()
                case "gspo":
                    loss = gspo_loss(logp, old_logp, adv, mask)
                case _:
                    loss = grpo_loss(logp, old_logp, ref_logp, adv, mask, eps=recipe.eps, beta=recipe.beta)
            if not torch.isfinite(of_shape(_("the loss"), loss, ())):
                raise ValueError(
                    _("the loss of step {step} is {loss}: a step on it would end it all").format(
                        step=self.steps + 1, loss=loss.item()
                    )
                )
            self.optimizer.zero_grad()
            (counts * loss).backward()
            average_gradients(self.policy.parameters())
            torch.nn.utils.clip_grad_norm_(self.policy.parameters(), recipe.max_grad_norm)
            self.optimizer.step()
        self.engine.sync()

        self.steps += 1
        return mean(measured)

    def ask(self, problem: str) -> list[int]:
        """A problem as tokens: by the model's own chat template, or, where it has none, by your build_prompt."""
        if self.tokenizer.chat_template is None:
            return list(self.tokenizer(build_prompt(problem))["input_ids"])
        return prompt_ids(self.tokenizer, problem)

    def logps(self, model: PreTrainedModel, drawn: Samples) -> Tensor:
        """log pi of the completions' tokens, (B, C), in micro-batches; what stands on padding means nothing."""
        C = drawn.completion_ids.shape[1]

        def some(part: Samples) -> Tensor:
            logp = completion_token_logps(completion_logits(model, part).float(), part.ids[:, -C - 1 :], C)
            return of_shape(_("the log-probabilities"), logp, part.completion_ids.shape)

        return in_micro_batches(model, some, drawn.parts(micro_batch(model, C + 1)))

    @property
    def end(self) -> int:
        """The token that ends a completion; where the model knows several, the first of them."""
        return int(torch.as_tensor(self.policy.generation_config.eos_token_id).reshape(-1)[0])

    def with_one_end(self, completions: Tensor) -> Tensor:
        ends = torch.as_tensor(self.policy.generation_config.eos_token_id, device=completions.device).reshape(-1)
        return completions.masked_fill(torch.isin(completions, ends), self.end)

    def state_dict(self) -> dict[str, Any]:
        return {
            "policy": self.policy.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "prompt_dice": self.prompt_dice.get_state(),
            "sampling_dice": self.sampling_dice.get_state(),
            "steps": self.steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.policy.load_state_dict(state["policy"])
        self.engine.sync()
        self.optimizer.load_state_dict(state["optimizer"])
        self.prompt_dice.set_state(state["prompt_dice"].cpu())
        self.sampling_dice.set_state(state["sampling_dice"].cpu())
        self.steps = state["steps"]


def of_shape(what: str, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The tensor, if it has this shape: others would broadcast, and train on nonsense without a word."""
    if not isinstance(tensor, Tensor) or tensor.shape != shape:
        found = tuple(tensor.shape) if isinstance(tensor, Tensor) else type(tensor).__name__
        raise ValueError(
            _("{what}: a tensor of the shape {shape} is expected, and {found} came").format(
                what=what, shape=tuple(shape), found=found
            )
        )
    return tensor
