"""Wrong versions that students write, each with what they are told: the symptom and the idea, never the code."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from grader.checks import mistake
from losses import baseline_advantages, pg_loss, td_target, value_loss
from returns import FINAL_REWARD, START_REWARD, batch_reward_to_go, exact_gradients, reward_to_go

# --- 3.1 reward_to_go -------------------------------------------------------------------------------------------------


@mistake(
    "reward_to_go",
    "The numbers are right but attached to the wrong time steps: your first entry is the return of the last step.",
)
def returns_in_reversed_order(rewards, gamma):
    returns, G = [], 0.0
    for reward in reversed(rewards):
        G = reward + gamma * G
        returns.append(G)
    return torch.tensor(returns, dtype=torch.float32)


@mistake(
    "reward_to_go",
    "All entries are equal: an action is still being credited with rewards that were earned before it.",
)
def whole_return_at_every_step(rewards, gamma):
    total = sum(gamma**t * reward for t, reward in enumerate(rewards))
    return torch.full((len(rewards),), float(total))


@mistake(
    "reward_to_go",
    "Your sums run from the first step up to t: they hold the past of an action instead of what it leads to.",
)
def rewards_so_far(rewards, gamma):
    returns, total = [], 0.0
    for t, reward in enumerate(rewards):
        total += gamma**t * reward
        returns.append(total)
    return torch.tensor(returns, dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Your last entry is a discounted reward, although nothing comes before it in its own return: for G_t the "
    "counting of the discount starts anew at step t.",
)
def discount_counted_from_the_start(rewards, gamma):
    returns, G = [], 0.0
    for t in reversed(range(len(rewards))):
        G += gamma**t * rewards[t]
        returns.append(G)
    return torch.tensor(returns[::-1], dtype=torch.float32)


@mistake(
    "reward_to_go",
    "The last reward of the episode is discounted as often in every entry, however far away it is: how many steps "
    "lie between t and the end?",
)
def last_reward_discounted_by_the_length(rewards, gamma):
    T = len(rewards)
    returns = []
    for t in range(T):
        G = sum(gamma ** (k - t) * rewards[k] for k in range(t, T - 1))
        returns.append(G + gamma ** (T - 1) * rewards[-1])
    return torch.tensor(returns, dtype=torch.float32)


@mistake("reward_to_go", "Your result does not depend on gamma: a reward far away counts as much as one now.")
def discount_ignored(rewards, gamma):
    return torch.tensor(np.cumsum(rewards[::-1])[::-1].copy(), dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Your first reward is discounted most, by everything that follows it; gamma has to shrink rewards that are "
    "further in the future.",
)
def past_discounted(rewards, gamma):
    returns, G = [], 0.0
    for reward in rewards:
        G = reward + gamma * G
        returns.append(G)
    return torch.tensor(returns, dtype=torch.float32)


@mistake("reward_to_go", "The reward of step t itself is missing from G_t: your last entry is 0.")
def own_reward_left_out(rewards, gamma):
    returns, G = [], 0.0
    for reward in reversed(rewards):
        returns.append(gamma * G)
        G = reward + gamma * G
    return torch.tensor(returns[::-1], dtype=torch.float32)


@mistake(
    "reward_to_go",
    "The nearest reward is discounted too: at its own step a reward counts in full, gamma to the 0.",
)
def own_reward_discounted(rewards, gamma):
    returns, G = [], 0.0
    for reward in reversed(rewards):
        G = gamma * (reward + G)
        returns.append(G)
    return torch.tensor(returns[::-1], dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Your returns are whole numbers: the rewards may be ints, what you sum must not become one.",
)
def integer_returns(rewards, gamma):
    returns = torch.zeros_like(torch.tensor(rewards)).tolist()
    G = 0
    for t in reversed(range(len(rewards))):
        G = rewards[t] + gamma * G
        returns[t] = int(G)
    return torch.tensor(returns)


@mistake(
    "reward_to_go",
    "The numbers are right, their type is not: the networks and everything after this are float32.",
)
def returns_in_float64(rewards, gamma):
    returns = np.zeros(len(rewards))
    G = 0.0
    for t in reversed(range(len(rewards))):
        G = returns[t] = rewards[t] + gamma * G
    return torch.from_numpy(returns)


@mistake(
    "reward_to_go",
    "Your function changes the list of rewards it was given: whoever called it finds other numbers in the memory.",
)
def memory_overwritten(rewards, gamma):
    for t in reversed(range(len(rewards) - 1)):
        rewards[t] += gamma * rewards[t + 1]
    return torch.tensor(rewards, dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Right numbers, but the time grows with the square of the episode: each step moves or adds up again everything "
    "that came after it.",
)
def every_step_moves_the_list(rewards, gamma):
    returns, G = [], 0.0
    for reward in reversed(rewards):
        G = reward + gamma * G
        returns.insert(0, G)
    return torch.tensor(returns, dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Python stops your function on a long episode: it calls itself once for every step, and that depth is limited.",
)
def one_call_per_step(rewards, gamma):
    def returns_from(t):
        if t == len(rewards):
            return [0.0]
        later = returns_from(t + 1)
        later.append(rewards[t] + gamma * later[-1])
        return later

    return torch.tensor(returns_from(0)[:0:-1], dtype=torch.float32)


@mistake(
    "reward_to_go",
    "You divide by a power of gamma: for gamma = 0, or late in an episode, that is a division by zero.",
)
def divided_by_powers_of_gamma(rewards, gamma):
    powers = torch.tensor(gamma, dtype=torch.float64) ** torch.arange(len(rewards))
    discounted = torch.tensor(rewards, dtype=torch.float64) * powers
    return (discounted.flip(0).cumsum(0).flip(0) / powers).float()


@mistake("reward_to_go", "Your function gives the same numbers whatever the rewards are.")
def numbers_of_the_handout(rewards, gamma):
    return torch.tensor([2.75, 3.5, 3.0])


# --- 3.2 batch_reward_to_go -------------------------------------------------------------------------------------------


@mistake(
    "batch_reward_to_go",
    "The return of the last step of episode 1 already contains rewards of episode 2: something must happen in your "
    "backward pass at a done.",
)
def no_reset_between_episodes(rewards, dones, gamma):
    return reward_to_go(rewards.tolist(), gamma)


@mistake(
    "batch_reward_to_go",
    "You cut one step too late: the last step of an episode still sees the next one, whose first step has lost its "
    "own future.",
)
def reset_one_step_late(rewards, dones, gamma):
    returns, G = [], 0.0
    for t in reversed(range(len(rewards))):
        ended_before = t > 0 and bool(dones[t - 1])
        G = float(rewards[t]) + gamma * G * (not ended_before)
        returns.append(G)
    return torch.tensor(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "You cut one step too early: the last step of an episode still sees the next one, and the step before it does "
    "not see the last reward.",
)
def reset_one_step_early(rewards, dones, gamma):
    returns, G = [], 0.0
    for reward, done in zip(reversed(rewards.tolist()), reversed(dones.tolist()), strict=True):
        G = reward + gamma * G
        returns.append(G)
        if done:
            G = 0.0
    return torch.tensor(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "The reward of an episode's last step has disappeared: a done ends the future after that step, not the step.",
)
def last_reward_zeroed(rewards, dones, gamma):
    returns, G = [], 0.0
    for reward, done in zip(reversed(rewards.tolist()), reversed(dones.tolist()), strict=True):
        G = 0.0 if done else reward + gamma * G
        returns.append(G)
    return torch.tensor(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "The returns of each episode are right, but the episodes come out in the opposite order: the last one is first.",
)
def episodes_in_reversed_order(rewards, dones, gamma):
    ends = [t for t, done in enumerate(dones.tolist(), 1) if done or t == len(dones)]
    pieces = [reward_to_go(rewards[a:b].tolist(), gamma) for a, b in zip([0, *ends], ends, strict=False)]
    return torch.cat(pieces[::-1])


@mistake(
    "batch_reward_to_go",
    "All steps of an episode have the same number: an action is still being credited with rewards from before it.",
)
def whole_return_in_every_episode(rewards, dones, gamma):
    G = batch_reward_to_go(rewards, dones, gamma).tolist()
    for t in range(1, len(G)):
        if not dones[t - 1]:
            G[t] = G[t - 1]
    return torch.tensor(G)


@mistake(
    "batch_reward_to_go",
    "You discount the past: the last step of an episode carries all rewards before it, the first one only its own.",
)
def sums_from_the_start_of_each_episode(rewards, dones, gamma):
    returns, G = [], 0.0
    for reward, done in zip(rewards.tolist(), dones.tolist(), strict=True):
        G = reward + gamma * G
        returns.append(G)
        G *= not done
    return torch.tensor(returns)


@mistake(
    "batch_reward_to_go",
    "Your function changes the tensor of rewards it was given; the next caller finds returns.",
)
def rewards_overwritten(rewards, dones, gamma):
    for t in reversed(range(len(rewards) - 1)):
        if not dones[t]:
            rewards[t] += gamma * rewards[t + 1]
    return rewards


@mistake(
    "batch_reward_to_go",
    "The steps after the last done are missing: an episode that is not finished still earned what it earned.",
)
def unfinished_episode_dropped(rewards, dones, gamma):
    finished = int(dones.nonzero().max()) + 1 if dones.any() else 0
    return batch_reward_to_go(rewards[:finished], dones[:finished], gamma)


@mistake(
    "batch_reward_to_go",
    "An episode that is not finished has returns of 0 in your result; they are the sum of the rewards there are.",
)
def unfinished_episode_counts_nothing(rewards, dones, gamma):
    returns = torch.zeros(len(rewards))
    start = 0
    for t, done in enumerate(dones.tolist(), 1):
        if done:
            returns[start:t] = reward_to_go(rewards[start:t].tolist(), gamma)
            start = t
    return returns


@mistake(
    "batch_reward_to_go", "Your result does not depend on gamma: a reward far away counts as much as one now."
)
def discount_ignored_in_every_episode(rewards, dones, gamma):
    return batch_reward_to_go(rewards, dones, 1.0)


@mistake(
    "batch_reward_to_go",
    "It raises because bool tensors have no subtraction in torch: a done flag is a truth value, not a number.",
)
def one_minus_done(rewards, dones, gamma):
    returns, G = [], 0.0
    for t in reversed(range(len(rewards))):
        G = rewards[t] + gamma * G * (1 - dones[t])
        returns.append(G)
    return torch.stack(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "You turn the rewards around but not the done flags: they belong to other steps then, and the cuts are misplaced.",
)
def dones_read_forwards(rewards, dones, gamma):
    returns, G = [], 0.0
    for reward, done in zip(reversed(rewards.tolist()), dones.tolist(), strict=True):
        G = reward + gamma * G * (not done)
        returns.append(G)
    return torch.tensor(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "On a GPU your function fails: it makes a new tensor on the CPU and computes with it and the rewards.",
)
def step_numbers_on_the_cpu(rewards, dones, gamma):
    t = torch.arange(len(rewards))
    powers = gamma ** (t.unsqueeze(0) - t.unsqueeze(1)).clamp(min=0)
    episode = dones.long().cumsum(0) - dones.long()
    same_episode = episode.unsqueeze(0) == episode.unsqueeze(1)
    return (powers.triu() * same_episode) @ rewards


# --- 3.3 get_action ---------------------------------------------------------------------------------------------------


@mistake(
    "get_action",
    "You always take the likeliest action: a stochastic policy tries every action as often as it says.",
)
def likeliest_action(logits, generator=None):
    action = logits.argmax(dim=-1)
    return action, torch.log_softmax(logits, dim=-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)


@mistake(
    "get_action",
    "Every action comes up equally often: what the policy network says is not used for the choice.",
)
def uniform_actions(logits, generator=None):
    action = torch.randint(logits.shape[-1], (len(logits), 1), generator=generator)
    return action.squeeze(-1), torch.log_softmax(logits, dim=-1).gather(-1, action).squeeze(-1)


@mistake(
    "get_action",
    "The log-probability belongs to another action than the one you return: the dice were thrown twice.",
)
def action_drawn_twice(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    draws = [torch.multinomial(log_probs.detach().exp(), 1, generator=generator) for _ in range(2)]
    return draws[0].squeeze(-1), log_probs.gather(-1, draws[1]).squeeze(-1)


@mistake(
    "get_action",
    "You were given a generator and drew from torch's global random state: the same seed gives other actions.",
)
def generator_ignored(logits, generator=None):
    policy = torch.distributions.Categorical(logits=logits)
    action = policy.sample()
    return action, policy.log_prob(action)


@mistake(
    "get_action",
    "The log-probability carries no gradient to the logits: it is a number, and from a number no policy learns.",
)
def log_probability_without_graph(logits, generator=None):
    with torch.no_grad():
        log_probs = torch.log_softmax(logits, dim=-1)
        action = torch.multinomial(log_probs.exp(), 1, generator=generator)
        return action.squeeze(-1), log_probs.gather(-1, action).squeeze(-1)


@mistake(
    "get_action", "You return the probability of the action; the policy gradient asks for its logarithm."
)
def probability_instead_of_its_log(logits, generator=None):
    probabilities = torch.softmax(logits, dim=-1)
    action = torch.multinomial(probabilities.detach(), 1, generator=generator)
    return action.squeeze(-1), probabilities.gather(-1, action).squeeze(-1)


@mistake(
    "get_action",
    "What you return is the logit of the action. It is a log-probability only where the row is normalised already.",
)
def logit_instead_of_log_probability(logits, generator=None):
    action = torch.multinomial(torch.softmax(logits.detach(), dim=-1), 1, generator=generator)
    return action.squeeze(-1), logits.gather(-1, action).squeeze(-1)


@mistake(
    "get_action",
    "Your log-probabilities are positive: a cross entropy is the negative of what is asked for here.",
)
def cross_entropy_with_its_sign(logits, generator=None):
    action = torch.multinomial(torch.softmax(logits.detach(), dim=-1), 1, generator=generator).squeeze(-1)
    return action, F.cross_entropy(logits, action, reduction="none")


@mistake(
    "get_action", "Both results are columns (B,1): next to weights of shape (B,) they would become B times B."
)
def columns_instead_of_rows(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action, log_probs.gather(-1, action)


@mistake(
    "get_action", "A batch of one state loses its batch dimension: every dimension of size one was removed."
)
def batch_of_one_squeezed_away(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(), log_probs.gather(-1, action).squeeze()


@mistake(
    "get_action",
    "Every state acts by the probabilities of the first one: each row of the logits has its own.",
)
def first_row_for_all(logits, generator=None):
    probabilities = torch.softmax(logits[0].detach(), dim=-1)
    action = torch.multinomial(probabilities, len(logits), replacement=True, generator=generator)
    return action, torch.log_softmax(logits[0], dim=-1)[action]


@mistake(
    "get_action",
    "Your probabilities sum to one over the batch: the softmax runs over the states instead of the actions.",
)
def softmax_over_the_batch(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=0)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(-1), log_probs.gather(-1, action).squeeze(-1)


@mistake(
    "get_action",
    "Logits of 200 break your function: their exponential is more than a float32 can hold.",
)
def exponential_of_the_logits(logits, generator=None):
    weights = logits.exp()
    probabilities = weights / weights.sum(dim=-1, keepdim=True)
    action = torch.multinomial(probabilities.detach(), 1, generator=generator)
    return action.squeeze(-1), probabilities.gather(-1, action).squeeze(-1).log()


@mistake("get_action", "The two results are in the wrong order: the action comes first.")
def results_swapped(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return log_probs.gather(-1, action).squeeze(-1), action.squeeze(-1)


@mistake("get_action", "One number came back for the whole batch: every state has its own log-probability.")
def log_probabilities_summed(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(-1), log_probs.gather(-1, action).sum()


@mistake(
    "get_action",
    "You return the log-probabilities of all actions; one for each row is wanted, that of its action.",
)
def log_probabilities_of_all_actions(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    return torch.multinomial(log_probs.detach().exp(), 1, generator=generator).squeeze(-1), log_probs


@mistake(
    "get_action", "Your actions are floats; they are indices, and an environment or a gather refuses a float."
)
def actions_as_floats(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(-1).float(), log_probs.gather(-1, action).squeeze(-1)


@mistake(
    "get_action",
    "On a GPU your function fails: the random numbers are made on the CPU and meet the logits there.",
)
def noise_on_the_cpu(logits, generator=None):
    uniform = torch.rand(logits.shape, generator=generator)
    action = (logits.detach() - (-uniform.log()).log()).argmax(dim=-1)
    return action, torch.log_softmax(logits, dim=-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)


# --- 3.4 pg_loss, pg_loss_batch ---------------------------------------------------------------------------------------


@mistake(
    "pg_loss",
    "A gradient-descent step on your loss makes the good action less likely: compare the sign of objective and loss.",
)
def objective_instead_of_loss(logp, weights):
    return (logp * weights.detach()).sum()


@mistake(
    "pg_loss",
    "Your loss multiplies the weights with probabilities: the gradient of the policy's logarithm is what is estimated.",
)
def probability_in_the_loss(logp, weights):
    return -(logp.exp() * weights.detach()).sum()


@mistake(
    "pg_loss",
    "The loss sends a gradient into the weights: an action's credit is data here, also where a network computed it.",
)
def weights_not_detached(logp, weights):
    return -(logp * weights).sum()


@mistake(
    "pg_loss",
    "No gradient reaches the log-probabilities: the constant here is the weight, and the policy is what learns.",
)
def log_probabilities_detached(logp, weights):
    return -(logp.detach() * weights).sum()


@mistake(
    "pg_loss", "Your loss is a Python number: it has the right value, and nothing can be learned from it."
)
def loss_as_a_number(logp, weights):
    return -(logp * weights.detach()).sum().item()


@mistake(
    "pg_loss",
    "Your loss is made of two sums: each step's log-probability belongs to its own weight before anything is added up.",
)
def product_of_sums(logp, weights):
    return -logp.sum() * weights.detach().sum()


@mistake("pg_loss", "Your loss adds up N times N numbers: one of the two has an extra dimension of size 1.")
def outer_product(logp, weights):
    return -(logp.unsqueeze(1) * weights.detach()).sum()


@mistake("pg_loss", "The loss is NaN: what you take the logarithm of is a logarithm already.")
def logarithm_taken_twice(logp, weights):
    return -(logp.log() * weights.detach()).sum()


@mistake(
    "pg_loss",
    "Your loss is a mean over the steps: a long episode then counts no more than a short one, where a sum is asked for.",
)
def mean_over_the_steps(logp, weights):
    return -(logp * weights.detach()).mean()


@mistake(
    "pg_loss",
    "Only one step of the episode is in your loss: every action of it gets its share of the credit.",
)
def last_step_only(logp, weights):
    for t in range(len(logp)):
        loss = -logp[t] * weights[t].detach()
    return loss


@mistake(
    "pg_loss",
    "Your loss loses the sign of the weights: an action that did worse than expected has to become less likely.",
)
def weights_without_sign(logp, weights):
    return -(logp * weights.detach().abs()).sum()


@mistake("pg_loss", "The loss has the shape (1,): a loss is a single number, a tensor without dimensions.")
def loss_of_shape_one(logp, weights):
    return -(logp * weights.detach()).sum(dim=0, keepdim=True)


@mistake("pg_loss", "There is one number for each step in your result: what is still missing is their sum.")
def steps_not_added_up(logp, weights):
    return -(logp * weights.detach())


@mistake(
    "pg_loss",
    "You rescale the weights inside the loss: it has to use them as they come, whatever is done to them before.",
)
def weights_normalised(logp, weights):
    weights = weights.detach()
    return -(logp * (weights - weights.mean()) / (weights.std(correction=0) + 1e-8)).sum()


@mistake("pg_loss", "On a GPU your function fails: it computes with a new tensor that lies on the CPU.")
def running_loss_on_the_cpu(logp, weights):
    losses = torch.zeros(len(logp)) - logp * weights.detach()
    return losses.sum()


@mistake(
    "pg_loss_batch",
    "You divide by the number of steps: one sample of the expectation is a whole episode, however long it is.",
)
def mean_over_all_steps(logp, weights, n_episodes):
    return pg_loss(logp, weights) / len(logp)


@mistake(
    "pg_loss_batch",
    "Your loss grows with the number of episodes: it is a sum over them where a mean is asked for.",
)
def sum_over_the_episodes(logp, weights, n_episodes):
    return pg_loss(logp, weights)


@mistake(
    "pg_loss_batch", "You divide twice, by the steps and by the episodes: within an episode it stays a sum."
)
def mean_of_steps_over_episodes(logp, weights, n_episodes):
    return -(logp * weights.detach()).mean() / n_episodes


@mistake(
    "pg_loss_batch", "The loss grows with n_episodes: more samples of an expectation do not make it larger."
)
def multiplied_by_the_episodes(logp, weights, n_episodes):
    return pg_loss(logp, weights) * n_episodes


@mistake(
    "pg_loss_batch",
    "A gradient-descent step on your loss makes good actions less likely: compare the sign of objective and loss.",
)
def batch_objective_instead_of_loss(logp, weights, n_episodes):
    return (logp * weights.detach()).sum() / n_episodes


@mistake("pg_loss_batch", "The loss sends a gradient into the weights, which are only data here.")
def batch_weights_not_detached(logp, weights, n_episodes):
    return -(logp * weights).sum() / n_episodes


@mistake(
    "pg_loss_batch", "Your division rounds: the loss is a whole number, and a rounded number has no gradient."
)
def rounded_division(logp, weights, n_episodes):
    return pg_loss(logp, weights) // n_episodes


@mistake(
    "pg_loss_batch",
    "You cut the steps into episodes of equal length; episodes are as long as they are, and their ends are not "
    "needed here.",
)
def episodes_of_equal_length(logp, weights, n_episodes):
    steps = (logp * weights.detach()).reshape(n_episodes, -1)
    return -steps.sum(dim=1).mean()


# --- 3.5 total_return_weights -----------------------------------------------------------------------------------------


@mistake(
    "total_return_weights",
    "Within an episode your weights differ: this simplest estimate credits every action with all rewards, earlier "
    "ones too.",
)
def reward_to_go_weights(rewards, dones, gamma):
    return batch_reward_to_go(rewards, dones, gamma)


@mistake(
    "total_return_weights",
    "All episodes have the same weight: each step gets the return of its own episode alone.",
)
def one_return_for_all_episodes(rewards, dones, gamma):
    return torch.full_like(rewards, float(batch_reward_to_go(rewards, torch.zeros_like(dones), gamma)[0]))


@mistake(
    "total_return_weights",
    "The first episode is right, every later one too small: gamma's exponent counts from the start of an episode.",
)
def discount_not_restarted(rewards, dones, gamma):
    episode = dones.long().cumsum(0) - dones.long()
    discounted = gamma ** torch.arange(len(rewards)) * rewards
    return torch.zeros_like(rewards).scatter_add(0, episode, discounted)[episode]


@mistake(
    "total_return_weights",
    "Your result does not depend on gamma: a reward far away counts as much as one now.",
)
def total_without_discount(rewards, dones, gamma):
    episode = dones.long().cumsum(0) - dones.long()
    return torch.zeros_like(rewards).scatter_add(0, episode, rewards)[episode]


@mistake(
    "total_return_weights",
    "Your weights are the return of an episode's last step, which is one reward; G(tau) is the return of the first.",
)
def return_of_the_last_step(rewards, dones, gamma):
    returns = batch_reward_to_go(rewards, dones, gamma)
    weights = returns.clone()
    for t in reversed(range(len(rewards) - 1)):
        if not dones[t]:
            weights[t] = weights[t + 1]
    return weights


@mistake(
    "total_return_weights",
    "The first reward of an episode is discounted most in your weights: gamma has to shrink the later ones.",
)
def total_with_the_past_discounted(rewards, dones, gamma):
    weights, G, length = [], 0.0, 0
    for reward, done in zip(rewards.tolist(), dones.tolist(), strict=True):
        G, length = reward + gamma * G, length + 1
        if done:
            weights += [G] * length
            G, length = 0.0, 0
    return torch.tensor(weights + [G] * length)


@mistake(
    "total_return_weights",
    "Your weights shrink within an episode: G(tau) is one number for all its steps, discounted once and not again.",
)
def total_discounted_again(rewards, dones, gamma):
    starts = _starts(dones)
    episode = starts.long().cumsum(0) - 1
    step = torch.arange(len(rewards)) - starts.nonzero().squeeze(-1)[episode]
    return gamma**step * batch_reward_to_go(rewards, dones, gamma)[starts][episode]


@mistake(
    "total_return_weights",
    "The last step of an episode has the next episode's weight: the step at which an episode is done belongs to it.",
)
def last_step_counted_to_the_next_episode(rewards, dones, gamma):
    totals = batch_reward_to_go(rewards, dones, gamma)[_starts(dones)]
    episode = dones.long().cumsum(0)
    return totals[episode.clamp(max=len(totals) - 1)]


@mistake(
    "total_return_weights",
    "The steps after the last done have no return: an unfinished episode is credited with what it has earned so far.",
)
def unfinished_total_is_zero(rewards, dones, gamma):
    weights = torch.zeros_like(rewards)
    start = 0
    for t, done in enumerate(dones.tolist(), 1):
        if done:
            weights[start:t] = reward_to_go(rewards[start:t].tolist(), gamma)[0]
            start = t
    return weights


@mistake(
    "total_return_weights",
    "Your weights are a mean of rewards: a longer episode earns more, and a mean does not see it.",
)
def mean_reward_of_the_episode(rewards, dones, gamma):
    episode = dones.long().cumsum(0) - dones.long()
    totals = torch.zeros_like(rewards).scatter_add(0, episode, rewards)
    lengths = torch.zeros_like(rewards).scatter_add(0, episode, torch.ones_like(rewards))
    return (totals / lengths)[episode]


@mistake(
    "total_return_weights",
    "There is one number for each episode in your result; one for each step is asked for.",
)
def one_weight_per_episode(rewards, dones, gamma):
    return batch_reward_to_go(rewards, dones, gamma)[_starts(dones)]


@mistake(
    "total_return_weights",
    "On a GPU your function fails: it computes with a new tensor that lies on the CPU.",
)
def powers_of_gamma_on_the_cpu(rewards, dones, gamma):
    step = torch.arange(len(rewards))
    episode = dones.long().cumsum(0) - dones.long()
    first = torch.full_like(step, len(rewards)).scatter_reduce(0, episode, step, "amin")
    discounted = gamma ** (step - first.gather(0, episode)) * rewards
    return torch.zeros_like(rewards).scatter_add(0, episode, discounted).gather(0, episode)


def _starts(dones):
    """True at the first step of each episode."""
    return torch.cat([torch.ones_like(dones[:1]), dones[:-1]])


# --- 3.6 exact_gradients ----------------------------------------------------------------------------------------------


def _next_row(a):
    """The row of theta after the action a in s0."""
    return 1 + a


def _rewards(a, b):
    """R_0 and R_1 of the trajectory (a, b)."""
    return START_REWARD[a], FINAL_REWARD[a][b]


def _enumerated(
    theta, gamma, probability=Tensor.detach, score=lambda logp: logp, row=_next_row, rewards=_rewards, dim=-1
):
    """The right four gradients, unless one of the pieces is replaced: the factor that `probability` makes of a
    trajectory's probability, what is differentiated, the row of theta, the rewards, the axis of the softmax."""
    theta = theta.detach().double().requires_grad_()
    log_pi = torch.log_softmax(theta, dim=dim)
    sums = dict.fromkeys(("true", "total", "to_go", "discounted_to_go"), torch.zeros(()))
    for a in range(2):
        for b in range(2):
            logp0, logp1 = log_pi[0, a], log_pi[row(a), b]
            p = (logp0 + logp1).exp()
            R0, R1 = rewards(a, b)
            G0 = R0 + gamma * R1
            sums["true"] = sums["true"] + p * G0
            for name, w0, w1 in (("total", G0, G0), ("to_go", G0, R1), ("discounted_to_go", G0, gamma * R1)):
                sums[name] = sums[name] + probability(p) * (w0 * score(logp0) + w1 * score(logp1))
    return {name: torch.autograd.grad(value, theta, retain_graph=True)[0] for name, value in sums.items()}


