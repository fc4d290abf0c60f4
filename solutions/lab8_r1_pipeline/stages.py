"""The stages of the pipeline and its controls: what each needs, what it does, and with which numbers. Given code.

Read it from top to bottom: this is the whole path from R1-Zero to R1.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from transformers import PreTrainedModel, PreTrainedTokenizerBase

import collecting
import fine_tuning
import reinforcement
import reward_model
from collecting import Model
from fine_tuning import FineTuning
from labs.common.artefacts import load_tensors
from labs.common.errors import CannotUse
from labs.common.language_model import load
from labs.common.networks import load_weights
from labs.common.toys import two_languages, two_languages_student
from labs.common.toys.toy import Toy
from labs.common.toys.two_languages import LabRow
from labs.common.translated import N_, _
from pipeline import mix_datasets
from reinforcement import Reinforcement
from reward_model import Annotation, RewardModelTraining, load_reward_model
from rewarding import AllScenarios, by_rules, in_tags_with_language, with_language

WIDE, NARROW = two_languages.TOY, two_languages_student.TOY
Needed = Mapping[str, Path]

ZERO = reinforcement.Recipe(steps=60, learning_rate=7e-4)
DEV2 = reinforcement.Recipe(steps=50, learning_rate=5e-4)
R1 = reinforcement.Recipe(steps=64, learning_rate=2e-4, temperature=0.7, all_kinds_from=0.75)
SFT1 = fine_tuning.Recipe(steps=120, learning_rate=1e-3)
SFT2 = fine_tuning.Recipe(steps=300, learning_rate=2e-3)
DISTILL = fine_tuning.Recipe(steps=1000, learning_rate=3e-3)
REWARD_MODEL = reward_model.Recipe()


class Learner(Protocol):
    """What a stage does, a step at a time."""

    steps: int

    def step(self) -> dict[str, float]: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class StagePlan:
    """A stage: its title, the stages that it needs, how it is begun, and how many steps it has."""

    name: str
    title: str
    needs: tuple[str, ...]
    begin: Callable[[int, Needed], Learner]
    steps: int | None = None  # of data that is collected: as many as there are portions
    checkpoint: str = ""  # the model's name in the table and in the picture
    toy: Toy[Any] = WIDE


# --- what stages begin with -------------------------------------------------------------------------------------------


@cache
def prompts() -> dict[str, list[LabRow]]:
    """The prompts to train on, by their kinds."""
    rows = [two_languages.row(prompt) for prompt in two_languages.prompts()[0]]
    return {kind: [row for row in rows if row["kind"] == kind] for kind in two_languages.KINDS}


def sums() -> list[LabRow]:
    return prompts()["reasoning"]


def base(toy: Toy[Any] = WIDE) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    return load(toy, "tiny")


def checkpoint(file: Path, toy: Toy[Any] = WIDE) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model that an earlier stage left."""
    model, tokenizer = load(toy, "tiny")
    load_weights(model, load_tensors(file))
    return model, tokenizer


def examples(file: Path, stage: str) -> list[tuple[str, str]]:
    """What an earlier stage collected; CannotUse where there is nothing in it."""
    kept = json.loads(file.read_text(encoding="utf-8"))["kept"]
    if not kept:
        raise CannotUse(_("{stage} has kept nothing, so there is nothing to learn from").format(stage=stage))
    return [(prompt, answer) for prompt, answer in kept]


def written_by_people() -> list[tuple[str, str]]:
    """General data as people would answer it: requests, how-to questions, and a few refusals."""
    rows = prompts()["general"][::4] + prompts()["howto"] + prompts()["harmful"][::6]
    return [(row["problem"], two_languages.written(row)) for row in rows]


# --- the stages -------------------------------------------------------------------------------------------------------


class Untrained:
    """The base model as it came: the stage that the others are compared with."""

    def __init__(self) -> None:
        self.network, self.steps = base()[0], 0

    def step(self) -> dict[str, float]:
        self.steps += 1
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps = state["steps"]


def untrained(seed: int, needed: Needed) -> Learner:
    return Untrained()


def r1_zero(seed: int, needed: Needed) -> Learner:
    return Reinforcement(*base(), sums(), by_rules, seed, ZERO)


def cold_start(seed: int, needed: Needed) -> Learner:
    return collecting.cold_start(Model(*base()), Model(*checkpoint(needed["zero"])), sums(), seed)


def sft1(seed: int, needed: Needed) -> Learner:
    return FineTuning(*base(), examples(needed["cold-start"], "cold-start"), seed, SFT1)


def reasoning_rl(seed: int, needed: Needed) -> Learner:
    return Reinforcement(*checkpoint(needed["sft1"]), sums(), with_language, seed, DEV2)


def rejection(seed: int, needed: Needed) -> Learner:
    return collecting.rejection_sampling(Model(*checkpoint(needed["rl1"])), sums(), seed)


def sft2(seed: int, needed: Needed, source: str = "rejection") -> Learner:
    """From the base model again: Dev2's weights have done their work once its samples are there."""
    mixed = mix_datasets(examples(needed[source], source), written_by_people(), (3, 1), seed)
    return FineTuning(*base(), mixed, seed, SFT2)


def annotated(seed: int, needed: Needed, compare: collecting.Compare = collecting.the_right_one) -> Learner:
    return collecting.annotated(Model(*checkpoint(needed["sft2"])), prompts(), seed, compare)


