"""TRL 1.16 as the course knows it: defaults, signatures, what is logged, what is refused, and how rewards are called.

Nothing of the kit is under test. When a later release is pinned, what it changed fails here, in words, before a lab
goes wrong. Each entry was found by running this release, not by reading about it. The import of TRL takes about 10
seconds, a real step of the tiny model .6.
"""

import copy
import dataclasses
import inspect
import math
import pkgutil
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none", "disable_tqdm": True}
G = 4

EVERYWHERE = {
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "logging_steps": 10,
    "gradient_checkpointing": True,  # transformers alone: False
    "bf16": True,  # where fp16 is not asked for; transformers alone: False
    "lr_scheduler_type": "linear",
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "report_to": [],  # "none"; before transformers 5 it was everything that is installed
    "seed": 42,
}
SAMPLING = EVERYWHERE | {  # what GRPO and RLOO share
    "learning_rate": 1e-6,
    "max_completion_length": 512,
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "num_iterations": 1,
    "epsilon": 0.2,
    "epsilon_high": None,
    "mask_truncated_completions": False,
    "disable_dropout": False,
    "remove_unused_columns": False,
    "shuffle_dataset": True,
    "reward_weights": None,
    "use_vllm": False,
    "vllm_mode": "colocate",
    "vllm_gpu_memory_utilization": 0.3,
    "sync_ref_model": False,
    "ref_model_mixup_alpha": 0.6,
    "ref_model_sync_steps": 512,
}
FROM_DATA = EVERYWHERE | {"max_length": 1024, "remove_unused_columns": True}
DEFAULTS: dict[str, dict[str, Any]] = {
    "GRPOConfig": SAMPLING
    | {
        "num_generations": 8,
        "beta": 0.0,  # DeepSeekMath: .04
        "loss_type": "dapo",  # DeepSeekMath: "grpo"
        "scale_rewards": "group",
        "importance_sampling_level": "token",
        "multi_objective_aggregation": "sum_then_normalize",
        "delta": None,
        "use_bias_correction_kl": True,
        "vllm_importance_sampling_correction": True,
        "vllm_importance_sampling_mode": "sequence_mask",
        "vllm_importance_sampling_clip_max": 3.0,
    },
    "RLOOConfig": SAMPLING
    | {"num_generations": 2, "beta": 0.05, "normalize_advantages": False, "reward_clip_range": None},
    "SFTConfig": FROM_DATA
    | {"learning_rate": 2e-5, "loss_type": "nll", "packing": False, "assistant_only_loss": False}
    | {"completion_only_loss": None},  # where there are prompts: the completion's tokens alone
    "DPOConfig": FROM_DATA
    | {"learning_rate": 1e-6, "beta": 0.1, "loss_type": ["sigmoid"], "label_smoothing": 0.0, "disable_dropout": True}
    | {"precompute_ref_log_probs": False},
    "KTOConfig": FROM_DATA
    | {"learning_rate": 1e-6, "beta": 0.1, "loss_type": "kto", "desirable_weight": 1.0, "undesirable_weight": 1.0}
    | {"disable_dropout": True, "train_sampling_strategy": "sequential"},
    "RewardConfig": FROM_DATA | {"learning_rate": 1e-4, "center_rewards_coefficient": None, "disable_dropout": True},
}
NO_SUCH_FIELD = ("max_prompt_length", "overwrite_output_dir", "warmup_ratio")  # older releases had them; tutorials do

TRAINERS = {f"{of}Trainer" for of in ("DPO", "Distillation", "GRPO", "KTO", "RLOO", "Reward", "SFT")}
GONE = ("PPOTrainer", "PPOConfig", "AutoModelForCausalLMWithValueHead")
EXPERIMENTS = {"async_grpo", "cpo", "gkd", "gold", "online_dpo", "orpo"}
EXPERIMENTS_GONE = {"bco", "dppo", "gfpo", "minillm", "nash_md", "papo", "ppo", "prm", "xpo"}
CALLBACKS = ("BEMACallback", "LogCompletionsCallback", "RichProgressCallback", "SyncRefModelCallback", "WeaveCallback")

SIGNATURES = {
    "trl.GRPOTrainer": (
        *("model", "reward_funcs", "args", "train_dataset", "eval_dataset", "processing_class"),
        *("reward_processing_classes", "callbacks", "optimizers", "quantization_config", "peft_config", "tools"),
        *("rollout_func", "environment_factory"),
    ),
    "math_verify.parse": (
        *("pred", "extraction_config", "fallback_mode", "extraction_mode", "parsing_timeout", "raise_on_error"),
    ),
    "math_verify.verify": (
        *("gold", "target", "float_rounding", "numeric_precision", "strict", "allow_set_relation_comp"),
        *("timeout_seconds", "raise_on_error"),
    ),
}
CALLED_WITH = {"prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric"}  # and columns