@mistake(
    "exact_gradients",
    "Your estimates are too large: in them a trajectory's probability only says how often it is seen, and is not "
    "differentiated itself.",
)
def probability_differentiated_too(theta, gamma):
    return _enumerated(theta, gamma, probability=lambda p: p)


@mistake(
    "exact_gradients",
    "Every trajectory counts the same in your estimates: an expectation weights each with how often the policy takes it.",
)
def trajectories_averaged(theta, gamma):
    return _enumerated(theta, gamma, probability=lambda p: 1 / 4)


@mistake(
    "exact_gradients",
    "Your estimates are plain sums over the trajectories: the probability of each is missing.",
)
def trajectories_summed(theta, gamma):
    return _enumerated(theta, gamma, probability=lambda p: 1.0)


@mistake(
    "exact_gradients",
    "Your estimates differentiate the policy instead of its logarithm: compare the score function in the theorem.",
)
def gradient_of_pi_without_the_log(theta, gamma):
    return _enumerated(theta, gamma, score=torch.exp)


@mistake(
    "exact_gradients",
    "Nothing depends on gamma: the second reward of an episode is discounted once in its return.",
)
def second_reward_not_discounted(theta, gamma):
    return _enumerated(theta, 1.0)


@mistake("exact_gradients", "The reward of the first action is missing from the return.")
def start_reward_forgotten(theta, gamma):
    return _enumerated(theta, gamma, rewards=lambda a, b: (0.0, FINAL_REWARD[a][b]))


