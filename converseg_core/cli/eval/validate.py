"""``converseg eval validate``: what is wrong with a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError
from converseg_core.evaluation.dataset import DatasetError
from converseg_core.evaluation.validate import find_faults


@dataclass(frozen=True, kw_only=True)
class ValidateArgs:
    """Check a data set in the ConverSeg layout; one line for each fault, exit code 1 where there is one.

    Finds broken rows, missing files, masks of another size or with other values than 0 and 255, ids that
    stand there twice, images that two splits share (by content), and flags that contradict their mask.
    """

    dataset: tyro.conf.Positional[Path]
    """Folder of the data set."""

    json: bool = False
    """Print one JSON line for each fault."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(
        ValidateArgs, prog="converseg eval validate", args=argv, config=(tyro.conf.FlagCreatePairsOff,)
    )
    num_faults = 0
    try:
        for fault in find_faults(args.dataset):
            num_faults += 1
            print_line(json_line(asdict(fault)) if args.json else str(fault))
    except DatasetError as error:
        raise CommandError(str(error)) from error
    log(f"converseg: {num_faults or 'no'} faults in {args.dataset}")
    return EXIT_FAILED if num_faults else EXIT_GOOD