LOGGED = {
    *("loss", "grad_norm", "learning_rate", "num_tokens", "epoch", "step_time", "entropy"),
    *(f"completions/{which}_length" for which in ("mean", "min", "max")),
    *(f"completions/{which}_terminated_length" for which in ("mean", "min", "max")),
    "completions/clipped_ratio",
    *("reward", "reward_std", "frac_reward_zero_std", "rewards/spread/mean", "rewards/spread/std"),
    *(f"clip_ratio/{which}" for which in ("low_mean", "high_mean", "region_mean", "low_min", "high_max")),
}

DIVISIBLE = "generation_batch_size ({}) must be divisible by {}."
REFUSED: dict[str, tuple[dict[str, Any], str]] = {  # what GRPOConfig refuses, and with which words
    "a batch of no whole groups": ({"per_device_train_batch_size": 6}, DIVISIBLE.format(6, "num_generations (8)")),
    "an accumulated batch of no whole groups": (
        {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 4, "num_generations": 16},
        DIVISIBLE.format(4, "num_generations (16)"),
    ),
    "a generation of no whole batches": (
        {"generation_batch_size": 12, "num_generations": 4},
        DIVISIBLE.format(12, "the global batch size (8)"),
    ),
    "one thing said twice": (
        {"generation_batch_size": 8, "steps_per_generation": 1},
        "'generation_batch_size' and 'steps_per_generation' can not be both configured at the same time",
    ),
    "an evaluation of no whole groups": (
        {"eval_strategy": "steps", "eval_steps": 1, "per_device_eval_batch_size": 6},
        "The global eval batch size (6 * 1) must be divisible by the number of generations used for evaluation (8).",
    ),
    "a group of one": (
        {"num_generations": 1},
        "GRPO requires at least 2 generations per prompt to calculate the advantages. You provided 1, which is less",
    ),
    "batches made smaller on the way": (
        {"auto_find_batch_size": True},
        "auto_find_batch_size is not supported by GRPO",
    ),
}
NO_BF16 = "Your setup doesn't support bf16/gpu. You need to assign use_cpu if you want to train the model on CPU."


def differ(what: str, was: Any, found: Any) -> str | None:
    return None if was == found else f"{what} was {was!r} and is {found!r}"


def unchanged(*found: str | None, of: str = "TRL") -> None:
    """Fails with everything that changed."""
    now = f"The contract is with TRL 1.16.0 and math-verify 0.9.0; here are {versions()}. Look for what leans on:"
    changes = [f"{of}'s {change}" for change in found if change]
    assert not changes, "\n".join([now, *changes])


def versions() -> str:
    return " and ".join(f"{package} {metadata.version(package)}" for package in ("trl", "math-verify"))


@pytest.fixture(scope="module")
def trl() -> ModuleType:
    import trl  # here, since every run of pytest collects this file

    return trl


@pytest.fixture(scope="module")
def tiny() -> tuple[Any, Any]:
    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY

    return load(TOY, "tiny")


