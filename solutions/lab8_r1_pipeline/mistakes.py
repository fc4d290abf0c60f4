"""Wrong versions that students write, each with its diagnosis: symptom and idea, never the code."""

import random
import re

import numpy as np
import torch
import torch.nn.functional as F

from grader.checks import mistake
from pipeline import (
    all_scenario_reward,
    build_sft_example,
    distill_dataset,
    few_shot_prompt,
    language_consistency,
    mix_datasets,
    parse_cold_start,
    passes_filters,
    reasoning_reward,
    refine_r1zero_output,
    rejection_sample,
    sft_loss,
)

ON_THE_CPU = "A tensor is made on the CPU whatever device the inputs are on: that fails on a GPU."
INPUT_CHANGED = "Your function changes what it was given: whoever reads it next gets something else."
HEADING = "Problem Examples with Solutions:"

# --- 8.1 few_shot_prompt ----------------------------------------------------------------------------------------------


@mistake(
    "few_shot_prompt", "The prompt ends with a blank: the model would have to go on after it. It ends with the colon."
)
def blank_at_the_end(examples, question):
    return few_shot_prompt(examples, question) + " "


@mistake("few_shot_prompt", "The prompt ends with a line break: the solution begins on the line of its colon.")
def line_break_at_the_end(examples, question):
    return few_shot_prompt(examples, question) + "\n"


@mistake("few_shot_prompt", "Problems follow each other without an empty line between them.")
def no_empty_lines(examples, question):
    return few_shot_prompt(examples, question).replace("\n\nProblem:", "\nProblem:")


@mistake("few_shot_prompt", "The heading runs into the first problem: an empty line comes after it, too.")
def no_empty_line_after_the_heading(examples, question):
    return few_shot_prompt(examples, question).replace(":\n\nProblem:", ":\nProblem:", 1)


@mistake("few_shot_prompt", "The heading above the examples is missing.")
def no_heading(examples, question):
    return few_shot_prompt(examples, question).removeprefix(HEADING + "\n\n")


@mistake("few_shot_prompt", "The question at the end is missing: the model is shown problems, and asked nothing.")
def nothing_asked(examples, question):
    return few_shot_prompt(examples, question).removesuffix(f"\n\nProblem: {question}\nSolution:")


@mistake("few_shot_prompt", 'After the question the model is not told to go on: the open "Solution:" is missing.')
def nothing_opened(examples, question):
    return few_shot_prompt(examples, question).removesuffix("\nSolution:")


@mistake(
    "few_shot_prompt", "The prompt opens the reasoning for the model with the token; it has to write that by itself."
)
def reasoning_opened(examples, question):
    return few_shot_prompt(examples, question) + " |special_token|"


@mistake("few_shot_prompt", "The examples stand in the opposite order.")
def examples_reversed(examples, question):
    return few_shot_prompt(examples[::-1], question) if examples else few_shot_prompt(examples, question)


@mistake("few_shot_prompt", "Only one example is shown; all of them have to be.")
def first_example_only(examples, question):
    return few_shot_prompt(examples[:1], question)


@mistake("few_shot_prompt", "The question comes before the examples that are to lead to it.")
def question_first(examples, question):
    blocks = few_shot_prompt(examples, question).split("\n\nProblem: ")
    return "\n\nProblem: ".join([blocks[0], blocks[-1], *blocks[1:-1]])


@mistake("few_shot_prompt", "Problem and solution of the examples are swapped.")
def question_and_solution_swapped(examples, question):
    return few_shot_prompt([(solution, asked) for asked, solution in examples], question)


@mistake(
    "few_shot_prompt", "Line breaks or blanks of questions and solutions are gone; texts have to go in as they are."
)
def texts_on_one_line(examples, question):
    tidy = [(" ".join(asked.split()), " ".join(solution.split())) for asked, solution in examples]
    return few_shot_prompt(tidy, " ".join(question.split()))


@mistake(
    "few_shot_prompt", "Line breaks or blanks of questions and solutions are gone; texts have to go in as they are."
)
def texts_trimmed(examples, question):
    return few_shot_prompt([(asked.strip(), solution.strip()) for asked, solution in examples], question.strip())


@mistake("few_shot_prompt", "Braces are taken for place-holders: a text of the caller became part of a format string.")
def examples_formatted(examples, question):
    return few_shot_prompt(examples, "{question}").format(question=question)


@mistake("few_shot_prompt", "Without an example there is nothing to show: that is to be a ValueError, and no prompt.")
def no_example_needed(examples, question):
    return few_shot_prompt(examples, question) if examples else f"{HEADING}\n\nProblem: {question}\nSolution:"


# --- 8.1 parse_cold_start ---------------------------------------------------------------------------------------------


def _parts(text, token=r"\| *special_token *\|"):
    return [part.strip() for part in re.split(token, text)]


@mistake("parse_cold_start", "The token with blanks inside of it is not recognised.")
def one_spelling_only(text):
    return parse_cold_start(re.sub(r"\| +special_token *\||\| *special_token +\|", "", text))


@mistake("parse_cold_start", "The token is recognised with blanks inside of it only, or with exactly one on each side.")
def blanks_needed(text):
    return parse_cold_start(text.replace("|special_token|", ""))


@mistake("parse_cold_start", "Text before the first token is dropped; with it the completion is not in the format.")
def text_before_ignored(text):
    parts = _parts(text)
    return {"reasoning": parts[1], "summary": parts[2]} if len(parts) == 3 and parts[1] and parts[2] else None


@mistake(
    "parse_cold_start",
    "Blanks in front of the first token make a completion fall out of the format; they may stand there.",
)
def nothing_before_at_all(text):
    return parse_cold_start(text) if text.startswith("|") else None


@mistake("parse_cold_start", "A token that comes a third time is let through: exactly two are in the format.")
def more_tokens_allowed(text):
    before, *parts = _parts(text)
    return (
        {"reasoning": parts[0], "summary": parts[1]}
        if len(parts) >= 2 and not before and parts[0] and parts[1]
        else None
    )


@mistake("parse_cold_start", "A token that comes a third time is let through: exactly two are in the format.")
def split_at_most_twice(text):
    before, *parts = re.split(r"\| *special_token *\|", text, maxsplit=2)
    if before.strip() or len(parts) != 2 or not parts[0].strip() or not parts[1].strip():
        return None
    return {"reasoning": parts[0].strip(), "summary": parts[1].strip()}


@mistake("parse_cold_start", "A part that is empty is let through.")
def empty_parts_allowed(text):
    parts = _parts(text)
    return {"reasoning": parts[1], "summary": parts[2]} if len(parts) == 3 and not parts[0] else None


@mistake("parse_cold_start", "A part that holds nothing but blanks is let through: it is empty.")
def blank_parts_allowed(text):
    parts = re.split(r"\| *special_token *\|", text)
    if len(parts) != 3 or parts[0].strip() or not parts[1] or not parts[2]:
        return None
    return {"reasoning": parts[1].strip(), "summary": parts[2].strip()}


@mistake(
    "parse_cold_start", "A summary is demanded and the reasoning is not, or the other way round; neither may be empty."
)
def empty_summary_allowed(text):
    parts = _parts(text)
    return {"reasoning": parts[1], "summary": parts[2]} if len(parts) == 3 and not parts[0] and parts[1] else None


@mistake(
    "parse_cold_start", "A summary is demanded and the reasoning is not, or the other way round; neither may be empty."
)
def empty_reasoning_allowed(text):
    parts = _parts(text)
    return {"reasoning": parts[1], "summary": parts[2]} if len(parts) == 3 and not parts[0] and parts[2] else None


@mistake("parse_cold_start", "The blanks around the parts are still there.")
def blanks_kept(text):
    parts = re.split(r"\| *special_token *\|", text)
    return parse_cold_start(text) and {"reasoning": parts[1], "summary": parts[2]}


@mistake("parse_cold_start", "A part that goes over several lines is not found: a dot stops at a line break.")
def parts_on_one_line(text):
    return parse_cold_start(text) if not re.search(r"[^\s]\s*\n\s*[^\s|]", text.strip()) else None


@mistake("parse_cold_start", "Reasoning and summary are swapped.")
def parts_swapped(text):
    found = parse_cold_start(text)
    return found and {"reasoning": found["summary"], "summary": found["reasoning"]}


