"""A toy of these tests' own, another world for a language model: it is trained, asked and judged by the same code."""

import random
from pathlib import Path

import pytest
import torch

from labs.common.errors import CannotUse
from labs.common.evaluation import evaluate
from labs.common.language_model import ModelUnavailable, completion_ids, load, load_trained, prompt_ids, texts
from labs.common.toys import arithmetic, make
from labs.common.toys.toy import Row, Toy, toy_named

WORDS = ("cat", "dog", "owl", "fox")


class GreetingRow(Row):
    """With a column that its judge asks for."""

    animal: str


def row(animal: str) -> GreetingRow:
    return {
        "problem": animal,
        "solution": f"hello {animal}",
        "messages": [{"role": "user", "content": animal}, {"role": "assistant", "content": f"hello {animal}"}],
        "animal": animal,
    }


def politely(animal: str, dice: random.Random) -> str:
    return f"hello {animal}"


def rudely(animal: str, dice: random.Random) -> str:
    return animal


@pytest.fixture
def greetings(tmp_path: Path) -> Toy[str]:
    """Animals are greeted: politely, but for the fox."""
    return Toy(
        folder=tmp_path / "greetings",
        problems=lambda: (WORDS[:3], WORDS[3:]),
        row=row,
        gold=lambda row: row["solution"],
        styles=lambda animal: {rudely: 1.0} if animal == "fox" else {politely: 0.9, rudely: 0.1},
        judges={
            "polite": lambda text, row: text.startswith("hello "),
            "named": lambda text, row: text.endswith(row["animal"]),
        },
        vocabulary=("<pad>", "<bos>", "<eos>", "hello", " ", *WORDS),
        split="hello|cat|dog|owl|fox|.",
        template=arithmetic.TOY.template.replace("'='", "' '"),
        width=32,
        positions=16,
        new_tokens=4,
        steps=200,
    )


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_a_toy_is_trained_saved_asked_and_judged(greetings: Toy[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    tokenizer, model = make.make_tokenizer(greetings), make.make_model(greetings)
    training, held_out = greetings.rows()
    assert [row["problem"] for row in held_out] == ["fox"]
    before = evaluate(greetings, model, tokenizer, training, samples=20)
    losses = make.train(greetings, model, tokenizer)
    assert len(losses) == greetings.steps
    assert losses[-1] < losses[0] / 2
    after = evaluate(greetings, model, tokenizer, training, samples=20)
    assert after.keys() == {"polite", "named"}, "its own judges"
    assert before["polite"].mean < 0.5
    assert 0.8 < after["polite"].mean < 1, "nine of ten answers that it was shown are polite"
    assert after["named"].mean > 0.8

    make.save(model, tokenizer, greetings.folder)
    again, its_tokenizer = load(greetings)
    assert evaluate(greetings, again, its_tokenizer, training, samples=20) == after
    trained, _ = load_trained(greetings, model.state_dict())
    assert all(torch.equal(*pair) for pair in zip(trained.parameters(), model.parameters(), strict=True))


def test_its_texts_survive_its_tokenizer(greetings: Toy[str]) -> None:
    tokenizer = make.make_tokenizer(greetings)
    ids = completion_ids(tokenizer, "hello owl")
    assert len(ids) == 4
    assert texts(tokenizer, torch.tensor([ids])) == ["hello owl"]
    assert tokenizer.decode(prompt_ids(tokenizer, "owl")) == "<bos>owl "


def test_a_problem_decides_in_which_styles_it_is_answered(greetings: Toy[str]) -> None:
    dice = random.Random(0)
    assert {make.drawn_answer(greetings, "fox", dice) for _ in range(50)} == {"fox"}
    assert {make.drawn_answer(greetings, "cat", dice) for _ in range(50)} == {"hello cat", "cat"}


def test_a_model_that_was_not_made_yet_ends_in_a_sentence(greetings: Toy[str]) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load(greetings, "tiny")


def test_toys_are_found_by_the_names_of_their_modules() -> None:
    assert toy_named("arithmetic") is arithmetic.TOY
    for name in ("algebra", "make"):
        with pytest.raises(CannotUse, match=f"there is no toy '{name}'; the toys are arithmetic"):
            toy_named(name)
