"""Values of cases: what generators of hidden cases draw from their `rng`, a numpy Generator."""

import numpy as np
import torch


def floats(rng: np.random.Generator, *shape: int, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    """A float32 tensor of normal numbers of mean `shift` and deviation `scale`."""
    return torch.from_numpy(rng.normal(shift, scale, size=shape)).float()


def uniform(rng: np.random.Generator, low: float, high: float, *shape: int) -> torch.Tensor:
    """A float32 tensor of numbers between `low` and `high`, each as likely."""
    return torch.from_numpy(rng.uniform(low, high, size=shape)).float()


def either(rng: np.random.Generator, n: int) -> torch.Tensor:
    """n times 0 or 1 as int64, each of them at least once (n >= 2)."""
    flags = rng.integers(2, size=n)
    flags[:2] = 0, 1
    return torch.from_numpy(rng.permutation(flags))


def seed_of(rng: np.random.Generator) -> int:
    """A seed for a generator of the case's own."""
    return int(rng.integers(2**31))


def skewed(rng: np.random.Generator, actions: int) -> list[float]:
    """Probabilities of which one, of an action drawn anew, is far above all others; none is below 0.1.

    So a few hundred draws tell them from equal ones, and no count is so rare that its chances are skewed.
    """
    shares = np.append(0.2 * rng.dirichlet([4.0] * (actions - 1)), 0.8)
    return rng.permutation(0.1 + (1 - 0.1 * actions) * shares).tolist()  # type: ignore[no-any-return]


def pairs_of_shapes(rng: np.random.Generator) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Six pairs of shapes: the first one's are equal, the others' differ, and nearly all of these would broadcast."""
    n = int(rng.integers(2, 9))
    row, column = (n,), (n, 1)
    equal = [(row, row), ((n + 1,), (n + 1,))]
    differ = [(row, column), (column, row), (row, (1,)), ((1,), row), (row, (n + 1,)), (row, (1, n)), ((1,), (1, 1))]
    return [equal[int(rng.integers(2))], *(differ[k] for k in rng.choice(len(differ), size=5, replace=False))]
