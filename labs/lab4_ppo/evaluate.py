"""Play a trained actor without noise on the 100 episodes by which the milestone is judged.

python labs/lab4_ppo/evaluate.py judges every actor saved in runs/.
"""

import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers import vector

from labs.common.artefacts import load_tensors
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of
from labs.common.networks import load_weights
from nets import ENVIRONMENTS, CategoricalActor, GaussianActor, make_actor

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
EVALUATION_SEED = 1_000_000  # decides the start states of the 100 episodes; no training run uses it


@torch.inference_mode()
def best_returns(
    name: str, actor: GaussianActor | CategoricalActor, episodes: int = 100, seed: int = EVALUATION_SEED
) -> np.ndarray:
    """The return of each of `episodes` episodes in which the actor takes the mean action, or the likeliest one.

    All episodes run side by side. The start states depend on `seed` alone, so the same weights always get the same
    score; the rewards are the environment's own.
    """
    environment = ENVIRONMENTS[name]
    envs = gym.make_vec(environment.id, episodes, vectorization_mode=environment.vectorization)
    if environment.bounds:  # -1 and 1 are the bounds for an actor, and what lies beyond is clipped
        envs = vector.ClipAction(vector.RescaleAction(envs, np.float32(-1), np.float32(1)))
    observation, _ = envs.reset(seed=seed)
    returns = np.zeros(episodes)
    alive = np.ones(episodes, dtype=bool)
    while alive.any():
        action = actor.best(torch.as_tensor(observation)).numpy()
        observation, reward, terminated, truncated, _ = envs.step(action)
        returns += reward * alive
        alive &= ~(terminated | truncated)  # a finished environment starts again by itself: no longer counted
    envs.close()
    return returns


def score(name: str, folder: Path) -> float:
    """The milestone's figure: the mean return of the weights saved in `folder`. ValueError where they do not fit."""
    actor = make_actor(name)
    load_weights(actor, load_tensors(MILESTONES[name].file(folder)))
    return float(best_returns(name, actor).mean())


def main() -> int:
    return say_milestones(HERE, score, digits=1)


if __name__ == "__main__":
    sys.exit(main())
