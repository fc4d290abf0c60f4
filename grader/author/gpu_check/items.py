"""The items of a report, in their order: what nothing else can show comes first, in case the time runs out."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.author.gpu_check import figures, own_tests, training
from grader.author.gpu_check.settings import Settings, Tell
from grader.errors import Refused

Run = Callable[[Tell, Settings], None]


@dataclass(frozen=True)
class Kind:
    """An item that can be run: in a process of its own, within so many seconds."""

    name: str
    title: str
    seconds: float
    run: Run


def device_checks(tell: Tell, settings: Settings) -> None:
    """Imported here: who only lists the items needs no torch."""
    from grader.author.gpu_check.device_checks import device_checks

    device_checks(tell, settings)


def values(tell: Tell, settings: Settings) -> None:
    from grader.author.gpu_check.values import values

    values(tell, settings)


ITEMS = (
    Kind("device-checks", "Device checks on the pretended GPU and on a real one", 240, device_checks),
    Kind("values", "The references' values on the device and on the CPU", 120, values),
    Kind("memory", "Peak memory beside its estimate", 90, figures.memory),
    Kind("sampling", "Tokens a second of the samplers", 120, figures.sampling),
    Kind("warm-start", "A warm start of SmolLM2", 120, training.warm_start),
    Kind("train-lab7", "Lab 7 (GRPO) with its own train.py", 150, training.ITEMS["train-lab7"]),
    Kind("train-lab5", "Lab 5 (DPO) with its own train.py", 120, training.ITEMS["train-lab5"]),
    Kind("train-lab6", "Lab 6 (KTO) with its own train.py", 120, training.ITEMS["train-lab6"]),
    Kind("train-lab9", "Lab 9 (TRL) with its own train.py", 150, training.ITEMS["train-lab9"]),
    Kind("train-lab8", "Lab 8 (the R1 pipeline), two steps of each stage", 120, training.ITEMS["train-lab8"]),
    Kind("vllm", "Sampling with vLLM", 150, figures.vllm),
    Kind("flash-attention", "Flash attention beside torch's own", 60, figures.flash_attention),
    Kind("tests", "The kit's own tests that touch devices", 120, functools.partial(own_tests.own, own_tests.TESTS)),
)


def chosen(names: Sequence[str], items: Sequence[Kind] = ITEMS) -> list[Kind]:
    """The items that are called so, or begin with such a word ("train": all trainings); without any, all. Refused for
    a name that fits none."""
    for name in names:
        if not any(_fits(item, name) for item in items):
            raise Refused("gpu_check_no_such_item", name=name, items=[item.name for item in items])
    return [item for item in items if not names or any(_fits(item, name) for name in names)]


def _fits(item: Kind, name: str) -> bool:
    return name in (item.name, item.name.partition("-")[0])
