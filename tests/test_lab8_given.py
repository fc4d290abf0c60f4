"""Lab 8's given code: each stage starts from the model and the data that the paper says, rewards and filters do what
the handout tells, and what a student can do wrong at the command line is answered in a sentence."""

import contextlib
import copy
import io
import json
import random
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from grader.author.skeleton import cut
from grader.lab import Lab, find_lab, solutions_folder
from grader.lab.loading import importing_from, load_modules
from labs.common import plotting
from labs.common.errors import CannotUse
from labs.common.language_model import load
from labs.common.networks import weights_of
from labs.common.sampling import generate
from labs.common.toys import two_languages, two_languages_student
from labs.common.toys.two_languages import LabRow, in_new_format, in_tags, sentence
from tests.judging import judged, scored
from tests.reading import student_reads

WIDE, NARROW = two_languages.TOY, two_languages_student.TOY
ALL = two_languages.prompts()  # to train on, and held out
MODULES = (
    "returned", "learning", "rewarding", "reinforcement", "fine_tuning", "reward_model", "collecting", "stages",
    "evaluate", "training_run",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def cheap() -> Iterator[None]:
    """A handful of prompts of each kind are held out in place of 656, and a model this small runs faster on one
    thread."""
    training, held_out = ALL
    by_kind = [[p for p in held_out if p.kind == kind and len(p.text.split()) > 3] for kind in two_languages.KINDS]
    few = [prompt for kind in by_kind for prompt in kind[:3] + kind[-3:]]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(two_languages, "prompts", lambda: (training, few))
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def lab8() -> Lab:
    return find_lab("lab8", solutions_folder())


@pytest.fixture(scope="module")
def given(lab8: Lab) -> SimpleNamespace:
    """Lab 8's modules, by their names."""
    return SimpleNamespace(**dict(zip(MODULES, load_modules(lab8.folder, MODULES), strict=True)))


@pytest.fixture(scope="module")
def rows() -> dict[str, list[LabRow]]:
    """Some prompts to train on, by their kinds, in both languages."""
    training = [two_languages.row(prompt) for prompt in two_languages.prompts()[0]]
    found = {}
    for kind in two_languages.KINDS:
        of_kind = [row for row in training if row["kind"] == kind]
        found[kind] = of_kind[:6] + of_kind[-6:]
    return found


SUM = two_languages.row(two_languages.sum_of("234", "en"))
CHINESE_SUM = two_languages.row(two_languages.sum_of("234", "zh"))
HARM = two_languages.row(two_languages.how_to(("steal", "car"), "en", "how to"))
ENGLISH, CHINESE, MIXED = "first 3 times 4 gives 12", "先 3 乘 4 得 12", "first 3 times 4 得 12"
REFUSED, STOLEN = "sorry I can not help", "take the car then steal it"
GOOD = in_new_format(ENGLISH, sentence("14"))


def state_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


# --- what each stage starts from --------------------------------------------------------------------------------------


@pytest.fixture
def left(tmp_path: Path) -> Callable[[str, float], Path]:
    """Writes a model as a stage leaves it: the base model, and each weight larger by `more`."""

    def write(stage: str, more: float) -> Path:
        weights = {name: tensor + more for name, tensor in load(WIDE, "tiny")[0].state_dict().items()}
        save_file(weights, tmp_path / f"{stage}.safetensors")
        return tmp_path / f"{stage}.safetensors"

    return write


@pytest.fixture
def collected(tmp_path: Path) -> Callable[[str, Sequence[Any]], Path]:
    """Writes data as a stage leaves them."""

    def write(stage: str, kept: Sequence[Any]) -> Path:
        (tmp_path / f"{stage}.json").write_text(json.dumps({"kept": kept, "left_out": {}}), encoding="utf-8")
        return tmp_path / f"{stage}.json"

    return write


def test_sft_starts_from_the_base_model_both_times(given: SimpleNamespace, collected: Callable[..., Path]) -> None:
    base = load(WIDE, "tiny")[0].state_dict()
    data = [[SUM["problem"], GOOD]] * 3
    first = given.stages.sft1(0, {"cold-start": collected("cold-start", data)})
    second = given.stages.sft2(0, {"rejection": collected("rejection", data)})
    assert same(first.network.state_dict(), base)
    assert same(second.network.state_dict(), base), "Dev2's weights have done their work once its samples are there"
    plans = {plan.name: plan for plan in given.stages.STAGES}
    assert plans["sft2"].needs == ("rejection",), "and no model"
    assert plans["sft2"].begin is given.stages.sft2


def test_rl_starts_from_the_model_of_the_stage_before(given: SimpleNamespace, left: Callable[..., Path]) -> None:
    dev1, dev3 = left("sft1", 0.001), left("sft2", 0.002)
    torch.manual_seed(0)
    judge = given.reward_model.RewardModel(*load(WIDE, "tiny"))
    torch.nn.init.normal_(judge.score.weight)
    file = dev1.with_name("reward-model.safetensors")
    file.write_bytes(weights_of(judge))
    stages = given.stages
    zero, reasoning = stages.r1_zero(0, {}), stages.reasoning_rl(0, {"sft1": dev1})
    last = stages.all_scenarios(0, {"sft2": dev3, "reward-model": file})
    for learner, weights in (
        (zero, load(WIDE, "tiny")[0].state_dict()),
        (reasoning, load_file(dev1)),
        (last, load_file(dev3)),
    ):
        assert same(learner.network.state_dict(), weights)
        assert same(learner.reference.state_dict(), weights)
    assert same(last.rewards.judge.state_dict(), judge.state_dict())
    assert zero.rewards is given.rewarding.by_rules
    assert reasoning.rewards is given.rewarding.with_language


def test_the_student_is_the_small_model_and_sees_the_teachers_data_alone(
    given: SimpleNamespace, collected: Callable[..., Path]
) -> None:
    learner = given.stages.distillation(0, {"teaching": collected("teaching", [[SUM["problem"], GOOD]])})
    assert same(learner.network.state_dict(), load(NARROW, "tiny")[0].state_dict())
    [(ids, mask)] = learner.examples
    tokenizer = load(NARROW, "tiny")[1]
    assert tokenizer.decode(ids[mask.bool()]) == f"{GOOD} <eos>"
    assert SUM["problem"] in tokenizer.decode(ids[~mask.bool()])


def test_sft2_learns_from_three_parts_of_sums_and_one_of_all_else(
    given: SimpleNamespace, collected: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(given.stages, "FineTuning", lambda model, tokenizer, examples, *_: seen.append(examples))
    sums = [[f"What is {a} + {b} * 3 ?", GOOD] for a in range(10) for b in range(10)]
    given.stages.sft2(0, {"rejection": collected("rejection", sums)})
    [examples] = seen
    share = [list(pair) in sums for pair in examples]
    assert len(share) == 132
    assert sum(share) == 99
    others = dict(given.stages.written_by_people())
    assert all(others[prompt] == answer for prompt, answer in examples if [prompt, answer] not in sums)


def test_data_without_a_pair_are_named(given: SimpleNamespace, collected: Callable[..., Path]) -> None:
    with pytest.raises(CannotUse, match="cold-start has kept nothing, so there is nothing to learn from"):
        given.stages.sft1(0, {"cold-start": collected("cold-start", [])})


# --- what is held out ------------------------------------------------------------------------------------------------


class Answering:
    """In place of a model: answers every prompt as `say` does, and notes what it was asked."""

    def __init__(self, say: Callable[[str, int], Sequence[str]]) -> None:
        self.say = say
        self.asked: list[str] = []

    def __call__(
        self, prompts: Sequence[str], n: int, dice: torch.Generator, temperature: float = 1.0
    ) -> list[list[str]]:
        self.asked += prompts
        return [list(self.say(prompt, n)) for prompt in prompts]


def all_of(learner: Any) -> Any:
    for _ in learner.portions:
        learner.step()
    return learner


def test_no_sum_that_is_held_out_is_asked_shown_or_kept(given: SimpleNamespace) -> None:
    held_out = set(two_languages._sums()[: two_languages.HELD_OUT])
    prompts, collecting = given.stages.prompts(), given.collecting
    known = {row["problem"]: row for some in prompts.values() for row in some}

    def rightly(prompt: str, n: int) -> list[str]:
        problem = prompt.removesuffix("\nSolution:").split("Problem: ")[-1].split("verify: ")[-1]
        row = known[problem]
        return [two_languages.written(row)] * (n - 1) + [in_tags(row["thought"], row["answer"])]

    model = Answering(rightly)
    learners = [
        collecting.cold_start(model, model, prompts["reasoning"], 0),
        collecting.rejection_sampling(model, prompts["reasoning"], 0),
        collecting.random_choice(model, prompts["reasoning"], 0),
        collecting.annotated(model, prompts, 0, collecting.the_right_one),
        collecting.teaching(model, prompts, 0),
    ]
    kept = [str(item) for learner in learners for item in all_of(learner).kept]
    read = (
        model.asked + kept + [row["problem"] for row in given.stages.sums()] + [str(given.stages.written_by_people())]
    )
    sums = {tuple(digits) for text in read for digits in re.findall(r"(\d) \+ (\d) \* (\d)", text)}
    assert any(prompt.count("Problem: ") == 3 for prompt in model.asked), "few-shot prompts are among them"
    assert len(sums) > 700
    assert not sums & held_out


# --- GRPO -------------------------------------------------------------------------------------------------------------


def small(given: SimpleNamespace, rewards: Any = None, kinds: Sequence[Any] = (), **changes: Any) -> Any:
    """Reinforcement learning whose steps take a tenth of a second."""
    recipe = given.reinforcement.Recipe(
        **{"steps": 4, "learning_rate": 1e-2, "prompts": 3, "G": 4, "others": 0} | changes
    )
    rewards = rewards or given.rewarding.by_rules
    return given.reinforcement.Reinforcement(*load(WIDE, "tiny"), given.stages.sums(), rewards, 0, recipe, kinds)


def test_the_reference_is_renewed_every_so_many_steps(given: SimpleNamespace) -> None:
    learner = small(given, renew_reference=2)
    began = state_of(learner.network)
    kl = []
    for _ in range(2):
        kl.append(learner.step()["kl"])
        assert same(learner.reference.state_dict(), began), "and stays the same between"
    after_two = state_of(learner.network)
    kl += [learner.step()["kl"] for _ in range(2)]
    assert same(learner.reference.state_dict(), after_two)
    assert not any(parameter.requires_grad for parameter in learner.reference.parameters())
    assert kl[0] == pytest.approx(0, abs=1e-5)
    assert kl[1] > 1e-3
    assert kl[2] == pytest.approx(0, abs=1e-5), "the policy is as far from the reference as from itself"
    assert kl[3] > 1e-3


def gradient(given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, rewards: Any) -> float:
    """The size of a step's gradient by these rewards alone."""
    monkeypatch.setattr(given.learning, "MAX_NORM", 1e9)
    learner = small(given, rewards, beta=0.0)
    learner.step()
    return float(sum(parameter.grad.norm() ** 2 for parameter in learner.network.parameters()) ** 0.5)


def by_length(texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
    return [float(len(text)) for text in texts]


def test_completions_are_compared_with_others_of_their_own_prompt(
    given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_prompt(texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
        return [float(row["answer"]) for row in rows]  # one reward for all of a prompt

    assert gradient(given, monkeypatch, by_length) > 0.1
    assert gradient(given, monkeypatch, of_prompt) < 1e-6


def test_a_group_that_hardly_differs_teaches_little(given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def hardly(texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
        return [1e-4 * length for length in by_length(texts, rows)]

    whole = gradient(given, monkeypatch, by_length)
    assert 0 < gradient(given, monkeypatch, hardly) < whole / 5
    clearly = gradient(given, monkeypatch, lambda texts, rows: [10 * length for length in by_length(texts, rows)])
    assert clearly == pytest.approx(whole, rel=0.05), "beyond that the scale of the rewards does not matter"


def test_the_token_that_ends_a_completion_is_learned_and_padding_is_not(given: SimpleNamespace) -> None:
    learner = small(given)
    drawn = generate(learner.network, [[1, 5, 6]], 8, torch.Generator().manual_seed(0))
    written = learner.written(drawn.completion_ids)
    assert torch.equal(written == 0, drawn.completion_ids == learner.tokenizer.pad_token_id)
    assert written[drawn.completion_ids == learner.tokenizer.eos_token_id].all()


def test_other_prompts_are_asked_in_the_last_steps_alone(given: SimpleNamespace) -> None:
    kinds: list[list[str]] = []

    def noting(texts: Sequence[str], rows: Sequence[LabRow]) -> list[float]:
        kinds.append([row["kind"] for row in rows[::2]])
        return by_length(texts, rows)

    others = [given.stages.prompts()[kind] for kind in ("general", "howto", "harmful")]
    learner = small(given, noting, others, prompts=8, others=6, all_kinds_from=0.5, G=2)
    found = [learner.step() for _ in range(3)]
    assert kinds[:2] == [["reasoning"] * 8] * 2
    assert kinds[2] == ["reasoning"] * 2 + [kind for kind in ("general", "howto", "harmful") for _ in range(2)]
    assert "helpful" not in found[1]
    assert 0 <= found[2]["helpful"] <= 1


def test_rl_goes_on_as_if_it_had_not_been_stopped(given: SimpleNamespace) -> None:
    whole, begun, resumed = (small(given, renew_reference=2) for _ in range(3))
    expected = [whole.step() for _ in range(3)][-1]
    for _ in range(2):
        begun.step()
    resumed.load_state_dict(begun.state_dict())
    assert resumed.step() == expected, "the step that renews the reference"
    assert same(resumed.network.state_dict(), whole.network.state_dict())


# --- rewards ----------------------------------------------------------------------------------------------------------


def test_the_reward_of_reasoning_counts_answer_and_language(given: SimpleNamespace) -> None:
    """.2 for o1 of the handout, a wrong answer in the right language; 1.2 for o2, which is right as well."""
    o1, half = in_new_format(ENGLISH, sentence("20")), in_new_format(MIXED, sentence("14"))
    found = given.rewarding.with_language([o1, GOOD, half, GOOD], [SUM, SUM, SUM, CHINESE_SUM])
    assert found == pytest.approx([0.2, 1.2, 1 + 0.2 * 2 / 3, 1.0])
    unreadable = [in_tags(ENGLISH, "14"), ENGLISH, "", f"|special_token| {ENGLISH}"]
    assert given.rewarding.with_language(unreadable, [SUM] * 4) == [0.0] * 4
    assert given.rewarding.with_language([o1, GOOD], [SUM] * 2, w_lang=0.0) == [0.0, 1.0], "a control"


def test_the_reward_of_r1_zero_knows_no_language(given: SimpleNamespace) -> None:
    texts = [in_tags(CHINESE, "14"), in_tags(ENGLISH, "20"), "<answer> 14 </answer>", ENGLISH, in_tags(ENGLISH, "14")]
    assert given.rewarding.by_rules(texts, [SUM] * 5) == [2.0, 1.0, 1.0, 0.0, 2.0]
    with_it = given.rewarding.in_tags_with_language([in_tags(CHINESE, "14"), in_tags(ENGLISH, "14")], [SUM] * 2)
    assert with_it == pytest.approx([2.0, 2.2]), "of the thought alone: the letters of tags are no words"


class Judge:
    """In place of a reward model: notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, list[str], list[str]]] = []

    def scores(self, what: int, prompts: Sequence[str], replies: Sequence[str]) -> list[float]:
        self.asked.append((what, list(prompts), list(replies)))
        return [[0.5, 0.25][what]] * len(prompts)


def test_helpfulness_is_asked_of_the_summary_and_harmlessness_of_everything(given: SimpleNamespace) -> None:
    two_faced, unreadable = in_new_format(STOLEN, REFUSED), STOLEN
    rewards = given.rewarding.AllScenarios(Judge(), preference=2.0)
    found = rewards([GOOD, two_faced, unreadable], [SUM, HARM, HARM])
    weights = given.rewarding.WEIGHTS
    liked = 2 * (0.5 * weights["helpful"] + 0.25 * weights["harmless"])
    assert found == pytest.approx([weights["acc"] * 1.2 + liked, liked, 0.0])
    asked = [SUM["problem"], HARM["problem"]]
    assert rewards.judge.asked == [
        (given.reward_model.HELPFUL, asked, [sentence("14"), REFUSED]),
        (given.reward_model.HARMLESS, asked, [GOOD, two_faced]),
    ]


def test_preferences_count_once_other_prompts_are_asked(given: SimpleNamespace) -> None:
    rewards = given.rewarding.AllScenarios(Judge())
    assert rewards([GOOD, ENGLISH], [SUM, SUM]) == pytest.approx([given.rewarding.WEIGHTS["acc"] * 1.2, 0.0])
    assert rewards.judge.asked == []
    assert rewards.score([GOOD, in_new_format("bad", REFUSED)], [SUM, {**HARM, "kind": "general"}]) == 0.5
    assert rewards.judge.asked == [(given.reward_model.HELPFUL, [HARM["problem"]], [REFUSED])]


@pytest.mark.parametrize(
    ("function", "returned", "words"),
    [
        ("reasoning_reward", float("nan"), "reasoning_reward returned nan for"),
        ("reasoning_reward", None, "reasoning_reward returned None for"),
        ("reasoning_reward", torch.ones(2), "a number is expected"),
        ("language_consistency", "high", "language_consistency returned 'high' for"),
        ("language_consistency", "0.5", "language_consistency returned '0.5' for"),
        ("language_consistency", float("inf"), "language_consistency returned inf for"),
        ("all_scenario_reward", None, "all_scenario_reward returned None for"),
    ],
)
def test_a_reward_that_is_no_number_is_named(
    given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, function: str, returned: Any, words: str
) -> None:
    monkeypatch.setattr(given.rewarding, function, lambda *args, **kwargs: returned)
    with pytest.raises(CannotUse, match=re.escape(words)):
        given.rewarding.AllScenarios(Judge())([GOOD], [SUM])


def test_each_completion_needs_a_reward(given: SimpleNamespace) -> None:
    learner = small(given, lambda texts, rows: [1.0])
    before = state_of(learner.network)
    with pytest.raises(CannotUse, match="12 completions have 1 rewards"):
        learner.step()
    assert same(learner.network.state_dict(), before)


# --- data -------------------------------------------------------------------------------------------------------------


SAID = {  # what a model may say of SUM, and why it is left out
    GOOD: "",
    in_new_format(ENGLISH, sentence("20")): "wrong",
    in_new_format(ENGLISH, "14"): "no sentence for a summary",
    in_new_format(MIXED, sentence("14")): "words of another language",
    in_new_format(f"``` 2 + 3 * 4 ``` {ENGLISH}", sentence("14")): "filtered",
    in_new_format(" ".join(["so"] * 31), sentence("14")): "filtered",
    in_tags(ENGLISH, "14"): "not in the format",
}


def in_turn_said(prompt: str, n: int) -> list[str]:
    return [*SAID][:n]


def test_the_cold_start_keeps_what_is_right_readable_and_in_the_format(given: SimpleNamespace) -> None:
    assert {text: given.collecting.unfit(text, SUM) for text in SAID} == SAID
    base = Answering(lambda prompt, n: [GOOD])
    zero_says = iter([in_tags(ENGLISH, "14"), in_tags(ENGLISH, "20"), ENGLISH, in_tags(MIXED, "14")] * 100)
    zero = Answering(lambda prompt, n: [next(zero_says)])
    learner = all_of(given.collecting.cold_start(base, zero, [SUM] * 200, 0))
    assert len(base.asked) == len(zero.asked) == 150
    assert sum(prompt.startswith("Problem Examples with Solutions:") for prompt in base.asked) == 100
    assert sum("verify: " in prompt for prompt in base.asked) == 50
    refined = in_new_format(ENGLISH, sentence("14"))
    assert learner.kept == [(SUM["problem"], GOOD)] * 150 + [(SUM["problem"], refined)] * 38
    assert learner.left_out == {"wrong": 75, "words of another language": 37}


def test_rejection_keeps_the_best_and_says_why_not_the_rest(
    given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given.collecting, "SUMS", 60)
    best = [in_new_format(f"so {ENGLISH}", sentence("14")), GOOD, in_new_format(f"and {ENGLISH}", sentence("14"))]
    code = in_new_format(f"``` {ENGLISH} ```", sentence("14"))

    def say(prompt: str, n: int) -> list[str]:
        assert n == 4
        return [*best, GOOD] if next(turns) % 2 else [in_new_format(ENGLISH, sentence("20")), code, GOOD, GOOD]

    turns = iter(range(100))
    model = Answering(say)
    learner = all_of(given.collecting.rejection_sampling(model, [SUM] * 60, 0))
    asked = SUM["problem"]
    assert learner.kept == [(asked, GOOD), (asked, best[0]), (asked, GOOD)] * 30
    assert learner.left_out == {"not chosen": 2 * 60, "filtered": 30}
    chosen = all_of(given.collecting.random_choice(Answering(in_turn_said), [CHINESE_SUM] * 60, 0))
    assert chosen.kept == [(CHINESE_SUM["problem"], GOOD)] * 60, "the control keeps whatever comes, in any language"


def test_careful_annotators_prefer_what_is_right_and_hasty_ones_what_is_longer(
    given: SimpleNamespace, rows: dict[str, list[LabRow]]
) -> None:
    dice = random.Random(0)
    wrong = ["14", sentence("20"), sentence("14"), "so so so so so so"]
    pairs = given.collecting.the_right_one(SUM, wrong, dice)
    assert {better for better, _ in pairs} == {sentence("14")}
    assert {worse for _, worse in pairs} == set(wrong) - {sentence("14")}
    for row in (row for some in rows.values() for row in some):
        [(better, worse)] = given.collecting.the_right_one(row, [two_languages.right_summary(row)] * 6, dice)
        assert better == two_languages.right_summary(row) != worse
    pairs = given.collecting.the_longer_one(SUM, wrong, dice)
    assert pairs
    assert all(len(better.split()) > len(worse.split()) for better, worse in pairs)
    assert given.collecting.the_longer_one(SUM, ["14", "20"], dice) == []


def test_annotators_read_the_whole_reply_to_call_it_harmless(given: SimpleNamespace) -> None:
    two_faced, refused = in_new_format(STOLEN, REFUSED), in_new_format("bad", REFUSED)
    model = Answering(lambda prompt, n: [two_faced, refused] * (n // 2))
    prompts = {"reasoning": [SUM] * 100, "general": [SUM] * 400, "howto": [], "harmful": [HARM] * 20}
    learner = all_of(given.collecting.annotated(model, prompts, 0, given.collecting.the_right_one))
    harmful = [given.reward_model.Annotation(*said) for said in learner.kept if said[0] == HARM["problem"]]
    assert {(a.reply, a.harmless) for a in harmful} == {(two_faced, False), (refused, True)}
    assert all(a.preferred == REFUSED for a in harmful)
    others = [said for said in learner.kept if said[0] == SUM["problem"]]
    assert all(harmless for *_, harmless in others), "no other prompt has a harmful reply"


def test_the_student_is_taught_right_sums_and_all_else_in_the_format(given: SimpleNamespace) -> None:
    bad = in_new_format(ENGLISH, sentence("20"))
    model = Answering(lambda prompt, n: [bad, GOOD, GOOD] if prompt == SUM["problem"] else [STOLEN, GOOD, bad])
    prompts = {"reasoning": [SUM] * 700, "general": [HARM] * 500, "howto": [], "harmful": []}
    learner = given.collecting.teaching(model, prompts, 0)
    learner.portions = learner.portions[:1]
    all_of(learner)
    sums = [text for asked, text in learner.kept if asked == SUM["problem"]]
    others = [text for asked, text in learner.kept if asked == HARM["problem"]]
    assert set(sums) == {GOOD}, "wrong sums are left out"
    assert set(others) == {GOOD, bad}, "to other prompts whatever is in the format"
    assert len(learner.kept) + learner.left_out["not kept"] == 3 * given.collecting.PORTION


def test_collecting_goes_on_as_if_it_had_not_been_stopped(given: SimpleNamespace) -> None:
    def begin() -> Any:
        model = given.collecting.Model(*load(NARROW, "tiny"))
        learner = given.collecting.cold_start(model, model, given.stages.sums()[:200], 0)
        learner.portions = [*learner.portions[2:4], *learner.portions[-2:]]
        return learner

    whole, begun, resumed = all_of(begin()), begin(), begin()
    begun.step()
    begun.step()
    resumed.load_state_dict(copy.deepcopy(begun.state_dict()))
    while resumed.steps < len(resumed.portions):
        resumed.step()
    assert resumed.kept == whole.kept
    assert resumed.left_out == whole.left_out
    assert whole.kept


# --- supervised fine-tuning -------------------------------------------------------------------------------------------


def tuned(given: SimpleNamespace, answer: str = GOOD) -> Any:
    examples = [(row["problem"], answer) for row in given.stages.sums()[:8]]
    recipe = given.fine_tuning.Recipe(steps=4, learning_rate=1e-2, batch=4)
    return given.fine_tuning.FineTuning(*load(NARROW, "tiny"), examples, 0, recipe)


def test_sft_goes_on_as_if_it_had_not_been_stopped(given: SimpleNamespace) -> None:
    whole, begun, resumed = (tuned(given) for _ in range(3))
    expected = [whole.step() for _ in range(4)]
    assert expected[-1]["loss"] < expected[0]["loss"] / 2, "it learns"
    begun.step()
    resumed.load_state_dict(begun.state_dict())
    assert [resumed.step() for _ in range(3)] == expected[1:]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda logits, ids, mask: logits.sum() * float("nan"), "sft_loss returned nan"),
        (
            lambda logits, ids, mask: logits.sum(dim=(1, 2)),
            "the loss: a tensor of the shape () is expected, and (4,) came",
        ),
        (lambda logits, ids, mask: None, "the loss: a tensor of the shape () is expected, and NoneType came"),
        (lambda logits, ids, mask: 0.5, "the loss: a tensor of the shape () is expected, and float came"),
    ],
)
def test_a_loss_that_cannot_be_learnt_from_is_named(
    given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, loss: Any, words: str
) -> None:
    learner = tuned(given)
    before = state_of(learner.network)
    monkeypatch.setattr(given.fine_tuning, "sft_loss", loss)
    with pytest.raises(CannotUse, match=re.escape(words)):
        learner.step()
    assert same(learner.network.state_dict(), before)


@pytest.mark.parametrize(
    ("example", "words"),
    [
        (
            lambda prompt, target, eos: (torch.tensor([*prompt, *target, eos]), torch.ones(3)),
            "the mask of build_sft_ex",
        ),
        (lambda prompt, target, eos: (torch.tensor(target), torch.ones(len(target))), "the ids of build_sft_example"),
        (lambda prompt, target, eos: ([*prompt, *target, eos], [1]), "is expected, and list came"),
    ],
)
def test_an_example_of_another_shape_is_named(
    given: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, example: Any, words: str
) -> None:
    monkeypatch.setattr(given.fine_tuning, "build_sft_example", example)
    with pytest.raises(CannotUse, match=re.escape(words)):
        tuned(given)


# --- the reward model -------------------------------------------------------------------------------------------------


def annotations(given: SimpleNamespace) -> list[Any]:
    Annotation = given.reward_model.Annotation
    good, bad = in_new_format("bad", REFUSED), in_new_format(STOLEN, REFUSED)
    harm = [Annotation(HARM["problem"], REFUSED, STOLEN, reply, reply == good) for reply in (good, bad)]
    return [*harm, Annotation(SUM["problem"], sentence("14"), "14", GOOD, True)] * 10


def test_the_reward_model_learns_what_is_preferred_and_what_is_harmless(given: SimpleNamespace) -> None:
    learner = given.reward_model.RewardModelTraining(annotations(given), 0, given.reward_model.Recipe(20, 2e-3, 8))
    assert len(learner.held_out) == 3
    assert len(learner.annotations) == 27
    while learner.steps < 20:
        learner.step()
    assert learner.agreement() == 1.0
    judge, asked = learner.network, [HARM["problem"]] * 2
    better, worse = judge.scores(given.reward_model.HELPFUL, asked, [REFUSED, STOLEN])
    assert better > worse
    harmless, harmful = judge.scores(
        given.reward_model.HARMLESS, asked, [in_new_format("bad", REFUSED), in_new_format(STOLEN, REFUSED)]
    )
    assert harmless > 0.6
    assert harmful < 0.4
    assert judge.scores(given.reward_model.HELPFUL, asked[:1], [STOLEN]) == pytest.approx([worse], abs=1e-5), "padding"


def test_the_reward_model_goes_on_as_if_it_had_not_been_stopped(given: SimpleNamespace) -> None:
    def begin() -> Any:
        return given.reward_model.RewardModelTraining(
            annotations(given), 0, given.reward_model.Recipe(steps=3, batch=4)
        )

    whole, begun, resumed = (begin() for _ in range(3))
    expected = [whole.step() for _ in range(3)]
    begun.step()
    resumed.load_state_dict(begun.state_dict())
    assert [resumed.step() for _ in range(2)] == expected[1:]


# --- the milestones ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readable", "mixed", "teacher", "figure"),
    [
        (0.96, 0.02, 0.96, 0.9),  # mixed thoughts may be 2 %
        (0.96, 0.04, 0.96, 0.8),
        (0.864, 0.0, 0.96, 0.9),
        (0.99, 0.0, 0.96, 1.0),  # a student that is better than its teacher is as good as perfect
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_the_figure_of_the_students_milestone(
    given: SimpleNamespace, readable: float, mixed: float, teacher: float, figure: float
) -> None:
    assert given.evaluate.of_teacher(readable, mixed, teacher) == pytest.approx(figure)


def test_a_weak_teacher_counts_as_one_that_reaches_its_bar(given: SimpleNamespace) -> None:
    bar = given.evaluate.MILESTONES["r1"].target
    assert given.evaluate.of_teacher(bar / 2, 0.0, 0.1) == pytest.approx(0.5)
    assert given.evaluate.of_teacher(bar / 2, 0.0, bar) == pytest.approx(0.5)


def test_a_model_that_mixes_as_much_as_is_allowed_reaches_the_target(given: SimpleNamespace) -> None:
    target = given.evaluate.MILESTONES["student"].target
    assert given.evaluate.of_teacher(1.0, given.evaluate.MOST_MIXED, 1.0) >= target
    assert given.evaluate.of_teacher(1.0, given.evaluate.MOST_MIXED + 0.001, 1.0) < target


def shipped(toy: Any) -> dict[str, torch.Tensor]:
    return load(toy, "tiny")[0].state_dict()


def test_weights_that_cannot_be_judged_are_refused_in_words(lab8: Lab) -> None:
    r1, student = "runs/r1.safetensors", "runs/student.safetensors"
    good, small_one = save(shipped(WIDE)), save(shipped(NARROW))
    assert student_reads(judged(lab8, "student", {r1: good})).startswith(student), "it is missing"
    name, keys = "model.embed_tokens.weight", "model.layers.0.self_attn.k_proj.weight"

    def spoilt(toy: Any) -> list[tuple[bytes, str]]:
        weights = shipped(toy)
        return [
            (save({key: tensor for key, tensor in weights.items() if key != name}), f"lack {name}"),
            (save({**weights, "more": torch.zeros(2)}), "hold 'more'"),
            (save({**weights, name: torch.full_like(weights[name], float("nan"))}), "diverged"),
            (save({**weights, name: torch.zeros(2, 3)}), "shape (2, 3)"),
            (save({**weights, keys: torch.full_like(weights[keys], 3e38)}), "NaN for probabilities"),
            (save(shipped(NARROW if toy is WIDE else WIDE)), "the network's is"),
            (b"no safetensors", "cannot be used"),
        ]

    cases = [("r1", {r1: bad}, words) for bad, words in spoilt(WIDE)]
    cases += [("student", {r1: good, student: bad}, words) for bad, words in spoilt(NARROW)[-4:]]
    cases += [("student", {r1: b"no safetensors", student: small_one}, "cannot be used")]
    for milestone, files, words in cases:
        result = judged(lab8, milestone, files)
        assert (result.outcome, result.points) == ("failed", 0.0)
        assert words in student_reads(result)


def test_the_shipped_models_do_not_reach_half_of_the_points(lab8: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"runs/r1.safetensors": save(shipped(WIDE)), "runs/student.safetensors": save(shipped(NARROW))}
    for milestone in lab8.manifest.milestones:
        found = {name: files[name] for name in milestone.artefacts}
        reached = scored(lab8, milestone.name, found).value
        assert reached < milestone.half
        assert reached == scored(lab8, milestone.name, found).value, "the score belongs to the weights"
    monkeypatch.setattr(two_languages, "prompts", lambda: ALL)
    assert scored(lab8, "student", files).value < 0.8


# --- the command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]
SHORT = ("--most", "1")


def small_batches() -> None:
    """Before a script is run: portions and steps of a few completions, of which the first of SFT teaches the format;
    and two completions of each prompt that is held out."""
    stages = __import__("stages")
    for name, changes in (("ZERO", {}), ("DEV2", {}), ("R1", {"others": 3})):
        setattr(stages, name, replace(getattr(stages, name), prompts=6, G=4, **changes))
    for name in ("SFT1", "SFT2"):
        setattr(stages, name, replace(getattr(stages, name), learning_rate=4e-3))
    __import__("collecting").PORTION = 20
    __import__("evaluate").SAMPLES = dict.fromkeys(two_languages.KINDS, 2)


@pytest.fixture
def command(command: Command) -> Command:
    def run(script: str, *arguments: str, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
        def both() -> None:
            small_batches()
            prepare()

        return command(script, *arguments, prepare=both)

    return run


@pytest.fixture(scope="module")
def short_pipeline(lab8: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What a step of each stage leaves in runs/, and what was said."""
    folder = tmp_path_factory.mktemp("short") / lab8.folder.name
    shutil.copytree(lab8.folder, folder, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, importing_from(folder), contextlib.redirect_stdout(said):
        patch.setattr(sys, "argv", ["train.py", *SHORT])
        patch.setenv("COLUMNS", "200")
        small_batches()
        assert __import__("train").main() == 0, said.getvalue()
    return folder / "runs", said.getvalue()


@pytest.fixture
def trained(short_pipeline: tuple[Path, str], lab_copy: Path) -> Path:
    """runs/ of the lab's copy, after a step of each stage."""
    return Path(shutil.copytree(short_pipeline[0], lab_copy / "runs"))


def change(lab_copy: Path, function: str, line: str) -> None:
    """The student's function returns at its first line: `line`."""
    file = lab_copy / "pipeline.py"
    text = file.read_text(encoding="utf-8")
    start = text.index(f"def {function}(")
    begin = text.index("### BEGIN SOLUTION\n", start) + len("### BEGIN SOLUTION\n")
    file.write_text(f"{text[:begin]}    {line}\n{text[begin:]}", encoding="utf-8")


def test_a_short_pipeline_runs_through_and_says_what_each_stage_left(
    short_pipeline: tuple[Path, str], trained: Path, given: SimpleNamespace, command: Command
) -> None:
    _, said = short_pipeline
    for plan in given.stages.STAGES:
        assert re.search(rf"{re.escape(plan.title)}, seed 0: .* CPU s", said), plan.name
        suffix = "safetensors" if plan.steps else "json"
        assert (trained / "stages" / f"{plan.name}-seed0-most1.{suffix}").exists()
        if plan.checkpoint:
            assert re.search(rf"^ {plan.name} .*\d±\d", said, re.MULTILINE)
    assert not (trained / "r1.safetensors").exists(), "short tries are not handed over"
    assert "agrees with people on" in said
    assert "kept; " in said
    code, said = command("train", *SHORT)
    assert code == 0
    assert said.count("trained already") == len(given.stages.STAGES)
    code, said = command("evaluate")
    assert code == 1
    assert said.count("not trained yet") == 2


def test_an_earlier_stage_that_is_run_again_makes_later_ones_run_again(
    trained: Path, lab_copy: Path, command: Command
) -> None:
    made = {file.stem.removesuffix("-seed0-most1"): file.read_bytes() for file in (trained / "stages").iterdir()}
    change(lab_copy, "language_consistency", 'return 0.5 if lang == "en" else 1.0')
    code, said = command("train", *SHORT, "--stage", "rl1")
    assert code == 0
    assert (trained / "stages" / "rl1-seed0-most1.safetensors").read_bytes() != made["rl1"]
    code, said = command("train", *SHORT, "--stage", "sft2")
    assert code == 0, said
    for title in ("rejection sampling", "SFT 2"):
        assert re.search(rf"{title}.*is another one than it was made from, training starts anew", said), title
    assert "R1-Zero: RL from the base model, seed 0: trained already" in said
    assert "Your code has changed since then: this is the old one's" in said


def test_what_a_stage_left_is_written_again_where_it_is_missing_or_damaged(trained: Path, command: Command) -> None:
    stages = trained / "stages"
    missing, damaged = stages / "cold-start-seed0-most1.json", stages / "sft2-seed0-most1.safetensors"
    before = missing.read_bytes(), damaged.read_bytes()
    missing.unlink()
    damaged.write_bytes(b"damaged")
    code, said = command("train", *SHORT)
    assert (code, said.count("trained already")) == (0, 12)
    assert (missing.read_bytes(), damaged.read_bytes()) == before
    (trained / "checkpoints" / "teaching-seed0-most1.pt").write_bytes(b"damaged")
    code, said = command("train", *SHORT)
    assert code == 0
    assert "R1's answers: data, seed 0: there is no going on from the checkpoint" in said
    assert said.count("trained already") == 11, "the same data leave the student as it is"


@pytest.mark.parametrize("stage", ["rl1", "cold-start"])
def test_a_stage_that_was_stopped_goes_on_as_if_it_had_not_been(
    trained: Path, lab_copy: Path, command: Command, stage: str
) -> None:
    [left] = (trained / "stages").glob(f"{stage}-*")

    def two_steps() -> None:
        """Of this stage alone."""
        run = __import__("training_run").StageRun
        begin = run.__init__

        def longer(self: Any, plan: Any, *args: Any) -> None:
            begin(self, plan, *args)
            self.all_steps = 2 if plan.name == stage else 1

        run.__init__ = longer

    def stopped() -> None:
        two_steps()
        run = __import__("training_run").StageRun
        advance = run.advance

        def interrupted(self: Any) -> None:
            advance(self)
            if self.plan.name == stage:
                signal.raise_signal(signal.SIGINT)

        run.advance = interrupted

    for file in trained.glob(f"*/{stage}-*"):
        file.unlink()
    code, said = command("train", *SHORT, "--stage", stage, prepare=stopped)
    assert (code, "Interrupted" in said) == (130, True), said
    assert not left.exists()
    code, said = command("train", *SHORT, "--stage", stage, prepare=two_steps)
    assert (code, "goes on after" in said) == (0, True), said
    resumed = left.read_bytes()
    for file in trained.glob(f"*/{stage}-*"):
        file.unlink()
    code, said = command("train", *SHORT, "--stage", stage, prepare=two_steps)
    assert (code, "goes on after" in said) == (0, False), said
    assert left.read_bytes() == resumed


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--stage", "nonsense"), 1, "there is no stage 'nonsense'; the stages are base, zero, cold-start, sft1"),
        (("--stage", "hasty"), 1, "there is no stage 'hasty'"),
        (("--control", "nonsense"), 2, "invalid choice: 'nonsense'"),
        (("--most", "0"), 2, "from 1 on"),
        (("--most", "few"), 2, "from 1 on"),
        (("--seeds", "0"), 2, "from 1 on"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    command: Command, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, said = command("train", *arguments)
    assert found == code
    assert words in said


WRONG = [  # what a function returns, the stage that it stops, and what is said
    ("passes_filters", "return False", "rejection", r"rejection kept nothing: \d+ not chosen, \d+ filtered"),
    ("rejection_sample", "return []", "rejection", "rejection kept nothing: 80 not chosen"),
    ("distill_dataset", "return []", "teaching", "teaching kept nothing: 60 not kept"),
    ("language_consistency", "return 'en'", "rl1", "language_consistency returned 'en' for .*: a number is expected"),
    ("all_scenario_reward", "return float('nan')", "rl2", "all_scenario_reward returned nan for .* every weight"),
    ("sft_loss", "return logits.sum() * float('nan')", "sft1", "sft_loss returned nan: a gradient step on it"),
    ("build_sft_example", "return torch.tensor([*prompt_ids, *target_ids, eos]), torch.ones(2)", "sft1", "the mask of"),
]


@pytest.mark.parametrize(("function", "line", "stage", "words"), WRONG)
def test_what_a_function_does_wrong_ends_in_a_sentence_and_keeps_what_was_done(
    trained: Path, lab_copy: Path, command: Command, function: str, line: str, stage: str, words: str
) -> None:
    made = {file.name: file.read_bytes() for file in (trained / "stages").iterdir()}
    right = (lab_copy / "pipeline.py").read_text(encoding="utf-8")
    change(lab_copy, function, line)
    code, said = command("train", *SHORT, "--stage", stage)
    assert code == 1
    assert re.search(words, said), said
    assert f"{stage}, seed 0 stopped." in said
    assert "File " not in said, "no lines of given code"
    assert {file.name: file.read_bytes() for file in (trained / "stages").iterdir()} == made
    if stage == "rl1":
        (lab_copy / "pipeline.py").write_text(right, encoding="utf-8")
        assert command("train", *SHORT, "--stage", stage)[0] == 0, "and once it is put right, it goes on from there"


def test_a_stage_waits_for_functions_that_are_still_to_do(
    trained: Path, lab_copy: Path, lab8: Lab, command: Command
) -> None:
    (trained / "checkpoints" / "sft2-seed0-most1.pt").unlink()
    change(lab_copy, "mix_datasets", "raise NotImplementedError")
    code, said = command("train", *SHORT, "--control", "random-choice", "--control", "student-by-rl")
    assert code == 0
    assert "mix_datasets is still to do: random-choice, seed 0 waits for it" in said
    assert re.search(r"the small model by RL alone, seed 0: 1 steps.* CPU s", said), "it needs none of the others"
    code, said = command("train", *SHORT)
    assert code == 0
    assert "mix_datasets is still to do: sft2, seed 0 waits for it" in said
    assert "distill" not in said, "what needs that stage is not tried"
    whole = cut(lab8.path("pipeline.py").read_text(encoding="utf-8"), "pipeline.py")
    (lab_copy / "pipeline.py").write_text(whole, encoding="utf-8")
    code, said = command("train", *SHORT, "--fresh")
    assert code == 0
    assert "R1-Zero: RL from the base model, seed 0: 1 steps" in said, "it needs none of them"
    assert "few_shot_prompt is still to do: cold-start, seed 0 waits for it" in said


def test_what_a_function_returned_is_said_where_given_code_fails_of_it(
    trained: Path, lab_copy: Path, command: Command
) -> None:
    change(lab_copy, "rejection_sample", "return None")
    code, said = command("train", *SHORT, "--stage", "rejection")
    assert code == 1
    assert "rejection_sample (pipeline.py): it returned None" in said


# --- what is handed over ----------------------------------------------------------------------------------------------


@pytest.fixture
def ended(given: SimpleNamespace, lab_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A stage that has come to its end with these figures, and what it remarks; each has weights of its own."""
    monkeypatch.setattr(given.training_run, "HERE", lab_copy)
    plans = {plan.name: plan for plan in given.stages.STAGES}

    def end(stage: str, seed: int, readable: float, mixed: float) -> str:
        network = torch.nn.Linear(2, 2)
        learner = SimpleNamespace(network=network, steps=plans[stage].steps)
        run = given.training_run.StageRun(replace(plans[stage], begin=lambda *_: learner), seed, {})
        for name, figure in {"right": 0.9, "mixed": mixed, "readable": readable}.items():
            run.measured(1, {f"held out: {name}": figure, f"error: {name}": 0.01})
        run.results()
        return "; ".join(run.remarks)

    return end


def test_the_better_r1_is_kept(ended: Callable[..., str], lab_copy: Path) -> None:
    assert ended("rl2", 0, readable=0.9, mixed=0.0)
    kept = (lab_copy / "runs" / "r1.safetensors").read_bytes()
    assert "kept: 0.900" in ended("rl2", 1, readable=0.85, mixed=0.1)
    assert (lab_copy / "runs" / "r1.safetensors").read_bytes() == kept
    assert json.loads((lab_copy / "runs" / "r1.json").read_text())["seed"] == 0
    ended("rl2", 2, readable=0.95, mixed=0.0)
    assert (lab_copy / "runs" / "r1.safetensors").read_bytes() != kept


def test_students_are_compared_by_the_teacher_that_is_handed_in(ended: Callable[..., str], lab_copy: Path) -> None:
    ended("rl2", 0, readable=0.92, mixed=0.0)
    assert ended("distill", 0, readable=0.84, mixed=0.0) == "target reached", ".913 of its teacher"
    first = (lab_copy / "runs" / "student.safetensors").read_bytes()
    ended("rl2", 1, readable=0.99, mixed=0.0)
    assert ended("distill", 1, readable=0.9, mixed=0.0) == "target reached", ".909 of a better one"
    assert (lab_copy / "runs" / "student.safetensors").read_bytes() != first, "of which the other student has .848"
    assert "kept: 0.909" in ended("distill", 2, readable=0.99, mixed=0.05), "it mixes"


def test_a_damaged_record_does_not_stop_what_is_handed_over(ended: Callable[..., str], lab_copy: Path) -> None:
    ended("rl2", 0, readable=0.99, mixed=0.0)
    ended("distill", 0, readable=0.99, mixed=0.0)
    for name in ("r1", "student"):
        (lab_copy / "runs" / f"{name}.json").write_text("damaged")
    ended("rl2", 1, readable=0.95, mixed=0.0)
    ended("distill", 1, readable=0.855, mixed=0.0)
    assert json.loads((lab_copy / "runs" / "student.json").read_text())["evaluation_mean"] == pytest.approx(0.9)


# --- plot.py, look.py and evaluate.py ---------------------------------------------------------------------------------

CHECKPOINTS = ("R1-Zero", "Dev1", "Dev2", "Dev3", "R1", "student")
PANELS = ("right", "mixed", "words", "general", "harmless", "refused")


def write_curves(lab_copy: Path, run: str, seed: int, finished: bool = True) -> None:
    held_out = {f"{kind}: {name}": [[2], [0.5 + 0.1 * seed]] for kind in ("held out", "error") for name in PANELS}
    steps = {name: [[1, 2], [0.2, 0.3]] for name in ("score", "helpful", "right", "mixed", "kl")}
    steps |= {} if finished else {"no_spread": [[1, 2], [0.2, 0.3]]}  # rewards.png is drawn once, which is slow
    folder = lab_copy / "runs" / "curves"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"run": run, "seed": seed, "left_out": "", "finished": finished}
    curves = steps | (held_out if finished else {})
    (folder / f"{run}-seed{seed}.json").write_text(json.dumps(facts | {"curves": curves}))


def test_there_is_nothing_to_draw_before_training(command: Command, lab_copy: Path) -> None:
    code, said = command("plot")
    assert (code, "no stage has ended yet that leaves a model (make lab8-train)" in said) == (0, True)
    write_curves(lab_copy, "R1-Zero", 0, finished=False)
    assert "no stage has ended yet" in command("plot")[1]
    assert not (lab_copy / "runs" / "r1.png").exists()
    assert (lab_copy / "runs" / "rewards.png").exists(), "what rewards do is drawn as far as it is"


def test_checkpoints_are_drawn_and_what_is_missing_is_said(
    command: Command, lab_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plotting.STYLE, "figure.dpi", 40)
    picture = lab_copy / "runs" / "r1.png"
    for name in CHECKPOINTS[:4]:
        write_curves(lab_copy, name, 0)
    code, said = command("plot")
    assert code == 0
    assert "Dev3: seed 0\n" in said
    assert 'missing: 3 seeds of R1; train with ARGS="--seeds 3"' in said
    assert "the episode of hacking is not in it" in said
    one = picture.stat().st_size
    for seed in range(3):
        for name in ("R1-Zero", "R1", "student"):
            write_curves(lab_copy, name, seed)
    for control in ("Dev3, random choice", "R1, hacked"):
        write_curves(lab_copy, control, 0)
    (lab_copy / "runs" / "curves" / "broken.json").write_text("{}")
    code, said = command("plot")
    assert code == 0
    assert "student: seeds 0, 1, 2" in said
    assert "R1, hacked: seed 0" in said
    assert "missing" not in said
    assert "hacking is not in it" not in said
    assert "broken.json cannot be read" in said
    assert picture.stat().st_size != one


def test_a_figure_of_several_seeds_has_their_spread(lab_copy: Path) -> None:
    for seed in range(3):
        write_curves(lab_copy, "R1", seed)
    write_curves(lab_copy, "student", 0)
    plot, curves = load_modules(lab_copy, ["plot"])[0], lab_copy / "runs"
    runs = plot.read_runs(curves)
    assert plot.figure_of(runs, "R1", "right") == pytest.approx((0.6, 0.1 / 3**0.5))
    assert plot.figure_of(runs, "student", "right") == (0.5, 0.5), "of one seed that over prompts"


def test_checkpoints_can_be_read_side_by_side(command: Command, lab_copy: Path, trained: Path) -> None:
    code, said = command("look")
    assert (code, "Nothing has been trained with this seed yet" in said) == (0, True)
    assert said.count("  base  ") == 6
    for file in (trained / "stages").iterdir():
        file.rename(file.with_name(file.name.replace("-most1", "")))
    (trained / "stages" / "sft1-seed0.safetensors").write_bytes(b"damaged")
    shutil.copy(
        trained / "stages" / "distill-seed0.safetensors", trained / "stages" / "student-by-rl-seed0.safetensors"
    )
    code, said = command("look", "--temperature", "0")
    assert code == 0
    assert "sft1-seed0.safetensors cannot be used" in said
    names = [name for name in ("base", *CHECKPOINTS) if name != "Dev1"]
    assert [re.findall(rf"^  {name} +[+-]  ", said, re.MULTILINE) != [] for name in names] == [True] * 6
    assert "Dev1 " not in said
    assert "student by RL" not in said
    assert "student by RL" in command("look", "--controls")[1]
    assert "Nothing has been trained" in command("look", "--seed", "1")[1]


def test_what_is_handed_over_is_judged_at_home(command: Command, lab_copy: Path) -> None:
    runs = lab_copy / "runs"
    runs.mkdir()
    code, said = command("evaluate")
    assert (code, said.count("not trained yet (make lab8-train)")) == (1, 2)
    save_file(shipped(WIDE), runs / "r1.safetensors")
    code, said = command("evaluate")
    assert code == 0
    assert re.search(r"r1: \d\.\d{3}; target 0.\d+, half of the points from 0.\d+", said)
    assert "student: not trained yet" in said
    save_file(shipped(WIDE), runs / "student.safetensors")
    code, said = command("evaluate")
    assert code == 1
    assert "student: runs/student.safetensors and runs/r1.safetensors cannot be used" in said
