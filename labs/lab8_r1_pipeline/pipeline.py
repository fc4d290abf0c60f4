"""Tasks 8.1 to 8.9: what each stage of the DeepSeek-R1 pipeline needs. stages.py puts them together.

Stages and numbers are those of DeepSeek-AI 2025, *DeepSeek-R1* (arXiv 2501.12948; Nature 645, 633-638), section 2.3 of
the preprint. Shapes: B examples, L tokens of the longest one, V of the vocabulary.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Item = TypeVar("Item")


# --- cold start -------------------------------------------------------------------------------------------------------


def few_shot_prompt(examples: Sequence[tuple[str, str]], question: str) -> str:
    """A prompt that shows solved problems, and ends where the model has to go on.

        Problem Examples with Solutions:

        Problem: What is the square root of 9 plus 5?
        Solution: |special_token| The root of 9 is 3, 3 + 5 = 8. |special_token| Summary: The answer is 8.

        Problem: What is 2 + 3 * 4?
        Solution:

    Args:
        examples: question and solution of each, in the order in which they are shown. They go in as they are: a
            question may hold braces, and a solution several lines.
        question: what the model is to solve.

    Returns:
        The heading, then each problem, all separated by an empty line; a problem is two lines. The text ends with
        "Solution:", without a blank or a line break after it.

    Raises:
        ValueError: there is no example.
    """
    # TODO: your code
    raise NotImplementedError


def parse_cold_start(text: str) -> dict[str, str] | None:
    """The two parts of `|special_token| reasoning |special_token| summary`, the format of the cold-start data.

    Args:
        text: a completion. Inside of the token there may be blanks beside the bars (`| special_token |`), as the
            tutorial prints it in places; blanks and line breaks may stand around each part.

    Returns:
        A dict with "reasoning" and "summary", each without the blanks around it. None where the text is not in the
        format: the token does not come twice exactly, something else than blanks stands before the first, or a part is
        empty.
    """
    # TODO: your code
    raise NotImplementedError


def refine_r1zero_output(text: str) -> str:
    """An output of R1-Zero in the format of the cold-start data. (In the paper people rewrote them.)

        <think> 3 * 4 = 12,   2 + 12 = 14 </think> <answer> 14 </answer>
        |special_token| 3 * 4 = 12, 2 + 12 = 14 |special_token| Summary: The answer is 14.

    Args:
        text: a completion of R1-Zero.

    Returns:
        The thought, in which every run of blanks and line breaks became one blank, and the answer without the blanks
        around it, in the sentence above. One blank stands between token and text.

    Raises:
        ValueError: the text is not one thought and then one answer in their tags, with nothing but blanks around them;
            or one of the two is empty. There is nothing in it to refine.
    """
    # TODO: your code
    raise NotImplementedError


# --- supervised fine-tuning -------------------------------------------------------------------------------------------


def build_sft_example(
    prompt_ids: Sequence[int], target_ids: Sequence[int], eos: int
) -> tuple[Int[Tensor, "L"], Int[Tensor, "L"]]:
    """Prompt and target as one sequence, and which of its tokens are to be learnt.

    Args:
        prompt_ids: the prompt's tokens; there may be none.
        target_ids: those of the answer that the model is to give.
        eos: the token that ends an answer. It follows the target, unless the target ends with it already.

    Returns:
        ids: int64, shape (L,): prompt, target, end.
        target_mask: int64, shape (L,): 0 on the prompt; 1 on the target and on the end, so that the model learns to
            stop.

    Raises:
        ValueError: the target is empty, so there is nothing to learn.
    """
    # TODO: your code
    raise NotImplementedError


def sft_loss(
    logits: Float[Tensor, "B L V"], ids: Int[Tensor, "B L"], target_mask: Int[Tensor, "B L"] | Bool[Tensor, "B L"]
) -> Float[Tensor, ""]:
    """The cross-entropy of supervised fine-tuning: the mean over the targets' tokens of -log p(token | all before it).

    Args:
        logits: the model's; those at position t are about the token at t + 1. They may be as far apart as 800.
        ids: prompt, target and end of each example, then padding.
        target_mask: 1 (or True) on the tokens to be learnt, 0 on prompt and padding. A first token that is marked does
            not count: nothing predicts it.

    Returns:
        A 0-d float32 tensor with a gradient to `logits`: one mean over the tokens of all examples, so a long target
        counts more than a short one. 0, with gradients of 0, where no token is marked.
    """
    # TODO: your code
    raise NotImplementedError


# --- rewards ----------------------------------------------------------------------------------------------------------


def language_consistency(cot: str, lang: str) -> float:
    """The share of the target language's words in a chain of thought (DeepSeek-R1, section 2.3.2).

    Args:
        cot: the reasoning alone, without tags or tokens.
        lang: the language of the prompt, "en" or "zh".

    Returns:
        From 0.0 to 1.0. A word of English is a run of the letters A to Z, large or small; in Chinese every character
        (U+4E00 to U+9FFF) counts as one word. Digits, signs, blanks and anything else do not count. 0.0 where there is
        no word at all.

    Raises:
        ValueError: another language.
    """
    # TODO: your code
    raise NotImplementedError


def reasoning_reward(acc: float, lang: float, w_acc: float = 1.0, w_lang: float = 0.2) -> float:
    """The reward of reasoning-oriented RL: accuracy and language consistency, added.

    The paper adds them directly; the weights 1 and .2 are the tutorial's assumption.

    Args:
        acc: the accuracy reward. lang: language_consistency of the reasoning. w_acc, w_lang: their weights.

    Returns:
        The weighted sum; it is not divided by anything. A wrong answer in the right language earns .2, a right one 1.2.
    """
    # TODO: your code
    raise NotImplementedError


def all_scenario_reward(
    kind: str, acc: float | None, helpful: float, harmless: float, weights: Mapping[str, float]
) -> float:
    """The reward of RL for all scenarios: rules where there is a rule, preferences everywhere (section 2.3.4).

    Args:
        kind: of the prompt. "reasoning" has a right answer; every other kind ("general", "harmful", ...) has none.
        acc: the accuracy reward of a reasoning prompt; for any other kind it does not count, whatever it is (None, a
            number).
        helpful: the reward model's score of the summary alone. harmless: its score of the whole completion.
        weights: with the keys "acc", "helpful" and "harmless".

    Returns:
        The weighted sum of what counts for this kind; it is not divided by anything.
    """
    # TODO: your code
    raise NotImplementedError


# --- data from the model's own samples --------------------------------------------------------------------------------


def rejection_sample(samples: Sequence[str], score: Callable[[str], float], threshold: float, k: int) -> list[str]:
    """The best of a prompt's samples, or fewer, or none: what is not good enough is rejected (section 2.3.3).

    Args:
        samples: the model's completions of one prompt. score: how good one is; a higher score is better.
        threshold: the least score that is kept.
        k: the most samples that are kept.

    Returns:
        At most k different samples, each with a score of at least `threshold`, the best one first; of equal scores
        the one that came first. Of equal samples one is kept. Where none is good enough the list is empty. NaN is no
        score to be kept with.
    """
    # TODO: your code
    raise NotImplementedError


def passes_filters(text: str, max_len: int) -> bool:
    """Whether the reasoning of a sample can be read: the filters that stand beside the score (section 2.3.3).

    Args:
        text: the reasoning. max_len: the most words that it may have, where words are what blanks and line breaks
            separate.

    Returns:
        False where words of both languages are in it (in the sense of language_consistency), where it is longer than
        max_len, and where it holds a code block, which three backquotes open. Else True, also for a text without words.
    """
    # TODO: your code
    raise NotImplementedError


def mix_datasets(
    reasoning: Sequence[Item], general: Sequence[Item], ratio: tuple[int, int] = (3, 1), seed: int = 0
) -> list[Item]:
    """Reasoning and general examples in a fixed ratio, in random order. The paper has 600,000 and 200,000.

    Args:
        reasoning, general: the examples; what is in them does not matter.
        ratio: of reasoning to general examples, two whole numbers from 1 on.
        seed: of the order and of the choice. The same seed makes the same list; nobody else's random numbers change.

    Returns:
        m * ratio[0] of the reasoning and m * ratio[1] of the general examples, each at most once, shuffled together:
        m is the largest number for which there are enough of both.

    Raises:
        ValueError: m would be 0, so the data set would be empty.
    """
    # TODO: your code
    raise NotImplementedError


def distill_dataset(
    teacher_generate: Callable[[Sequence[str], int], Sequence[Sequence[str]]],
    prompts: Sequence[str],
    n: int,
    keep: Callable[[str, str], bool],
) -> list[tuple[str, str]]:
    """The data set from which a small model learns what a large one does (section 2.4): the large one's own answers.

    Args:
        teacher_generate: teacher_generate(prompts, n) gives a list for each prompt, with n completions of it. It is
            called once, with all the prompts: a model answers many at a time.
        prompts: all different. n: completions of each.
        keep: keep(prompt, completion) says whether the completion is good enough.

    Returns:
        The pairs (prompt, completion) that are kept, in the order of the prompts and then of the completions. A
        completion that came several times to the same prompt is there once.

    Raises:
        ValueError: the teacher answered more or fewer prompts than it was asked.
    """
    # TODO: your code
    raise NotImplementedError
