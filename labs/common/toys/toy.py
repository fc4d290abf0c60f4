"""What a toy consists of: all that has to be known to make, ask and judge a small language model."""

import importlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypedDict, TypeVar

from labs.common.errors import CannotUse
from labs.common.translated import _


class Message(TypedDict):
    role: str
    content: str


class Row(TypedDict):
    """A row of a data set, with the columns of NuminaMath-TIR. A toy may add columns that its judges need."""

    problem: str
    solution: str
    messages: list[Message]


Problem = TypeVar("Problem")  # hashable
Style = Callable[[Any, random.Random], str]  # an answer to a problem, written with dice
Judge = Callable[[str, Any], float]  # a figure of a completion, most from 0 to 1; the problem's row is given, too


@dataclass(frozen=True)
class Toy(Generic[Problem]):
    """A world for a small language model. All toys share the architecture: a Llama of two layers."""

    folder: Path  # of its model, as save_pretrained writes it
    problems: Callable[[], tuple[Sequence[Problem], Sequence[Problem]]]  # to train on, and held out
    row: Callable[[Problem], Row]
    gold: Callable[[Any], str]  # the right answer to the problem of a row
    styles: Callable[[Problem], Mapping[Style, float]]  # how the untrained model answers a problem, and how often so
    judges: Mapping[str, Judge]  # by the name of the figure: "accuracy", "format"
    vocabulary: tuple[str, ...]  # a token's id is its place; the first three are <pad>, <bos> and <eos>
    split: str  # the regular expression that cuts a text into tokens; "" where blanks do, and ## goes on a word
    template: str  # the chat template of its tokenizer
    batches: Callable[[Problem], str] = lambda problem: ""  # one batch has problems of one kind: they are of a length
    width: int = 64  # of the hidden states
    positions: int = 64  # prompt and completion together
    new_tokens: int = 24  # the longest completion
    steps: int = 2500  # of the training of its model
    most_grown: float = 1.1  # times what it was: the last layer of a model that a milestone judges (load_trained)

    def rows(self) -> tuple[list[Row], list[Row]]:
        """The data set: rows to train on, and rows held out."""
        training, held_out = self.problems()
        return [self.row(problem) for problem in training], [self.row(problem) for problem in held_out]


def drawn_answer(toy: Toy[Any], problem: Any, dice: random.Random) -> str:
    """An answer to a problem, in a style drawn from its mixture."""
    styles = toy.styles(problem)
    [style] = dice.choices(list(styles), list(styles.values()))
    return style(problem, dice)


def toy_named(name: str) -> Toy[Any]:
    """The toy of the module of this name; CannotUse where there is none."""
    try:
        toy: Toy[Any] = importlib.import_module(f"labs.common.toys.{name}").TOY
    except (ModuleNotFoundError, AttributeError):
        known = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
        toys = ", ".join(module for module in known if module not in ("__init__", "make", "toy"))
        raise CannotUse(_("there is no toy {name!r}; the toys are {toys}").format(name=name, toys=toys)) from None
    return toy