@mistake(
    "exact_gradients", "The rewards of s1 and s2 are mixed up: the first index is the action that led there."
)
def final_rewards_transposed(theta, gamma):
    return _enumerated(theta, gamma, rewards=lambda a, b: (START_REWARD[a], FINAL_REWARD[b][a]))


@mistake(
    "exact_gradients",
    "One row of your gradients is zero: s1 and s2 are two states, each with its own logits.",
)
def one_row_for_both_second_states(theta, gamma):
    return _enumerated(theta, gamma, row=lambda a: 1)


@mistake("exact_gradients", "Two rows are exchanged: which of the states does the first action lead to?")
def second_states_exchanged(theta, gamma):
    return _enumerated(theta, gamma, row=lambda a: 2 - a)


@mistake(
    "exact_gradients",
    "Each row of a gradient has to sum to zero, since a softmax does not see a shift of its row; yours do not.",
)
def softmax_over_the_states(theta, gamma):
    return _enumerated(theta, gamma, dim=0)


@mistake(
    "exact_gradients",
    "Your 'to_go' equals your 'discounted_to_go': G_t starts to count the discount at t, the factor gamma to the t is "
    "what only the other one has.",
)
def to_go_discounted_from_the_start(theta, gamma):
    gradients = exact_gradients(theta, gamma)
    return {**gradients, "to_go": gradients["discounted_to_go"]}


