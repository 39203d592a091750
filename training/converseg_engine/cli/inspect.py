"""``converseg engine stats`` and ``converseg engine validate``: figures and faults of a folder of shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from converseg_engine.cli.entry import Entry


@dataclass(frozen=True, kw_only=True)
class DataStats:
    """Balance, sizes, words, blind baselines and near-duplicates of all splits in a folder.

    Attributes:
        data: folder of the shards.
        markdown: print tables instead of one line of JSON.
    """

    data: tyro.conf.Positional[Path]
    markdown: bool = False


@dataclass(frozen=True, kw_only=True)
class Validate:
    """Check files, masks, parts, ids, held-out wordings and leakage; each problem in a line of its own.

    Attributes:
        data: folder of the shards.
    """

    data: tyro.conf.Positional[Path]


def _stats(command: DataStats) -> object:
    from converseg_engine.stats import as_markdown, data_stats

    found = data_stats(command.data)
    return as_markdown(found) if command.markdown else found


def _validate(command: Validate) -> object:
    from converseg_engine.validate import validate

    num_problems = 0
    for problem in validate(command.data):
        num_problems += 1
        print(problem)
    if num_problems:
        raise RuntimeError(f"{num_problems} problems in {command.data}")
    return f"{command.data}: no problem found"


STATS, VALIDATE = Entry(DataStats, _stats), Entry(Validate, _validate)
