"""Wrong versions of lab 1's functions that students write, each with its diagnosis."""

import math

import numpy as np
import torch

from grader.checks import mistake

# --- 1.1 discounted_return --------------------------------------------------------------------------------------------


@mistake(
    "discounted_return",
    "Your first reward is discounted most: gamma has to shrink the rewards that lie further in the future.",
)
def discounts_the_past(rewards, gamma):
    return float(sum(gamma ** (len(rewards) - t) * r for t, r in enumerate(rewards, 1)))


@mistake("discounted_return", "Even the reward of the very first step is discounted: it is earned now, at t = 0.")
def exponent_one_too_large(rewards, gamma):
    return float(sum(gamma ** (t + 1) * r for t, r in enumerate(rewards)))


@mistake("discounted_return", "Your return does not depend on gamma.")
def gamma_ignored(rewards, gamma):
    return float(sum(rewards))


@mistake("discounted_return", "The last reward is missing: T steps have T rewards, and the last one counts, too.")
def last_reward_dropped(rewards, gamma):
    return float(sum(gamma**t * r for t, r in enumerate(rewards[:-1])))


@mistake("discounted_return", "Something is rounded to whole numbers on the way.")
def whole_numbers_only(rewards, gamma):
    total = 0
    for t, reward in enumerate(rewards):
        total += int(gamma**t * reward)
    return total


LIST_CHANGED = "The caller's list is not what it was before your call: read it backwards, or turn a copy around."


@mistake("discounted_return", LIST_CHANGED)
def reverses_the_list(rewards, gamma):
    rewards.reverse()
    total = 0.0
    for reward in rewards:
        total = reward + gamma * total
    return float(total)


@mistake("discounted_return", LIST_CHANGED)
def empties_the_list(rewards, gamma):
    total = 0.0
    while rewards:
        total = rewards.pop() + gamma * total
    return float(total)


@mistake("discounted_return", "An episode without rewards makes it fail: its return is 0.")
def fails_without_rewards(rewards, gamma):
    total = rewards[-1]
    for reward in rewards[-2::-1]:
        total = reward + gamma * total
    return float(total)


@mistake("discounted_return", "You return the discounted rewards one by one; the return is their sum.")
def list_of_terms(rewards, gamma):
    return [gamma**t * r for t, r in enumerate(rewards)]


@mistake("discounted_return", "You divide by the number of steps: a return is a sum, not a mean.")
def mean_for_sum(rewards, gamma):
    return float(sum(gamma**t * r for t, r in enumerate(rewards)) / max(len(rewards), 1))


@mistake("discounted_return", "Only the last reward is discounted. Each reward has a power of gamma of its own.")
def one_power_for_all(rewards, gamma):
    return float(sum(rewards[:-1]) + gamma ** max(len(rewards) - 1, 0) * sum(rewards[-1:]))


# --- 1.2 categorical_log_prob -----------------------------------------------------------------------------------------


@mistake(
    "categorical_log_prob",
    "At logits of 200 your log-probability is minus infinity: the probability itself is too small for a float.",
)
def log_of_softmax(logits, actions):
    return torch.softmax(logits, dim=-1).log().gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake(
    "categorical_log_prob",
    "Logits of 200 break it: their exponential is more than a float32 holds.",
)
def exponentials_overflow(logits, actions):
    weights = logits.exp()
    return (weights / weights.sum(-1, keepdim=True)).gather(-1, actions.unsqueeze(-1)).squeeze(-1).log()


@mistake(
    "categorical_log_prob",
    "A small number is added inside the logarithm: that keeps it finite, and wrong where probabilities are small.",
)
def small_number_in_the_log(logits, actions):
    return (torch.softmax(logits, dim=-1) + 1e-8).log().gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake(
    "categorical_log_prob",
    "With logits 800 apart your log-probability is minus infinity: float64 only moves the place where probabilities "
    "are lost.",
)
def log_of_softmax_in_float64(logits, actions):
    return torch.softmax(logits.double(), dim=-1).log().gather(-1, actions.unsqueeze(-1)).squeeze(-1).float()


@mistake("categorical_log_prob", "Small probabilities are cut off before the logarithm: log-probabilities end there.")
def probabilities_clamped(logits, actions):
    p = torch.softmax(logits, dim=-1).clamp_min(torch.finfo(torch.float32).eps)
    return p.log().gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake("categorical_log_prob", "That is the probability of the action; its logarithm is asked for.")
