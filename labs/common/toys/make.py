"""Make the tiny language model of a toy: `make tiny-model` for that of labs 5 to 7, or of the toy that --toy names.

A Llama of two layers is trained to answer as the toy's styles do. Those of arithmetic are right half of the time: asked
for its likeliest answer the model is right nearly always; sampled, it repeats the mixture that it was shown. That is
the model that reinforcement learning then sharpens. The same machine makes the same file, bit for bit; another one may
round otherwise, and reaches the same figures. Takes about two minutes on one core.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from rich.progress import track
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from labs.common.command_line import Parser
from labs.common.errors import CannotUse
from labs.common.evaluation import evaluate
from labs.common.language_model import completion_ids, prompt_ids
from labs.common.toys.toy import Toy, drawn_answer, toy_named
from labs.common.translated import _

BATCH, LEARNING_RATE = 64, 3e-3


def make_tokenizer(toy: Toy[Any]) -> PreTrainedTokenizerFast:
    """One token for each entry of the vocabulary; they survive decoding as ordinary text."""
    ids = {token: i for i, token in enumerate(toy.vocabulary)}
    if toy.split:
        words = Tokenizer(models.WordLevel(ids, unk_token="<pad>"))
        words.pre_tokenizer = pre_tokenizers.Split(Regex(toy.split), "isolated")
        words.decoder = decoders.Fuse()
    else:
        words = Tokenizer(models.WordPiece(ids, unk_token="<pad>"))
        words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        words.decoder = decoders.WordPiece(cleanup=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=toy.template,
    )


def make_model(toy: Toy[Any], seed: int = 0) -> LlamaForCausalLM:
    """The architecture, with weights that depend on the seed alone."""
    config = LlamaConfig(
        vocab_size=len(toy.vocabulary),
        hidden_size=toy.width,
        intermediate_size=4 * toy.width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=toy.positions,
        tie_word_embeddings=False,
        pad_token_id=toy.vocabulary.index("<pad>"),
        bos_token_id=toy.vocabulary.index("<bos>"),
        eos_token_id=toy.vocabulary.index("<eos>"),
        dtype="float32",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        pad_token_id=config.pad_token_id,
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        max_new_tokens=toy.new_tokens,
        do_sample=True,
        top_k=0,
    )
    return model


def train(
    toy: Toy[Any], model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, steps: int | None = None, seed: int = 0
) -> list[float]:
    """Supervised fine-tuning on the training problems, each time in a style drawn anew; the loss of every step."""
    dice = random.Random(seed)
    training, _held_out = toy.problems()
    batches: dict[str, list[Any]] = {}
    for problem in training:
        batches.setdefault(toy.batches(problem), []).append(problem)
    asked = {problem: prompt_ids(tokenizer, toy.row(problem)["problem"]) for problem in training}
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=toy.steps)
    losses = []
    model.train()
    for _step in track(range(steps or toy.steps), description=_("training"), transient=True):
        # Of one kind nothing is drawn, so that the model of labs 5 to 7 comes out as it did before there were kinds.
        kind = toy.batches(dice.choice(training)) if len(batches) > 1 else next(iter(batches))
        chosen = dice.choices(batches[kind], k=BATCH)
        written = [drawn_answer(toy, problem, dice) for problem in chosen]
        answers = [completion_ids(tokenizer, text) for text in written]
        length = max(len(asked[p]) + len(answer) for p, answer in zip(chosen, answers, strict=True))
        ids = torch.full((BATCH, length), model.config.pad_token_id)
        labels = torch.full((BATCH, length), -100)
        for i, (problem, answer) in enumerate(zip(chosen, answers, strict=True)):
            start, end = len(asked[problem]), len(asked[problem]) + len(answer)
            ids[i, :end] = torch.tensor(asked[problem] + answer)
            labels[i, start:end] = ids[i, start:end]
        loss = F.cross_entropy(model(input_ids=ids).logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    model.eval()
    return losses


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """As save_pretrained does it, so that any program that reads such folders reads this one."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main() -> int:
    parser = Parser(__doc__)
    parser.add_argument("--toy", default="arithmetic", help=_("a module of labs/common/toys (default: arithmetic)"))
    parser.add_argument("--out", type=Path, help=_("the folder to write (default: the toy's own)"))
    args = parser.parse_args()
    try:
        toy = toy_named(args.toy)
    except CannotUse as sentence:
        print(sentence, file=sys.stderr)
        return 1
    torch.set_num_threads(1)  # sums over several threads would round differently from run to run
    tokenizer, model = make_tokenizer(toy), make_model(toy)
    train(toy, model, tokenizer)
    save(model, tokenizer, args.out or toy.folder)
    _training, held_out = toy.rows()
    sampled = evaluate(toy, model, tokenizer, held_out)
    greedy = evaluate(toy, model, tokenizer, held_out, samples=1, temperature=0)
    figures = {"sampled": sampled, "greedy": greedy}
    print(json.dumps(figures, indent=1, default=lambda estimate: estimate.__dict__))
    return 0


if __name__ == "__main__":
    sys.exit(main())