@mistake(
    "exact_gradients",
    "Your 'discounted_to_go' equals your 'to_go', and so is not the gradient of J: the factor gamma to the t is missing.",
)
def factor_of_time_forgotten(theta, gamma):
    gradients = exact_gradients(theta, gamma)
    return {**gradients, "discounted_to_go": gradients["to_go"]}


@mistake(
    "exact_gradients",
    "The action in s0 is discounted in 'discounted_to_go', although it is the one at t = 0.",
)
def time_counted_from_one(theta, gamma):
    gradients = exact_gradients(theta, gamma)
    return {**gradients, "discounted_to_go": gamma * gradients["discounted_to_go"]}


@mistake(
    "exact_gradients",
    "'total' has the wrong return: G(tau) is discounted, and the same number for both steps.",
)
def total_return_without_discount(theta, gamma):
    return {**exact_gradients(theta, gamma), "total": exact_gradients(theta, 1.0)["total"]}


@mistake(
    "exact_gradients", "Your estimates are half of what they should be: they add up the steps of an episode."
)
def mean_over_the_two_steps(theta, gamma):
    gradients = exact_gradients(theta, gamma)
    return {name: value if name == "true" else value / 2 for name, value in gradients.items()}


@mistake(
    "exact_gradients", "The signs are those of a loss: the gradient of J points to where the return grows."
)
def gradients_of_the_loss(theta, gamma):
    return {name: -value for name, value in exact_gradients(theta, gamma).items()}


