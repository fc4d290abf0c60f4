"""What people report of GRPO with TRL, each made for real and met by a sentence; and rewards that never end.

The import of TRL takes about 10 seconds, each new process of a Bounded one or two.
"""

import copy
import inspect
import math
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import torch

from grader.lab import solutions_folder
from grader.lab.loading import load_modules

LAB = solutions_folder() / "lab9_trl"
[preflight] = load_modules(LAB, ["preflight"])
QUICK = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none"}
SMALL = {"per_device_train_batch_size": 4, "num_generations": 4, "max_completion_length": 24}


@pytest.fixture(scope="module")
def tiny() -> tuple[Any, Any]:
    from labs.common.language_model import load
    from labs.common.toys.arithmetic import TOY

    return load(TOY, "tiny")


@pytest.fixture
def model(tiny: tuple[Any, Any]) -> Any:
    return copy.deepcopy(tiny[0])


@pytest.fixture
def tokenizer(tiny: tuple[Any, Any]) -> Any:
    return copy.deepcopy(tiny[1])


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., Any]:
    def make(**over: Any) -> Any:
        from trl import GRPOConfig

        return GRPOConfig(output_dir=str(tmp_path), **QUICK | SMALL | over)

    return make


def rows(*solutions: str, **more: Any) -> Any:
    from datasets import Dataset

    prompt = [{"role": "user", "content": "2 + 3 * 4"}]
    return Dataset.from_list([{"prompt": prompt, "solution": solution, **more} for solution in solutions or ["14"] * 4])


def accuracy_reward(completions: list[Any], solution: list[str], **kwargs: Any) -> list[float | None]:
    return [float(gold in reply[0]["content"]) for reply, gold in zip(completions, solution, strict=True)]


def returning(value: Any) -> Callable[..., Any]:
    def constant(completions: list[Any], **kwargs: Any) -> Any:
        return value

    return constant


@pytest.fixture
def found(model: Any, tokenizer: Any, config: Callable[..., Any]) -> Callable[..., Any]:
    def find(*rewards: Any, data: Any = None, **settings: Any) -> Any:
        data = rows() if data is None else data
        return preflight.preflight(model, tokenizer, config(**settings), data, rewards or [accuracy_reward])

    return find


def says(sentences: list[str], *words: str) -> None:
    """One sentence, with these words."""
    [sentence] = sentences
    for word in words:
        assert word in sentence, f"{word!r} is not in {sentence!r}"


def test_nothing_is_said_of_a_training_that_can_succeed(found: Callable[..., Any]) -> None:
    assert found(beta=0.04) == preflight.Findings()


# --- the configuration ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"per_device_train_batch_size": 6, "num_generations": 4}, ("6", "4", "8", "2 or 3 or 6")),
        ({"per_device_train_batch_size": 1, "gradient_accumulation_steps": 2}, ("2 completions", "4 or 8")),
        ({"generation_batch_size": 6}, ("6", "4", "Leave generation_batch_size out")),
        ({"num_generations": 1}, ("2 or more",)),
        ({"generation_batch_size": 8, "steps_per_generation": 2}, ("Set one of them",)),
        ({"auto_find_batch_size": True}, ("per_device_train_batch_size",)),
        ({"eval_strategy": "steps", "eval_steps": 1, "per_device_eval_batch_size": 6}, ("eval_batch_size = 4",)),
    ],
)
def test_a_refused_configuration(config: Callable[..., Any], settings: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as error:
        config(**settings)
    says(preflight.refused(error.value), *words)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_bf16_without_a_gpu(config: Callable[..., Any], found: Callable[..., Any]) -> None:
    with pytest.raises(ValueError) as error:
        config(use_cpu=False, bf16=None)
    says(preflight.refused(error.value), "no GPU", "use_cpu=True", "bf16=False")
    says(found(bf16=None).warnings, "bf16=False")


def test_another_error_is_not_explained(config: Callable[..., Any]) -> None:
    assert preflight.refused(ValueError("something else")) == []


def test_too_little_memory(found: Callable[..., Any], model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    size = 4 * sum(p.numel() for p in model.parameters())
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=3 * size + 1))
    assert found(beta=0.0).warnings == [], "three times the weights: gradients and two moments"
    says(found(beta=0.04).warnings, "0.0 GB", "reference", "LoRA")


