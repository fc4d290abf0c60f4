"""How noisy is the gradient of a single episode? The number that this chapter is about, measured. Given code.

For each way of crediting an action, the gradient sum_t w_t grad log pi(A_t|S_t) is computed for every one
of 150 episodes, all played by one policy. The trace of the covariance of these 150 vectors is the noise of
one of them; the squared length of their mean over that trace is the signal-to-noise ratio. The weights come
from your functions.
"""

from typing import TypedDict

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from algorithms import policy_loss, standardised
from labs.common.networks import mlp
from labs.common.translated import N_, _, padded
from losses import baseline_advantages, td_target, value_loss
from returns import batch_reward_to_go, total_return_weights
from rollout import Episodes, collect_episodes, episode_envs

GAMMA = 0.98
EPISODES = 150
UPDATES = 8  # of REINFORCE, before the second measurement


class Noise(TypedDict):
    mean_return: float
    weights: dict[str, dict[str, float]]  # for each kind of weight: the trace, and the signal-to-noise ratio


def scores(policy: nn.Module, episodes: Episodes) -> Float[Tensor, "S P"]:
    """grad log pi(A_t|S_t) with respect to all P parameters of the policy, one row for each step."""

    def log_probability(parameters: dict[str, Tensor], observation: Tensor, action: Tensor) -> Tensor:
        logits = functional_call(policy, parameters, (observation,))
        return torch.log_softmax(logits, dim=-1).gather(-1, action[None])[0]

    parameters = {name: p.detach() for name, p in policy.named_parameters()}
    gradients = vmap(grad(log_probability), in_dims=(None, 0, 0))(parameters, episodes.observations, episodes.actions)
    return torch.cat([g.flatten(start_dim=1) for g in gradients.values()], dim=1)


def fit_critic(episodes: Episodes, steps: int = 300) -> nn.Module:
    """V(s) regressed on the returns of other episodes than those whose gradients are measured."""
    critic = mlp((4, 64, 64, 1))
    optimizer = torch.optim.Adam(critic.parameters(), lr=5e-3)
    G = batch_reward_to_go(episodes.rewards, episodes.dones, GAMMA)
    for _step in range(steps):
        optimizer.zero_grad()
        loss = value_loss(critic(episodes.observations).squeeze(-1), G)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return critic


def credits(episodes: Episodes, critic: nn.Module) -> dict[str, Float[Tensor, "S"]]:
    """The five weights w_t of the chapter, in its order."""
    with torch.no_grad():
        v = critic(episodes.observations).squeeze(-1)
        v_next = critic(episodes.next_observations).squeeze(-1)
    G = batch_reward_to_go(episodes.rewards, episodes.dones, GAMMA)
    target = td_target(episodes.rewards, v_next, episodes.terminated, GAMMA)
    return {
        "G(τ)": total_return_weights(episodes.rewards, episodes.dones, GAMMA),
        "G_t": G,
        N_("G_t - mean"): baseline_advantages(G, G.mean().expand_as(G)),
        "G_t - V(s)": baseline_advantages(G, v),
        N_("TD error"): baseline_advantages(target, v),
    }


def measure_noise(policy: nn.Module, seed: int, generator: torch.Generator) -> Noise:
    """Trace of the covariance and signal-to-noise ratio of one episode's gradient, for each kind of weight."""
    envs = episode_envs(EPISODES)
    critic = fit_critic(collect_episodes(policy, envs, seed, generator))
    episodes = collect_episodes(policy, envs, seed + 1, generator)
    step_gradients = scores(policy, episodes)
    episode_of_step = episodes.dones.cumsum(0) - episodes.dones.long()

    result: Noise = {"mean_return": sum(episodes.returns) / EPISODES, "weights": {}}
    for name, w in credits(episodes, critic).items():
        gradients = torch.zeros(EPISODES, step_gradients.shape[1])
        gradients.index_add_(0, episode_of_step, w[:, None] * step_gradients)
        trace = gradients.var(dim=0).sum().item()
        result["weights"][name] = {"trace": trace, "snr": gradients.mean(dim=0).square().sum().item() / trace}
    return result


def measure(seed: int = 0) -> dict[str, Noise]:
    """The noise with an untrained policy and again after a few updates of REINFORCE."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    policy = mlp((4, 32, 2), gain_last=0.01)
    result = {N_("untrained"): measure_noise(policy, 10_000 * seed + 1_000, generator)}

    envs = episode_envs(16)
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
    for update in range(UPDATES):
        episodes = collect_episodes(policy, envs, 10_000 * seed + update, generator)
        weights = standardised(batch_reward_to_go(episodes.rewards, episodes.dones, GAMMA))
        optimizer.zero_grad()
        policy_loss(episodes, weights).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    result[_("after {updates} updates").format(updates=UPDATES)] = measure_noise(
        policy, 10_000 * seed + 2_000, generator
    )
    return result


def main() -> None:
    torch.set_num_threads(1)  # networks this small run faster on one
    for stage, noise in measure().items():
        print(
            _("Policy {stage}, mean return {mean_return:.1f}").format(stage=_(stage), mean_return=noise["mean_return"])
        )
        for name, row in noise["weights"].items():
            said = _("  {name} trace {trace:10,.0f}   signal to noise {snr:.3f}")
            print(said.format(name=padded(_(name), 12), trace=row["trace"], snr=row["snr"]))


if __name__ == "__main__":
    main()
