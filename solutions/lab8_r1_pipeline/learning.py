"""What all stages share that train a network: a gradient step, and where to go on after an interruption. Given code."""

from typing import Any

import torch
from torch import Tensor, nn

MAX_NORM = 1.0


class Learning:
    """A network on its way down a loss. `dice` draw all that is drawn for it."""

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer, dice: torch.Generator) -> None:
        self.network = network
        self.optimizer = optimizer
        self.dice = dice
        self.steps = 0

    def descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
        self.optimizer.step()
        self.steps += 1

    def state_dict(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "dice": self.dice.get_state(),
            "steps": self.steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.dice.set_state(state["dice"])
        self.steps = state["steps"]
