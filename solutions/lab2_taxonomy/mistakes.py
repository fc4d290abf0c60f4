"""Wrong versions that students write, with what they then read: the symptom and the idea, never the code."""

import json
from pathlib import Path

import numpy as np

from grader.checks import mistake
from tabular import dyna_step, fit_model, mpc_q, q_learning_update, sarsa_update

KEY = json.loads((Path(__file__).parent / "taxonomy.json").read_text(encoding="utf-8"))

# Two mistakes that look alike from outside, or one that several functions share, have one diagnosis.
THROUGH_THE_END = (
    "Where the transition ended the episode your target still contains what stands in the table for s2: after the end "
    "there is nothing more to come."
)
GAMMA_UNUSED = "Your result does not depend on gamma: what comes later counts as much as what comes now."
TRUNCATED = "Your table holds whole numbers: half a step into a table of ints is cut off without a word."
# One for all of the taxonomy: which entry is wrong, and why, would be the key. That is what the docstrings say.
ONE_OF_FOUR = "One entry or more is not what section 2.7 says of this algorithm: read its line there again."
SINGLE = "Your table is float32: half of its digits are gone. This lab computes in float64."
CHANGED = "The table that your function was given has changed: its caller still needs the old one."
TARGET_ONLY = "You add a share of the target and forget to go away from the old value by the same share."
WHOLE_STEP = "Your entry jumps to the target at once, whatever the step size is."
NO_LAST_REWARD = "A transition that ends the episode leaves your table as it was: its reward is the most important one."
WRONG_WAY = "Your entry moves away from the target instead of towards it."
OWN_DICE = "Your draws do not come from the generator that is passed in: the run cannot be repeated."
SEEDED_ANEW = "Every call draws the same: you make a generator of your own with a fixed seed."

# --- 2.1 epsilon_greedy -----------------------------------------------------------------------------------------------


@mistake("epsilon_greedy", "Of several best actions you always take the same one: a table of zeros never explores.")
def first_of_a_tie(q, eps, rng):
    return int(rng.integers(len(q))) if rng.random() < eps else int(np.argmax(q))


@mistake("epsilon_greedy", "Of several best actions you always take the last one.")
def last_of_a_tie(q, eps, rng):
    return int(rng.integers(len(q))) if rng.random() < eps else int(np.flatnonzero(q == q.max())[-1])


@mistake("epsilon_greedy", "You explore with probability 1 - eps and are greedy with eps: it is the other way round.")
def greedy_with_probability_eps(q, eps, rng):
    return int(rng.choice(np.flatnonzero(q == q.max()))) if rng.random() < eps else int(rng.integers(len(q)))


@mistake("epsilon_greedy", "When you explore you leave the best action out; it is one of the A that are drawn from.")
def best_left_out_when_exploring(q, eps, rng):
    best = int(rng.choice(np.flatnonzero(q == q.max())))
    others = [a for a in range(len(q)) if a != best]
    return int(rng.choice(others)) if rng.random() < eps else best


@mistake("epsilon_greedy", "You never explore: eps makes no difference.")
def always_greedy(q, eps, rng):
    return int(rng.choice(np.flatnonzero(q == q.max())))


@mistake("epsilon_greedy", "You take the action of the lowest value.")
def lowest_value(q, eps, rng):
    return int(rng.integers(len(q))) if rng.random() < eps else int(rng.choice(np.flatnonzero(q == q.min())))


@mistake("epsilon_greedy", "Better actions come up more often when you explore; exploring pays no regard to values.")
def softmax_when_exploring(q, eps, rng):
    p = np.exp(q - np.max(q))
    return (
        int(rng.choice(len(q), p=p / p.sum())) if rng.random() < eps else int(rng.choice(np.flatnonzero(q == q.max())))
    )


@mistake("epsilon_greedy", "Your last action never comes up when you explore.")
def last_action_never_drawn(q, eps, rng):
    explored = int(rng.integers(max(len(q) - 1, 1)))
    return explored if rng.random() < eps else int(rng.choice(np.flatnonzero(q == q.max())))


@mistake("epsilon_greedy", OWN_DICE)
def global_dice(q, eps, rng):
    if np.random.random() < eps:
        return int(np.random.randint(len(q)))
    return int(np.random.choice(np.flatnonzero(q == q.max())))


@mistake("epsilon_greedy", OWN_DICE)
def tie_broken_with_global_dice(q, eps, rng):
    if rng.random() < eps:
        return int(rng.integers(len(q)))
    return int(np.random.choice(np.flatnonzero(q == q.max())))


@mistake("epsilon_greedy", SEEDED_ANEW)
def dice_seeded_in_every_call(q, eps, rng):
    rng = np.random.default_rng(0)
    return int(rng.integers(len(q))) if rng.random() < eps else int(rng.choice(np.flatnonzero(q == q.max())))


@mistake("epsilon_greedy", "You return the value of an action, not which action it is.")
def value_of_the_action(q, eps, rng):
    return float(rng.choice(q) if rng.random() < eps else q.max())


@mistake("epsilon_greedy", "You return all best actions at once; one of them has to be drawn.")
def all_best_actions(q, eps, rng):
    return int(rng.integers(len(q))) if rng.random() < eps else np.flatnonzero(q == q.max())


