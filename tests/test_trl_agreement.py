"""Labs 5 to 7 beside TRL 1.16: the references give what TRL's own trainers give, on the same ragged batch.

The policy is the tiny model with noise on its weights; the reference, which TRL loads from the policy's folder, is the
tiny model itself. So nothing is a special case: ratios are not 1, lengths differ, and padding stands on the side where
each trainer puts it. Where TRL means something else on purpose, a test states the difference as a formula. The import
of TRL takes about 10 seconds, each trainer .2.
"""

import copy
import inspect
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import trl
from torch import Tensor
from transformers import AutoModelForSequenceClassification
from transformers import PreTrainedModel as Model
from transformers import PreTrainedTokenizerBase as Tokenizer

from grader.lab import solutions_folder
from grader.lab.loading import load_modules
from labs.common.language_model import completion_ids, load, prompt_ids
from labs.common.sampling import completion_logits, generate
from labs.common.toys.arithmetic import TOY

pytestmark = pytest.mark.usefixtures("one_thread")

[dpo] = load_modules(solutions_folder() / "lab5_dpo", ["dpo"])
[kto] = load_modules(solutions_folder() / "lab6_kto", ["kto"])
grpo, rewards = load_modules(solutions_folder() / "lab7_grpo", ["grpo", "rewards"])

Batch = dict[str, Tensor]
Make = Callable[..., Any]  # makes trainers, or what else a test wants several of

QUICK = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none", "disable_tqdm": True}
G = 4

# Prompts and completions of different lengths; the longer completion is not always the preferred one.
PAIRS = [
    ("2 + 3 * 4", "<think>3*4=12 2+12=14</think> <answer>14</answer>", "<answer>20</answer>"),
    ("12+3", "<answer>15</answer>", "<think>12*3=36</think> <answer>36</answer>"),
    (
        "7 + 0 * 25",
        "<think>0*25=0 7+0=7</think> <answer>7</answer>",
        "<think>7+0=7 7*25=175</think> <answer>175</answer>",
    ),
    ("1*1", "<think>1</think> <answer>1</answer>", "<answer>1"),
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load(TOY, "tiny")[1]


@pytest.fixture(scope="module")
def reference() -> Model:
    return load(TOY, "tiny")[0]


@pytest.fixture
def policy(reference: Model) -> Model:
    return noisy(reference, seed=0)


def noisy(model: Model, seed: int, size: float = 0.02) -> Model:
    """A copy whose weights are a little off."""
    noise = torch.Generator().manual_seed(seed)
    found = copy.deepcopy(model).train()
    with torch.no_grad():
        for weight in found.parameters():
            weight += size * torch.randn(weight.shape, generator=noise)
    return found


def same(ours: Tensor | float, theirs: Tensor | float, size: float = 1.0) -> None:
    """To 1e-6 of the value or of `size`, whichever is larger: as far as float32 goes.

    `size` is that of the numbers the value was made from: a difference of sums of -50 is no better than the sums.
    """
    ours, theirs = torch.as_tensor(ours, dtype=torch.float32), torch.as_tensor(theirs, dtype=torch.float32)
    torch.testing.assert_close(ours.detach(), theirs.detach(), rtol=1e-6, atol=1e-6 * size)


def same_gradients(model: Model, ours: Tensor, theirs: Tensor) -> None:
    """Of every weight, to 1e-5 of the largest one: a gradient is a sum over all tokens, in another order."""
    weights = list(model.parameters())
    a, b = (
        torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, weights)]) for loss in (ours, theirs)
    )
    assert b.abs().max() > 1e-3
    torch.testing.assert_close(a, b, rtol=0, atol=1e-5 * b.abs().max().item())


def dataset(examples: list[dict[str, Any]]) -> Any:
    from datasets import Dataset  # here, since its import takes seconds, and every run of pytest collects this file

    return Dataset.from_list(examples)


