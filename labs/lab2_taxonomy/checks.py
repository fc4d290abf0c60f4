"""What is checked in lab 2: probes with their public cases. The hidden cases are drawn anew for each grading run."""

import math
import random

import numpy as np

from cliff_walk import CliffWalk
from grader.checks import CannotJudge, Wrong, check
from grader.checks.draws import STANDARD_ERRORS, as_often_as_they_should
from grader.checks.probes import array, mapping
from grader.codes import OTHER_GENERATOR, SEEDED_ANEW, SHAPE_WANTED
from grader.findings import Finding

# --- 2.1 epsilon_greedy -----------------------------------------------------------------------------------------------


def _drawn(lab, q, eps, count, dice, seed_of_others):
    """`count` actions drawn with `dice`, while the global generators stand where `seed_of_others` puts them."""
    np.random.seed(seed_of_others)
    random.seed(seed_of_others)
    return [lab.epsilon_greedy(q, eps, dice) for _ in range(count)]


def _judge_frequencies(value, probabilities, count, **_case):
    if not isinstance(value, list) or len(value) != count or any(type(action) is not int for action in value):
        raise Wrong("lab2_action_is_int")
    as_often_as_they_should(np.array(value), probabilities)


@check("epsilon_greedy", points=4, verify=_judge_frequencies)
def frequencies(lab, q, eps, probabilities, count, seed):
    """Each action comes up as often as it should: exploring, greedy, and among several that are best."""
    return _drawn(lab, q, eps, count, np.random.default_rng(seed), seed)


frequencies.case(
    "three actions, one is best",
    q=np.array([1.0, 3.0, 2.0]),
    eps=0.3,
    probabilities=[0.1, 0.8, 0.1],
    count=500,
    seed=3,
)
frequencies.case(
    "greedy, two of four are best",
    q=np.array([-1.0, -7.0, -1.0, -2.0]),
    eps=0.0,
    probabilities=[0.5, 0.0, 0.5, 0.0],
    count=500,
    seed=4,
)


def _judge_dice(value, **_case):
    facts = mapping(value, "first", "next", "again", "other")
    if facts["again"] != facts["first"]:
        raise Wrong(OTHER_GENERATOR())
    if facts["next"] == facts["first"] or facts["other"] == facts["first"]:
        raise Wrong(SEEDED_ANEW())


@check("epsilon_greedy", points=2, verify=_judge_dice)
def its_own_dice(lab, q, eps, count, seed):
    """All randomness comes from the generator that it is given."""
    dice = np.random.default_rng(seed)
    return {
        "first": _drawn(lab, q, eps, count, dice, 1),
        "next": _drawn(lab, q, eps, count, dice, 1),
        "again": _drawn(lab, q, eps, count, np.random.default_rng(seed), 2),
        "other": _drawn(lab, q, eps, count, np.random.default_rng(seed + 1), 1),
    }


its_own_dice.case("exploring", q=np.array([0.5, 0.0, 0.1]), eps=0.9, count=100, seed=5)
its_own_dice.case("greedy, with a tie", q=np.array([2.0, 2.0, 0.0, 2.0]), eps=0.0, count=100, seed=6)

# --- 2.2 q_learning_update --------------------------------------------------------------------------------------------

TABLE = np.array([[1.0, 2.0], [4.0, -3.0], [0.5, 8.0]])


@check("q_learning_update", points=7)
def learned_table(lab, Q, s, a, r, s2, terminated, alpha, gamma):
    """The whole table after one transition."""
    return lab.q_learning_update(Q, s, a, r, s2, terminated, alpha, gamma)


learned_table.case("by hand", Q=TABLE, s=0, a=1, r=1.0, s2=2, terminated=False, alpha=0.5, gamma=0.9)
learned_table.case("terminated", Q=TABLE, s=1, a=0, r=-2.0, s2=2, terminated=True, alpha=0.25, gamma=0.9)


@check("q_learning_update", points=2, exact_dtype=True)
def learned_from_integers(lab, Q, s, a, r, s2, terminated, alpha, gamma):
    """A table of whole numbers becomes one of float64."""
    return lab.q_learning_update(Q, s, a, r, s2, terminated, alpha, gamma)


learned_from_integers.case(
    "a table of zeros", Q=np.zeros((3, 2), dtype=np.int64), s=2, a=0, r=-1.0, s2=0, terminated=False, alpha=0.5, gamma=1
)

