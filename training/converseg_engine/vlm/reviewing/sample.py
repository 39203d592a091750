"""Which rows are judged: of each family as many accepted as rejected ones, drawn by lot and shown blind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from converseg_engine.vlm.rows import Outcome, PromptRow, Row


def draw_sample(rows: Sequence[Row], *, num_per_concept: int, seed: int = 0) -> list[PromptRow]:
    """Rows to judge, in an order that says nothing about their verdicts.

    Half of each family's rows were accepted and half rejected; where there are too few of one kind, there are
    more of the other. ERROR rows have no verdict and are left out.

    Raises:
        ValueError: fewer than one row is asked for, or there are none.
    """
    if num_per_concept < 1:
        raise ValueError("num: at least 1 for each family")
    judged = [row for row in rows if isinstance(row, PromptRow) and row.outcome is not Outcome.ERROR]
    if not judged:
        raise ValueError("out: the run has no prompt with a verdict; nothing to judge")
    chosen: list[PromptRow] = []
    for concept in sorted({row.concept for row in judged}):
        pools = [
            sorted(
                (row for row in judged if row.concept == concept and row.outcome is outcome),
                key=lambda row: _lot(row, seed),
            )
            for outcome in (Outcome.ACCEPT, Outcome.REJECT)
        ]
        half = num_per_concept // 2
        num_rejected = min(len(pools[1]), max(half, num_per_concept - len(pools[0])))
        num_accepted = min(len(pools[0]), num_per_concept - num_rejected)
        chosen += [*pools[0][:num_accepted], *pools[1][:num_rejected]]
    return sorted(chosen, key=lambda row: _lot(row, seed + 1))


def _lot(row: PromptRow, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}/{row.id}".encode()).digest()
