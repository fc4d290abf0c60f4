"""Film the walk along the cliff of the table that training saved, beside that of an untrained one. Given code.

python labs/lab2_taxonomy/play.py writes runs/q_learning.gif: on the right the greedy walk of the table that is judged,
on the left the first steps of an agent that knows nothing and chooses by dice. The darker a cell, the lower its value.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cliff_walk import CliffWalk
from evaluate import HERE, MILESTONES
from labs.common.artefacts import load_arrays
from labs.common.films import Picture, film_saved, play_arguments, save_film
from labs.common.translated import _

CELL = 26  # pixels
LONGEST = 60  # steps of a film
PER_SECOND = 4


def main() -> int:
    names, seed = play_arguments(__doc__, "algorithm", MILESTONES)

    def film(name: str, weights: Path, gif: Path) -> str:
        dice = np.random.default_rng(seed)
        Q = np.asarray(load_arrays(weights).get("Q"), dtype=float)
        if Q.shape != (48, 4):
            raise ValueError(_("it holds no Q of the cliff walk"))
        knows_nothing = np.zeros_like(Q)
        walks = {
            _("untrained"): walk(knows_nothing, lambda s: int(dice.integers(4))),
            _("trained"): walk(Q, lambda s: int(Q[s].argmax())),
        }
        caption = _("{name}: {total:.0f}")
        films = {caption.format(name=words, total=total): pictures for words, (pictures, total) in walks.items()}
        save_film(films, gif, PER_SECOND)
        returns = [f"{words} {total:.0f}" for words, (_pictures, total) in walks.items()]
        return _("return {returns}").format(returns=_(", ").join(returns))

    return film_saved(HERE, names, film)


def walk(Q: np.ndarray, choose: Callable[[int], int]) -> tuple[list[Picture], float]:
    """The pictures of a walk from the start, and its return so far: one that does not end is cut off."""
    env = CliffWalk()
    s, total, ended = env.reset(), 0.0, False
    pictures = [drawn(env, Q, s)]
    while not ended and len(pictures) <= LONGEST:
        reward, s, ended = env.step(choose(s))
        total += reward
        pictures.append(drawn(env, Q, s))
    return pictures, total


def drawn(env: CliffWalk, Q: np.ndarray, s: int) -> Picture:
    """The grid with the walker in state s: the values as blue, the cliff as black, the goal with a frame."""
    picture = Image.new("RGB", (env.columns * CELL + 1, env.rows * CELL + 1), "white")
    pen = ImageDraw.Draw(picture)
    best = Q.max(axis=1)
    share = (best - best.min()) / max(float(np.ptp(best)), 1e-9) if np.ptp(best) else np.ones_like(best)
    for state in range(env.states):
        x, y = state % env.columns * CELL, state // env.columns * CELL
        blue = (int(80 + 175 * share[state]), int(140 + 115 * share[state]), 255)
        colour = (40, 40, 40) if state in env.cliff else blue
        pen.rectangle((x, y, x + CELL, y + CELL), fill=colour, outline=(215, 215, 215))
        if state == env.goal:
            pen.rectangle((x + 2, y + 2, x + CELL - 2, y + CELL - 2), outline=(0, 158, 115), width=3)
        if state == s:
            pen.ellipse((x + 6, y + 6, x + CELL - 6, y + CELL - 6), fill=(213, 94, 0))
    return picture


if __name__ == "__main__":
    sys.exit(main())