@pytest.fixture
def step(trl: ModuleType, tiny: tuple[Any, Any], tmp_path: Path) -> Callable[..., tuple[dict[str, Any], Any]]:
    """Trains the tiny model for a step with a reward (or several): what was logged of it, and the trainer."""
    from datasets import Dataset
    from transformers import TrainerCallback

    class Keeping(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            seen.append(dict(logs))

    seen: list[dict[str, Any]] = []
    problems = ("2 + 3 * 4", "1 + 2 * 3", "7 + 0 * 5", "9 + 9 * 9")
    rows = [{"prompt": [{"role": "user", "content": text}], "solution": "14", "problem": text} for text in problems]

    def make(rewards: Any, **settings: Any) -> tuple[dict[str, Any], Any]:
        of_model = settings.pop("of_model", {})
        model = copy.deepcopy(tiny[0])
        for name, value in of_model.items():
            setattr(model.generation_config, name, value)
        small = {"per_device_train_batch_size": G, "num_generations": G, "max_completion_length": 8}
        settings = QUICK | small | {"max_steps": 1, "logging_steps": 1} | settings
        trainer = trl.GRPOTrainer(
            model=model,
            reward_funcs=rewards,
            args=trl.GRPOConfig(output_dir=str(tmp_path), **settings),
            train_dataset=Dataset.from_list(rows),
            processing_class=tiny[1],
            callbacks=[Keeping()],
        )
        trainer.train()
        return seen[0], trainer

    return make


def spread(completions: list[Any], **kwargs: Any) -> list[float]:
    """A reward that differs within the group."""
    return [0.0, 1.0, 2.0, 4.0]


def returning(value: Any) -> Callable[..., Any]:
    def constant(completions: list[Any], **kwargs: Any) -> Any:
        return value

    return constant


def advantages(trainer: Any) -> list[float]:
    return list(trainer._logs["advantages"])


# --- what there is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_those_the_course_names(trl: ModuleType, name: str, tmp_path: Path) -> None:
    config = getattr(trl, name)(output_dir=str(tmp_path), use_cpu=True)  # on a CPU all else is as without it
    gone = object()
    unchanged(*(differ(f"{name}.{key}", value, getattr(config, key, gone)) for key, value in DEFAULTS[name].items()))


def test_fields_that_tutorials_still_have_are_gone(trl: ModuleType) -> None:
    fields = {field.name for field in dataclasses.fields(trl.GRPOConfig)}
    unchanged(*(differ(f"GRPOConfig.{name}: whether there is one", False, name in fields) for name in NO_SUCH_FIELD))


def test_which_trainers_there_are_and_that_ppo_is_none_of_them(trl: ModuleType) -> None:
    experiments = {module.name for module in pkgutil.iter_modules([str(Path(trl.__path__[0]) / "experimental")])}
    unchanged(
        differ("set of trainers", TRAINERS, {name for name in dir(trl) if name.endswith("Trainer")}),
        *(differ(f"{name}: whether there is one", False, hasattr(trl, name)) for name in GONE),
        *(differ(f"{name}: whether there is one", True, hasattr(trl, name)) for name in CALLBACKS),
        *(differ(f"experimental.{x}: whether it exists", True, x in experiments) for x in sorted(EXPERIMENTS)),
        *(differ(f"experimental.{x}: whether it exists", False, x in experiments) for x in sorted(EXPERIMENTS_GONE)),
    )


def test_signatures_have_the_names_and_the_order_that_the_labs_use(trl: ModuleType) -> None:
    import math_verify

    found = {
        "trl.GRPOTrainer": trl.GRPOTrainer,
        "math_verify.parse": math_verify.parse,
        "math_verify.verify": math_verify.verify,
    }
    for name, function in found.items():
        parameters = tuple(inspect.signature(function).parameters)
        unchanged(differ(f"parameters of {name}", SIGNATURES[name], parameters), of=name.partition(".")[0])


def test_math_verify_reads_and_compares_as_the_course_says() -> None:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    latex, both = [LatexExtractionConfig()], [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
    reads = {
        "<answer>14</answer> as LaTeX": (False, parse("<answer>14</answer>", latex)),
        "14 as LaTeX": (False, parse("14", latex)),
        "14 as both": (True, parse("14", both)),
        "$14$ as both": (True, parse("$14$", both)),
        "a boxed 14 as both": (True, parse(r"so it is $\boxed{14}$.", both)),
        "words as both": (False, parse("no answer at all", both)),
    }
    unchanged(
        *(differ(f"parse of {text}: whether there is anything", was, bool(x)) for text, (was, x) in reads.items()),
        differ(
            "verify(gold 14, answer boxed 14)", True, verify(reads["14 as both"][1], reads["a boxed 14 as both"][1])
        ),
        differ("verify(gold 1 < x < 2, answer (1, 2))", True, verify(parse("$1 < x < 2$"), parse("$(1, 2)$"))),
        differ("verify(gold (1, 2), answer 1 < x < 2)", False, verify(parse("$(1, 2)$"), parse("$1 < x < 2$"))),
        of="math-verify",
    )


# --- what is refused --------------------------------------------------------------------------------------------------


def refusal(make: Callable[[], Any]) -> str:
    """The kind of the error and its text."""
    try:
        make()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


@pytest.mark.parametrize("name", REFUSED)
def test_refused_batch_sizes(trl: ModuleType, tmp_path: Path, name: str) -> None:
    settings, words = REFUSED[name]
    expected = f"ValueError: {words}"
    found = refusal(lambda: trl.GRPOConfig(str(tmp_path), **QUICK | settings))
    unchanged(differ(f"answer to {settings}", expected, found[: len(expected)]))


def test_completions_of_a_generation_are_the_batch_times_the_steps(trl: ModuleType, tmp_path: Path) -> None:
    sizes = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4}
    config = trl.GRPOConfig(str(tmp_path), **QUICK, **sizes)
    unchanged(differ("generation_batch_size of 2 x 4", 8, config.generation_batch_size))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("name", DEFAULTS)
def test_without_a_gpu_bf16_is_refused_even_where_nobody_asked_for_it(
    trl: ModuleType, tmp_path: Path, name: str
) -> None:
    for bf16 in (None, True):
        found = refusal(lambda bf16=bf16: getattr(trl, name)(str(tmp_path), bf16=bf16))
        unchanged(differ(f"answer to {name}(bf16={bf16}) without a GPU", f"ValueError: {NO_BF16}", found))
    unchanged(differ(f"bf16 of {name}(use_cpu=True)", True, getattr(trl, name)(str(tmp_path), use_cpu=True).bf16))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"per_device_train_batch_size": 1}, "Actual (not effective) batch size must be > 1."),
        ({"train_sampling_strategy": "random"}, "Loss type `'kto'` estimates the KL divergence term and requires"),
    ],
    ids=["a batch of one", "another order"],
)
def test_kto_needs_mismatched_pairs_as_its_trainer_finds_out_and_its_config_does_not(
    trl: ModuleType, tiny: tuple[Any, Any], tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    from datasets import Dataset

    data = Dataset.from_list([{"prompt": "1+1=", "completion": "2", "label": True}] * 2)
    config = trl.KTOConfig(output_dir=str(tmp_path), **QUICK | settings)
    of_trainer = {"args": config, "train_dataset": data, "processing_class": tiny[1]}
    expected = f"ValueError: {words}"
    found = refusal(lambda: trl.KTOTrainer(model=copy.deepcopy(tiny[0]), **of_trainer))
    unchanged(differ(f"answer of KTOTrainer to {settings}", expected, found[: len(expected)]))


# --- a real step ------------------------------------------------------------------------------------------------------


def test_how_a_reward_function_is_called_and_what_is_logged_of_a_step(step: Callable) -> None:
    calls = []

    def keeping(*args: Any, **kwargs: Any) -> list[float]:
        calls.append((args, kwargs))
        kwargs["log_metric"]("mine", 0.5)
        kwargs["log_extra"]("seen", ["yes"] * len(kwargs["completions"]))
        return spread(**kwargs)

    keeping.__name__ = "spread"
    logs, trainer = step(keeping, beta=0.04, loss_type="grpo")
    [(args, kwargs)] = calls
    roles = {key: [message["role"] for message in kwargs[key][0]] for key in ("prompts", "completions")}
    rewards = torch.tensor(spread([]))
    expected = (rewards - rewards.mean()) / (rewards.std(correction=1) + 1e-4)
    unchanged(
        differ("arguments by position of a reward function", (), args),
        differ("keyword arguments of a reward function", CALLED_WITH | {"solution", "problem"}, set(kwargs)),
        differ("number of completions in a call", G, len(kwargs["completions"])),
        differ("columns in a call: whether they repeat the row", ["14"] * G, kwargs["solution"]),
        differ("roles in a prompt and in a completion", {"prompts": ["user"], "completions": ["assistant"]}, roles),
        differ("kind of a completion's ids", list, type(kwargs["completion_ids"][0])),
        differ("trainer_state.max_steps in a call", 1, kwargs["trainer_state"].max_steps),
        differ("set of metrics with beta", LOGGED | {"kl", "mine"}, set(logs)),
        differ("KL of the first step is below 1e-6", True, abs(logs["kl"]) < 1e-6),
        differ('loss of the first step with loss_type="grpo" is below 1e-6', True, abs(logs["loss"]) < 1e-6),
        differ("gradient of that step is above 1e-3", True, logs["grad_norm"] > 1e-3),
        differ("reward of a step", 1.75, logs["reward"]),
        differ("reward_std of a step", round(rewards.std(correction=1).item(), 4), round(logs["reward_std"], 4)),
        differ("reward over its sample deviation + 1e-4", rounded(expected.tolist()), rounded(advantages(trainer))),
    )


def rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 5) for value in values]