@mistake("exact_gradients", "The numbers are float32: an exact gradient is asked for in double precision.")
def gradients_in_float32(theta, gamma):
    return {name: value.float() for name, value in exact_gradients(theta, gamma).items()}


@mistake(
    "exact_gradients",
    "Close, but not exact: with a step of a finite size a difference quotient is not the gradient.",
)
def difference_quotient(theta, gamma):
    def J(theta):
        pi = torch.softmax(theta, dim=-1)
        return sum(
            pi[0, a] * pi[1 + a, b] * (START_REWARD[a] + gamma * FINAL_REWARD[a][b])
            for a in range(2)
            for b in range(2)
        )

    theta, step = theta.detach().double(), 1e-3
    moved = [J(theta + step * unit.reshape(3, 2)) for unit in torch.eye(6, dtype=torch.float64)]
    return {**exact_gradients(theta, gamma), "true": (torch.stack(moved) - J(theta)).reshape(3, 2) / step}


@mistake(
    "exact_gradients",
    "Close, but not exact: you sampled trajectories, and there are so few that all of them can be counted.",
)
def trajectories_sampled(theta, gamma):
    pi = torch.softmax(theta.detach().double(), dim=-1)
    random = torch.Generator().manual_seed(0)
    total = torch.zeros(3, 2, dtype=torch.float64)
    for _ in range(1000):
        a = int(torch.multinomial(pi[0], 1, generator=random))
        b = int(torch.multinomial(pi[1 + a], 1, generator=random))
        score = torch.zeros(3, 2, dtype=torch.float64)
        score[0], score[1 + a] = -pi[0], -pi[1 + a]
        score[0, a] += 1
        score[1 + a, b] += 1
        total += (START_REWARD[a] + gamma * FINAL_REWARD[a][b]) * score
    return {**exact_gradients(theta, gamma), "total": total / 1000}


