"""Judge the values and the policies that training saved. Given code, and what the grader uses.

python labs/lab1_concepts/evaluate.py judges every grid saved in runs/.

Three conditions, each worth something only where those before it hold:
  1. V solves the Bellman optimality equation in every state: max |V - BV| < 1e-8. So V is V*.
  2. The saved policy is worth V* from every state: max |V - B^pi V| < 1e-8, and its expected return from the start,
     added up step by step, is V*(s0). No luck is involved.
  3. 10,000 roll-outs of the policy have a mean return within three standard errors of V*(s0).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grids import ACTIONS, GRIDS, Grid
from labs.common.artefacts import load_arrays
from labs.common.manifest import milestones_of
from labs.common.translated import _

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
CONDITIONS = 3
RESIDUAL = 1e-8
LARGEST = 1e6  # of V: at 1e16 a step's reward is lost by rounding, and V is its own BV
ROLLOUTS = 10_000
EVALUATION_SEED = 1_000_000  # of the roll-outs: the same arrays always get the same score
LONGEST = 1_000  # steps of an episode; gamma to this power is nothing, or every good policy ended long before
STANDARD_ERRORS = 3
ROUNDING = 1e-9  # where nothing is random all returns are equal, and there is no standard error


def score(name: str, folder: Path) -> float:
    """The milestone's figure for what was saved in `folder`: how many conditions hold, 0 to 3. ValueError where the
    arrays do not fit."""
    return float(len([holds for holds, _ in judge(GRIDS[name], *saved_arrays(name, folder)) if holds]))


def saved_arrays(name: str, folder: Path = HERE) -> tuple[np.ndarray, np.ndarray]:
    """V and policy as training saved them for a grid; ValueError, in words, where they cannot be used."""
    return checked(GRIDS[name], load_arrays(MILESTONES[name].file(folder)))


def checked(grid: Grid, weights: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """V (S,) and policy (S,A) of a saved file, float64; ValueError, in a sentence, where they are no such thing."""
    n = len(grid.cells)
    shapes = {"V": (n,), "policy": (n, len(ACTIONS))}
    if set(weights) != set(shapes):
        raise ValueError(_("the file has to hold the arrays V and policy, and nothing else"))
    for name, array in weights.items():
        if tuple(array.shape) != shapes[name]:
            raise ValueError(
                _("{name} has the shape {shape}; on this grid it is {expected}").format(
                    name=name, shape=tuple(array.shape), expected=shapes[name]
                )
            )
        if array.dtype != np.float64:
            raise ValueError(_("{name} holds {dtype}; float64 is expected").format(name=name, dtype=array.dtype))
    arrays = {name: np.asarray(array) for name, array in weights.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(_("{name} holds NaN or infinity").format(name=name))
    if np.abs(arrays["V"]).max() > LARGEST:
        raise ValueError(
            _("V holds a number beyond {largest:,.0f}; no way through the grid is worth that").format(largest=LARGEST)
        )
    policy = arrays["policy"]
    if (policy < 0).any() or (np.abs(policy.sum(axis=1) - 1) > RESIDUAL).any():
        raise ValueError(_("policy holds a row that is no probability distribution over the four actions"))
    return arrays["V"], policy


def judge(grid: Grid, V: np.ndarray, policy: np.ndarray) -> list[tuple[bool, str]]:
    """The conditions in their order, up to the first that does not hold: (whether it does, what was found)."""
    Q = action_values(grid, V)
    residual = np.abs(V - np.where(grid.terminal, 0.0, Q.max(axis=1))).max()
    found = [(bool(residual < RESIDUAL), _("max |V - BV| = {residual:.1e}").format(residual=residual))]
    if not found[-1][0]:
        return found

    residual = np.abs(V - np.where(grid.terminal, 0.0, (policy * Q).sum(axis=1))).max()
    exact, optimal = exact_return(grid, policy), float(V[grid.start])
    same = residual < RESIDUAL and abs(exact - optimal) < 1e-6
    found.append(
        (
            bool(same),
            _("the policy earns {exact:.6f} from the start, V*(s0) = {optimal:.6f}").format(
                exact=exact, optimal=optimal
            ),
        )
    )
    if not same:
        return found

    returns = rolled_out(grid, policy)
    mean, error = returns.mean(), returns.std(ddof=1) / np.sqrt(len(returns))
    near = abs(mean - optimal) <= STANDARD_ERRORS * error + ROUNDING
    found.append(
        (
            bool(near),
            _("{count:,} roll-outs: mean {mean:.4f}, standard error {error:.4f}").format(
                count=len(returns), mean=mean, error=error
            ),
        )
    )
    return found


def action_values(grid: Grid, V: np.ndarray) -> np.ndarray:
    """For each state and action, the expected reward and discounted value of what it leads to."""
    return np.array([
        [
            sum(probability * (reward + grid.gamma * V[after]) for probability, after, reward in grid.outcomes(s, a))
            for a in range(len(ACTIONS))
        ]
        for s in range(len(V))
    ])  # fmt: skip


def exact_return(grid: Grid, policy: np.ndarray) -> float:
    """J(pi), exactly: how likely it is to be in each state after t steps, and what is expected to be earned there."""
    P, R, likelihood = grid.arrays()
    total = 0.0
    for t in range(LONGEST):
        flow = likelihood[:, None, None] * policy[:, :, None] * P
        total += grid.gamma**t * float((flow * R).sum())
        likelihood = flow.sum(axis=(0, 1))
        if likelihood[~grid.terminal].sum() < 1e-15:
            break
    return total


def rolled_out(grid: Grid, policy: np.ndarray, episodes: int = ROLLOUTS, seed: int = EVALUATION_SEED) -> np.ndarray:
    """The discounted returns of `episodes` episodes from the start, all played side by side."""
    rng = np.random.default_rng(seed)
    P, R, _ = grid.arrays()
    action_chances, state_chances = policy.cumsum(axis=-1), P.cumsum(axis=-1)
    action_chances /= action_chances[..., -1:]  # so that they end with exactly 1
    state_chances /= state_chances[..., -1:]
    terminal = grid.terminal
    state, returns = np.full(episodes, grid.start), np.zeros(episodes)
    for t in range(LONGEST):
        playing = np.flatnonzero(~terminal[state])
        if not len(playing):
            break
        dice = rng.random((2, episodes))[:, playing, None]
        here = state[playing]
        action = (action_chances[here] <= dice[0]).sum(axis=-1)
        after = (state_chances[here, action] <= dice[1]).sum(axis=-1)
        returns[playing] += grid.gamma**t * R[here, action, after]
        state[playing] = after
    return returns


def main() -> None:
    for name, grid in GRIDS.items():
        file = RUNS / f"{name}.safetensors"
        if not file.exists():
            print(_("{name}: not trained yet (make lab1-train)").format(name=name))
            continue
        try:
            found = judge(grid, *saved_arrays(name))
        except ValueError as error:
            print(_("{name}: {file} cannot be used: {error}").format(name=name, file=file.name, error=error))
            continue
        print(
            _("{name}: {holding} of {all} conditions hold").format(
                name=name, holding=sum((holds for holds, _ in found)), all=CONDITIONS
            )
        )
        for number, (holds, what) in enumerate(found, 1):
            answer = _("yes") if holds else _("no")
            print(_("  {number}. {answer}: {what}").format(number=number, answer=answer, what=what))


if __name__ == "__main__":
    main()
