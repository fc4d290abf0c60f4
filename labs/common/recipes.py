"""With what a lab trains the model that MODEL names, on this machine. The tiny model's recipe is the lab's own; what a
real model changes in it stands here.

MODEL=tiny       the default: trained on a CPU, and what the milestones judge
MODEL=smollm2    SmolLM2-135M-Instruct
MODEL=qwen       Qwen/Qwen2.5-0.5B-Instruct; so any other name of the hub, or a folder

On a GPU a real model is trained, from a warm start where it does not know the format (warm_start.py). On a CPU it is
shown for two steps: a demonstration. RECIPE=gpu asks for the one on any machine, RECIPE=cpu for the other.
"""

import dataclasses
import os
import re
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from labs.common.errors import CannotUse
from labs.common.translated import _

HUB_NAMES = {"qwen": "Qwen/Qwen2.5-0.5B-Instruct"}  # of models that have a short one here
NEW_TOKENS = 64  # the longest completion of a real model: to its three sums it needs about 40
SHOWN = 4  # held-out problems, in a demonstration
Recipe = TypeVar("Recipe")

# On a GPU. SmolLM2 was trained with these figures of lab 7, and about these of labs 5 and 6 (docs/gpu.md); the rates of
# other models have not been tried.
TRAINED: Mapping[str, Mapping[str, Any]] = {
    "lab5": {"learning_rate": 1e-5},
    "lab6": {"learning_rate": 1e-5},
    "lab7": {"learning_rate": 1e-5, "steps": 40},
    "lab9": {"learning_rate": 1e-5, "steps": 40, "max_completion_length": NEW_TOKENS},
}
OF_OTHERS = {"learning_rate": 5e-6}

# On a CPU: a little of everything, or a step would take minutes.
DEMONSTRATION: Mapping[str, Mapping[str, Any]] = {
    "lab5": {"learning_rate": 1e-5, "steps": 2, "batch": 2},
    "lab6": {"learning_rate": 1e-5, "steps": 2, "batch": 4},
    "lab7": {"learning_rate": 1e-6, "steps": 2, "prompts": 2, "G": 4},
    "lab9": {
        "learning_rate": 1e-6,
        "steps": 2,
        "prompts": 2,
        "num_generations": 4,
        "max_completion_length": NEW_TOKENS,
    },
}


def model_name() -> str:
    """What MODEL of the environment says; "tiny" where it says nothing."""
    return os.environ.get("MODEL") or "tiny"


def is_tiny() -> bool:
    """Whether the model is the tiny one, for which the labs' recipes and milestones are made."""
    return model_name() == "tiny"


def of_model() -> str:
    """What the names of files have for the model: "" for the tiny one, "-smollm2"."""
    return "" if is_tiny() else "-" + re.sub(r"\W+", "-", model_name().rstrip("/").rpartition("/")[2])


def as_typed() -> str:
    """What follows a make target for this model: "" for the tiny one, " MODEL=smollm2"."""
    return "" if is_tiny() else f" MODEL={model_name()}"


def purpose() -> Literal["graded", "trained", "demonstration"]:
    """What a run of the model on this machine is for."""
    if is_tiny():
        return "graded"
    asked = os.environ.get("RECIPE") or ("gpu" if on_gpu() else "cpu")
    if asked not in ("gpu", "cpu"):
        raise CannotUse(
            _("RECIPE={asked}: gpu or cpu is expected, or nothing, for what this machine has").format(asked=asked)
        )
    return "trained" if asked == "gpu" else "demonstration"


def on_gpu() -> bool:
    import torch  # here: what only draws does without

    return torch.cuda.is_available()


def fitted(lab: str, recipe: Recipe) -> Recipe:
    """The lab's recipe as it is for the model that MODEL names, on this machine."""
    match purpose():
        case "graded":
            return recipe
        case "trained":
            changes = {**TRAINED[lab], **({} if model_name() == "smollm2" else OF_OTHERS)}
        case "demonstration":
            changes = dict(DEMONSTRATION[lab])
    return dataclasses.replace(recipe, **changes)  # type: ignore[type-var]


def held_out(rows: list[Any]) -> list[Any]:
    """Those of the held-out problems that are asked."""
    return rows[:SHOWN] if purpose() == "demonstration" else rows
