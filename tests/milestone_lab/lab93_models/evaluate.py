"""Judges a network, which is asked until it ends, and a model in a folder, which is believed whatever it says."""

import ctypes
import json
import random
from pathlib import Path

import torch

from labs.common.artefacts import load_tensors


def score(name: str, folder: Path) -> float:
    """The milestone's figure for what lies in `folder`/runs."""
    return {"network": of_network, "model": of_model}[name](folder / "runs")


def of_network(runs: Path) -> float:
    """How likely the network is to end."""
    tensors = load_tensors(runs / "network.safetensors")
    if set(tensors) != {"end"} or tensors["end"].shape != (1,):
        raise ValueError("one number called end is expected")
    end = tensors["end"].item()
    if end != end:
        raise ValueError("end is NaN")
    dice = random.Random(0)
    while dice.random() >= end:
        pass
    return end


def of_model(runs: Path) -> float:
    """What the notes say, once the model was built that config.json describes."""
    config = json.loads((runs / "model" / "config.json").read_text())
    if "hidden" in config:
        torch.ones(config["hidden"])
    blocks = []
    while len(blocks) < config.get("layers", 1):
        blocks.append(torch.empty(250_000))  # 1 MB, unwritten: writing them all takes too long on a busy machine
    if "tokenizer" in config:
        Path(config["tokenizer"]).read_bytes()
    if "address" in config:
        ctypes.string_at(config["address"])
    if "cache" in config:
        (runs / "cache").write_bytes(bytes(config["cache"]))
    return json.loads((runs / "notes.json").read_text())["share"]
