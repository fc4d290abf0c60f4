"""What the five rewards of lab 9 take for 1,000 completions, beside TRL's own and lab 7's rule.

    python tests/benchmarks/rewards_lab9.py

The completions are the tiny model's own, five for each of 200 problems, so many are equal, as they are in training. CPU
seconds of this process, the median of five calls after a first one that imports what is needed. The last lines are wall
seconds: the same calls through the process with a time limit (bounded.py).
"""

import dataclasses
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "solutions" / "lab9_trl")]

import torch  # noqa: E402
from trl.rewards import accuracy_reward as trl_accuracy  # noqa: E402
from trl.rewards import think_format_reward  # noqa: E402

from bounded import Bounded  # noqa: E402
from grader.lab.loading import load_modules  # noqa: E402
from labs.common.language_model import load, prompt_ids, texts  # noqa: E402
from labs.common.sampling import generate  # noqa: E402
from labs.common.seeding import generator  # noqa: E402
from labs.common.toys.arithmetic import TOY, gold_answer, rows  # noqa: E402
from training import REWARDS, GRPOScriptArguments, get_reward_functions  # noqa: E402

TIMES = 5


def main() -> None:
    torch.set_num_threads(1)
    model, tokenizer = load(TOY, "tiny")
    held_out = rows()[1]
    drawn = generate(model, [prompt_ids(tokenizer, row["problem"]) for row in held_out], 5, generator(0, "rewards"))
    replies = texts(tokenizer, drawn.completion_ids)
    solutions = [row["solution"] for row in held_out for _ in range(5)]
    called: dict[str, Any] = {
        "prompts": [[]] * len(replies),
        "completions": [[{"role": "assistant", "content": reply}] for reply in replies],
        "completion_ids": [[]] * len(replies),
        "solution": solutions,
        "log_extra": lambda *_: None,
        "log_metric": lambda *_: None,
    }
    arguments = GRPOScriptArguments(reward_funcs=list(REWARDS))
    functions = get_reward_functions(arguments)
    [by_rule] = load_modules(ROOT / "solutions" / "lab7_grpo", ["rewards"])
    golds = [gold_answer(solution) for solution in solutions]

    print(f"{len(replies)} completions, {len(set(replies))} different ones\n")
    print("| reward | CPU s, median (range) |\n| --- | --- |")
    for function in functions:
        say(function.__name__, lambda function=function: function(**called), time.process_time)
    say("trl.rewards.accuracy_reward", lambda: trl_accuracy(**called), time.process_time)
    say("trl.rewards.think_format_reward", lambda: think_format_reward(**called), time.process_time)
    say("lab 7's accuracy_reward", lambda: list(map(by_rule.accuracy_reward, replies, golds)), time.process_time)

    print("\n| in a process with a limit | wall s, median (range) |\n| --- | --- |")
    state = type("State", (), {"__init__": lambda self: setattr(self, "global_step", 0)})()
    with Bounded(functions, dataclasses.asdict(arguments)) as bounded:
        for name, each in (("here", functions), ("there", bounded.functions)):
            say(
                f"all five, {name}",
                lambda each=each: [f(**called, trainer_state=state) for f in each],
                time.perf_counter,
            )


def say(name: str, call: Callable[[], Any], clock: Callable[[], float]) -> None:
    call()
    seconds = []
    for _ in range(TIMES):
        began = clock()
        call()
        seconds.append(clock() - began)
    print(f"| {name} | {statistics.median(seconds):.3f} ({min(seconds):.3f}-{max(seconds):.3f}) |", flush=True)


if __name__ == "__main__":
    main()
