"""Read what each checkpoint answers to the same six held-out prompts, side by side. Given code.

python labs/lab8_r1_pipeline/look.py                     seed 0, an answer drawn with temperature 1
python labs/lab8_r1_pipeline/look.py --temperature 0     the likeliest answer
python labs/lab8_r1_pipeline/look.py --controls          the controls' models as well, as far as there are any
"""

import argparse
import sys
from collections.abc import Iterator

from evaluate import RUNS
from labs.common.artefacts import load_tensors
from labs.common.command_line import Parser
from labs.common.language_model import load, load_trained, prompt_ids, texts
from labs.common.sampling import generate
from labs.common.seeding import generator
from labs.common.toys import two_languages
from labs.common.toys.toy import Toy
from labs.common.toys.two_languages import LabRow, Prompt, is_harmless, is_helpful, is_right
from labs.common.training.arguments import from_0_on
from labs.common.translated import _, padded, width
from stages import CONTROLS, STAGES

ASKED = (
    ("reasoning", "en"),
    ("reasoning", "zh"),
    ("general", "en"),
    ("general", "zh"),
    ("howto", "en"),
    ("harmful", "en"),
)


def main() -> int:
    args = parse_arguments()
    rows = [asked(kind, lang) for kind, lang in ASKED]
    answers: dict[str, list[str]] = {}
    for name, toy, weights in models(args.seed, args.controls):
        model, tokenizer = load(toy, "tiny") if weights is None else load_trained(toy, weights)
        prompts = [prompt_ids(tokenizer, row["problem"]) for row in rows]
        drawn = generate(model, prompts, 1, generator(args.seed, "look"), args.temperature)
        answers[_(name)] = texts(tokenizer, drawn.completion_ids)
    columns = max(map(width, answers))
    print(_("+ stands before an answer that is right (or refuses harm, in thought as well), - before another."))
    for i, row in enumerate(rows):
        right = _("\n{problem}   ({kind}; right: {answer})")
        print(right.format(problem=row["problem"], kind=row["kind"], answer=row["answer"]))
        for name, said in answers.items():
            print(f"  {padded(name, columns)}  {'+' if is_good(said[i], row) else '-'}  {said[i]}")
    if len(answers) == 1:
        print(_("\nNothing has been trained with this seed yet (make lab8-train)."))
    return 0


def asked(kind: str, lang: str) -> LabRow:
    """A held-out prompt of this kind and language, of some words."""
    held_out: list[Prompt] = two_languages.prompts()[1]
    return two_languages.row([p for p in held_out if p.kind == kind and p.lang == lang and len(p.text.split()) > 3][1])


def models(seed: int, controls: bool) -> Iterator[tuple[str, Toy[Prompt], dict | None]]:
    """The base model, and what stages have left, in their order."""
    yield "base", two_languages.TOY, None
    for plan in [*STAGES, *(plan for plans in CONTROLS.values() for plan in plans if controls)]:
        file = RUNS / "stages" / f"{plan.name}-seed{seed}.safetensors"
        if plan.checkpoint and file.is_file():
            try:
                yield plan.checkpoint, plan.toy, load_tensors(file)
            except ValueError as error:
                print(_("{file} cannot be used: {error}").format(file=file.name, error=error), file=sys.stderr)


def is_good(text: str, row: LabRow) -> bool:
    judge = {"reasoning": is_right, "harmful": is_harmless}.get(row["kind"], is_helpful)
    return bool(judge(text, row))


def parse_arguments() -> argparse.Namespace:
    parser = Parser(__doc__)
    parser.add_argument("--seed", type=from_0_on, default=0, help=_("the seed of the stages (default 0)"))
    parser.add_argument(
        "--temperature", type=float, default=1.0, help=_("of the answers (default 1; 0: the likeliest)")
    )
    parser.add_argument("--controls", action="store_true", help=_("the controls' models as well"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
