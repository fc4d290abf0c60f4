"""The multilayer perceptron of the labs that play games, and of the grader when it plays what was trained."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from safetensors.torch import save
from torch import Tensor, nn


def mlp(sizes: Sequence[int], activation: type[nn.Module] = nn.Tanh, gain_last: float = 1.0) -> nn.Sequential:
    """A fully connected network, `sizes = (inputs, hidden, ..., outputs)`, linear in its last layer.

    Weights start orthogonal and biases at zero (Saxe et al. 2014): gain sqrt(2) in the hidden layers and
    `gain_last` in the last one. Use .01 for the head of a policy, whose first actions are then nearly
    uniform, and 1 for a value. The keys of the state_dict depend on the number of layers only, so weights can
    be loaded wherever `sizes` is known.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes needs the inputs and the outputs at least, got {tuple(sizes)}")
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        last = i == len(sizes) - 2
        linear = nn.Linear(inputs, outputs)
        nn.init.orthogonal_(linear.weight, gain_last if last else math.sqrt(2))
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if not last:
            layers.append(activation())
    return nn.Sequential(*layers)


def load_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Puts saved weights into a network; ValueError where they are another network's, or not finite."""
    wanted = network.state_dict()
    if missing := sorted(wanted.keys() - weights.keys()):
        raise ValueError(f"the weights lack {missing[0]}: they are of another network")
    if extra := sorted(weights.keys() - wanted.keys()):
        raise ValueError(f"the weights hold {extra[0]!r}, which this network has not")
    loaded = {}
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape:
            found, expected = tuple(tensor.shape), tuple(wanted[name].shape)
            raise ValueError(f"{name} has the shape {found}, the network's is {expected}")
        if tensor.dtype not in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
            raise ValueError(f"{name} holds {tensor.dtype} where float32 is expected")
        loaded[name] = tensor.to(wanted[name].dtype)  # here, since a large float64 becomes infinity by it
        if not torch.isfinite(loaded[name]).all():
            raise ValueError(f"{name} holds NaN or infinity: the training has diverged")
    network.load_state_dict(loaded)


def weights_of(network: nn.Module) -> bytes:
    """The weights of a network as a safetensors file has them."""
    return save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
