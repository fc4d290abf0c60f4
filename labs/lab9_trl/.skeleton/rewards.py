r"""Tasks 9.3 to 9.6: the five rewards, as GRPOTrainer calls them.

TRL calls a reward function by keyword, once for a whole batch: with `prompts`, `completions`, `completion_ids`,
`trainer_state`, `log_extra`, `log_metric`, and with every other column of the data set (`solution`, `problem`, ...) as
a list of the same length. A function names what it uses and takes the rest as **kwargs. It returns a list with a
number for each completion, or None for one that it cannot judge, which TRL leaves out of the mean.

A completion is a list with one message, {"role": "assistant", "content": the reply}.
"""

import functools
import math
import re
from collections.abc import Callable
from typing import Any

Completion = list[dict[str, str]]
Rewards = list[float | None]
TAGS = ("<think>", "</think>", "<answer>", "</answer>")


def accuracy_reward(completions: list[Completion], solution: list[str], **kwargs: Any) -> Rewards:
    r"""1.0 where the reply's answer is the gold answer mathematically, as math-verify judges it; else 0.0.

    The answer is the inside of the reply's last `<answer>...</answer>`, and nothing outside of it counts: from the
    last closing tag back to the opening tag that is nearest before it. Gold and answer are read by `math_verify.parse`
    as LaTeX (`\boxed{14}` before anything else) and as a plain expression (`14`, `1/2`), and held against each other by
    `math_verify.verify`. That is not symmetric: an answer `$(1, 2)$` is right where the gold answer is `$1 < x < 2$`,
    and not the other way round.

    Args:
        completions: n lists with one message each.
        solution: n texts, each with the gold answer: alone (`14`, `$\frac{1}{2}$`), or at the end of a whole solution,
            in a \boxed{}.

    Returns:
        n entries: 1.0, 0.0 (also where there is no pair of answer tags, or nothing that can be read inside of it), or
        None where math-verify reads nothing in the gold answer: then nobody can tell, and the completion is not judged.
    """
    # TODO: your code
    raise NotImplementedError


def format_reward(completions: list[Completion], **kwargs: Any) -> list[float]:
    """1.0 where the whole reply is a thought and then an answer, each in its tags, else 0.0.

    Right is `<think>`, a text, `</think>`, white space or none, `<answer>`, a text, `</answer>`. The texts may go over
    several lines and hold anything, or nothing, but one of the four tags. Whether white space may stand around the
    whole is yours to decide.

    Args:
        completions: n lists with one message each.

    Returns:
        n numbers: 0.0 for text before, between or after the two (on a line of its own, too), and for a tag that is
        missing or comes twice.
    """

    # TODO: your code
    raise NotImplementedError


def reasoning_steps_reward(completions: list[Completion], **kwargs: Any) -> list[float]:
    r"""A third for each mark of a step in the reply, and 1.0 from three of them on.

    These are marks, each as often as it stands there:

        Step 2:   步骤 2：   步骤2:   anywhere: a number and a colon, after 步骤 of either width; between 步骤, its
                                    number and the colon there may be blanks
        2. so                       at the beginning of a line (the first one, too): a number, a full stop, and then
                                    white space; so 3.14 is none
        - so      * so              at the beginning of a line: a hyphen or an asterisk, and then white space; so a
                                    rule (---) and bold print (**so**) are none

    and these words, each of which counts once, however often it comes: `First,` `Second,` `Next,` `Finally,`

    Args:
        completions: n lists with one message each.

    Returns:
        n numbers: min(1, marks / 3).
    """
    # TODO: your code
    raise NotImplementedError


def get_cosine_scaled_reward(
    min_value_wrong: float = -0.5,
    max_value_wrong: float = -0.1,
    min_value_correct: float = 0.8,
    max_value_correct: float = 1.0,
    max_len: int = 1000,
) -> Callable[..., Rewards]:
    r"""Makes a reward of accuracy and length: short right answers earn most, short wrong ones least.

    With progress p = min(1, characters of the reply / max_len), the reward falls, for a right answer, from
    max_value_correct (p = 0) to min_value_correct (p = 1), and rises, for a wrong one, from min_value_wrong to
    max_value_wrong, along half a cosine: end + (start - end) * (1 + cos(pi * p)) / 2.

    Args:
        min_value_wrong, max_value_wrong, min_value_correct, max_value_correct: the four ends.
        max_len: the length from which on nothing changes any more, in characters, at least 1.

    Returns:
        A function `cosine_scaled_reward(completions, solution, **kwargs)` that finds out by itself which answers are
        right (accuracy_reward above), for TRL does not tell it. It returns n entries; None where accuracy_reward gives
        None.
    """

    # TODO: your code
    raise NotImplementedError


def get_repetition_penalty_reward(n: int, max_penalty: float) -> Callable[..., list[float]]:
    """Makes a penalty on repeated n-grams.

    A reply is cut into words at white space, in lower case; a Chinese character (U+4E00 to U+9FFF) is a word by itself,
    since Chinese has no blanks. Of its n-grams of words, overlapping ones, (1 - different ones / all of them) is the
    share that repeats others.

    Args:
        n: the words of an n-gram, at least 1.
        max_penalty: what a reply would earn in which all n-grams are repetitions; 0 or less.

    Returns:
        A function `repetition_penalty_reward(completions, **kwargs)` that returns a number for each completion: share *
        max_penalty, and 0.0 for a reply of fewer than n words.

    Raises:
        ValueError: max_penalty is positive.
    """
    # TODO: your code
    raise NotImplementedError
