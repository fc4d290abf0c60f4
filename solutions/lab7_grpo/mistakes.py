"""Wrong versions that students write, each with its diagnosis: symptom and idea, never the code."""

import math
import re
from fractions import Fraction

import torch

from grader.checks import mistake
from grpo import (
    completion_mask,
    completion_token_logps,
    dapo_loss,
    dr_grpo_loss,
    group_advantages,
    grpo_loss,
    gspo_loss,
    keep_informative,
    kl_k3,
    rloo_advantages,
)
from rewards import accuracy_reward, build_prompt, extract_answer, format_reward

FIXED_ANSWER = "The answer does not depend on what comes in."
ON_THE_CPU = "A tensor is made on the CPU whatever device the inputs are on: that fails on a GPU."
GRADIENT_TO_OLD = (
    "The gradient also reaches the old log-probabilities: they are data, and at equal policies it would be 0."
)
GRADIENT_TO_REFERENCE = "The gradient also reaches the reference model, which is frozen."
GRADIENT_TO_ADVANTAGES = "The gradient also reaches the advantages: here they are only weights."
INPUT_CHANGED = "Your function changes what it was given: whoever reads it next gets other numbers."

# --- 7.1 build_prompt -------------------------------------------------------------------------------------------------


@mistake(
    "build_prompt", "The prompt ends with a blank: the model would have to go on after it. It ends with the colon."
)
def blank_at_the_end(question):
    return build_prompt(question) + " "


@mistake("build_prompt", "The prompt opens the thought for the model. The template leaves that to it.")
def thought_opened(question):
    return build_prompt(question) + " <think>"


@mistake("build_prompt", "Between the question and the assistant's turn stands something else than in the template.")
def line_break_before_the_assistant(question):
    return build_prompt(question).replace(". Assistant:", "\nAssistant:")


@mistake("build_prompt", "The full stop after the question is missing: the template has one, whatever the question is.")
def full_stop_left_out(question):
    return build_prompt(question).replace(". Assistant:", " Assistant:")


@mistake("build_prompt", "The question is not in the prompt: its place-holder is still there.")
def placeholder_left(question):
    return build_prompt("{prompt}")


@mistake("build_prompt", "The question is trimmed; it has to go in as it is.")
def question_trimmed(question):
    return build_prompt(question.strip())


@mistake("build_prompt", "Braces of the question are taken for place-holders: it has become part of a format string.")
def question_formatted(question):
    return build_prompt(question).format(prompt=question)


@mistake("build_prompt", "The template's second half, with the example of the tags, is missing.")
def example_left_out(question):
    return re.sub(r" tags, respectively, i\.e\., .*</answer>\.", " tags.", build_prompt(question), flags=re.DOTALL)


@mistake("build_prompt", "The tags of the template are other ones here: what is asked for must be what is rewarded.")
def other_tags(question):
    return build_prompt(question).replace("think>", "reasoning>")


@mistake("build_prompt", "The example shows the answer before the thought.")
def example_turned_around(question):
    right = "<think> reasoning process here </think> <answer> answer here </answer>"
    return build_prompt(question).replace(
        right, "<answer> answer here </answer> <think> reasoning process here </think>"
    )


@mistake("build_prompt", "Only the question with its two speakers is there; the instructions in front are missing.")
def instructions_left_out(question):
    return f"User: {question}. Assistant:"


@mistake("build_prompt", "The assistant speaks first, and asks the question.")
def speakers_swapped(question):
    return build_prompt(question).replace(f"User: {question}. Assistant:", f"Assistant: {question}. User:")


# --- 7.2 extract_answer, accuracy_reward ------------------------------------------------------------------------------


@mistake("extract_answer", "Of several answers you take the first; what the completion says last is its answer.")
def first_pair(text):
    found = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found.group(1).strip() if found else None


@mistake("extract_answer", "Two answers become one with all that stands between them: the match is greedy.")
def greedy_pair(text):
    found = re.search(r"<answer>(.*)</answer>", text, re.DOTALL)
    return found.group(1).strip() if found else None


@mistake("extract_answer", "An answer that goes over several lines is not found: a dot stops at a line break.")
def answer_on_one_line(text):
    found = re.findall(r"<answer>(.*?)</answer>", text)
    return found[-1].strip() if found else None


@mistake("extract_answer", "The blanks around the answer are still there.")
def answer_with_blanks(text):
    found = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found[-1] if found else None


@mistake("extract_answer", "The blanks around the answer are still there.")
def blanks_of_the_nearest_pair(text):
    before, _, _ = text.rpartition("</answer>")
    _, opened, answer = before.rpartition("<answer>")
    return answer if opened else None


@mistake(
    "extract_answer",
    "Of several opening tags before a closing one you take the first: the answer then holds a tag and what was "
    "discarded. The nearest one is its partner.",
)
def first_opening_tag(text):
    found = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found[-1].strip() if found else None


@mistake(
    "extract_answer",
    "You begin with the last opening tag. Where the text is cut off after it, the answer before it is the last one.",
)
def last_opening_tag(text):
    if "<answer>" not in text or "</answer>" not in text:
        return None
    return text.split("<answer>")[-1].split("</answer>")[0].strip()


@mistake("extract_answer", "Tags in capitals count with you: they are other tags.")
def answer_in_any_case(text):
    found = re.findall(r"<answer>((?:(?!<answer>).)*?)</answer>", text, re.DOTALL | re.IGNORECASE)
    return found[-1].strip() if found else None


@mistake("extract_answer", "Where there is no answer an empty text comes back: None is asked for.")
def empty_for_none(text):
    return extract_answer(text) or ""


@mistake("extract_answer", "Empty tags are an answer, though an empty one: None is for tags that are not there.")
def none_for_empty(text):
    return extract_answer(text) or None


@mistake("extract_answer", "A text without an answer in tags ends in an exception.")
def search_without_a_guard(text):
    return re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)[-1].strip()


@mistake("extract_answer", "Without tags the whole text counts as the answer.")
def whole_text(text):
    answer = extract_answer(text)
    return text.strip() if answer is None else answer


@mistake("extract_answer", "An answer whose tag is never closed counts with you; the completion was cut off there.")
def closing_tag_not_needed(text):
    _, opened, rest = text.rpartition("<answer>")
    return rest.partition("</answer>")[0].strip() if opened else None


@mistake("extract_answer", "An answer counts only where there was a thought before it: o3 has an answer, too.")
def only_after_a_thought(text):
    return extract_answer(text) if "</think>" in text else None


@mistake("extract_answer", "The tags come back together with the answer.")
def answer_with_tags(text):
    answer = extract_answer(text)
    return None if answer is None else f"<answer>{answer}</answer>"


@mistake(
    "extract_answer", "You pick a number out of the answer; extract_answer gives all that stands between the tags."
)
def number_of_the_answer(text):
    found = re.search(r"[-+]?\d+(\.\d+)?", extract_answer(text) or "")
    return found.group() if found else extract_answer(text)


def _as_float(text):
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


@mistake("accuracy_reward", "14.0 and 14 are the same number: texts are compared where numbers should be.")
def texts_compared(text, gold):
    return float(extract_answer(text) == gold)


@mistake(
    "accuracy_reward", "A thought of 14 earns the reward of an answer of 14: only what is in the answer's tags counts."
)
def anywhere_in_the_text(text, gold):
    return float(gold in text)


@mistake(
    "accuracy_reward", "140 earns the reward of 14: the gold answer only has to stand somewhere inside the answer."
)
def inside_the_answer(text, gold):
    return float(gold in (extract_answer(text) or ""))


@mistake("accuracy_reward", "The first number of the text counts, not the answer.")
def first_number(text, gold):
    found = re.search(r"-?\d+(\.\d+)?", text)
    return float(found is not None and float(found.group()) == _as_float(gold))


@mistake("accuracy_reward", "The last number of the text counts, also where no answer is given.")
def last_number(text, gold):
    found = re.findall(r"-?\d+(?:\.\d+)?", text)
    return float(bool(found) and float(found[-1]) == _as_float(gold))


@mistake(
    "accuracy_reward", "A number with words or signs around it counts: the answer has to be a number and nothing else."
)
def number_among_words(text, gold):
    found = re.search(r"-?\d[\d,]*(\.\d+)?", extract_answer(text) or "")
    wanted = re.search(r"-?\d[\d,]*(\.\d+)?", gold)
    return float(found is not None and wanted is not None and _as_float(found.group()) == _as_float(wanted.group()))


@mistake("accuracy_reward", "-14 earns the reward of 14: the sign is lost.")
def sign_lost(text, gold):
    answer = extract_answer(text)
    return max(accuracy_reward(text, gold), accuracy_reward(f"<answer>-{answer}</answer>", gold)) if answer else 0.0


@mistake("accuracy_reward", "Only whole numbers count with you: what stands after the point is cut off, or never read.")
def whole_numbers(text, gold):
    found, wanted = re.match(r"[-+]?\d+", extract_answer(text) or ""), re.match(r"[-+]?\d+", gold)
    return float(found is not None and wanted is not None and int(found.group()) == int(wanted.group()))


@mistake("accuracy_reward", "A wrong answer costs a point; 0 is asked for.")
def minus_one_for_wrong(text, gold):
    return 2 * accuracy_reward(text, gold) - 1