def probability_without_log(logits, actions):
    return torch.softmax(logits, dim=-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake("categorical_log_prob", "That is the action's logit: log-probabilities of a row sum, exponentiated, to 1.")
def logit_for_log_probability(logits, actions):
    return logits.gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake(
    "categorical_log_prob", "Each row is combined with the actions of all rows: one number for each row is asked for."
)
def every_row_with_every_action(logits, actions):
    return torch.log_softmax(logits, dim=-1)[:, actions]


@mistake("categorical_log_prob", "A trailing dimension of size one is left: (B,) is asked for.")
def column_of_log_probabilities(logits, actions):
    return torch.log_softmax(logits, dim=-1).gather(-1, actions.unsqueeze(-1))


@mistake("categorical_log_prob", "One number came back for the whole batch: each state has its own.")
def summed_over_the_batch(logits, actions):
    return torch.log_softmax(logits, dim=-1).gather(-1, actions.unsqueeze(-1)).sum()


@mistake("categorical_log_prob", "A batch of one loses its batch dimension: every dimension of size one was removed.")
def batch_of_one_lost(logits, actions):
    return torch.log_softmax(logits, dim=-1).gather(-1, actions.unsqueeze(-1)).squeeze()


@mistake("categorical_log_prob", "No gradient reaches the logits, so no policy could learn from it.")
def log_probability_detached(logits, actions):
    return torch.log_softmax(logits.detach(), dim=-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake("categorical_log_prob", "Your probabilities sum to one over the batch: the softmax runs over the states.")
def softmax_over_states(logits, actions):
    return torch.log_softmax(logits, dim=0).gather(-1, actions.unsqueeze(-1)).squeeze(-1)


@mistake("categorical_log_prob", "The sign is wrong: a cross entropy is minus the log-probability.")
def cross_entropy_kept(logits, actions):
    return torch.nn.functional.cross_entropy(logits, actions, reduction="none")


@mistake("categorical_log_prob", "You return the log-probability of each row's likeliest action, not of the one given.")
def likeliest_action_scored(logits, actions):
    return torch.log_softmax(logits, dim=-1).max(dim=-1).values


@mistake("categorical_log_prob", "You return the entropy-like mean over all actions; one action's is asked for.")
def expected_log_probability(logits, actions):
    log_probabilities = torch.log_softmax(logits, dim=-1)
    return (log_probabilities.exp() * log_probabilities).sum(-1)


@mistake("categorical_log_prob", "The logits themselves are changed by your call.")
def logits_normalised_in_place(logits, actions):
    with torch.no_grad():
        logits -= logits.max(dim=-1, keepdim=True).values
    return torch.log_softmax(logits, dim=-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)


# --- 1.2 categorical_sample -------------------------------------------------------------------------------------------


@mistake("categorical_sample", "The noise is made on the CPU: on a GPU it would meet logits of another device.")
def gumbel_noise_on_the_cpu(logits, generator=None):
    uniform = torch.rand(logits.shape, generator=generator)
    return (logits - (-uniform.log()).log()).argmax(dim=-1)


@mistake("categorical_sample", "The likeliest action is taken every time: the policy says how often each one is.")
def likeliest_action_taken(logits, generator=None):
    return logits.argmax(dim=-1)


@mistake(
    "categorical_sample",
    "You drew from the global random state although you were given a generator.",
)
def generator_ignored(logits, generator=None):
    return torch.distributions.Categorical(logits=logits).sample()


@mistake("categorical_sample", "Your generator is seeded anew in every call: the same draws come again and again.")
def seeded_in_each_call(logits, generator=None):
    own = torch.Generator(logits.device).manual_seed(0)
    return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=own).squeeze(-1)


NEW_GENERATOR = (
    "Without a generator the same draws come in every call: a new torch.Generator always starts with the same seed."
)


@mistake("categorical_sample", NEW_GENERATOR)
def new_generator_for_none(logits, generator=None):
    generator = generator or torch.Generator(logits.device)
    return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator).squeeze(-1)


@mistake("categorical_sample", "It only works with a generator: without one, torch's global random state is used.")
def generator_required(logits, generator=None):
    noise = torch.rand(logits.shape, generator=generator, device=generator.device, dtype=torch.float64)
    return (logits - (-noise.log()).log()).argmax(dim=-1)


@mistake("categorical_sample", "Every row acts by the probabilities of the first row: each has its own.")
def first_row_for_every_row(logits, generator=None):
    p = torch.softmax(logits[0], dim=-1)
    return torch.multinomial(p, len(logits), replacement=True, generator=generator)


@mistake("categorical_sample", "All actions are equally likely: the logits are not used.")
def uniform_actions(logits, generator=None):
    return torch.randint(logits.shape[-1], (len(logits),), generator=generator, device=logits.device)


@mistake(
    "categorical_sample",
    "One throw of the dice decides for the whole batch: every row needs a random number of its own.",
)
def one_throw_for_the_batch(logits, generator=None):
    cumulative = torch.softmax(logits, dim=-1).cumsum(-1)
    return (torch.rand(1, generator=generator, device=logits.device) * cumulative[:, -1:] > cumulative).sum(-1)


@mistake("categorical_sample", "The logits are used as if they were the probabilities: bring them through the softmax.")
def logits_as_weights(logits, generator=None):
    return torch.multinomial(logits - logits.min() + 1e-3, 1, generator=generator).squeeze(-1)


@mistake("categorical_sample", "A column (B,1) came back where (B,) is asked for.")
def column_of_actions(logits, generator=None):
    return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator)


@mistake("categorical_sample", "A batch of one action loses its batch dimension.")
def single_action_squeezed(logits, generator=None):
    return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator).squeeze()


@mistake("categorical_sample", "Your actions are no int64: they have to index.")
def actions_as_floats(logits, generator=None):
    return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator).squeeze(-1).float()


@mistake("categorical_sample", "Your softmax runs over the states of the batch instead of the actions.")
def sample_softmax_over_states(logits, generator=None):
    return torch.multinomial(torch.softmax(logits, dim=0), 1, generator=generator).squeeze(-1)


@mistake("categorical_sample", "Logits of 200 break it: their exponential is more than a float32 holds.")
def sample_from_exponentials(logits, generator=None):
    return torch.multinomial(logits.exp(), 1, generator=generator).squeeze(-1)


@mistake(
    "categorical_sample",
    "The draws of neighbouring rows hang together: actions are handed out in blocks instead of drawn one by one.",
)
def drawn_in_blocks(logits, generator=None):
    shift = torch.rand(1, generator=generator, device=logits.device)
    u = (torch.arange(len(logits), device=logits.device) + shift) / len(logits)
    cumulative = torch.softmax(logits, dim=-1).cumsum(-1)
    return (u[:, None] * cumulative[:, -1:] > cumulative).sum(-1)


# --- 1.3 diag_gaussian_log_prob ---------------------------------------------------------------------------------------

LOG_2_PI = math.log(2 * math.pi)


@mistake("diag_gaussian_log_prob", "A number for each dimension came back: an action has one density, their product.")
def not_summed(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI)


@mistake("diag_gaussian_log_prob", "You average over the dimensions: densities multiply, so their logarithms add up.")
def mean_over_dimensions(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).mean(-1)


@mistake("diag_gaussian_log_prob", "Half of log sigma is missing: within the bracket of one half it stands twice.")
def half_of_log_sigma(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + log_std + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "The squared distance is divided by sigma where sigma squared is due.")
def divided_by_sigma(mu, log_std, a):
    return -0.5 * ((a - mu) ** 2 / log_std.exp() + 2 * log_std + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "The factor one half is missing.")
