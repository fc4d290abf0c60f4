"""A pipeline of stages: each is a training run that is made from what earlier stages left.

A stage is run again when what it needs is another one than it was made from; else it goes on where it stopped, like any
run. So the same command, given again after Ctrl-C or a kill, goes on in the stage where the pipeline was.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labs.common.errors import CannotUse
from labs.common.training.run import TrainingRun
from labs.common.translated import _


@dataclass(frozen=True)
class Stage:
    """A step of a pipeline. `make` gets the artefacts of the stages it needs, by their names."""

    name: str
    make: Callable[[Mapping[str, Path]], TrainingRun]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """A stage that can be made once those that it needs have left something."""

    stage: Stage
    make: Callable[[Stage], TrainingRun]

    def __call__(self) -> TrainingRun:
        return self.make(self.stage)


def in_turn(stages: Sequence[Stage], only: Collection[str] = (), again: bool = False) -> list[Turn]:
    """What `Script.train_all` trains, as one group: the stages in their order, each made when its turn comes.

    With `only` these stages are run, and before them what they need, as far as that is missing or no longer up to date.
    With `again` a stage of `only` that was finished before is run once more.
    """
    artefacts: dict[str, Path | None] = {}

    def made(stage: Stage) -> TrainingRun:
        needed = {need: artefact_of(need, artefacts[need]) for need in stage.needs}
        run = stage.make(needed)
        run.stage = stage.name
        run.made_from = {need: digest(path) for need, path in needed.items()}
        run.repeats = again and stage.name in only
        artefacts[stage.name] = run.artefact
        return run

    wanted = with_needs(stages, only) if only else {stage.name for stage in stages}
    return [Turn(stage, made) for stage in stages if stage.name in wanted]


def with_needs(stages: Sequence[Stage], names: Collection[str]) -> set[str]:
    """These stages and all that they need, directly or not; CannotUse where there is no stage of a name."""
    by_name = {stage.name: stage for stage in stages}
    if unknown := [name for name in names if name not in by_name]:
        raise CannotUse(
            _("there is no stage {name!r}; the stages are {stages}").format(name=unknown[0], stages=", ".join(by_name))
        )
    found = set(names)
    for name in names:
        found |= with_needs(stages, by_name[name].needs)
    return found


def artefact_of(stage: str, file: Path | None) -> Path:
    """What a stage left; CannotUse where it left nothing, as one that was stopped does."""
    if file is None or not file.is_file():
        raise CannotUse(_("{stage} has left nothing yet that a later stage could be made from").format(stage=stage))
    return file


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
