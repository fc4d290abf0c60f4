"""What the command line of a training script takes."""

import argparse
from collections.abc import Sequence

from labs.common.command_line import Parser
from labs.common.translated import _


def argument_parser(doc: str | None, seeds: bool = True, fresh: bool = True) -> Parser:
    """For a script's docstring: --seed and --seeds where there are `seeds` (seeds_of tells which), and --fresh where
    there are checkpoints to go on from."""
    parser = Parser(doc, usage=_("%(prog)s [options]"))
    if seeds:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--seed", type=from_0_on, default=0, help=_("one seed (default 0)"))
        group.add_argument("--seeds", type=from_1_on, metavar="N", help=_("the seeds 0 to N-1, one after the other"))
    if fresh:
        parser.add_argument("--fresh", action="store_true", help=_("train again what was trained already"))
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
        raise argparse.ArgumentTypeError(
            _("takes a whole number from {least} on, not {text!r}").format(least=least, text=text)
        )
    return int(text)