@mistake("parse_cold_start", "The word Summary is cut off; it belongs to the summary.")
def summary_without_its_name(text):
    found = parse_cold_start(text)
    return found and found | {"summary": found["summary"].removeprefix("Summary:").strip()}


@mistake("parse_cold_start", "Line breaks inside of a part became blanks; only the blanks around it go.")
def parts_on_a_line(text):
    found = parse_cold_start(text)
    return found and {name: " ".join(part.split()) for name, part in found.items()}


@mistake("parse_cold_start", "Every bar cuts the text; only the whole token does.")
def cut_at_each_bar(text):
    parts = [part.strip() for part in text.replace("special_token", "").split("|") if part.strip()]
    return {"reasoning": parts[0], "summary": parts[1]} if len(parts) == 2 and parse_cold_start(text) else None


@mistake(
    "parse_cold_start", "What is not in the format is an empty result or a dict of empty texts; it has to be None."
)
def empty_dict(text):
    return parse_cold_start(text) or {}


@mistake(
    "parse_cold_start", "What is not in the format raises; it has to be None, since a model writes it all the time."
)
def raises_instead(text):
    found = parse_cold_start(text)
    if found is None:
        raise ValueError("not in the format")
    return found


@mistake("parse_cold_start", "A pair comes back; it has to be a dict with two names.")
def a_pair(text):
    found = parse_cold_start(text)
    return found and (found["reasoning"], found["summary"])


# --- 8.2 refine_r1zero_output -----------------------------------------------------------------------------------------


def _refined(thought, answer):
    return f"|special_token| {thought} |special_token| Summary: The answer is {answer}."


def _found(text):
    return re.fullmatch(r"\s*<think>(.*)</think>\s*<answer>(.*)</answer>\s*", text, re.DOTALL)


@mistake("refine_r1zero_output", "Runs of blanks and line breaks inside of the thought are still there.")
def thought_not_tidied(text):
    refine_r1zero_output(text)
    return _refined(_found(text)[1].strip(), _found(text)[2].strip())


@mistake("refine_r1zero_output", "Line breaks became blanks one by one; a run of them is to be one blank.")
def line_breaks_one_by_one(text):
    refine_r1zero_output(text)
    return _refined(_found(text)[1].strip().replace("\n", " "), _found(text)[2].strip())


@mistake("refine_r1zero_output", "Line breaks inside of the thought are still there: they count as blanks.")
def line_breaks_kept(text):
    refine_r1zero_output(text)
    return _refined(re.sub(" +", " ", _found(text)[1].strip()), _found(text)[2].strip())


@mistake("refine_r1zero_output", "The thought lost all of its blanks; words have to stay words.")
def blanks_removed(text):
    refine_r1zero_output(text)
    return _refined("".join(_found(text)[1].split()), _found(text)[2].strip())


@mistake(
    "refine_r1zero_output", "The blanks around the thought are still there, as one blank too many beside the token."
)
def thought_not_trimmed(text):
    refine_r1zero_output(text)
    return _refined(re.sub(r"\s+", " ", _found(text)[1]), _found(text)[2].strip())


@mistake("refine_r1zero_output", "The blanks around the answer are still there.")
def answer_not_trimmed(text):
    refine_r1zero_output(text)
    return _refined(" ".join(_found(text)[1].split()), _found(text)[2])


@mistake("refine_r1zero_output", "Blanks inside of the answer changed, too; only those around it go.")
def answer_tidied(text):
    refine_r1zero_output(text)
    return _refined(" ".join(_found(text)[1].split()), " ".join(_found(text)[2].split()))


@mistake("refine_r1zero_output", "The full stop after the answer is missing.")
def no_full_stop(text):
    return refine_r1zero_output(text)[:-1]


@mistake("refine_r1zero_output", "The answer stands there alone, without the sentence around it.")
def answer_alone(text):
    return refine_r1zero_output(text).replace("Summary: The answer is ", "")[:-1]


@mistake("refine_r1zero_output", "The word Summary is missing before the sentence.")
def no_summary_named(text):
    return refine_r1zero_output(text).replace("Summary: ", "")


@mistake("refine_r1zero_output", "The second token, which parts reasoning and summary, is missing.")
def second_token_missing(text):
    return re.sub(r" \|special_token\| Summary", " Summary", refine_r1zero_output(text))


@mistake("refine_r1zero_output", "A third token stands at the end; the format has two.")
def third_token(text):
    return refine_r1zero_output(text) + " |special_token|"


@mistake("refine_r1zero_output", "The token is spelt with blanks inside of it: that is read, but not written.")
def token_with_blanks(text):
    return refine_r1zero_output(text).replace("|special_token|", "| special_token |")


@mistake("refine_r1zero_output", "Blanks between token and text are missing; there is one on each side.")
def token_without_blanks(text):
    return re.sub(r" ?\|special_token\| ?", "|special_token|", refine_r1zero_output(text))


@mistake("refine_r1zero_output", "The tags of R1-Zero are still there: the cold start has a format of its own.")
def tags_kept(text):
    refine_r1zero_output(text)
    return _refined(f"<think> {' '.join(_found(text)[1].split())} </think>", _found(text)[2].strip())


@mistake("refine_r1zero_output", "Only outputs on one line are refined: a dot stops at a line break.")
def one_line_only(text):
    if not re.fullmatch(r"\s*<think>.*</think>\s*<answer>.*</answer>\s*", text):
        raise ValueError("no thought, or no answer")
    return refine_r1zero_output(text)


@mistake(
    "refine_r1zero_output",
    "Text around the tags, or between them, is dropped in silence; such an output has to be refused.",
)
def text_around_dropped(text):
    thought = re.search(r"<think>(.*?)</think>", text, re.DOTALL)
    answer = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL)
    if not thought or not answer or not thought[1].strip() or not answer[1].strip():
        raise ValueError("no thought, or no answer")
    return _refined(" ".join(thought[1].split()), answer[1].strip())


@mistake("refine_r1zero_output", "Text after the answer is dropped in silence; such an output has to be refused.")
def text_after_dropped(text):
    found = re.match(r"\s*<think>.*?</think>\s*<answer>.*?</answer>", text, re.DOTALL)
    return refine_r1zero_output(found[0] if found else text)


@mistake(
    "refine_r1zero_output",
    "Tags inside of the tags are let through, as if they were text: a thought that comes twice is not one thought.",
)
def tags_not_counted(text):
    found = _found(text)
    if not found or not found[1].strip() or not found[2].strip():
        raise ValueError("no thought, or no answer")
    return _refined(" ".join(found[1].split()), found[2].strip())


@mistake(
    "refine_r1zero_output", "An empty thought or an empty answer is let through; there is nothing in it to refine."
)
def empty_let_through(text):
    found = _found(text)
    if not found or len(re.findall("</?(?:think|answer)>", text)) != 4:
        raise ValueError("other tags")
    return _refined(" ".join(found[1].split()), found[2].strip())


@mistake("refine_r1zero_output", "What cannot be refined comes back as a text or as None; it has to raise ValueError.")
def none_instead(text):
    try:
        return refine_r1zero_output(text)
    except ValueError:
        return None


@mistake(
    "refine_r1zero_output", "What cannot be refined raises another error than a ValueError, where a match is None."
)
def another_error(text):
    return _refined(" ".join(_found(text)[1].split()), refine_r1zero_output(text).split(" is ")[-1][:-1])


# --- 8.3 build_sft_example --------------------------------------------------------------------------------------------


@mistake("build_sft_example", "The end is missing: a model that never sees it learnt does not learn to stop.")
def no_end(prompt_ids, target_ids, eos):
    build_sft_example(prompt_ids, target_ids, eos)
    ids = torch.tensor([*prompt_ids, *target_ids])
    return ids, (torch.arange(len(ids)) >= len(prompt_ids)).long()


@mistake("build_sft_example", "A target that ends with the end already gets a second one.")
def always_an_end(prompt_ids, target_ids, eos):
    build_sft_example(prompt_ids, target_ids, eos)
    ids = torch.tensor([*prompt_ids, *target_ids, eos])
    return ids, (torch.arange(len(ids)) >= len(prompt_ids)).long()


