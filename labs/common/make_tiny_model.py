"""Make the tiny language model of labs 5 to 9 again: `make tiny-model`, or python labs/common/make_tiny_model.py.

A Llama of two layers that has seen the four kinds of answers to `a + b * c` (arithmetic.STYLES): half of them right.
Asked for its likeliest answer it is right nearly always; sampled, it repeats the mixture that it was shown. That is
the model that reinforcement learning then sharpens. The same machine makes the same file, bit for bit; another one may
round otherwise, and reaches the same figures. Takes about two minutes on one core.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from rich.progress import track
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from labs.common.arithmetic import STYLES, problems, rows
from labs.common.evaluation import TAGS, evaluate
from labs.common.language_model import TINY, completion_ids, prompt_ids

VOCABULARY = ("<pad>", "<bos>", "<eos>", *TAGS, *"0123456789 +*=")  # a token's id is its place
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ bos_token + message['content'] + '=' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}{% endif %}"
    "{% endfor %}"
)
STEPS, BATCH, LEARNING_RATE = 2500, 64, 3e-3


def make_tokenizer() -> PreTrainedTokenizerFast:
    """One token for each character and for each of the four tags, which so survive decoding as ordinary text."""
    characters = Tokenizer(models.WordLevel({token: i for i, token in enumerate(VOCABULARY)}, unk_token="<pad>"))
    characters.pre_tokenizer = pre_tokenizers.Split(Regex("</?think>|</?answer>|."), "isolated")
    characters.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=characters,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def make_model(seed: int = 0) -> LlamaForCausalLM:
    """The architecture, with weights that depend on the seed alone: 134,080 of them."""
    config = LlamaConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=64,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=64,
        tie_word_embeddings=False,
        pad_token_id=VOCABULARY.index("<pad>"),
        bos_token_id=VOCABULARY.index("<bos>"),
        eos_token_id=VOCABULARY.index("<eos>"),
        dtype="float32",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        pad_token_id=config.pad_token_id,
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        max_new_tokens=24,
        do_sample=True,
        top_k=0,
    )
    return model


def train(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, steps: int = STEPS, seed: int = 0
) -> list[float]:
    """Supervised fine-tuning on the training problems, each time in a style drawn anew; the loss of every step."""
    dice = random.Random(seed)
    training, _ = problems()
    asked = {problem: prompt_ids(tokenizer, problem.text) for problem in training}
    styles, weights = list(STYLES), list(STYLES.values())
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=STEPS)
    losses = []
    model.train()
    for _ in track(range(steps), description="training", transient=True):
        chosen = dice.choices(training, k=BATCH)
        written = [dice.choices(styles, weights)[0](problem, dice) for problem in chosen]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=TINY, help="the folder to write (default: labs/common/tiny_model)")
    args = parser.parse_args()
    torch.set_num_threads(1)  # sums over several threads would round differently from run to run
    tokenizer, model = make_tokenizer(), make_model()
    train(model, tokenizer)
    save(model, tokenizer, args.out)
    _, held_out = rows()
    sampled, greedy = evaluate(model, tokenizer, held_out), evaluate(model, tokenizer, held_out, 1, temperature=0)
    print(json.dumps({"sampled": sampled.__dict__, "greedy": greedy.__dict__}, indent=1))


if __name__ == "__main__":
    main()
