"""One run of TRL's GRPOTrainer: its data, its settings, its checkpoints, and what is handed over. Given code.

Read it from `GRPORun.train` on: a model, a data set, reward functions and a configuration make a trainer, and the
trainer has the loop. TRL saves its own checkpoints in runs/checkpoints/<name>/checkpoint-<step>, and goes on from them.
"""

import dataclasses
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import tensorboardX
import torch
import transformers
from safetensors.torch import load_file
from transformers import PreTrainedModel, PrinterCallback, TrainerCallback
from transformers.integrations import TensorBoardCallback
from trl import GRPOTrainer

from bounded import Bounded
from evaluate import HERE
from labs.common import parallel
from labs.common.engines import trl_settings
from labs.common.errors import CannotUse
from labs.common.held_out import SAMPLES
from labs.common.memory import Work, checkpointing, rows_at_once
from labs.common.recipes import fitted, held_out, is_tiny
from labs.common.toys.arithmetic import TOY, rows
from labs.common.toys.toy import Row
from labs.common.training.run import write_json
from labs.common.training.solving import SolvingRun
from labs.common.translated import N_, _
from labs.common.warm_start import starting_point
from preflight import Watch, preflight, refused
from training import (
    GRPOScriptArguments,
    LossLogger,
    get_reward_functions,
    make_conversation,
    make_grpo_config,
    validate_dataset,
)

transformers.utils.logging.set_verbosity_error()  # what it warns of is said by preflight.py, or changes nothing here
datasets.disable_progress_bars()

FACTS = "run.json"  # in a checkpoint, beside TRL's files, and written after them: what TrainingRun needs to go on
EVERY = 4  # steps, from one look at the held-out problems to the next, with one sample of each
CURVES = {"reward": "reward", "no_spread": "frac_reward_zero_std", "loss": "loss"}  # that are drawn, by TRL's names
WEIGHTS = {"format": 0.1}  # of rewards in the sum; of the others 1


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a run is made with, besides make_grpo_config's settings."""

    steps: int = 60
    prompts: int = 32  # of a step
    num_generations: int = 8  # completions of each
    learning_rate: float = 7e-4  # falls linearly to 0
    max_completion_length: int = 24


