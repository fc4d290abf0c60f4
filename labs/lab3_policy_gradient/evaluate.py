"""Play a trained policy greedily on the 100 episodes by which the milestone is judged.

python labs/lab3_policy_gradient/evaluate.py judges every policy saved in runs/.
"""

import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from torch import nn

from labs.common.artefacts import load_tensors
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of
from labs.common.networks import load_weights, mlp

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
EVALUATION_SEED = 1_000_000  # decides the start states of the 100 episodes; no training run uses it

# The network of each algorithm's policy: the 4 numbers of a CartPole observation, hidden layers, 2 actions.
POLICY_SIZES = {
    "simple_pg": (4, 64, 2),
    "reinforce": (4, 64, 2),
    "reinforce_baseline": (4, 64, 2),
    "a2c": (4, 64, 64, 2),
    "actor_critic": (4, 64, 64, 2),
}


def make_policy(algorithm: str) -> nn.Sequential:
    """A fresh policy network of the architecture that `algorithm` trains."""
    return mlp(POLICY_SIZES[algorithm], gain_last=0.01)


@torch.inference_mode()
def greedy_returns(policy: nn.Module, episodes: int = 100, seed: int = EVALUATION_SEED) -> np.ndarray:
    """The return of each of `episodes` CartPole-v1 episodes in which `policy` takes its likeliest action.

    All episodes run side by side in gymnasium's vectorised CartPole. The start states depend on `seed` alone,
    so the same weights always get the same score.
    """
    envs = gym.make_vec("CartPole-v1", episodes, vectorization_mode="vector_entry_point")
    observation, _ = envs.reset(seed=seed)
    returns = np.zeros(episodes)
    alive = np.ones(episodes, dtype=bool)
    while alive.any():
        action = policy(torch.as_tensor(observation)).argmax(dim=-1)
        observation, reward, terminated, truncated, _ = envs.step(action.numpy())
        returns += reward * alive
        alive &= ~(terminated | truncated)  # a finished environment starts again by itself: no longer counted
    envs.close()
    return returns


def score(algorithm: str, folder: Path) -> float:
    """The milestone's figure: the mean greedy return of the weights saved in `folder`. ValueError where they do not
    fit."""
    policy = make_policy(algorithm)
    load_weights(policy, load_tensors(MILESTONES[algorithm].file(folder)))
    return float(greedy_returns(policy).mean())


def main() -> int:
    return say_milestones(HERE, score, digits=1)


if __name__ == "__main__":
    sys.exit(main())
