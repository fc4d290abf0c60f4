"""Play a saved Q table greedily, as the milestone is judged.

python labs/lab2_taxonomy/evaluate.py judges the table saved in runs/.
"""

import sys
from pathlib import Path

import numpy as np

from cliff_walk import CliffWalk
from labs.common.artefacts import load_arrays
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of
from labs.common.translated import _

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
LONGEST = 100  # steps; who is on the way for longer walks in circles
TIE = 1e-9


def greedy_return(Q: np.ndarray) -> float:
    """The return of the policy that takes a best action of Q in every state of the cliff walk, from the start.

    Where several actions tie for the best, the one that leads to the lowest return is taken: a table that has learned
    nothing cannot be lucky. A walk that does not end is stopped after 100 steps.
    """
    env = CliffWalk()
    best = np.isclose(Q, Q.max(axis=1, keepdims=True), rtol=0, atol=TIE)
    lowest = {env.start: 0.0}  # for each state where one may be by now, the lowest return so far
    for _step in range(LONGEST):
        if set(lowest) == {env.goal}:
            break
        earlier, lowest = lowest, {}
        for s, total in earlier.items():
            for a in np.flatnonzero(best[s]) if s != env.goal else ():
                env.reset(s)
                reward, s2, _ = env.step(int(a))
                lowest[s2] = min(lowest.get(s2, np.inf), total + reward)
        if env.goal in earlier:
            lowest[env.goal] = min(lowest.get(env.goal, np.inf), earlier[env.goal])
    return min(lowest.values())


def score(name: str, folder: Path) -> float:
    """The milestone's figure: the return of the greedy policy of the table that was saved in `folder`. ValueError where
    it is no such table."""
    weights = load_arrays(MILESTONES[name].file(folder))
    if set(weights) != {"Q"}:
        raise ValueError(_("one array called Q is expected, as train.py saves it"))
    env, saved = CliffWalk(), weights["Q"]
    if tuple(saved.shape) != (env.states, env.actions):
        raise ValueError(
            _("Q has the shape {shape}; ({states}, {actions}) is expected").format(
                shape=tuple(saved.shape), states=env.states, actions=env.actions
            )
        )
    if saved.dtype not in (np.float32, np.float64):
        raise ValueError(_("Q is {dtype}; float64 is expected").format(dtype=saved.dtype))
    Q = np.asarray(saved, dtype=np.float64)
    if not np.isfinite(Q).all():
        raise ValueError(_("Q holds NaN or infinity"))
    return greedy_return(Q)


def main() -> int:
    return say_milestones(HERE, score, digits=0)


if __name__ == "__main__":
    sys.exit(main())
