"""The hidden cases of lab 2: drawn from the seed of each grading run, the same for all its students."""

import numpy as np

from checks import (
    CLASSIFIED,
    drawn_pairs,
    far_ahead,
    first_actions,
    followed_from_integers,
    followed_table,
    frequencies,
    greedy,
    imagined,
    its_own_dice,
    learned_from_integers,
    learned_table,
    mean_rewards,
    nothing_seen,
    plan_values,
    probabilities,
    walk,
)
from grader.checks import hidden_cases
from grader.checks.cases import seed_of
from tabular import mpc_q


@hidden_cases(greedy)
def states_with_a_best_action(rng):
    for A in (2, 3, 5, 8):
        yield dict(states=[rng.normal(size=A) * scale for scale in (1e-6, 1.0, 1.0, 1e3, 1e6)], seed=seed_of(rng))


@hidden_cases(frequencies)
def values_of_actions(rng):
    for q, eps in (
        (rng.normal(size=5), float(rng.uniform(0.3, 0.6))),
        (np.array([2, 5, 5, -1, 5]), 0.0),
        (np.array([-4.0, -4.0, -9.0]), 0.4),
        (rng.normal(size=3), 1.0),
        (np.zeros(4), 0.1),
    ):
        best = q == q.max()
        probabilities = (eps / len(q) + (1 - eps) * best / best.sum()).tolist()
        yield dict(q=q, eps=eps, probabilities=probabilities, count=500, seed=seed_of(rng))


@hidden_cases(its_own_dice)
def dice(rng):
    yield dict(q=rng.normal(size=4), eps=0.8, count=100, seed=seed_of(rng))
    yield dict(q=np.zeros(3), eps=0.0, count=100, seed=seed_of(rng))


def transitions_of(rng, integers=False):
    """Tables of several shapes with a transition of each kind. The best action of s2 is neither a nor the first."""
    for S, A, terminated, loop in (
        (5, 3, False, False),
        (4, 6, False, False),
        (6, 3, True, False),
        (3, 4, False, True),
    ):
        Q = rng.integers(-9, 9, size=(S, A)) if integers else rng.normal(scale=3.0, size=(S, A))
        s, s2 = (int(n) for n in rng.choice(S, size=2, replace=False))
        a, best, a2 = (int(n) for n in rng.choice(np.arange(A), size=3, replace=False))
        s2 = s if loop else s2
        Q[s2, best] = Q[s2].max() + 4
        Q[s2, a2] -= 2
        yield dict(
            Q=Q,
            s=s,
            a=a,
            r=float(rng.normal()),
            s2=s2,
            a2=a2,
            terminated=terminated,
            alpha=float(rng.uniform(0.2, 0.8)),
            gamma=float(rng.uniform(0.5, 0.95)),
        )


def without_a2(case):
    return {name: value for name, value in case.items() if name != "a2"}


@hidden_cases(learned_table)
def learned(rng):
    for case in transitions_of(rng):
        yield without_a2(case)
        yield without_a2({**case, "alpha": 1.0, "gamma": 1.0})


@hidden_cases(learned_from_integers)
def learned_integers(rng):
    yield from map(without_a2, transitions_of(rng, integers=True))


@hidden_cases(followed_table)
def followed(rng):
    for case in transitions_of(rng):
        yield case
        yield {**case, "alpha": 1.0, "gamma": 1.0}


@hidden_cases(followed_from_integers)
def followed_integers(rng):
    yield from transitions_of(rng, integers=True)


def decision_process(rng, S, A):
    """A random model in which each action leads to a few states, and two states are terminal, though rewards follow."""
    P = rng.dirichlet(np.full(S, 0.3), size=(S, A))
    terminal = np.zeros(S, dtype=bool)
    terminal[rng.choice(S, size=2, replace=False)] = True
    return dict(P=P, R=rng.normal(scale=2.0, size=(S, A, S)), terminal=terminal)


def a_state(rng, model):
    return int(rng.choice(np.flatnonzero(~model["terminal"])))


@hidden_cases(plan_values)
def random_models(rng):
    for S, A, H in ((5, 3, 1), (6, 2, 2), (4, 5, 3), (5, 2, 4)):
        model = decision_process(rng, S, A)
        yield dict(**model, s=a_state(rng, model), H=H, gamma=float(rng.uniform(0.5, 0.95)))
    model = decision_process(rng, 5, 4)
    yield dict(**model, s=a_state(rng, model), H=3, gamma=1.0)


