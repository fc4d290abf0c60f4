"""Right versions of lab 94's function that look different."""

import torch

from grader.checks import alternative


@alternative("scaled")
def by_a_tensor(x, factor):
    return torch.mul(x, torch.tensor(factor, device=x.device))