@mistake("epsilon_greedy", "Your function changes the values that it was given.")
def noise_added_in_place(q, eps, rng):
    best = int(rng.choice(np.flatnonzero(q == q.max())))
    q[best] += 0.001 if q.dtype.kind == "f" else 1
    return int(rng.integers(len(q))) if rng.random() < eps else best


# --- 2.2 q_learning_update --------------------------------------------------------------------------------------------


def _moved(Q, s, a, target, alpha):
    Q = np.array(Q, dtype=np.float64)
    Q[s, a] += alpha * (target - Q[s, a])
    return Q


@mistake("q_learning_update", THROUGH_THE_END)
def q_through_the_end(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].max(), alpha)


@mistake("q_learning_update", "Your target looks at the state that was left; what can still be earned depends on s2.")
def q_of_the_state_left(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s].max() * (not terminated), alpha)


@mistake("q_learning_update", "Your target has the same action taken again in s2; Q-learning takes the best.")
def q_of_the_same_action(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2, a] * (not terminated), alpha)


@mistake("q_learning_update", GAMMA_UNUSED)
def q_without_gamma(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + Q[s2].max() * (not terminated), alpha)


@mistake("q_learning_update", TRUNCATED)
def q_in_a_table_of_ints(Q, s, a, r, s2, terminated, alpha, gamma):
    new = Q.copy()
    new[s, a] += np.asarray(alpha * (r + gamma * Q[s2].max() * (not terminated) - Q[s, a])).astype(Q.dtype)
    return new


@mistake("q_learning_update", CHANGED)
def q_in_place(Q, s, a, r, s2, terminated, alpha, gamma):
    Q[s, a] += np.asarray(alpha * (r + gamma * Q[s2].max() * (not terminated) - Q[s, a])).astype(Q.dtype)
    return Q


@mistake("q_learning_update", TARGET_ONLY)
def q_adds_the_target(Q, s, a, r, s2, terminated, alpha, gamma):
    Q = np.array(Q, dtype=np.float64)
    Q[s, a] += alpha * (r + gamma * Q[s2].max() * (not terminated))
    return Q


@mistake("q_learning_update", "Your new entry is a share of the target alone: what was known before is gone.")
def q_forgets_the_old_value(Q, s, a, r, s2, terminated, alpha, gamma):
    Q = np.array(Q, dtype=np.float64)
    Q[s, a] = alpha * (r + gamma * Q[s2].max() * (not terminated))
    return Q


@mistake("q_learning_update", WHOLE_STEP)
def q_without_alpha(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].max() * (not terminated), 1.0)


@mistake("q_learning_update", WRONG_WAY)
def q_away_from_the_target(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].max() * (not terminated), -alpha)


@mistake("q_learning_update", "You keep the share alpha of the old value and take 1 - alpha of the target.")
def q_alpha_swapped(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].max() * (not terminated), 1 - alpha)


@mistake("q_learning_update", "Your target contains the number of the best action in s2, not its value.")
def q_argmax_for_max(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].argmax() * (not terminated), alpha)


@mistake("q_learning_update", "Your target is the mean over the actions in s2, as if a random one were taken there.")
def q_mean_for_max(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].mean() * (not terminated), alpha)


@mistake("q_learning_update", "Your target contains the worst action in s2.")
def q_min_for_max(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].min() * (not terminated), alpha)


@mistake("q_learning_update", "Your target takes the maximum of the whole table; only s2 is where the agent is now.")
def q_max_of_the_table(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * np.max(Q) * (not terminated), alpha)


@mistake("q_learning_update", NO_LAST_REWARD)
def q_skips_the_end(Q, s, a, r, s2, terminated, alpha, gamma):
    return np.array(Q, dtype=np.float64) if terminated else q_learning_update(Q, s, a, r, s2, False, alpha, gamma)


@mistake("q_learning_update", "You look ahead only where the episode ended: the condition is the wrong way round.")
def q_mask_inverted(Q, s, a, r, s2, terminated, alpha, gamma):
    return q_learning_update(Q, s, a, r, s2, not terminated, alpha, gamma)


@mistake("q_learning_update", "Your reward is discounted; it is what is earned now, only what follows is discounted.")
def q_reward_discounted(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s, a, gamma * (r + Q[s2].max() * (not terminated)), alpha)


@mistake("q_learning_update", "You write into the row of s2; what was learned is about the state that was left.")
def q_written_to_the_next_state(Q, s, a, r, s2, terminated, alpha, gamma):
    return _moved(Q, s2, a, r + gamma * Q[s2].max() * (not terminated), alpha)


@mistake("q_learning_update", "You return one number; the whole table is asked for.")
def q_entry_alone(Q, s, a, r, s2, terminated, alpha, gamma):
    return float(q_learning_update(Q, s, a, r, s2, terminated, alpha, gamma)[s, a])


@mistake("q_learning_update", "Your function returns nothing: it has to return the new table.")
def q_nothing_returned(Q, s, a, r, s2, terminated, alpha, gamma):
    _moved(Q, s, a, r, alpha)


@mistake("q_learning_update", "The whole row of s moves; only the action that was taken has shown what it leads to.")
def q_whole_row(Q, s, a, r, s2, terminated, alpha, gamma):
    Q = np.array(Q, dtype=np.float64)
    Q[s] += alpha * (r + gamma * Q[s2].max() * (not terminated) - Q[s])
    return Q


