"""What the command line of a training script takes."""

import argparse
from collections.abc import Sequence


def argument_parser(doc: str | None, seeds: bool = True, fresh: bool = True) -> argparse.ArgumentParser:
    """For a script's docstring: --seed and --seeds where there are `seeds` (seeds_of tells which), and --fresh where
    there are checkpoints to go on from."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [options]"
    )
    if seeds:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--seed", type=from_0_on, default=0, help="one seed (default 0)")
        group.add_argument("--seeds", type=from_1_on, metavar="N", help="the seeds 0 to N-1, one after the other")
    if fresh:
        parser.add_argument("--fresh", action="store_true", help="train again what was trained already")
    return parser


def seeds_of(args: argparse.Namespace) -> Sequence[int]:
    return range(args.seeds) if args.seeds else [args.seed]


def from_0_on(text: str) -> int:
    return whole_number(text, 0)


def from_1_on(text: str) -> int:
    return whole_number(text, 1)


def whole_number(text: str, least: int) -> int:
    """For argparse, which puts the option's name before the sentence."""
    if not text.removeprefix("-").isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"takes a whole number from {least} on, not {text!r}")
    return int(text)
