"""Wrong versions that students write, with what they then read: the symptom and the idea, never the code."""

import torch
import torch.nn.functional as F

from dpo import (
    bradley_terry_loss,
    collate,
    dpo_grad_weight,
    dpo_loss,
    implicit_reward,
    ipo_loss,
    kl_penalised_reward,
    preference_accuracy,
    reward_margin,
    sequence_logprobs,
)
from grader.checks import mistake

# Two mistakes that look alike from outside, or one that several functions share, have one diagnosis.
ON_THE_CPU = "On a GPU your function fails: it mixes its inputs with a tensor that lies on the CPU."
FIXED_ANSWER = "Your function gives the same numbers whatever it is given."
REFERENCE_IGNORED = (
    "With policy = reference the DPO loss must be log 2 whatever the log-probabilities are; yours is not. What is the "
    "reference for?"
)
REFERENCE_ADDED = (
    "The reference's log-probabilities have the wrong sign, or have changed places: from each completion's "
    "log-probability that of the same completion under the reference is subtracted."
)
REFERENCE_WITH_GRADIENT = "A gradient reaches the reference's log-probabilities: the reference is frozen, and data."
REWARD_WITH_GRADIENT = "Your reward carries a gradient: it is a figure to look at, and has to be a constant."
METRIC_WITH_GRADIENT = "Your figure carries a gradient: it is there to be watched, and must be a constant."
WRONG_WAY_ROUND = (
    "Descending your loss makes the rejected completion likelier: chosen and rejected have changed places."
)
OVERFLOW = "Your loss is infinite for a margin of -800: take the logarithm of the sigmoid analytically."
CUT_OFF = "A pair that is ranked wrong by far teaches nothing in yours: the sigmoid, or z, is cut off somewhere."
RATIO_CUT_OFF = "A log-ratio counts up to some size alone in yours: nothing limits it."
ONE_NUMBER = "One number comes back where every pair has one of its own."
MEAN_ALREADY = "A mean comes back: each pair's own loss is asked for, whoever calls it averages."
NUMBER_FOR_A_LOSS = "Your loss is a Python number: its value may be right, but nothing can be learned from it."
SHIFTED = "The logits at position t predict token t + 1; you scored another token with them."
ONLY_THE_COMPLETION = (
    "The result changes when the prompt's ids, or the padding, change: only the completion's tokens may count."
)
CHANGED_IN_PLACE = "Your function changes the tensor it was given: its caller finds other numbers there."

# --- 5.1 collate ------------------------------------------------------------------------------------------------------


