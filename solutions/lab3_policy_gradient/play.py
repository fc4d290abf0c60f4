"""Film the policies that training saved, each beside an untrained one. Given code.

python labs/lab3_policy_gradient/play.py writes runs/<algorithm>.gif for each: an episode of CartPole with the trained
policy on the right, with an untrained one on the left, from the same start. The likeliest action is taken.
"""

import sys
from functools import partial
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from evaluate import HERE, POLICY_SIZES, make_policy
from labs.common.artefacts import load_tensors
from labs.common.films import Act, film_players, film_saved, play_arguments
from labs.common.networks import load_weights
from labs.common.translated import _


def main() -> int:
    names, seed = play_arguments(__doc__, "algorithm", POLICY_SIZES)

    def film(name: str, weights: Path, gif: Path) -> str:
        torch.manual_seed(seed)
        before, after = make_policy(name), make_policy(name)
        load_weights(after, load_tensors(weights))
        make = partial(gym.make, "CartPole-v1", render_mode="rgb_array")
        return film_players(make, {_("untrained"): likeliest(before), _("trained"): likeliest(after)}, seed, gif)

    return film_saved(HERE, names, film)


def likeliest(policy: nn.Module) -> Act:
    @torch.inference_mode()
    def act(observation: np.ndarray) -> int:
        return int(policy(torch.as_tensor(observation)).argmax())

    return act


if __name__ == "__main__":
    sys.exit(main())