@hidden_cases(far_ahead)
def far_horizons(rng):
    for H in (30, 60):
        model = decision_process(rng, 6, 4)
        yield dict(**model, s=a_state(rng, model), H=H, gamma=0.95)


@hidden_cases(first_actions)
def decisions(rng):
    for S, A, H in ((7, 3, 3), (8, 4, 2), (6, 5, 4)):
        while True:  # until another horizon is seen by the actions, and nothing is nearly a tie
            case = dict(**decision_process(rng, S, A), H=H, gamma=0.95)
            actions, margin = decided(case, H)
            if margin > 0.01 and all(decided(case, other)[0] != actions for other in {1, H - 1, H + 1, 100}):
                break
        yield case


def decided(case, H):
    """The best action of every state that is not terminal, and by how much the closest call was decided."""
    P, R, terminal, gamma = (case[name] for name in ("P", "R", "terminal", "gamma"))
    values = [mpc_q(P, R, terminal, s, H, gamma) for s in np.flatnonzero(~terminal)]
    return [int(q.argmax()) for q in values], min(float(np.diff(np.sort(q))[-1]) for q in values)


def experience(rng, S, A, count, terminal_state):
    """Transitions from all but one of the states that are not terminal, with rewards that differ each time."""
    transitions = []
    states = [s for s in range(S) if s != terminal_state][:-1]
    for _ in range(count):
        s, a, s2 = int(rng.choice(states)), int(rng.integers(A)), int(rng.integers(S))
        transitions.append([s, a, float(rng.normal(1.0)), s2, s2 == terminal_state])
    return dict(transitions=transitions, S=S, A=A)


def several_experiences(rng):
    for S, A, count in ((5, 3, 60), (4, 2, 12), (3, 4, 25)):
        yield experience(rng, S, A, count, terminal_state=S - 1)
    yield dict(transitions=[[1, 0, 2.0, 1, False], [1, 0, 3.0, 0, True], [1, 0, 5.0, 1, False]], S=2, A=3)


@hidden_cases(probabilities)
def shares(rng):
    yield from several_experiences(rng)


@hidden_cases(mean_rewards)
def rewards_seen(rng):
    yield from several_experiences(rng)


@hidden_cases(nothing_seen)
def sizes(rng):
    yield dict(S=4, A=3)
    yield dict(S=1, A=2)


@hidden_cases(imagined)
def single_pairs(rng):
    for case in transitions_of(rng):
        transition = [case["s"], case["a"], case["r"], case["s2"], case["terminated"]]
        for n in (1, 4):
            yield dict(Q=case["Q"], transition=transition, n=n, alpha=case["alpha"], gamma=case["gamma"])
    yield dict(Q=rng.integers(-9, 9, size=(3, 2)), transition=[0, 1, 1.0, 2, False], n=0, alpha=0.5, gamma=0.9)
    best = [case["s"], int(case["Q"][case["s"]].argmax()), -1.0, case["s"], False]  # feeds on what it has just learned
    yield dict(Q=case["Q"], transition=best, n=5, alpha=0.5, gamma=0.9)


@hidden_cases(drawn_pairs)
def models_that_end(rng):
    """Some states with one known action, others with more, so that it matters how a pair is drawn."""
    for S, A, known, n in ((6, 3, (3, 1), 900), (5, 2, (1, 2, 1), 600), (4, 5, (5, 2), 900), (3, 4, (4,), 800)):
        Q = rng.normal(scale=2.0, size=(S, A)) + 10  # far from every reward
        pairs = [
            (int(s), int(a))
            for s, count in zip(rng.permutation(S), known, strict=False)
            for a in rng.choice(A, size=count, replace=False)
        ]
        transitions = [[s, a, float(rng.normal()), int(rng.integers(S)), True] for s, a in pairs]
        yield dict(Q=Q, transitions=transitions, n=n, alpha=0.01, seed=seed_of(rng))


@hidden_cases(walk)
def other_walks(rng):
    yield dict(rows=4, columns=12, start=int(rng.integers(36)), H=16, shuffled=seed_of(rng))
    rows, columns = int(rng.integers(3, 6)), int(rng.integers(5, 10))
    yield dict(rows=rows, columns=columns, start=(rows - 1) * columns, H=columns + 2, shuffled=seed_of(rng))
    yield dict(rows=3, columns=7, start=14, H=9, shuffled=seed_of(rng))


def once(of):
    """The one case of a check of taxonomy.json: it has no arguments."""

    def as_it_is(rng):
        yield dict()

    return hidden_cases(of)(as_it_is)


globals().update({f"{algorithm.name}_as_it_is": once(algorithm) for algorithm in CLASSIFIED})