def asked(problem: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": problem}]


def answered(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


# --- lab 5: DPO -------------------------------------------------------------------------------------------------------


@pytest.fixture
def dpo_trainer(policy: Model, tokenizer: Tokenizer, tmp_path: Path) -> Make:
    """A trainer with these settings, and all pairs in one batch of its making: chosen first, rejected last."""

    def make(pairs: Sequence[tuple[str, str, str]] = PAIRS, **settings: Any) -> tuple[Any, Batch]:
        data = dataset([{"prompt": asked(p), "chosen": answered(c), "rejected": answered(r)} for p, c, r in pairs])
        config = trl.DPOConfig(output_dir=str(tmp_path), **QUICK, **settings)
        trainer = trl.DPOTrainer(model=policy, args=config, train_dataset=data, processing_class=tokenizer)
        return trainer, trainer.data_collator(list(trainer.train_dataset))

    return make


@pytest.fixture
def log_probs(policy: Model, reference: Model) -> Make:
    """Ours of a batch: pc, pr, rc, rr."""

    def of(batch: Batch) -> list[Tensor]:
        ids, mask = batch["input_ids"], batch["completion_mask"]
        with torch.no_grad():
            ref = reference(ids, attention_mask=batch["attention_mask"]).logits
        logits = policy(ids, attention_mask=batch["attention_mask"]).logits
        return [half for x in (logits, ref) for half in dpo.sequence_logprobs(x, ids, mask).chunk(2)]

    return of


def theirs_of(trainer: Any, batch: Batch) -> Tensor:
    loss: Tensor = trainer._compute_loss(trainer.model, batch, False)
    return loss


def metric(trainer: Any, name: str) -> float:
    found: float = trainer._metrics["train"][name][-1]
    return found


def test_collate_makes_the_batch_of_trls_collator(tokenizer: Tokenizer, dpo_trainer: Make) -> None:
    _, theirs = dpo_trainer()
    prompts = [prompt_ids(tokenizer, prompt) for prompt, _, _ in PAIRS]
    completions = [completion_ids(tokenizer, text) for side in (1, 2) for text in [pair[side] for pair in PAIRS]]
    ours = dpo.collate(prompts * 2, completions, tokenizer.pad_token_id)
    assert len({sum(row) for row in ours["completion_mask"].tolist()}) > 4, "the batch is not ragged"
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name


@pytest.mark.parametrize("beta", [0.1, 0.5])
def test_dpo_loss_and_its_gradient_are_trls_sigmoid(
    policy: Model, dpo_trainer: Make, log_probs: Make, beta: float
) -> None:
    trainer, batch = dpo_trainer(beta=beta)
    ours = dpo.dpo_loss(*log_probs(batch), beta=beta)[0].mean()
    theirs = theirs_of(trainer, batch)
    assert abs(ours.item() - 0.6931) > 0.01, "the policy is the reference"
    same(ours, theirs)
    same_gradients(policy, ours, theirs)


def test_dpo_metrics_are_trls(dpo_trainer: Make, log_probs: Make) -> None:
    trainer, batch = dpo_trainer()
    theirs_of(trainer, batch)
    pc, pr, rc, rr = log_probs(batch)
    chosen, rejected = dpo.implicit_reward(pc, rc, 0.1), dpo.implicit_reward(pr, rr, 0.1)
    same(pc.mean(), metric(trainer, "logps/chosen"))
    same(pr.mean(), metric(trainer, "logps/rejected"))
    same(chosen.mean(), metric(trainer, "rewards/chosen"))
    same(rejected.mean(), metric(trainer, "rewards/rejected"))
    same(dpo.preference_accuracy(chosen, rejected), metric(trainer, "rewards/accuracies"))
    same(dpo.reward_margin(chosen, rejected), metric(trainer, "rewards/margins"))


def default(function: Callable[..., Any], name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def test_default_beta_of_dpo_loss_is_trls() -> None:
    assert default(dpo.dpo_loss, "beta") == trl.DPOConfig.beta == 0.1


def test_trls_sigmoid_knows_no_label_smoothing_and_ours_adds_it(dpo_trainer: Make, log_probs: Make) -> None:
    """cDPO = DPO + e z, since -log s(-z) = -log s(z) + z: e times the mean margin."""
    trainer, batch = dpo_trainer(label_smoothing=0.2)
    theirs = theirs_of(trainer, batch)
    ours = dpo.dpo_loss(*log_probs(batch), label_smoothing=0.2)[0].mean()
    same(theirs, dpo.dpo_loss(*log_probs(batch))[0].mean())
    same(ours, theirs + 0.2 * metric(trainer, "rewards/margins"))


def test_dpo_loss_with_label_smoothing_is_trls_aot_of_single_pairs(dpo_trainer: Make, log_probs: Make) -> None:
    """AOT is cDPO after sorting the batch's log-ratios; in a batch of one nothing is to sort."""
    for pair in PAIRS:
        trainer, batch = dpo_trainer([pair], loss_type=["aot"], label_smoothing=0.2)
        same(dpo.dpo_loss(*log_probs(batch), label_smoothing=0.2)[0].mean(), theirs_of(trainer, batch))


def test_trls_robust_is_ours_with_a_negative_share(dpo_trainer: Make, log_probs: Make) -> None:
    """Robust DPO takes the expected flips out again: ((1-e) a - e b) / (1-2e), which is cDPO with -e / (1-2e)."""
    trainer, batch = dpo_trainer(loss_type=["robust"], label_smoothing=0.2)
    same(dpo.dpo_loss(*log_probs(batch), label_smoothing=-0.2 / 0.6)[0].mean(), theirs_of(trainer, batch))


def test_trls_ipo_divides_by_the_length_and_ours_sums(policy: Model, dpo_trainer: Make, log_probs: Make) -> None:
    trainer, batch = dpo_trainer(loss_type=["ipo"], beta=0.3)
    pc, pr, rc, rr = log_probs(batch)
    chosen, rejected = batch["completion_mask"].sum(1).chunk(2)
    theirs = theirs_of(trainer, batch)
    ours = dpo.ipo_loss(pc / chosen, pr / rejected, rc / chosen, rr / rejected, 0.3).mean()
    same(ours, theirs)
    same_gradients(policy, ours, theirs)
    assert abs(dpo.ipo_loss(pc, pr, rc, rr, 0.3).mean().item() - theirs.item()) > 0.1


def test_ipo_loss_is_trls_where_a_completion_is_one_token(dpo_trainer: Make, log_probs: Make) -> None:
    trainer, batch = dpo_trainer([("2 + 3 * 4", "", ""), ("1*1", "", "")], loss_type=["ipo"], beta=0.3)
    assert batch["completion_mask"].sum(1).tolist() == [1, 1, 1, 1]
    same(dpo.ipo_loss(*log_probs(batch), 0.3).mean(), theirs_of(trainer, batch))


def test_trls_sft_term_is_a_mean_over_the_tokens_of_all_chosen_completions(
    dpo_trainer: Make, log_probs: Callable
) -> None:
    """Lab 5's training takes each completion's mean first (Pang et al. 2024), so that short ones count as much."""
    trainer, batch = dpo_trainer(loss_type=["sigmoid", "sft"], loss_weights=[1.0, 1.0])
    pc, pr, rc, rr = log_probs(batch)
    tokens = batch["completion_mask"].sum(1).chunk(2)[0]
    losses = dpo.dpo_loss(pc, pr, rc, rr)[0]
    theirs = theirs_of(trainer, batch)
    same(losses.mean() - pc.sum() / tokens.sum(), theirs)
    assert abs((losses.mean() - (pc / tokens).mean()).item() - theirs.item()) > 0.01


def test_bradley_terry_loss_and_its_metrics_are_those_of_trls_reward_trainer(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(TOY.folder, num_labels=1, dtype=torch.float32)
    with torch.no_grad():
        model.score.weight.normal_(generator=torch.Generator().manual_seed(0))
    data = dataset([{"prompt": asked(p), "chosen": answered(c), "rejected": answered(r)} for p, c, r in PAIRS])
    config = trl.RewardConfig(output_dir=str(tmp_path), **QUICK)
    trainer = trl.RewardTrainer(model=model.train(), args=config, train_dataset=data, processing_class=tokenizer)
    batch = trainer.data_collator(list(trainer.train_dataset))
    theirs = trainer.compute_loss(trainer.model, dict(batch))

    chosen, rejected = model(**batch).logits.squeeze(-1).chunk(2)
    ours = dpo.bradley_terry_loss(chosen, rejected)
    assert abs(ours.item() - 0.6931) > 0.01
    same(ours, theirs)
    same_gradients(model, ours, theirs)
    same(dpo.preference_accuracy(chosen, rejected), metric(trainer, "accuracy"))
    same(dpo.reward_margin(chosen, rejected), metric(trainer, "margin"))


# --- lab 6: KTO -------------------------------------------------------------------------------------------------------


EXAMPLES = [  # prompts, completions, labels: both labels in no order, more of one than of the other
    (PAIRS[0][0], PAIRS[0][2], False),
    (PAIRS[1][0], PAIRS[1][1], True),
    (PAIRS[2][0], PAIRS[2][2], False),
    (PAIRS[3][0], PAIRS[3][1], True),
    (PAIRS[0][0], PAIRS[1][2], False),
]


@pytest.fixture
def kto_trainer(tokenizer: Tokenizer, tmp_path: Path) -> Make:
    def make(model: Model, examples: Sequence[tuple[str, str, bool]] = EXAMPLES, **settings: Any) -> tuple[Any, Batch]:
        data = dataset([{"prompt": asked(p), "completion": answered(c), "label": y} for p, c, y in examples])
        batch = {"per_device_train_batch_size": len(examples)}  # TRL makes mismatched pairs within batches of this size
        config = trl.KTOConfig(output_dir=str(tmp_path), **batch, **QUICK, **settings)
        trainer = trl.KTOTrainer(model=model, args=config, train_dataset=data, processing_class=tokenizer)
        return trainer, trainer.data_collator(list(trainer.train_dataset))

    return make


def kto_log_probs(models: Sequence[Model], batch: Batch, prefix: str = "") -> list[Tensor]:
    """Under each model, of the batch's completions ("") or of its mismatched ones ("KL_")."""
    ids, attended, mask = (batch[prefix + name] for name in ("input_ids", "attention_mask", "completion_mask"))
    return [dpo.sequence_logprobs(model(ids, attention_mask=attended).logits, ids, mask) for model in models]


def test_mismatched_pairs_are_trls(policy: Model, tokenizer: Tokenizer, kto_trainer: Make) -> None:
    _, batch = kto_trainer(policy)
    prompts = [prompt_ids(tokenizer, prompt) for prompt, _, _ in EXAMPLES]
    pairs = kto.mismatched_pairs(prompts, [completion_ids(tokenizer, text) for _, text, _ in EXAMPLES])
    ours = dpo.collate(*map(list, zip(*pairs, strict=True)), tokenizer.pad_token_id)
    for name, tensor in ours.items():
        assert torch.equal(tensor, batch["KL_" + name]), name


@pytest.mark.parametrize("flatter", [True, False])
def test_reference_point_is_trls_and_never_negative(reference: Model, kto_trainer: Make, flatter: bool) -> None:
    """A policy that is surer of itself than the reference finds other prompts' completions less likely."""
    policy = noisy(reference, seed=0) if flatter else copy.deepcopy(reference).train()
    with torch.no_grad():
        policy.lm_head.weight *= 1 if flatter else 1.3
    trainer, batch = kto_trainer(policy)
    theirs_of(trainer, batch)
    logps = kto_log_probs((policy, reference), batch, "KL_")
    assert ((logps[0] - logps[1]).mean().item() > 0.1) == flatter
    same(kto.kto_reference_point(*logps), metric(trainer, "kl"))


@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.5, 1.0), (1.0, 0.7)])
@pytest.mark.parametrize("beta", [0.1, 0.4])
def test_kto_loss_its_gradient_and_metrics_are_trls(
    policy: Model, reference: Model, kto_trainer: Make, beta: float, weights: tuple[float, float]
) -> None:
    trainer, batch = kto_trainer(policy, beta=beta, desirable_weight=weights[0], undesirable_weight=weights[1])
    theirs = theirs_of(trainer, batch)
    logp, ref_logp = kto_log_probs((policy, reference), batch)
    z0 = kto.kto_reference_point(*kto_log_probs((policy, reference), batch, "KL_"))
    ours = kto.kto_loss(logp, ref_logp, batch["label"], z0, beta, *weights).mean()
    same(ours, theirs)
    same_gradients(policy, ours, theirs)
    for name, wanted in (("chosen", batch["label"]), ("rejected", ~batch["label"])):
        reward = dpo.implicit_reward(logp, ref_logp, beta)[wanted].mean()
        same(reward, metric(trainer, f"rewards/{name}"), size=beta * logp.abs().max().item())


@pytest.mark.parametrize("label", [True, False])
def test_kto_loss_is_trls_in_a_batch_of_one_label(
    policy: Model, reference: Model, kto_trainer: Make, label: bool
) -> None:
    trainer, batch = kto_trainer(policy, [(prompt, text, label) for prompt, text, _ in EXAMPLES])
    logp, ref_logp = kto_log_probs((policy, reference), batch)
    z0 = kto.kto_reference_point(*kto_log_probs((policy, reference), batch, "KL_"))
    same(kto.kto_loss(logp, ref_logp, batch["label"], z0, 0.1, 1.0, 1.0).mean(), theirs_of(trainer, batch))


def test_balance_weights_are_in_the_range_that_trl_recommends(
    policy: Model, kto_trainer: Make, caplog: pytest.LogCaptureFixture
) -> None:
    kto_trainer(policy)
    assert "weights on the desirable and undesirable losses" in caplog.text
    caplog.clear()
    wanted, unwanted = kto.balance_weights(2, 3, ratio=1.2)
    kto_trainer(policy, desirable_weight=wanted, undesirable_weight=unwanted)
    assert "weights on the desirable and undesirable losses" not in caplog.text


def test_unpair_gives_the_examples_of_trls() -> None:
    """In another order: TRL's has all chosen completions first, ours keeps a pair together."""
    pairs = [{"prompt": prompt, "chosen": chosen, "rejected": rejected} for prompt, chosen, rejected in PAIRS]
    theirs = list(trl.unpair_preference_dataset(dataset(pairs)))
    ours = kto.unpair(pairs)
    assert sorted(ours[::2] + ours[1::2], key=str) == sorted(theirs, key=str)
    assert ours[::2] + ours[1::2] == theirs


# --- lab 7: GRPO ------------------------------------------------------------------------------------------------------


PROBLEMS = [("2 + 3 * 4", "14"), ("12+3", "15"), ("7 + 0 * 25", "7"), ("1*1", "1")]
TABLE = [0.1, 1.1, 1.0, 0.1, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.1, 0.0, 0.0, 0.0, 0.0, 0.0]  # two groups without spread
MAX_TOKENS = 24


@pytest.fixture
def grpo_trainer(policy: Model, tokenizer: Tokenizer, tmp_path: Path) -> Make:
    """A trainer with these settings; those of the paper where TRL's defaults are others."""

    def table(completions: list[Any], **_: Any) -> list[float]:
        return TABLE[: len(completions)]

    def make(
        model: Model = policy,
        reward_funcs: Any = table,
        kind: str = "GRPO",
        **settings: Any,
    ) -> Any:
        config = getattr(trl, f"{kind}Config")(
            output_dir=str(tmp_path),
            per_device_train_batch_size=len(PROBLEMS) * G,
            num_generations=G,
            **QUICK,
            **{"max_completion_length": MAX_TOKENS, **settings},
        )
        data = dataset([{"prompt": asked(problem), "gold": gold} for problem, gold in PROBLEMS])
        trainer = getattr(trl, f"{kind}Trainer")(
            model=model, args=config, reward_funcs=reward_funcs, train_dataset=data, processing_class=tokenizer
        )
        trainer.current_gradient_accumulation_steps = 1
        return trainer

    return make


def rollout(trainer: Any) -> Batch:
    """What TRL samples with a group of G for each problem, and makes of it."""
    inputs = [row for row in trainer.train_dataset for _ in range(G)]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found: Batch = trainer._generate_and_score_completions(inputs)
    return found


@pytest.fixture
def batch(grpo_trainer: Make, reference: Model) -> Batch:
    """Prompts padded on the left, completions on the right, and a policy that has moved on since it drew them."""
    found = rollout(grpo_trainer(beta=0.04))
    assert len(set(found["prompt_mask"].sum(1).tolist())) > 2 and len(set(found["completion_mask"].sum(1).tolist())) > 4
    with torch.no_grad():
        found["old_per_token_logps"] = token_logps(noisy(noisy(reference, seed=0), seed=1, size=0.005), found)
    return found


def token_logps(model: Model, batch: Batch) -> Tensor:
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    attended = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    positions = (attended.cumsum(1) - 1).clamp(min=0)
    logits = model(ids, attention_mask=attended, position_ids=positions).logits
    logps: Tensor = grpo.completion_token_logps(logits, ids, batch["completion_ids"].shape[1])
    return logps


def arguments(policy: Model, batch: Batch) -> tuple[Tensor, ...]:
    """For our grpo_loss: logp, old_logp, ref_logp, adv, mask."""
    return (
        token_logps(policy, batch),
        batch["old_per_token_logps"],
        batch["ref_per_token_logps"],
        batch["advantages"],
        batch["completion_mask"],
    )


def grpo_loss_of(trainer: Any, batch: Batch) -> Tensor:
    loss: Tensor = trainer._compute_loss(trainer.model, batch)
    return loss


@pytest.mark.parametrize("scale", ["group", "none"])
def test_group_advantages_are_trls(grpo_trainer: Make, scale: str) -> None:
    trainer = grpo_trainer(scale_rewards=scale)
    theirs = rollout(trainer)["advantages"]
    ours = grpo.group_advantages(torch.tensor(TABLE), G, scale=scale)
    assert ours.abs().max() > 0.5
    same(ours, theirs)
    same(1 - grpo.keep_informative(torch.tensor(TABLE), G).float().mean(), metric(trainer, "frac_reward_zero_std"))


def test_rloo_advantages_are_those_of_trls_rloo_trainer(grpo_trainer: Make) -> None:
    theirs = rollout(grpo_trainer(kind="RLOO", beta=0.0))["advantages"]
    same(grpo.rloo_advantages(torch.tensor(TABLE), G), theirs)


def test_rewards_and_total_reward_give_trls_advantages(grpo_trainer: Make) -> None:
    """TRL calls the same two functions on what was sampled, and weighs them as total_reward does."""
    found: dict[str, list[float]] = {}

    def accuracy(completions: list[Any], gold: list[str], **_: Any) -> list[float]:
        found["accuracy"] = [
            rewards.accuracy_reward(c[0]["content"], g) for c, g in zip(completions, gold, strict=True)
        ]
        return found["accuracy"]

    def in_format(completions: list[Any], **_: Any) -> list[float]:
        found["format"] = [rewards.format_reward(c[0]["content"]) for c in completions]
        return found["format"]

    theirs = rollout(grpo_trainer(reward_funcs=[accuracy, in_format], reward_weights=[1.0, 0.1]))["advantages"]
    total = [rewards.total_reward(*both) for both in zip(found["accuracy"], found["format"], strict=True)]
    assert len(set(total)) > 2
    same(grpo.group_advantages(torch.tensor(total), G), theirs)


def test_completion_mask_is_trls(tokenizer: Tokenizer, batch: Batch) -> None:
    ours = grpo.completion_mask(batch["completion_ids"], tokenizer.eos_token_id)
    assert torch.equal(ours, batch["completion_mask"])


def test_log_probabilities_of_the_reference_are_trls(reference: Model, batch: Batch) -> None:
    mask = batch["completion_mask"]
    ours = token_logps(reference, batch).detach() * mask
    same(ours, batch["ref_per_token_logps"], size=ours.abs().max().item())


def test_log_probabilities_of_our_samples_are_those_that_trl_computes(
    policy: Model, tokenizer: Tokenizer, grpo_trainer: Make
) -> None:
    trainer = grpo_trainer()
    prompts = [prompt_ids(tokenizer, problem) for problem, _ in PROBLEMS]
    drawn = generate(policy, prompts, G, torch.Generator().manual_seed(0))
    mask = grpo.completion_mask(drawn.completion_ids, tokenizer.eos_token_id)
    attended = torch.cat([drawn.prompt_mask, mask], dim=1)
    C = mask.shape[1]
    theirs, _, _ = trainer._get_per_token_logps_and_entropies(policy, drawn.ids, attended, C)
    same(drawn.logps, theirs, size=10)
    again = grpo.completion_token_logps(completion_logits(policy, drawn), drawn.ids[:, -C - 1 :], C) * mask
    same(again, theirs, size=10)
    same_gradients(policy, again.sum(), theirs.sum())


@pytest.mark.parametrize(("agg", "loss_type"), [("grpo", "grpo"), ("dapo", "bnpo"), ("dapo", "dapo")])
@pytest.mark.parametrize("beta", [0.0, 0.04])
def test_grpo_loss_and_its_gradient_are_trls(
    policy: Model, batch: Batch, grpo_trainer: Make, agg: str, loss_type: str, beta: float
) -> None:
    trainer = grpo_trainer(loss_type=loss_type, beta=beta, use_bias_correction_kl=False)
    theirs = grpo_loss_of(trainer, batch)
    ours = grpo.grpo_loss(*arguments(policy, batch), beta=beta, agg=agg)
    assert metric(trainer, "clip_ratio/low_mean") > 0.01 and metric(trainer, "clip_ratio/high_mean") > 0.01
    same(ours, theirs)
    same_gradients(policy, ours, theirs)


def test_the_aggregations_differ_on_this_batch(policy: Model, batch: Batch) -> None:
    """Otherwise the test above could not tell them apart."""
    losses = [grpo.grpo_loss(*arguments(policy, batch), agg=agg).item() for agg in ("grpo", "dapo", "dr_grpo")]
    assert min(abs(a - b) for a, b in itertools.combinations(losses, 2)) > 1e-4


def test_kl_k3_has_the_mean_that_trl_reports(policy: Model, batch: Batch, grpo_trainer: Make) -> None:
    trainer = grpo_trainer(beta=0.04, use_bias_correction_kl=False)
    grpo_loss_of(trainer, batch)
    logp, _, ref_logp, _, mask = arguments(policy, batch)
    same((grpo.kl_k3(logp, ref_logp) * mask).sum() / mask.sum(), metric(trainer, "kl"))


def test_trl_corrects_the_kl_term_by_the_ratio_and_the_paper_does_not(
    policy: Model, batch: Batch, grpo_trainer: Make
) -> None:
    """TRL's default: the KL term is beta r k3, not beta k3."""
    theirs = grpo_loss_of(grpo_trainer(loss_type="grpo", beta=0.04), batch)
    logp, old_logp, ref_logp, _, mask = given = arguments(policy, batch)
    corrected = (logp - old_logp).exp() * grpo.kl_k3(logp, ref_logp) * mask
    kl = (corrected.sum(1) / mask.sum(1)).mean()
    same(grpo.grpo_loss(*given, beta=0.0) + 0.04 * kl, theirs)
    assert abs(grpo.grpo_loss(*given, beta=0.04).item() - theirs.item()) > 1e-4


def test_trls_dr_grpo_divides_by_the_budget_and_ours_by_the_width_of_the_batch(
    policy: Model, batch: Batch, grpo_trainer: Make
) -> None:
    settings = {"loss_type": "dr_grpo", "max_completion_length": 40, "beta": 0.04, "use_bias_correction_kl": False}
    theirs = grpo_loss_of(grpo_trainer(**settings), batch)
    ours = grpo.grpo_loss(*arguments(policy, batch), agg="dr_grpo")
    same(ours * batch["completion_ids"].shape[1] / 40, theirs)


def test_trls_dapo_divides_by_the_tokens_of_all_batches_of_a_step_and_ours_by_those_of_the_batch(
    policy: Model, batch: Batch, grpo_trainer: Make
) -> None:
    here = batch["completion_mask"].sum()
    batch["num_items_in_batch"] = here + 100  # 100 tokens more in the other batches
    theirs = grpo_loss_of(grpo_trainer(loss_type="dapo"), batch)
    ours = grpo.grpo_loss(*arguments(policy, batch), beta=0.0, agg="dapo")
    same(ours * here / (here + 100), theirs)


def test_bonus_losses_are_trls_with_the_settings_of_their_papers(
    policy: Model, batch: Batch, grpo_trainer: Make
) -> None:
    logp, old_logp, _, adv, mask = arguments(policy, batch)

    dapo = grpo_trainer(loss_type="dapo", epsilon_high=0.28)
    same(grpo.dapo_loss(logp, old_logp, adv, mask), grpo_loss_of(dapo, batch))

    gspo = grpo_trainer(loss_type="grpo", importance_sampling_level="sequence", epsilon=3e-4, epsilon_high=4e-4)
    same(grpo.gspo_loss(logp, old_logp, adv, mask), grpo_loss_of(gspo, batch))
    wide = grpo_trainer(loss_type="grpo", importance_sampling_level="sequence", epsilon=0.05, epsilon_high=0.1)
    same(grpo.gspo_loss(logp, old_logp, adv, mask, eps_low=0.05, eps_high=0.1), grpo_loss_of(wide, batch))

    table = torch.tensor(TABLE)
    dr_grpo = grpo_trainer(loss_type="dr_grpo", max_completion_length=40)
    centred = {**batch, "advantages": grpo.group_advantages(table, G, scale="none")}
    same(grpo.dr_grpo_loss(logp, old_logp, table, mask, G, 40), grpo_loss_of(dr_grpo, centred))


def test_trls_defaults_are_not_the_papers() -> None:
    """What a trainer has to be told: ours are those of Shao et al. 2024, with the KL term as it stands there."""
    assert (trl.GRPOConfig.beta, trl.GRPOConfig.loss_type, trl.GRPOConfig.use_bias_correction_kl) == (0.0, "dapo", True)
    assert (default(grpo.grpo_loss, "beta"), default(grpo.grpo_loss, "agg")) == (0.04, "grpo")
    assert default(grpo.grpo_loss, "eps") == trl.GRPOConfig.epsilon == 0.2
    assert default(grpo.group_advantages, "scale") == trl.GRPOConfig.scale_rewards == "group"