@mistake("accuracy_reward", "A completion without an answer, or with a word for one, ends in an exception.")
def float_without_a_guard(text, gold):
    return float(float(extract_answer(text)) == float(gold))


@mistake(
    "accuracy_reward", "A right answer without a thought earns nothing; the thought is the format's business (o3)."
)
def format_needed(text, gold):
    return accuracy_reward(text, gold) * ("</think>" in text)


@mistake(
    "accuracy_reward",
    "Your function computes what a model wrote: 2+3*4 earns the reward of 14, and a completion could run any code.",
)
def computed(text, gold):
    answer = extract_answer(text) or ""
    if re.fullmatch(r"[-+*/. \d]+", answer):
        try:
            return float(abs(eval(answer) - float(gold)) < 1e-9)
        except (SyntaxError, ValueError, ZeroDivisionError):
            return accuracy_reward(text, gold)
    return accuracy_reward(text, gold)


@mistake("accuracy_reward", "A number with commas between its thousands is not read as one.")
def commas_kept(text, gold):
    answer = extract_answer(text) or ""
    return accuracy_reward(text, gold) if "," not in answer + gold else 0.0


@mistake("accuracy_reward", "Where answer and gold are the same text you give the reward, also for what is no number.")
def equal_texts_count(text, gold):
    return max(accuracy_reward(text, gold), float(extract_answer(text) == gold))


@mistake("accuracy_reward", "Fractions, and the wrappers of LaTeX, are not read as numbers.")
def plain_decimals_alone(text, gold):
    answer = extract_answer(text)
    found = None if answer is None or not re.fullmatch(r"[-+.,\d]+", answer) else _as_float(answer)
    return float(found is not None and found == _as_float(gold))


@mistake("accuracy_reward", "LaTeX is read in the answer, and not in the gold answer.")
def gold_read_plainly(text, gold):
    return accuracy_reward(text, gold) if "\\" not in gold and "$" not in gold else 0.0


@mistake("accuracy_reward", "A division by zero ends in an exception; it is no number.")
def division_without_a_guard(text, gold):
    found = re.fullmatch(r"(\d+)/(\d+)", extract_answer(text) or "")
    return float(Fraction(int(found[1]), int(found[2])) == Fraction(gold)) if found else accuracy_reward(text, gold)


@mistake("accuracy_reward", "A fraction of LaTeX is read upside down.")
def fraction_upside_down(text, gold):
    return accuracy_reward(re.sub(r"frac\{(\d+)\}\{(\d+)\}", r"frac{\2}{\1}", text), gold)


@mistake("accuracy_reward", "The minus before a fraction of LaTeX is lost.")
def minus_of_a_fraction_lost(text, gold):
    return accuracy_reward(text.replace("-\\", "\\"), gold.replace("-\\", "\\"))


@mistake(
    "accuracy_reward", "\\boxed counts wherever it stands: a thought that boxes 14 and answers 20 earns the reward."
)
def boxed_anywhere(text, gold):
    boxed = re.findall(r"\\boxed\{([^{}]*)\}", text)
    return accuracy_reward(f"<answer>{boxed[-1]}</answer>", gold) if boxed else accuracy_reward(text, gold)


@mistake("accuracy_reward", "Of several answers you judge the first; what the completion says last is its answer.")
def first_answer_judged(text, gold):
    return accuracy_reward(f"<answer>{first_pair.implementation(text)}</answer>", gold)


@mistake("accuracy_reward", "It is enough with you that one of the answers is right: a model could list all numbers.")
def any_answer(text, gold):
    answers = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return max((accuracy_reward(f"<answer>{answer}</answer>", gold) for answer in answers), default=0.0)


def _quotient(text):
    if not re.fullmatch(r"[-+.,0-9]+(/[0-9]+)?", text):
        return None
    above, _, below = text.partition("/")
    above, below = _as_float(above), _as_float(below or "1")
    return None if above is None or not below else above / below


NEARLY = "Numbers that are close count as equal: .3333 is not 1/3, and no tolerance is asked for."


@mistake("accuracy_reward", NEARLY)
def nearly_equal(text, gold):
    found, wanted = _quotient(extract_answer(text) or ""), _quotient(gold)
    near = found is not None and wanted is not None and abs(found - wanted) < 1e-4
    return max(float(near), accuracy_reward(text, gold))


@mistake("accuracy_reward", NEARLY)
def equal_to_six_digits(text, gold):
    found, wanted = _quotient(extract_answer(text) or ""), _quotient(gold)
    near = found is not None and wanted is not None and abs(found - wanted) < 1e-6
    return max(float(near), accuracy_reward(text, gold))


@mistake("accuracy_reward", NEARLY)
def equal_by_isclose(text, gold):
    found, wanted = _quotient(extract_answer(text) or ""), _quotient(gold)
    near = found is not None and wanted is not None and math.isclose(found, wanted)
    return max(float(near), accuracy_reward(text, gold))


def _judged_by(read, text, gold, latex=True):
    """The reward where `read` makes a number of what is left of the answer and of gold without LaTeX."""

    def number(written):
        written = written.replace(",", "").strip()
        while latex and (wrapped := re.fullmatch(r"\$(.+)\$|\\\((.+)\\\)|\\boxed\{(.+)\}", written)):
            written = "".join(wrapped.groups(""))
        if latex:
            written = re.sub(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}", r"\1/\2", written)
        try:
            return read(written)
        except (ValueError, ZeroDivisionError):
            return None

    answer = extract_answer(text)
    return float(answer is not None and None is not number(answer) == number(gold))


def _quotient_of_floats(written):
    above, slash, below = written.partition("/")
    return float(above) / (float(below) if slash else 1.0)


AS_PYTHON_READS = (
    "What Python reads as a number is not the docstring's list: it is more (you pay `1e1` and `1_4`), and less (no "
    "LaTeX; float reads no fraction, either). Ask first in which of the ways that count the text is written."
)


@mistake("accuracy_reward", AS_PYTHON_READS)
def all_that_fraction_reads(text, gold):
    return _judged_by(Fraction, text, gold)


@mistake("accuracy_reward", AS_PYTHON_READS)
def all_that_floats_read(text, gold):
    return _judged_by(_quotient_of_floats, text, gold)


@mistake("accuracy_reward", AS_PYTHON_READS)
def float_alone(text, gold):
    return _judged_by(float, text, gold, latex=False)


@mistake("accuracy_reward", AS_PYTHON_READS)
def fraction_alone(text, gold):
    return _judged_by(Fraction, text, gold, latex=False)


@mistake("accuracy_reward", "Digits of other scripts count with you: `\\d` means them, too. Here 0 to 9 are digits.")
def digits_of_all_scripts(text, gold):
    plain = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)
    return accuracy_reward(plain, gold)


@mistake("accuracy_reward", "A sign inside of a fraction is read; it makes the text no number.")
def sign_inside_of_a_fraction(text, gold):
    def outside(written):
        written = re.sub(r"(\\[dt]?frac\{)-", r"-\1", written)
        return re.sub(r"(\d+)/-", r"-\1/", written)

    return accuracy_reward(outside(text), outside(gold))


@mistake("accuracy_reward", "A sign before a wrapper is read; it makes the text no number.")
def sign_before_a_wrapper(text, gold):
    return accuracy_reward(re.sub(r"-\$(\d+)\$|-\\boxed\{(\d+)\}", r"-\1\2", text), gold)


@mistake("accuracy_reward", "Blanks inside of a fraction are dropped; they make the text no number.")
def blanks_inside_of_a_fraction(text, gold):
    return accuracy_reward(re.sub(r"(\d) ?/ ?(\d)", r"\1/\2", text), gold)


@mistake("accuracy_reward", "Blanks around the gold answer make it another one with you.")
def gold_with_blanks(text, gold):
    return accuracy_reward(text, gold) if gold == gold.strip() else 0.0


@mistake(
    "accuracy_reward",
    "Thousands of wrappers end in a RecursionError: a function that calls itself goes some thousand levels deep. Take "
    "them off in a loop.",
)
def wrappers_by_recursion(text, gold):
    def unwrapped(written):
        wrapped = len(written) > 2 and written[0] == written[-1] == "$"
        return unwrapped(written[1:-1]) if wrapped else written

    answer = extract_answer(text)
    return 0.0 if answer is None else accuracy_reward(f"<answer>{unwrapped(answer)}</answer>", gold)


@mistake(
    "accuracy_reward",
    "A number of thousands of digits ends in an exception: Python refuses to read it, with a ValueError.",
)
def long_numbers_raise(text, gold):
    answer = extract_answer(text) or ""
    return accuracy_reward(text, gold) if not answer.isdecimal() else float(int(answer) == _quotient(gold))


@mistake("accuracy_reward", FIXED_ANSWER)
def always_right(text, gold):
    return 1.0


# --- 7.3 format_reward ------------------------------------------------------------------------------------------------

FOUR_TAGS = [opening + name for name in ("think>", "answer>") for opening in ("<", "</")]
COPIED = r"^<think>.*?</think>\s*<answer>.*?</answer>$"
IN_LINES = r"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$"


def _once(text):
    return all(text.count(tag) == 1 for tag in FOUR_TAGS)


@mistake(
    "format_reward",
    "An answer followed by more text on the next line still earns the reward: which flag lets `$` match before a line "
    "break?",
)
def end_of_a_line(text):
    return float(_once(text) and re.match(COPIED, text, re.DOTALL | re.MULTILINE) is not None)


