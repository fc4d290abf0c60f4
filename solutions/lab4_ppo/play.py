"""Film the actors that training saved, each beside an untrained one. Given code.

python labs/lab4_ppo/play.py writes runs/<environment>.gif for each: an episode with the trained actor on the right, and
with an untrained one on the left, from the same start and without noise.
"""

import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers import ClipAction, RescaleAction

from evaluate import HERE
from labs.common.artefacts import load_tensors
from labs.common.films import Act, film_players, film_saved, play_arguments
from labs.common.networks import load_weights
from labs.common.translated import _
from nets import ENVIRONMENTS, CategoricalActor, GaussianActor, make_actor


def main() -> int:
    names, seed = play_arguments(__doc__, "environment", ENVIRONMENTS)

    def film(name: str, weights: Path, gif: Path) -> str:
        torch.manual_seed(seed)
        before, after = make_actor(name), make_actor(name)
        load_weights(after, load_tensors(weights))
        players = {_("untrained"): best(before), _("trained"): best(after)}
        return film_players(lambda: environment(name, "rgb_array"), players, seed, gif)

    return film_saved(HERE, names, film)


def environment(name: str, render_mode: str) -> Any:
    """The environment for an actor, whose continuous actions are between -1 and 1."""
    facts = ENVIRONMENTS[name]
    env: Any = gym.make(facts.id, render_mode=render_mode)
    return ClipAction(RescaleAction(env, np.float32(-1), np.float32(1))) if facts.bounds else env


def best(actor: GaussianActor | CategoricalActor) -> Act:
    @torch.inference_mode()
    def act(observation: np.ndarray) -> np.ndarray:
        return actor.best(torch.as_tensor(observation)[None])[0].numpy()

    return act


if __name__ == "__main__":
    sys.exit(main())
