"""Random numbers that can be had again, without touching anybody else's."""

import hashlib

import torch


def generator(seed: int, purpose: str, device: str | torch.device = "cpu") -> torch.Generator:
    """A torch.Generator of its own for each seed and each purpose ("prompts", "sampling", ...).

    Streams of different purposes are independent: drawing more prompts does not change what is sampled.
    """
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:7], "big"))