# --- 3.7 baseline_advantages, value_loss ------------------------------------------------------------------------------


def _same_shape(one, other):
    if one.shape != other.shape:
        raise ValueError(f"shapes differ: {tuple(one.shape)} and {tuple(other.shape)}")


@mistake(
    "baseline_advantages",
    "Your advantages send a gradient into the value network; in the policy's loss an advantage is only a weight.",
)
def advantage_not_detached(G, v):
    _same_shape(G, v)
    return G - v


@mistake(
    "baseline_advantages",
    "A return above the baseline gets a negative advantage: what was better than expected has to count as good.",
)
def advantage_with_the_wrong_sign(G, v):
    _same_shape(G, v)
    return (v - G).detach()


@mistake(
    "baseline_advantages",
    "The baseline is added to the return: an advantage says by how much it was exceeded.",
)
def baseline_added(G, v):
    _same_shape(G, v)
    return (G + v).detach()


@mistake(
    "baseline_advantages",
    "Your advantages are ratios: a return as good as expected has the advantage 0, not 1.",
)
def return_divided_by_the_baseline(G, v):
    _same_shape(G, v)
    return (G / v).detach()


@mistake(
    "baseline_advantages",
    "Your function changes the returns that it was given; the critic's loss still needs them.",
)
def returns_changed_in_place(G, v):
    _same_shape(G, v)
    G -= v.detach()
    return G


@mistake(
    "baseline_advantages",
    "All steps share one baseline in your result: V depends on the state, and so each return has its own.",
)
def mean_value_as_baseline(G, v):
    _same_shape(G, v)
    return (G - v.mean()).detach()


@mistake(
    "baseline_advantages",
    "The baseline you are given is not used: the mean of the returns is another one.",
)
def mean_return_as_baseline(G, v):
    _same_shape(G, v)
    return (G - G.mean()).detach()


@mistake(
    "baseline_advantages",
    "You rescale the advantages: here they are the plain differences, in units of return.",
)
def advantages_normalised(G, v):
    _same_shape(G, v)
    advantages = (G - v).detach()
    return (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)