@mistake("q_learning_update", SINGLE)
def q_in_float32(Q, s, a, r, s2, terminated, alpha, gamma):
    return q_learning_update(Q, s, a, r, s2, terminated, alpha, gamma).astype(np.float32)


# --- 2.3 sarsa_update -------------------------------------------------------------------------------------------------


@mistake("sarsa_update", THROUGH_THE_END)
def sarsa_through_the_end(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2, a2], alpha)


@mistake("sarsa_update", "Your target has the action that was taken in s; in s2 it is a2 that will be taken.")
def sarsa_of_the_same_action(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2, a] * (not terminated), alpha)


@mistake("sarsa_update", TARGET_ONLY)
def sarsa_adds_the_target(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    Q = np.array(Q, dtype=np.float64)
    Q[s, a] += alpha * (r + gamma * Q[s2, a2] * (not terminated))
    return Q


@mistake("sarsa_update", "Your new entry is a share of the target alone: what was known before is gone.")
def sarsa_forgets_the_old_value(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    Q = np.array(Q, dtype=np.float64)
    Q[s, a] = alpha * (r + gamma * Q[s2, a2] * (not terminated))
    return Q


@mistake("sarsa_update", "This is Q-learning: your target takes the best action in s2, whatever will be done there.")
def sarsa_takes_the_best(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return q_learning_update(Q, s, a, r, s2, terminated, alpha, gamma)


@mistake("sarsa_update", "Your target is the mean over the actions in s2; SARSA has the one that will be taken.")
def sarsa_mean(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2].mean() * (not terminated), alpha)


@mistake("sarsa_update", "Your target looks up a2 in the state that was left; it will be taken in s2.")
def sarsa_next_action_in_the_state_left(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s, a2] * (not terminated), alpha)


@mistake("sarsa_update", GAMMA_UNUSED)
def sarsa_without_gamma(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + Q[s2, a2] * (not terminated), alpha)


@mistake("sarsa_update", WHOLE_STEP)
def sarsa_without_alpha(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2, a2] * (not terminated), 1.0)


@mistake("sarsa_update", WRONG_WAY)
def sarsa_away_from_the_target(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, r + gamma * Q[s2, a2] * (not terminated), -alpha)