def without_one_half(mu, log_std, a):
    return -(((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "The constant with 2 pi is missing: this is no density, it does not integrate to 1.")
def without_the_constant(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std).sum(-1)


@mistake("diag_gaussian_log_prob", "The constant with 2 pi is counted once: it belongs to each of the k dimensions.")
def constant_once(mu, log_std, a):
    return -0.5 * ((((a - mu) / log_std.exp()) ** 2 + 2 * log_std).sum(-1) + LOG_2_PI)


@mistake("diag_gaussian_log_prob", "One number came back for the batch: sum over the dimensions of an action only.")
def summed_over_all(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum()


@mistake("diag_gaussian_log_prob", "You sum over the batch instead of the dimensions of each action.")
def summed_over_states(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum(0)


@mistake("diag_gaussian_log_prob", "log_std is used as if it were the standard deviation itself.")
def log_std_as_std(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std) ** 2 + 2 * log_std.abs().log() + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "exp(log_std) is taken for the variance: it is the standard deviation.")
def log_std_as_log_variance(mu, log_std, a):
    return -0.5 * ((a - mu) ** 2 / log_std.exp() + log_std + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "The sign is wrong: the further an action is from mu, the less likely it is.")
def sign_flipped(mu, log_std, a):
    return 0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "That is the density; its logarithm is asked for.")
def density_without_log(mu, log_std, a):
    return (-0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum(-1)).exp()


@mistake(
    "diag_gaussian_log_prob",
    "Far from mu your log density is minus infinity: the density itself is too small for a float.",
)
def log_of_the_density(mu, log_std, a):
    sigma = log_std.exp()
    density = (-0.5 * ((a - mu) / sigma) ** 2).exp() / (sigma * math.sqrt(2 * math.pi))
    return density.log().sum(-1)


@mistake("diag_gaussian_log_prob", "A small number is added to the density: that is wrong where the density is small.")
def small_number_in_the_log_density(mu, log_std, a):
    sigma = log_std.exp()
    density = (-0.5 * ((a - mu) / sigma) ** 2).exp() / (sigma * math.sqrt(2 * math.pi))
    return (density + 1e-10).log().sum(-1)


@mistake("diag_gaussian_log_prob", "log_std itself is changed by your call.")
def exponential_in_place(mu, log_std, a):
    with torch.no_grad():
        log_std.exp_()
    return -0.5 * (((a - mu) / log_std) ** 2 + 2 * log_std.log() + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "No gradient reaches log_std: the policy could not learn how much to explore.")
def log_std_detached(mu, log_std, a):
    spread = log_std.detach()
    return -0.5 * (((a - mu) / spread.exp()) ** 2 + 2 * spread + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "No gradient reaches mu: the policy could not learn where to aim.")
def mu_detached(mu, log_std, a):
    return -0.5 * (((a - mu.detach()) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "log_std is clamped on the way: no bounds were asked for.")
def log_std_clamped(mu, log_std, a):
    spread = log_std.clamp(-2, 2)
    return -0.5 * (((a - mu) / spread.exp()) ** 2 + 2 * spread + LOG_2_PI).sum(-1)


@mistake("diag_gaussian_log_prob", "A batch of one loses its batch dimension.")
def gaussian_squeezed(mu, log_std, a):
    return -0.5 * (((a - mu) / log_std.exp()) ** 2 + 2 * log_std + LOG_2_PI).sum(-1).squeeze()


@mistake("diag_gaussian_log_prob", "The term with log sigma is added once for each row of the batch.")
def log_sigma_of_the_whole_batch(mu, log_std, a):
    spread = log_std.expand_as(mu)
    return -0.5 * (((a - mu) / spread.exp()) ** 2 + LOG_2_PI).sum(-1) - spread.sum()


# --- 1.3 diag_gaussian_sample -----------------------------------------------------------------------------------------


def _normal(mu, generator):
    return torch.randn(mu.shape, generator=generator, device=mu.device)


@mistake("diag_gaussian_sample", "The noise is made on the CPU: on a GPU it would meet a mu of another device.")
def gaussian_noise_on_the_cpu(mu, log_std, generator=None):
    return mu + log_std.exp() * torch.randn(mu.shape, generator=generator)


@mistake("diag_gaussian_sample", "Your actions always are the mean: the noise is missing.")
def mean_action(mu, log_std, generator=None):
    return mu.clone()


@mistake("diag_gaussian_sample", "You drew from the global random state although you were given a generator.")
def gaussian_generator_ignored(mu, log_std, generator=None):
    return torch.distributions.Normal(mu, log_std.exp()).sample()


@mistake("diag_gaussian_sample", "Your generator is seeded anew in every call: the same noise comes again and again.")
def gaussian_seeded_in_each_call(mu, log_std, generator=None):
    return mu + log_std.exp() * _normal(mu, torch.Generator(mu.device).manual_seed(0))


@mistake("diag_gaussian_sample", NEW_GENERATOR)
def new_gaussian_generator_for_none(mu, log_std, generator=None):
    return mu + log_std.exp() * _normal(mu, generator or torch.Generator(mu.device))


@mistake("diag_gaussian_sample", "log_std is used as if it were the standard deviation.")
def noise_times_log_std(mu, log_std, generator=None):
    return mu + log_std * _normal(mu, generator)


@mistake("diag_gaussian_sample", "The noise is scaled with the variance: the standard deviation is due.")
def noise_times_variance(mu, log_std, generator=None):
    return mu + (2 * log_std).exp() * _normal(mu, generator)


@mistake("diag_gaussian_sample", "exp(log_std) is taken for the variance: it is the standard deviation.")
def noise_times_root_of_sigma(mu, log_std, generator=None):
    return mu + (log_std / 2).exp() * _normal(mu, generator)


@mistake("diag_gaussian_sample", "All dimensions of an action share one random number: each needs noise of its own.")
def noise_shared_by_dimensions(mu, log_std, generator=None):
    return mu + log_std.exp() * torch.randn(len(mu), 1, generator=generator, device=mu.device)


@mistake("diag_gaussian_sample", "All rows of the batch share their noise: each row needs its own.")
def noise_shared_by_rows(mu, log_std, generator=None):
    return mu + log_std.exp() * torch.randn(mu.shape[1], generator=generator, device=mu.device)


@mistake("diag_gaussian_sample", "Your noise is uniform between 0 and 1: a Gaussian policy needs normal noise.")
def uniform_noise(mu, log_std, generator=None):
    return mu + log_std.exp() * torch.rand(mu.shape, generator=generator, device=mu.device)


@mistake(
    "diag_gaussian_sample",
    "Mean and deviation are right, but the noise is uniform: too few actions lie close to the mean.",
)
def uniform_noise_of_the_right_width(mu, log_std, generator=None):
    return mu + log_std.exp() * (torch.rand(mu.shape, generator=generator, device=mu.device) - 0.5) * math.sqrt(12)


@mistake("diag_gaussian_sample", "log_std or the actions are clamped on the way: no bounds were asked for.")
def actions_clamped(mu, log_std, generator=None):
    return (mu + log_std.exp() * _normal(mu, generator)).clamp(-2, 2)


@mistake("diag_gaussian_sample", "The noise is all there is: the mean is not added.")
def noise_without_mean(mu, log_std, generator=None):
    return log_std.exp() * _normal(mu, generator)


@mistake("diag_gaussian_sample", "The mean is scaled with sigma, too: only the noise is.")
def mean_scaled_with_sigma(mu, log_std, generator=None):
    return log_std.exp() * (mu + _normal(mu, generator))


@mistake("diag_gaussian_sample", "mu itself is changed by your call.")
def noise_added_in_place(mu, log_std, generator=None):
    with torch.no_grad():
        mu += log_std.exp() * _normal(mu, generator)
    return mu


# --- 1.4 trajectory_log_prob ------------------------------------------------------------------------------------------


def _log(x):
    return math.log(x) if x > 0 else -math.inf


@mistake("trajectory_log_prob", "The probability of the first state is missing.")
def start_forgotten(rho0, P, pi, states, actions):
    steps = list(zip(states, actions, states[1:], strict=False))
    return float(sum(_log(pi[s, a]) + _log(P[s, a, s2]) for s, a, s2 in steps))


@mistake("trajectory_log_prob", "The probabilities of the actions are missing: who chooses them?")
def policy_forgotten(rho0, P, pi, states, actions):
    steps = list(zip(states, actions, states[1:], strict=False))
    return _log(rho0[states[0]]) + float(sum(_log(P[s, a, s2]) for s, a, s2 in steps))


@mistake("trajectory_log_prob", "The probabilities of the next states are missing: who decides where a step leads?")
def environment_forgotten(rho0, P, pi, states, actions):
    return _log(rho0[states[0]]) + float(sum(_log(pi[s, a]) for s, a in zip(states, actions, strict=False)))


@mistake("trajectory_log_prob", "The policy is indexed with action and state swapped: pi[s, a] is the order.")
def policy_transposed(rho0, P, pi, states, actions):
    steps = list(zip(states, actions, states[1:], strict=False))
    return _log(rho0[states[0]]) + float(sum(_log(pi[a, s]) + _log(P[s, a, s2]) for s, a, s2 in steps))


@mistake("trajectory_log_prob", "The transition is indexed backwards, from the next state to this one.")
def transition_backwards(rho0, P, pi, states, actions):
    steps = list(zip(states, actions, states[1:], strict=False))
    return _log(rho0[states[0]]) + float(sum(_log(pi[s, a]) + _log(P[s2, a, s]) for s, a, s2 in steps))


@mistake("trajectory_log_prob", "The action is looked up in the state it leads to, not in the one it is taken in.")
def action_in_the_next_state(rho0, P, pi, states, actions):
    steps = list(zip(states, actions, states[1:], strict=False))
    return _log(rho0[states[0]]) + float(sum(_log(pi[s2, a]) + _log(P[s, a, s2]) for s, a, s2 in steps))


@mistake("trajectory_log_prob", "The last step is missing: T actions make T steps.")
def last_step_forgotten(rho0, P, pi, states, actions):
    steps = list(zip(states, actions, states[1:], strict=False))[:-1]
    return _log(rho0[states[0]]) + float(sum(_log(pi[s, a]) + _log(P[s, a, s2]) for s, a, s2 in steps))


@mistake(
    "trajectory_log_prob",
    "A long trajectory gets minus infinity: the product of hundreds of probabilities is too small for a float.",
)
def log_of_the_product(rho0, P, pi, states, actions):
    product = rho0[states[0]]
    for t, a in enumerate(actions):
        product *= pi[states[t], a] * P[states[t], a, states[t + 1]]
    return _log(product)


@mistake("trajectory_log_prob", "That is the probability; its logarithm is asked for.")
def probability_of_the_trajectory(rho0, P, pi, states, actions):
    product = float(rho0[states[0]])
    for t, a in enumerate(actions):
        product *= float(pi[states[t], a] * P[states[t], a, states[t + 1]])
    return product


@mistake("trajectory_log_prob", "An impossible trajectory makes it fail: its log-probability is minus infinity.")
def fails_on_the_impossible(rho0, P, pi, states, actions):
    total = math.log(rho0[states[0]])
    for t, a in enumerate(actions):
        total += math.log(pi[states[t], a]) + math.log(P[states[t], a, states[t + 1]])
    return total


@mistake(
    "trajectory_log_prob",
    "A small number is added to every probability: an impossible trajectory is no longer impossible.",
)
def small_number_added(rho0, P, pi, states, actions):
    total = math.log(rho0[states[0]] + 1e-10)
    for t, a in enumerate(actions):
        total += math.log(pi[states[t], a] + 1e-10) + math.log(P[states[t], a, states[t + 1]] + 1e-10)
    return total


@mistake("trajectory_log_prob", "You divide by the number of steps: a trajectory's log-probability is a sum.")
def mean_over_steps(rho0, P, pi, states, actions):
    total = _log(rho0[states[0]])
    for t, a in enumerate(actions):
        total += _log(pi[states[t], a]) + _log(P[states[t], a, states[t + 1]])
    return total / (len(actions) + 1)


@mistake("trajectory_log_prob", "An impossible factor is skipped: it makes the whole trajectory impossible.")
def impossible_factors_skipped(rho0, P, pi, states, actions):
    factors = [rho0[states[0]]]
    for t, a in enumerate(actions):
        factors += [pi[states[t], a], P[states[t], a, states[t + 1]]]
    return float(sum(math.log(f) for f in factors if f > 0))


@mistake("trajectory_log_prob", "A trajectory without a step has no probability with you: it is that of its start.")
def nothing_without_a_step(rho0, P, pi, states, actions):
    if not len(actions):
        return 0.0
    return _log(rho0[states[0]]) + float(
        sum(_log(pi[s, a]) + _log(P[s, a, s2]) for s, a, s2 in zip(states, actions, states[1:], strict=False))
    )


# --- 1.5 policy_evaluation --------------------------------------------------------------------------------------------


def _evaluate(P, R, pi, terminal, gamma, sweeps=3_000):
    """V by iteration, for the variants below that change what goes into it."""
    V = np.zeros(len(P))
    for _ in range(sweeps):
        V = np.where(terminal, 0.0, (pi * (P * (R + gamma * V)).sum(-1)).sum(-1))
    return V


@mistake("policy_evaluation", "All actions count alike with you: V is an average over the policy's own choices.")
def uniform_policy(P, R, pi, terminal, gamma):
    return _evaluate(P, R, np.full_like(pi, 1 / pi.shape[1]), terminal, gamma)


@mistake("policy_evaluation", "The best action is taken in every state: that is V*, not the value of this policy.")
def best_action_for_policy(P, R, pi, terminal, gamma):
    V = np.zeros(len(P))
    for _ in range(3_000):
        V = np.where(terminal, 0.0, (P * (R + gamma * V)).sum(-1).max(-1))
    return V


@mistake("policy_evaluation", "The policy's likeliest action is taken every time: V averages over all of them.")
def likeliest_action_only(P, R, pi, terminal, gamma):
    return _evaluate(P, R, np.eye(pi.shape[1])[pi.argmax(-1)], terminal, gamma)


@mistake("policy_evaluation", "A terminal state has a value with you: after the end there is no reward and no future.")
def goes_on_after_the_end(P, R, pi, terminal, gamma):
    return _evaluate(P, R, pi, np.zeros_like(terminal), min(gamma, 0.999))


@mistake("policy_evaluation", "A terminal state keeps its own expected reward: V is 0 there.")
def reward_after_the_end(P, R, pi, terminal, gamma):
    expected = (pi * (P * R).sum(-1)).sum(-1)
    V = np.zeros(len(P))
    for _ in range(3_000):
        V = expected + np.where(terminal, 0.0, gamma * (pi * (P @ V)).sum(-1))
    return V


@mistake("policy_evaluation", "The reward of the step into a terminal state is lost: only what follows it is 0.")
def reward_of_the_last_step_lost(P, R, pi, terminal, gamma):
    return _evaluate(P, np.where(terminal, 0.0, R), pi, terminal, gamma)


@mistake("policy_evaluation", "The immediate reward is discounted, too: gamma belongs to the next value alone.")
def reward_discounted(P, R, pi, terminal, gamma):
    return _evaluate(P, gamma * R, pi, terminal, gamma)


@mistake("policy_evaluation", "Your transitions run backwards: the value comes from where a step leads.")
def transition_matrix_transposed(P, R, pi, terminal, gamma):
    acting = np.where(terminal, 0.0, 1.0)
    transitions = acting[:, None] * np.einsum("sa,sat->ts", pi, P)
    rewards = acting * (pi * (P * R).sum(-1)).sum(-1)
    return np.linalg.solve(np.eye(len(P)) - gamma * transitions, rewards)


@mistake("policy_evaluation", "Rewards of all next states count alike: each has the weight of its probability.")
def reward_not_weighted(P, R, pi, terminal, gamma):
    V = np.zeros(len(P))
    for _ in range(3_000):
        V = np.where(terminal, 0.0, (pi * (R.mean(-1) + gamma * (P @ V))).sum(-1))
    return V


@mistake("policy_evaluation", "Your values do not depend on gamma as they should: one step's reward is all they hold.")
def one_step_only(P, R, pi, terminal, gamma):
    return _evaluate(P, R, pi, terminal, gamma, sweeps=1)


@mistake("policy_evaluation", "You stop before the values have settled: repeat until they stay what they are.")
def too_few_sweeps(P, R, pi, terminal, gamma):
    return _evaluate(P, R, pi, terminal, gamma, sweeps=20)


@mistake(
    "policy_evaluation",
    "You stop after a number of sweeps that is too small where gamma is close to 1: repeat until the values stay.",
)
def five_hundred_sweeps(P, R, pi, terminal, gamma):
    return _evaluate(P, R, pi, terminal, gamma, sweeps=500)


@mistake(
    "policy_evaluation",
    "What stands in the rows of a terminal state changes your values: these rows mean nothing, and V is 0 there.",
)
def reads_terminal_rows(P, R, pi, terminal, gamma):
    P = P / P.sum(-1, keepdims=True) * np.where(terminal, 0.9, 1.0)[:, None, None]
    V = _evaluate(P, R, pi, terminal, gamma)
    V[terminal] = np.where(np.abs(pi[terminal].sum(-1) - 1) > 0.1, R[terminal].mean((1, 2)), 0.0)
    return V


@mistake("policy_evaluation", "A column (S,1) came back where (S,) is asked for.")
def column_of_values(P, R, pi, terminal, gamma):
    return _evaluate(P, R, pi, terminal, gamma)[:, None]


@mistake("policy_evaluation", "That is Q, a value for each action; V is its average over the policy.")
def q_for_v(P, R, pi, terminal, gamma):
    V = _evaluate(P, R, pi, terminal, gamma)
    return np.where(terminal[:, None], 0.0, (P * (R + gamma * V)).sum(-1))


@mistake("policy_evaluation", "Your values are float32: the labs with numpy compute in float64.")
def values_in_float32(P, R, pi, terminal, gamma):
    return _evaluate(P, R, pi, terminal, gamma).astype(np.float32)


@mistake("policy_evaluation", "R is changed by your call: copy it before you set anything to zero.")
def rewards_zeroed_in_place(P, R, pi, terminal, gamma):
    R[terminal] = 0.0
    return _evaluate(P, R, pi, terminal, gamma)


# --- 1.6 value_iteration ----------------------------------------------------------------------------------------------


def _iterate(P, R, terminal, gamma, tol=1e-10, choose=None, back_up=None, sweeps=6_000):
    """Value iteration with another choice of actions, or another backup."""
    choose = choose or (lambda Q: Q.max(-1))
    back_up = back_up or (lambda V: (P * (R + gamma * V)).sum(-1))
    V = np.zeros(len(P))
    for _ in range(sweeps):
        Q = np.where(terminal[:, None], 0.0, back_up(V))
        new = choose(Q)
        if np.abs(new - V).max() <= tol:
            break
        V = new
    return new, Q


@mistake("value_iteration", "You average over the actions: the optimal policy takes the best one.")
def mean_over_actions(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, choose=lambda Q: Q.mean(-1))


@mistake("value_iteration", "You take the worst action in every state.")
def min_over_actions(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, choose=lambda Q: Q.min(-1))


@mistake("value_iteration", "A terminal state has a value with you: after the end there is no reward and no future.")
def bootstraps_through_the_end(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, np.zeros_like(terminal), gamma, tol)


@mistake("value_iteration", "V is 0 in the terminal states, as it should be, but their rows of Q are not.")
def terminal_row_of_q(P, R, terminal, gamma, tol=1e-10):
    V, _ = _iterate(P, R, terminal, gamma, tol)
    return V, (P * (R + gamma * V)).sum(-1)


@mistake("value_iteration", "A terminal state keeps its own expected reward: V and Q are 0 there.")
def reward_of_the_terminal_state(P, R, terminal, gamma, tol=1e-10):
    V = np.zeros(len(P))
    for _ in range(3_000):
        Q = (P * R).sum(-1) + np.where(terminal[:, None], 0.0, gamma * (P @ V))
        V = Q.max(-1)
    return V, Q


@mistake("value_iteration", "The reward of the step into a terminal state is lost: only what follows it is 0.")
def goal_reward_lost(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, np.where(terminal, 0.0, R), terminal, gamma, tol)


@mistake("value_iteration", "Rewards of all next states count alike: each has the weight of its probability.")
def reward_outside_the_expectation(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, back_up=lambda V: R.mean(-1) + gamma * (P @ V))


@mistake("value_iteration", "Rewards are added up without their probabilities.")
def reward_summed_without_weights(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, back_up=lambda V: R.sum(-1) + gamma * (P @ V))


@mistake("value_iteration", "The immediate reward is discounted, too: gamma belongs to the next value alone.")
def gamma_on_the_reward(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, back_up=lambda V: gamma * (P * (R + V)).sum(-1))


@mistake("value_iteration", "Your values do not depend on gamma.")
def gamma_left_out(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, back_up=lambda V: (P * (R + V)).sum(-1), sweeps=300)


@mistake("value_iteration", "The best next state is chosen, but no action can choose it: the environment draws it.")
def best_next_state(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, back_up=lambda V: np.where(P > 0, R + gamma * V, -1e9).max(-1))


@mistake("value_iteration", "You stop before the values have settled: tol says when a sweep has changed nothing more.")
def ten_sweeps(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, sweeps=10)


@mistake(
    "value_iteration",
    "You stop after a number of sweeps, whether or not the values have settled: with gamma close to 1 that takes "
    "thousands.",
)
def fifteen_hundred_sweeps(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, sweeps=1_500)


@mistake("value_iteration", "You stop when the values change by less than .001: tol says when to stop.")
def stops_at_a_change_of_its_own(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, 1e-3)


@mistake(
    "value_iteration",
    "You stop where no value rises: where every step costs something all of them fall, and that is a change, too.",
)
def stops_where_no_value_rises(P, R, terminal, gamma, tol=1e-10):
    V = np.zeros(len(P))
    while True:
        Q = np.where(terminal[:, None], 0.0, (P * (R + gamma * V)).sum(-1))
        V, change = Q.max(-1), (Q.max(-1) - V).max()
        if change <= tol:
            return V, Q


@mistake("value_iteration", "One sweep is all you do: the goal's value reaches only the cells beside it.")
def single_sweep(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol, sweeps=1)


@mistake("value_iteration", "The two results are swapped: V comes first.")
def q_before_v(P, R, terminal, gamma, tol=1e-10):
    V, Q = _iterate(P, R, terminal, gamma, tol)
    return Q, V


@mistake("value_iteration", "Only V came back; Q belongs to the result.")
def v_alone(P, R, terminal, gamma, tol=1e-10):
    return _iterate(P, R, terminal, gamma, tol)[0]


@mistake("value_iteration", "Q lies on its side: a row for each state is asked for, with a column for each action.")
def q_transposed(P, R, terminal, gamma, tol=1e-10):
    V, Q = _iterate(P, R, terminal, gamma, tol)
    return V, Q.T


@mistake("value_iteration", "Your second result is the best action of each state; the values of all actions are due.")
def best_action_for_q(P, R, terminal, gamma, tol=1e-10):
    V, Q = _iterate(P, R, terminal, gamma, tol)
    return V, Q.argmax(-1)


@mistake("value_iteration", "Your transitions run backwards: the value comes from where a step leads.")
def transitions_backwards(P, R, terminal, gamma, tol=1e-10):
    return _iterate(
        P, R, terminal, gamma, tol, back_up=lambda V: (P * R).sum(-1) + gamma * np.einsum("tas,t->sa", P, V), sweeps=300
    )


@mistake("value_iteration", "P is changed by your call: copy it before you write into it.")
def rows_zeroed_in_place(P, R, terminal, gamma, tol=1e-10):
    P[terminal] = 0.0
    return _iterate(P, R, terminal, gamma, tol)


@mistake("value_iteration", "Your values are float32: the labs with numpy compute in float64.")
def optimal_values_in_float32(P, R, terminal, gamma, tol=1e-10):
    V, Q = _iterate(P, R, terminal, gamma, tol)
    return V.astype(np.float32), Q.astype(np.float32)


# --- 1.7 greedy_actions -----------------------------------------------------------------------------------------------


@mistake("greedy_actions", "Only the first of several equally good actions came back: all of them are optimal.")
def first_best_only(q, tol=1e-8):
    return [int(q.argmax())]


@mistake("greedy_actions", "Values came back; the indices of the actions are asked for.")
def values_for_indices(q, tol=1e-8):
    return [float(value) for value in q if q.max() - value <= tol]


@mistake("greedy_actions", "Equal but for rounding is not equal with you: allow the difference tol.")
def exactly_equal(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(q == q.max())]


@mistake("greedy_actions", "Actions almost as good count as best with you: your tolerance is far too wide.")
def ten_percent(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(q >= q.max() - 0.1 * abs(q.max()))]


@mistake(
    "greedy_actions",
    "Your tolerance grows with the values (numpy.isclose has a relative part of its own): it has to be absolute.",
)
def relative_tolerance(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(np.isclose(q, q.max(), atol=tol))]


@mistake("greedy_actions", "With negative values nothing is left: a share of a negative number lies above it.")
def share_of_the_largest(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(q >= q.max() * (1 - tol))]


@mistake("greedy_actions", "tol makes no difference to your result.")
def tolerance_fixed(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(q.max() - q <= 1e-8)]


@mistake("greedy_actions", "The smallest values were taken for the best.")
def smallest_values(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(q - q.min() <= tol)]


@mistake("greedy_actions", "The indices are in the wrong order: ascending is asked for.")
def descending_order(q, tol=1e-8):
    return [int(a) for a in np.flatnonzero(q.max() - q <= tol)][::-1]


@mistake("greedy_actions", "q is sorted by your call: the caller's actions have lost their places.")
def sorts_the_values(q, tol=1e-8):
    best = q.max()
    found = [int(a) for a in np.flatnonzero(best - q <= tol)]
    q.sort()
    return found


@mistake("greedy_actions", "A mask or an array came back; a list of indices is asked for.")
def mask_for_indices(q, tol=1e-8):
    return [bool(best) for best in q.max() - q <= tol]


@mistake("greedy_actions", "An array came back; a list of Python ints is asked for.")
def array_of_indices(q, tol=1e-8):
    return np.flatnonzero(q.max() - q <= tol)


@mistake("greedy_actions", "Your actions are counted from 1: the first one has the index 0.")
def counted_from_one(q, tol=1e-8):
    return [int(a) + 1 for a in np.flatnonzero(q.max() - q <= tol)]


@mistake("greedy_actions", "A single best action came back as a bare number: a list of one is asked for.")
def bare_number_for_one(q, tol=1e-8):
    found = [int(a) for a in np.flatnonzero(q.max() - q <= tol)]
    return found[0] if len(found) == 1 else found


@mistake(
    "greedy_actions",
    "Whether a value counts depends on its neighbour in your list: compare each with the largest value.",
)
def chain_of_neighbours(q, tol=1e-8):
    best = [0]
    for a in range(1, len(q)):
        if q[a] > q[best[-1]] + tol:
            best = [a]
        elif q[a] >= q[best[0]] - tol and a == best[-1] + 1:
            best.append(a)
    return best


@mistake("greedy_actions", "Values are rounded before they are compared: a difference of a hundredth gets lost.")
def rounded_values(q, tol=1e-8):
    rounded = np.round(q, 2)
    return [int(a) for a in np.flatnonzero(rounded.max() - rounded <= tol)]


# --- 1.8 advantage ----------------------------------------------------------------------------------------------------


@mistake("advantage", "All actions count alike in your V: weight them with how often the policy takes them.")
def plain_mean(Q, pi):
    return Q - Q.mean(axis=1, keepdims=True)


@mistake("advantage", "The sign is wrong: an action better than the average has a positive advantage.")
def advantage_negated(Q, pi):
    return (pi * Q).sum(axis=1, keepdims=True) - Q


@mistake("advantage", "You compare with the best action; the advantage compares with the policy's average.")
def best_for_average(Q, pi):
    return Q - Q.max(axis=1, keepdims=True)


@mistake("advantage", "You average over the states; each state has a V of its own, over its actions.")
def averaged_over_states(Q, pi):
    return Q - (pi * Q).sum(axis=0, keepdims=True)


@mistake(
    "advantage",
    "V is subtracted along the wrong axis: with as many states as actions this goes unnoticed.",
)
def axis_lost(Q, pi):
    return Q - (pi * Q).sum(axis=1)


@mistake("advantage", "Your advantages are weighted with pi: the policy enters V, and nothing else.")
def weighted_with_policy(Q, pi):
    return pi * (Q - (pi * Q).sum(axis=1, keepdims=True))


@mistake("advantage", "Q itself is changed by your call.")
def subtracted_in_place(Q, pi):
    Q -= (pi * Q).sum(axis=1, keepdims=True)
    return Q


@mistake("advantage", "You return V; the advantage is Q minus V.")
def v_for_advantage(Q, pi):
    return (pi * Q).sum(axis=1)


@mistake("advantage", "One average for all states is subtracted: each state has a V of its own.")
def one_average_for_all(Q, pi):
    return Q - (pi * Q).sum() / len(Q)


@mistake("advantage", "Your advantages are divided by their spread: that comes in a later lab, and is not asked for.")
def normalised_advantages(Q, pi):
    A = Q - (pi * Q).sum(axis=1, keepdims=True)
    return A / (A.std() + 1e-8)


@mistake("advantage", "You return each action's share of V, not how much better than V it is.")
def share_of_v(Q, pi):
    return pi * Q


# --- 1.9 validate_mdp -------------------------------------------------------------------------------------------------


def _found(P, R, rho0, tolerance=1e-8, leave_out=()):
    """What the tests of the docstring find, but for those that are left out."""
    fitting = rho0.shape == P.shape[:1]
    tests = {
        "P shape": P.ndim != 3 or P.shape[0] != P.shape[-1],
        "R shape": R.shape != P.shape,
        "rho0 shape": not fitting,
        "P negative": bool((P < 0).any()),
        "rho0 negative": bool((rho0 < 0).any()),
        "P sum": bool((np.abs(P.sum(-1) - 1) > tolerance).any()),
        "rho0 sum": bool(abs(rho0.sum() - 1) > tolerance),
    }
    return [name for name, wrong in tests.items() if wrong and name not in leave_out]


@mistake("validate_mdp", "Whatever it is given, you find nothing wrong.")
def nothing_wrong(P, R, rho0):
    return []


@mistake("validate_mdp", "Whatever it is given, you find something wrong.")
def always_wrong(P, R, rho0):
    return ["this is no MDP"]


@mistake("validate_mdp", "Sound probabilities are refused: floats such as .7 + .1 + .2 add up to almost 1.")
def sums_exactly_one(P, R, rho0):
    return _found(P, R, rho0, tolerance=0.0)


@mistake("validate_mdp", "A sum that is off by a few ten-thousandths passes: your tolerance is too wide.")
def sums_within_a_thousandth(P, R, rho0):
    return _found(P, R, rho0, tolerance=1e-3)


@mistake("validate_mdp", "A row that adds up to .98 passes: your tolerance is too wide.")
def sums_roughly_one(P, R, rho0):
    return _found(P, R, rho0, tolerance=0.05)


@mistake("validate_mdp", "The sums of P are not looked at, or only the sum of all of it.")
def sum_of_all_of_p(P, R, rho0):
    found = _found(P, R, rho0, leave_out=("P sum",))
    return found + (["P sum"] if P.size and abs(P.sum() - P[..., 0].size) > 0.2 else [])


@mistake("validate_mdp", "P is summed over the wrong axis: the probabilities of the next states add up to 1.")
def sums_over_states(P, R, rho0):
    found = _found(P, R, rho0, leave_out=("P sum",))
    return found + (["P sum"] if (np.abs(P.sum(0) - 1) > 1e-8).any() else [])


@mistake("validate_mdp", "Sums are looked at, and signs are not: 1.2 and -.2 add up to 1, too.")
def negative_entries_pass(P, R, rho0):
    return _found(P, R, rho0, leave_out=("P negative", "rho0 negative"))


@mistake("validate_mdp", "A negative probability passes in rho0: it needs the same care as P.")
def negative_start_passes(P, R, rho0):
    return _found(P, R, rho0, leave_out=("rho0 negative",))


@mistake("validate_mdp", "A rho0 that does not add up to 1 passes.")
def start_not_summed(P, R, rho0):
    return _found(P, R, rho0, leave_out=("rho0 sum",))


@mistake("validate_mdp", "rho0 is not looked at.")
def start_not_looked_at(P, R, rho0):
    return _found(P, R, rho0, leave_out=("rho0 shape", "rho0 negative", "rho0 sum"))


@mistake("validate_mdp", "A rho0 with more states than P has passes.")
def start_of_any_length(P, R, rho0):
    return _found(P, R, rho0, leave_out=("rho0 shape",))


@mistake("validate_mdp", "An R of another shape than P passes.")
def rewards_of_any_shape(P, R, rho0):
    return _found(P, R, rho0, leave_out=("R shape",))


@mistake("validate_mdp", "Of R you look at the size or the first axis: all its axes are those of P.")
def first_axis_of_rewards(P, R, rho0):
    found = _found(P, R, rho0, leave_out=("R shape",))
    return found + (["R shape"] if len(R) != len(P) else [])


@mistake("validate_mdp", "A P whose last axis is longer than its first passes: both count the states.")
def p_of_any_shape(P, R, rho0):
    return _found(P, R, rho0, leave_out=("P shape",))


@mistake("validate_mdp", "Negative rewards are refused: rewards may be any numbers.")
def negative_rewards_refused(P, R, rho0):
    return _found(P, R, rho0) + (["R negative"] if (R < 0).any() else [])


@mistake("validate_mdp", "A missing axis makes your function fail: it has to report that, not to raise.")
def raises_on_a_missing_axis(P, R, rho0):
    states, actions, _ = P.shape
    found = _found(P, R, rho0)
    return found + (["R shape"] if R.shape != (states, actions, states) else [])


@mistake("validate_mdp", "A P of one axis, or of none, makes your function fail: it has to report that, not to raise.")
def raises_on_one_axis(P, R, rho0):
    found = _found(P, R, rho0)
    return found + (["P shape"] if P.shape[0] != P.shape[-1] or P.shape[1] < 1 else [])


@mistake("validate_mdp", "A rho0 of two axes passes: its shape is (S,).")
def length_of_rho0(P, R, rho0):
    found = _found(P, R, rho0, leave_out=("rho0 shape", "rho0 sum"))
    return found + (["rho0"] if (P.ndim and rho0.size != len(P)) or abs(rho0.sum() - 1) > 1e-8 else [])


@mistake("validate_mdp", "You raise an error where a list of sentences is asked for.")
def raises_instead_of_reporting(P, R, rho0):
    if found := _found(P, R, rho0):
        raise ValueError(found[0])
    return []


@mistake("validate_mdp", "Faults are printed, and nothing is returned.")
def returns_none(P, R, rho0):
    return None


@mistake("validate_mdp", "True or False came back; a list of sentences is asked for.")
def true_or_false(P, R, rho0):
    return not _found(P, R, rho0)


@mistake("validate_mdp", "One string came back, not a list of them.")
def one_string(P, R, rho0):
    return "; ".join(_found(P, R, rho0))


@mistake("validate_mdp", "P is repaired by your call: report what is wrong, and leave the arrays alone.")
def repairs_p(P, R, rho0):
    found = _found(P, R, rho0)
    P /= P.sum(-1, keepdims=True)
    return found


@mistake("validate_mdp", "Only the first row of P is looked at.")
def first_row_only(P, R, rho0):
    found = _found(P, R, rho0, leave_out=("P sum", "P negative"))
    row = P.reshape(-1, P.shape[-1])[0]
    return found + (["P"] if abs(row.sum() - 1) > 1e-8 or (row < 0).any() else [])


# --- 1.9 maze_policy --------------------------------------------------------------------------------------------------


@mistake("maze_policy", "The rule is turned around: left where it is free, up in every other case.")
def up_first(free):
    return "up" if free["up"] else "left"


@mistake("maze_policy", "Left is taken where it is not free.")
def left_where_blocked(free):
    return "up" if free["left"] else "left"


@mistake("maze_policy", "You go left whatever lies there.")
def always_left(free):
    return "left"


@mistake("maze_policy", "You go up whatever lies to the left.")
def always_up(free):
    return "up"


@mistake(
    "maze_policy",
    "You look for another way where up is blocked, too: the rule does not, which is why it may get stuck.",
)
def any_free_way(free):
    for way in ("left", "up", "right", "down"):
        if free[way]:
            return way
    return "up"


@mistake("maze_policy", "Nothing came back for a cell where neither way is free: the rule says up.")
def nothing_where_stuck(free):
    if free["left"]:
        return "left"
    return "up" if free["up"] else None


@mistake("maze_policy", "The dictionary is changed by your call.")
def takes_the_way_out(free):
    return "left" if free.pop("left") else "up"


@mistake("maze_policy", 'The direction is spelled differently: the words are "left" and "up".')
def capital_letters(free):
    return "Left" if free["left"] else "Up"
