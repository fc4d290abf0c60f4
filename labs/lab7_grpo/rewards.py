r"""Tasks 7.1 to 7.4: what the model is asked, and the rules by which its completions are rewarded.

A rule cannot be argued with, but it can be met to the letter: what these functions let through is what training will
find. None of them needs eval(), and none may: completions are written by a model.
"""

import re
from fractions import Fraction


def build_prompt(question: str) -> str:
    """The prompt of DeepSeek-R1-Zero (DeepSeek-AI 2025, table 1) with the question in its place.

    Args:
        question: any text, put in as it is: it may hold braces, tags, or the word "prompt".

    Returns:
        The template as the handout quotes it (7.1): its words and tags, then, to the letter, what stands there after
        its last tag. So it ends with "Assistant:" and no blank after it: the model goes on from there.
    """
    # TODO: your code
    raise NotImplementedError


def extract_answer(text: str) -> str | None:
    """What a completion gives as its answer: the inside of the last `<answer>...</answer>`.

    Args:
        text: a completion. The answer may stretch over several lines; an opening tag that is never closed is no answer.

    Returns:
        The inside without the blanks and line breaks around it, which may be "" where nothing else is inside; None
        where there is no such pair of tags (in capitals they are other tags). Numbers outside of the tags never count.
        Where several opening tags stand before the closing one, its partner is the nearest of them.
    """
    # TODO: your code
    raise NotImplementedError


def accuracy_reward(text: str, gold: str) -> float:
    r"""1.0 where the completion's answer is the same number as the gold answer, else 0.0.

    Answer (as extract_answer finds it) and gold are numbers, once blanks around them and all commas are gone, if they
    are written in one of these ways, with the digits 0 to 9:

        14   -3   +7   14.0   .5                       an integer or a decimal number
        1/2   -3/4                                     a fraction of two integers
        \frac{1}{2}   -\frac{3}{4}                     the same in LaTeX, also with \dfrac or \tfrac
        $14$   \(14\)   \boxed{14}   $\boxed{1/2}$     any of these in a LaTeX wrapper, or in several

    Numbers are compared by their value, without a tolerance: 14 = 14.0 = 28/2 and 1/2 = .5 = \frac{2}{4}, while 140
    and -14 are not 14, and .3333 is not 1/3.

    Args:
        text: a completion.
        gold: the right answer alone, without tags.

    Returns:
        0.0, too, where there is no answer, or where either side is anything else than such a number: an expression
        (`2+3*4`), a sentence with a number in it, an exponent (`1e1`), an underscore (`1_4`), a sign or a blank inside
        of a fraction, a sign before a wrapper, a division by zero. Never an exception, however long the text is.
    """
    # TODO: your code
    raise NotImplementedError


def format_reward(text: str) -> float:
    """1.0 where the whole completion is a thought and then an answer, each in its tags, else 0.0.

    Right is, from the first character to the last: `<think>`, a text, `</think>`, blanks or none, `<answer>`, a text,
    `</answer>`, blanks or none. Blanks are white space: spaces, tabs, line breaks. The two texts may go over several
    lines and hold anything (also a lone `<`, or nothing) but one of the four tags.

    Args:
        text: a completion.

    Returns:
        0.0 for all else: blanks or text before `<think>`, text between the two or after them (on a new line, too), a
        tag that is missing, that comes twice, in another order or in capitals. What the answer says does not matter.
    """
    # TODO: your code
    raise NotImplementedError


def total_reward(acc: float, fmt: float, w_format: float = 0.1) -> float:
    """What a completion earns: its accuracy, and a little for the format.

    Args:
        acc, fmt: what accuracy_reward and format_reward give.
        w_format: the weight of the format; that of the accuracy is 1.

    Returns:
        The weighted sum, not a mean: 1.1 for a right answer in the right format, with the weight .1.
    """
    # TODO: your code
    raise NotImplementedError
