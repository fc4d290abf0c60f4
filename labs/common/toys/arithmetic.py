"""The arithmetic of labs 5 to 7: problems such as `2 + 3 * 4`, their data set, and the four kinds of answers to them.

The rows have the columns of NuminaMath-TIR (problem, solution, messages), so that the real data set can take the
place of this one. A fifth of the thousand problems is held out: nothing is ever trained on them, and every figure that
a lab shows is taken on them.
"""

import itertools
import random
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from labs.common.toys.toy import Message, Row, Style, Toy

HELD_OUT = 200  # problems of 1000
TAGS = ("<think>", "</think>", "<answer>", "</answer>")


class Problem(tuple[int, int, int]):
    """The digits of `a + b * c`."""

    @property
    def text(self) -> str:
        a, b, c = self
        return f"{a} + {b} * {c}"

    @property
    def answer(self) -> int:
        a, b, c = self
        return a + b * c


def problems() -> tuple[list[Problem], list[Problem]]:
    """The 800 problems to train on, and the 200 that are held out; the same ones every time."""
    everything = [Problem(digits) for digits in itertools.product(range(10), repeat=3)]
    random.Random(20240).shuffle(everything)
    return everything[HELD_OUT:], everything[:HELD_OUT]


def row(problem: Problem) -> Row:
    a, b, c = problem
    solution = rf"Multiplication comes first: ${b} * {c} = {b * c}$, then ${a} + {b * c} = \boxed{{{problem.answer}}}$."
    asked: Message = {"role": "user", "content": problem.text}
    return {
        "problem": problem.text,
        "solution": solution,
        "messages": [asked, {"role": "assistant", "content": solution}],
    }


def rows() -> tuple[list[Row], list[Row]]:
    """The data set: rows to train on, and rows held out."""
    return TOY.rows()


def gold_answer(solution: str) -> str:
    r"""What stands in the last \boxed{...} of a solution, inner braces and all; ValueError where there is none."""
    _, box, rest = solution.rpartition(r"\boxed{")
    depth = 1
    for i, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if box and not depth:
            return rest[:i]
    raise ValueError(rf"the solution has no \boxed answer: {solution[-60:]!r}")


# --- the four outputs of the tutorial's example -----------------------------------------------------------------------


def right(problem: Problem, dice: random.Random) -> str:
    """o2: multiplies first, in the format that is asked for."""
    a, b, c = problem
    return written(f"{b}*{c}={b * c} {a}+{b * c}={problem.answer}", problem.answer)


def left_to_right(problem: Problem, dice: random.Random) -> str:
    """o1: adds first. `2 + 3 * 4` becomes 20; where a = 0 or c = 1 the answer is right all the same."""
    a, b, c = problem
    return written(f"{a}+{b}={a + b} {a + b}*{c}={(a + b) * c}", (a + b) * c)


def without_thinking(problem: Problem, dice: random.Random) -> str:
    """o3: right, but the reasoning is missing."""
    return f"<answer>{problem.answer}</answer>"


def gibberish(problem: Problem, dice: random.Random) -> str:
    """o4: the format is there, the sense is not."""
    noise = "".join(dice.choice("0123456789+*= ") for _ in range(dice.randrange(3, 12)))
    return written(noise, dice.randrange(100))


def written(thought: str, answer: int) -> str:
    return f"<think>{thought}</think> <answer>{answer}</answer>"


STYLES: Mapping[Style, float] = {
    right: 0.5,
    left_to_right: 0.25,
    without_thinking: 0.1,
    gibberish: 0.15,
}  # at the start


# --- preferences for labs 5 and 6 -------------------------------------------------------------------------------------


class Pair(TypedDict):
    """One prompt with a completion that is preferred and one that is not."""

    prompt: str
    chosen: str
    rejected: str


def preference_pairs(among: list[Problem]) -> list[Pair]:
    """o2 preferred to o1, for each problem on which the two answers differ."""
    dice = random.Random(0)
    return [
        {"prompt": problem.text, "chosen": right(problem, dice), "rejected": left_to_right(problem, dice)}
        for problem in among
        if problem[0] != 0 and problem[2] != 1
    ]


# --- the toy ----------------------------------------------------------------------------------------------------------


def ends_right(text: str, gold: str) -> bool:
    """Whether a text closes with the right answer in its tag, letter by letter."""
    return text.rstrip().endswith(f"<answer>{gold}</answer>")


def in_format(text: str) -> bool:
    """Whether a text has the four tags once each, and in order."""
    places = [text.find(tag) for tag in TAGS]
    return all(text.count(tag) == 1 for tag in TAGS) and places == sorted(places)


def gold(row: Row) -> str:
    return gold_answer(row["solution"])


# Two short judges are enough for the texts of the tiny model; the rewards that are written in lab 7 ask for more.
TOY: Toy[Problem] = Toy(
    folder=Path(__file__).parents[1] / "tiny_model",
    problems=lambda: problems(),
    row=row,
    gold=gold,
    styles=lambda problem: STYLES,
    judges={"accuracy": lambda text, row: ends_right(text, gold(row)), "format": lambda text, row: in_format(text)},
    vocabulary=("<pad>", "<bos>", "<eos>", *TAGS, *"0123456789 +*="),
    split="</?think>|</?answer>|.",
    template=(
        "{% for message in messages %}"
        "{% if message['role'] == 'user' %}{{ bos_token + message['content'] + '=' }}"
        "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}{% endif %}"
        "{% endfor %}"
    ),
)