@mistake(
    "build_sft_example", "An end inside of the target counts as its end; only its last token says whether it has ended."
)
def end_anywhere(prompt_ids, target_ids, eos):
    return (
        no_end.implementation(prompt_ids, target_ids, eos)
        if eos in target_ids
        else build_sft_example(prompt_ids, target_ids, eos)
    )


@mistake("build_sft_example", "The end is not to be learnt, by your mask: the model does not learn to stop.")
def end_not_marked(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, mask * (torch.arange(len(ids)) < len(ids) - 1)


@mistake("build_sft_example", "Every end is left out of the mask, also one that stands inside of the target.")
def no_end_marked(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, mask * (ids != eos)


@mistake("build_sft_example", "The prompt is to be learnt, too, by your mask: it is what the user says.")
def prompt_marked(prompt_ids, target_ids, eos):
    ids, _ = build_sft_example(prompt_ids, target_ids, eos)
    return ids, torch.ones_like(ids)


@mistake("build_sft_example", "0 and 1 are swapped in the mask: it marks the prompt.")
def mask_inverted(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, 1 - mask


@mistake("build_sft_example", "The mask begins a token early: it marks tokens, and the shift is the loss's business.")
def mask_a_token_early(prompt_ids, target_ids, eos):
    ids, _ = build_sft_example(prompt_ids, target_ids, eos)
    return ids, (torch.arange(len(ids)) >= len(prompt_ids) - 1).long()


@mistake("build_sft_example", "The mask begins a token late: the target's first token is to be learnt, too.")
def mask_a_token_late(prompt_ids, target_ids, eos):
    ids, _ = build_sft_example(prompt_ids, target_ids, eos)
    return ids, (torch.arange(len(ids)) > len(prompt_ids)).long()


@mistake(
    "build_sft_example", "The mask is shifted, and a token shorter than the ids: it marks tokens, and the loss shifts."
)
def mask_shifted(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, mask[1:]


@mistake("build_sft_example", "The ids are the labels here, with -100 on the prompt; ids and mask are asked for.")
def labels_instead(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, ids.masked_fill(mask == 0, -100)


@mistake("build_sft_example", "The mask is not int64.")
def mask_of_bools(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, mask.bool()


@mistake("build_sft_example", "The mask is not int64.")
def mask_of_floats(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids, mask.float()


@mistake(
    "build_sft_example",
    "The mask is found by comparing ids: a token of the target that is also in the prompt is marked there.",
)
def mask_by_value(prompt_ids, target_ids, eos):
    ids, _ = build_sft_example(prompt_ids, target_ids, eos)
    return ids, torch.isin(ids, torch.tensor([*target_ids, eos])).long()


@mistake("build_sft_example", "The prompt gets an end of its own.")
def end_after_the_prompt(prompt_ids, target_ids, eos):
    return build_sft_example([*prompt_ids, eos], target_ids, eos)


@mistake("build_sft_example", "Target and prompt are swapped: the prompt comes first.")
def target_first(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids.roll(-len(prompt_ids)), mask.roll(-len(prompt_ids))


@mistake("build_sft_example", INPUT_CHANGED)
def end_appended_to_the_target(prompt_ids, target_ids, eos):
    found = build_sft_example(prompt_ids, target_ids, eos)
    if target_ids[-1] != eos and isinstance(target_ids, list):
        target_ids.append(eos)
    return found


@mistake("build_sft_example", "One example has one axis; yours has a batch axis in front.")
def with_a_batch_axis(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids.unsqueeze(0), mask.unsqueeze(0)


@mistake("build_sft_example", "Lists come back where tensors are asked for.")
def lists_instead(prompt_ids, target_ids, eos):
    ids, mask = build_sft_example(prompt_ids, target_ids, eos)
    return ids.tolist(), mask.tolist()


@mistake("build_sft_example", "An empty target becomes an example of nothing but the end; it has to be refused.")
def empty_target_taken(prompt_ids, target_ids, eos):
    return build_sft_example(prompt_ids, target_ids or [eos], eos)


@mistake("build_sft_example", "An empty target raises an IndexError; ask for it before you look at its last token.")
def index_error(prompt_ids, target_ids, eos):
    return build_sft_example(prompt_ids, [*target_ids[:-1], target_ids[-1]], eos)


# --- 8.4 sft_loss -----------------------------------------------------------------------------------------------------


def _losses(logits, ids):
    """-log p of every token but the first, shape (B, L - 1)."""
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")


def _mean(losses, mask):
    return (losses * mask).sum() / mask.sum().clamp(min=1)


@mistake("sft_loss", "Prompt and padding are learnt, too: the mask is ignored.")
def without_the_mask(logits, ids, target_mask):
    return _losses(logits, ids).mean()


@mistake("sft_loss", "Logits and tokens are not shifted: those at position t are about the token at t + 1.")
def no_shift(logits, ids, target_mask):
    return _mean(F.cross_entropy(logits.transpose(1, 2), ids, reduction="none"), target_mask)


@mistake("sft_loss", "The shift goes the other way: each token is held against the logits of the next position.")
def shifted_backwards(logits, ids, target_mask):
    losses = F.cross_entropy(logits[:, 1:].transpose(1, 2), ids[:, :-1], reduction="none")
    return _mean(losses, target_mask[:, :-1])


@mistake("sft_loss", "The mask is not shifted with the tokens: what you learn is one token off.")
def mask_not_shifted(logits, ids, target_mask):
    return _mean(_losses(logits, ids), target_mask[:, :-1])


@mistake("sft_loss", "The mean is over all positions; it has to be over those that are marked.")
def mean_over_all(logits, ids, target_mask):
    return (_losses(logits, ids) * target_mask[:, 1:]).mean()


@mistake("sft_loss", "The mean is over all positions; it has to be over those that are marked.")
def mean_over_all_tokens(logits, ids, target_mask):
    return (_losses(logits, ids) * target_mask[:, 1:]).sum() / ids.numel()


@mistake("sft_loss", "Each example counts alike; one mean over the tokens of all examples is asked for.")
def mean_of_means(logits, ids, target_mask):
    mask = target_mask[:, 1:]
    return ((_losses(logits, ids) * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()


@mistake("sft_loss", "The sum of all tokens is divided by the number of examples; the number of tokens is asked for.")
def mean_over_examples(logits, ids, target_mask):
    return (_losses(logits, ids) * target_mask[:, 1:]).sum() / len(ids)


@mistake("sft_loss", "The losses are added; their mean is asked for, so that the length of targets does not matter.")
def sum_instead(logits, ids, target_mask):
    return (_losses(logits, ids) * target_mask[:, 1:]).sum()


@mistake("sft_loss", "The sign is turned: an optimiser descends, and would make the targets unlikely.")
def not_negated(logits, ids, target_mask):
    return -sft_loss(logits, ids, target_mask)


@mistake("sft_loss", "A first token that is marked is counted in the divisor, although nothing predicts it.")
def first_token_counted(logits, ids, target_mask):
    return (_losses(logits, ids) * target_mask[:, 1:]).sum() / target_mask.sum().clamp(min=1)


@mistake("sft_loss", "Where no token is marked the loss is NaN: 0 is divided by 0.")
def nothing_divided_by_nothing(logits, ids, target_mask):
    return (_losses(logits, ids) * target_mask[:, 1:]).sum() / target_mask[:, 1:].sum()


@mistake("sft_loss", "Where no token is marked the loss is NaN: 0 is divided by 0.")
def mean_of_nothing(logits, ids, target_mask):
    return _losses(logits, ids)[target_mask[:, 1:].bool()].mean()


@mistake("sft_loss", "An example without a marked token is divided by 0: the whole batch becomes NaN.")
def rows_divided_by_nothing(logits, ids, target_mask):
    mask = target_mask[:, 1:]
    shares = mask / mask.sum(dim=1, keepdim=True) * mask.sum(dim=1, keepdim=True) / mask.sum().clamp(min=1)
    return (_losses(logits, ids) * shares).sum()


@mistake("sft_loss", "Logits far apart give an infinite loss: the softmax rounds to 0 before its logarithm is taken.")
def logarithm_of_softmax(logits, ids, target_mask):
    p = logits[:, :-1].softmax(dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return _mean((-p.log()).masked_fill(target_mask[:, 1:] == 0, 0.0), target_mask[:, 1:])


@mistake("sft_loss", "Logits far apart lose their loss and their gradient: a small number is added to the probability.")
def logarithm_with_an_epsilon(logits, ids, target_mask):
    p = logits[:, :-1].softmax(dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return _mean(-(p + 1e-12).log(), target_mask[:, 1:])


@mistake("sft_loss", "The softmax runs over the positions; it has to run over the vocabulary.")
def softmax_over_positions(logits, ids, target_mask):
    logp = logits[:, :-1].log_softmax(dim=1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return _mean(-logp, target_mask[:, 1:])


@mistake("sft_loss", "The logits themselves are averaged: they are no log-probabilities before the softmax.")
def no_softmax(logits, ids, target_mask):
    picked = logits[:, :-1].gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return _mean(-picked, target_mask[:, 1:])


@mistake("sft_loss", "The mean of the probabilities is taken; that of their logarithms is asked for.")
def mean_of_probabilities(logits, ids, target_mask):
    return -_mean((-_losses(logits, ids)).exp(), target_mask[:, 1:])


@mistake("sft_loss", "The exponential of the loss comes back, which is the perplexity.")
def perplexity(logits, ids, target_mask):
    return sft_loss(logits, ids, target_mask).exp()


@mistake("sft_loss", "The loss carries no gradient to the logits: nothing can be learnt from it.")
def no_gradient(logits, ids, target_mask):
    return sft_loss(logits.detach(), ids, target_mask)


@mistake("sft_loss", "The mask, which may be of ints, is used as an index: 0 and 1 pick rows then, and mark nothing.")
def mask_as_an_index(logits, ids, target_mask):
    losses = _losses(logits, ids)[target_mask[:, 1:]]
    return losses.mean() if losses.numel() else losses.sum()


@mistake("sft_loss", "Only masks of ints work: arithmetic with bools fails, or means something else.")
def mask_of_ints_only(logits, ids, target_mask):
    return _mean(_losses(logits, ids), 1 - (1 - target_mask[:, 1:]))


@mistake("sft_loss", "A loss for each token comes back; their mean is asked for.")
def one_for_each_token(logits, ids, target_mask):
    return _losses(logits, ids) * target_mask[:, 1:]


@mistake("sft_loss", ON_THE_CPU)
def loss_on_the_cpu(logits, ids, target_mask):
    losses = _losses(logits, ids)
    weights = torch.tensor(target_mask[:, 1:].tolist(), dtype=torch.float32)
    return (losses * weights).sum() / weights.sum().clamp(min=1)


# --- 8.5 language_consistency -----------------------------------------------------------------------------------------


def _words(cot):
    return len(re.findall("[A-Za-z]+", cot)), len(re.findall("[\u4e00-\u9fff]", cot))


def _share(lang, english, chinese):
    """The share that lang's words have among both."""
    if lang not in ("en", "zh"):
        raise ValueError(lang)
    return (english if lang == "en" else chinese) / max(1, english + chinese)


@mistake(
    "language_consistency", "Numbers and signs count as words of no language, and lower the share; they do not count."
)
def signs_count(cot, lang):
    english, chinese = _words(cot)
    others = len(re.findall(r"[^\sA-Za-z\u4e00-\u9fff]+", cot))
    return language_consistency(cot, lang) * (english + chinese) / max(1, english + chinese + others)


@mistake("language_consistency", "Numbers count as English words: a run of letters is one, and digits are no letters.")
def digits_are_english(cot, lang):
    return _share(lang, len(re.findall("[A-Za-z0-9]+", cot)), _words(cot)[1])


@mistake(
    "language_consistency",
    "Pieces between blanks count as English words, also numbers and signs; a word is a run of letters.",
)
def english_by_blanks(cot, lang):
    chinese = _words(cot)[1]
    return _share(lang, len([word for word in cot.split() if not re.search("[\u4e00-\u9fff]", word)]), chinese)


@mistake(
    "language_consistency",
    "Words that stand together with a sign or another language are lost: only those between blanks are found.",
)
def words_between_blanks(cot, lang):
    parts = cot.split()
    english = sum(part.isascii() and part.isalpha() for part in parts)
    return _share(lang, english, sum(len(part) for part in parts if re.fullmatch("[\u4e00-\u9fff]+", part)))


@mistake(
    "language_consistency", "It is all or nothing: one foreign word takes all of the reward. The share is asked for."
)
def all_or_nothing(cot, lang):
    return float(language_consistency(cot, lang) == 1)


@mistake(
    "language_consistency", "One word of the right language is enough for all of the reward. The share is asked for."
)
def any_word(cot, lang):
    return float(language_consistency(cot, lang) > 0)


@mistake("language_consistency", "The language of most words decides, for 0 or 1. The share is asked for.")
def majority(cot, lang):
    return float(language_consistency(cot, lang) > 0.5)


@mistake("language_consistency", "A text without words earns 1: a model would learn to write no words at all.")
def one_without_words(cot, lang):
    return language_consistency(cot, lang) if any(_words(cot)) else 1.0


@mistake("language_consistency", "A text without words is divided by 0.")
def divided_by_no_words(cot, lang):
    english, chinese = _words(cot)
    return _share(lang, english, chinese) if any((english, chinese)) else 1 / (english + chinese)


@mistake("language_consistency", "The target language is ignored: the share of English comes back for both.")
def always_english(cot, lang):
    language_consistency(cot, lang)
    return language_consistency(cot, "en")


@mistake("language_consistency", "The share of the other language comes back.")
def the_other_language(cot, lang):
    return language_consistency(cot, {"en": "zh", "zh": "en"}.get(lang, lang))


@mistake("language_consistency", "A text without words earns 1: a model would learn to write no words at all.")
def one_minus_the_foreign(cot, lang):
    return 1 - language_consistency(cot, {"en": "zh", "zh": "en"}.get(lang, lang))


@mistake(
    "language_consistency", "Words are divided by those of the other language; the share among all words is asked for."
)
def ratio_of_the_two(cot, lang):
    english, chinese = _words(cot) if lang == "en" else _words(cot)[::-1]
    language_consistency(cot, lang)
    return english / max(1, chinese)


@mistake(
    "language_consistency",
    "English is counted by letters: a long word weighs more than a short one. A run is one word.",
)
def english_by_letters(cot, lang):
    return _share(lang, len(re.findall("[A-Za-z]", cot)), _words(cot)[1])


@mistake("language_consistency", "A run of Chinese characters counts as one word; each character is one.")
def chinese_by_runs(cot, lang):
    return _share(lang, _words(cot)[0], len(re.findall("[\u4e00-\u9fff]+", cot)))


@mistake("language_consistency", "Capital letters are missed: A to Z are letters, large or small.")
def small_letters_only(cot, lang):
    return _share(lang, len(re.findall("[a-z]+", cot)), _words(cot)[1])


@mistake(
    "language_consistency",
    "Letters of other alphabets and scripts count as words; only A to Z and the Chinese characters do.",
)
def letters_of_any_alphabet(cot, lang):
    runs = re.findall(r"[^\W\d_\u4e00-\u9fff]+", cot)
    return _share(lang, len(runs), _words(cot)[1])


@mistake("language_consistency", "Whatever is no ASCII counts as Chinese, with Chinese commas and full stops.")
def chinese_is_what_is_not_ascii(cot, lang):
    return _share(lang, _words(cot)[0], len(re.findall(r"[^\x00-\x7f]", cot)))


@mistake("language_consistency", "Rare Chinese characters are missed: the range ends at U+9FFF.")
def range_of_the_first_edition(cot, lang):
    return _share(lang, _words(cot)[0], len(re.findall("[\u4e00-\u9fa5]", cot)))


@mistake(
    "language_consistency",
    "An apostrophe, an underscore or a hyphen joins two words into one; a word is a run of letters alone.",
)
def apostrophes_in_words(cot, lang):
    return _share(lang, len(re.findall(r"[A-Za-z]+(?:['_-][A-Za-z]+)*", cot)), _words(cot)[1])


@mistake("language_consistency", "The share is in percent; from 0 to 1 is asked for.")
def in_percent(cot, lang):
    return 100 * language_consistency(cot, lang)


@mistake("language_consistency", "How many words are right comes back; their share is asked for.")
def count_of_words(cot, lang):
    return language_consistency(cot, lang) * sum(_words(cot))


@mistake(
    "language_consistency",
    "A language that is neither of the two goes through; it has to be refused, since the caller is mistaken.",
)
def chinese_by_default(cot, lang):
    return language_consistency(cot, "en" if lang == "en" else "zh")


@mistake("language_consistency", "A language that is not known raises another error than ValueError.")
def key_error(cot, lang):
    return {"en": language_consistency(cot, "en"), "zh": language_consistency(cot, "zh")}[lang]


@mistake(
    "language_consistency",
    "A language that is neither of the two goes through; it has to be refused, since the caller is mistaken.",
)
def zero_by_default(cot, lang):
    return language_consistency(cot, lang) if lang in ("en", "zh") else 0.0


# --- 8.6 reasoning_reward ---------------------------------------------------------------------------------------------


@mistake("reasoning_reward", "The two weights are swapped: being right is worth more than the language.")
def reasoning_weights_swapped(acc, lang, w_acc=1.0, w_lang=0.2):
    return w_lang * acc + w_acc * lang


@mistake("reasoning_reward", "The sum is divided by the weights; the reward of o2 is 1.2, above 1.")
def divided_by_the_weights(acc, lang, w_acc=1.0, w_lang=0.2):
    return (w_acc * acc + w_lang * lang) / (w_acc + w_lang)


@mistake("reasoning_reward", "The sum is divided by two; the reward of o2 is 1.2.")
def reasoning_mean(acc, lang, w_acc=1.0, w_lang=0.2):
    return (w_acc * acc + w_lang * lang) / 2


@mistake("reasoning_reward", "Both count alike: the weights are ignored.")
def plain_sum(acc, lang, w_acc=1.0, w_lang=0.2):
    return acc + lang


@mistake("reasoning_reward", "The language counts only where the answer is right; o1 is wrong, and earns .2.")
def language_of_right_answers(acc, lang, w_acc=1.0, w_lang=0.2):
    return w_acc * acc + w_lang * lang * (acc > 0)


@mistake("reasoning_reward", "Accuracy and language are multiplied; they are added.")
def reasoning_product(acc, lang, w_acc=1.0, w_lang=0.2):
    return w_acc * acc * w_lang * lang


@mistake("reasoning_reward", "The weight of accuracy is fixed.")
def w_acc_fixed(acc, lang, w_acc=1.0, w_lang=0.2):
    return acc + w_lang * lang


@mistake("reasoning_reward", "The weight of the language is fixed.")
def w_lang_fixed(acc, lang, w_acc=1.0, w_lang=0.2):
    return w_acc * acc + 0.2 * lang


@mistake("reasoning_reward", "Both weights are fixed.")
def reasoning_weights_fixed(acc, lang, w_acc=1.0, w_lang=0.2):
    return reasoning_reward(acc, lang)


@mistake("reasoning_reward", "The language's default weight is that of lab 7's format; here it is .2.")
def weight_of_lab7(acc, lang, w_acc=1.0, w_lang=0.1):
    return w_acc * acc + w_lang * lang


@mistake("reasoning_reward", "The language is taken off; it is a reward, and added.")
def language_as_a_penalty(acc, lang, w_acc=1.0, w_lang=0.2):
    return w_acc * acc - w_lang * lang


@mistake("reasoning_reward", "The reward is cut off at 1; a right answer in the right language earns 1.2.")
def cut_off_at_one(acc, lang, w_acc=1.0, w_lang=0.2):
    return min(1.0, w_acc * acc + w_lang * lang)


@mistake("reasoning_reward", "The language counts all or nothing; its share is to be weighted.")
def language_rounded(acc, lang, w_acc=1.0, w_lang=0.2):
    return w_acc * acc + w_lang * (lang == 1.0)


# --- 8.6 all_scenario_reward ------------------------------------------------------------------------------------------


def _preferences(helpful, harmless, weights):
    return weights["helpful"] * helpful + weights["harmless"] * harmless


@mistake("all_scenario_reward", "Accuracy counts for prompts that have no right answer, wherever there is a number.")
def accuracy_where_there_is_one(kind, acc, helpful, harmless, weights):
    return _preferences(helpful, harmless, weights) + weights["acc"] * (acc or 0.0)


@mistake("all_scenario_reward", "Accuracy is multiplied whatever the prompt is: where it is None, that fails.")
def accuracy_of_every_prompt(kind, acc, helpful, harmless, weights):
    return _preferences(helpful, harmless, weights) + weights["acc"] * acc


@mistake("all_scenario_reward", "Accuracy counts for all kinds but general ones; it counts for reasoning alone.")
def every_kind_but_general(kind, acc, helpful, harmless, weights):
    return _preferences(helpful, harmless, weights) + (weights["acc"] * (acc or 0.0) if kind != "general" else 0.0)


@mistake("all_scenario_reward", "Accuracy never counts: a reasoning prompt has a right answer.")
def accuracy_never(kind, acc, helpful, harmless, weights):
    return _preferences(helpful, harmless, weights)


@mistake("all_scenario_reward", "The kinds are turned around: accuracy counts where there is no right answer.")
def kinds_turned_around(kind, acc, helpful, harmless, weights):
    return _preferences(helpful, harmless, weights) + (weights["acc"] * (acc or 0.0) if kind != "reasoning" else 0.0)


@mistake("all_scenario_reward", "A reasoning prompt earns its accuracy alone; its preferences count, too.")
def rules_alone_for_reasoning(kind, acc, helpful, harmless, weights):
    return weights["acc"] * acc if kind == "reasoning" else _preferences(helpful, harmless, weights)


@mistake("all_scenario_reward", "Helpfulness does not count for reasoning prompts; it counts for all.")
def not_helpful_for_reasoning(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, 0.0 if kind == "reasoning" else helpful, harmless, weights)


@mistake("all_scenario_reward", "Harmlessness does not count for reasoning prompts; it counts for all.")
def not_harmless_for_reasoning(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, helpful, 0.0 if kind == "reasoning" else harmless, weights)


@mistake("all_scenario_reward", "A harmful prompt earns its harmlessness alone; helpfulness counts for all kinds.")
def harmless_alone(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, 0.0 if kind == "harmful" else helpful, harmless, weights)


@mistake("all_scenario_reward", "Harmlessness never counts.")
def harmless_never(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, helpful, 0.0, weights)


@mistake("all_scenario_reward", "Helpfulness never counts.")
def helpful_never(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, 0.0, harmless, weights)


@mistake("all_scenario_reward", "Helpfulness has harmlessness's weight, and the other way round.")
def preferences_swapped(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, harmless, helpful, weights)


@mistake("all_scenario_reward", "What counts is multiplied; it is added.")
def all_multiplied(kind, acc, helpful, harmless, weights):
    reward = weights["helpful"] * helpful * weights["harmless"] * harmless
    return reward * weights["acc"] * acc if kind == "reasoning" else reward


@mistake("all_scenario_reward", "The sum is divided by the weights.")
def divided_by_all_weights(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, helpful, harmless, weights) / sum(weights.values())


@mistake("all_scenario_reward", "The sum is divided by the weights.")
def divided_by_the_weights_that_count(kind, acc, helpful, harmless, weights):
    counting = sum(weights.values()) if kind == "reasoning" else weights["helpful"] + weights["harmless"]
    return all_scenario_reward(kind, acc, helpful, harmless, weights) / counting


@mistake("all_scenario_reward", "The sum is divided by how many scores count.")
def mean_of_scores(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, helpful, harmless, weights) / (3 if kind == "reasoning" else 2)


@mistake("all_scenario_reward", "The scores are added as they are; the weights are ignored.")
def scores_not_weighted(kind, acc, helpful, harmless, weights):
    return helpful + harmless + (acc if kind == "reasoning" else 0.0)


@mistake("all_scenario_reward", "Accuracy is added without its weight.")
def accuracy_not_weighted(kind, acc, helpful, harmless, weights):
    return _preferences(helpful, harmless, weights) + (acc if kind == "reasoning" else 0.0)


@mistake(
    "all_scenario_reward", "Helpfulness counts only where the answer is right; it is added whatever the answer is."
)
def helpful_if_right(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, helpful * acc if kind == "reasoning" else helpful, harmless, weights)


@mistake("all_scenario_reward", "A score below 0 is lost: reward models give those, too.")
def scores_cut_off(kind, acc, helpful, harmless, weights):
    return all_scenario_reward(kind, acc, max(0.0, helpful), max(0.0, harmless), weights)


@mistake("all_scenario_reward", INPUT_CHANGED)
def weight_taken_out(kind, acc, helpful, harmless, weights):
    w_acc = weights.pop("acc")
    return _preferences(helpful, harmless, weights) + (w_acc * acc if kind == "reasoning" else 0.0)


# --- 8.7 rejection_sample ---------------------------------------------------------------------------------------------


def _ranked(samples, score):
    return sorted(dict.fromkeys(samples), key=score, reverse=True)


@mistake("rejection_sample", "Samples below the threshold fill the list up to k; fewer, or none, is right.")
def filled_up(samples, score, threshold, k):
    return _ranked(samples, lambda sample: -9.0 if score(sample) != score(sample) else score(sample))[:k]


@mistake("rejection_sample", "Where none is good enough the best one comes back all the same; the list is empty then.")
def best_one_at_least(samples, score, threshold, k):
    return rejection_sample(samples, score, threshold, k) or _ranked(samples, score)[:1]


@mistake("rejection_sample", "A sample whose score is the threshold is rejected; it is the least that is kept.")
def above_the_threshold(samples, score, threshold, k):
    return [
        sample for sample in rejection_sample(samples, score, threshold, len(samples)) if score(sample) > threshold
    ][:k]


@mistake("rejection_sample", "The worst of those that are good enough come first.")
def worst_first(samples, score, threshold, k):
    kept = rejection_sample(samples, score, threshold, len(samples))
    return sorted(kept, key=score)[:k]


@mistake("rejection_sample", "The best k are chosen, but stand in the samples' order; the best one comes first.")
def samples_order(samples, score, threshold, k):
    kept = rejection_sample(samples, score, threshold, k)
    return [sample for sample in dict.fromkeys(samples) if sample in kept]


@mistake("rejection_sample", "Equal samples are kept several times.")
def copies_kept(samples, score, threshold, k):
    kept = [sample for sample in samples if score(sample) >= threshold]
    return sorted(kept, key=score, reverse=True)[:k]


@mistake("rejection_sample", "Copies take the places of other samples: drop them before the first k are taken.")
def copies_dropped_last(samples, score, threshold, k):
    return list(dict.fromkeys(copies_kept.implementation(samples, score, threshold, k)))


@mistake("rejection_sample", "The first k that are good enough come back; the best k are asked for.")
def first_k(samples, score, threshold, k):
    kept = [sample for sample in dict.fromkeys(samples) if score(sample) >= threshold]
    return sorted(kept[:k], key=score, reverse=True)


@mistake("rejection_sample", "Those that are good enough are not sorted at all.")
def not_sorted(samples, score, threshold, k):
    return [sample for sample in dict.fromkeys(samples) if score(sample) >= threshold][:k]


@mistake(
    "rejection_sample", "Of equal scores the texts decide, since pairs are sorted; the one that came first comes first."
)
def pairs_sorted(samples, score, threshold, k):
    kept = [(score(sample), sample) for sample in dict.fromkeys(samples) if score(sample) >= threshold]
    return [sample for _, sample in sorted(kept, reverse=True)[:k]]


@mistake(
    "rejection_sample", "Of equal scores the texts decide, since pairs are sorted; the one that came first comes first."
)
def pairs_sorted_upwards(samples, score, threshold, k):
    kept = [(-score(sample), sample) for sample in dict.fromkeys(samples) if score(sample) >= threshold]
    return [sample for _, sample in sorted(kept)[:k]]


@mistake(
    "rejection_sample", "Of equal scores the last one comes first: the list is sorted upwards and then turned around."
)
def turned_around(samples, score, threshold, k):
    kept = [sample for sample in dict.fromkeys(samples) if score(sample) >= threshold]
    return sorted(kept, key=score)[::-1][:k]


@mistake(
    "rejection_sample", "The order of equal scores is that of a set: it has none. The one that came first comes first."
)
def order_of_a_set(samples, score, threshold, k):
    kept = [sample for sample in sorted(set(samples), key=lambda sample: sample[::-1]) if score(sample) >= threshold]
    return sorted(kept, key=score, reverse=True)[:k]


@mistake("rejection_sample", "Different samples with equal scores push each other out: scores are no names.")
def one_for_each_score(samples, score, threshold, k):
    by_score = {}
    for sample in samples:
        by_score.setdefault(score(sample), sample)
    return [sample for value, sample in sorted(by_score.items(), key=lambda pair: -pair[0]) if value >= threshold][:k]


@mistake("rejection_sample", "Scores come back, or pairs with them; the samples are asked for.")
def with_scores(samples, score, threshold, k):
    return [(score(sample), sample) for sample in rejection_sample(samples, score, threshold, k)]


@mistake("rejection_sample", "Scores come back, or pairs with them; the samples are asked for.")
def scores_alone(samples, score, threshold, k):
    return [score(sample) for sample in rejection_sample(samples, score, threshold, k)]


@mistake("rejection_sample", "More than k come back: k is ignored.")
def k_ignored(samples, score, threshold, k):
    return rejection_sample(samples, score, threshold, len(samples))


@mistake("rejection_sample", "Where fewer than k are good enough nothing comes back; those that are have to.")
def k_or_none(samples, score, threshold, k):
    kept = rejection_sample(samples, score, threshold, k)
    return kept if len(kept) == k else []


@mistake("rejection_sample", "A single sample comes back; the best k are asked for.")
def the_best_one(samples, score, threshold, k):
    return rejection_sample(samples, score, threshold, min(k, 1))


@mistake("rejection_sample", "NaN is kept: it is not below the threshold, but not above it either.")
def nan_kept(samples, score, threshold, k):
    kept = [sample for sample in dict.fromkeys(samples) if not score(sample) < threshold]
    return sorted(kept, key=lambda sample: -score(sample))[:k]


@mistake("rejection_sample", "The best samples are rejected, and the bad ones kept.")
def good_ones_rejected(samples, score, threshold, k):
    return [sample for sample in _ranked(samples, score) if score(sample) < threshold][:k]


@mistake("rejection_sample", INPUT_CHANGED)
def samples_sorted_in_place(samples, score, threshold, k):
    found = rejection_sample(samples, score, threshold, k)
    samples.sort(key=score, reverse=True)
    return found


# --- 8.7 passes_filters -----------------------------------------------------------------------------------------------


def _mixed(text):
    return all(_words(text))


@mistake("passes_filters", "Yes and no are swapped: what cannot be read passes.")
def the_opposite(text, max_len):
    return not passes_filters(text, max_len)


@mistake("passes_filters", "A mixture of languages passes.")
def mixture_passes(text, max_len):
    return len(text.split()) <= max_len and "```" not in text


@mistake("passes_filters", "The length is not looked at.")
def any_length(text, max_len):
    return passes_filters(text, len(text))


@mistake("passes_filters", "A code block passes.")
def code_passes(text, max_len):
    return not _mixed(text) and len(text.split()) <= max_len


@mistake("passes_filters", "A text of exactly max_len words is rejected; it may have so many.")
def shorter_than_max_len(text, max_len):
    return passes_filters(text, max_len) and len(text.split()) < max_len


@mistake("passes_filters", "The length is counted in characters; words are asked for.")
def length_in_characters(text, max_len):
    return passes_filters(text, max_len) and len(text) <= max_len


@mistake(
    "passes_filters", "Words are cut at single blanks: line breaks do not part them, and two blanks make an empty word."
)
def cut_at_single_blanks(text, max_len):
    return passes_filters(text, len(text)) and len(text.split(" ")) <= max_len


@mistake(
    "passes_filters",
    "Numbers and signs between blanks do not count as words here; they do, unlike in language_consistency.",
)
def length_in_words_of_letters(text, max_len):
    return passes_filters(text, len(text)) and sum(_words(text)) <= max_len


@mistake("passes_filters", "A single backquote counts as a code block; it takes three in a row.")
def one_backquote(text, max_len):
    return passes_filters(text, max_len) and "`" not in text


@mistake(
    "passes_filters", "Only a code block that is closed, or names a language, is found; three backquotes open one."
)
def closed_code_only(text, max_len):
    return code_passes.implementation(text, max_len) and not re.search("```.*```", text, re.DOTALL)


@mistake(
    "passes_filters", "Only a code block that is closed, or names a language, is found; three backquotes open one."
)
def python_code_only(text, max_len):
    return code_passes.implementation(text, max_len) and "```py" not in text


@mistake("passes_filters", "Chinese is rejected as such; only a mixture is.")
def english_only(text, max_len):
    return passes_filters(text, max_len) and not _words(text)[1]


@mistake("passes_filters", "English is rejected as such; only a mixture is.")
def chinese_only(text, max_len):
    return passes_filters(text, max_len) and not _words(text)[0]


@mistake("passes_filters", "A text without words is rejected; there is nothing in it that cannot be read.")
def words_needed(text, max_len):
    return passes_filters(text, max_len) and any(_words(text))


@mistake("passes_filters", "What is not ASCII makes a mixture with English: accents and signs are no Chinese.")
def not_ascii_is_chinese(text, max_len):
    return passes_filters(text, max_len) and not (_words(text)[0] and re.search(r"[^\x00-\x7f]", text))


@mistake("passes_filters", "Letters of any alphabet make a mixture with Chinese; only A to Z do.")
def any_letter_is_english(text, max_len):
    return passes_filters(text, max_len) and not (_words(text)[1] and re.search(r"[^\W\d_\u4e00-\u9fff]", text))


@mistake("passes_filters", "Digits make a mixture with Chinese; numbers belong to no language.")
def digits_make_a_mixture(text, max_len):
    return passes_filters(text, max_len) and not (_words(text)[1] and re.search("[0-9]", text))


@mistake("passes_filters", "A mixture inside of one word is not found: there need not be blanks between languages.")
def mixture_between_blanks(text, max_len):
    parts = text.split()
    english = any(re.fullmatch("[A-Za-z]+", part) for part in parts)
    chinese = any(re.fullmatch("[\u4e00-\u9fff]+", part) for part in parts)
    return not (english and chinese) and len(parts) <= max_len and "```" not in text


@mistake("passes_filters", "Rare Chinese characters are missed: the range ends at U+9FFF.")
def rare_characters_lost(text, max_len):
    return passes_filters(re.sub("[\u9fa6-\u9fff]", "5", text), max_len)


@mistake("passes_filters", "A text fails only if it fails all filters at once; one is enough.")
def one_filter_passed(text, max_len):
    return not _mixed(text) or len(text.split()) <= max_len or "```" not in text


# --- 8.8 mix_datasets -------------------------------------------------------------------------------------------------


def _rounds(reasoning, general, ratio):
    m = min(len(reasoning) // ratio[0], len(general) // ratio[1])
    if m == 0:
        raise ValueError("not enough")
    return m


@mistake("mix_datasets", "All examples are taken, whatever the ratio is.")
def all_taken(reasoning, general, ratio=(3, 1), seed=0):
    _rounds(reasoning, general, ratio)
    mixed = [*reasoning, *general]
    random.Random(seed).shuffle(mixed)
    return mixed


@mistake("mix_datasets", "The ratio is turned around: its first number is that of the reasoning examples.")
def ratio_turned_around(reasoning, general, ratio=(3, 1), seed=0):
    return mix_datasets(reasoning, general, ratio[::-1], seed)


@mistake("mix_datasets", "The ratio is always 3 to 1.")
def ratio_fixed(reasoning, general, ratio=(3, 1), seed=0):
    return mix_datasets(reasoning, general, (3, 1), seed)


@mistake("mix_datasets", "Without a ratio the two come in equal parts; 3 to 1 is the default.")
def equal_parts_by_default(reasoning, general, ratio=(1, 1), seed=0):
    return mix_datasets(reasoning, general, ratio, seed)


@mistake(
    "mix_datasets",
    "The reasoning examples alone decide how many there are; of the general ones there may not be enough.",
)
def general_ones_lacking(reasoning, general, ratio=(3, 1), seed=0):
    m = len(reasoning) // ratio[0]
    _rounds(reasoning, general, ratio)
    mixed = random.Random(seed).sample(reasoning, m * ratio[0]) + general[: m * ratio[1]]
    random.Random(seed).shuffle(mixed)
    return mixed


@mistake("mix_datasets", "One round is made; as many as the data allow are asked for.")
def one_round(reasoning, general, ratio=(3, 1), seed=0):
    _rounds(reasoning, general, ratio)
    return mix_datasets(reasoning[: ratio[0]], general[: ratio[1]], ratio, seed)


@mistake("mix_datasets", "The numbers are not whole rounds: shares of all examples are rounded down one by one.")
def no_whole_rounds(reasoning, general, ratio=(3, 1), seed=0):
    _rounds(reasoning, general, ratio)
    n = min(len(reasoning), len(general) * ratio[0] // ratio[1])
    mixed = random.Random(seed).sample(reasoning, n) + random.Random(seed).sample(general, n * ratio[1] // ratio[0])
    random.Random(seed).shuffle(mixed)
    return mixed


@mistake("mix_datasets", "Examples come several times: they are drawn with replacement.")
def with_replacement(reasoning, general, ratio=(3, 1), seed=0):
    dice, m = random.Random(seed), _rounds(reasoning, general, ratio)
    mixed = dice.choices(reasoning, k=m * ratio[0]) + dice.choices(general, k=m * ratio[1])
    dice.shuffle(mixed)
    return mixed


@mistake("mix_datasets", "Where there are too few of a kind its examples are repeated; each comes at most once.")
def repeated_to_fit(reasoning, general, ratio=(3, 1), seed=0):
    m = max(len(reasoning) // ratio[0], len(general) // ratio[1])
    _rounds(reasoning, general, ratio)
    mixed = (reasoning * m * ratio[0])[: m * ratio[0]] + (general * m * ratio[1])[: m * ratio[1]]
    random.Random(seed).shuffle(mixed)
    return mixed


@mistake("mix_datasets", "Always the first ones are taken; which examples are in it is random, too.")
def the_first_ones(reasoning, general, ratio=(3, 1), seed=0):
    m = _rounds(reasoning, general, ratio)
    mixed = [*reasoning[: m * ratio[0]], *general[: m * ratio[1]]]
    random.Random(seed).shuffle(mixed)
    return mixed


@mistake("mix_datasets", "All reasoning examples come before all general ones: the two are not shuffled together.")
def one_after_the_other(reasoning, general, ratio=(3, 1), seed=0):
    dice, m = random.Random(seed), _rounds(reasoning, general, ratio)
    return dice.sample(reasoning, m * ratio[0]) + dice.sample(general, m * ratio[1])


@mistake("mix_datasets", "The kinds take turns in a fixed pattern; the order is random.")
def in_turns(reasoning, general, ratio=(3, 1), seed=0):
    dice, m = random.Random(seed), _rounds(reasoning, general, ratio)
    first, second = dice.sample(reasoning, m * ratio[0]), dice.sample(general, m * ratio[1])
    a, b = ratio
    return [item for k in range(m) for item in (*first[k * a : (k + 1) * a], *second[k * b : (k + 1) * b])]


@mistake("mix_datasets", "Nothing is random: the first ones are taken in their order.")
def nothing_shuffled(reasoning, general, ratio=(3, 1), seed=0):
    m = _rounds(reasoning, general, ratio)
    return [*reasoning[: m * ratio[0]], *general[: m * ratio[1]]]


@mistake("mix_datasets", "The seed is ignored: the global dice are rolled, and the list is another one each time.")
def global_dice(reasoning, general, ratio=(3, 1), seed=0):
    return mix_datasets(reasoning, general, ratio, random.getrandbits(32))


@mistake("mix_datasets", "The seed is ignored: every seed makes the same list.")
def seed_of_zero(reasoning, general, ratio=(3, 1), seed=0):
    return mix_datasets(reasoning, general, ratio, 0)


@mistake("mix_datasets", "The global dice are seeded: from then on everybody else's random numbers are others.")
def global_seed(reasoning, general, ratio=(3, 1), seed=0):
    random.seed(seed)
    return mix_datasets(reasoning, general, ratio, random.getrandbits(32))


@mistake("mix_datasets", "The global dice are seeded: from then on everybody else's random numbers are others.")
def global_seed_of_numpy(reasoning, general, ratio=(3, 1), seed=0):
    np.random.seed(seed % 2**32)
    return mix_datasets(reasoning, general, ratio, int(np.random.randint(2**31)))


@mistake("mix_datasets", "The global dice are seeded: from then on everybody else's random numbers are others.")
def global_seed_of_torch(reasoning, general, ratio=(3, 1), seed=0):
    torch.manual_seed(seed)
    return mix_datasets(reasoning, general, ratio, int(torch.randint(2**31, ())))


@mistake("mix_datasets", "Without a seed the list is another one each time; the default seed is 0.")
def no_seed_by_default(reasoning, general, ratio=(3, 1), seed=None):
    return mix_datasets(reasoning, general, ratio, seed)


@mistake("mix_datasets", "An empty data set comes back where there are not enough examples; that has to be refused.")
def empty_data_set(reasoning, general, ratio=(3, 1), seed=0):
    try:
        return mix_datasets(reasoning, general, ratio, seed)
    except ValueError:
        return []


@mistake("mix_datasets", INPUT_CHANGED)
def inputs_shuffled(reasoning, general, ratio=(3, 1), seed=0):
    found = mix_datasets(reasoning, general, ratio, seed)
    random.Random(seed).shuffle(reasoning)
    return found


# --- 8.9 distill_dataset ----------------------------------------------------------------------------------------------


@mistake(
    "distill_dataset", "The teacher is asked once for each prompt; it answers many at a time, so ask for all at once."
)
def a_call_for_each_prompt(teacher_generate, prompts, n, keep):
    answered = [teacher_generate([prompt], n) for prompt in prompts]
    if any(len(answers) != 1 for answers in answered):
        raise ValueError("more or fewer answers")
    return distill_dataset(lambda *_: [answers[0] for answers in answered], prompts, n, keep)


@mistake("distill_dataset", "The teacher is asked n times for one completion, and repeats itself; ask it once for n.")
def a_call_for_each_completion(teacher_generate, prompts, n, keep):
    rounds = [teacher_generate(prompts, 1) for _ in range(n)]
    if any(len(answers) != len(prompts) for answers in rounds):
        raise ValueError("more or fewer answers")
    together = [[one for answers in rounds for one in answers[k]] for k in range(len(prompts))]
    return distill_dataset(lambda *_: together, prompts, n, keep)


@mistake("distill_dataset", "n is not passed on: the teacher gives another number of completions than was asked for.")
def n_fixed(teacher_generate, prompts, n, keep):
    return distill_dataset(lambda prompts, _: teacher_generate(prompts, 1), prompts, n, keep)


@mistake("distill_dataset", "The teacher is asked twice: to count its answers, and once more to use them.")
def asked_twice(teacher_generate, prompts, n, keep):
    if len(teacher_generate(prompts, n)) != len(prompts):
        raise ValueError("more or fewer answers")
    return distill_dataset(teacher_generate, prompts, n, keep)


@mistake("distill_dataset", "Every completion is kept, whether it is good or not.")
def all_kept(teacher_generate, prompts, n, keep):
    return distill_dataset(teacher_generate, prompts, n, lambda *_: True)


@mistake("distill_dataset", "What is good is thrown away, and the rest kept.")
def good_ones_thrown_away(teacher_generate, prompts, n, keep):
    return distill_dataset(teacher_generate, prompts, n, lambda *pair: not keep(*pair))


@mistake("distill_dataset", "keep is asked with completion and prompt swapped.")
def keep_asked_the_wrong_way(teacher_generate, prompts, n, keep):
    return distill_dataset(teacher_generate, prompts, n, lambda prompt, completion: keep(completion, prompt))


@mistake("distill_dataset", "A completion that came several times to one prompt is there several times.")
def repeated_ones_kept(teacher_generate, prompts, n, keep):
    answered = zip(prompts, teacher_generate(prompts, n), strict=True)
    return [(prompt, one) for prompt, completions in answered for one in completions if keep(prompt, one)]


@mistake("distill_dataset", "A completion is dropped because another prompt has the same one; that is another pair.")
def dropped_across_prompts(teacher_generate, prompts, n, keep):
    seen, found = set(), []
    for prompt, one in distill_dataset(teacher_generate, prompts, n, keep):
        if one not in seen:
            found.append((prompt, one))
        seen.add(one)
    return found


@mistake(
    "distill_dataset",
    "The order is not that of the prompts and completions: a set has none, and sorting makes another.",
)
def sorted_pairs(teacher_generate, prompts, n, keep):
    return sorted(distill_dataset(teacher_generate, prompts, n, keep))


@mistake(
    "distill_dataset", "The order is that of the completions and then of the prompts; a prompt's pairs stand together."
)
def by_completions(teacher_generate, prompts, n, keep):
    answers = teacher_generate(prompts, n)
    kept = distill_dataset(lambda *_: answers, prompts, n, keep)
    place = {
        (prompt, one): k
        for prompt, said in zip(prompts, answers, strict=True)
        for k, one in reversed([*enumerate(said)])
    }
    return sorted(kept, key=place.get)


@mistake("distill_dataset", "Completion and prompt are swapped in the pairs.")
def pairs_swapped(teacher_generate, prompts, n, keep):
    return [(one, prompt) for prompt, one in distill_dataset(teacher_generate, prompts, n, keep)]


@mistake("distill_dataset", "The completions come back without their prompts; a student model needs both.")
def completions_alone(teacher_generate, prompts, n, keep):
    return [one for _, one in distill_dataset(teacher_generate, prompts, n, keep)]


@mistake("distill_dataset", "A list for each prompt comes back; one list of pairs is asked for.")
def lists_of_lists(teacher_generate, prompts, n, keep):
    pairs = distill_dataset(teacher_generate, prompts, n, keep)
    return [[one for asked, one in pairs if asked == prompt] for prompt in prompts]


@mistake("distill_dataset", "One completion of each prompt is kept; all good ones have to be.")
def first_good_one(teacher_generate, prompts, n, keep):
    found = {}
    for prompt, one in distill_dataset(teacher_generate, prompts, n, keep):
        found.setdefault(prompt, one)
    return list(found.items())


@mistake("distill_dataset", "One completion of each prompt is kept; all good ones have to be.")
def last_good_one(teacher_generate, prompts, n, keep):
    return list(dict(distill_dataset(teacher_generate, prompts, n, keep)).items())


@mistake("distill_dataset", "Only a prompt's first completion is looked at.")
def first_completion(teacher_generate, prompts, n, keep):
    return distill_dataset(lambda prompts, n: [one[:1] for one in teacher_generate(prompts, n)], prompts, n, keep)


@mistake("distill_dataset", "The good ones are cut off at n in all; n is the number of completions of each prompt.")
def n_in_all(teacher_generate, prompts, n, keep):
    return distill_dataset(teacher_generate, prompts, n, keep)[:n]


@mistake(
    "distill_dataset",
    "Answers that are lacking, or too many, go unnoticed: pairing stops at the shorter list in silence.",
)
def lacking_unnoticed(teacher_generate, prompts, n, keep):
    answers = teacher_generate(prompts, n)
    m = min(len(answers), len(prompts))
    return distill_dataset(lambda *_: answers[:m], prompts[:m], n, keep)


@mistake("distill_dataset", "Only one of the two is refused: too few answers, and too many.")
def too_many_unnoticed(teacher_generate, prompts, n, keep):
    return distill_dataset(lambda *asked: teacher_generate(*asked)[: len(prompts)], prompts, n, keep)


@mistake(
    "distill_dataset",
    "Answers that are lacking raise an IndexError, and too many go unnoticed; compare the numbers first.",
)
def index_error_for_lacking(teacher_generate, prompts, n, keep):
    answers = teacher_generate(prompts, n)
    return distill_dataset(lambda *_: [answers[k] for k in range(len(prompts))], prompts, n, keep)
