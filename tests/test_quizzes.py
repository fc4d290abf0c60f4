"""The quizzes of all labs: nothing but the question says which option is right."""

import itertools
import re
from collections import Counter

import pytest

from grader.lab import Lab, lab_folders, quiz, read_lab, solutions_folder

LABS = [lab for folder in lab_folders(solutions_folder()) if (lab := read_lab(folder)).manifest.quiz]
KEYS = {lab.name: list(quiz.read_key(lab).values()) for lab in LABS}
LETTERS = "abcd"


def options_of(lab: Lab) -> list[list[str]]:
    """The options of each question, as the handout has them."""
    text = lab.path("README.md").read_text(encoding="utf-8").partition("## Quiz")[2].partition("\n## ")[0]
    questions = re.split(r"^\*\*\d+\.\*\*", text, flags=re.MULTILINE)[1:]
    return [
        [" ".join(option.split()) for option in re.split(r"^\* [a-d]\) ", question, flags=re.MULTILINE)[1:]]
        for question in questions
    ]


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_question_has_options_of_a_length(lab: Lab) -> None:
    assert [len(options) for options in options_of(lab)] == [len(LETTERS)] * len(KEYS[lab.name])
    for options in options_of(lab):
        lengths = [len(option) for option in options]
        assert max(lengths) <= 1.4 * min(lengths) + 10, options


def test_no_letter_and_no_length_is_right_more_often_than_by_chance() -> None:
    right = Counter(letter for key in KEYS.values() for letter in key)
    chance = sum(right.values()) / len(LETTERS)
    assert all(abs(right[letter] - chance) < 2 for letter in LETTERS), right
    longest = shortest = 0
    for lab in LABS:
        for options, letter in zip(options_of(lab), KEYS[lab.name], strict=True):
            lengths = [len(option) for option in options]
            this = lengths[LETTERS.index(letter)]
            longest += this == max(lengths) and lengths.count(this) == 1
            shortest += this == min(lengths) and lengths.count(this) == 1
    assert abs(longest - chance) < 4 and shortest < chance + 4, (longest, shortest)


def test_the_key_of_no_lab_answers_another() -> None:
    for one, other in itertools.combinations(KEYS.values(), 2):
        assert sum(a == b for a, b in zip(one, other, strict=False)) <= 2
    assert max(key.count(letter) for key in KEYS.values() for letter in LETTERS) <= 2