# --- the model --------------------------------------------------------------------------------------------------------


def test_no_chat_template(found: Callable[..., Any], tokenizer: Any) -> None:
    tokenizer.chat_template = None
    says(found().faults, "no chat template", "Instruct")


def test_no_end_token(found: Callable[..., Any], tokenizer: Any) -> None:
    tokenizer.eos_token = None
    says(found().faults, "no end token")


def test_an_end_token_that_the_model_cannot_write(found: Callable[..., Any], tokenizer: Any, model: Any) -> None:
    tokenizer.add_special_tokens({"eos_token": "<the end>"})
    model.generation_config.eos_token_id = None
    says(found().faults, "<the end>", "none of the 21")


def test_a_template_whose_turns_do_not_end(found: Callable[..., Any], tokenizer: Any) -> None:
    tokenizer.chat_template = tokenizer.chat_template.replace(" + eos_token", "")
    says(found().warnings, "does not end with <eos>")


def test_prompts_that_leave_too_little_room(found: Callable[..., Any]) -> None:
    says(found(max_completion_length=512).warnings, "64 positions", "4 of 4", "11 tokens", "Choose 53 or less")
    long = rows().map(lambda row: {"prompt": [{"role": "user", "content": "1+" * 40}]})
    says(found(data=long).faults, "82 tokens", "TRL does not cut them")


# --- data and rewards -------------------------------------------------------------------------------------------------


def test_a_data_set_without_rows_or_prompts(found: Callable[..., Any]) -> None:
    says(found(data=rows().select([])).faults, "no rows")
    says(found(data=rows().remove_columns("prompt")).faults, "no column prompt")


def test_a_column_that_nobody_passes(found: Callable[..., Any]) -> None:
    def cosine(completions: list[Any], accuracy_rewards: list[float], **kwargs: Any) -> list[float]:
        raise AssertionError("it is not called")

    says(found(cosine).faults, "cosine asks for accuracy_rewards", "prompt, solution")
    says(found(remove_unused_columns=True).faults, "asks for solution", "set it to False")


def test_a_reward_without_kwargs(found: Callable[..., Any]) -> None:
    def bare(completions: list[Any], solution: list[str]) -> list[float]:
        raise AssertionError("it is not called")

    says(found(bare).faults, "no **kwargs", "completion_ids", "trainer_state")


def test_gold_answers_that_cannot_be_read(found: Callable[..., Any]) -> None:
    says(found(data=rows("14", "none at all", "$x", "15")).warnings, "2 of 4", "row 1", "none at all")
    says(found(data=rows("none at all", "no")).faults, "2 of 2", "Nothing could be judged")


def test_a_reward_that_raises_is_named_with_its_line(tmp_path: Path, config: Any, model: Any, tokenizer: Any) -> None:
    (tmp_path / "preflight.py").write_text((LAB / "preflight.py").read_text())
    (tmp_path / "rewards.py").write_text(
        "def broken(completions, **kwargs):\n    return [1 / len(reply[0]['content']) for reply in completions]\n\n\n"
        "def later(completions, **kwargs):\n    raise NotImplementedError\n"
    )
    module, rewards = load_modules(tmp_path, ["preflight", "rewards"])
    settings = (model, tokenizer, config(), rows())
    says(module.preflight(*settings, [rewards.broken]).faults, "broken raised ZeroDivisionError", "line 2", "1 / len")
    with pytest.raises(NotImplementedError):  # train.py says which function is still to do
        module.preflight(*settings, [rewards.later])


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ([1.0], ("a list of 1", "list of 4 numbers")),
        (None, ("returned None",)),
        (1.0, ("a float",)),
        ([{"reward": 1.0}] * 4, ("a dict for completion 0",)),
        (["1"] * 4, ("a str",)),
        ([1.0, math.nan, 1.0, 1.0], ("nan for completion 1",)),
        ([1.0, 1.0, math.inf, None], ("inf for completion 2",)),
        ([None] * 4, ("constant returned None for all of 4", "judges none")),
    ],
)
def test_what_a_reward_returns(found: Callable[..., Any], returned: Any, words: tuple[str, ...]) -> None:
    says(found(returning(returned)).faults, *words)


