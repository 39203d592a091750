"""Finds the subcommand, parses its options, runs it, prints its result."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tyro.extras import subcommand_cli_from_dict

from converseg_engine.cli import audit, catalogue, inspect, meanings, rephrase, sim, tabletop, vlm
from converseg_engine.cli.entry import Entry
from converseg_engine.sim.sample_bag import SampleBag, write_sample_bag


def _sample_bag(command: SampleBag) -> object:
    spoken = [instruction.prompt for instruction in write_sample_bag(command)]
    return {"out": str(command.out), "seed": command.seed, "instructions": spoken}


# A new subcommand is one line here and one file beside this one.
TOP: Mapping[str, Entry] = {
    "sim": sim.ENTRY,
    "vlm": vlm.ENTRY,
    "audit": audit.ENTRY,
    "stats": inspect.STATS,
    "validate": inspect.VALIDATE,
    "sample-bag": Entry(SampleBag, _sample_bag),
}
SIM: Mapping[str, Entry] = {
    **tabletop.ENTRIES,
    "catalogue": catalogue.ENTRY,
    "meanings": meanings.ENTRY,
    "rephrase": rephrase.ENTRY,
}


def _parse(args: Sequence[str]) -> tuple[Entry, Any]:
    if args[:1] == ["sim"] and args[1:2] and args[1] in SIM:
        return _choose(
            SIM, "converseg engine sim", "Tools of the tabletop recipe, and the catalogue.", args[1:]
        )
    if args[:1] == ["vlm"] and args[1:]:
        return _choose(vlm.ENTRIES, "converseg engine vlm", vlm.DESCRIPTION, args[1:])
    return _choose(TOP, "converseg engine", "Data with exact truth.", args)


def _choose(
    table: Mapping[str, Entry], prog: str, description: str, args: Sequence[str]
) -> tuple[Entry, Any]:
    options = subcommand_cli_from_dict(
        {name: entry.options for name, entry in table.items()},
        prog=prog,
        description=description,
        args=list(args),
    )
    return next(entry for entry in table.values() if entry.options is type(options)), options


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 good, 1 failed, 2 wrong use."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        entry, options = _parse(args)
        result = entry.run(options)
    except ValueError as error:
        print(f"converseg engine: {error}", file=sys.stderr)
        return 2
    except RuntimeError as error:
        print(f"converseg engine: {error}", file=sys.stderr)
        return 1
    if result is not None:
        print(result if isinstance(result, str) else json.dumps(result))
    return 0
