"""What is checked in lab 94."""

import torch

from grader.checks import check
from grader.checks.devices import on_its_device


@check("scaled", points=2)
def times(lab, x, factor):
    """Each number times the factor."""
    return lab.scaled(x, factor)


times.case("three numbers", x=torch.tensor([1.0, -2.0, 4.0]), factor=0.5)

scaled_device = on_its_device(times)