def test_what_trl_takes_is_no_fault(found: Callable[..., Any]) -> None:
    takes = (torch.ones(4), [True, 0, 1.0, None], [torch.tensor(1.0)] * 4, (1, 2, 3, 4))
    assert found(*map(returning, takes)) == preflight.Findings()
    says(found(accuracy_reward, returning([None] * 4)).warnings, "constant", "judges none")


# --- while it runs ----------------------------------------------------------------------------------------------------

LOGS = {"loss": 0.3, "reward": 0.5, "frac_reward_zero_std": 0.2, "completions/clipped_ratio": 0.1}


@pytest.mark.parametrize(
    ("logs", "steps", "words"),
    [
        ({"frac_reward_zero_std": 1.0, "loss": 0.0}, 3, ("same", "advantages are 0", "last 3 logs")),
        ({"completions/clipped_ratio": 1.0}, 3, ("cut off at max_completion_length", "end token")),
        ({"reward": None}, 1, ("(reward)", "NaN")),
        ({"rewards/cosine/mean": math.nan}, 1, ("(rewards/cosine/mean)",)),
        ({"loss": 3e-8}, 1, ("no fault", "beta * KL", "watch the reward")),
    ],
)
def test_what_logs_mean_is_said_once(logs: dict[str, Any], steps: int, words: tuple[str, ...]) -> None:
    watch = preflight.Watch()
    assert watch({"train_runtime": 1.0}) == watch(LOGS) == []
    told = [watch(LOGS | logs) for _ in range(5)]
    assert [bool(sentences) for sentences in told] == [i == steps - 1 for i in range(5)]
    says(told[steps - 1], *words)
    watch(LOGS)
    assert [watch(LOGS | logs) for _ in range(5)] == [[]] * 5


def test_a_single_log_without_spread_is_chance() -> None:
    watch = preflight.Watch()
    assert [watch(LOGS | {"frac_reward_zero_std": float(i % 3 != 0)}) for i in range(9)] == [[]] * 9


# --- rewards that never end -------------------------------------------------------------------------------------------

TRAINING = """
import os, time
from dataclasses import dataclass, field

@dataclass
class GRPOScriptArguments:
    right: float = 1.0

def get_reward_functions(args):
    def judged(completions, solution, **kwargs):
        def of(text):
            if "loop" in text:
                print("pid", os.getpid(), flush=True)
                while True:
                    pass
            if "power" in text:
                9**9**9
            return args.right if text in solution else -0.5
        return [of(completion[0]["content"]) for completion in completions]

    def logs(completions, log_metric, trainer_state, **kwargs):
        log_metric("step", trainer_state.global_step)
        return [0.0 for _ in completions]

    def endless(completions, **kwargs):
        while True:
            pass

    def raises(completions, **kwargs):
        return [completion["content"] for completion in completions]

    def leaves(completions, **kwargs):
        raise SystemExit("bye")

    def dies(completions, **kwargs):
        os._exit(3)

    def lazy(completions, **kwargs):
        return (1.0 for _ in completions)

    return [judged, logs, endless, raises, leaves, dies, lazy]
"""


