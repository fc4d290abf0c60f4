"""quiz.json: its form, which a student can check, and its key, which only an instructor has."""

import json
from pathlib import Path

from grader import codes
from grader.lab.loading import Broken
from grader.lab.manifest import Lab, Quiz

FILE = "quiz.json"


def read_answers(folder: Path, quiz: Quiz) -> dict[str, str | None]:
    """The answer to each question, None where it is open; Broken, in words, where the file has another form."""
    path = folder / FILE
    if not path.is_file():
        raise Broken(codes.FILE_MISSING(file=FILE))
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Broken(codes.NOT_JSON(file=FILE, message=str(error))) from None
    if not isinstance(data, dict):
        raise Broken(codes.ANSWERS_WANTED(file=FILE))
    answers: dict[str, str | None] = {}
    unreadable = []
    for number in question_numbers(quiz):
        answer = data.get(number)
        if isinstance(answer, str):
            answer = answer.strip().lower()
        if answer in (None, ""):
            answers[number] = None
        elif isinstance(answer, str) and len(answer) == 1 and answer in quiz.choices:
            answers[number] = answer
        else:
            unreadable.append(number)
    if unreadable:
        raise Broken(codes.CHOICES_WANTED(file=FILE, questions=unreadable, choices=list(quiz.choices)))
    return answers


def question_numbers(quiz: Quiz) -> list[str]:
    return [str(number) for number in range(1, quiz.questions + 1)]


def blank(quiz: Quiz) -> str:
    """The quiz.json that students get."""
    return json.dumps(dict.fromkeys(question_numbers(quiz)), indent=1) + "\n"


def read_key(lab: Lab) -> dict[str, str]:
    """The key, from an instructor's copy; every question has to have its letter."""
    assert lab.manifest.quiz is not None
    key = read_answers(lab.folder, lab.manifest.quiz)
    open_questions = [number for number, answer in key.items() if answer is None]
    if open_questions:
        raise Broken(codes.KEY_LACKS(file=str(lab.folder / FILE), questions=open_questions))
    return {number: answer for number, answer in key.items() if answer is not None}
