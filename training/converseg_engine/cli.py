"""Command line of the data engine: ``converseg engine ...`` or ``python -m converseg_engine.cli``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tyro.extras import subcommand_cli_from_dict

from converseg_engine.export import ExportConfig, export_split
from converseg_engine.shards import num_contrasting_pairs, read_split
from converseg_engine.sim.generate import GenerateConfig, generate
from converseg_engine.sim.questions.wording import vocabulary
from converseg_engine.sim.sample_bag import SampleBag, write_sample_bag


@dataclass(frozen=True)
class Sim:
    """Simulated tabletop scenes: generate, export, stats, vocabulary."""


@dataclass(frozen=True)
class Vocabulary:
    """Print every word that simulated questions can hold, one a line."""


@dataclass(frozen=True)
class Stats:
    """Count pictures, questions, families and contrasting pairs of a split.

    Attributes:
        data: folder of the shards.
        split: train, val or test.
    """

    data: Path
    split: str = "test"


Command = GenerateConfig | ExportConfig | Stats | Vocabulary | SampleBag | Sim

_SIM: dict[str, Callable[..., Command]] = {
    "generate": GenerateConfig,
    "export": ExportConfig,
    "stats": Stats,
    "vocabulary": Vocabulary,
}
_TOP: dict[str, Callable[..., Command]] = {"sim": Sim, "sample-bag": SampleBag}


def _stats(command: Stats) -> dict[str, object]:
    rows = list(read_split(command.data, command.split))
    questions = [q for row in rows for q in row.questions]
    concepts = sorted({q.concept for q in questions})
    return {
        "split": command.split,
        "num_images": len(rows),
        "num_questions": len(questions),
        "num_no_target": sum(q.no_target for q in questions),
        "num_by_concept": {c: sum(q.concept == c for q in questions) for c in concepts},
        "num_contrasting_pairs": num_contrasting_pairs(rows),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 good, 1 failed, 2 wrong use."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        if args[:1] == ["sim"]:
            command = subcommand_cli_from_dict(
                _SIM, prog="converseg engine sim", description="Simulated tabletop scenes.", args=args[1:]
            )
        else:
            command = subcommand_cli_from_dict(
                _TOP, prog="converseg engine", description="Data with exact truth.", args=args
            )
    except ValueError as error:
        print(f"converseg engine: {error}", file=sys.stderr)
        return 2
    try:
        if isinstance(command, GenerateConfig):
            made = generate(command)
            print(json.dumps({"out": str(command.out), "split": command.split, "num_images_made": made}))
        elif isinstance(command, ExportConfig):
            print(
                json.dumps(
                    {"out": str(command.out), "split": command.split, "num_rows": export_split(command)}
                )
            )
        elif isinstance(command, SampleBag):
            spoken = [instruction.prompt for instruction in write_sample_bag(command)]
            print(json.dumps({"out": str(command.out), "seed": command.seed, "instructions": spoken}))
        elif isinstance(command, Stats):
            print(json.dumps(_stats(command)))
        else:
            print("\n".join(vocabulary()))
    except ValueError as error:
        print(f"converseg engine: {error}", file=sys.stderr)
        return 2
    except RuntimeError as error:
        print(f"converseg engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
