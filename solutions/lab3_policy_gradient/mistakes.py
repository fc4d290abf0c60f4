"""Wrong versions that students write, with what they then read: the symptom and the idea, never the code."""

import numpy as np
import torch
import torch.nn.functional as F

from agent import get_action
from grader.checks import mistake
from losses import baseline_advantages, pg_loss, td_target, value_loss
from returns import FINAL_REWARD, START_REWARD, batch_reward_to_go, exact_gradients, reward_to_go

# Two mistakes that look alike from outside, or one that several functions share, have one diagnosis.
ON_THE_CPU = "On a GPU your function fails: it mixes its inputs with a tensor that lies on the CPU."
GAMMA_UNUSED = "Your result does not depend on gamma: a reward far away counts as much as one now."
BOOL_SUBTRACTION = "It raises because torch does not subtract bool tensors: an end is a truth value, not a number."
NUMBER_FOR_A_LOSS = "Your loss is a Python number: its value may be right, but nothing can be learned from it."
ALL_PAIRS = (
    "Your loss holds the product of every log-probability with every weight, N times N of them; each step has one "
    "weight of its own."
)
ANY_SHAPES = (
    "A column (N,1) and a row (N,) go through without an error: elsewhere such a pair becomes N times N numbers, "
    "and learning fails without a word."
)

NUMBERS_OF_AXES = (
    "You compare how many axes the two have: (1,) and (N,) have one each, go through, and become N numbers where one "
    "was given."
)
LIKE_HUBER = "The critic's loss treats large errors gently, like a Huber loss; a square is asked for."
FIRST_STEP_MISSED = "Your loop ends one step too soon: the first step never gets its return."
REWARDS_WITH_GRAPH = "Your result carries the graph of the rewards: what an action is credited with is data."

# --- 3.1 reward_to_go -------------------------------------------------------------------------------------


@mistake(
    "reward_to_go",
    "The numbers are right but attached to the wrong time steps: the return of the last step comes first.",
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
    "Your last entry is smaller than the last reward: the discount of G_t starts to count at step t, not at 0.",
)
def discount_counted_from_the_start(rewards, gamma):
    returns, G = [], 0.0
    for t in reversed(range(len(rewards))):
        G += gamma**t * rewards[t]
        returns.append(G)
    return torch.tensor(returns[::-1], dtype=torch.float32)


@mistake(
    "reward_to_go",
    "The last reward is discounted equally often in every entry. How many steps lie between t and the end?",
)
def last_reward_discounted_by_the_length(rewards, gamma):
    last = gamma ** (len(rewards) - 1) * rewards[-1]
    later, before_last = 0.0, []
    for reward in reversed(rewards[:-1]):
        later = reward + gamma * later
        before_last.append(later + last)
    return torch.tensor([*before_last[::-1], last], dtype=torch.float32)