@mistake("sarsa_update", TRUNCATED)
def sarsa_in_a_table_of_ints(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    new = Q.copy()
    new[s, a] += np.asarray(alpha * (r + gamma * Q[s2, a2] * (not terminated) - Q[s, a])).astype(Q.dtype)
    return new


@mistake("sarsa_update", CHANGED)
def sarsa_in_place(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    Q[s, a] += np.asarray(alpha * (r + gamma * Q[s2, a2] * (not terminated) - Q[s, a])).astype(Q.dtype)
    return Q


@mistake("sarsa_update", NO_LAST_REWARD)
def sarsa_skips_the_end(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return np.array(Q, dtype=np.float64) if terminated else sarsa_update(Q, s, a, r, s2, a2, False, alpha, gamma)


@mistake("sarsa_update", "You look ahead only where the episode ended: the condition is the wrong way round.")
def sarsa_mask_inverted(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return sarsa_update(Q, s, a, r, s2, a2, not terminated, alpha, gamma)


@mistake("sarsa_update", "You write into the entry of s2 and a2; what was learned is about s and a.")
def sarsa_written_to_the_next_pair(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s2, a2, r + gamma * Q[s2, a2] * (not terminated), alpha)


@mistake("sarsa_update", "Your reward is discounted; it is what is earned now, only what follows is discounted.")
def sarsa_reward_discounted(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return _moved(Q, s, a, gamma * (r + Q[s2, a2] * (not terminated)), alpha)


@mistake("sarsa_update", SINGLE)
def sarsa_in_float32(Q, s, a, r, s2, a2, terminated, alpha, gamma):
    return sarsa_update(Q, s, a, r, s2, a2, terminated, alpha, gamma).astype(np.float32)


# --- 2.4 mpc_q, mpc_action --------------------------------------------------------------------------------------------


def _planned(P, R, terminal, s, H, gamma, best=np.max):
    """The plan with another way to sum up the actions of later steps."""
    V = np.zeros(len(P))
    for _ in range(H):
        Q = (P * (R + gamma * np.where(terminal, 0.0, V))).sum(axis=2)
        V = best(Q, axis=1)
    return Q[s]


@mistake("mpc_q", "You look one step further than H: with H = 1 only the very next reward counts.")
def one_step_too_many(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, s, H + 1, gamma)


@mistake("mpc_q", "You look one step less far than H: with H = 1 the very next reward counts already.")
def one_step_too_few(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, s, H - 1, gamma) if H > 1 else np.zeros(P.shape[1])


@mistake("mpc_q", "Your values do not depend on H: you look at the next reward and no further.")
def next_reward_alone(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, s, 1, gamma)


@mistake("mpc_q", "Your values do not depend on H: you go on until they no longer change.")
def no_horizon(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, s, 300, gamma)


@mistake("mpc_q", GAMMA_UNUSED)
def plan_without_gamma(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, s, H, 1.0)


@mistake("mpc_q", "Your later steps take the mean over the actions, as a random walker would; a plan takes the best.")
def random_later_actions(P, R, terminal, s, H, gamma):
    return _planned(P, R, terminal, s, H, gamma, np.mean)


@mistake("mpc_q", "Your later steps take the worst action.")
def worst_later_actions(P, R, terminal, s, H, gamma):
    return _planned(P, R, terminal, s, H, gamma, np.min)


@mistake("mpc_q", "Your later steps add the values of all actions; only one of them can be taken.")
def sum_of_later_actions(P, R, terminal, s, H, gamma):
    return _planned(P, R, terminal, s, H, gamma, np.sum)


@mistake("mpc_q", "Your plans go on after the end: what the model says of terminal states is earned as well.")
def plan_through_the_end(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, np.zeros_like(terminal), s, H, gamma)


@mistake("mpc_q", "The step that ends the episode earns nothing in your plans; its reward still counts.")
def last_reward_lost(P, R, terminal, s, H, gamma):
    return mpc_q(P, R * ~terminal, terminal, s, H, gamma)


@mistake("mpc_q", "Your rewards are discounted once too often: the next one counts in full.")
def plan_discounts_the_next_reward(P, R, terminal, s, H, gamma):
    return gamma * mpc_q(P, R, terminal, s, H, gamma)


@mistake("mpc_q", "You pick the luckiest next state; which one comes is up to the model, so they are averaged.")
def luckiest_next_state(P, R, terminal, s, H, gamma):
    V = np.zeros(len(P))
    for _ in range(H):
        Q = np.where(P > 0, R + gamma * np.where(terminal, 0.0, V), -np.inf).max(axis=2)
        V = Q.max(axis=1)
    return Q[s]


@mistake("mpc_q", "You plan with the likeliest next state only; the others come up, too, each in its share.")
def likeliest_next_state(P, R, terminal, s, H, gamma):
    return mpc_q(np.eye(len(P))[P.argmax(axis=2)], R, terminal, s, H, gamma)


@mistake("mpc_q", "Your rewards are averaged over the next states without regard to how likely these are.")
def rewards_not_weighted(P, R, terminal, s, H, gamma):
    return mpc_q(P, np.broadcast_to(R.mean(axis=2, keepdims=True), R.shape), terminal, s, H, gamma)


@mistake("mpc_q", "You return the values of all states; those of s are asked for.")
def values_of_all_states(P, R, terminal, s, H, gamma):
    return np.stack([mpc_q(P, R, terminal, state, H, gamma) for state in range(len(P))])


@mistake("mpc_q", "You return one number: the value of the best action. Each action has one.")
def best_value_alone(P, R, terminal, s, H, gamma):
    return float(mpc_q(P, R, terminal, s, H, gamma).max())


@mistake("mpc_q", "You always plan from the first state, wherever the agent is.")
def planned_from_the_first_state(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, 0, H, gamma)


@mistake("mpc_q", "Your values in a state are those of another: the axes of P are (state, action, next state).")
def next_state_and_state_swapped(P, R, terminal, s, H, gamma):
    return mpc_q(P.transpose(2, 1, 0), R.transpose(2, 1, 0), terminal, s, H, gamma)


@mistake(
    "mpc_q",
    "The time grows as A^H, or faster: you walk through the tree of everything that might happen. The value of a state "
    "with h steps left is the same on whichever way one came there.",
)
def tree_of_all_plans(P, R, terminal, s, H, gamma):
    def value(state, action, steps):
        total = 0.0
        for s2 in np.flatnonzero(P[state, action]):
            total += P[state, action, s2] * R[state, action, s2]
            if steps > 1 and not terminal[s2]:
                later = max(value(s2, a2, steps - 1) for a2 in range(P.shape[1]))
                total += gamma * P[state, action, s2] * later
        return total

    return np.array([value(s, action, H) for action in range(P.shape[1])])


@mistake("mpc_q", "Your function changes the model that it was given.")
def model_changed(P, R, terminal, s, H, gamma):
    P[terminal] = 0.0
    return mpc_q(P, R, terminal, s, H, gamma)


@mistake("mpc_action", "You take the action of the highest next reward: the plan's later steps do not count.")
def greedy_for_the_next_reward(P, R, terminal, s, H, gamma):
    return int(mpc_q(P, R, terminal, s, 1, gamma).argmax())


@mistake("mpc_action", "You look one step further than H.")
def action_of_a_longer_plan(P, R, terminal, s, H, gamma):
    return int(mpc_q(P, R, terminal, s, H + 1, gamma).argmax())


@mistake("mpc_action", "You look one step less far than H.")
def action_of_a_shorter_plan(P, R, terminal, s, H, gamma):
    return int(mpc_q(P, R, terminal, s, max(H - 1, 1), gamma).argmax())


@mistake("mpc_action", "Your action does not depend on H: what lies beyond the horizon counts as well.")
def action_without_a_horizon(P, R, terminal, s, H, gamma):
    return int(mpc_q(P, R, terminal, s, 100, gamma).argmax())


@mistake("mpc_action", "You take the worst plan.")
def worst_plan(P, R, terminal, s, H, gamma):
    return int(mpc_q(P, R, terminal, s, H, gamma).argmin())


@mistake("mpc_action", "You return what the best plan is worth, not which action it begins with.")
def worth_of_the_plan(P, R, terminal, s, H, gamma):
    return float(mpc_q(P, R, terminal, s, H, gamma).max())


@mistake("mpc_action", "You return all values: one action is asked for.")
def values_for_an_action(P, R, terminal, s, H, gamma):
    return mpc_q(P, R, terminal, s, H, gamma)


@mistake("mpc_action", "You return the whole plan: only its first action is taken, the rest is thrown away.")
def whole_plan(P, R, terminal, s, H, gamma):
    plan = []
    for steps in range(H, 0, -1):
        plan.append(int(mpc_q(P, R, terminal, s, steps, gamma).argmax()))
        s = int(P[s, plan[-1]].argmax())
    return plan


@mistake("mpc_action", "You return the last action of the plan; the first one is to be taken now.")
def last_action_of_the_plan(P, R, terminal, s, H, gamma):
    return whole_plan.implementation(P, R, terminal, s, H, gamma)[-1]


@mistake("mpc_action", "Your action is the same in every state.")
def always_the_first_action(P, R, terminal, s, H, gamma):
    return 0


# --- 2.5 fit_model ----------------------------------------------------------------------------------------------------


def _counted(transitions, S, A):
    count, total = np.zeros((S, A, S)), np.zeros((S, A, S))
    for s, a, r, s2, _ in transitions:
        count[s, a, s2] += 1
        total[s, a, s2] += r
    return count, total


@mistake("fit_model", "Your P holds counts: a row has to sum to 1.")
def counts_for_probabilities(transitions, S, A):
    count, _ = _counted(transitions, S, A)
    P, R = fit_model(transitions, S, A)
    return np.where(count.sum(axis=2, keepdims=True) > 0, count, P), R


@mistake("fit_model", "You divide by all transitions; a share is of the times that this action was taken here.")
def share_of_everything(transitions, S, A):
    count, _ = _counted(transitions, S, A)
    P, R = fit_model(transitions, S, A)
    return np.where(count.sum(axis=2, keepdims=True) > 0, count / max(len(transitions), 1), P), R


@mistake("fit_model", "You divide by how often the state was visited; a share is of the times this action was taken.")
def share_of_the_visits(transitions, S, A):
    count, _ = _counted(transitions, S, A)
    P, R = fit_model(transitions, S, A)
    visits = np.maximum(count.sum(axis=(1, 2), keepdims=True), 1)
    return np.where(count.sum(axis=2, keepdims=True) > 0, count / visits, P), R


@mistake("fit_model", "Where a pair was never tried, your P has NaN: 0 divided by 0.")
def nothing_divided_by_nothing(transitions, S, A):
    count, total = _counted(transitions, S, A)
    with np.errstate(invalid="ignore"):
        return count / count.sum(axis=2, keepdims=True), total / np.maximum(count, 1)


@mistake("fit_model", "Where a pair was never tried, your probabilities sum to 0: it leads nowhere.")
def nowhere_from_the_unseen(transitions, S, A):
    count, total = _counted(transitions, S, A)
    return count / np.maximum(count.sum(axis=2, keepdims=True), 1), total / np.maximum(count, 1)


@mistake("fit_model", "Where a pair was never tried, it leads anywhere in your model; it is to stay where it is.")
def anywhere_from_the_unseen(transitions, S, A):
    count, total = _counted(transitions, S, A)
    R = total / np.maximum(count, 1)
    count[count.sum(axis=2) == 0] = 1
    return count / count.sum(axis=2, keepdims=True), R


@mistake("fit_model", "Where a pair was never tried, it leads to state 0 in your model; it is to stay where it is.")
def first_state_from_the_unseen(transitions, S, A):
    count, total = _counted(transitions, S, A)
    R = total / np.maximum(count, 1)
    count[..., 0] += count.sum(axis=2) == 0
    return count / count.sum(axis=2, keepdims=True), R


@mistake("fit_model", "Your P has a little of everything: you began to count at 1 instead of 0.")
def counted_from_one(transitions, S, A):
    count, total = _counted(transitions, S, A)
    return (count + 1) / (count + 1).sum(axis=2, keepdims=True), total / np.maximum(count, 1)


@mistake("fit_model", "Every pair stays where it is with some probability: the loop belongs to untried pairs only.")
def loop_for_every_pair(transitions, S, A):
    count, total = _counted(transitions, S, A)
    R = total / np.maximum(count, 1)
    count[np.arange(S), :, np.arange(S)] += 1
    return count / count.sum(axis=2, keepdims=True), R


@mistake("fit_model", "Only the last time counts in your P: what happened before is overwritten.")
def last_time_alone(transitions, S, A):
    last = {(s, a): (s, a, r, s2, end) for s, a, r, s2, end in transitions}
    return fit_model(list(last.values()), S, A)[0], fit_model(transitions, S, A)[1]


@mistake("fit_model", "It does not matter in your P how often something happened, only whether it did.")
def whether_and_not_how_often(transitions, S, A):
    P, R = fit_model(transitions, S, A)
    return (P > 0) / (P > 0).sum(axis=2, keepdims=True), R


@mistake("fit_model", "Transitions that ended the episode are missing from your model: the goal cannot be planned for.")
def ends_left_out(transitions, S, A):
    return fit_model([transition for transition in transitions if not transition[4]], S, A)


@mistake("fit_model", "The axes of your arrays are (state, next state, action); (state, action, next state) is asked.")
def axes_swapped(transitions, S, A):
    P, R = fit_model(transitions, S, A)
    return P.swapaxes(1, 2), R.swapaxes(1, 2)


@mistake("fit_model", "Your R holds sums: what happened twice is worth twice as much.")
def sum_of_rewards(transitions, S, A):
    return fit_model(transitions, S, A)[0], _counted(transitions, S, A)[1]


@mistake("fit_model", "Your R depends on the last time only; it is the mean of all.")
def last_reward_seen(transitions, S, A):
    P, R = fit_model(transitions, S, A)
    for s, a, r, s2, _ in transitions:
        R[s, a, s2] = r
    return P, R


@mistake("fit_model", "Your rewards are averaged over all next states of a pair; each way has its own mean.")
def one_reward_for_each_pair(transitions, S, A):
    count, total = _counted(transitions, S, A)
    mean = total.sum(axis=2, keepdims=True) / np.maximum(count.sum(axis=2, keepdims=True), 1)
    return fit_model(transitions, S, A)[0], np.where(count > 0, mean, 0.0)


@mistake("fit_model", "You divide a way's rewards by how often the pair was tried, not by how often it led this way.")
def rewards_times_probabilities(transitions, S, A):
    count, total = _counted(transitions, S, A)
    return fit_model(transitions, S, A)[0], total / np.maximum(count.sum(axis=2, keepdims=True), 1)


@mistake("fit_model", "Your R has NaN where nothing was seen; 0 is asked for.")
def rewards_with_nan(transitions, S, A):
    count, total = _counted(transitions, S, A)
    with np.errstate(invalid="ignore"):
        return fit_model(transitions, S, A)[0], total / count


@mistake("fit_model", "Your R has the shape (S, A): the reward also depends on where the action led.")
def reward_of_the_pair(transitions, S, A):
    P, R = fit_model(transitions, S, A)
    return P, (P * R).sum(axis=2)


@mistake("fit_model", "The list of transitions that your function was given has changed.")
def transitions_used_up(transitions, S, A):
    copy = list(transitions)
    transitions.clear()
    transitions.append(None)
    return fit_model(copy, S, A)


# --- 2.6 dyna_step ----------------------------------------------------------------------------------------------------


@mistake("dyna_step", "You make one update, however large n is.")
def a_single_update(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, model, rng, min(n, 1), alpha, gamma)


@mistake("dyna_step", "You make one update too many.")
def one_update_too_many(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, model, rng, n + 1, alpha, gamma)


@mistake("dyna_step", "Your updates all look at the table you began with; each is to build on the one before.")
def targets_of_the_old_table(Q, model, rng, n, alpha, gamma):
    new, pairs = np.array(Q, dtype=np.float64), list(model)
    for i in rng.integers(len(pairs), size=n):
        s, a = pairs[i]
        r, s2, terminated = model[s, a]
        new[s, a] += alpha * (r + gamma * Q[s2].max() * (not terminated) - new[s, a])
    return new


@mistake("dyna_step", "Only the last update is left: each starts again from the table you began with.")
def last_update_alone(Q, model, rng, n, alpha, gamma):
    new, pairs = np.array(Q, dtype=np.float64), list(model)
    for i in rng.integers(len(pairs), size=n):
        s, a = pairs[i]
        new = q_learning_update(Q, s, a, *model[s, a], alpha, gamma)
    return new


@mistake("dyna_step", CHANGED)
def dyna_in_place(Q, model, rng, n, alpha, gamma):
    Q[:] = dyna_step(Q, model, rng, n, alpha, gamma)
    return Q


@mistake("dyna_step", THROUGH_THE_END)
def dyna_through_the_end(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, {pair: (r, s2, False) for pair, (r, s2, _) in model.items()}, rng, n, alpha, gamma)


@mistake("dyna_step", GAMMA_UNUSED)
def dyna_without_gamma(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, model, rng, n, alpha, 1.0)


@mistake("dyna_step", WHOLE_STEP)
def dyna_without_alpha(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, model, rng, n, 1.0, gamma)


@mistake("dyna_step", "You go through the model in its order; a pair has to be drawn for each update.")
def pairs_in_turn(Q, model, rng, n, alpha, gamma):
    pairs = list(model)
    for i in range(n):
        s, a = pairs[i % len(pairs)]
        Q = q_learning_update(Q, s, a, *model[s, a], alpha, gamma)
    return np.array(Q, dtype=np.float64)


@mistake("dyna_step", "You draw one pair and use it for all updates; each is to have a draw of its own.")
def one_pair_for_all(Q, model, rng, n, alpha, gamma):
    s, a = list(model)[rng.integers(len(model))]
    return dyna_step(Q, {(s, a): model[s, a]}, rng, n, alpha, gamma)


@mistake("dyna_step", "You only ever imagine what was learned last; the model knows more pairs.")
def newest_pair_alone(Q, model, rng, n, alpha, gamma):
    pair = list(model)[-1]
    return dyna_step(Q, {pair: model[pair]}, rng, n, alpha, gamma)


@mistake("dyna_step", "Each round updates every pair that the model knows; n is the number of updates in all.")
def every_pair_n_times(Q, model, rng, n, alpha, gamma):
    new = np.array(Q, dtype=np.float64)
    for _ in range(n):
        for i in rng.permutation(len(model)):
            s, a = list(model)[i]
            new = q_learning_update(new, s, a, *model[s, a], alpha, gamma)
    return new


@mistake("dyna_step", "It fails where n is larger than the model: a pair may come up more than once.")
def without_replacement(Q, model, rng, n, alpha, gamma):
    new, pairs = np.array(Q, dtype=np.float64), list(model)
    for i in rng.choice(len(pairs), size=n, replace=False):
        s, a = pairs[i]
        new = q_learning_update(new, s, a, *model[s, a], alpha, gamma)
    return new


@mistake("dyna_step", "At most as many updates are made as the model has pairs; a pair may come up more than once.")
def at_most_once_each(Q, model, rng, n, alpha, gamma):
    new, pairs = np.array(Q, dtype=np.float64), list(model)
    for i in rng.permutation(len(pairs))[:n]:
        s, a = pairs[i]
        new = q_learning_update(new, s, a, *model[s, a], alpha, gamma)
    return new


@mistake("dyna_step", "The first pair of the model is never drawn.")
def first_pair_left_out(Q, model, rng, n, alpha, gamma):
    known = dict(list(model.items())[1:]) if len(model) > 1 else model
    return dyna_step(Q, known, rng, n, alpha, gamma)


@mistake("dyna_step", OWN_DICE)
def dyna_with_global_dice(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, model, np.random.default_rng(np.random.randint(2**31)), n, alpha, gamma)


@mistake("dyna_step", SEEDED_ANEW)
def dyna_seeded_in_every_call(Q, model, rng, n, alpha, gamma):
    return dyna_step(Q, model, np.random.default_rng(0), n, alpha, gamma)


# --- 2.7 taxonomy.json: what is wrong about an algorithm if all else is right about it --------------------------------


def _with(place, algorithms, field, value):
    algorithm, asked = place
    return value if asked == field and algorithm in algorithms else KEY[algorithm][asked]


def _having(field, *values):
    return [algorithm for algorithm, entry in KEY.items() if entry[field] in values]


@mistake("taxonomy", ONE_OF_FOUR)
def preferences_on_policy(*place):
    """You call it on-policy. It learns from preferences that were collected before training began; the policy that
    is trained never acts, and nothing that it generates is rewarded.
    """
    return _with(place, ("DPO", "KTO"), "data", "on_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def preferences_off_policy(*place):
    """You call it off-policy. An off-policy algorithm uses old data and goes on collecting; here the data set is
    fixed before training begins, and nobody acts while it learns.
    """
    return _with(place, ("DPO", "KTO"), "data", "off_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def ratio_taken_for_off_policy(*place):
    """You call it off-policy. It may go over a batch a few times, and a ratio of probabilities makes up for that;
    but the batch is the latest policy's, and is thrown away before the next one is collected.
    """
    return _with(place, ("TRPO", "PPO", "GRPO"), "data", "off_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def workers_taken_for_off_policy(*place):
    """You call it off-policy. Each batch is used for one update and thrown away: it keeps nothing old."""
    return _with(place, ("A2C",), "data", "off_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def values_taken_for_off_policy(*place):
    """You call it off-policy. Not everything that learns action values is: its target contains the action that the
    policy is really going to take, so it only fits data of that policy.
    """
    return _with(place, ("SARSA",), "data", "off_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def buffer_taken_for_on_policy(*place):
    """You call it on-policy. It keeps its transitions in a buffer, and uses those of much earlier policies again."""
    return _with(place, ("DQN", "C51", "DDPG", "SAC", "MBVE"), "data", "on_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def store_taken_for_offline(*place):
    """You call it offline. Learning from stored data is not enough for that: it goes on acting and adds to its
    store.
    """
    return _with(place, _having("data", "on_policy", "off_policy"), "data", "offline")


@mistake("taxonomy", ONE_OF_FOUR)
def planning_taken_for_on_policy(*place):
    """You call it on-policy. Section 2.7 says which data it is fitted to: all that were ever collected, or those of
    many earlier versions, and not the newest policy's alone.
    """
    return _with(place, ("MBMF", "ExIt", "AlphaZero", "World Models"), "data", "on_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def imagination_taken_for_off_policy(*place):
    """You call it off-policy. It owns a model, but its policy is trained as A3C's is, with what it has just played."""
    return _with(place, ("I2A",), "data", "off_policy")


@mistake("taxonomy", ONE_OF_FOUR)
def given_rules_taken_for_no_model(*place):
    """You call it model-free. The rules of the game, by which its search looks ahead, are a model that is given."""
    return _with(place, ("ExIt", "AlphaZero"), "model", "model_free")


@mistake("taxonomy", ONE_OF_FOUR)
def learned_model_overlooked(*place):
    """You call it model-free. It may train a policy or values by a model-free rule, but it predicts next states, and
    uses the predictions.
    """
    return _with(place, ("MBMF", "World Models", "MBVE", "I2A"), "model", "model_free")


@mistake("taxonomy", ONE_OF_FOUR)
def any_network_taken_for_a_model(*place):
    """You call it model-based. A reward model, a reference policy or a critic is no model of the environment: it
    does not say what state comes next.
    """
    return _with(place, _having("model", "model_free"), "model", "model_based")


@mistake("taxonomy", ONE_OF_FOUR)
def group_taken_for_a_critic(*place):
    """You give it a critic. It was made to do without: the baseline is the mean of a group of answers."""
    return _with(place, ("GRPO",), "learns", ["policy", "V"])


@mistake("taxonomy", ONE_OF_FOUR)
def critic_overlooked(*place):
    """The baseline that its advantages need is a network, too, and it is trained."""
    return _with(place, ("A2C", "TRPO", "PPO", "AlphaZero"), "learns", ["policy"])


@mistake("taxonomy", ONE_OF_FOUR)
def critic_of_actions(*place):
    """Its critic is asked about states alone, not about actions in them."""
    return _with(place, ("A2C", "TRPO", "PPO"), "learns", ["policy", "Q"])


@mistake("taxonomy", ONE_OF_FOUR)
def preferences_with_values(*place):
    """No value is learned here: the loss compares the policy's probabilities with a reference's."""
    return _with(place, ("DPO", "KTO"), "learns", ["policy", "V"])


@mistake("taxonomy", ONE_OF_FOUR)
def greedy_taken_for_a_policy(*place):
    """It has no network or table for a policy: its actions are read off the values by taking the highest (or
    mostly).
    """
    return _with(place, ("SARSA", "DQN", "C51"), "learns", ["policy", "Q"])


@mistake("taxonomy", ONE_OF_FOUR)
def values_of_states(*place):
    """What it learns are values of actions in states, not of states."""
    return _with(place, ("SARSA", "DQN", "C51"), "learns", ["V"])


@mistake("taxonomy", ONE_OF_FOUR)
def actor_overlooked(*place):
    """With continuous actions nobody can try them all: besides the values it trains a policy."""
    return _with(place, ("DDPG", "SAC"), "learns", ["Q"])


@mistake("taxonomy", ONE_OF_FOUR)
def critic_of_states(*place):
    """Its critic is asked about actions in states, which is what lets it use old transitions."""
    return _with(place, ("DDPG", "SAC"), "learns", ["policy", "V"])


@mistake("taxonomy", ONE_OF_FOUR)
def critic_of_actions_overlooked(*place):
    """You leave its critic out: the policy is improved along what the learned values say."""
    return _with(place, ("DDPG", "SAC"), "learns", ["policy"])


@mistake("taxonomy", ONE_OF_FOUR)
def given_rules_learned(*place):
    """Nobody learns its model: the rules of the game are given."""
    rules = {"ExIt": ["policy", "model"], "AlphaZero": ["policy", "V", "model"]}
    return _with(place, rules, "learns", rules.get(place[0]))


@mistake("taxonomy", ONE_OF_FOUR)
def apprentice_with_values(*place):
    """You let it learn values; in the version of section 2.7 an apprentice imitates, and no more."""
    return _with(place, ("ExIt",), "learns", ["policy", "V"])


@mistake("taxonomy", ONE_OF_FOUR)
def plan_taken_for_a_policy(*place):
    """It has no policy that is trained: the plan of the moment is the policy."""
    return _with(place, ("MBMF",), "learns", ["policy", "model"])


@mistake("taxonomy", ONE_OF_FOUR)
def model_not_learned(*place):
    """The model is learned, too: nobody gives it what the environment will do."""
    others = {
        name: [item for item in KEY[name]["learns"] if item != "model"] for name in ("World Models", "MBVE", "I2A")
    }
    return _with(place, others, "learns", others.get(place[0]))


@mistake("taxonomy", ONE_OF_FOUR)
def model_alone(*place):
    """You leave out what acts: besides the model a policy is trained."""
    return _with(place, ("World Models", "MBVE", "I2A"), "learns", ["model"])


@mistake("taxonomy", ONE_OF_FOUR)
def critic_beside_a_model_overlooked(*place):
    """You leave its critic out: section 2.7 says what else is trained beside model and policy."""
    return _with(place, ("MBVE", "I2A"), "learns", ["policy", "model"])


@mistake("taxonomy", ONE_OF_FOUR)
def drawing_overlooked(*place):
    """You call its policy deterministic. Its network gives probabilities (or a mean and a spread), and drawing from
    them is part of what is optimised.
    """
    return _with(place, ("A2C", "TRPO", "PPO", "SAC", "I2A"), "stochastic", False)


@mistake("taxonomy", ONE_OF_FOUR)
def language_model_deterministic(*place):
    """You call its policy deterministic. A language model is a distribution over the next token."""
    return _with(place, ("GRPO", "DPO", "KTO"), "stochastic", False)


@mistake("taxonomy", ONE_OF_FOUR)
def exploration_is_part_of_it(*place):
    """You call its policy deterministic. It learns about the policy that it follows, exploration included."""
    return _with(place, ("SARSA",), "stochastic", False)


@mistake("taxonomy", ONE_OF_FOUR)
def search_counts_overlooked(*place):
    """You call its policy deterministic. The network imitates how often each move was searched."""
    return _with(place, ("ExIt", "AlphaZero"), "stochastic", False)


@mistake("taxonomy", ONE_OF_FOUR)
def exploration_taken_for_the_policy(*place):
    """You call its policy stochastic. Noise while it collects data is exploration; the policy that it learns about
    takes one action in each state.
    """
    return _with(place, _having("stochastic", False), "stochastic", True)


@mistake("taxonomy", ONE_OF_FOUR)
def everything_is_a_policy_gradient(*place):
    return KEY["PPO"][place[1]]


@mistake("taxonomy", ONE_OF_FOUR)
def everything_is_a_deep_q_network(*place):
    return KEY["DQN"][place[1]]


@mistake("taxonomy", ONE_OF_FOUR)
def everything_is_a_policy_without_values(*place):
    return KEY["GRPO"][place[1]]


@mistake("taxonomy", ONE_OF_FOUR)
def everything_is_preference_learning(*place):
    return KEY["DPO"][place[1]]
