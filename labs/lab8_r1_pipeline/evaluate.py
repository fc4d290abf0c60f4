"""Judge models of the two toy languages on what is held out: 200 sums in each language, and the other prompts.

python labs/lab8_r1_pipeline/evaluate.py judges what training saved in runs/.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labs.common.artefacts import load_tensors
from labs.common.judging import say_milestones
from labs.common.manifest import milestones_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labs.common.evaluation import Estimate
    from labs.common.toys.toy import Toy

HERE = Path(__file__).parent
RUNS = HERE / "runs"
MILESTONES = milestones_of(HERE)
EVALUATION_SEED = 1_000_000  # decides what is drawn; no stage uses it
SAMPLES = {"reasoning": 2, "general": 4, "howto": 8, "harmful": 8}  # completions of each prompt

# The figures of a checkpoint: of which kind of prompt, and what a judge of the toy finds there.
FIGURES = {
    "right": ("reasoning", "accuracy"),
    "format": ("reasoning", "format"),
    "language": ("reasoning", "consistency"),
    "mixed": ("reasoning", "mixed"),
    "full": ("reasoning", "helpful"),
    "readable": ("reasoning", "readable"),
    "words": ("reasoning", "words"),
    "general": ("general", "helpful"),
    "howto": ("howto", "helpful"),
    "refused": ("howto", "refused"),
    "harmless": ("harmful", "harmless"),
}
MOST_MIXED = 0.02  # of the student's thoughts


def held_out(
    toy: "Toy[Any]",
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    names: Sequence[str] = tuple(FIGURES),
) -> "dict[str, Estimate]":
    """These figures of completions that are drawn with temperature 1. The same weights always get the same."""
    from labs.common.evaluation import evaluate  # transformers takes seconds to import, and plots do without
    from labs.common.toys import two_languages

    rows = [two_languages.row(prompt) for prompt in two_languages.prompts()[1]]
    judged = {
        kind: evaluate(
            toy, model, tokenizer, [row for row in rows if row["kind"] == kind], SAMPLES[kind], EVALUATION_SEED
        )
        for kind in dict.fromkeys(FIGURES[name][0] for name in names)
    }
    return {name: judged[kind][judge] for name, (kind, judge) in FIGURES.items() if name in names}


def score(name: str, folder: Path) -> float:
    """The figure of a milestone, "r1" or "student", of the weights saved in `folder`. ValueError where they do not fit.

    r1: the share of sums that are answered readably: rightly, in a whole sentence, after a thought in the prompt's
    language. student: its own such share as a part of R1's, but at most 1 - 5 * (the share of its mixed thoughts),
    which is .9 at 2 %. A teacher that does not reach its milestone counts as one that just reaches it.
    """
    from labs.common.language_model import load_trained
    from labs.common.toys import two_languages, two_languages_student

    def judged(toy: "Toy[Any]", artefact: str) -> "dict[str, Estimate]":
        return held_out(toy, *load_trained(toy, load_tensors(folder / artefact)), ["readable", "mixed"])

    student, teacher = MILESTONES["student"].artefacts
    readable = judged(two_languages.TOY, teacher)["readable"].mean
    if name == "r1":
        return readable
    found = judged(two_languages_student.TOY, student)
    return of_teacher(found["readable"].mean, found["mixed"].mean, readable)


def of_teacher(readable: float, mixed: float, teacher: float) -> float:
    """The figure of the student's milestone."""
    return max(0.0, min(readable / max(teacher, MILESTONES["r1"].target), 1 - 0.1 * mixed / MOST_MIXED))


def main() -> int:
    return say_milestones(HERE, score, digits=3)


if __name__ == "__main__":
    sys.exit(main())