@mistake(
    "format_reward",
    "Blanks after the answer cost the reward with you, all but one line break: that is how `$` ends a pattern.",
)
def dollar_at_the_end(text):
    return float(_once(text) and re.match(COPIED, text, re.DOTALL) is not None)


@mistake(
    "format_reward",
    "Two things pass with you: text on a new line after the answer (which flag lets `$` match before a line break?), "
    "and tags that come twice, since a dot matches them, too.",
)
def copied_with_both_flags(text):
    return float(re.match(COPIED, text, re.DOTALL | re.MULTILINE) is not None)


TWICE_AND_NO_BLANKS = (
    "Tags may come twice with you, since a dot matches them, too; and blanks after the answer cost the reward."
)


@mistake("format_reward", TWICE_AND_NO_BLANKS)
def copied_with_one_flag(text):
    return float(re.match(COPIED, text, re.DOTALL) is not None)


@mistake("format_reward", TWICE_AND_NO_BLANKS)
def copied_and_whole(text):
    return float(re.fullmatch(COPIED.rstrip("$"), text, re.DOTALL) is not None)


@mistake(
    "format_reward",
    "Tags may come twice with you, since a dot matches them, too; and blanks before the thought are overlooked.",
)
def copied_and_trimmed(text):
    return float(re.match(COPIED, text.strip(), re.DOTALL) is not None)


@mistake(
    "format_reward",
    "Your pattern wants each tag in a line of its own: `<think> a </think> <answer> b </answer>` is right, too.",
)
def line_breaks_needed(text):
    return float(re.match(IN_LINES, text, re.DOTALL) is not None)


@mistake(
    "format_reward",
    "Your pattern wants each tag in a line of its own, which is not asked for; and with its flags `$` matches before a "
    "line break, so that text may follow the answer.",
)
def line_breaks_needed_by_line(text):
    return float(re.match(IN_LINES, text, re.DOTALL | re.MULTILINE) is not None)


@mistake(
    "format_reward",
    "Your pattern lets no blanks stand between thought and answer, and no line breaks anywhere: both are right.",
)
def one_piece_on_one_line(text):
    return float(re.match(r"^<think>.*?</think><answer>.*?</answer>$", text) is not None)


@mistake(
    "format_reward", "It is enough with you that the format stands somewhere in the text: text around it is wrong."
)
def somewhere_in_the_text(text):
    return float(_once(text) and re.search(r"<think>.*</think>\s*<answer>.*</answer>", text, re.DOTALL) is not None)


@mistake("format_reward", "The beginning is looked at, and not the end: text after the answer earns the reward.")
def beginning_alone(text):
    return float(_once(text) and re.match(r"<think>.*</think>\s*<answer>.*</answer>", text, re.DOTALL) is not None)


ON_ONE_LINE = "A thought or an answer over several lines earns nothing: a dot stops at a line break."


@mistake("format_reward", ON_ONE_LINE)
def format_on_one_line(text):
    shape = re.fullmatch(r"<think>.*</think>\s*<answer>.*</answer>\s*", text)
    return float(_once(text) and shape is not None)


@mistake("format_reward", ON_ONE_LINE)
def copied_without_a_flag(text):
    return float(re.match(COPIED, text) is not None)


TWICE = "Tags may come twice with you: the thought, or the answer, may hold any text but another tag."


