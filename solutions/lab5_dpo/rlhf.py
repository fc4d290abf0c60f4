"""The long way that DPO makes short: a reward model from the pairs, then policy gradient on its rewards. Given code.

Read from top to bottom: step 2 of RLHF trains the reward model, step 3 the policy. Step 1, supervised fine-tuning, is
where the tiny model comes from.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dpo import bradley_terry_loss, collate, kl_penalised_reward, preference_accuracy, reward_margin
from labs.common.engines import engine_for
from labs.common.evaluation import evaluate
from labs.common.language_model import forward, prompt_ids
from labs.common.memory import adam
from labs.common.parallel import average_gradients, mean, own_dice, share
from labs.common.sampling import Samples
from labs.common.seeding import generator
from labs.common.toys.arithmetic import TOY, problems
from preference_training import (
    MAX_NORM,
    SAMPLES,
    Recipe,
    arithmetic_data,
    fresh_policy,
    log_probs,
    reference_model,
)

REWARD_MODEL = Recipe(learning_rate=1e-3, steps=40)
RLHF = Recipe(steps=40, beta=0.5, batch=64)  # completions of a step
GROUP = 4  # completions of each prompt; their mean reward is the baseline of each


# --- step 2: the reward model -----------------------------------------------------------------------------------------


class RewardModel(nn.Module):
    """The trunk of the language model with one number at the end of each text instead of the next token."""

    def __init__(self) -> None:
        super().__init__()
        language_model = fresh_policy()
        self.pad = language_model.generation_config.pad_token_id
        self.trunk = language_model.base_model
        self.head = nn.Linear(language_model.config.hidden_size, 1, device=language_model.device)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, prompts: list[list[int]], completions: list[list[int]]) -> Tensor:
        """The reward of each completion, (B,)."""
        device = self.head.weight.device
        batch = {name: ids.to(device) for name, ids in collate(prompts, completions, self.pad).items()}
        read = forward(self.trunk, input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        hidden = read.last_hidden_state.float()
        last = batch["attention_mask"].sum(1) - 1  # the only position that has read everything
        rewards: Tensor = self.head(hidden[torch.arange(len(last), device=device), last])
        return rewards.squeeze(-1)


class RewardModelTraining:
    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        self.network = RewardModel()
        self.data = arithmetic_data(reference_model()[1])
        self.optimizer = adam(self.network, recipe.learning_rate)
        self.dice = generator(seed, "pairs")

    def iterate(self) -> None:
        """One gradient step on the Bradley-Terry likelihood of the preferences."""
        pairs = self.data.train.drawn(self.recipe.batch, self.dice)
        loss = bradley_terry_loss(
            self.network(pairs.prompts, pairs.chosen), self.network(pairs.prompts, pairs.rejected)
        )
        self.optimizer.zero_grad()
        loss.backward()
        average_gradients(self.network.parameters())  # of several processes
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
        self.optimizer.step()

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        pairs = self.data.held_out
        chosen, rejected = self.network(pairs.prompts, pairs.chosen), self.network(pairs.prompts, pairs.rejected)
        return {
            "reward_margin": float(reward_margin(chosen, rejected)),
            "preference_accuracy": float(preference_accuracy(chosen, rejected)),
            "loss": float(bradley_terry_loss(chosen, rejected)),
        }


# --- step 3: the policy -----------------------------------------------------------------------------------------------


class Rlhf:
    """REINFORCE with the mean of a group as its baseline, on the KL-penalised rewards of a reward model."""

    def __init__(self, recipe: Recipe, seed: int, reward_model: RewardModel) -> None:
        self.recipe = recipe
        self.reference, self.tokenizer = reference_model()
        self.network = fresh_policy()
        self.engine = engine_for(self.network, self.tokenizer)
        self.reward_model = reward_model.requires_grad_(False)
        self.data = arithmetic_data(self.tokenizer)
        self.prompts = [prompt_ids(self.tokenizer, problem.text) for problem in problems()[0]]
        self.optimizer = adam(self.network, recipe.learning_rate)
        self.dice = generator(seed, "prompts and samples", self.network.device)
        self.drawn: dict[str, float] = {}  # of the last batch: reward, KL divergence

    def iterate(self) -> None:
        """One batch of samples, and one gradient step on it. Of several processes each has its share of the prompts."""
        places = torch.randperm(len(self.prompts), generator=self.dice, device=self.dice.device)
        drawn = places[: max(1, self.recipe.batch // GROUP)].tolist()
        prompts = [self.prompts[i] for i in share(drawn, "prompts")]
        samples = self.engine.generate(prompts, GROUP, own_dice(self.dice))
        prompts = [prompt for prompt in prompts for _ in range(GROUP)]
        completions = self.without_padding(samples)

        logp = log_probs(self.network, prompts, completions)
        with torch.no_grad():
            ref_logp = log_probs(self.reference, prompts, completions)
            r = self.reward_model(prompts, completions)
        rewards = kl_penalised_reward(r, logp, ref_logp, self.recipe.beta)
        advantages = torch.cat([group - group.mean() for group in rewards.split(GROUP)])
        loss = -(advantages * logp).mean()

        self.optimizer.zero_grad()
        loss.backward()
        average_gradients(self.network.parameters())  # of several processes
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
        self.optimizer.step()
        self.engine.sync()
        self.drawn = mean({"reward": r.mean().item(), "kl": (logp - ref_logp).mean().item()})

    def without_padding(self, samples: Samples) -> list[list[int]]:
        """Each completion up to and with the token that ends it, where one does."""
        ends = self.network.generation_config.eos_token_id
        return [until_end(ids, [ends] if isinstance(ends, int) else ends) for ids in samples.completion_ids.tolist()]

    def measure(self, samples: int = SAMPLES) -> dict[str, float]:
        found = evaluate(TOY, self.network, self.tokenizer, self.data.rows, samples)
        return {"sampled_accuracy": found["accuracy"].mean, "format": found["format"].mean} | self.drawn


def until_end(ids: list[int], ends: Sequence[int]) -> list[int]:
    for place, token in enumerate(ids, 1):
        if token in ends:
            return ids[:place]
    return ids