def test_defaults_log_no_kl_and_a_loss_that_is_not_0(step: Callable) -> None:
    """Over all tokens ("dapo") a longer completion weighs more, so that the advantages no longer cancel each other."""
    logs, _ = step(spread)
    unchanged(
        differ("set of metrics without beta", LOGGED, set(logs)),
        differ('loss of the first step with loss_type="dapo" is above .01', True, abs(logs["loss"]) > 0.01),
    )


def test_a_group_of_equal_rewards_has_no_spread_and_moves_nothing(step: Callable) -> None:
    logs, trainer = step(returning([0.1] * G))
    unchanged(
        differ("frac_reward_zero_std of equal rewards", 1.0, logs["frac_reward_zero_std"]),
        differ("reward_std of equal rewards", 0.0, round(logs["reward_std"], 6)),
        differ("advantages of equal rewards are below 1e-3", True, max(map(abs, advantages(trainer))) < 1e-3),
        differ("loss of equal rewards", 0.0, round(logs["loss"], 6)),
        differ("gradient of equal rewards", 0.0, round(logs["grad_norm"], 6)),
    )


def test_a_second_end_token_ends_a_completion_too(step: Callable, tiny: tuple[Any, Any]) -> None:
    equals = tiny[1].convert_tokens_to_ids("=")
    logs, trainer = step(spread, of_model={"eos_token_id": [tiny[1].eos_token_id, equals]})
    unchanged(
        differ("end tokens of a trainer", [tiny[1].eos_token_id, equals], trainer.eos_token_ids),
        differ("clipped_ratio where = ends the thought", 0.0, logs["completions/clipped_ratio"]),
    )