@mistake(
    "baseline_advantages",
    "Returns (N,) and values (N,1) went through without a word: the result is N times N numbers, and learning fails "
    "silently.",
)
def advantages_of_any_shapes(G, v):
    return (G - v).detach()


@mistake(
    "baseline_advantages",
    "Two tensors of as many numbers need not have one shape: (N,1) and (N,) still become N times N in your result.",
)
def lengths_compared_instead_of_shapes(G, v):
    if len(G) != len(v):
        raise ValueError(f"lengths differ: {len(G)} and {len(v)}")
    return (G - v).detach()


@mistake(
    "baseline_advantages",
    "You repair the shapes instead of refusing them: a column where a row is expected is the caller's mistake, and it "
    "should hear of it.",
)
def shapes_repaired(G, v):
    return (G.reshape(-1) - v.reshape(-1)).detach()


@mistake(
    "baseline_advantages",
    "Your function raises for different shapes, but not the error that its description names.",
)
def advantages_asserted(G, v):
    assert G.shape == v.shape, "shapes differ"
    return (G - v).detach()


@mistake(
    "baseline_advantages",
    "On a GPU your function fails: the values are moved to the CPU and meet the returns there.",
)
def values_moved_to_the_cpu(G, v):
    _same_shape(G, v)
    return G - v.detach().cpu()


@mistake(
    "value_loss", "Your loss is half of what is asked for: this mean squared error has no factor of its own."
)
def half_of_the_squared_error(v, G):
    _same_shape(v, G)
    return 0.5 * (v - G.detach()).pow(2).mean()


@mistake(
    "value_loss",
    "Your critic's loss grows with the batch: the mean over its numbers is asked for, not their sum.",
)
def sum_of_squared_errors(v, G):
    _same_shape(v, G)
    return (v - G.detach()).pow(2).sum()


@mistake(
    "value_loss",
    "Your loss sends a gradient into its target: what the critic is regressed on is data, even if it computed it.",
)
def target_gets_a_gradient(v, G):
    _same_shape(v, G)
    return (v - G).pow(2).mean()


@mistake(
    "value_loss",
    "No gradient reaches the critic: it is the prediction that learns, and the target that stays.",
)
def prediction_detached(v, G):
    _same_shape(v, G)
    return (v.detach() - G).pow(2).mean()


@mistake(
    "value_loss", "Your errors are not squared: absolute errors pull towards the median return, not the mean."
)
def absolute_error(v, G):
    _same_shape(v, G)
    return (v - G.detach()).abs().mean()


@mistake("value_loss", "Your loss is the root of what is asked for.")
def root_of_the_mean_square(v, G):
    _same_shape(v, G)
    return (v - G.detach()).pow(2).mean().sqrt()


@mistake(
    "value_loss",
    "You square the mean error: errors of both signs cancel, and a critic that is wrong everywhere may have no loss.",
)
def square_of_the_mean_error(v, G):
    _same_shape(v, G)
    return (v - G.detach()).mean().pow(2)


@mistake("value_loss", "The critic's loss is negative: an optimiser would make its error as large as it can.")
def negative_squared_error(v, G):
    _same_shape(v, G)
    return -(v - G.detach()).pow(2).mean()


@mistake("value_loss", "There is one number for each step in your result: a loss is a single one.")
def squared_errors_of_each_step(v, G):
    _same_shape(v, G)
    return (v - G.detach()).pow(2)


@mistake(
    "value_loss",
    "Values (N,1) and returns (N,) went through: your loss averages N times N numbers, of which torch only warns.",
)
def error_of_any_shapes(v, G):
    return (v - G.detach()).pow(2).mean()


@mistake(
    "value_loss", "Your loss is a Python number: it has the right value, and nothing can be learned from it."
)
def critic_loss_as_a_number(v, G):
    _same_shape(v, G)
    return float((v - G).pow(2).mean())


@mistake(
    "value_loss", "On a GPU your function fails: the returns are moved to the CPU and meet the values there."
)
def targets_moved_to_the_cpu(v, G):
    _same_shape(v, G)
    return F.mse_loss(v, G.detach().cpu())


# --- 3.8 td_target ----------------------------------------------------------------------------------------------------


@mistake(
    "td_target",
    "Your critic's gradient also flows through V(next state): the target has to be treated as a constant. Does detach "
    "change the tensor you call it on, or give you another one?",
)
def result_of_detach_dropped(r, v_next, terminated, gamma):
    target = r + gamma * v_next * ~terminated
    target.detach()
    return target


@mistake(
    "td_target", "After a real termination there is no future, yet your target still contains gamma V(next)."
)
def target_bootstraps_through_the_end(r, v_next, terminated, gamma):
    return (r + gamma * v_next).detach()


@mistake(
    "td_target",
    "Your mask is upside down: the future counts exactly where the episode has ended, and is missing everywhere else.",
)
def future_only_after_the_end(r, v_next, terminated, gamma):
    return (r + gamma * v_next * terminated).detach()


@mistake("td_target", "V(next) is not discounted: it is worth what it will be one step later.")
def next_value_not_discounted(r, v_next, terminated, gamma):
    return (r + v_next * ~terminated).detach()


@mistake("td_target", "The reward is discounted as well: it is earned now, only what follows it comes later.")
def reward_discounted_in_the_target(r, v_next, terminated, gamma):
    return (gamma * (r + v_next * ~terminated)).detach()


@mistake(
    "td_target",
    "It raises because bool tensors have no subtraction in torch: `terminated` is a truth value, not a number.",
)
def one_minus_terminated(r, v_next, terminated, gamma):
    return (r + gamma * v_next * (1 - terminated)).detach()


@mistake(
    "td_target",
    "It raises because a whole tensor has no truth value: the question is asked for each step by itself.",
)
def python_not_of_a_tensor(r, v_next, terminated, gamma):
    return (r + gamma * v_next * (not terminated)).detach()


@mistake(
    "td_target",
    "Your mask holds -1 and -2: turning around the bits of an integer is not the negation of a truth value.",
)
def bits_of_an_integer_negated(r, v_next, terminated, gamma):
    return (r + gamma * v_next * ~terminated.int()).detach()