@mistake("reward_to_go", GAMMA_UNUSED)
def discount_ignored(rewards, gamma):
    return torch.tensor(np.cumsum(rewards[::-1])[::-1].copy(), dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Your first reward is discounted most; gamma should shrink rewards that are further in the future.",
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


@mistake("reward_to_go", "Every reward is discounted once too often: at its own step it counts in full.")
def own_reward_discounted(rewards, gamma):
    returns, G = [], 0.0
    for reward in reversed(rewards):
        G = gamma * (reward + G)
        returns.append(G)
    return torch.tensor(returns[::-1], dtype=torch.float32)


@mistake("reward_to_go", "Your returns are whole numbers: the rewards may be ints, their discounted sum is none.")
def integer_returns(rewards, gamma):
    returns, G = [], 0
    for reward in reversed(rewards):
        G = int(reward + gamma * G)
        returns.append(G)
    return torch.tensor(returns[::-1])


@mistake("reward_to_go", "The numbers are right, their type is not: the networks compute in float32.")
def returns_in_float64(rewards, gamma):
    returns, G = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        G = returns[t] = rewards[t] + gamma * G
    return torch.from_numpy(returns)


@mistake(
    "reward_to_go",
    "Your function changes the list of rewards it was given: its caller finds other numbers in the memory.",
)
def memory_overwritten(rewards, gamma):
    for t in reversed(range(len(rewards) - 1)):
        rewards[t] += gamma * rewards[t + 1]
    return torch.tensor(rewards, dtype=torch.float32)


@mistake(
    "reward_to_go",
    "The time grows with the square of the episode's length: each step moves or adds up all later ones again.",
)
def every_step_moves_the_list(rewards, gamma):
    returns, G = [], 0.0
    for reward in reversed(rewards):
        G = reward + gamma * G
        returns.insert(0, G)
    return torch.tensor(returns, dtype=torch.float32)


@mistake(
    "reward_to_go",
    "Python gives up on a long episode: your function calls itself once for every step.",
)
def one_call_per_step(rewards, gamma):
    def returns_from(t):
        if t == len(rewards):
            return [0.0]
        later = returns_from(t + 1)
        return [*later, rewards[t] + gamma * later[-1]]

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


@mistake("reward_to_go", FIRST_STEP_MISSED)
def loop_stops_before_the_first_step(rewards, gamma):
    returns, G = torch.zeros(len(rewards)), 0.0
    for t in range(len(rewards) - 1, 0, -1):
        G = rewards[t] + gamma * G
        returns[t] = G
    return returns


# --- 3.2 batch_reward_to_go -------------------------------------------------------------------------------


@mistake(
    "batch_reward_to_go",
    "The return of the last step of episode 1 already contains rewards of episode 2: something must happen in your "
    "backward pass at a done.",
)
def no_reset_between_episodes(rewards, dones, gamma):
    return reward_to_go(rewards.tolist(), gamma)


@mistake(
    "batch_reward_to_go",
    "You cut one step too late: the last step of an episode still sees the next one, whose first step has lost "
    "its own future.",
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
    "You cut one step too early: the last step of an episode still sees the next one, and the step before it "
    "does not see the last reward.",
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
    "The reward of an episode's last step has disappeared: a done ends what comes after the step.",
)
def last_reward_zeroed(rewards, dones, gamma):
    returns, G = [], 0.0
    for reward, done in zip(reversed(rewards.tolist()), reversed(dones.tolist()), strict=True):
        G = 0.0 if done else reward + gamma * G
        returns.append(G)
    return torch.tensor(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "The returns within each episode are right, but the episodes come out in the opposite order.",
)
def episodes_in_reversed_order(rewards, dones, gamma):
    ends = [t for t, done in enumerate(dones.tolist(), 1) if done or t == len(dones)]
    episodes = zip([0, *ends[:-1]], ends, strict=True)
    returns = [reward_to_go(rewards[start:end].tolist(), gamma) for start, end in episodes]
    return torch.cat(returns[::-1])


@mistake(
    "batch_reward_to_go",
    "All steps of an episode have one number: an action is still being credited with rewards from before it.",
)
def whole_return_in_every_episode(rewards, dones, gamma):
    G = batch_reward_to_go(rewards, dones, gamma).tolist()
    for t in range(1, len(G)):
        if not dones[t - 1]:
            G[t] = G[t - 1]
    return torch.tensor(G)


@mistake(
    "batch_reward_to_go",
    "You discount the past: the last step of an episode carries all rewards before it, the first only its own.",
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
    "Your function changes the tensor of rewards it was given: its caller finds returns there.",
)
def rewards_overwritten(rewards, dones, gamma):
    for t in reversed(range(len(rewards) - 1)):
        if not dones[t]:
            rewards[t] += gamma * rewards[t + 1]
    return rewards


@mistake(
    "batch_reward_to_go",
    "The steps after the last done have no return: an episode that is not finished still earned what it earned.",
)
def unfinished_episode_counts_nothing(rewards, dones, gamma):
    returns, start = torch.zeros(len(rewards)), 0
    for t, done in enumerate(dones.tolist(), 1):
        if done:
            returns[start:t] = reward_to_go(rewards[start:t].tolist(), gamma)
            start = t
    return returns


@mistake("batch_reward_to_go", BOOL_SUBTRACTION)
def one_minus_done(rewards, dones, gamma):
    returns, G = [], 0.0
    for t in reversed(range(len(rewards))):
        G = rewards[t] + gamma * G * (1 - dones[t])
        returns.append(G)
    return torch.stack(returns[::-1])


@mistake("batch_reward_to_go", ON_THE_CPU)
def step_numbers_on_the_cpu(rewards, dones, gamma):
    t = torch.arange(len(rewards))
    powers = gamma ** (t.unsqueeze(0) - t.unsqueeze(1)).clamp(min=0)
    episode = dones.long().cumsum(0) - dones.long()
    same_episode = episode.unsqueeze(0) == episode.unsqueeze(1)
    return (powers.triu() * same_episode) @ rewards.detach()


@mistake("batch_reward_to_go", FIRST_STEP_MISSED)
def batch_loop_stops_before_the_first_step(rewards, dones, gamma):
    returns, G = torch.zeros(len(rewards)), 0.0
    for t in range(len(rewards) - 1, 0, -1):
        G = rewards[t].item() + gamma * G * (not dones[t])
        returns[t] = G
    return returns


@mistake("batch_reward_to_go", REWARDS_WITH_GRAPH)
def returns_with_the_graph_of_the_rewards(rewards, dones, gamma):
    returns, G = [], 0.0
    for reward, done in zip(reversed(rewards), reversed(dones), strict=True):
        G = reward + gamma * G * ~done
        returns.append(G)
    return torch.stack(returns[::-1])


# --- 3.3 get_action ---------------------------------------------------------------------------------------


@mistake("get_action", "You always take the likeliest action: the policy says how often each one is to be tried.")
def likeliest_action(logits, generator=None):
    action = logits.argmax(dim=-1)
    return action, torch.log_softmax(logits, dim=-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)


@mistake(
    "get_action",
    "The log-probability belongs to another action than the one you return: the dice were thrown twice.",
)
def action_drawn_twice(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    drawn = [torch.multinomial(log_probs.detach().exp(), 1, generator=generator) for _ in range(2)]
    return drawn[0].squeeze(-1), log_probs.gather(-1, drawn[1]).squeeze(-1)


@mistake(
    "get_action",
    "You were given a generator and drew from the global random state: the same seed gives other actions.",
)
def generator_ignored(logits, generator=None):
    policy = torch.distributions.Categorical(logits=logits)
    action = policy.sample()
    return action, policy.log_prob(action)


@mistake(
    "get_action",
    "Your second result is not connected to the logits. Is it the log-probability, and still one that can learn?",
)
def log_probability_without_graph(logits, generator=None):
    with torch.no_grad():
        log_probs = torch.log_softmax(logits, dim=-1)
        action = torch.multinomial(log_probs.exp(), 1, generator=generator)
        return action.squeeze(-1), log_probs.gather(-1, action).squeeze(-1)


@mistake("get_action", "Without a generator you draw the same actions in every call: the global state is the source.")
def seed_of_its_own_without_generator(logits, generator=None):
    if generator is None:
        generator = torch.Generator(logits.device).manual_seed(0)
    return get_action(logits, generator)


@mistake("get_action", "Without a generator you draw from a fresh one: torch's global state is the source then.")
def fresh_generator_without_one(logits, generator=None):
    if generator is None:
        generator = torch.Generator(logits.device)
        generator.seed()
    return get_action(logits, generator)


@mistake("get_action", "You return the action's probability; the policy gradient needs its logarithm.")
def probability_instead_of_its_log(logits, generator=None):
    probabilities = torch.softmax(logits, dim=-1)
    action = torch.multinomial(probabilities.detach(), 1, generator=generator)
    return action.squeeze(-1), probabilities.gather(-1, action).squeeze(-1)


@mistake(
    "get_action",
    "You return the action's logit: that is a log-probability only where the row is normalised already.",
)
def logit_instead_of_log_probability(logits, generator=None):
    action = torch.multinomial(torch.softmax(logits.detach(), dim=-1), 1, generator=generator)
    return action.squeeze(-1), logits.gather(-1, action).squeeze(-1)


@mistake("get_action", "Your log-probabilities are positive: a cross entropy is the negative of one.")
def cross_entropy_with_its_sign(logits, generator=None):
    action = torch.multinomial(torch.softmax(logits.detach(), dim=-1), 1, generator=generator).squeeze(-1)
    return action, F.cross_entropy(logits, action, reduction="none")


@mistake("get_action", "Both results are columns (B,1): next to weights (B,) they would become B times B numbers.")
def columns_instead_of_rows(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action, log_probs.gather(-1, action)


@mistake("get_action", "A batch of one loses its batch dimension: every dimension of size one was removed.")
def batch_of_one_squeezed_away(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(), log_probs.gather(-1, action).squeeze()


@mistake("get_action", "Every state acts by the probabilities of the first one: each row of logits has its own.")
def first_row_for_all(logits, generator=None):
    log_probs = torch.log_softmax(logits[0], dim=-1)
    probabilities = log_probs.detach().exp()
    action = torch.multinomial(probabilities, len(logits), replacement=True, generator=generator)
    return action, log_probs[action]


@mistake(
    "get_action",
    "Your probabilities sum to one over the batch: the softmax runs over states instead of actions.",
)
def softmax_over_the_batch(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=0)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(-1), log_probs.gather(-1, action).squeeze(-1)


@mistake("get_action", "Logits of 200 break your function: their exponential is more than a float32 can hold.")
def exponential_of_the_logits(logits, generator=None):
    weights = logits.exp()
    probabilities = weights / weights.sum(dim=-1, keepdim=True)
    action = torch.multinomial(probabilities.detach(), 1, generator=generator)
    return action.squeeze(-1), probabilities.gather(-1, action).squeeze(-1).log()


@mistake("get_action", "One number came back for the whole batch: every state has its own log-probability.")
def log_probabilities_summed(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return action.squeeze(-1), log_probs.gather(-1, action).sum()


@mistake("get_action", "The two results are in the wrong order: the action comes first.")
def results_swapped(logits, generator=None):
    log_probs = torch.log_softmax(logits, dim=-1)
    action = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)
    return log_probs.gather(-1, action).squeeze(-1), action.squeeze(-1)


@mistake("get_action", ON_THE_CPU)
def noise_on_the_cpu(logits, generator=None):
    uniform = torch.rand(logits.shape, generator=generator)
    action = (logits.detach() - (-uniform.log()).log()).argmax(dim=-1)
    return action, torch.log_softmax(logits, dim=-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)


# --- 3.4 pg_loss, pg_loss_batch ---------------------------------------------------------------------------


@mistake(
    "pg_loss",
    "A step downhill on your loss makes the good action less likely: compare the sign of objective and loss.",
)
def objective_instead_of_loss(logp, weights):
    return (logp * weights.detach()).sum()


@mistake(
    "pg_loss",
    "Your loss multiplies the weights with probabilities: the theorem has the gradient of their logarithm.",
)
def probability_in_the_loss(logp, weights):
    return -(logp.exp() * weights.detach()).sum()


@mistake(
    "pg_loss",
    "The loss sends a gradient into the weights: what an action is credited with is data, whoever computed it.",
)
def weights_not_detached(logp, weights):
    return -(logp * weights).sum()


@mistake(
    "pg_loss",
    "No gradient reaches the log-probabilities: of the two factors the weight is the constant.",
)
def log_probabilities_detached(logp, weights):
    return -(logp.detach() * weights).sum()


@mistake("pg_loss", NUMBER_FOR_A_LOSS)
def loss_as_a_number(logp, weights):
    return -(logp * weights.detach()).sum().item()


@mistake("pg_loss", ALL_PAIRS)
def product_of_sums(logp, weights):
    return -logp.sum() * weights.detach().sum()


@mistake("pg_loss", ALL_PAIRS)
def outer_product(logp, weights):
    return -(logp.unsqueeze(1) * weights.detach()).sum()


@mistake("pg_loss", "The loss is NaN: what you take the logarithm of is a logarithm already.")
def logarithm_taken_twice(logp, weights):
    return -(logp.log() * weights.detach()).sum()


@mistake("pg_loss", "Your loss shrinks as the episode gets longer: it is a mean over the steps, not their sum.")
def mean_over_the_steps(logp, weights):
    return -(logp * weights.detach()).mean()


@mistake("pg_loss", "You rescale the weights inside the loss: it has to take them as they come.")
def weights_normalised(logp, weights):
    weights = weights.detach()
    return -(logp * (weights - weights.mean()) / (weights.std(correction=0) + 1e-8)).sum()


@mistake("pg_loss", ON_THE_CPU)
def running_loss_on_the_cpu(logp, weights):
    return (torch.zeros(len(logp)) - logp * weights.detach()).sum()


@mistake(
    "pg_loss_batch",
    "You divide by the number of steps: one sample of the expectation is a whole episode, however long it is.",
)
def mean_over_all_steps(logp, weights, n_episodes):
    return pg_loss(logp, weights) / len(logp)


@mistake("pg_loss_batch", "Your loss grows with the number of episodes: it is their sum where a mean is asked for.")
def sum_over_the_episodes(logp, weights, n_episodes):
    return pg_loss(logp, weights)


@mistake("pg_loss_batch", "You divide twice, by steps and by episodes: within an episode it stays a sum.")
def mean_of_steps_over_episodes(logp, weights, n_episodes):
    return -(logp * weights.detach()).mean() / n_episodes


@mistake(
    "pg_loss_batch",
    "A step downhill on your loss makes good actions less likely: compare the sign of objective and loss.",
)
def batch_objective_instead_of_loss(logp, weights, n_episodes):
    return (logp * weights.detach()).sum() / n_episodes


@mistake("pg_loss_batch", "The loss sends a gradient into the weights, which are only data here.")
def batch_weights_not_detached(logp, weights, n_episodes):
    return -(logp * weights).sum() / n_episodes


@mistake(
    "pg_loss_batch",
    "It raises because you cut the steps into pieces of equal length: episodes are as long as they are.",
)
def episodes_of_equal_length(logp, weights, n_episodes):
    steps = (logp * weights.detach()).reshape(n_episodes, -1)
    return -steps.sum(dim=1).mean()


# --- 3.5 total_return_weights -----------------------------------------------------------------------------


@mistake(
    "total_return_weights",
    "Within an episode your weights differ: this simplest estimate credits every action with earlier rewards too.",
)
def reward_to_go_weights(rewards, dones, gamma):
    return batch_reward_to_go(rewards, dones, gamma)


@mistake(
    "total_return_weights",
    "All episodes have the same weight: a step is credited with the return of its own episode alone.",
)
def one_return_for_all_episodes(rewards, dones, gamma):
    return torch.full_like(rewards, float(batch_reward_to_go(rewards, torch.zeros_like(dones), gamma)[0]))


@mistake(
    "total_return_weights",
    "The first episode is right, later ones are too small: the exponent of gamma starts anew in each of them.",
)
def discount_not_restarted(rewards, dones, gamma):
    episode = dones.long().cumsum(0) - dones.long()
    discounted = gamma ** torch.arange(len(rewards), device=rewards.device) * rewards
    return torch.zeros_like(rewards).scatter_add(0, episode, discounted)[episode]


@mistake("total_return_weights", GAMMA_UNUSED)
def total_without_discount(rewards, dones, gamma):
    episode = dones.long().cumsum(0) - dones.long()
    return torch.zeros_like(rewards).scatter_add(0, episode, rewards)[episode]


@mistake(
    "total_return_weights",
    "Every step has the last reward of its episode as a weight. Which step's return holds all of them?",
)
def return_of_the_last_step(rewards, dones, gamma):
    weights = batch_reward_to_go(rewards, dones, gamma)
    for t in reversed(range(len(rewards) - 1)):
        if not dones[t]:
            weights[t] = weights[t + 1]
    return weights


@mistake(
    "total_return_weights",
    "The last step of an episode has the next one's weight: the step that ends an episode belongs to it.",
)
def last_step_counted_to_the_next_episode(rewards, dones, gamma):
    starts = torch.cat([torch.ones_like(dones[:1]), dones[:-1]])
    totals = batch_reward_to_go(rewards, dones, gamma)[starts]
    return totals[dones.long().cumsum(0).clamp(max=len(totals) - 1)]


@mistake(
    "total_return_weights",
    "The steps after the last done have no weight: an unfinished episode counts with what it has earned so far.",
)
def unfinished_total_is_zero(rewards, dones, gamma):
    weights, start = torch.zeros_like(rewards), 0
    for t, done in enumerate(dones.tolist(), 1):
        if done:
            weights[start:t] = reward_to_go(rewards[start:t].tolist(), gamma)[0]
            start = t
    return weights


@mistake("total_return_weights", ON_THE_CPU)
def powers_of_gamma_on_the_cpu(rewards, dones, gamma):
    t = torch.arange(len(rewards))
    episode = dones.long().cumsum(0) - dones.long()
    first = torch.full_like(t, len(rewards)).scatter_reduce(0, episode, t, "amin")
    discounted = gamma ** (t - first.gather(0, episode)) * rewards.detach()
    return torch.zeros_like(rewards).scatter_add(0, episode, discounted).gather(0, episode)


@mistake("total_return_weights", REWARDS_WITH_GRAPH)
def weights_with_the_graph_of_the_rewards(rewards, dones, gamma):
    t = torch.arange(len(rewards), device=rewards.device)
    episode = dones.long().cumsum(0) - dones.long()
    first = torch.full_like(t, len(rewards)).scatter_reduce(0, episode, t, "amin")
    discounted = rewards * gamma ** (t - first.gather(0, episode))
    return torch.zeros_like(rewards).scatter_add(0, episode, discounted).gather(0, episode)


# --- 3.6 exact_gradients ----------------------------------------------------------------------------------


def _next_row(a):
    """The row of theta after the action a in s0."""
    return 1 + a


def _expectation(p):
    """What a trajectory counts in the estimates: as often as it is seen."""
    return p.detach()


def _log_pi(theta):
    return torch.log_softmax(theta, dim=-1)


def _enumerated(theta, gamma, log_pi=_log_pi, row=_next_row, factor=_expectation, score=torch.clone):
    """The right four gradients, unless one of the pieces that they are made of is replaced."""
    theta = theta.detach().double().requires_grad_()
    pieces = log_pi(theta)
    sums = dict.fromkeys(("true", "total", "to_go", "discounted_to_go"), 0.0)
    for a in range(2):
        for b in range(2):
            logp0, logp1 = pieces[0, a], pieces[row(a), b]
            p = (logp0 + logp1).exp()
            R1 = FINAL_REWARD[a][b]
            G0 = START_REWARD[a] + gamma * R1
            sums["true"] += p * G0
            for name, w0, w1 in (("total", G0, G0), ("to_go", G0, R1), ("discounted_to_go", G0, gamma * R1)):
                sums[name] += factor(p) * (w0 * score(logp0) + w1 * score(logp1))
    return {name: torch.autograd.grad(total, theta, retain_graph=True)[0] for name, total in sums.items()}


@mistake(
    "exact_gradients",
    "The gradient also flows through the probabilities in your estimates: there they only say how often a "
    "trajectory is seen.",
)
def probability_differentiated_too(theta, gamma):
    return _enumerated(theta, gamma, factor=lambda p: p)


@mistake(
    "exact_gradients",
    "Every trajectory counts the same in your estimates: the policy takes some of them more often than others.",
)
def trajectories_averaged(theta, gamma):
    return _enumerated(theta, gamma, factor=lambda p: 1 / 4)


@mistake(
    "exact_gradients",
    "Your estimates differentiate the policy itself: the theorem has the gradient of its logarithm.",
)
def gradient_of_pi_without_the_log(theta, gamma):
    return _enumerated(theta, gamma, score=torch.exp)


@mistake("exact_gradients", "One row of your gradients is zero: s1 and s2 are two states with logits of their own.")
def one_row_for_both_second_states(theta, gamma):
    return _enumerated(theta, gamma, row=lambda a: 1)


@mistake(
    "exact_gradients",
    "The rows of your gradients do not sum to zero, although a softmax does not see a shift of its row: which "
    "axis are the actions?",
)
def softmax_over_the_states(theta, gamma):
    return _enumerated(theta, gamma, log_pi=lambda theta: torch.log_softmax(theta, dim=0))


@mistake("exact_gradients", GAMMA_UNUSED)
def second_reward_not_discounted(theta, gamma):
    return exact_gradients(theta, 1.0)


@mistake(
    "exact_gradients",
    "Your 'to_go' equals your 'discounted_to_go': only one of the two has the factor gamma to the t.",
)
def to_go_discounted_from_the_start(theta, gamma):
    gradients = exact_gradients(theta, gamma)
    return {**gradients, "to_go": gradients["discounted_to_go"]}


@mistake(
    "exact_gradients",
    "Your 'discounted_to_go' equals your 'to_go', and so it cannot be the gradient of J: a factor is missing.",
)
def factor_of_time_forgotten(theta, gamma):
    gradients = exact_gradients(theta, gamma)
    return {**gradients, "discounted_to_go": gradients["to_go"]}


@mistake("exact_gradients", "Your 'total' does not depend on gamma, but G(tau) is a discounted return.")
def total_return_without_discount(theta, gamma):
    return {**exact_gradients(theta, gamma), "total": exact_gradients(theta, 1.0)["total"]}


@mistake("exact_gradients", "The signs are those of a loss: the gradient of J points to where the return grows.")
def gradients_of_the_loss(theta, gamma):
    return {name: -gradient for name, gradient in exact_gradients(theta, gamma).items()}


@mistake(
    "exact_gradients", "Your gradients have theta's dtype: double precision is asked for, whatever theta comes in."
)
def dtype_of_theta_kept(theta, gamma):
    return {name: gradient.to(theta.dtype) for name, gradient in exact_gradients(theta, gamma).items()}


@mistake("exact_gradients", "Your digits are those of theta's dtype: make it double before you compute, not after.")
def precision_of_theta_kept(theta, gamma):
    theta = theta.detach()
    pi, gradients = torch.softmax(theta, dim=-1), {}
    for name in ("true", "total", "to_go", "discounted_to_go"):
        gradient = torch.zeros_like(theta)
        for a in range(2):
            for b in range(2):
                p, R1 = pi[0, a] * pi[1 + a, b], FINAL_REWARD[a][b]
                G0 = START_REWARD[a] + gamma * R1
                w1 = {"true": G0, "total": G0, "to_go": R1, "discounted_to_go": gamma * R1}[name]
                gradient[0] += p * G0 * (torch.eye(2, dtype=theta.dtype)[a] - pi[0])
                gradient[1 + a] += p * w1 * (torch.eye(2, dtype=theta.dtype)[b] - pi[1 + a])
        gradients[name] = gradient.double()
    return gradients


@mistake("exact_gradients", "The numbers are float32: these gradients are asked for in double precision.")
def gradients_in_float32(theta, gamma):
    return {name: gradient.float() for name, gradient in exact_gradients(theta, gamma).items()}


@mistake("exact_gradients", "Close, but not exact: a difference over a finite step is not the gradient.")
def difference_quotient(theta, gamma):
    def J(theta):
        pi = torch.softmax(theta, dim=-1)
        R0, R1 = theta.new_tensor(START_REWARD), theta.new_tensor(FINAL_REWARD)
        return (pi[0] * (R0 + gamma * (pi[1:] * R1).sum(dim=-1))).sum()

    theta, step = theta.detach().double(), 1e-3
    moved = [J(theta + step * unit.reshape(3, 2)) for unit in torch.eye(6, dtype=torch.float64)]
    return {**exact_gradients(theta, gamma), "true": (torch.stack(moved) - J(theta)).reshape(3, 2) / step}


@mistake("exact_gradients", "Close, but not exact: you sampled, and there are so few trajectories to be counted.")
def trajectories_sampled(theta, gamma):
    pi = torch.softmax(theta.detach().double(), dim=-1)
    random = torch.Generator().manual_seed(0)
    total = torch.zeros_like(pi)
    for _ in range(500):
        a = int(torch.multinomial(pi[0], 1, generator=random))
        b = int(torch.multinomial(pi[1 + a], 1, generator=random))
        G = START_REWARD[a] + gamma * FINAL_REWARD[a][b]
        total[0] += G * (torch.eye(2)[a] - pi[0]) / 500
        total[1 + a] += G * (torch.eye(2)[b] - pi[1 + a]) / 500
    return {**exact_gradients(theta, gamma), "total": total}


# --- 3.7 baseline_advantages, value_loss ------------------------------------------------------------------


def _refuse_other_shapes(one, other):
    if one.shape != other.shape:
        raise ValueError(f"shapes differ: {tuple(one.shape)} and {tuple(other.shape)}")


@mistake(
    "baseline_advantages",
    "Your advantages send a gradient into the value network; in the policy loss an advantage is only a weight.",
)
def advantage_not_detached(G, v):
    _refuse_other_shapes(G, v)
    return G - v


@mistake(
    "baseline_advantages",
    "A return above the baseline gets a negative advantage: better than expected has to count as good.",
)
def advantage_with_the_wrong_sign(G, v):
    _refuse_other_shapes(G, v)
    return (v - G).detach()


@mistake("baseline_advantages", "The baseline is added: an advantage says by how much a return exceeded it.")
def baseline_added(G, v):
    _refuse_other_shapes(G, v)
    return (G + v).detach()


@mistake("baseline_advantages", "Your advantages are ratios: a return just as expected has the advantage 0, not 1.")
def return_divided_by_the_baseline(G, v):
    _refuse_other_shapes(G, v)
    return (G / v).detach()


@mistake("baseline_advantages", "Your function changes the returns it was given: the critic still has to learn them.")
def returns_changed_in_place(G, v):
    _refuse_other_shapes(G, v)
    G -= v.detach()
    return G


@mistake("baseline_advantages", "You subtract the mean return: the baseline is what you are given, one value a state.")
def mean_return_as_baseline(G, v):
    _refuse_other_shapes(G, v)
    return (G - G.mean()).detach()


@mistake("baseline_advantages", "You rescale the advantages: here they are plain differences, in units of return.")
def advantages_normalised(G, v):
    _refuse_other_shapes(G, v)
    advantages = (G - v).detach()
    return (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)


@mistake("baseline_advantages", ANY_SHAPES)
def advantages_of_any_shapes(G, v):
    return (G - v).detach()


@mistake("baseline_advantages", ANY_SHAPES)
def lengths_compared_instead_of_shapes(G, v):
    if len(G) != len(v):
        raise ValueError(f"lengths differ: {len(G)} and {len(v)}")
    return (G - v).detach()


@mistake("baseline_advantages", NUMBERS_OF_AXES)
def numbers_of_axes_compared(G, v):
    if G.ndim != v.ndim:
        raise ValueError(f"{G.ndim} and {v.ndim} axes")
    return (G - v).detach()


@mistake("baseline_advantages", ANY_SHAPES)
def columns_made_rows(G, v):
    return (G.reshape(-1) - v.reshape(-1)).detach()


@mistake("baseline_advantages", "Different shapes raise an error, but not the one that the docstring names.")
def shapes_asserted(G, v):
    assert G.shape == v.shape, "shapes differ"
    return (G - v).detach()


@mistake("baseline_advantages", ON_THE_CPU)
def values_moved_to_the_cpu(G, v):
    _refuse_other_shapes(G, v)
    return G - v.detach().cpu()


@mistake("value_loss", "Your loss is half of what is asked for: this mean squared error has no factor before it.")
def half_of_the_squared_error(v, G):
    _refuse_other_shapes(v, G)
    return 0.5 * (v - G.detach()).pow(2).mean()


@mistake("value_loss", "Your loss grows with the batch: it is a sum where a mean is asked for.")
def sum_of_squared_errors(v, G):
    _refuse_other_shapes(v, G)
    return (v - G.detach()).pow(2).sum()


@mistake(
    "value_loss",
    "Your loss sends a gradient into its target: what the critic is regressed on is data, whoever computed it.",
)
def target_gets_a_gradient(v, G):
    _refuse_other_shapes(v, G)
    return (v - G).pow(2).mean()


@mistake("value_loss", "No gradient reaches the critic: the prediction is what learns, the target is the constant.")
def prediction_detached(v, G):
    _refuse_other_shapes(v, G)
    return (v.detach() - G).pow(2).mean()


@mistake("value_loss", "The errors are not squared: absolute errors pull a value to the median return, not the mean.")
def absolute_error(v, G):
    _refuse_other_shapes(v, G)
    return (v - G.detach()).abs().mean()


@mistake("value_loss", "You square the mean error: errors of both signs cancel before they are squared.")
def square_of_the_mean_error(v, G):
    _refuse_other_shapes(v, G)
    return (v - G.detach()).mean().pow(2)


@mistake("value_loss", ANY_SHAPES)
def error_of_any_shapes(v, G):
    return (v - G.detach()).pow(2).mean()


@mistake("value_loss", NUMBERS_OF_AXES)
def axes_of_the_error_compared(v, G):
    if v.ndim != G.ndim:
        raise ValueError(f"{v.ndim} and {G.ndim} axes")
    return (v - G.detach()).pow(2).mean()


@mistake("value_loss", LIKE_HUBER)
def smooth_error(v, G):
    _refuse_other_shapes(v, G)
    return F.smooth_l1_loss(v, G.detach())


@mistake("value_loss", NUMBER_FOR_A_LOSS)
def critic_loss_as_a_number(v, G):
    _refuse_other_shapes(v, G)
    return float((v - G).pow(2).mean())


@mistake("value_loss", ON_THE_CPU)
def targets_moved_to_the_cpu(v, G):
    _refuse_other_shapes(v, G)
    return F.mse_loss(v, G.detach().cpu())


# --- 3.8 td_target ----------------------------------------------------------------------------------------


@mistake(
    "td_target",
    "Your critic's gradient also flows through V(next state): the target is a constant. Does detach change the "
    "tensor you call it on, or give you another one?",
)
def result_of_detach_dropped(r, v_next, terminated, gamma):
    target = r + gamma * v_next * ~terminated
    target.detach()
    return target


@mistake(
    "td_target",
    "After a real termination there is no future, yet your target still contains gamma V(next).",
)
def target_bootstraps_through_the_end(r, v_next, terminated, gamma):
    return (r + gamma * v_next).detach()


@mistake("td_target", "Your mask is upside down: the future counts only where the episode has ended.")
def future_only_after_the_end(r, v_next, terminated, gamma):
    return (r + gamma * v_next * terminated).detach()


@mistake("td_target", "V(next) is not discounted: it is what things will be worth one step later.")
def next_value_not_discounted(r, v_next, terminated, gamma):
    return (r + v_next * ~terminated).detach()


@mistake("td_target", "The reward is discounted too: it is earned now, and only what follows comes later.")
def reward_discounted_in_the_target(r, v_next, terminated, gamma):
    return (gamma * (r + v_next * ~terminated)).detach()


@mistake("td_target", BOOL_SUBTRACTION)
def one_minus_terminated(r, v_next, terminated, gamma):
    return (r + gamma * v_next * (1 - terminated)).detach()


@mistake("td_target", "It raises because a whole tensor has no truth value: each step has its own.")
def python_not_of_a_tensor(r, v_next, terminated, gamma):
    return (r + gamma * v_next * (not terminated)).detach()


@mistake(
    "td_target",
    "Your mask holds -1 and -2: to turn around the bits of an integer is not to negate a truth value.",
)
def bits_of_an_integer_negated(r, v_next, terminated, gamma):
    return (r + gamma * v_next * ~terminated.int()).detach()


@mistake("td_target", "The last reward has disappeared: a termination ends the future, not the reward it came with.")
def reward_of_the_end_masked(r, v_next, terminated, gamma):
    return ((r + gamma * v_next) * ~terminated).detach()


@mistake("td_target", "Your function writes zeros into the V(next) it was given: its caller still needs those numbers.")
def next_values_overwritten(r, v_next, terminated, gamma):
    v_next = v_next.detach()
    v_next[terminated] = 0.0
    return r + gamma * v_next


@mistake("td_target", ON_THE_CPU)
def zeros_on_the_cpu(r, v_next, terminated, gamma):
    return (r + gamma * torch.where(terminated, torch.zeros(len(r)), v_next)).detach()


# --- 3.9 actor_critic_losses ------------------------------------------------------------------------------


@mistake(
    "actor_critic_losses",
    "The actor's loss sends a gradient into the critic: the advantage in it is only a weight.",
)
def advantage_of_the_actor_not_detached(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * (target - v)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Your critic's gradient also flows through V(next state), which then learns to be like the state before it: "
    "the TD target is a constant.",
)
def residual_gradient(logp, v, v_next, r, terminated, gamma):
    target = r + gamma * v_next * ~terminated
    return -(logp * (target - v).detach()).mean(), (target - v).pow(2).mean()


@mistake(
    "actor_critic_losses",
    "The actor's loss has the wrong sign: a step downhill makes an action less likely that turned out better than "
    "expected.",
)
def td_error_with_the_wrong_sign(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(v, target)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "The actor's weight is the squared TD error: that is never negative, and a bad surprise is credited as good.",
)
def squared_td_error_as_weight(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v).pow(2)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "The actor is credited with the whole target: what the critic expected is not subtracted.",
)
def target_as_weight(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * target).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Your critic's loss averages N times N numbers: one tensor has an extra dimension of size 1.",
)
def column_against_row_in_the_critic(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    loss_v = (v.unsqueeze(-1) - target).pow(2).mean()
    return -(logp * baseline_advantages(target, v)).mean(), loss_v


@mistake(
    "actor_critic_losses",
    "After a real termination there is no future, yet your losses still contain gamma V(next).",
)
def losses_bootstrap_through_the_end(logp, v, v_next, r, terminated, gamma):
    target = (r + gamma * v_next).detach()
    return -(logp * baseline_advantages(target, v)).mean(), value_loss(v, target)


@mistake("actor_critic_losses", "No gradient reaches the critic from the second loss: there V(S) is what learns.")
def value_detached_in_its_own_loss(logp, v, v_next, r, terminated, gamma):
    delta = baseline_advantages(td_target(r, v_next, terminated, gamma), v)
    return -(logp * delta).mean(), delta.pow(2).mean()


@mistake(
    "actor_critic_losses",
    "The critic's errors are not squared: absolute errors pull a value to the median target, not the mean.",
)
def absolute_td_error(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean(), (v - target).abs().mean()


@mistake("actor_critic_losses", LIKE_HUBER)
def smooth_td_error(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean(), F.smooth_l1_loss(v, target)


@mistake("actor_critic_losses", "The critic's loss is half of what is asked for: no factor stands before the mean.")
def half_of_the_squared_td_error(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean(), 0.5 * value_loss(v, target)


@mistake("actor_critic_losses", "The actor's loss grows with the number of transitions: here it is a mean over them.")
def actor_loss_summed(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return pg_loss(logp, baseline_advantages(target, v)), value_loss(v, target)


@mistake("actor_critic_losses", "The two losses come back in the wrong order: the actor's is the first.")
def losses_in_the_wrong_order(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return value_loss(v, target), -(logp * baseline_advantages(target, v)).mean()


@mistake("actor_critic_losses", "You add the two losses up: they are asked for one by one, each for its own network.")
def losses_added_up(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean() + value_loss(v, target)


@mistake("actor_critic_losses", "Your losses do not depend on gamma: V(next) is worth less than V now.")
def td_error_without_discount(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, 1.0)
    return -(logp * baseline_advantages(target, v)).mean(), value_loss(v, target)


@mistake(
    "actor_critic_losses",
    "Where an episode ends your losses forget the step altogether: only V(next) has to disappear there.",
)
def last_step_left_out(logp, v, v_next, r, terminated, gamma):
    error = (r + gamma * v_next.detach() - v) * ~terminated
    return -(logp * error.detach()).mean(), error.pow(2).mean()


@mistake("actor_critic_losses", "No gradient reaches the policy: in its loss only the advantage is a constant.")
def actor_without_gradient(logp, v, v_next, r, terminated, gamma):
    target = td_target(r, v_next, terminated, gamma)
    return -(logp * baseline_advantages(target, v)).mean().detach(), value_loss(v, target)


@mistake("actor_critic_losses", ON_THE_CPU)
def future_on_the_cpu(logp, v, v_next, r, terminated, gamma):
    target = r + gamma * torch.where(terminated, torch.zeros(len(r)), v_next.detach())
    return -(logp * baseline_advantages(target, v)).mean(), value_loss(v, target)


# --- across the tasks -------------------------------------------------------------------------------------------------


@mistake("reward_to_go", "An episode without a step has no returns, and is no error: yours asks for a last reward.")
def empty_episode_raises(rewards, gamma):
    found = [rewards[-1]]
    for reward in reversed(rewards[:-1]):
        found.append(reward + gamma * found[-1])
    return torch.tensor(found[::-1], dtype=torch.float32)


@mistake("reward_to_go", "A numpy array came back where a tensor is promised: the loss will need a tensor.")
def returns_as_numpy_array(rewards, gamma):
    found = torch.tensor(rewards, dtype=torch.float32)
    for t in reversed(range(len(found) - 1)):
        found[t] += gamma * found[t + 1]
    return found.numpy()


@mistake("get_action", "The generator is not drawn from: you seed torch's global state with it, which is not yours.")
def global_state_seeded_from_the_generator(logits, generator=None):
    if generator is not None:
        torch.manual_seed(generator.initial_seed())
    policy = torch.distributions.Categorical(logits=logits)
    action = policy.sample()
    return action, policy.log_prob(action)


@mistake("get_action", "You seed the generator anew in every call: each step of an episode then throws the same dice.")
def generator_seeded_at_every_call(logits, generator=None):
    if generator is not None:
        generator.manual_seed(0)
    logp = torch.log_softmax(logits, -1)
    action = torch.multinomial(logp.detach().exp(), 1, generator=generator)
    return action.squeeze(-1), logp.gather(-1, action).squeeze(-1)


@mistake("get_action", "At logits of 200 your gradient is NaN: the log of a softmax is computed where it is zero.")
def log_of_the_whole_softmax(logits, generator=None):
    probabilities = torch.softmax(logits, -1)
    action = torch.multinomial(probabilities.detach(), 1, generator=generator)
    return action.squeeze(-1), probabilities.log().gather(-1, action).squeeze(-1)


@mistake("td_target", "A tensor made in inference mode is of no use in a loss: the target only has to be a constant.")
def target_in_inference_mode(r, v_next, terminated, gamma):
    with torch.inference_mode():
        return r + gamma * v_next * ~terminated


@mistake("exact_gradients", "Your gradients ask for gradients themselves: they are results, and constants.")
def gradients_that_carry_a_graph(theta, gamma):
    return {name: gradient.requires_grad_() for name, gradient in exact_gradients(theta, gamma).items()}


@mistake("exact_gradients", "You switched requires_grad on in the caller's own theta: work on a copy.")
def callers_theta_changed(theta, gamma):
    theta.requires_grad_()
    return exact_gradients(theta, gamma)


@mistake("total_return_weights", ON_THE_CPU)
def episode_table_on_the_cpu(rewards, dones, gamma):
    t = torch.arange(len(rewards))
    episode = dones.long().cumsum(0) - dones.long()
    same = episode[:, None] == episode[None, :]
    start = torch.where(same, t[None, :], len(rewards)).amin(1)
    return same.to(rewards.dtype) @ (gamma ** (t - start) * rewards.detach())
