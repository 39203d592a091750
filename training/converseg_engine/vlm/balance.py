"""Which accepted rows make the data set: as many as can be, with families and no-target rows in balance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converseg_engine.vlm.rows import PromptRow

MIN_FAMILY, MAX_FAMILY = 0.15, 0.25
MIN_NO_TARGET, MAX_NO_TARGET = 0.10, 0.20


@dataclass(frozen=True)
class Balanced:
    """The choice.

    Attributes:
        rows: those that are kept, in their order.
        note: what could not be reached, for people; "" where all shares are kept.
    """

    rows: tuple[PromptRow, ...]
    note: str


def balance(rows: Sequence[PromptRow], concepts: Sequence[str], *, seed: int = 0) -> Balanced:
    """Keep each of five families at 15 to 25 % and no-target rows at 10 to 20 %.

    Where fewer families are asked for, only the no-target share is kept. Where the shares cannot be reached
    (a family has no rows at all), every row stays and the note says so: throwing good rows away would not
    bring the balance.

    Args:
        rows: accepted rows.
        concepts: the families that were asked for.
        seed: decides which rows go; the choice does not depend on the order of ``rows``.
    """
    have = {c: (_ranked(rows, c, False, seed), _ranked(rows, c, True, seed)) for c in concepts}
    counts = {c: (len(yes), len(no)) for c, (yes, no) in have.items()}
    low, high = (MIN_FAMILY, MAX_FAMILY) if len(concepts) == 5 else (0.0, 1.0)
    quota = _quota(counts, low, high)
    if quota is None:
        said = ", ".join(f"{c} {yes} with and {no} without target" for c, (yes, no) in counts.items())
        return Balanced(tuple(rows), f"shares cannot be reached, all accepted rows are kept: {said}")
    kept = {
        row.id
        for c, (num_yes, num_no) in quota.items()
        for row in (*have[c][0][:num_yes], *have[c][1][:num_no])
    }
    return Balanced(tuple(row for row in rows if row.id in kept), "")


def _ranked(rows: Sequence[PromptRow], concept: str, no_target: bool, seed: int) -> list[PromptRow]:
    mine = [row for row in rows if row.concept == concept and row.no_target == no_target]
    return sorted(mine, key=lambda row: hashlib.sha256(f"{seed}/{row.id}".encode()).digest())


def _quota(
    counts: Mapping[str, tuple[int, int]], low: float, high: float
) -> dict[str, tuple[int, int]] | None:
    """Rows with and without target for each family, for the largest total that keeps every share."""
    for total in range(sum(yes + no for yes, no in counts.values()), 0, -1):
        found = _fill(counts, total, low, high)
        if found is not None:
            return found
    return None


def _fill(
    counts: Mapping[str, tuple[int, int]], total: int, low: float, high: float
) -> dict[str, tuple[int, int]] | None:
    least, most = -int(-low * total // 1), int(high * total)
    sizes = {c: min(yes + no, most) for c, (yes, no) in counts.items()}
    if sum(sizes.values()) < total or min(sizes.values()) < least:
        return None
    for _ in range(sum(sizes.values()) - total):
        largest = max(sizes, key=lambda c: (sizes[c], c))
        sizes[largest] -= 1
    if min(sizes.values()) < least:
        return None
    # A family must take as many no-target rows as its others leave open, and can take no more than it has.
    must = {c: max(0, sizes[c] - counts[c][0]) for c in counts}
    can = {c: min(counts[c][1], sizes[c]) for c in counts}
    most_no, least_no = int(MAX_NO_TARGET * total), -int(-MIN_NO_TARGET * total // 1)
    if sum(must.values()) > most_no or sum(can.values()) < least_no:
        return None
    nos = dict(must)
    # Towards the upper bound, evenly: negatives are the rarer rows in most data sets.
    while sum(nos.values()) < min(most_no, sum(can.values())):
        open_to_more = [c for c in nos if nos[c] < can[c]]
        nos[min(open_to_more, key=lambda c: (nos[c] / sizes[c], c))] += 1
    return {c: (sizes[c] - nos[c], nos[c]) for c in counts}