def test_where_nothing_ends_everything_is_clipped_and_the_terminated_length_is_0(step: Callable) -> None:
    logs, _ = step(spread, max_completion_length=2)
    unchanged(
        differ("clipped_ratio where no completion ends", 1.0, logs["completions/clipped_ratio"]),
        differ("mean_terminated_length where no completion ends", 0.0, logs["completions/mean_terminated_length"]),
    )


NO_REWARD = {"reward": None, "reward_std": None, "rewards/constant/mean": None, "frac_reward_zero_std": 0.0}


@pytest.mark.parametrize(
    ("returned", "expected", "moved"),
    [
        ([None] * G, NO_REWARD, [0.0] * G),
        ([math.nan] * G, NO_REWARD, [0.0] * G),  # as None, without a word
        ([1.0, 2.0, 3.0, None], {"reward": 2.0, "reward_std": 1.0}, [-0.9999, 0.0, 0.9999, 0.0]),
        ([1.0, 2.0, 3.0, math.inf], {"reward": math.inf, "frac_reward_zero_std": 0.0}, [0.0] * G),  # the group is lost
        ([True] * G, {"reward": 1.0}, [0.0] * G),
    ],
    ids=["None", "NaN", "one None", "infinity", "bool"],
)
def test_what_a_reward_may_return(step: Callable, returned: Any, expected: dict[str, Any], moved: list[float]) -> None:
    logs, trainer = step(returning(returned))
    unchanged(
        *(differ(f"{name} where a reward returns {returned}", value, logs[name]) for name, value in expected.items()),
        differ(f"advantages where it returns {returned}", moved, [round(a, 4) for a in advantages(trainer)]),
    )


LENGTH = "The reward function 'constant' returned 1 rewards, but 4 were expected (one per prompt-completion pair)."


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (returning([1.0]), f"ValueError: {LENGTH}"),
        (returning([{"reward": 1.0}] * G), "TypeError: must be real number, not dict"),
        (returning(["1"] * G), "ValueError: too many dimensions 'str'"),
        (returning(1.0), "TypeError: 'float' object is not iterable"),
        (returning(None), "TypeError: 'NoneType' object is not iterable"),
        (lambda completions: spread([]), "TypeError: "),  # no **kwargs: unexpected keyword argument
        (lambda completions, accuracy_rewards, **kwargs: spread([]), "TypeError: "),  # which nobody passes
    ],
    ids=["wrong length", "dicts", "texts", "a number", "nothing", "no **kwargs", "an unknown column"],
)
def test_what_a_reward_may_not_return_or_ask_for(step: Callable, reward: Callable[..., Any], words: str) -> None:
    unchanged(differ("answer to such a reward", words, refusal(lambda: step(reward))[: len(words)]))


def test_remove_unused_columns_takes_the_solution_from_the_rewards(step: Callable) -> None:
    def accuracy(completions: list[Any], solution: list[str], **kwargs: Any) -> list[float]:
        return spread(completions)

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'solution'"):
        step(accuracy, remove_unused_columns=True)


def test_loss_types_are_these(step: Callable) -> None:
    trainer = step(spread, loss_type="grpo")[1]
    batch = next(iter(trainer._buffered_inputs))
    trainer.current_gradient_accumulation_steps = 1
    found = set()
    names = ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo")
    for trainer.loss_type in (*names, "none_of_them"):
        try:
            trainer._compute_loss(trainer.model, batch)
        except ValueError:
            continue
        found.add(trainer.loss_type)
    unchanged(differ("set of loss types, of those known", set(names), found))
