"""Numbers for accepted regions: what the marked picture shows, and what prompts refer to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from converseg_core.evaluation.rle import iou
from converseg_engine.vlm.rows import Outcome, RegionRow

SAME_IOU = 0.8
"""Two regions that overlap so much are one thing described twice."""


def number_regions(rows: Sequence[RegionRow]) -> tuple[RegionRow, ...]:
    """The rows with marks 1, 2, ... on accepted ones; a thing that was described twice keeps the first."""
    marked: list[RegionRow] = []
    accepted: list[RegionRow] = []
    for row in rows:
        if row.outcome is Outcome.ACCEPT:
            twin = next((other for other in accepted if iou(other.mask(), row.mask()) >= SAME_IOU), None)
            if twin is None:
                row = dataclasses.replace(row, mark=len(accepted) + 1)
                accepted.append(row)
            else:
                reason = f"the same thing as {twin.id}"
                row = dataclasses.replace(row, outcome=Outcome.REJECT, reason=reason, chosen="")
        marked.append(row)
    return tuple(marked)


def marked_regions(rows: Sequence[RegionRow]) -> tuple[RegionRow, ...]:
    """Those with a mark, in its order."""
    return tuple(sorted((row for row in rows if row.mark), key=lambda row: row.mark))
