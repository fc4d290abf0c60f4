"""Solve the three grid worlds with your functions, and save V* and the policy in runs/ for the milestone. Given code.

python labs/lab1_concepts/train.py                 all three grids
python labs/lab1_concepts/train.py --grid grid3    one of them (may be repeated)
python labs/lab1_concepts/train.py --tol 0.1       stop value iteration early, and see what the milestone says to that

Ctrl-C stops; the same command goes on with the grids that are not solved yet, and with those whose result is of older
code. `--fresh` solves all of them again.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from safetensors.numpy import save

from evaluate import CONDITIONS, HERE, MILESTONES, RUNS, checked, judge, saved_arrays
from grids import ACTIONS, GRIDS, Grid
from labs.common.manifest import code_digest
from labs.common.training.arguments import argument_parser
from labs.common.training.run import write_bytes, write_json
from labs.common.training.script import Script, Trained, end_with
from labs.common.translated import _

STAGES = 4  # of each grid, in the progress bar
DEFAULT_TOL = 1e-10


def main() -> int:
    args = parse_arguments()
    script = Script(__file__)
    concepts = script.load("concepts")  # here, so that a mistake in your file ends in a message too
    if concepts is None:
        return 1
    trained = Trained(Table(_("grid"), _("conditions"), "V*(s0)", _("seconds"), "", box=None))
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[stage]}"), TimeElapsedColumn())
    with Progress(*columns, console=script.console) as progress:
        for name in args.grid or GRIDS:
            bar = progress.add_task(name, total=STAGES, stage="")
            try:
                row = None if args.fresh else solved_before(name, args.tol)
                if row is None:
                    row = solve(name, concepts, args.tol, stage_on(progress, bar), script)
                progress.update(bar, completed=STAGES, stage="")
                trained.table.add_row(name, *row)
            except KeyboardInterrupt:
                trained.interrupted = True
                break
            except Exception as error:
                script.give_up(trained, name, error)
    bars = MILESTONES["grid3"]  # the same for each grid
    script.show(
        trained.table,
        _("All points of a grid for {target:g} conditions, half of them for {half:g}.").format(
            target=bars.target, half=bars.half
        ),
    )
    return script.exit_code(trained)


def solve(
    name: str, concepts: ModuleType, tol: float, stage: Callable[[str], None], script: Script
) -> tuple[str, str, str, str]:
    """Solve one grid, save V and the policy, and judge them as the grader does; what its row in the table says."""
    grid = GRIDS[name]
    started = time.process_time()
    P, R, rho0 = grid.arrays()

    stage("validate_mdp")
    if faults := faults_of(concepts, P, R, rho0):
        script.console.print(
            _("{name}: your validate_mdp finds fault with a sound grid: {faults}").format(name=name, faults=faults),
            style="yellow",
            markup=False,
        )
    stage("value_iteration")
    V, Q = concepts.value_iteration(P, R, grid.terminal, grid.gamma, tol=tol)
    stage("greedy_actions")
    policy = greedy_policy(concepts, np.asarray(Q), grid)
    stage(_("roll-outs"))
    arrays = {"V": np.array(V, dtype=np.float64), "policy": policy}
    found = judge(grid, *checked(grid, arrays))

    facts = {
        "grid": name,
        "conditions": (conditions := sum(holds for holds, _ in found)),
        "evaluation_mean": conditions,  # by which the last line knows what is reached
        "found": [what for _, what in found],
        "value": float(arrays["V"][grid.start]),
        "tol": tol,
        "code": code_digest(HERE),
        "cpu_seconds": round(time.process_time() - started, 2),
    }
    remark = "" if facts["conditions"] == CONDITIONS else found[-1][1]
    if (best := saved_conditions(name)) > facts["conditions"]:
        return row_of(facts, _("{remark}; kept: the earlier result with {best}").format(remark=remark, best=best))
    write_bytes(RUNS / f"{name}.safetensors", save(arrays))
    write_json(record_of(name), facts)
    return row_of(facts, remark)


def faults_of(concepts: ModuleType, P: np.ndarray, R: np.ndarray, rho0: np.ndarray) -> list[str]:
    """What validate_mdp finds wrong with a grid; nothing as long as it is not written."""
    try:
        return list(concepts.validate_mdp(P, R, rho0))
    except NotImplementedError:
        return []


def greedy_policy(concepts: ModuleType, Q: np.ndarray, grid: Grid) -> np.ndarray:
    """All greedy actions of each state, each as likely as the others."""
    shape = (len(grid.cells), len(ACTIONS))
    if Q.shape != shape:
        raise ValueError(
            _("value_iteration returned a Q of shape {shape}; on this grid it is {expected}").format(
                shape=Q.shape, expected=shape
            )
        )
    policy = np.zeros(shape)
    for state, q in enumerate(Q):
        actions = list(concepts.greedy_actions(q))
        if not actions:
            raise ValueError(_("greedy_actions found no best action for {q}").format(q=q))
        policy[state, actions] = 1 / len(actions)
    return policy


def stage_on(progress: Progress, bar: int) -> Callable[[str], None]:
    """A function that says on the bar which stage begins."""
    begun = iter(range(STAGES))
    return lambda what: progress.update(bar, completed=next(begun), stage=what)


def solved_before(name: str, tol: float) -> tuple[str, str, str, str] | None:
    """The row of a grid that this very code has solved already; None where it has not."""
    try:
        facts = json.loads(record_of(name).read_text(encoding="utf-8"))
        if (facts["code"], facts["tol"]) != (code_digest(HERE), tol) or facts["conditions"] != saved_conditions(name):
            return None
        return row_of(facts, _("solved already; --fresh solves it again"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def saved_conditions(name: str) -> int:
    """How many conditions hold for what is saved of a grid; 0 where nothing is, or nothing that can be used."""
    try:
        arrays = saved_arrays(name)
    except ValueError:
        return 0
    return sum(holds for holds, _ in judge(GRIDS[name], *arrays))


def row_of(facts: dict, remark: str) -> tuple[str, str, str, str]:
    return (
        _("{holding} of {all}").format(holding=facts["conditions"], all=CONDITIONS),
        f"{facts['value']:.4f}",
        f"{facts['cpu_seconds']:.2f}",
        remark,
    )


def record_of(name: str) -> Path:
    return RUNS / f"{name}.json"


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__, seeds=False)
    parser.add_argument("--grid", action="append", choices=GRIDS, help=_("may be repeated; all three if not given"))
    parser.add_argument("--tol", type=float, default=DEFAULT_TOL, help=_("passed to value_iteration (default 1e-10)"))
    args = parser.parse_args()
    if not args.tol > 0:
        parser.error(_("--tol takes a positive number"))
    return args


if __name__ == "__main__":
    end_with(main)
