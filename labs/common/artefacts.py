"""Reads what training saved as safetensors. What cannot be used is a ValueError, in words."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from safetensors import SafetensorError

from labs.common.translated import _

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

Loaded = TypeVar("Loaded")


def load_tensors(file: Path) -> "dict[str, Tensor]":
    """The tensors of a safetensors file by name; ValueError where it cannot be read."""
    from safetensors.torch import load_file  # here: torch takes a while to import, and labs 1 and 2 do without

    return _loaded(file, load_file, "torch")


def load_arrays(file: Path) -> "dict[str, np.ndarray]":
    """The same as arrays of numpy."""
    from safetensors.numpy import load_file

    return _loaded(file, load_file, "numpy")


def _loaded(file: Path, load: Callable[[Path], Loaded], library: str) -> Loaded:
    try:
        return load(file)
    except SafetensorError as error:
        raise ValueError(_("it is no safetensors file, or a damaged one ({error})").format(error=error)) from None
    except OSError as error:
        raise ValueError(_("it cannot be read ({reason})").format(reason=error.strerror or error)) from None
    except (KeyError, TypeError, RuntimeError) as error:  # a type that torch or numpy has not, a shape without end
        raise ValueError(
            _("{library} cannot hold what it holds ({error})").format(library=library, error=error)
        ) from None