class GRPORun(SolvingRun):
    """A GRPOTrainer, and everything that is told about it."""

    suffix = ""  # of the checkpoint, which is a folder

    def __init__(self, arguments: GRPOScriptArguments, seed: int, steps: int | None = None) -> None:
        self.arguments = arguments
        recipe = fitted("lab9", Recipe())
        self.recipe = dataclasses.replace(recipe, steps=steps or recipe.steps)
        rewards = in_short(arguments)
        super().__init__(HERE, rewards, rewards, seed, self.recipe.steps, recipe.steps)
        completions = self.recipe.prompts * self.recipe.num_generations
        self.completions = parallel.part(completions, N_("completions"))  # that a process computes in a step
        self.handed_in = is_tiny() and arguments == GRPOScriptArguments()

        self.learner, self.tokenizer = starting_point(TOY)
        if is_tiny():
            torch.set_num_threads(1)  # a model this small is faster on one
        train, problems = rows()
        self.problems = held_out(problems)
        self.data = conversations(train)
        self.functions = get_reward_functions(arguments)
        self.logger = Logged()
        self.watch = Watch()
        self.steps = 0
        self.resumed = False  # TRL goes on from its checkpoint
        self.wants_checkpoint = False

    # --- the training -------------------------------------------------------------------------------------------------

    def begin(self) -> str:
        """All that can be known before minutes are spent: a fault ends it here, a worry is said."""
        with tempfile.TemporaryDirectory() as folder:
            found = preflight(self.learner, self.tokenizer, self.config(folder), self.data, self.functions)
        if found.faults:
            raise CannotUse("\n".join(found.faults))
        self.look()
        if sentence := super().begin():
            found.warnings.append(sentence)
        return "\n".join(found.warnings)

    def config(self, folder: str | Path) -> Any:
        """make_grpo_config's settings, with the recipe's. A batch is counted in completions, not in prompts. TRL
        multiplies it by the number of processes, so that of each of several is a part of the recipe's."""
        recipe, rows = self.recipe, self.rows()
        settings = dict(
            output_dir=str(folder),
            num_generations=recipe.num_generations,
            per_device_train_batch_size=rows,
            gradient_accumulation_steps=self.completions // rows,
            max_completion_length=recipe.max_completion_length,
            max_steps=recipe.steps,
            learning_rate=recipe.learning_rate,
            reward_weights=[WEIGHTS.get(name, 1.0) for name in self.arguments.reward_funcs],
            logging_steps=1,
            save_strategy="no",  # Between asks for checkpoints
            save_total_limit=2,
            disable_tqdm=True,
            seed=self.seed,
            **trl_settings(),
        )
        if is_tiny():  # on the CPU, where it is faster, and where its milestones were measured
            settings |= dict(use_cpu=True, bf16=False, gradient_checkpointing=False)
        else:
            settings |= dict(gradient_checkpointing=checkpointing())
        if parallel.processes() > 1:
            settings |= dict(ddp_find_unused_parameters=False)  # there are none
        try:
            return make_grpo_config(**settings)
        except ValueError as error:
            if sentences := refused(error):
                raise CannotUse("\n".join(sentences)) from None
            raise

    def rows(self) -> int:
        """The completions of a micro-batch, which divide those of a step; TRL adds up the gradients."""
        most = max(1, rows_at_once(self.learner.config.vocab_size, self.recipe.max_completion_length + 1))
        return max(rows for rows in range(1, self.completions + 1) if self.completions % rows == 0 and rows <= most)

    def work(self) -> Work:
        ask = self.tokenizer.apply_chat_template
        asked = (ask(prompt, add_generation_prompt=True, return_dict=False) for prompt in self.data["prompt"])
        drawn = max(self.completions, SAMPLES * len(self.problems))
        return Work(self.completions, max(map(len, asked)), self.recipe.max_completion_length, drawn)

    def train(self, between: Callable[[], bool]) -> None:
        """TRL's loop. `between` is called after each step: it shows the bar, saves now and then, and hears Ctrl-C."""
        if self.resumed:
            self.watch.said.add("loss")  # it was explained when the run began
        with Bounded(self.functions, dataclasses.asdict(self.arguments)) as bounded:
            trainer = GRPOTrainer(
                model=self.learner,
                processing_class=self.tokenizer,
                reward_funcs=bounded.functions,
                args=self.config(self.checkpoints),
                train_dataset=self.data,
                callbacks=[self.logger, Between(self, between, bounded), *self.tensorboard()],
            )
            trainer.remove_callback(PrinterCallback)  # prints all figures of each step
            trainer.train(resume_from_checkpoint=str(self.checkpoint) if self.resumed else None)

    def tensorboard(self) -> list[TrainerCallback]:
        """Of several processes the main one writes it."""
        if not parallel.is_main():
            return []
        logs = self.runs / "tensorboard" / self.name
        if not self.resumed:
            shutil.rmtree(logs, ignore_errors=True)
        return [TensorBoardCallback(tensorboardX.SummaryWriter(str(logs)))]

    def step(self) -> None:
        raise NotImplementedError("TRL has the loop")

    def logged(self, step: int, logs: dict[str, float]) -> None:
        """After a step of TRL's: its figures for the curves, as LossLogger kept them, and what they mean."""
        if not self.logger.rows or self.logger.rows[-1].get("step") != step:
            raise ValueError(
                _("the last row of LossLogger has to be that of step {step}, after on_log was called with it").format(
                    step=step
                )
            )
        row = self.logger.rows[-1]
        self.steps = step
        self.measured(step, {name: row[key] for name, key in CURVES.items() if row.get(key) is not None})
        if step % EVERY == 0 or self.finished:
            self.look()
        for sentence in self.watch(logs):
            print(_("step {step}: {sentence}").format(step=step, sentence=sentence))

    # --- what is told of it, and handed over --------------------------------------------------------------------------

    @property
    def policy(self) -> PreTrainedModel:
        return self.learner

    def files(self) -> tuple[str, Mapping[str, bytes], Sequence[str]]:
        """Model and tokenizer as save_pretrained writes them: a folder that from_pretrained reads."""
        with tempfile.TemporaryDirectory() as folder:
            self.learner.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)
            saved = {f"trained/{file.name}": file.read_bytes() for file in Path(folder).iterdir()}
        return "trained", saved, ["torch", "transformers", "trl"]

    # --- its checkpoints ----------------------------------------------------------------------------------------------

    @property
    def checkpoints(self) -> Path:
        """The folder in which TRL keeps them."""
        return super().checkpoint

    @property
    def checkpoint(self) -> Path:
        """The newest that was written to its end."""
        whole = [file.parent for file in self.checkpoints.glob(f"checkpoint-*/{FACTS}")]
        return max(whole, key=lambda folder: int(folder.name.partition("-")[2]), default=self.checkpoints / "none")

    def save_checkpoint(self) -> None:
        """Only TRL can write one, at the end of a step: Between asks for it."""
        self.wants_checkpoint = True

    def state(self) -> dict[str, Any]:
        return {"steps": self.steps}

    def saved_state(self) -> dict[str, Any]:
        return dict(json.loads((self.checkpoint / FACTS).read_text(encoding="utf-8")))

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.load_state_dict(load_file(self.checkpoint / "model.safetensors"))
        self.steps, self.resumed = int(state["steps"]), True


