"""Stable-Baselines3's PPO with the settings that its zoo (rl-baselines3-zoo, hyperparams/ppo.yml) tuned for an
environment, evaluated as lab 4 evaluates. Run by train_lab4.py with a Python of its own; prints one line of JSON.

    python tests/benchmarks/others/ppo_sb3.py pendulum 0
"""

import json
import sys
import time

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

SETTINGS = {
    "pendulum": dict(
        id="Pendulum-v1",
        envs=4,
        steps=100_000,
        ppo=dict(
            n_steps=1024,
            gae_lambda=0.95,
            gamma=0.9,
            n_epochs=10,
            ent_coef=0.0,
            learning_rate=1e-3,
            clip_range=0.2,
            use_sde=True,
            sde_sample_freq=4,
        ),
    ),
    "cartpole": dict(
        id="CartPole-v1",
        envs=8,
        steps=100_000,
        ppo=dict(
            n_steps=32,
            batch_size=256,
            gae_lambda=0.8,
            gamma=0.98,
            n_epochs=20,
            ent_coef=0.0,
            learning_rate=lambda left: left * 1e-3,
            clip_range=lambda left: left * 0.2,
        ),
    ),
}


def main() -> None:
    name, seed = sys.argv[1], int(sys.argv[2])
    settings = SETTINGS[name]
    torch.set_num_threads(1)
    started = time.process_time()
    envs = make_vec_env(settings["id"], n_envs=settings["envs"], seed=seed)
    model = PPO("MlpPolicy", envs, seed=seed, device="cpu", **settings["ppo"])
    model.learn(settings["steps"])
    seconds = time.process_time() - started
    found = {"cpu_seconds": seconds, "env_steps": model.num_timesteps, "mean_return": evaluated(model, settings["id"])}
    print(json.dumps(found))


def evaluated(model: PPO, environment: str, episodes: int = 100, seed: int = 1_000_000) -> float:
    """The mean return of the lab's 100 evaluation episodes, without noise."""
    envs = gym.make_vec(environment, episodes, vectorization_mode="sync")
    observation, _ = envs.reset(seed=seed)
    returns, alive = np.zeros(episodes), np.ones(episodes, dtype=bool)
    while alive.any():
        action, _ = model.predict(observation, deterministic=True)
        observation, reward, terminated, truncated, _ = envs.step(action)
        returns += reward * alive
        alive &= ~(terminated | truncated)
    return float(returns.mean())


if __name__ == "__main__":
    main()