# --- 2.3 sarsa_update -------------------------------------------------------------------------------------------------


@check("sarsa_update", points=7)
def followed_table(lab, Q, s, a, r, s2, a2, terminated, alpha, gamma):
    """The whole table after one transition and the next action."""
    return lab.sarsa_update(Q, s, a, r, s2, a2, terminated, alpha, gamma)


followed_table.case("by hand", Q=TABLE, s=0, a=1, r=1.0, s2=2, a2=0, terminated=False, alpha=0.5, gamma=0.9)
followed_table.case("terminated", Q=TABLE, s=1, a=0, r=-2.0, s2=2, a2=1, terminated=True, alpha=0.25, gamma=0.9)


@check("sarsa_update", points=2, exact_dtype=True)
def followed_from_integers(lab, Q, s, a, r, s2, a2, terminated, alpha, gamma):
    """A table of whole numbers becomes one of float64."""
    return lab.sarsa_update(Q, s, a, r, s2, a2, terminated, alpha, gamma)


followed_from_integers.case(
    "a table of ints",
    Q=np.array([[0, 0], [3, -2], [1, 1]]),
    s=0,
    a=0,
    r=-1.0,
    s2=1,
    a2=1,
    terminated=False,
    alpha=0.25,
    gamma=1,
)

# --- 2.4 mpc_q, mpc_action --------------------------------------------------------------------------------------------


@check("mpc_q", points=7)
def plan_values(lab, P, R, terminal, s, H, gamma):
    """mpc_q: the value of each action, H steps ahead."""
    return lab.mpc_q(P, R, terminal, s, H, gamma)


# Two actions in three states. In 0, action 0 earns 1 and leads back; action 1 leads on to 1. There, action 1 earns 5
# half of the time, on the way to 2, where it ends; whatever the model says of 2 is not earned any more.
SMALL = dict(
    P=np.array([[[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 0.5, 0.5]], [[0, 0, 1], [1, 0, 0]]], dtype=np.float64),
    R=np.array([[[1, 0, 0], [0, -1, 0]], [[0, 0, 0], [0, 0, 5]], [[0, 0, 9], [9, 0, 0]]], dtype=np.float64),
    terminal=np.array([False, False, True]),
)
plan_values.case("one step", **SMALL, s=0, H=1, gamma=0.9)
plan_values.case("two steps", **SMALL, s=0, H=2, gamma=0.9)
plan_values.case("three steps", **SMALL, s=1, H=3, gamma=0.5)


@check("mpc_q", points=1)
def far_ahead(lab, P, R, terminal, s, H, gamma):
    """mpc_q: forty steps ahead take about ten times as long as four."""
    return lab.mpc_q(P, R, terminal, s, H, gamma)


far_ahead.case("forty steps", **SMALL, s=0, H=40, gamma=0.9)


@check("mpc_q", points=4)
def first_actions(lab, P, R, terminal, H, gamma):
    """mpc_action: the first action of the best plan, in every state that is not terminal."""
    return [lab.mpc_action(P, R, terminal, s, H, gamma) for s in range(len(P)) if not terminal[s]]


first_actions.case("one step", **SMALL, H=1, gamma=0.9)
first_actions.case("four steps", **SMALL, H=4, gamma=0.9)

# --- 2.5 fit_model ----------------------------------------------------------------------------------------------------


def _model(lab, transitions, S, A):
    model = lab.fit_model([tuple(transition) for transition in transitions], S, A)
    if not isinstance(model, tuple | list) or len(model) != 2:
        raise CannotJudge("lab2_two_arrays")
    return model


@check("fit_model", points=5)
def probabilities(lab, transitions, S, A):
    """P: how often each next state followed, as a share."""
    return _model(lab, transitions, S, A)[0]


SEEN = [
    [0, 1, 1.0, 2, False],
    [0, 1, 4.0, 2, False],
    [0, 1, -1.0, 1, False],
    [1, 0, 2.0, 0, False],
    [0, 1, 4.0, 2, False],
    [1, 1, 5.0, 2, True],
]
probabilities.case("six transitions", transitions=SEEN, S=3, A=2)


@check("fit_model", points=4)
def mean_rewards(lab, transitions, S, A):
    """R: the mean of the rewards on the way to each next state."""
    return _model(lab, transitions, S, A)[1]


mean_rewards.case("six transitions", transitions=SEEN, S=3, A=2)