@mistake(
    "td_target",
    "The last reward has disappeared: a termination ends the future, the reward that came with it stays.",
)
def reward_of_the_end_masked(r, v_next, terminated, gamma):
    return ((r + gamma * v_next) * ~terminated).detach()


@mistake(
    "td_target",
    "One terminated step takes away the future of the whole batch: each step asks for its own episode.",
)
def any_end_ends_all(r, v_next, terminated, gamma):
    return (r if terminated.any() else r + gamma * v_next).detach()


@mistake(
    "td_target",
    "V(next) is subtracted: the target is the reward and what is still to come, not a difference.",
)
def next_value_subtracted(r, v_next, terminated, gamma):
    return (r - gamma * v_next * ~terminated).detach()


@mistake(
    "td_target",
    "Your function writes zeros into the V(next) it was given; its caller still uses those numbers.",
)
def next_values_overwritten(r, v_next, terminated, gamma):
    v_next = v_next.detach()
    v_next[terminated] = 0.0
    return r + gamma * v_next


@mistake(
    "td_target",
    "It raises because the target was computed with a graph: what has a history cannot be told to have none, it can "
    "only be copied without.",
)
def gradient_switched_off_afterwards(r, v_next, terminated, gamma):
    target = r + gamma * v_next * ~terminated
    target.requires_grad = False
    return target


@mistake(
    "td_target",
    "The steps after the first termination are missing: these are transitions, each one by itself.",
)
def cut_at_the_first_end(r, v_next, terminated, gamma):
    ended = terminated.long().cumsum(0) > 0
    return (r + gamma * v_next * ~ended).detach()


@mistake(
    "td_target", "On a GPU your function fails: the zeros that replace V(next) are a new tensor on the CPU."
)
def zeros_on_the_cpu(r, v_next, terminated, gamma):
    return (r + gamma * torch.where(terminated, torch.zeros(len(r)), v_next)).detach()


# --- 3.9 actor_critic_losses ------------------------------------------------------------------------------------------


@mistake(
    "actor_critic_losses",
    "The actor's loss sends a gradient into the critic: the advantage in it is only a weight.",
)
def advantage_of_the_actor_not_detached(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * (target - v)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Your critic's gradient also flows through V(next state), which pulls a value towards the one before it: on the "
    "A-split it ends far from the truth. The target is a constant.",
)
def residual_gradient(logp, v, v_next, r, terminated, gamma):
    target = r + gamma * v_next * ~terminated
    return -(logp * (target - v).detach()).mean(), (target - v).pow(2).mean()


@mistake(
    "actor_critic_losses",
    "The actor's weight has the wrong sign: an action after which things look better than expected has to count as good.",
)
def td_error_with_the_wrong_sign(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * (v.detach() - target)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Your actor's weight is the squared TD error, which is never negative: a bad surprise is then credited as a good one.",
)
def squared_td_error_as_weight(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v).pow(2)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "The actor is credited with the whole target: what the critic expected already is not subtracted.",
)
def target_as_weight(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * target).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Your critic's loss averages N times N numbers: one of its two tensors has an extra dimension of size 1.",
)
def column_against_row_in_the_critic(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    loss_v = (v.unsqueeze(-1) - target).pow(2).mean()
    return -(logp * baseline_advantages(target, v)).mean(), loss_v


@mistake(
    "actor_critic_losses",
    "After a real termination there is no future, yet both your losses still contain gamma V(next).",
)
def losses_bootstrap_through_the_end(logp, v, v_next, r, terminated, gamma):
    target = (r + gamma * v_next).detach()
    return -(logp * baseline_advantages(target, v)).mean(), value_loss(v, target)


@mistake("actor_critic_losses", "No gradient reaches the critic: in its own loss V(S) is what learns.")
def value_detached_in_its_own_loss(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    delta = baseline_advantages(target, v)
    return -(logp * delta).mean(), delta.pow(2).mean()


@mistake(
    "actor_critic_losses",
    "Your critic's errors are not squared: absolute errors pull towards a median, not the mean.",
)
def absolute_td_error(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean(), (v - target).abs().mean()


@mistake(
    "actor_critic_losses", "The critic's loss is half of what is asked for: no factor stands before the mean."
)
def half_of_the_squared_td_error(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean(), 0.5 * value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "A gradient-descent step on your actor's loss makes good actions less likely: compare objective and loss.",
)
def actor_objective_instead_of_loss(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return (logp * baseline_advantages(target, v)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Your actor's loss grows with the number of transitions: here it is a mean over them.",
)
def actor_loss_summed(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return pg_loss(logp, baseline_advantages(target, v)), value_loss(v, target)


@mistake("actor_critic_losses", "The two losses come back in the wrong order: the actor's is the first.")
def losses_in_the_wrong_order(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return value_loss(v, target), -(logp * baseline_advantages(target, v)).mean()


@mistake(
    "actor_critic_losses",
    "You add the two losses up: they are asked for one by one, each for its own network.",
)
def losses_added_up(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean() + value_loss(v, target)


@mistake(
    "actor_critic_losses", "V(next) is not discounted in your TD error: gamma has no influence on the losses."
)
def td_error_without_discount(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, 1.0)
    return -(logp * baseline_advantages(target, v)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "At a terminated step V(S) has disappeared too: the episode ends after this state, whose value is still compared.",
)
def value_before_the_end_masked(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    error = (target - v) * ~terminated
    return -(logp * error.detach()).mean(), error.pow(2).mean()


@mistake(
    "actor_critic_losses",
    "Your actor multiplies with the policy's probability: its logarithm is what is wanted.",
)
def probability_in_the_actors_loss(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp.exp() * baseline_advantages(target, v)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses", "No gradient reaches the policy: the constant in its loss is the advantage alone."
)
def actor_without_gradient(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    with torch.no_grad():
        loss_pi = -(logp * (target - v)).mean()
    return loss_pi, value_loss(v, target)


@mistake(
    "actor_critic_losses", "On a GPU your function fails: it computes with a new tensor that lies on the CPU."
)
def ends_on_the_cpu(logp, v, v_next, r, terminated, gamma):
    target = torch.where(terminated, r, r + gamma * v_next.detach()) + torch.zeros(len(r))
    return -(logp * baseline_advantages(target, v)).mean(), value_loss(v, target)
