"""Tasks 5.1 to 5.8: the parts of DPO. preference_training.py and rlhf.py put them together."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor


def collate(prompts: list[list[int]], completions: list[list[int]], pad: int) -> dict[str, Int[Tensor, "B L"]]:
    """Put B prompts and their completions into one batch, padded on the right to the longest of them.

    Args:
        prompts: token ids, at least one in each prompt.
        completions: the completion of each prompt, with the end-of-sequence token that closes it; it may be empty.
        pad: the id that fills up. It may be the id of a token that also occurs in the texts: many models are padded
            with their end-of-sequence token.

    Returns:
        Three int64 tensors of the shape (B, L), L = tokens of the longest prompt and completion together:
        "input_ids": prompt, completion, padding;
        "attention_mask": 1 on prompt and completion, 0 on padding;
        "completion_mask": 1 on the completion, its end-of-sequence token included, 0 elsewhere.
    """
    ### BEGIN SOLUTION
    length = max(len(p) + len(c) for p, c in zip(prompts, completions, strict=True))
    input_ids = torch.full((len(prompts), length), pad)
    attention_mask, completion_mask = torch.zeros_like(input_ids), torch.zeros_like(input_ids)
    for row, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
        start, end = len(prompt), len(prompt) + len(completion)
        input_ids[row, :end] = torch.tensor([*prompt, *completion])
        attention_mask[row, :end] = 1
        completion_mask[row, start:end] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask, "completion_mask": completion_mask}
    ### END SOLUTION


def sequence_logprobs(
    logits: Float[Tensor, "B L V"],
    input_ids: Int[Tensor, "B L"],
    completion_mask: Int[Tensor, "B L"] | Bool[Tensor, "B L"],
) -> Float[Tensor, "B"]:
    """log pi(y|x), the log-probability of each row's completion after its prompt: summed over its tokens.

    Args:
        logits: the model's output for `input_ids`, finite. Position t has read tokens 0 to t, and predicts token t + 1.
        input_ids: int64, as `collate` gives them.
        completion_mask: int64 or bool, 1 where a token belongs to the completion. The first column is 0, since every
            prompt has a token.

    Returns:
        float32, shape (B,), with a gradient to `logits`. Neither prompt nor padding counts, whatever ids stand there;
        an empty completion gives 0, and no gradient.
    """
    ### BEGIN SOLUTION
    log_probs = logits[:, :-1].log_softmax(-1).gather(-1, input_ids[:, 1:, None]).squeeze(-1)
    return log_probs.masked_fill(completion_mask[:, 1:] == 0, 0.0).sum(-1)
    ### END SOLUTION


def implicit_reward(logp: Float[Tensor, "B"], ref_logp: Float[Tensor, "B"], beta: float) -> Float[Tensor, "B"]:
    """The reward that a policy stands for: beta log pi(y|x)/pi_ref(y|x) (Rafailov et al. 2023, section 4).

    Args:
        logp: log pi(y|x), as `sequence_logprobs` gives it, with or without a graph.
        ref_logp: log pi_ref(y|x).
        beta: how strongly the policy is held to the reference, positive.

    Returns:
        float32, shape (B,), without gradient: a reward is a figure to look at.
    """
    ### BEGIN SOLUTION
    return beta * (logp - ref_logp).detach()
    ### END SOLUTION


def dpo_loss(
    pc: Float[Tensor, "B"],
    pr: Float[Tensor, "B"],
    rc: Float[Tensor, "B"],
    rr: Float[Tensor, "B"],
    beta: float = 0.1,
    label_smoothing: float = 0.0,
) -> tuple[Float[Tensor, "B"], Float[Tensor, "B"], Float[Tensor, "B"]]:
    """The DPO loss of each pair (Rafailov et al. 2023, eq. 7), with label smoothing (Mitchell 2023, "cDPO").

    With z the implicit reward of the chosen completion minus that of the rejected one, and e = label_smoothing:

        loss = -(1 - e) log sigmoid(z) - e log sigmoid(-z)

    Args:
        pc, pr: log pi(y|x) of the chosen and of the rejected completion, under the policy that is trained.
        rc, rr: the same under the reference. They are data: no gradient goes there.
        beta: as in `implicit_reward`.
        label_smoothing: the share of labels that are believed to be the wrong way round, 0 up to .5.

    Returns:
        losses: float32, (B,), not averaged, with a gradient to `pc` and `pr` alone; finite also where z is -800.
        chosen_rewards, rejected_rewards: float32, (B,), the implicit rewards, without gradient.
    """
    ### BEGIN SOLUTION
    z = beta * ((pc - rc.detach()) - (pr - rr.detach()))
    losses = -(1 - label_smoothing) * F.logsigmoid(z) - label_smoothing * F.logsigmoid(-z)
    return losses, implicit_reward(pc, rc, beta), implicit_reward(pr, rr, beta)
    ### END SOLUTION


def dpo_grad_weight(
    pc: Float[Tensor, "B"], pr: Float[Tensor, "B"], rc: Float[Tensor, "B"], rr: Float[Tensor, "B"], beta: float
) -> Float[Tensor, "B"]:
    """How hard each pair pulls: the factor in front of [grad log pi(y_w|x) - grad log pi(y_l|x)] in minus the
    gradient of its DPO loss (Rafailov et al. 2023, section 4, "What does the DPO update do?").

    Args:
        pc, pr, rc, rr, beta: as in `dpo_loss`, without label smoothing; `pc` and `pr` require gradients.

    Returns:
        float32, shape (B,), without gradient: minus the derivative of each pair's loss with respect to its `pc`.
    """
    ### BEGIN SOLUTION
    return beta * torch.sigmoid(implicit_reward(pr, rr, beta) - implicit_reward(pc, rc, beta))
    ### END SOLUTION


def preference_accuracy(
    chosen_rewards: Float[Tensor, "B"], rejected_rewards: Float[Tensor, "B"]
) -> Float[Tensor, ""] | float:
    """The share of pairs, 0 to 1, whose chosen completion has the higher reward. A tie is not higher.

    Returns:
        One number without gradient, a 0-d tensor or a float.
    """
    ### BEGIN SOLUTION
    return (chosen_rewards > rejected_rewards).float().mean()
    ### END SOLUTION


def reward_margin(
    chosen_rewards: Float[Tensor, "B"], rejected_rewards: Float[Tensor, "B"]
) -> Float[Tensor, ""] | float:
    """By how much the chosen completion's reward exceeds the rejected one's, on average over the pairs.

    Returns:
        One number without gradient, a 0-d tensor or a float.
    """
    ### BEGIN SOLUTION
    return (chosen_rewards - rejected_rewards).detach().mean()
    ### END SOLUTION


def ipo_loss(
    pc: Float[Tensor, "B"], pr: Float[Tensor, "B"], rc: Float[Tensor, "B"], rr: Float[Tensor, "B"], tau: float
) -> Float[Tensor, "B"]:
    """The IPO loss of each pair (Azar et al. 2023, eq. 17): the squared distance of h to 1 / (2 tau), where h is the
    log-ratio of the chosen completion minus that of the rejected one.

    Args:
        pc, pr, rc, rr: as in `dpo_loss`: sums over tokens, which nothing divides by the length.
        tau: the strength of the regularisation, positive.

    Returns:
        float32, shape (B,), with a gradient to `pc` and `pr` alone.
    """
    ### BEGIN SOLUTION
    h = (pc - rc.detach()) - (pr - rr.detach())
    return (h - 1 / (2 * tau)).pow(2)
    ### END SOLUTION


def bradley_terry_loss(r_w: Float[Tensor, "B"], r_l: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """The loss of a reward model (Rafailov et al. 2023, eq. 2): minus the mean log-likelihood of the preferences, if
    y_w is preferred to y_l with the probability sigmoid(r_w - r_l) (Bradley & Terry 1952).

    Args:
        r_w, r_l: what the reward model gives the preferred completion, and the other one.

    Returns:
        A 0-d float32 tensor with a gradient to both; finite also where the rewards are 400 apart.
    """
    ### BEGIN SOLUTION
    return -F.logsigmoid(r_w - r_l).mean()
    ### END SOLUTION


def kl_penalised_reward(
    r: Float[Tensor, "B"], logp: Float[Tensor, "B"], ref_logp: Float[Tensor, "B"], beta: float
) -> Float[Tensor, "B"]:
    """What the policy of RLHF is trained on: the reward less beta log pi(y|x)/pi_ref(y|x) (Rafailov et al. 2023,
    section 3, below eq. 3). Over samples of the policy its mean is the mean reward less beta times the KL divergence.

    Args:
        r: the rewards of sampled completions.
        logp, ref_logp: their log-probabilities under the policy and under the reference.
        beta: the price of a nat.

    Returns:
        float32, shape (B,), without gradient.
    """
    ### BEGIN SOLUTION
    return (r - beta * (logp - ref_logp)).detach()
    ### END SOLUTION
