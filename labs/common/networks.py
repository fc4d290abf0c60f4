"""The multilayer perceptron of the labs that play games, and of the grader when it plays what was trained."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from safetensors.torch import save
from torch import Tensor, nn

from labs.common.translated import _


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
        raise ValueError(_("the weights lack {name}: they are of another network").format(name=missing[0]))
    if extra := sorted(weights.keys() - wanted.keys()):
        raise ValueError(_("the weights hold {name!r}, which this network has not").format(name=extra[0]))
    loaded = {}
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape:
            found, expected = tuple(tensor.shape), tuple(wanted[name].shape)
            raise ValueError(
                _("{name} has the shape {found}, the network's is {expected}").format(
                    name=name, found=found, expected=expected
                )
            )
        if tensor.dtype not in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
            raise ValueError(_("{name} holds {dtype} where float32 is expected").format(name=name, dtype=tensor.dtype))
        loaded[name] = tensor.to(wanted[name].dtype)  # here, since a large float64 becomes infinity by it
        if not torch.isfinite(loaded[name]).all():
            raise ValueError(_("{name} holds NaN or infinity: the training has diverged").format(name=name))
    network.load_state_dict(loaded)


def weights_of(network: nn.Module) -> bytes:
    """The weights of a network as a safetensors file has them."""
    return save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