@check("fit_model", points=2)
def nothing_seen(lab, S, A):
    """Without any experience every pair stays where it is, and earns nothing."""
    return list(_model(lab, [], S, A))


nothing_seen.case("no transition", S=3, A=2)

# --- 2.6 dyna_step ----------------------------------------------------------------------------------------------------


def _as_model(transitions):
    return {(s, a): (r, s2, terminated) for s, a, r, s2, terminated in transitions}


@check("dyna_step", points=5)
def imagined(lab, Q, transition, n, alpha, gamma):
    """n updates, one after the other, with a model that knows a single pair."""
    return lab.dyna_step(Q, _as_model([transition]), np.random.default_rng(7), n, alpha, gamma)


imagined.case("one update", Q=TABLE, transition=[0, 1, 1.0, 2, False], n=1, alpha=0.5, gamma=0.9)
imagined.case("three updates of a loop", Q=TABLE, transition=[1, 0, -1.0, 1, False], n=3, alpha=0.5, gamma=0.9)


def _judge_pairs(value, Q, transitions, n, alpha, **_case):
    facts = mapping(value, "first", "next", "again", "other")
    name = Finding("lab2_the_tables")
    tables = {key: array(facts[key], name, ("float64",)) for key in facts}
    for table in tables.values():
        if table.shape != Q.shape:
            raise Wrong(SHAPE_WANTED(name=name, expected=str(Q.shape), got=str(table.shape)))
    table = tables["first"].copy()
    counts = []
    for s, a, r, _, _ in transitions:  # all of them end: each update leaves the same share of the distance to r
        distance = (table[s, a] - r) / (Q[s, a] - r)
        if not 0 < distance <= 1:
            raise Wrong("lab2_no_approach")
        counts.append(math.log(distance) / math.log(1 - alpha))
        table[s, a] = Q[s, a]
    if not np.array_equal(table, Q):
        raise Wrong("lab2_unknown_entry_changed")
    if not np.allclose(counts, np.round(counts), atol=1e-6):
        raise Wrong("lab2_other_step_size")
    if round(sum(counts)) != n:
        raise Wrong("lab2_number_of_updates", asked=n, made=round(sum(counts)))
    p = 1 / len(counts)
    allowed = STANDARD_ERRORS * math.sqrt(n * p * (1 - p))
    worst = max(counts, key=lambda count: abs(count - n * p))
    if abs(worst - n * p) > allowed:
        raise Wrong(
            "lab2_pairs_not_alike",
            updates=n,
            pairs=len(counts),
            expected=f"{n * p:.0f}",
            got=f"{worst:.0f}",
            allowed=f"{allowed:.0f}",
        )
    if not np.array_equal(tables["again"], tables["first"]):
        raise Wrong(OTHER_GENERATOR())
    if np.array_equal(tables["next"], tables["first"]) or np.array_equal(tables["other"], tables["first"]):
        raise Wrong(SEEDED_ANEW())


@check("dyna_step", points=3, verify=_judge_pairs)
def drawn_pairs(lab, Q, transitions, n, alpha, seed):
    """Each update has a pair of its own, drawn with the generator from all that the model knows."""
    model, dice = _as_model(transitions), np.random.default_rng(seed)

    def table(generator, seed_of_others):
        np.random.seed(seed_of_others)
        random.seed(seed_of_others)
        return lab.dyna_step(Q, model, generator, n, alpha, 0.9)

    return {
        "first": table(dice, 1),
        "next": table(dice, 1),
        "again": table(np.random.default_rng(seed), 2),
        "other": table(np.random.default_rng(seed + 1), 1),
    }


drawn_pairs.case(
    "four pairs of two states",
    Q=np.array([[5.0, 4.0], [0.0, 7.0], [-6.0, 3.0], [1.0, 2.0]]),
    transitions=[[0, 0, 1.0, 3, True], [0, 1, 2.0, 3, True], [2, 1, -1.0, 3, True], [2, 0, 0.0, 3, True]],
    n=800,
    alpha=0.01,
    seed=8,
)

# --- 2.7 taxonomy.json ------------------------------------------------------------------------------------------------