def called(*texts: str, **more: Any) -> dict[str, Any]:
    """As TRL calls a reward."""
    completions = [[{"role": "assistant", "content": text}] for text in texts]
    loggers = {"log_extra": lambda column, values: None, "log_metric": lambda name, value: None}
    state = SimpleNamespace(global_step=7, log_history=[{"not": object}])
    return {"completions": completions, "solution": ["14"] * len(texts), "trainer_state": state, **loggers, **more}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "bounded.py").write_text((LAB / "bounded.py").read_text())
    (folder / "training.py").write_text(TRAINING)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for name in ("bounded", "training"):
            patch.delitem(sys.modules, name, raising=False)
        import bounded
        import training

        made = training.get_reward_functions(training.GRPOScriptArguments(right=2.0))
        told: list[str] = []
        with bounded.Bounded(made, {"right": 2.0}, 1.0, 0.5, told.append) as rewards:
            yield SimpleNamespace(**{f.__name__: f for f in rewards.functions}, told=told, module=bounded, made=made)
        for name in ("bounded", "training"):
            sys.modules.pop(name)


def test_bounded_functions_are_called_as_those_that_were_made(bounded: Any) -> None:
    assert bounded.judged(**called("14", "15")) == [2.0, -0.5]
    assert inspect.signature(bounded.judged) == inspect.signature(bounded.made[0])


def test_what_a_bounded_function_logs_is_logged(bounded: Any) -> None:
    logged = []
    assert bounded.logs(**called("14", log_metric=lambda *values: logged.append(values))) == [0.0]
    assert logged == [("step", 7)]


def test_completions_that_hang_earn_no_more_than_any_other_and_it_is_said_once(bounded: Any) -> None:
    assert bounded.judged(**called("14", "loop", "14", "power", "15")) == [2.0, -0.5, 2.0, -0.5, -0.5]
    assert bounded.judged(**called("14", "loop")) == [2.0, 0.0]
    says(bounded.told, "judged was stopped after 0.5 s", "'loop'")


def test_a_function_that_never_ends_is_at_fault_itself(bounded: Any) -> None:
    with pytest.raises(bounded.module.RewardFailed, match="endless does not come to an end") as error:
        bounded.endless(**called("14", "15"))
    assert preflight.raised("endless", error.value) == str(error.value)


def test_an_error_comes_back_with_its_line_and_without_the_given_code(bounded: Any) -> None:
    with pytest.raises(bounded.module.RewardFailed) as error:
        bounded.raises(**called("14"))
    text = str(error.value)
    assert text.startswith("raises raised TypeError: list indices must be integers")
    assert 'completion["content"] for completion' in text and "training.py" in text and "bounded.py" not in text


@pytest.mark.parametrize(
    ("name", "words"),
    [("leaves", "SystemExit: bye"), ("dies", "exit code 3"), ("lazy", "a list of numbers is expected, and not a gen")],
)
def test_what_else_a_function_can_do_to_its_process(bounded: Any, name: str, words: str) -> None:
    with pytest.raises(bounded.module.RewardFailed, match=words):
        getattr(bounded, name)(**called("14"))
    assert bounded.judged(**called("14")) == [2.0], "and the next call is answered"


def test_nothing_runs_on_after_ctrl_c(bounded: Any, tmp_path: Path) -> None:
    """In the middle of a call that hangs."""
    script = tmp_path / "train.py"
    script.write_text(
        f"import sys\nsys.path[:0] = [{str(Path(bounded.module.__file__).parent)!r}, {str(Path(__file__).parent)!r}]\n"
        "import bounded, training\nfrom types import SimpleNamespace\n"
        "if __name__ == '__main__':\n"
        "    made = training.get_reward_functions(training.GRPOScriptArguments())\n"
        "    with bounded.Bounded(made, {}, 60) as rewards:\n"
        "        rewards.functions[0](completions=[[{'content': 'loop'}]], solution=['14'],\n"
        "            trainer_state=SimpleNamespace(), log_extra=None, log_metric=None)\n"
    )
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    pid = int(process.stdout.readline().split()[1])  # the function has begun
    children = psutil.Process(process.pid).children(recursive=True)
    assert pid in [child.pid for child in children]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
