"""``converseg engine sim generate | export | stats | vocabulary``: the first recipe, as sim-tiny used it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converseg_engine.cli.entry import Entry
from converseg_engine.export import ExportConfig, export_split
from converseg_engine.shards import num_contrasting_pairs, read_split
from converseg_engine.sim.generate import GenerateConfig, generate
from converseg_engine.sim.questions.wording import vocabulary


@dataclass(frozen=True)
class Vocabulary:
    """Print every word that questions about tabletops can hold, one a line."""


@dataclass(frozen=True)
class Stats:
    """Count pictures, questions, families and contrasting pairs of a split.

    Attributes:
        data: folder of the shards.
        split: train, val or test.
    """

    data: Path
    split: str = "test"


def _generate(command: GenerateConfig) -> object:
    return {"out": str(command.out), "split": command.split, "num_images_made": generate(command)}


def _export(command: ExportConfig) -> object:
    return {"out": str(command.out), "split": command.split, "num_rows": export_split(command)}


def _vocabulary(_: Vocabulary) -> object:
    return "\n".join(vocabulary())


def _stats(command: Stats) -> object:
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


ENTRIES = {
    "generate": Entry(GenerateConfig, _generate),
    "export": Entry(ExportConfig, _export),
    "stats": Entry(Stats, _stats),
    "vocabulary": Entry(Vocabulary, _vocabulary),
}