WORDS = {"model": ("model_free", "model_based"), "data": ("on_policy", "off_policy", "offline")}
LEARNED = ("policy", "q", "v", "model")
# The algorithms, with the points of each. Planning takes more reading.
ALGORITHMS = {
    **dict.fromkeys(("A2C", "TRPO", "PPO", "GRPO", "DPO", "KTO", "SARSA", "DQN", "C51", "DDPG", "SAC"), 0.5),
    **dict.fromkeys(("MBMF", "ExIt", "AlphaZero", "World Models", "MBVE", "I2A"), 0.75),
}


def _word(value):
    return value.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(value, str) else value


def _entry(lab, algorithm, field):
    """What taxonomy.json says; upper case, hyphens and the order of a list are free."""
    value = lab.taxonomy(algorithm, field)
    place = dict(algorithm=algorithm, field=field)
    if field == "stochastic":
        if not isinstance(value, bool):
            raise CannotJudge("lab2_true_or_false", **place)
        return value
    if field == "learns":
        words = [_word(item) for item in (value if isinstance(value, list) else [value])]
        if not words or any(word not in LEARNED for word in words):
            raise CannotJudge("lab2_list_of_words", **place)
        return sorted(set(words))
    if _word(value) not in WORDS[field]:
        raise CannotJudge("lab2_one_of_these", **place, words=list(WORDS[field]))
    return _word(value)


@check("taxonomy", points=0)
def filled_in(lab):
    """Every entry is filled in, with words that are allowed. Whether they are right is told when it is graded."""
    still_open = None
    for algorithm in ALGORITHMS:
        for field in ("model", "data", "learns", "stochastic"):
            try:
                _entry(lab, algorithm, field)
            except NotImplementedError as blank:
                still_open = blank
    if still_open:
        raise still_open
    return "filled in"


filled_in.case("17 algorithms")


def _classified(algorithm, points):
    def probe(lab):
        # As one text, since the kind of a difference (a shape, a type) would say which entry it is in.
        return str([_entry(lab, algorithm, field) for field in ("model", "data", "learns", "stochastic")])

    probe.__name__ = algorithm.lower().replace(" ", "_")
    probe.__doc__ = f"taxonomy.json, {algorithm}: all four entries."
    return check("taxonomy", points=points)(probe)


# A check for each algorithm. They have hidden cases alone: a recorded answer would be the key.
CLASSIFIED = [_classified(algorithm, points) for algorithm, points in ALGORITHMS.items()]
globals().update({algorithm.name: algorithm for algorithm in CLASSIFIED})

# --- 2.8 the cliff walk, step by step ---------------------------------------------------------------------------------


def _judge_walk(value, rows, columns, start, **_case):
    env = CliffWalk(rows, columns)
    to_goal = (columns - 1 - start % columns) + (rows - 1 - start // columns)
    best = -float(to_goal + 2 * (start == env.start))  # around the cliff: a step up, and one down again
    if not isinstance(value, list) or any(type(a) is not int or not 0 <= a < env.actions for a in value):
        raise Wrong("lab2_action_from_zero_to", last=env.actions - 1)
    env.reset(start)
    total, terminated = 0.0, False
    for action in value:
        reward, _, terminated = env.step(action)
        total += reward
    if not terminated:
        raise Wrong("lab2_not_at_the_goal", steps=len(value))
    if total < best:
        raise Wrong("lab2_better_walk", got=f"{total:g}", possible=f"{best:g}")


@check("mpc_on_the_cliff", points=7, verify=_judge_walk)
def walk(lab, rows, columns, start, H, shuffled=None):
    """Asked anew in every state, mpc_action finds the best way around the cliff."""
    env = CliffWalk(rows, columns)
    states, actions = np.arange(env.states), np.arange(env.actions)
    if shuffled is not None:  # other numbers for states and actions, so that only who plans finds the way
        dice = np.random.default_rng(shuffled)
        states, actions = dice.permutation(states), dice.permutation(actions)
    P, R = (table[np.ix_(states, actions, states)] for table in (env.P, env.R))
    number = np.argsort(states).tolist()
    s, terminated = env.reset(start), False
    taken = []
    while not terminated and len(taken) < 2 * H:
        action = lab.mpc_action(P, R, env.terminal[states], number[s], H, 1.0)
        if not isinstance(action, int | np.integer) or not 0 <= action < env.actions:
            raise CannotJudge("lab2_action_from_zero_to", last=env.actions - 1)
        taken.append(int(actions[action]))
        _, s, terminated = env.step(taken[-1])
    return taken


walk.case("4 x 12 from the start, H = 14", rows=4, columns=12, start=36, H=14)
