"""Talk with the model that training saved. Given code.

python labs/lab9_trl/chat.py "2 + 3 * 4"                  one question
python labs/lab9_trl/chat.py                              questions from the keyboard, to an empty line or Ctrl-D
python labs/lab9_trl/chat.py --model labs/common/tiny_model      with another folder: the model before training

Model and tokenizer come out of one folder, as save_pretrained left them there, and your generate_reply asks them.
Replies are drawn, so a question may be asked again. Each stands for itself: nothing is remembered.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from labs.common.command_line import Parser
from labs.common.training.script import Script, end_with
from labs.common.translated import _

TRAINED = Path(__file__).parent / "runs" / "trained"


def main() -> int:
    parser = Parser(__doc__)
    parser.add_argument("question", nargs="*", help=_("what is asked (default: what you type)"))
    parser.add_argument("--model", type=Path, default=TRAINED, help=_("a folder with a model (default: runs/trained)"))
    args = parser.parse_args()
    if not (args.model / "config.json").is_file():
        untrained = _("runs/trained/ is not there yet: make lab9-train")
        print(
            untrained if args.model == TRAINED else _("{model}: no model is there").format(model=args.model),
            file=sys.stderr,
        )
        return 1
    script = Script(__file__)
    training = script.load("training")
    if training is None:
        return 1
    try:
        model, tokenizer = loaded(args.model)
        for question in [" ".join(args.question)] if args.question else typed():
            for sentence in answered(training, model, tokenizer, question):
                print(sentence)
    except Exception as error:
        if not script.waits(error, _("The chat")):
            script.report(error, _("The chat stopped."))
            return 1
    return 0


def loaded(folder: Path) -> tuple[Any, Any]:
    """Everything is in the folder; that it stands there is enough, and no code of a stranger's is run for it."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def typed() -> Iterator[str]:
    while True:
        try:
            question = input("> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        if not question.strip():
            return
        yield question


def answered(training: Any, model: Any, tokenizer: Any, question: str) -> Iterable[str]:
    """The reply, after a word about characters that the tokenizer has no token for: the tiny one knows digits, + * and
    blanks."""
    unknown = [letter for letter in dict.fromkeys(question) if letter.strip() and not known(tokenizer, letter)]
    if unknown:
        yield _("(The model has no token for {tokens}: it reads nothing there.)").format(tokens=" ".join(unknown))
    asked = [{"role": "system", "content": training.SYSTEM_PROMPT}, {"role": "user", "content": question}]
    yield str(training.generate_reply(model, tokenizer, asked))


def known(tokenizer: Any, letter: str) -> bool:
    ids = tokenizer(letter, add_special_tokens=False)["input_ids"]
    return bool(tokenizer.decode(ids, skip_special_tokens=True).strip())


if __name__ == "__main__":
    end_with(main)
