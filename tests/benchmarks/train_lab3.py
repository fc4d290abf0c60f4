"""What lab 3's recipes cost and reach, beside the tutorial's algorithms after as many environment steps.

    python tests/benchmarks/train_lab3.py            seeds 0 to 4: about half an hour on one core
    python tests/benchmarks/train_lab3.py --seeds 2

Every result is written as soon as it is there, and a run that was interrupted goes on with the next one. At the end
(or at once, when all is measured) it prints a Markdown table. Times are CPU seconds of one thread.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import gymnasium as gym
import torch
from torch import Tensor, nn
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "solutions" / "lab3_policy_gradient"))

from evaluate import MILESTONES, greedy_returns  # noqa: E402
from training_run import PolicyGradientRun  # noqa: E402

TARGET = MILESTONES["actor_critic"].target
ALGORITHMS = ("simple_pg", "reinforce", "reinforce_baseline", "a2c", "actor_critic")
GAMMA, POLICY_LR, CRITIC_LR = 0.98, 2e-4, 5e-4  # the tutorial's


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    results = json.loads(args.results.read_text()) if args.results.exists() else {}
    for seed in range(args.seeds):
        for algorithm in ALGORITHMS:
            ours, theirs = f"{algorithm} {seed}", f"tutorial {algorithm} {seed}"
            if ours not in results:
                results[ours] = lab(algorithm, seed)
                args.results.write_text(json.dumps(results, indent=1) + "\n")
            if theirs not in results and algorithm in TUTORIAL:
                torch.manual_seed(seed)
                results[theirs] = timed(TUTORIAL[algorithm], seed, results[ours]["env_steps"])
                args.results.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results, args.seeds))


def lab(algorithm: str, seed: int) -> dict[str, float]:
    run = PolicyGradientRun(algorithm, seed)
    while not run.finished:
        run.advance()
    return {
        "cpu_seconds": run.cpu_seconds,
        "env_steps": run.learner.env_steps,
        "greedy_return": run.evaluate(),
        "training_return": run.running_return,
    }


def timed(train, seed: int, env_steps: int) -> dict[str, float]:
    started = time.process_time()
    policy, returns = train(seed, env_steps)
    return {
        "cpu_seconds": time.process_time() - started,
        "env_steps": env_steps,
        "greedy_return": float(greedy_returns(policy).mean()),
        "training_return": sum(returns[-100:]) / len(returns[-100:]),
    }


def network(outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, outputs))


def sample(policy: nn.Module, observation) -> tuple[int, Tensor]:
    """One action for one observation: the tutorial's policies see a batch of one at every step."""
    log_probs = F.log_softmax(policy(torch.as_tensor(observation)[None]), dim=-1)[0]
    action = int(torch.multinomial(log_probs.detach().exp(), 1))
    return action, log_probs[action]


def tutorial_episodic(seed: int, env_steps: int, to_go: bool) -> tuple[nn.Module, list[float]]:
    """An update after each episode, the sum of -log pi times G(tau) or G_t; no baseline, no normalisation."""
    env, policy = gym.make("CartPole-v1"), network(2)
    optimizer = torch.optim.Adam(policy.parameters(), lr=POLICY_LR)
    observation, _ = env.reset(seed=seed)
    logps: list[Tensor] = []
    rewards: list[float] = []
    returns: list[float] = []
    for _ in range(env_steps):
        action, logp = sample(policy, observation)
        observation, reward, terminated, truncated, _ = env.step(action)
        logps.append(logp)
        rewards.append(float(reward))
        if terminated or truncated:
            weights = [0.0]
            for r in reversed(rewards):
                weights.append(r + GAMMA * weights[-1])
            weights = weights[:0:-1] if to_go else [weights[-1]] * len(rewards)
            loss = -(torch.stack(logps) * torch.tensor(weights)).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            returns.append(sum(rewards))
            logps, rewards = [], []
            observation, _ = env.reset()
    return policy, returns


def tutorial_simple_pg(seed: int, env_steps: int) -> tuple[nn.Module, list[float]]:
    return tutorial_episodic(seed, env_steps, to_go=False)


def tutorial_reinforce(seed: int, env_steps: int) -> tuple[nn.Module, list[float]]:
    return tutorial_episodic(seed, env_steps, to_go=True)


def tutorial_actor_critic(seed: int, env_steps: int) -> tuple[nn.Module, list[float]]:
    """Two updates after each step. The target keeps its gradient and is masked by every `done`, as printed there."""
    env, policy, critic = gym.make("CartPole-v1"), network(2), network(1)
    policy_optimizer = torch.optim.Adam(policy.parameters(), lr=POLICY_LR)
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=CRITIC_LR)
    observation, _ = env.reset(seed=seed)
    returns, running = [], 0.0
    for _ in range(env_steps):
        before = torch.as_tensor(observation)[None]
        action, logp = sample(policy, observation)
        observation, reward, terminated, truncated, _ = env.step(action)
        done = terminated or truncated
        v = critic(before)
        target = float(reward) + GAMMA * critic(torch.as_tensor(observation)[None]) * (1 - done)
        critic_optimizer.zero_grad()
        policy_optimizer.zero_grad()
        F.mse_loss(v, target).backward()
        (-logp * (target - v).item()).backward()
        critic_optimizer.step()
        policy_optimizer.step()
        running += float(reward)
        if done:
            returns.append(running)
            running = 0.0
            observation, _ = env.reset()
    return policy, returns


TUTORIAL = {
    "simple_pg": tutorial_simple_pg,
    "reinforce": tutorial_reinforce,
    "actor_critic": tutorial_actor_critic,
}


def table(results: dict[str, dict[str, float]], seeds: int) -> str:
    lines = [
        "| algorithm | seed | env steps | CPU s | greedy return | tutorial: CPU s | tutorial: greedy return |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for algorithm in ALGORITHMS:
        ours = [results[f"{algorithm} {seed}"] for seed in range(seeds)]
        theirs = [results.get(f"tutorial {algorithm} {seed}") for seed in range(seeds)]
        for seed, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            cells = [algorithm, str(seed), f"{a['env_steps']:,}"]
            cells += [f"{a['cpu_seconds']:.1f}", f"{a['greedy_return']:.1f}"]
            cells += [f"{b['cpu_seconds']:.1f}", f"{b['greedy_return']:.1f}"] if b else ["", ""]
            lines.append(f"| {' | '.join(cells)} |")
        cells = [f"**{algorithm}**", "all", f"{mean(ours, 'env_steps'):,.0f}", f"{mean(ours, 'cpu_seconds'):.1f}"]
        cells.append(f"{solved(ours)} of {seeds} ≥ {TARGET:.0f}")
        measured = [b for b in theirs if b]
        cells.append(f"{mean(measured, 'cpu_seconds'):.1f}" if measured else "")
        cells.append(f"{solved(measured)} of {seeds} ≥ {TARGET:.0f}" if measured else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def mean(rows: list[dict[str, float]], key: str) -> float:
    return sum(row[key] for row in rows) / len(rows)


def solved(rows: list[dict[str, float]]) -> int:
    return sum(row["greedy_return"] >= TARGET for row in rows)


if __name__ == "__main__":
    main()