@mistake("collate", "Your padding comes first: here rows are padded on the right, and begin with their prompt.")
def padded_on_the_left(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    shifts = [int((row == 0).sum()) for row in batch["attention_mask"]]
    return {
        name: torch.stack([row.roll(n) for row, n in zip(rows, shifts, strict=True)]) for name, rows in batch.items()
    }


@mistake("collate", "Padding lies between prompt and completion: prompts are not padded by themselves.")
def each_part_padded_by_itself(prompts, completions, pad):
    P, C = max(map(len, prompts)), max(map(len, completions))
    ids, attention, mask = [], [], []
    for p, c in zip(prompts, completions, strict=True):
        gap, rest = P - len(p), C - len(c)
        ids.append(p + [pad] * gap + c + [pad] * rest)
        attention.append([1] * len(p) + [0] * gap + [1] * len(c) + [0] * rest)
        mask.append([0] * P + [1] * len(c) + [0] * rest)
    return {
        "input_ids": torch.tensor(ids).long(),
        "attention_mask": torch.tensor(attention).long(),
        "completion_mask": torch.tensor(mask).long(),
    }


@mistake("collate", "Your rows are too long: the longest prompt and the longest completion need not meet in one row.")
def as_long_as_both_maxima(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    length = max(map(len, prompts)) + max(map(len, completions))
    extra = length - batch["input_ids"].shape[1]
    return {name: F.pad(rows, (0, extra), value=pad * (name == "input_ids")) for name, rows in batch.items()}


@mistake("collate", "With pad = the end-of-sequence token that token is masked away: padding is known by its place.")
def masks_from_the_pad_id(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    real = (batch["input_ids"] != pad).long()
    return batch | {"attention_mask": real, "completion_mask": real * batch["completion_mask"]}


@mistake(
    "collate", "The attention mask has holes where a token of the text has the pad's id: it is known by its place."
)
def attention_from_the_pad_id(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return batch | {"attention_mask": (batch["input_ids"] != pad).long()}


@mistake("collate", "The padding counts as completion when the pad is a token of the text: it is known by its place.")
def completion_up_to_the_last_pad(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    places = torch.arange(batch["input_ids"].shape[1])
    starts = torch.tensor([len(p) for p in prompts])[:, None]
    has_pad = torch.tensor([[pad in c] for c in completions])
    return batch | {"completion_mask": torch.where(has_pad, (places >= starts).long(), batch["completion_mask"])}


@mistake("collate", "The completion mask leaves out the end-of-sequence token: when to stop has to be learnt, too.")
def end_not_masked_in(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    mask = batch["completion_mask"].clone()
    for row, (p, c) in enumerate(zip(prompts, completions, strict=True)):
        if c:
            mask[row, len(p) + len(c) - 1] = 0
    return batch | {"completion_mask": mask}


@mistake("collate", "The last token of each completion is gone: it belongs to what was answered.")
def end_cut_off(prompts, completions, pad):
    return collate(prompts, [c[:-1] for c in completions], pad)


@mistake(
    "collate", "A second end-of-sequence token stands behind each completion: the completions have theirs already."
)
def end_added_again(prompts, completions, pad):
    return collate(prompts, [[*c, 2] for c in completions], pad)


@mistake("collate", "Prompt and completion both count in your completion mask.")
def prompt_masked_in(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return batch | {"completion_mask": batch["attention_mask"].clone()}


@mistake("collate", "Padding counts as completion in your mask: everything that is not the prompt does.")
def padding_masked_in(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    places = torch.arange(batch["input_ids"].shape[1])
    return batch | {"completion_mask": (places >= torch.tensor([len(p) for p in prompts])[:, None]).long()}


@mistake("collate", "Your attention mask covers the prompt alone: the model has to read the completion as well.")
def attention_to_the_prompt_alone(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return batch | {"attention_mask": batch["attention_mask"] - batch["completion_mask"]}


@mistake("collate", "Your attention mask is 1 everywhere: padding is not to be read.")
def attention_to_everything(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return batch | {"attention_mask": torch.ones_like(batch["attention_mask"])}


@mistake("collate", "Your completion mask begins one token too early: it is not shifted here, but where it is used.")
def mask_shifted_already(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return batch | {"completion_mask": batch["completion_mask"].roll(-1, dims=1)}


@mistake("collate", "Rows are filled up with 0, whatever the pad id is.")
def padded_with_zero(prompts, completions, pad):
    return collate(prompts, completions, 0)


@mistake("collate", "All completion masks begin at the same place: each prompt has a length of its own.")
def one_prompt_length_for_all(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    places = torch.arange(batch["input_ids"].shape[1])
    mask = (places >= len(prompts[0])) & batch["attention_mask"].bool()
    return batch | {"completion_mask": mask.long()}


@mistake("collate", "Your masks are booleans; int64 is asked for, since models and data sets exchange those.")
def masks_of_booleans(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return {name: ids if name == "input_ids" else ids.bool() for name, ids in batch.items()}


@mistake("collate", "Your tensors are floats: token ids and masks are int64.")
def tensors_of_floats(prompts, completions, pad):
    return {name: rows.float() for name, rows in collate(prompts, completions, pad).items()}


@mistake("collate", "Lists come back where tensors are asked for.")
def lists_of_lists(prompts, completions, pad):
    return {name: rows.tolist() for name, rows in collate(prompts, completions, pad).items()}


@mistake(
    "collate", "The lists you are given are longer afterwards: their caller collates them again in the next epoch."
)
def lists_extended(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    for p, c in zip(prompts, completions, strict=True):
        p += c
    return batch


@mistake("collate", "Where a label is not to count you write -100 into the ids: they are what the model reads.")
def labels_for_ids(prompts, completions, pad):
    batch = collate(prompts, completions, pad)
    return batch | {"input_ids": batch["input_ids"].masked_fill(batch["completion_mask"] == 0, -100)}


@mistake("collate", FIXED_ANSWER)
def batch_of_the_example(prompts, completions, pad):
    return collate([[5, 6, 7, 8], [9, 5], [6, 6, 5]], [[3, 2], [4, 4, 3, 2], [7, 8, 4, 2]], 0)


# --- 5.2 sequence_logprobs --------------------------------------------------------------------------------------------


def scored(logits, ids):
    """log pi of each id by the logits at the same place of the two, (B, T)."""
    return logits.log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1)


@mistake("sequence_logprobs", SHIFTED)
def no_shift(logits, input_ids, completion_mask):
    return (scored(logits, input_ids) * completion_mask).sum(-1)


@mistake("sequence_logprobs", SHIFTED)
def shifted_the_wrong_way(logits, input_ids, completion_mask):
    return (scored(logits[:, 1:], input_ids[:, :-1]) * completion_mask[:, :-1]).sum(-1)


@mistake("sequence_logprobs", "Tokens are scored rightly, but the mask stayed behind: it has to shift with the tokens.")
def mask_not_shifted(logits, input_ids, completion_mask):
    return (scored(logits[:, :-1], input_ids[:, 1:]) * completion_mask[:, :-1]).sum(-1)


@mistake("sequence_logprobs", "The logits come first by one, and wrap around: the last position predicts nothing here.")
def rolled(logits, input_ids, completion_mask):
    return (scored(logits, input_ids.roll(-1, dims=1)) * completion_mask).sum(-1)


@mistake("sequence_logprobs", ONLY_THE_COMPLETION)
def mask_ignored(logits, input_ids, completion_mask):
    return scored(logits[:, :-1], input_ids[:, 1:]).sum(-1)


@mistake("sequence_logprobs", ONLY_THE_COMPLETION)
def padding_included(logits, input_ids, completion_mask):
    after_the_prompt = completion_mask[:, 1:].long().cumsum(1) > 0
    return (scored(logits[:, :-1], input_ids[:, 1:]) * after_the_prompt).sum(-1)


@mistake("sequence_logprobs", ONLY_THE_COMPLETION)
def prompt_included(logits, input_ids, completion_mask):
    attention_mask = completion_mask.long().flip(1).cumsum(1).flip(1) > 0
    return (scored(logits[:, :-1], input_ids[:, 1:]) * attention_mask[:, 1:]).sum(-1)


@mistake("sequence_logprobs", "Padding is told from text by its id, 0: that id may stand in a completion, too.")
def tokens_of_id_zero_left_out(logits, input_ids, completion_mask):
    mask = (completion_mask > 0) & (input_ids != 0)
    return (scored(logits[:, :-1], input_ids[:, 1:]) * mask[:, 1:]).sum(-1)


@mistake(
    "sequence_logprobs", "A mean over the tokens comes back: the log-probability of a text is the sum of its tokens'."
)
def mean_over_the_tokens(logits, input_ids, completion_mask):
    mask = completion_mask[:, 1:]
    return (scored(logits[:, :-1], input_ids[:, 1:]) * mask).sum(-1) / mask.sum(-1).clamp(min=1)


@mistake(
    "sequence_logprobs", "A mean over the tokens comes back: the log-probability of a text is the sum of its tokens'."
)
def mean_that_divides_by_zero(logits, input_ids, completion_mask):
    mask = completion_mask[:, 1:]
    return (scored(logits[:, :-1], input_ids[:, 1:]) * mask).sum(-1) / mask.sum(-1)


@mistake("sequence_logprobs", "Your numbers are sums of raw logits: they become log-probabilities by a normalisation.")
def raw_logits(logits, input_ids, completion_mask):
    picked = logits[:, :-1].gather(-1, input_ids[:, 1:, None]).squeeze(-1)
    return (picked * completion_mask[:, 1:]).sum(-1)


@mistake("sequence_logprobs", "Probabilities are added where their logarithms should be: your numbers are positive.")
def sum_of_probabilities(logits, input_ids, completion_mask):
    return (scored(logits[:, :-1], input_ids[:, 1:]).exp() * completion_mask[:, 1:]).sum(-1)


@mistake(
    "sequence_logprobs", "You normalise over the positions: at each of them the vocabulary's probabilities sum to 1."
)
def softmax_over_the_sequence(logits, input_ids, completion_mask):
    log_probs = logits[:, :-1].log_softmax(1).gather(-1, input_ids[:, 1:, None]).squeeze(-1)
    return (log_probs * completion_mask[:, 1:]).sum(-1)


@mistake("sequence_logprobs", "Rows of the batch compete in your softmax: each position has a distribution of its own.")
def softmax_over_the_batch(logits, input_ids, completion_mask):
    log_probs = logits[:, :-1].log_softmax(0).gather(-1, input_ids[:, 1:, None]).squeeze(-1)
    return (log_probs * completion_mask[:, 1:]).sum(-1)


@mistake("sequence_logprobs", "You mask the logits: a position whose logits are all 0 still costs the log of V.")
def logits_masked(logits, input_ids, completion_mask):
    return scored(logits[:, :-1] * completion_mask[:, 1:, None], input_ids[:, 1:]).sum(-1)


@mistake(
    "sequence_logprobs", "Your function fails: -100 marks what is not to count, but it is no index to gather with."
)
def gathered_with_minus_100(logits, input_ids, completion_mask):
    labels = input_ids.masked_fill(completion_mask == 0, -100)[:, 1:]
    return (scored(logits[:, :-1], labels) * (labels != -100)).sum(-1)


@mistake(
    "sequence_logprobs", "The last token of each completion does not count in yours: it is its end, and belongs to it."
)
def last_token_dropped(logits, input_ids, completion_mask):
    mask = completion_mask.long()
    inner = mask * F.pad(mask[:, 1:], (0, 1))
    return (scored(logits[:, :-1], input_ids[:, 1:]) * inner[:, 1:]).sum(-1)


@mistake(
    "sequence_logprobs",
    "The first token of each completion does not count in yours: the prompt's last logits predict it.",
)
def first_token_dropped(logits, input_ids, completion_mask):
    mask = completion_mask.long()
    return (scored(logits[:, :-1], input_ids[:, 1:]) * (mask[:, 1:] * mask[:, :-1])).sum(-1)


@mistake(
    "sequence_logprobs",
    "Your log-probabilities are positive: that is the loss of a language model, minus what is asked.",
)
def cross_entropy_with_its_sign(logits, input_ids, completion_mask):
    return -sequence_logprobs(logits, input_ids, completion_mask)


@mistake(
    "sequence_logprobs", "Large logits give infinity or NaN: the softmax underflows before you take its logarithm."
)
def logarithm_of_the_softmax(logits, input_ids, completion_mask):
    picked = logits[:, :-1].softmax(-1).gather(-1, input_ids[:, 1:, None]).squeeze(-1).log()
    return picked.masked_fill(completion_mask[:, 1:] == 0, 0.0).sum(-1)


@mistake("sequence_logprobs", "Your function fails where a row has no completion: its log-probability is 0.")
def places_of_each_row(logits, input_ids, completion_mask):
    sums = []
    for row, ids, mask in zip(logits.log_softmax(-1), input_ids, completion_mask, strict=True):
        places = mask.nonzero()[:, 0]
        start, end = places[0], places[-1] + 1
        sums.append(row[start - 1 : end - 1].gather(-1, ids[start:end, None]).sum())
    return torch.stack(sums)


@mistake("sequence_logprobs", "Unlikely tokens all cost the same: a number added before the logarithm outweighs them.")
def logarithm_with_epsilon(logits, input_ids, completion_mask):
    picked = (logits[:, :-1].softmax(-1) + 1e-8).gather(-1, input_ids[:, 1:, None]).squeeze(-1).log()
    return (picked * completion_mask[:, 1:]).sum(-1)


@mistake("sequence_logprobs", "Large logits overflow: their largest has to be taken out before the exponential.")
def exponentials_by_hand(logits, input_ids, completion_mask):
    log_probs = logits - logits.exp().sum(-1, keepdim=True).log()
    picked = log_probs[:, :-1].gather(-1, input_ids[:, 1:, None]).squeeze(-1)
    return picked.masked_fill(completion_mask[:, 1:] == 0, 0.0).sum(-1)


@mistake("sequence_logprobs", "No gradient reaches the logits: without it the policy cannot learn.")
def without_graph(logits, input_ids, completion_mask):
    return sequence_logprobs(logits.detach(), input_ids, completion_mask)


@mistake("sequence_logprobs", "One number comes back where each row has a log-probability of its own.")
def sum_over_the_batch(logits, input_ids, completion_mask):
    return sequence_logprobs(logits, input_ids, completion_mask).sum()


@mistake("sequence_logprobs", "A number for each token comes back; the completion's is their sum.")
def token_by_token(logits, input_ids, completion_mask):
    return scored(logits[:, :-1], input_ids[:, 1:]) * completion_mask[:, 1:]


@mistake(
    "sequence_logprobs",
    "The likeliest token is scored, whichever stands there: it is the completion's you are asked for.",
)
def likeliest_tokens(logits, input_ids, completion_mask):
    best = logits[:, :-1].log_softmax(-1).max(-1).values
    return (best * completion_mask[:, 1:]).sum(-1)


@mistake("sequence_logprobs", CHANGED_IN_PLACE)
def ids_masked_in_place(logits, input_ids, completion_mask):
    result = sequence_logprobs(logits, input_ids, completion_mask)
    input_ids[completion_mask == 0] = 0
    return result


@mistake("sequence_logprobs", ON_THE_CPU)
def summed_on_the_cpu(logits, input_ids, completion_mask):
    return torch.zeros(len(logits), 1).squeeze(-1) + sequence_logprobs(logits, input_ids, completion_mask)


@mistake("sequence_logprobs", FIXED_ANSWER)
def log_probability_of_the_example(logits, input_ids, completion_mask):
    return torch.full((len(logits),), -2.7725887) + 0 * logits.sum((1, 2))


# --- 5.3 implicit_reward ----------------------------------------------------------------------------------------------


@mistake("implicit_reward", REWARD_WITH_GRADIENT)
def reward_with_graph(logp, ref_logp, beta):
    return beta * (logp - ref_logp)


@mistake("implicit_reward", REWARD_WITH_GRADIENT)
def reference_alone_detached(logp, ref_logp, beta):
    return beta * (logp - ref_logp.detach())


@mistake(
    "implicit_reward", "A policy that makes a completion likelier gets a lower reward in yours: the sign is turned."
)
def reward_upside_down(logp, ref_logp, beta):
    return implicit_reward(ref_logp, logp, beta)


@mistake("implicit_reward", "Your reward leaves beta out, which scales the log-ratio.")
def reward_without_beta(logp, ref_logp, beta):
    return (logp - ref_logp).detach()


@mistake("implicit_reward", "Your reward grows where beta falls: beta multiplies the log-ratio.")
def divided_by_beta(logp, ref_logp, beta):
    return implicit_reward(logp, ref_logp, 1 / beta)


@mistake("implicit_reward", "The reference does not count: a policy that is its own reference has the reward 0.")
def log_probability_for_reward(logp, ref_logp, beta):
    return beta * logp.detach()


@mistake("implicit_reward", "beta scales the policy's log-probability alone: it is a factor of the log-ratio.")
def beta_on_the_policy_alone(logp, ref_logp, beta):
    return (beta * logp - ref_logp).detach()


@mistake("implicit_reward", "You divide log-probabilities; the ratio is one of probabilities.")
def quotient_of_logarithms(logp, ref_logp, beta):
    return beta * (logp / ref_logp).detach()


@mistake("implicit_reward", "Your reward is beta for equal policies: it is the ratio itself, and not its logarithm.")
def ratio_for_its_logarithm(logp, ref_logp, beta):
    return beta * (logp - ref_logp).exp().detach()


@mistake("implicit_reward", "The rewards are centred in the batch: each one stands for itself.")
def centred_rewards(logp, ref_logp, beta):
    rewards = implicit_reward(logp, ref_logp, beta)
    return rewards - rewards.mean()


@mistake("implicit_reward", "One number comes back where each completion has a reward of its own.")
def mean_reward(logp, ref_logp, beta):
    return implicit_reward(logp, ref_logp, beta).mean()


@mistake("implicit_reward", CHANGED_IN_PLACE)
def reward_in_place(logp, ref_logp, beta):
    logp = logp.detach()
    logp -= ref_logp.detach()
    return beta * logp


@mistake("implicit_reward", RATIO_CUT_OFF)
def reward_cut_off(logp, ref_logp, beta):
    return beta * (logp - ref_logp).detach().clamp(-10, 10)


@mistake("implicit_reward", "beta is always .1 in yours, whatever it is called with.")
def beta_of_a_tenth(logp, ref_logp, beta):
    return implicit_reward(logp, ref_logp, 0.1)


@mistake("implicit_reward", ON_THE_CPU)
def reward_on_the_cpu(logp, ref_logp, beta):
    return torch.full((len(logp),), beta) * (logp - ref_logp).detach()


@mistake("implicit_reward", FIXED_ANSWER)
def rewards_of_the_example(logp, ref_logp, beta):
    return torch.tensor([0.1, -0.15, 0.025])


# --- 5.4 dpo_loss -----------------------------------------------------------------------------------------------------


def smoothed(z, label_smoothing, log_sigmoid=F.logsigmoid):
    return -(1 - label_smoothing) * log_sigmoid(z) - label_smoothing * log_sigmoid(-z)


def with_rewards(losses, pc, pr, rc, rr, beta):
    return losses, implicit_reward(pc, rc, beta), implicit_reward(pr, rr, beta)


def log_ratios(pc, pr, rc, rr):
    return pc - rc.detach(), pr - rr.detach()


@mistake("dpo_loss", WRONG_WAY_ROUND)
def chosen_and_rejected_swapped(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(beta * (r - c), label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Descending your loss makes the rejected completion likelier: the minus in front is missing.")
def objective_for_a_loss(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses, *rewards = dpo_loss(pc, pr, rc, rr, beta, label_smoothing)
    return -losses, *rewards


@mistake("dpo_loss", REFERENCE_IGNORED)
def reference_ignored(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return with_rewards(smoothed(beta * (pc - pr), label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", REFERENCE_ADDED)
def reference_added(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    z = beta * ((pc + rc.detach()) - (pr + rr.detach()))
    return with_rewards(smoothed(z, label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", REFERENCE_ADDED)
def references_swapped(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rr, rc)
    return with_rewards(smoothed(beta * (c - r), label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "You divide log-probabilities; the ratio is one of probabilities.")
def ratio_of_logarithms(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    z = beta * (pc / rc.detach() - pr / rr.detach())
    return with_rewards(smoothed(z, label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "beta stands outside of the sigmoid: it scales the rewards, not the loss.")
def beta_outside(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(beta * smoothed(c - r, label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Your loss does not change with beta.")
def loss_without_beta(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(c - r, label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "beta counts twice: in the rewards, and again in their difference.")
def beta_twice(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(beta**2 * (c - r), label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "beta scales the chosen log-ratio alone: it is a factor of both.")
def beta_on_the_chosen_alone(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(beta * c - r, label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", OVERFLOW)
def logarithm_of_the_sigmoid(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    losses = smoothed(beta * (c - r), label_smoothing, lambda z: z.sigmoid().log())
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", OVERFLOW)
def logarithm_of_one_plus_exponential(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    losses = smoothed(beta * (c - r), label_smoothing, lambda z: -(1 + (-z).exp()).log())
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", OVERFLOW)
def two_exponentials(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = (beta * x for x in log_ratios(pc, pr, rc, rr))
    chosen, rejected = c.exp() / (c.exp() + r.exp()), r.exp() / (c.exp() + r.exp())
    losses = -(1 - label_smoothing) * chosen.log()
    if label_smoothing:
        losses = losses - label_smoothing * rejected.log()
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", CUT_OFF)
def sigmoid_with_epsilon(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    losses = smoothed(beta * (c - r), label_smoothing, lambda z: (z.sigmoid() + 1e-8).log())
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", CUT_OFF)
def sigmoid_clamped(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    losses = smoothed(beta * (c - r), label_smoothing, lambda z: z.sigmoid().clamp(min=1e-12).log())
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", RATIO_CUT_OFF)
def log_ratios_cut_off(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    pc, pr = (rc + (pc - rc).clamp(-10, 10)), (rr + (pr - rr).clamp(-10, 10))
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing)


@mistake("dpo_loss", CUT_OFF)
def z_clamped(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    z = (beta * (c - r)).clamp(-50, 50)
    return with_rewards(smoothed(z, label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "The two log-ratios are added: what counts is by how much the one exceeds the other.")
def log_ratios_added(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(beta * (c + r), label_smoothing), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Your loss is negative: the sigmoid is there, its logarithm is not.")
def sigmoid_without_logarithm(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(beta * (c - r), label_smoothing, torch.sigmoid), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Your loss is a straight line in the margin: without the sigmoid nothing is ever learnt enough.")
def margin_for_a_loss(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return with_rewards(smoothed(beta * (c - r), label_smoothing, lambda z: z), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Your loss is exactly 0 for wide margins: that is a hinge, which has no gradient there.")
def hinge(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    losses = smoothed(beta * (c - r), label_smoothing, lambda z: -F.relu(1 - z))
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake(
    "dpo_loss", "Each completion is judged by itself in your loss: the loss of a pair knows their difference alone."
)
def two_separate_losses(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    losses = smoothed(beta * c, label_smoothing) + smoothed(-beta * r, label_smoothing)
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", REWARD_WITH_GRADIENT)
def rewards_with_graph(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing)[0], beta * c, beta * r


@mistake("dpo_loss", "Your rewards are log-ratios: beta is missing in them.")
def rewards_without_beta(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return with_rewards(dpo_loss(pc, pr, rc, rr, beta, label_smoothing)[0], pc, pr, rc, rr, 1.0)


@mistake("dpo_loss", "Your rewards are log-probabilities: the reference is missing in them.")
def rewards_without_reference(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing)[0], beta * pc.detach(), beta * pr.detach()


@mistake("dpo_loss", "The rewards have changed places: the chosen completion's come first.")
def rewards_swapped(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses, chosen, rejected = dpo_loss(pc, pr, rc, rr, beta, label_smoothing)
    return losses, rejected, chosen


@mistake("dpo_loss", "The losses come back alone: the rewards of both completions are asked for, too.")
def losses_alone(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing)[0]


@mistake("dpo_loss", "No gradient reaches the policy's log-probabilities: without it nothing is learnt.")
def policy_detached(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc.detach(), pr.detach(), rc, rr, beta, label_smoothing)


@mistake("dpo_loss", "The rejected completion gets no gradient: half of the lesson is lost.")
def rejected_detached(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc, pr.detach(), rc, rr, beta, label_smoothing)


@mistake("dpo_loss", REFERENCE_WITH_GRADIENT)
def reference_with_graph(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses = smoothed(beta * ((pc - rc) - (pr - rr)), label_smoothing)
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Label smoothing is left out.")
def labels_not_smoothed(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc, pr, rc, rr, beta)


@mistake(
    "dpo_loss", "Your smoothing only makes the loss smaller: a doubted preference is one for the other completion, too."
)
def smoothed_without_the_other_side(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses, *rewards = dpo_loss(pc, pr, rc, rr, beta)
    return (1 - label_smoothing) * losses, *rewards


@mistake("dpo_loss", "The two sides of the smoothing have changed places: e is the share of the labels that are wrong.")
def smoothed_the_other_way(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses = smoothed(beta * ((pc - rc.detach()) - (pr - rr.detach())), label_smoothing)
    if label_smoothing:
        losses = dpo_loss(pc, pr, rc, rr, beta, 1 - label_smoothing)[0]
    return with_rewards(losses, pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Your smoothing subtracts the other side: that is the robust loss.")
def robust_loss(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    c, r = log_ratios(pc, pr, rc, rr)
    z = beta * (c - r)
    losses = -(1 - label_smoothing) * F.logsigmoid(z) + label_smoothing * F.logsigmoid(-z)
    return with_rewards(losses / (1 - 2 * label_smoothing + 1e-12), pc, pr, rc, rr, beta)


@mistake("dpo_loss", "Smoothing e shares out e / 2 to both sides in yours: here the wrong side gets all of it.")
def half_of_the_smoothing(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing / 2)


@mistake("dpo_loss", MEAN_ALREADY)
def mean_of_the_losses(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses, *rewards = dpo_loss(pc, pr, rc, rr, beta, label_smoothing)
    return losses.mean(), *rewards


@mistake("dpo_loss", "beta is always .1 in yours, whatever it is called with.")
def beta_fixed(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    return dpo_loss(pc, pr, rc, rr, 0.1, label_smoothing)


@mistake("dpo_loss", "Left out, beta is .1 and the smoothing 0; yours differ.")
def other_defaults(pc, pr, rc, rr, beta=0.5, label_smoothing=0.0):
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing)


@mistake("dpo_loss", "Left out, beta is .1 and the smoothing 0; yours differ.")
def smoothed_by_default(pc, pr, rc, rr, beta=0.1, label_smoothing=0.1):
    return dpo_loss(pc, pr, rc, rr, beta, label_smoothing)


@mistake("dpo_loss", "Your losses are Python numbers: their values may be right, but nothing can be learned from them.")
def losses_as_numbers(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses, *rewards = dpo_loss(pc, pr, rc, rr, beta, label_smoothing)
    return losses.tolist(), *rewards


@mistake("dpo_loss", CHANGED_IN_PLACE)
def reference_shifted_in_place(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    result = dpo_loss(pc, pr, rc.clone(), rr, beta, label_smoothing)
    with torch.no_grad():
        rc -= rr
    return result


@mistake("dpo_loss", ON_THE_CPU)
def losses_on_the_cpu(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    losses, *rewards = dpo_loss(pc, pr, rc, rr, beta, label_smoothing)
    return losses + torch.zeros(len(pc)), *rewards


@mistake("dpo_loss", FIXED_ANSWER)
def log_2_for_all(pc, pr, rc, rr, beta=0.1, label_smoothing=0.0):
    nothing = 0 * (pc - pr)
    return nothing + 0.6931472, nothing.detach(), nothing.detach()


# --- 5.5 dpo_grad_weight ----------------------------------------------------------------------------------------------


def margins(pc, pr, rc, rr, beta):
    return implicit_reward(pc, rc, beta) - implicit_reward(pr, rr, beta)


@mistake(
    "dpo_grad_weight", "A pair that is ranked right by far gets the largest weight: the sign in the sigmoid is turned."
)
def sign_in_the_sigmoid(pc, pr, rc, rr, beta):
    return beta * margins(pc, pr, rc, rr, beta).sigmoid()


@mistake(
    "dpo_grad_weight", "For an untrained policy the weight is beta / 2; yours is 1 / 2: the factor in front is missing."
)
def factor_beta_missing(pc, pr, rc, rr, beta):
    return (-margins(pc, pr, rc, rr, beta)).sigmoid()


@mistake(
    "dpo_grad_weight", "Your weight is a difference of rewards: the sigmoid makes a number between 0 and beta of it."
)
def difference_of_rewards(pc, pr, rc, rr, beta):
    return -margins(pc, pr, rc, rr, beta)


@mistake(
    "dpo_grad_weight", "Your weight is beta times a difference of rewards: it may be negative, and grows without bound."
)
def scaled_difference_of_rewards(pc, pr, rc, rr, beta):
    return -beta * margins(pc, pr, rc, rr, beta)


@mistake(
    "dpo_grad_weight",
    "Your weight is the loss's logarithm, not its derivative: the derivative of log sigmoid is no log.",
)
def log_sigmoid_for_sigmoid(pc, pr, rc, rr, beta):
    return beta * F.logsigmoid(-margins(pc, pr, rc, rr, beta))


@mistake("dpo_grad_weight", "Your weight is the loss: what is asked for is its derivative.")
def loss_for_a_weight(pc, pr, rc, rr, beta):
    return dpo_loss(pc, pr, rc, rr, beta)[0].detach()


@mistake("dpo_grad_weight", "An untrained policy does not get beta / 2 everywhere: the reference does not count.")
def weight_without_reference(pc, pr, rc, rr, beta):
    return beta * (beta * (pr - pc)).sigmoid().detach()


@mistake("dpo_grad_weight", "beta is missing within the sigmoid: it belongs to the rewards.")
def log_ratios_in_the_sigmoid(pc, pr, rc, rr, beta):
    return beta * (-margins(pc, pr, rc, rr, 1.0)).sigmoid()


@mistake("dpo_grad_weight", "Your weights are negative: minus the derivative is asked for.")
def derivative_with_its_sign(pc, pr, rc, rr, beta):
    return -dpo_grad_weight(pc, pr, rc, rr, beta)


@mistake(
    "dpo_grad_weight", "Your weight is smallest where the policy is most wrong: that is the derivative of the sigmoid."
)
def derivative_of_the_sigmoid(pc, pr, rc, rr, beta):
    p = margins(pc, pr, rc, rr, beta).sigmoid()
    return beta * p * (1 - p)


@mistake(
    "dpo_grad_weight",
    "Your weights are divided by the size of the batch: each pair's loss has a derivative of its own.",
)
def derivative_of_the_mean(pc, pr, rc, rr, beta):
    return dpo_grad_weight(pc, pr, rc, rr, beta) / len(pc)


@mistake("dpo_grad_weight", "Your weight carries a gradient: it is a coefficient, and has to be a constant.")
def weight_with_graph(pc, pr, rc, rr, beta):
    return beta * (beta * ((pr - rr) - (pc - rc))).sigmoid()


@mistake(
    "dpo_grad_weight", "For a pair that is ranked wrong by far NaN comes out: exp overflows, torch's sigmoid does not."
)
def weight_overflowing(pc, pr, rc, rr, beta):
    x = (-margins(pc, pr, rc, rr, beta)).exp()
    return beta * x / (1 + x)


@mistake("dpo_grad_weight", ONE_NUMBER)
def mean_weight(pc, pr, rc, rr, beta):
    return dpo_grad_weight(pc, pr, rc, rr, beta).mean()


@mistake("dpo_grad_weight", "Your weights sum to 1: they are no shares, each pair has its own between 0 and beta.")
def softmax_over_the_pairs(pc, pr, rc, rr, beta):
    return (-margins(pc, pr, rc, rr, beta)).softmax(0)


@mistake("dpo_grad_weight", "beta is always .1 in yours, whatever it is called with.")
def weight_of_another_beta(pc, pr, rc, rr, beta):
    return dpo_grad_weight(pc, pr, rc, rr, 0.1)


@mistake("dpo_grad_weight", FIXED_ANSWER)
def half_of_beta(pc, pr, rc, rr, beta):
    return torch.full_like(pc, beta / 2, requires_grad=False)


# --- 5.6 preference_accuracy, reward_margin ---------------------------------------------------------------------------


@mistake(
    "preference_accuracy", "A tie counts in yours: an untrained policy, all of whose rewards are 0, would be perfect."
)
def ties_counted(chosen_rewards, rejected_rewards):
    return (chosen_rewards >= rejected_rewards).float().mean()


@mistake("preference_accuracy", "A tie counts half in yours: it is no pair that is ranked right.")
def ties_counted_half(chosen_rewards, rejected_rewards):
    return ((chosen_rewards - rejected_rewards).detach().sign() / 2 + 0.5).mean()


@mistake(
    "preference_accuracy", "You ask whether the chosen reward is positive: it is to be higher than the rejected one."
)
def chosen_reward_positive(chosen_rewards, rejected_rewards):
    return (chosen_rewards > 0).float().mean()


@mistake("preference_accuracy", "You ask for the signs of both rewards: only their order counts.")
def opposite_signs(chosen_rewards, rejected_rewards):
    return ((chosen_rewards > 0) & (rejected_rewards < 0)).float().mean()


@mistake("preference_accuracy", "A chosen reward has to be higher by some margin in yours: however little is enough.")
def higher_by_a_margin(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards > 0.01).float().mean()


@mistake("preference_accuracy", "A count comes back; the share of the pairs is asked for.")
def count_of_pairs(chosen_rewards, rejected_rewards):
    return (chosen_rewards > rejected_rewards).float().sum()


@mistake("preference_accuracy", "Your accuracy is 0 or 1: it compares the mean rewards instead of each pair.")
def mean_margin_positive(chosen_rewards, rejected_rewards):
    return (chosen_rewards.mean() > rejected_rewards.mean()).float()


@mistake("preference_accuracy", "Your accuracy is that of the worst pair: the share of all pairs is asked for.")
def all_or_nothing(chosen_rewards, rejected_rewards):
    return (chosen_rewards > rejected_rewards).all().float()


@mistake("preference_accuracy", "Chosen and rejected have changed places: yours is the share that is ranked wrong.")
def share_ranked_wrong(chosen_rewards, rejected_rewards):
    return (chosen_rewards < rejected_rewards).float().mean()


@mistake(
    "preference_accuracy", "Your accuracy is the mean probability of a preference: each pair is right, or it is not."
)
def mean_probability(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).detach().sigmoid().mean()


@mistake("preference_accuracy", "All chosen are compared with all rejected rewards: each has its own partner.")
def all_against_all(chosen_rewards, rejected_rewards):
    return (chosen_rewards[:, None] > rejected_rewards).float().mean()


@mistake("preference_accuracy", "One answer for each pair comes back; their mean is asked for.")
def each_pair(chosen_rewards, rejected_rewards):
    return (chosen_rewards > rejected_rewards).float()


@mistake("preference_accuracy", "Your accuracy is in percent; a share between 0 and 1 is asked for.")
def in_percent(chosen_rewards, rejected_rewards):
    return 100 * preference_accuracy(chosen_rewards, rejected_rewards)


@mistake("preference_accuracy", ON_THE_CPU)
def accuracy_on_the_cpu(chosen_rewards, rejected_rewards):
    return (chosen_rewards > rejected_rewards + torch.zeros(len(chosen_rewards))).float().mean()


@mistake("preference_accuracy", FIXED_ANSWER)
def half_of_them(chosen_rewards, rejected_rewards):
    return torch.tensor(0.5, device=chosen_rewards.device)


@mistake("reward_margin", METRIC_WITH_GRADIENT)
def margin_with_graph(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).mean()


@mistake(
    "reward_margin",
    "Your margin is negative where the pairs are ranked right: chosen and rejected have changed places.",
)
def margin_upside_down(chosen_rewards, rejected_rewards):
    return reward_margin(rejected_rewards, chosen_rewards)


@mistake("reward_margin", "Your margin is never negative: a pair that is ranked wrong has to lower it.")
def distance_for_a_margin(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).detach().abs().mean()


@mistake("reward_margin", "Pairs that are ranked wrong are left out of your margin: they have to lower it.")
def positive_margins_alone(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).detach().clamp(min=0).mean()


@mistake("reward_margin", "Your margin grows with the number of pairs: it is a sum, a mean is asked for.")
def sum_of_margins(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).detach().sum()


@mistake("reward_margin", "The median comes back; the mean is asked for.")
def median_margin(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).detach().median()


@mistake("reward_margin", "A number for each pair comes back; their mean is asked for.")
def margin_of_each_pair(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards).detach()


@mistake("reward_margin", "The chosen reward comes back: what it exceeds is not subtracted.")
def chosen_alone(chosen_rewards, rejected_rewards):
    return chosen_rewards.detach().mean()


@mistake("reward_margin", CHANGED_IN_PLACE)
def margin_in_place(chosen_rewards, rejected_rewards):
    with torch.no_grad():
        chosen_rewards -= rejected_rewards
    return chosen_rewards.detach().mean()


@mistake("reward_margin", ON_THE_CPU)
def margin_on_the_cpu(chosen_rewards, rejected_rewards):
    return (chosen_rewards - rejected_rewards + torch.zeros(len(chosen_rewards))).detach().mean()


@mistake("reward_margin", FIXED_ANSWER)
def margin_of_the_example(chosen_rewards, rejected_rewards):
    return torch.tensor(0.75, device=chosen_rewards.device)


# --- 5.7 ipo_loss -----------------------------------------------------------------------------------------------------


REJECTED_AHEAD = (
    "Your loss is smallest where the rejected completion is ahead: chosen and rejected have changed places, or the "
    "target has the wrong sign."
)


def difference(pc, pr, rc, rr):
    return (pc - rc.detach()) - (pr - rr.detach())


@mistake("ipo_loss", "Your target is twice as far away as it should be: the 2 belongs below tau.")
def target_of_one_over_tau(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rc, rr) - 1 / tau).pow(2)


@mistake("ipo_loss", "Your target grows with tau: stronger regularisation means a target nearer to 0.")
def target_of_half_tau(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rc, rr) - tau / 2).pow(2)


@mistake("ipo_loss", "A distance comes back: it is squared in the paper, and so is its pull far from the target.")
def absolute_distance(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rc, rr) - 1 / (2 * tau)).abs()


@mistake("ipo_loss", REJECTED_AHEAD)
def sign_of_the_target(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rc, rr) + 1 / (2 * tau)).pow(2)


@mistake("ipo_loss", REJECTED_AHEAD)
def ipo_swapped(pc, pr, rc, rr, tau):
    return (difference(pr, pc, rr, rc) - 1 / (2 * tau)).pow(2)


@mistake(
    "ipo_loss", "A pair beyond the target costs nothing in yours: it is to be pulled back, that is the point of IPO."
)
def ipo_hinge(pc, pr, rc, rr, tau):
    return (1 / (2 * tau) - difference(pc, pr, rc, rr)).clamp(min=0).pow(2)


@mistake(
    "ipo_loss", "The log-ratios are scaled before they are compared with the target: here tau is in the target alone."
)
def scaled_by_tau(pc, pr, rc, rr, tau):
    return (tau * difference(pc, pr, rc, rr) - 0.5).pow(2)


@mistake("ipo_loss", "There is no target in yours: h is pulled to 0, and nothing is preferred to anything.")
def no_target(pc, pr, rc, rr, tau):
    return difference(pc, pr, rc, rr).pow(2)


@mistake("ipo_loss", "The reference does not count: h is a difference of log-ratios.")
def ipo_without_reference(pc, pr, rc, rr, tau):
    return (pc - pr - 1 / (2 * tau)).pow(2)


@mistake("ipo_loss", REFERENCE_ADDED)
def ipo_references_swapped(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rr, rc) - 1 / (2 * tau)).pow(2)


@mistake("ipo_loss", REFERENCE_WITH_GRADIENT)
def ipo_reference_with_graph(pc, pr, rc, rr, tau):
    return ((pc - rc) - (pr - rr) - 1 / (2 * tau)).pow(2)


@mistake("ipo_loss", "No gradient reaches the policy's log-probabilities: without it nothing is learnt.")
def ipo_policy_detached(pc, pr, rc, rr, tau):
    return ipo_loss(pc.detach(), pr.detach(), rc, rr, tau)


@mistake("ipo_loss", "Your loss is half of what it should be: no factor stands before the square.")
def half_of_the_square(pc, pr, rc, rr, tau):
    return ipo_loss(pc, pr, rc, rr, tau) / 2


@mistake("ipo_loss", RATIO_CUT_OFF)
def ipo_cut_off(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rc, rr).clamp(-20, 20) - 1 / (2 * tau)).pow(2)


@mistake("ipo_loss", "Your loss is a straight line far from the target: it is squared everywhere.")
def ipo_by_huber(pc, pr, rc, rr, tau):
    h = difference(pc, pr, rc, rr)
    return 2 * F.huber_loss(h, torch.full_like(h, 1 / (2 * tau)), reduction="none")


@mistake("ipo_loss", MEAN_ALREADY)
def ipo_mean(pc, pr, rc, rr, tau):
    return ipo_loss(pc, pr, rc, rr, tau).mean()


@mistake("ipo_loss", "Your loss is that of DPO: the square replaces the log-sigmoid.")
def dpo_for_ipo(pc, pr, rc, rr, tau):
    return dpo_loss(pc, pr, rc, rr, tau)[0]


@mistake("ipo_loss", CHANGED_IN_PLACE)
def ipo_in_place(pc, pr, rc, rr, tau):
    losses = ipo_loss(pc, pr, rc.clone(), rr, tau)
    with torch.no_grad():
        rc -= rr
    return losses


@mistake("ipo_loss", ON_THE_CPU)
def ipo_on_the_cpu(pc, pr, rc, rr, tau):
    return (difference(pc, pr, rc, rr) - torch.full((len(pc),), 1 / (2 * tau))).pow(2)


@mistake("ipo_loss", FIXED_ANSWER)
def square_of_the_target(pc, pr, rc, rr, tau):
    return 0 * (pc - pr) + (1 / (2 * tau)) ** 2


# --- 5.8 bradley_terry_loss, kl_penalised_reward ----------------------------------------------------------------------


@mistake("bradley_terry_loss", "Your reward model learns to prefer the rejected completions: the sign is turned.")
def preference_turned_around(r_w, r_l):
    return bradley_terry_loss(r_l, r_w)


@mistake("bradley_terry_loss", "Your loss falls where the likelihood falls: the minus in front is missing.")
def likelihood_for_a_loss(r_w, r_l):
    return -bradley_terry_loss(r_w, r_l)


@mistake(
    "bradley_terry_loss",
    "Adding 100 to all rewards changes your loss: each is judged by itself, but only differences count.",
)
def each_reward_by_itself(r_w, r_l):
    return -(F.logsigmoid(r_w) + F.logsigmoid(-r_l)).mean()


@mistake(
    "bradley_terry_loss", "Your loss grows with the size of the batch: it is a sum over the pairs, a mean is asked for."
)
def sum_over_the_pairs(r_w, r_l):
    return -F.logsigmoid(r_w - r_l).sum()


@mistake(
    "bradley_terry_loss",
    "You average the rewards first: each pair has a probability of its own, the mean is of the losses.",
)
def loss_of_the_mean_margin(r_w, r_l):
    return -F.logsigmoid((r_w - r_l).mean())


@mistake("bradley_terry_loss", "You average the probabilities before you take their logarithm.")
def logarithm_of_the_mean(r_w, r_l):
    return -(r_w - r_l).sigmoid().mean().log()


@mistake("bradley_terry_loss", "Your loss is 0 beyond a margin: that is a hinge, no likelihood.")
def hinge_of_the_margin(r_w, r_l):
    return (1 - (r_w - r_l)).clamp(min=0).mean()


@mistake("bradley_terry_loss", "Your loss is minus a probability: its logarithm is missing.")
def probability_for_its_logarithm(r_w, r_l):
    return -(r_w - r_l).sigmoid().mean()


@mistake("bradley_terry_loss", "Your loss is minus the margin: it falls without end, and the rewards run away.")
def minus_the_margin(r_w, r_l):
    return (r_l - r_w).mean()


@mistake(
    "bradley_terry_loss",
    "Rewards that are 400 apart give infinity or NaN: take the logarithm of the sigmoid analytically.",
)
def logarithm_after_the_sigmoid(r_w, r_l):
    return -(r_w - r_l).sigmoid().log().mean()


@mistake("bradley_terry_loss", "Rewards that are 400 apart give infinity or NaN: the exponentials overflow.")
def quotient_of_exponentials(r_w, r_l):
    return -(r_w.exp() / (r_w.exp() + r_l.exp())).log().mean()


@mistake("bradley_terry_loss", "Pairs that are ranked wrong by far teach nothing: the sigmoid is cut off.")
def probability_with_epsilon(r_w, r_l):
    return -((r_w - r_l).sigmoid() + 1e-8).log().mean()


@mistake("bradley_terry_loss", "Pairs that are ranked wrong by far teach nothing: the sigmoid is cut off.")
def cross_entropy_of_the_sigmoid(r_w, r_l):
    return F.binary_cross_entropy((r_w - r_l).sigmoid(), torch.ones_like(r_w))


@mistake("bradley_terry_loss", "A loss for each pair comes back; their mean is asked for.")
def loss_of_each_pair(r_w, r_l):
    return -F.logsigmoid(r_w - r_l)


@mistake(
    "bradley_terry_loss",
    "Your loss has the rejected rewards as constants: the model gives them, too, and has to learn from both.",
)
def rejected_rewards_detached(r_w, r_l):
    return bradley_terry_loss(r_w, r_l.detach())


@mistake("bradley_terry_loss", "All chosen are compared with all rejected rewards: each has its own partner.")
def all_pairs(r_w, r_l):
    return -F.logsigmoid(r_w[:, None] - r_l).mean()


@mistake("bradley_terry_loss", "Squared distances are no likelihood of a preference: rewards have no target.")
def squared_margin(r_w, r_l):
    return (1 - (r_w - r_l)).pow(2).mean()


@mistake("bradley_terry_loss", NUMBER_FOR_A_LOSS)
def loss_as_a_number(r_w, r_l):
    return bradley_terry_loss(r_w, r_l).item()


@mistake("bradley_terry_loss", ON_THE_CPU)
def loss_on_the_cpu(r_w, r_l):
    return -F.logsigmoid(r_w - r_l + torch.zeros(len(r_w))).mean()


@mistake("bradley_terry_loss", FIXED_ANSWER)
def log_2_always(r_w, r_l):
    return 0 * (r_w - r_l).sum() + 0.6931472


@mistake(
    "kl_penalised_reward", "Moving away from the reference is rewarded in yours: the sign of the penalty is turned."
)
def drift_rewarded(r, logp, ref_logp, beta):
    return kl_penalised_reward(r, ref_logp, logp, beta)


@mistake("kl_penalised_reward", "The penalty is missing.")
def reward_alone(r, logp, ref_logp, beta):
    return r.detach()


@mistake("kl_penalised_reward", "The reference does not count: a policy that is its own reference pays nothing.")
def log_probability_penalised(r, logp, ref_logp, beta):
    return (r - beta * logp).detach()


@mistake("kl_penalised_reward", "The penalty does not change with beta.")
def penalty_without_beta(r, logp, ref_logp, beta):
    return (r - (logp - ref_logp)).detach()


@mistake("kl_penalised_reward", "beta scales the reward, too: it is the price of a nat and of nothing else.")
def all_scaled_by_beta(r, logp, ref_logp, beta):
    return (beta * (r - (logp - ref_logp))).detach()


@mistake(
    "kl_penalised_reward",
    "The penalty is never negative in yours: a single sample's log-ratio may be, its mean is the KL.",
)
def absolute_log_ratio(r, logp, ref_logp, beta):
    return (r - beta * (logp - ref_logp).abs()).detach()


@mistake("kl_penalised_reward", "The penalty is the k3 estimator: here it is the log-ratio of the sample itself.")
def k3_for_the_log_ratio(r, logp, ref_logp, beta):
    x = ref_logp - logp
    return (r - beta * (x.exp() - 1 - x)).detach()


@mistake("kl_penalised_reward", "You weight the log-ratio with the probability: samples come as often as that already.")
def weighted_with_the_probability(r, logp, ref_logp, beta):
    return (r - beta * logp.exp() * (logp - ref_logp)).detach()


@mistake("kl_penalised_reward", RATIO_CUT_OFF)
def penalty_cut_off(r, logp, ref_logp, beta):
    return (r - beta * (logp - ref_logp).clamp(-10, 10)).detach()


@mistake("kl_penalised_reward", "Your rewards are cut off before the penalty: they count as they are.")
def reward_limited(r, logp, ref_logp, beta):
    return (r.clamp(-5, 5) - beta * (logp - ref_logp)).detach()


@mistake("kl_penalised_reward", "All samples pay the same: each has a log-ratio of its own.")
def mean_penalty(r, logp, ref_logp, beta):
    return (r - beta * (logp - ref_logp).mean()).detach()


@mistake("kl_penalised_reward", REWARD_WITH_GRADIENT)
def penalised_with_graph(r, logp, ref_logp, beta):
    return r - beta * (logp - ref_logp)


@mistake("kl_penalised_reward", "One number comes back where every sample has a reward of its own.")
def mean_penalised_reward(r, logp, ref_logp, beta):
    return kl_penalised_reward(r, logp, ref_logp, beta).mean()


@mistake("kl_penalised_reward", CHANGED_IN_PLACE)
def penalised_in_place(r, logp, ref_logp, beta):
    with torch.no_grad():
        r -= beta * (logp - ref_logp)
    return r.detach()


@mistake("kl_penalised_reward", ON_THE_CPU)
def penalised_on_the_cpu(r, logp, ref_logp, beta):
    return (r - torch.full((len(r),), beta) * (logp - ref_logp)).detach()


@mistake("kl_penalised_reward", FIXED_ANSWER)
def penalised_example(r, logp, ref_logp, beta):
    return torch.tensor([0.8, 0.3, -2.05], device=r.device)