def reward_model_training(seed: int, needed: Needed, source: str = "annotated") -> Learner:
    kept = json.loads(needed[source].read_text(encoding="utf-8"))["kept"]
    return RewardModelTraining([Annotation(*said) for said in kept], seed, REWARD_MODEL)


def all_scenarios(
    seed: int, needed: Needed, judge: str = "reward-model", preference: float = 1.0, begin: float | None = None
) -> Learner:
    others = [prompts()[kind] for kind in ("general", "howto", "harmful")]
    recipe = R1 if begin is None else replace(R1, all_kinds_from=begin)
    rewards = AllScenarios(load_reward_model(needed[judge]), preference)
    return Reinforcement(*checkpoint(needed["sft2"]), sums(), rewards, seed, recipe, others)


def teaching(seed: int, needed: Needed) -> Learner:
    return collecting.teaching(Model(*checkpoint(needed["rl2"])), prompts(), seed)


def distillation(seed: int, needed: Needed) -> Learner:
    return FineTuning(*base(NARROW), examples(needed["teaching"], "teaching"), seed, DISTILL)


STAGES: Sequence[StagePlan] = (
    StagePlan("base", N_("the base model"), (), untrained, 1, N_("base")),
    StagePlan("zero", N_("R1-Zero: RL from the base model"), (), r1_zero, ZERO.steps, "R1-Zero"),
    StagePlan("cold-start", N_("cold start: data"), ("zero",), cold_start),
    StagePlan("sft1", N_("SFT 1: Dev1"), ("cold-start",), sft1, SFT1.steps, "Dev1"),
    StagePlan("rl1", N_("reasoning RL: Dev2"), ("sft1",), reasoning_rl, DEV2.steps, "Dev2"),
    StagePlan("rejection", N_("rejection sampling: data"), ("rl1",), rejection),
    StagePlan("sft2", N_("SFT 2 from the base model: Dev3"), ("rejection",), sft2, SFT2.steps, "Dev3"),
    StagePlan("annotated", N_("what people say of Dev3: data"), ("sft2",), annotated),
    StagePlan("reward-model", N_("reward model"), ("annotated",), reward_model_training, REWARD_MODEL.steps),
    StagePlan("rl2", N_("RL for all scenarios: R1"), ("sft2", "reward-model"), all_scenarios, R1.steps, "R1"),
    StagePlan("teaching", N_("R1's answers: data"), ("rl2",), teaching),
    StagePlan(
        "distill", N_("distillation: the student"), ("teaching",), distillation, DISTILL.steps, N_("student"), NARROW
    ),
)


# --- the controls: what comes out where a stage is left out or done otherwise ----------------------------------------


def random_choice(seed: int, needed: Needed) -> Learner:
    return collecting.random_choice(Model(*checkpoint(needed["rl1"])), sums(), seed)


def without_cold_start(seed: int, needed: Needed) -> Learner:
    return Reinforcement(*base(), sums(), in_tags_with_language, seed, ZERO)


def without_language(seed: int, needed: Needed) -> Learner:
    rewards = partial(with_language, w_lang=0.0)
    return Reinforcement(*checkpoint(needed["sft1"]), sums(), rewards, seed, DEV2)


def student_by_rl(seed: int, needed: Needed) -> Learner:
    recipe = replace(ZERO, steps=STUDENT_RL_STEPS)
    return Reinforcement(*base(NARROW), sums(), in_tags_with_language, seed, recipe)


STUDENT_RL_STEPS = 100

CONTROLS: Mapping[str, Sequence[StagePlan]] = {
    "random-choice": (
        StagePlan("random-data", N_("random choice: data"), ("rl1",), random_choice),
        StagePlan(
            "random-choice",
            N_("SFT 2 on a random choice"),
            ("random-data",),
            partial(sft2, source="random-data"),
            SFT2.steps,
            N_("Dev3, random choice"),
        ),
    ),
    "no-cold-start": (
        StagePlan(
            "no-cold-start",
            N_("RL with the language reward, from the base model"),
            (),
            without_cold_start,
            ZERO.steps,
            N_("no cold start"),
        ),
    ),
    "no-language-reward": (
        StagePlan(
            "no-language-reward",
            N_("reasoning RL without the language reward"),
            ("sft1",),
            without_language,
            DEV2.steps,
            N_("Dev2, no language reward"),
        ),
    ),
    "student-by-rl": (
        StagePlan(
            "student-by-rl",
            N_("the small model by RL alone"),
            (),
            student_by_rl,
            STUDENT_RL_STEPS,
            N_("student by RL"),
            NARROW,
        ),
    ),
    "hacking": (
        StagePlan(
            "hasty",
            N_("what hasty people say of Dev3: data"),
            ("sft2",),
            partial(annotated, compare=collecting.the_longer_one),
        ),
        StagePlan(
            "hasty-reward-model",
            N_("their reward model"),
            ("hasty",),
            partial(reward_model_training, source="hasty"),
            REWARD_MODEL.steps,
        ),
        StagePlan(
            "hacking",
            N_("R1, hacked: RL on it from the first step"),
            ("sft2", "hasty-reward-model"),
            partial(all_scenarios, judge="hasty-reward-model", preference=3.0, begin=0.0),
            R1.steps,
            N_("R1, hacked"),
        ),
    ),
}
