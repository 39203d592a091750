"""Which accepted rows make the data set: as many as can be, with families and no-target rows in balance."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converseg_engine.vlm.rows import PromptRow

MIN_FAMILY, MAX_FAMILY = 0.15, 0.25
MIN_NO_TARGET, MAX_NO_TARGET = 0.10, 0.20
MAX_FAMILY_NO_TARGET = 0.4
"""Within one family: or its words alone would tell a model that nothing fits."""


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
    counts = {
        c: (len(yes), min(len(no), int(len(yes) * MAX_FAMILY_NO_TARGET / (1 - MAX_FAMILY_NO_TARGET))))
        for c, (yes, no) in have.items()
    }
    low, high = (MIN_FAMILY, MAX_FAMILY) if len(concepts) == 5 else (0.0, 1.0)
    quota = _quota(counts, low, high)
    if quota is None:
        said = ", ".join(f"{c} {len(yes)} with and {len(no)} without target" for c, (yes, no) in have.items())
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
        sizes = _sizes(counts, total, low, high)
        if sizes is not None and (limits := _no_target_limits(counts, sizes, total)) is not None:
            return _fill(sizes, *limits, total)
    return None


def _sizes(
    counts: Mapping[str, tuple[int, int]], total: int, low: float, high: float
) -> dict[str, int] | None:
    """Rows of each family that add up to ``total``, the largest families cut to one level; None for none."""
    least, most = math.ceil(low * total), math.floor(high * total)
    sizes = {c: min(yes + no, most) for c, (yes, no) in counts.items()}
    if sum(sizes.values()) < total:
        return None
    level, left, num_open = 0, total, len(sizes)
    for size in sorted(sizes.values()):
        level = left // num_open
        if size > level:
            break
        left, num_open = left - size, num_open - 1
    num_more = total - sum(min(size, level) for size in sizes.values())
    for c in sorted(sizes):
        more = sizes[c] > level and num_more > 0
        sizes[c] = min(sizes[c], level + more)
        num_more -= more
    return sizes if min(sizes.values()) >= least else None


def _no_target_limits(
    counts: Mapping[str, tuple[int, int]], sizes: Mapping[str, int], total: int
) -> tuple[dict[str, int], dict[str, int]] | None:
    """No-target rows that each family must and can take; None where their share cannot be kept."""
    must = {c: max(0, sizes[c] - counts[c][0]) for c in counts}
    can = {c: min(counts[c][1], int(MAX_FAMILY_NO_TARGET * sizes[c])) for c in counts}
    too_many = any(must[c] > can[c] for c in counts) or sum(must.values()) > math.floor(MAX_NO_TARGET * total)
    too_few = sum(can.values()) < math.ceil(MIN_NO_TARGET * total)
    return None if too_many or too_few else (must, can)


def _fill(
    sizes: Mapping[str, int], must: Mapping[str, int], can: Mapping[str, int], total: int
) -> dict[str, tuple[int, int]]:
    """No-target rows up to their largest share, spread evenly: they are the rarer rows in most data sets."""
    nos = dict(must)
    for _ in range(min(math.floor(MAX_NO_TARGET * total), sum(can.values())) - sum(nos.values())):
        open_to_more = [c for c in nos if nos[c] < can[c]]
        nos[min(open_to_more, key=lambda c: (nos[c] / sizes[c], c))] += 1
    return {c: (sizes[c] - nos[c], nos[c]) for c in sizes}