@mistake("format_reward", TWICE)
def tags_inside(text):
    return float(re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>\s*", text, re.DOTALL) is not None)


@mistake("format_reward", TWICE)
def tags_of_the_thought_alone(text):
    return float(re.fullmatch(r"<think>.*?</think>\s*<answer>[^<]*</answer>\s*", text, re.DOTALL) is not None)


@mistake("format_reward", "You count the tags, and do not look at their order or at what stands around them.")
def tags_counted(text):
    return float(_once(text))


@mistake("format_reward", "You look whether the tags are there; each of them must come exactly once, and in order.")
def tags_present(text):
    return float(all(tag in text for tag in FOUR_TAGS))


@mistake("format_reward", "The order of the tags is right with you, and text around them counts for nothing.")
def tags_in_order(text):
    found_at = list(map(text.find, FOUR_TAGS))
    return float(_once(text) and found_at == sorted(found_at))


@mistake("format_reward", "An answer in its tags is enough with you: the thought is missing.")
def answer_is_enough(text):
    return float(extract_answer(text) is not None)


@mistake("format_reward", "A thought in its tags is enough with you: the answer is missing.")
def thought_is_enough(text):
    return float(re.match(r"<think>.*?</think>", text, re.DOTALL) is not None)


@mistake(
    "format_reward", "Blanks or line breaks between thought and answer, or after the answer, cost the reward with you."
)
def no_blanks(text):
    return float(format_reward(text) and "</think><answer>" in text and text.endswith("</answer>"))


@mistake(
    "format_reward", "A blank or a line break is needed with you between thought and answer: there may also be none."
)
def blank_needed(text):
    return float(format_reward(text) and "</think><answer>" not in text)


@mistake("format_reward", "A line break after the answer costs the reward with you: blanks may follow it.")
def nothing_after(text):
    return float(format_reward(text) and text.endswith("</answer>"))


@mistake(
    "format_reward", "An empty thought or answer costs the reward with you: nothing inside of the tags is right, too."
)
def some_text_needed(text):
    return float(
        _once(text) and re.fullmatch(r"<think>.+</think>\s*<answer>.+</answer>\s*", text, re.DOTALL) is not None
    )


@mistake("format_reward", "Blanks before the thought are overlooked: a completion begins with its first tag.")
def trimmed_first(text):
    return format_reward(text.strip())


@mistake("format_reward", "Tags in capitals earn the reward: they are other tags.")
def any_case(text):
    return format_reward(text.lower())


@mistake("format_reward", "The weight of the format is in it already; total_reward would weigh it a second time.")
def weight_baked_in(text):
    return 0.1 * format_reward(text)


@mistake("format_reward", "A wrong format costs a point; 0 is asked for.")
def minus_one_for_wrong_format(text):
    return 2 * format_reward(text) - 1


@mistake(
    "format_reward", "A `<` inside of the thought costs the reward with you: only the four tags must not come again."
)
def no_angle_bracket(text):
    return float(re.fullmatch(r"<think>[^<]*</think>\s*<answer>[^<]*</answer>\s*", text) is not None)


@mistake("format_reward", "The answer may come before the thought with you.")
def either_order(text):
    answer_first = re.fullmatch(r"<answer>[^<]*</answer>\s*<think>[^<]*</think>\s*", text)
    return max(format_reward(text), float(answer_first is not None))


@mistake(
    "format_reward",
    "Whether the answer is a number is no matter of the format: all but a number earns nothing with you.",
)
def number_needed(text):
    return float(format_reward(text) and (extract_answer(text) or "").isdigit())


@mistake("format_reward", "Text between the thought and the answer earns the reward.")
def text_between(text):
    return float(
        _once(text) and re.fullmatch(r"<think>.*</think>.*<answer>.*</answer>\s*", text, re.DOTALL) is not None
    )


@mistake("format_reward", FIXED_ANSWER)
def always_in_format(text):
    return 1.0


# --- 7.4 total_reward -------------------------------------------------------------------------------------------------


@mistake(
    "total_reward", "The weights are those of a mean: a right answer has to earn 1 by itself, and 1.1 with its format."
)
def weighted_mean(acc, fmt, w_format=0.1):
    return (1 - w_format) * acc + w_format * fmt


@mistake("total_reward", "Accuracy and format count alike: the format's weight is missing.")
def plain_sum(acc, fmt, w_format=0.1):
    return acc + fmt


@mistake("total_reward", "The weight is on the accuracy; it belongs to the format.")
def weights_swapped(acc, fmt, w_format=0.1):
    return w_format * acc + fmt


@mistake("total_reward", "The format counts only where the answer is right: o1 and o4 earn .1.")
def multiplied(acc, fmt, w_format=0.1):
    return acc * (1 + w_format * fmt)


@mistake("total_reward", "The accuracy counts only where the format is right: o3 earns 1.0.")
def accuracy_in_format_only(acc, fmt, w_format=0.1):
    return acc * fmt + w_format * fmt


@mistake("total_reward", "Your weight of the format does not depend on w_format.")
def weight_fixed(acc, fmt, w_format=0.1):
    return acc + 0.1 * fmt


@mistake("total_reward", "The format is subtracted.")
def format_subtracted(acc, fmt, w_format=0.1):
    return acc - w_format * fmt


@mistake("total_reward", "Your reward stops at 1: a right answer in the right format earns 1.1.")
def capped_at_one(acc, fmt, w_format=0.1):
    return min(1.0, acc + w_format * fmt)


@mistake("total_reward", "The sum is divided by the sum of the weights; nothing is to be divided.")
def divided_by_the_weights(acc, fmt, w_format=0.1):
    return (acc + w_format * fmt) / (1 + w_format)


# --- 7.5 group_advantages ---------------------------------------------------------------------------------------------


def _refuse(rewards, G):
    if G < 2 or len(rewards) % G:
        raise ValueError("the rewards do not make groups")
    return rewards.detach().float()


def _standardised(groups, eps, scale, correction=1, dim=1):
    centred = groups - groups.mean(dim=dim, keepdim=True)
    return centred / (groups.std(dim=dim, keepdim=True, correction=correction) + eps) if scale == "group" else centred


@mistake(
    "group_advantages",
    "You compare answers across prompts: mean and deviation are those of the whole batch. Where all answers to one "
    "prompt are equally good the advantages have to be 0.",
)
def over_the_whole_batch(rewards, G, eps=1e-4, scale="group"):
    return _standardised(_refuse(rewards, G).view(1, -1), eps, scale).flatten()


@mistake("group_advantages", "The mean is that of the group, the deviation that of the whole batch.")
def deviation_of_the_batch(rewards, G, eps=1e-4, scale="group"):
    rewards = _refuse(rewards, G)
    centred = group_advantages(rewards, G, scale="none")
    return centred / (rewards.std() + eps) if scale == "group" else centred


@mistake(
    "group_advantages",
    "Your advantages are larger than expected by the factor sqrt(G / (G - 1)): which deviation is asked for?",
)
def population_deviation(rewards, G, eps=1e-4, scale="group"):
    return _standardised(_refuse(rewards, G).view(-1, G), eps, scale, correction=0).flatten()


@mistake("group_advantages", "You divide by .5 whatever the rewards are: the tutorial rounds there.")
def deviation_of_a_half(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, scale="none") / (0.5 if scale == "group" else 1)


@mistake("group_advantages", "You divide by the variance; the deviation is its root.")
def divided_by_the_variance(rewards, G, eps=1e-4, scale="group"):
    groups = _refuse(rewards, G).view(-1, G)
    centred = groups - groups.mean(dim=1, keepdim=True)
    return (centred / (groups.var(dim=1, keepdim=True) + eps) if scale == "group" else centred).flatten()


@mistake(
    "group_advantages",
    "Your groups are interleaved: each holds one answer to every prompt. The first G rewards are those of one prompt.",
)
def interleaved(rewards, G, eps=1e-4, scale="group"):
    return _standardised(_refuse(rewards, G).view(G, -1), eps, scale, dim=0).flatten()


@mistake("group_advantages", "Your groups have as many members as there are prompts: G is the size of a group.")
def as_many_as_prompts(rewards, G, eps=1e-4, scale="group"):
    P = len(_refuse(rewards, G)) // G
    return group_advantages(rewards, P, eps, scale) if P > 1 else torch.zeros(len(rewards))


@mistake("group_advantages", "Mean and deviation run along the wrong axis: over the prompts, not over the group.")
def along_the_prompts(rewards, G, eps=1e-4, scale="group"):
    return _standardised(_refuse(rewards, G).view(-1, G), eps, scale, dim=0).flatten()


@mistake(
    "group_advantages",
    "All rewards of a group are equal and NaN comes back: one such group destroys the whole model.",
)
def without_epsilon(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, 0.0, scale)


FLOOR = "Where eps is large it shows: it is added to the deviation"


@mistake("group_advantages", FLOOR + ", and is no floor of it.")
def eps_as_a_floor(rewards, G, eps=1e-4, scale="group"):
    groups = _refuse(rewards, G).view(-1, G)
    centred = groups - groups.mean(dim=1, keepdim=True)
    return (centred / groups.std(dim=1, keepdim=True).clamp(min=eps) if scale == "group" else centred).flatten()


@mistake("group_advantages", FLOOR + ", not to the variance under the root.")
def eps_under_the_root(rewards, G, eps=1e-4, scale="group"):
    groups = _refuse(rewards, G).view(-1, G)
    centred = groups - groups.mean(dim=1, keepdim=True)
    return (centred / (groups.var(dim=1, keepdim=True) + eps).sqrt() if scale == "group" else centred).flatten()


@mistake("group_advantages", FLOOR + ", not its square to the variance under the root.")
def square_of_eps_under_the_root(rewards, G, eps=1e-4, scale="group"):
    return eps_under_the_root.implementation(rewards, G, eps**2, scale)


@mistake("group_advantages", FLOOR + ", and not to the advantages once they are divided.")
def eps_added_afterwards(rewards, G, eps=1e-4, scale="group"):
    if scale != "group":
        return group_advantages(rewards, G, eps, scale)
    return group_advantages(rewards, G, 1e-8, scale) + eps


@mistake("group_advantages", "Your advantages do not depend on eps.")
def eps_fixed(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, 1e-4, scale)


@mistake(
    "group_advantages", "The eps that you take is another one by default: where rewards lie close together it decides."
)
def another_eps_by_default(rewards, G, eps=1e-8, scale="group"):
    return group_advantages(rewards, G, eps, scale)


@mistake("group_advantages", 'You never divide by the deviation: scale="group", the default, asks for it.')
def never_scaled(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps, "none")


@mistake("group_advantages", 'Your function divides by the deviation although scale is "none".')
def always_scaled(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps)


@mistake("group_advantages", 'With scale="none" the rewards come back as they are: the mean is still subtracted.')
def nothing_subtracted(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps) if scale == "group" else rewards.detach().float()


@mistake("group_advantages", "The mean is not subtracted: a completion would be praised for the ease of its problem.")
def mean_left_in(rewards, G, eps=1e-4, scale="group"):
    groups = _refuse(rewards, G).view(-1, G)
    scaled = groups / (groups.std(dim=1, keepdim=True) + eps)
    return scaled.flatten() if scale == "group" else group_advantages(rewards, G, eps, scale)


@mistake("group_advantages", "Rewards that come as integers fail, or their mean is rounded: 0 and 1 are rewards, too.")
def integers_refused(rewards, G, eps=1e-4, scale="group"):
    _refuse(rewards, G)
    return _standardised(rewards.detach().view(-1, G), eps, scale).flatten()


@mistake("group_advantages", "Advantages of integer rewards are cut to integers.")
def integers_kept(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps, scale).to(rewards.dtype)


@mistake("group_advantages", "Rewards that are left over are dropped without a word; a ValueError is asked for.")
def rest_dropped(rewards, G, eps=1e-4, scale="group"):
    if G < 2:
        raise ValueError("groups of one")
    return group_advantages(rewards[: len(rewards) // G * G], G, eps, scale)


@mistake("group_advantages", "A group of one is accepted: there is nobody to compare with, and its deviation is NaN.")
def one_is_a_group(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps, scale) if G > 1 else torch.zeros(len(rewards))


@mistake(
    "group_advantages",
    "Groups of 0 end in a ZeroDivisionError: ask for the size of a group before you divide by it.",
)
def remainder_first(rewards, G, eps=1e-4, scale="group"):
    if len(rewards) % G != 0 or G < 2:
        raise ValueError("no groups")
    return group_advantages(rewards, G, eps, scale)


@mistake("group_advantages", INPUT_CHANGED)
def advantages_in_place(rewards, G, eps=1e-4, scale="group"):
    rewards.data.copy_(group_advantages(rewards, G, eps, scale))
    return rewards.detach().float()


@mistake("group_advantages", "The advantages carry a gradient: they are constants.")
def advantages_with_graph(rewards, G, eps=1e-4, scale="group"):
    _refuse(rewards, G)
    return _standardised(rewards.float().view(-1, G), eps, scale).flatten()


@mistake(
    "group_advantages", "A matrix comes back; one advantage for each row of the batch is asked for, in one vector."
)
def advantages_as_a_matrix(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps, scale).view(-1, G)


@mistake("group_advantages", "The advantages are those of ranks: how far apart the rewards are is lost.")
def ranks(rewards, G, eps=1e-4, scale="group"):
    order = _refuse(rewards, G).view(-1, G).argsort(dim=1).argsort(dim=1).float()
    return _standardised(order, eps, scale).flatten()


@mistake("group_advantages", "The best answer is the measure with you; the mean of the group is.")
def beside_the_best(rewards, G, eps=1e-4, scale="group"):
    groups = _refuse(rewards, G).view(-1, G)
    centred = groups - groups.amax(dim=1, keepdim=True)
    return (centred / (groups.std(dim=1, keepdim=True) + eps) if scale == "group" else centred).flatten()


@mistake("group_advantages", "Each reward is compared with the others without itself; that is RLOO (7.10), not GRPO.")
def leave_one_out(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps, scale) * G / (G - 1)


@mistake("group_advantages", "The sign is turned: the better answers get the negative advantages.")
def sign_of_advantages(rewards, G, eps=1e-4, scale="group"):
    return -group_advantages(rewards, G, eps, scale)


@mistake("group_advantages", ON_THE_CPU)
def advantages_on_the_cpu(rewards, G, eps=1e-4, scale="group"):
    return group_advantages(rewards, G, eps, scale) + torch.zeros(len(rewards))


# --- 7.6 completion_mask ----------------------------------------------------------------------------------------------


@mistake("completion_mask", "The end itself does not count with you: the model would never learn to stop.")
def end_left_out(ids, eos):
    return ((ids == eos).cumsum(dim=1) == 0).long()


@mistake("completion_mask", "Every token but the end counts, also what stands after the end.")
def all_but_the_end(ids, eos):
    return (ids != eos).long()


@mistake("completion_mask", "You stop at the last end; what stands after the first one is padding, even another end.")
def until_the_last_end(ids, eos):
    later = (ids == eos).flip(1).cumsum(dim=1).flip(1)
    return ((later > 0) | ((ids == eos).sum(dim=1, keepdim=True) == 0)).long()


@mistake("completion_mask", "Ones and zeros as int64 are asked for, not bool.")
def mask_of_bools(ids, eos):
    return completion_mask(ids, eos).bool()


@mistake("completion_mask", "Ones and zeros as int64 are asked for, not floats.")
def mask_of_floats(ids, eos):
    return completion_mask(ids, eos).float()


@mistake("completion_mask", "One token more than up to the end counts.")
def one_too_many(ids, eos):
    mask = completion_mask(ids, eos)
    return torch.cat([torch.ones_like(mask[:, :1]), mask[:, :-1]], dim=1)


@mistake("completion_mask", "The first end of the whole batch stops all rows; each row has its own.")
def first_end_of_the_batch(ids, eos):
    return completion_mask(ids, eos).amin(dim=0).expand_as(ids).clone()


@mistake("completion_mask", "A row that never ends does not count; it was cut off, and counts whole.")
def unended_rows_left_out(ids, eos):
    return completion_mask(ids, eos) * (ids == eos).any(dim=1, keepdim=True)


@mistake("completion_mask", "In a row that never ends only the first token counts: argmax of nothing is 0.")
def argmax_of_nothing(ids, eos):
    first = (ids == eos).int().argmax(dim=1, keepdim=True)
    return (torch.arange(ids.shape[1], device=ids.device) <= first).long()


@mistake(
    "completion_mask", "Tokens of the id 0 do not count with you: which tokens are padding is a matter of their place."
)
def zero_is_padding(ids, eos):
    return completion_mask(ids, eos) * (ids != 0)


@mistake("completion_mask", "The mask is turned around: 1 marks what counts.")
def mask_of_padding(ids, eos):
    return 1 - completion_mask(ids, eos)


@mistake("completion_mask", "Every token counts: what stands after the end is padding.")
def everything_counts(ids, eos):
    return torch.ones_like(ids)


@mistake("completion_mask", "The number of each row's tokens comes back; a mask of all places is asked for.")
def lengths(ids, eos):
    return completion_mask(ids, eos).sum(dim=1)


@mistake("completion_mask", INPUT_CHANGED)
def mask_in_place(ids, eos):
    mask = completion_mask(ids, eos)
    return ids.copy_(mask)


@mistake("completion_mask", ON_THE_CPU)
def mask_on_the_cpu(ids, eos):
    return completion_mask(ids, eos) * torch.ones(ids.shape, dtype=torch.int64)


# --- 7.7 completion_token_logps ---------------------------------------------------------------------------------------


@mistake(
    "completion_token_logps", "The logits at position t predict the token at t + 1; you score the token at t with them."
)
def not_shifted(logits, ids, C):
    return logits[:, -C:].log_softmax(dim=-1).gather(-1, ids[:, -C:].unsqueeze(-1)).squeeze(-1)


@mistake(
    "completion_token_logps", "Your tokens begin with the prompt's last one, and the completion's last is missing."
)
def one_too_early(logits, ids, C):
    both = logits[:, :-1].log_softmax(dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return both[:, -C - 1 : -1] if both.shape[1] > C else torch.cat([both[:, :1], both[:, :-1]], dim=1)


@mistake("completion_token_logps", "The shift goes the wrong way: position t says nothing about the token at t - 1.")
def shifted_backwards(logits, ids, C):
    return logits[:, -C:].log_softmax(dim=-1).gather(-1, ids[:, -C - 1 : -1].unsqueeze(-1)).squeeze(-1)


@mistake("completion_token_logps", "Probabilities come back; their logarithms are asked for.")
def token_probabilities(logits, ids, C):
    return completion_token_logps(logits, ids, C).exp()


@mistake("completion_token_logps", "The logits themselves come back: they are log-probabilities up to a constant only.")
def raw_logits(logits, ids, C):
    return logits[:, -C - 1 : -1].gather(-1, ids[:, -C:].unsqueeze(-1)).squeeze(-1)


TWO_STEPS = (
    "Minus infinity for an unlikely token (in double precision, too, where logits are 800 apart): take logarithm and "
    "softmax in one step."
)


@mistake("completion_token_logps", TWO_STEPS)
def log_of_softmax(logits, ids, C):
    return logits[:, -C - 1 : -1].softmax(dim=-1).gather(-1, ids[:, -C:].unsqueeze(-1)).squeeze(-1).log()


@mistake("completion_token_logps", TWO_STEPS)
def log_of_softmax_in_double(logits, ids, C):
    chosen = logits[:, -C - 1 : -1].double().softmax(dim=-1).gather(-1, ids[:, -C:].unsqueeze(-1))
    return chosen.squeeze(-1).log().float()


@mistake("completion_token_logps", "Logarithm and exponential one after the other: large logits overflow.")
def log_of_a_sum_of_exponentials(logits, ids, C):
    predicting = logits[:, -C - 1 : -1]
    return predicting.gather(-1, ids[:, -C:].unsqueeze(-1)).squeeze(-1) - predicting.exp().sum(dim=-1).log()


@mistake("completion_token_logps", "A small number is added before the logarithm: unlikely tokens all become alike.")
def log_of_softmax_plus(logits, ids, C):
    return (logits[:, -C - 1 : -1].softmax(dim=-1).gather(-1, ids[:, -C:].unsqueeze(-1)).squeeze(-1) + 1e-8).log()


@mistake("completion_token_logps", "The softmax runs along the positions; probabilities are over the vocabulary.")
def softmax_over_positions(logits, ids, C):
    return logits.log_softmax(dim=1)[:, -C - 1 : -1].gather(-1, ids[:, -C:].unsqueeze(-1)).squeeze(-1)


@mistake("completion_token_logps", "Prompt tokens come back as well; only the last C are asked for.")
def prompt_included(logits, ids, C):
    return logits[:, :-1].log_softmax(dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)


@mistake("completion_token_logps", "The first C tokens come back; the completion stands at the end.")
def first_tokens(logits, ids, C):
    return prompt_included.implementation(logits, ids, C)[:, :C]


@mistake("completion_token_logps", "One number for each row comes back: GRPO needs the tokens.")
def summed_over_tokens(logits, ids, C):
    return completion_token_logps(logits, ids, C).sum(dim=1)


@mistake("completion_token_logps", "An axis of the size 1 is left at the end: it would broadcast in the loss.")
def axis_left(logits, ids, C):
    return completion_token_logps(logits, ids, C).unsqueeze(-1)


@mistake("completion_token_logps", "Cross-entropy is minus the log-probability.")
def negative_logps(logits, ids, C):
    return -completion_token_logps(logits, ids, C)


@mistake("completion_token_logps", "No gradient reaches the logits: without it nothing is learned.")
def logps_without_graph(logits, ids, C):
    return completion_token_logps(logits, ids, C).detach()


@mistake(
    "completion_token_logps", "The log-probability of the likeliest token comes back, not of the one that was drawn."
)
def likeliest_token(logits, ids, C):
    return logits[:, -C - 1 : -1].log_softmax(dim=-1).amax(dim=-1)


@mistake("completion_token_logps", ON_THE_CPU)
def logps_on_the_cpu(logits, ids, C):
    return completion_token_logps(logits, ids, C) + torch.zeros(len(ids), C)


# --- 7.8 kl_k3 --------------------------------------------------------------------------------------------------------


@mistake("kl_k3", "Half of the square is the estimate k2: close for small steps only.")
def k2(logp, ref_logp):
    return 0.5 * (logp - ref_logp.detach()).pow(2)


@mistake("kl_k3", "The difference of the logarithms is the estimate k1: it can be negative, which no divergence is.")
def k1(logp, ref_logp):
    return logp - ref_logp.detach()


@mistake("kl_k3", "d is the wrong way round: the tokens come from the policy, so the ratio is reference to policy.")
def k3_turned_around(logp, ref_logp):
    d = logp - ref_logp.detach()
    return d.exp() - d - 1


@mistake("kl_k3", "The sign of d is turned in one of its two places.")
def k3_plus_d(logp, ref_logp):
    d = ref_logp.detach() - logp
    return d.exp() + d - 1


@mistake("kl_k3", "Equal policies have the divergence 1 with you: something has to be subtracted.")
def k3_without_one(logp, ref_logp):
    d = ref_logp.detach() - logp
    return d.exp() - d


@mistake("kl_k3", "exp(d) - 1 has the mean 0: without the second term nothing is measured.")
def k3_without_d(logp, ref_logp):
    return (ref_logp.detach() - logp).exp() - 1


@mistake("kl_k3", "The distance of the logarithms is no divergence: it does not grow with the square of small steps.")
def absolute_difference(logp, ref_logp):
    return (logp - ref_logp.detach()).abs()


@mistake("kl_k3", "The sign is turned: moving away from the reference would be rewarded.")
def k3_negated(logp, ref_logp):
    return -kl_k3(logp, ref_logp)


@mistake("kl_k3", "You weigh with the probabilities a second time: the tokens were drawn from the policy already.")
def k3_weighted(logp, ref_logp):
    return logp.exp() * (logp - ref_logp.detach())


@mistake("kl_k3", "Probabilities are subtracted where logarithms should be.")
def k3_of_probabilities(logp, ref_logp):
    d = ref_logp.detach().exp() - logp.exp()
    return d.exp() - d - 1


@mistake("kl_k3", "A mean comes back; one number for each token is asked for, since the loss still has to mask them.")
def k3_averaged(logp, ref_logp):
    return kl_k3(logp, ref_logp).mean()


@mistake("kl_k3", "One number for each completion comes back; one for each token is asked for.")
def k3_summed(logp, ref_logp):
    return kl_k3(logp, ref_logp).sum(dim=-1)


@mistake("kl_k3", "No gradient reaches the policy: as a penalty the term would do nothing.")
def k3_without_graph(logp, ref_logp):
    return kl_k3(logp, ref_logp).detach()


@mistake("kl_k3", GRADIENT_TO_REFERENCE)
def k3_gradient_to_the_reference(logp, ref_logp):
    d = ref_logp - logp
    return d.exp() - d - 1


@mistake("kl_k3", "Half of the gradient is missing: d is a constant in one of its two places.")
def k3_half_a_gradient(logp, ref_logp):
    d = ref_logp.detach() - logp
    return d.detach().exp() - d - 1


@mistake("kl_k3", "Estimates above a bound are cut off: a policy that is far away is not pulled back.")
def k3_clamped(logp, ref_logp):
    return kl_k3(logp, ref_logp).clamp(max=1.0)


@mistake("kl_k3", "Estimates above 10 are cut off, as some libraries do: a policy far away is not pulled back.")
def k3_clamped_at_ten(logp, ref_logp):
    return kl_k3(logp, ref_logp).clamp(-10, 10)


@mistake("kl_k3", ON_THE_CPU)
def k3_on_the_cpu(logp, ref_logp):
    return kl_k3(logp, ref_logp) + torch.zeros(logp.shape)


# --- 7.9 grpo_loss ----------------------------------------------------------------------------------------------------


def _tokens(logp, old_logp, ref_logp, adv, eps, beta, kl=kl_k3, ratio=None, smaller=torch.minimum):
    """The loss of each token, from pieces of which one may be wrong."""
    ratio = (logp - old_logp.detach()).exp() if ratio is None else ratio
    adv = adv.detach()
    adv = adv.unsqueeze(1) if adv.dim() == 1 else adv
    loss = -smaller(ratio * adv, ratio.clamp(1 - eps, 1 + eps) * adv)
    return loss + beta * kl(logp, ref_logp) if beta else loss


def _mean(loss, mask, agg="grpo"):
    mask = mask.bool()
    loss = loss.masked_fill(~mask, 0.0)
    if agg == "grpo":
        return (loss.sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()
    return loss.sum() / (mask.sum().clamp(min=1) if agg == "dapo" else mask.numel())


@mistake("grpo_loss", "Your loss changes when the padding grows: the mask is ignored.")
def mask_ignored(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, torch.ones_like(mask), eps, beta, agg)


@mistake("grpo_loss", "Padding is masked, and then counted: a row's sum is divided by C and not by its own tokens.")
def mean_with_padding(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, "dr_grpo" if agg == "grpo" else agg)


@mistake("grpo_loss", 'All tokens of the batch count alike: agg="grpo" averages within each completion first.')
def mean_of_all_tokens(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, "dapo" if agg == "grpo" else agg)


@mistake(
    "grpo_loss", "Your loss grows with the length of the completions: the tokens of a row are summed, not averaged."
)
def sum_over_tokens(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta)
    return (loss * mask).sum(dim=1).mean() if agg == "grpo" else _mean(loss, mask, agg)


@mistake("grpo_loss", "Your loss grows with the size of the batch: the mean over the completions is missing.")
def sum_over_completions(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, agg) * len(logp)


@mistake("grpo_loss", "agg is ignored: the mean is always that of GRPO.")
def always_the_mean_of_grpo(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta)


@mistake("grpo_loss", 'With "dr_grpo" you divide by the number of completions alone; B*C is asked for.')
def dr_grpo_by_rows(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, agg) * (mask.shape[1] if agg == "dr_grpo" else 1)


@mistake("grpo_loss", '"dapo" and "dr_grpo" are mixed up: which of them divides by a number that the mask decides?')
def means_mixed_up(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    other = {"dapo": "dr_grpo", "dr_grpo": "dapo"}.get(agg, agg)
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, other)


@mistake("grpo_loss", "The KL term is missing.")
def kl_left_out(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, None, adv, mask, eps, 0.0, agg)


@mistake("grpo_loss", "Moving away from the reference lowers your loss: the KL term has the wrong sign.")
def kl_rewarded(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, -beta, agg)


@mistake("grpo_loss", "The KL term is the plain difference of logarithms (k1) and not the k3 of task 7.8.")
def loss_with_k1(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, kl=k1.implementation), mask, agg)


@mistake("grpo_loss", "The KL term is the half square (k2) and not the k3 of task 7.8.")
def loss_with_k2(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, kl=k2.implementation), mask, agg)


@mistake("grpo_loss", "The KL term is that of the reference from the policy: d is the wrong way round.")
def loss_with_k3_turned_around(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, kl=k3_turned_around.implementation), mask, agg)


@mistake(
    "grpo_loss", "The KL term measures the distance to the old policy; the penalty is for leaving the reference model."
)
def kl_to_the_old_policy(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, old_logp if beta else None, adv, mask, eps, beta, agg)


@mistake("grpo_loss", "The ratio is taken to the reference model; it is the old policy that drew the completions.")
def ratio_to_the_reference(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, ref_logp if ref_logp is not None else old_logp, ref_logp, adv, mask, eps, beta, agg)


@mistake("grpo_loss", "The KL term is averaged over padding as well: it belongs inside of the mask.")
def kl_outside_the_mask(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = grpo_loss(logp, old_logp, None, adv, mask, eps, 0.0, agg)
    return loss + beta * kl_k3(logp, ref_logp).mean() if beta else loss


@mistake("grpo_loss", "The KL term changes nothing about the gradient: it is a constant with you.")
def kl_without_graph(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, kl=lambda p, q: kl_k3(p, q).detach()), mask, agg)


@mistake("grpo_loss", "The KL term is clipped along with the ratio: it is added after the minimum.")
def kl_inside_of_the_advantage(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    if not beta:
        return grpo_loss(logp, old_logp, None, adv, mask, eps, 0.0, agg)
    credited = adv.detach().unsqueeze(1) - beta * kl_k3(logp, ref_logp)
    return _mean(_tokens(logp, old_logp, None, credited, eps, 0.0), mask, agg)


@mistake("grpo_loss", "With beta = 0 the reference is read all the same, and there may be none.")
def reference_always_read(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, 0.0) + beta * kl_k3(logp, ref_logp), mask, agg)


@mistake("grpo_loss", "When the policy makes a token twice as likely your ratio is .5.")
def ratio_upside_down(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    ratio = (old_logp.detach() - logp).exp()
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, ratio=ratio), mask, agg)


@mistake("grpo_loss", "The ratio is a difference of logarithms with you; its exponential is missing.")
def ratio_of_logarithms(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, ratio=logp - old_logp.detach()), mask, agg)