class Logged(LossLogger, TrainerCallback):
    """Your LossLogger as TRL wants it: a callback, which has a method for everything that a trainer tells."""


class Between(TrainerCallback):
    """What is done between two steps of TRL's: figures, the bar, checkpoints, Ctrl-C."""

    def __init__(self, run: GRPORun, between: Callable[[], bool], bounded: Bounded) -> None:
        self.run, self.between, self.bounded = run, between, bounded
        self.others = not run.resumed  # checkpoints of an earlier run may lie there
        self.counted = self.cpu_seconds()

    def cpu_seconds(self) -> float:
        """Of this process and of that of the rewards."""
        return time.process_time() + self.bounded.cpu_seconds

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        if "loss" not in logs:
            return
        run, now = self.run, self.cpu_seconds()
        run.cpu_seconds, self.counted = run.cpu_seconds + now - self.counted, now
        run.logged(state.global_step, logs)
        stop = self.between()
        if run.keeps_checkpoint and (parallel.anyone(run.wants_checkpoint) or stop or run.finished):
            if self.others:  # they stay until this run has something to save
                with parallel.main_first():
                    if parallel.is_main():
                        shutil.rmtree(run.checkpoints, ignore_errors=True)
                self.others = False
            control.should_save, run.wants_checkpoint = True, False
        control.should_training_stop = control.should_training_stop or stop

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if parallel.is_main():
            write_json(self.run.checkpoints / f"checkpoint-{state.global_step}" / FACTS, self.run.whole_state())


def conversations(train: Sequence[Row]) -> datasets.Dataset:
    """The rows as TRL reads them; CannotUse where validate_dataset finds something."""
    data = datasets.Dataset.from_list(list(train)).map(make_conversation, remove_columns=["messages"])
    if faults := validate_dataset({"train": data}):
        raise CannotUse(_("validate_dataset says: {faults}").format(faults=_("; ").join(faults)))
    return data


def in_short(arguments: GRPOScriptArguments) -> str:
    """The rewards, and the settings that are not the usual ones; "trl" for the usual run."""
    usual = dataclasses.asdict(GRPOScriptArguments())
    settings = dataclasses.asdict(arguments)
    if settings == usual:
        return "trl"
    changed = [f"{name} {value}" for name, value in settings.items() if value != usual[name] and name != "reward_funcs"]
    return " ".join([*arguments.reward_funcs, *changed])
