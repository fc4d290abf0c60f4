"""The two environments, and the networks that play them: an actor and a critic for each. Given code."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Categorical, Normal

from labs.common.networks import mlp


@dataclass(frozen=True)
class Environment:
    """What the networks have to know about an environment of gymnasium's."""

    id: str
    observations: int
    actions: int  # dimensions of a continuous action, or choices
    bounds: tuple[float, float] | None = None  # of a continuous action; None where there are choices
    vectorization: str = "sync"  # how evaluation plays many at once; CartPole has a version computed as one array


ENVIRONMENTS = {
    "pendulum": Environment("Pendulum-v1", observations=3, actions=1, bounds=(-2.0, 2.0)),
    "cartpole": Environment("CartPole-v1", observations=4, actions=2, vectorization="vector_entry_point"),
}


class GaussianActor(nn.Module):
    """N(mean(s), diag(exp(log_std)^2)): the deviations are learned, and the same in every state."""

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self.mean = mlp((environment.observations, 64, 64, environment.actions), nn.ReLU, gain_last=0.01)
        self.log_std = nn.Parameter(torch.zeros(environment.actions))

    def log_prob(self, observation: Float[Tensor, "B o"], action: Float[Tensor, "B k"]) -> Float[Tensor, "B"]:
        policy = Normal(self.mean(observation), self.log_std.exp(), validate_args=False)
        logp: Tensor = policy.log_prob(action).sum(dim=-1)
        return logp

    def best(self, observation: Float[Tensor, "B o"]) -> Float[Tensor, "B k"]:
        action: Tensor = self.mean(observation)
        return action


class CategoricalActor(nn.Module):
    """The softmax policy of lab 3."""

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self.logits = mlp((environment.observations, 64, 64, environment.actions), nn.Tanh, gain_last=0.01)

    def log_prob(self, observation: Float[Tensor, "B o"], action: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
        logp: Tensor = Categorical(logits=self.logits(observation), validate_args=False).log_prob(action)
        return logp

    def best(self, observation: Float[Tensor, "B o"]) -> Float[Tensor, "B"]:
        action: Tensor = self.logits(observation).argmax(dim=-1)
        return action


def make_actor(name: str) -> GaussianActor | CategoricalActor:
    """A fresh actor for the environment called `name`."""
    environment = ENVIRONMENTS[name]
    return GaussianActor(environment) if environment.bounds else CategoricalActor(environment)


def make_critic(name: str) -> nn.Sequential:
    """A fresh critic; its output is (B, 1)."""
    environment = ENVIRONMENTS[name]
    return mlp((environment.observations, 64, 64, 1), nn.ReLU if environment.bounds else nn.Tanh)