@mistake(
    "grpo_loss", "The larger of the two terms is taken: with A > 0 and the ratio 1.5 your objective keeps growing."
)
def larger_of_the_two(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, smaller=torch.maximum), mask, agg)


@mistake(
    "grpo_loss",
    "With A < 0 your loss stops at 3 |A|: that is a dual clip (Ye et al. 2020), which some libraries have by default. "
    "Here the minimum alone decides, and its loss is 5 for the ratio 5 and A = -1.",
)
def dual_clip(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    ratio, a = (logp - old_logp.detach()).exp(), adv.detach().unsqueeze(1)
    loss = -torch.minimum(ratio * a, ratio.clamp(1 - eps, 1 + eps) * a)
    loss = torch.where(a < 0, torch.minimum(loss, -3 * a), loss)
    return _mean(loss + beta * kl_k3(logp, ref_logp) if beta else loss, mask, agg)


@mistake(
    "grpo_loss",
    "The smaller of the two ratios is taken, and multiplied with A then. For A < 0 the smaller product has the larger "
    "ratio: compare the products.",
)
def smaller_ratio(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    ratio = (logp - old_logp.detach()).exp()
    loss = -ratio.clamp(max=1 + eps) * adv.detach().unsqueeze(1)
    return _mean(loss + beta * kl_k3(logp, ref_logp) if beta else loss, mask, agg)


@mistake("grpo_loss", "Nothing is clipped.")
def nothing_clipped(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, 1e9, beta, agg)


@mistake("grpo_loss", "Only the clipped term is left: a step that went the wrong way can never be undone.")
def clipped_term_alone(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, smaller=lambda plain, clipped: clipped), mask, agg)


@mistake("grpo_loss", "The logarithm of the ratio is clipped; 1 - eps and 1 + eps are bounds of the ratio.")
def log_ratio_clipped(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    x, a = logp - old_logp.detach(), adv.detach().unsqueeze(1)
    loss = -torch.minimum(x.exp() * a, x.clamp(-eps, eps).exp() * a)
    return _mean(loss + beta * kl_k3(logp, ref_logp) if beta else loss, mask, agg)


@mistake("grpo_loss", "Your clip range does not depend on eps.")
def range_fixed(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, 0.2, beta, agg)


@mistake("grpo_loss", "Your weight of the KL term does not depend on beta.")
def beta_fixed(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, 0.04 if beta else 0.0, agg)


@mistake("grpo_loss", "A step down your loss makes good completions rarer: the objective is to be negated.")
def objective_not_negated(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return -grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, agg)


@mistake("grpo_loss", "The policy's term is to be negated as well; only the KL term has its sign.")
def policy_term_not_negated(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta)
    kl = beta * kl_k3(logp, ref_logp) if beta else 0.0
    return _mean(2 * kl - loss, mask, agg)


@mistake("grpo_loss", "The advantages run along the tokens: token t gets that of completion t. Each row has its own.")
def advantages_along_tokens(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    along = adv.detach().repeat(logp.shape[1])[: logp.shape[1]].unsqueeze(0)
    return _mean(_tokens(logp, old_logp, ref_logp, along, eps, beta), mask, agg)


@mistake("grpo_loss", GRADIENT_TO_OLD)
def gradient_to_the_old_policy(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, ratio=(logp - old_logp).exp()), mask, agg)


@mistake("grpo_loss", GRADIENT_TO_ADVANTAGES)
def gradient_to_the_advantages(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    ratio, a = (logp - old_logp.detach()).exp(), adv.unsqueeze(1)
    loss = -torch.minimum(ratio * a, ratio.clamp(1 - eps, 1 + eps) * a)
    return _mean(loss + beta * kl_k3(logp, ref_logp) if beta else loss, mask, agg)


@mistake("grpo_loss", GRADIENT_TO_REFERENCE)
def gradient_to_the_reference(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    kl = k3_gradient_to_the_reference.implementation
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, kl=kl), mask, agg)


@mistake("grpo_loss", "The ratio is a constant in yours: no gradient of the clipped term reaches the policy.")
def ratio_without_graph(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    ratio = (logp - old_logp).detach().exp()
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, ratio=ratio), mask, agg)


@mistake("grpo_loss", "There is no ratio in it: the log-probabilities are weighted as in REINFORCE.")
def loss_of_reinforce(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = -logp * adv.detach().unsqueeze(1)
    return _mean(loss + beta * kl_k3(logp, ref_logp) if beta else loss, mask, agg)


@mistake("grpo_loss", "The ratio is 1 in value, whatever the old policy was: nothing is ever clipped.")
def ratio_of_one(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return grpo_loss(logp, logp.detach(), ref_logp, adv, mask, eps, beta, agg)


@mistake("grpo_loss", "A completion without tokens gives NaN: 0 / 0 in its mean.")
def empty_row_is_nan(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta).masked_fill(~mask.bool(), 0.0)
    return (loss.sum(dim=1) / mask.sum(dim=1)).mean() if agg == "grpo" else _mean(loss, mask, agg)


@mistake("grpo_loss", "A completion without tokens gives NaN, and so does a batch without any: 0 / 0 in their means.")
def nothing_is_nan(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta) * mask
    if agg == "grpo":
        return (loss.sum(dim=1) / mask.sum(dim=1)).mean()
    return loss.sum() / (mask.sum() if agg == "dapo" else mask.numel())


@mistake("grpo_loss", 'A batch without any token gives NaN with "dapo": 0 / 0 in its mean.')
def empty_batch_is_nan(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta).masked_fill(~mask.bool(), 0.0)
    return loss.sum() / mask.sum() if agg == "dapo" else _mean(loss, mask, agg)


@mistake("grpo_loss", '"dapo" divides by one token more than there are: every loss is too small.')
def tokens_plus_one(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta).masked_fill(~mask.bool(), 0.0)
    return loss.sum() / (mask.sum() + 1) if agg == "dapo" else _mean(loss, mask, agg)


@mistake("grpo_loss", "Completions without tokens are left out of the mean: they count in it, as 0.")
def empty_rows_left_out(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    full = mask.bool().any(dim=1)
    if agg != "grpo" or not full.any():
        return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, agg)
    reference = ref_logp if ref_logp is None else ref_logp[full]
    return grpo_loss(logp[full], old_logp[full], reference, adv[full], mask[full], eps, beta, agg)


@mistake("grpo_loss", "One is added to every length: a completion's mean is a little too small.")
def length_plus_one(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta)
    return ((loss * mask).sum(dim=1) / (mask.sum(dim=1) + 1)).mean() if agg == "grpo" else _mean(loss, mask, agg)


@mistake("grpo_loss", "One ratio for each completion: that is GSPO (7.13). GRPO has one for each token.")
def ratio_of_the_completion(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    mean = ((logp - old_logp.detach()) * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True).clamp(min=1)
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta, ratio=mean.exp().expand_as(logp)), mask, agg)


@mistake("grpo_loss", "The loss of each completion comes back; their mean is asked for.")
def loss_of_each(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    loss = _tokens(logp, old_logp, ref_logp, adv, eps, beta) * mask
    return loss.sum(dim=1) / mask.sum(dim=1).clamp(min=1)


@mistake("grpo_loss", "The advantages are normalised once more: what was done within the groups is undone.")
def advantages_normalised(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    adv = (adv - adv.mean()) / (adv.std(correction=0) + 1e-8)
    return grpo_loss(logp, old_logp, ref_logp, adv, mask, eps, beta, agg)


@mistake("grpo_loss", ON_THE_CPU)
def loss_on_the_cpu(logp, old_logp, ref_logp, adv, mask, eps=0.2, beta=0.04, agg="grpo"):
    return _mean(_tokens(logp, old_logp, ref_logp, adv, eps, beta) + torch.zeros(logp.shape), mask, agg)


# --- bonus ------------------------------------------------------------------------------------------------------------


@mistake("rloo_advantages", "Each reward stands in its own baseline: the mean of the others is asked for.")
def mean_with_itself(rewards, G):
    return group_advantages(rewards, G, scale="none")


@mistake("rloo_advantages", "The advantages are divided by a deviation; RLOO divides by none.")
def rloo_scaled(rewards, G):
    return group_advantages(rewards, G) * G / (G - 1)


@mistake("rloo_advantages", "The sum of the others is divided by G; they are G - 1.")
def others_divided_by_G(rewards, G):
    groups = _refuse(rewards, G).view(-1, G)
    return (groups - (groups.sum(dim=1, keepdim=True) - groups) / G).flatten()


@mistake("rloo_advantages", "The others of the whole batch are the baseline; those of the group are.")
def others_of_the_batch(rewards, G):
    return rloo_advantages(_refuse(rewards, G), len(rewards))


@mistake("rloo_advantages", "Your groups are interleaved: the first G rewards are those of one prompt.")
def rloo_interleaved(rewards, G):
    return rloo_advantages(_refuse(rewards, G).view(G, -1).T.flatten(), G).view(-1, G).T.flatten()


@mistake("rloo_advantages", "The baseline itself comes back, not the reward beside it.")
def baseline_alone(rewards, G):
    groups = _refuse(rewards, G).view(-1, G)
    return ((groups.sum(dim=1, keepdim=True) - groups) / (G - 1)).flatten()


@mistake("rloo_advantages", "The advantages carry a gradient: they are constants.")
def rloo_with_graph(rewards, G):
    _refuse(rewards, G)
    groups = rewards.float().view(-1, G)
    return ((groups - groups.mean(dim=1, keepdim=True)) * G / (G - 1)).flatten()


@mistake("rloo_advantages", "A group of one is accepted: there are no others.")
def rloo_of_one(rewards, G):
    return rloo_advantages(rewards, G) if G > 1 else torch.zeros(len(rewards))


@mistake("rloo_advantages", "Rewards that are left over are dropped without a word; a ValueError is asked for.")
def rloo_rest_dropped(rewards, G):
    return rloo_advantages(rewards[: len(rewards) // G * G] if G > 1 else rewards, G)


@mistake("dr_grpo_loss", "The divisor is the length of this batch's longest completion; max_tokens is a constant.")
def divided_by_the_longest(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return dr_grpo_loss(logp, old_logp, rewards, mask, G, mask.shape[1], eps)


@mistake("dr_grpo_loss", "The advantages are divided by the deviation of their group, which Dr. GRPO leaves out.")
def dr_grpo_scaled(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    loss = grpo_loss(logp, old_logp, None, group_advantages(rewards, G), mask, eps, 0.0, "dr_grpo")
    return loss * mask.shape[1] / max_tokens


@mistake("dr_grpo_loss", "The divisor still depends on the length of each completion.")
def dr_grpo_by_length(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return grpo_loss(logp, old_logp, None, group_advantages(rewards, G, scale="none"), mask, eps, 0.0)


@mistake("dr_grpo_loss", "The divisor is the number of tokens; it is B * max_tokens.")
def dr_grpo_by_tokens(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return grpo_loss(logp, old_logp, None, group_advantages(rewards, G, scale="none"), mask, eps, 0.0, "dapo")


@mistake("dr_grpo_loss", "The number of completions is missing from the divisor.")
def dr_grpo_summed(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return dr_grpo_loss(logp, old_logp, rewards, mask, G, max_tokens, eps) * len(logp)


@mistake("dr_grpo_loss", "The rewards go in as they are: the mean of their group is to be subtracted.")
def rewards_for_advantages(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    loss = grpo_loss(logp, old_logp, None, rewards.detach().float(), mask, eps, 0.0, "dr_grpo")
    return loss * mask.shape[1] / max_tokens


@mistake("dr_grpo_loss", "Nothing is clipped.")
def dr_grpo_not_clipped(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return dr_grpo_loss(logp, old_logp, rewards, mask, G, max_tokens, 1e9)


@mistake("dr_grpo_loss", "Your clip range does not depend on eps.")
def dr_grpo_range_fixed(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return dr_grpo_loss(logp, old_logp, rewards, mask, G, max_tokens)


@mistake("dr_grpo_loss", "The mask is ignored.")
def dr_grpo_without_mask(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return dr_grpo_loss(logp, old_logp, rewards, torch.ones_like(mask), G, max_tokens, eps)


@mistake("dr_grpo_loss", "The sign is turned: an optimiser descends.")
def dr_grpo_not_negated(logp, old_logp, rewards, mask, G, max_tokens, eps=0.2):
    return -dr_grpo_loss(logp, old_logp, rewards, mask, G, max_tokens, eps)


@mistake("dapo_loss", "The range is as wide above as below.")
def symmetric_range(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return dapo_loss(logp, old_logp, adv, mask, eps_low, eps_low)


@mistake("dapo_loss", "Your range does not depend on eps_low and eps_high.")
def dapo_range_fixed(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return dapo_loss(logp, old_logp, adv, mask)


@mistake("dapo_loss", "With A < 0 your loss stops at 3 |A|: that is a dual clip; here the minimum alone decides.")
def dapo_dual_clip(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    ratio, a = (logp - old_logp.detach()).exp(), adv.detach().unsqueeze(1)
    loss = -torch.minimum(ratio * a, ratio.clamp(1 - eps_low, 1 + eps_high) * a)
    return _mean(torch.where(a < 0, torch.minimum(loss, -3 * a), loss), mask, "dapo")


@mistake("dapo_loss", "A batch without any token gives NaN: 0 / 0 in its mean.")
def dapo_of_nothing_is_nan(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return dapo_loss(logp, old_logp, adv, mask, eps_low, eps_high) / mask.any()


@mistake("dapo_loss", "The two bounds are swapped: it is the upper one that reaches further.")
def bounds_swapped(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return dapo_loss(logp, old_logp, adv, mask, eps_high, eps_low)


@mistake("dapo_loss", "Each completion counts alike, as in GRPO; DAPO averages over all tokens of the batch.")
def dapo_by_completion(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    ratio, a = (logp - old_logp.detach()).exp(), adv.detach().unsqueeze(1)
    return _mean(-torch.minimum(ratio * a, ratio.clamp(1 - eps_low, 1 + eps_high) * a), mask)


@mistake("dapo_loss", "The mean counts padding.")
def dapo_over_padding(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return dapo_loss(logp, old_logp, adv, mask, eps_low, eps_high) * mask.float().mean()


@mistake("dapo_loss", "The sign is turned: an optimiser descends.")
def dapo_not_negated(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return -dapo_loss(logp, old_logp, adv, mask, eps_low, eps_high)


@mistake("dapo_loss", "Nothing is clipped.")
def dapo_not_clipped(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    return dapo_loss(logp, old_logp, adv, mask, 1e9, 1e9)


@mistake("dapo_loss", GRADIENT_TO_OLD)
def dapo_gradient_to_old(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    ratio, a = (logp - old_logp).exp(), adv.detach().unsqueeze(1)
    return _mean(-torch.minimum(ratio * a, ratio.clamp(1 - eps_low, 1 + eps_high) * a), mask, "dapo")


@mistake("dapo_loss", GRADIENT_TO_ADVANTAGES)
def dapo_gradient_to_advantages(logp, old_logp, adv, mask, eps_low=0.2, eps_high=0.28):
    ratio, a = (logp - old_logp.detach()).exp(), adv.unsqueeze(1)
    return _mean(-torch.minimum(ratio * a, ratio.clamp(1 - eps_low, 1 + eps_high) * a), mask, "dapo")


@mistake("keep_informative", "Groups that teach nothing are kept, and the others left out.")
def keep_the_rest(rewards, G):
    return ~keep_informative(rewards, G)


@mistake("keep_informative", "Only solved groups are left out; one in which all are wrong teaches nothing, either.")
def solved_left_out(rewards, G):
    groups = rewards.view(-1, G)
    return ((groups != groups[:, :1]).any(dim=1) | (groups[:, 0] <= 0)).repeat_interleave(G)


@mistake("keep_informative", "Only failed groups are left out; one in which all are right teaches nothing, either.")
def failed_left_out(rewards, G):
    groups = rewards.view(-1, G)
    return (groups > groups.min()).any(dim=1).repeat_interleave(G)


@mistake("keep_informative", "One truth value for each group comes back; one for each row is asked for.")
def one_for_each_group(rewards, G):
    return keep_informative(rewards, G).view(-1, G)[:, 0]


@mistake("keep_informative", "The verdicts of the groups are repeated as a whole, and reach the rows of other groups.")
def verdicts_interleaved(rewards, G):
    return one_for_each_group.implementation(rewards, G).repeat(G)


@mistake(
    "keep_informative",
    "Whether a group has a spread is asked of a deviation, with a bound: a small spread teaches something, too.",
)
def informative_by_a_bound(rewards, G):
    return (rewards.float().view(-1, G).std(dim=1) > 1e-2).repeat_interleave(G)


@mistake("keep_informative", "Rows are left out one by one; a group is kept or left out as a whole.")
def rows_one_by_one(rewards, G):
    return rewards > rewards.view(-1, G).float().mean(dim=1).repeat_interleave(G)


@mistake("keep_informative", "Your groups are interleaved: the first G rewards are those of one prompt.")
def informative_interleaved(rewards, G):
    return keep_informative(rewards.view(G, -1).T.flatten(), G).view(-1, G).T.flatten()


@mistake("keep_informative", "Indices come back; a truth value for each row is asked for.")
def informative_indices(rewards, G):
    return keep_informative(rewards, G).nonzero().squeeze(1)


@mistake(
    "keep_informative", "Ones and zeros come back; bool is asked for: as integers they would be taken for indices."
)
def informative_integers(rewards, G):
    return keep_informative(rewards, G).long()


@mistake("gspo_loss", "The logarithms are summed over the tokens and not averaged: long completions have wild ratios.")
def length_not_divided(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    s, a = ((logp - old_logp.detach()) * mask).sum(dim=1).exp(), adv.detach()
    return -torch.minimum(s * a, s.clamp(1 - eps_low, 1 + eps_high) * a).mean()


@mistake("gspo_loss", "The mean of the tokens' ratios is not the ratio of the completion: the logarithms are averaged.")
def mean_of_ratios(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    s = ((logp - old_logp.detach()).exp() * mask).sum(dim=1) / mask.sum(dim=1)
    a = adv.detach()
    return -torch.minimum(s * a, s.clamp(1 - eps_low, 1 + eps_high) * a).mean()


@mistake("gspo_loss", "Each token has a ratio of its own: that is GRPO.")
def ratio_of_each_token(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    ratio, a = (logp - old_logp.detach()).exp(), adv.detach().unsqueeze(1)
    return _mean(-torch.minimum(ratio * a, ratio.clamp(1 - eps_low, 1 + eps_high) * a), mask)


@mistake("gspo_loss", "Padding is averaged along: the length is that of the completion.")
def mean_over_padding(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    s, a = ((logp - old_logp.detach()) * mask).mean(dim=1).exp(), adv.detach()
    return -torch.minimum(s * a, s.clamp(1 - eps_low, 1 + eps_high) * a).mean()


@mistake("gspo_loss", "The mask is ignored.")
def gspo_without_mask(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    return gspo_loss(logp, old_logp, adv, torch.ones_like(mask), eps_low, eps_high)


@mistake("gspo_loss", "Your range does not depend on eps_low and eps_high.")
def gspo_range_fixed(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    return gspo_loss(logp, old_logp, adv, mask)


@mistake("gspo_loss", "The range is as wide above as below.")
def gspo_symmetric_range(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    return gspo_loss(logp, old_logp, adv, mask, eps_low, eps_low)


@mistake("gspo_loss", "The two bounds are swapped.")
def gspo_bounds_swapped(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    return gspo_loss(logp, old_logp, adv, mask, eps_high, eps_low)


@mistake("gspo_loss", "Nothing is clipped.")
def gspo_not_clipped(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    return gspo_loss(logp, old_logp, adv, mask, 1e9, 1e9)


@mistake("gspo_loss", "The sign is turned: an optimiser descends.")
def gspo_not_negated(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    return -gspo_loss(logp, old_logp, adv, mask, eps_low, eps_high)


@mistake("gspo_loss", GRADIENT_TO_OLD)
def gspo_gradient_to_old(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    s, a = (((logp - old_logp) * mask).sum(dim=1) / mask.sum(dim=1)).exp(), adv.detach()
    return -torch.minimum(s * a, s.clamp(1 - eps_low, 1 + eps_high) * a).mean()


@mistake("gspo_loss", "Completions are weighted by their length; each counts alike.")
def gspo_by_tokens(logp, old_logp, adv, mask, eps_low=3e-4, eps_high=4e-4):
    s = (((logp - old_logp.detach()) * mask).sum(dim=1) / mask.sum(dim=1)).exp()
    a = adv.detach()
    terms = -torch.minimum(s * a, s.clamp(1 - eps_low, 1 + eps_high) * a)
    return (terms * mask.sum(dim=1)).sum() / mask.sum()
