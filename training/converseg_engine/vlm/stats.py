"""Counts of a run: rows, replies, tokens, money, and what a photo gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from converseg_engine.vlm.rows import FamilyRow, Outcome, PhotoRow, PromptRow, RegionRow, Row, count_outcomes


def stats(rows: Iterable[Row]) -> dict[str, Any]:
    """All counts as plain values."""
    known = list(rows)
    calls = [(row, call) for row in known for call in row.calls]
    photos = [row for row in known if isinstance(row, PhotoRow)]
    regions = [row for row in known if isinstance(row, RegionRow)]
    prompts = [row for row in known if isinstance(row, PromptRow)]
    num = max(1, len(photos))
    return {
        "outcomes": count_outcomes(known),
        "errors": dict(
            Counter(_kind(row.reason) for row in known if row.outcome is Outcome.ERROR).most_common()
        ),
        "rejected_checks": dict(Counter(name for row in prompts for name in row.failed).most_common()),
        "chosen_masks": dict(Counter(row.chosen or "none" for row in regions)),
        "calls": {
            stage: {
                "num": len(mine),
                "num_unusable": sum(bool(call.fault) for call in mine),
                "num_prompt_tokens": sum(call.num_prompt_tokens for call in mine),
                "num_reply_tokens": sum(call.num_reply_tokens for call in mine),
                "cost_usd": round(sum(call.cost_usd for call in mine), 6),
            }
            for stage in dict.fromkeys(call.stage for _, call in calls)
            if (mine := [call for _, call in calls if call.stage == stage])
        },
        "per_photo": {
            "regions": len(regions) / num,
            "candidates_per_region": sum(len(row.candidates) for row in regions) / max(1, len(regions)),
            "families": sum(isinstance(row, FamilyRow) for row in known) / num,
            "prompts": len(prompts) / num,
            "accepted": sum(row.outcome is Outcome.ACCEPT for row in prompts) / num,
        },
    }


def check_counts(rows: Iterable[Row]) -> list[str]:
    """What does not add up between the kinds of rows; an empty list where everything does."""
    known = list(rows)
    faults = []
    num_regions = Counter(row.photo for row in known if isinstance(row, RegionRow))
    num_prompts = Counter(row.id.rpartition("-")[0] for row in known if isinstance(row, PromptRow))
    for row in known:
        if not row.reason:
            faults.append(f"{row.id} has no reason")
        if isinstance(row, PhotoRow) and num_regions[row.id] != row.num_regions:
            faults.append(f"{row.id} names {row.num_regions} regions and has {num_regions[row.id]}")
        if isinstance(row, FamilyRow) and num_prompts[row.id] != row.num_prompts:
            faults.append(f"{row.id} names {row.num_prompts} prompts and has {num_prompts[row.id]}")
    ids = Counter(row.id for row in known)
    faults += [f"{name} is there {num} times" for name, num in ids.items() if num > 1]
    return faults


def _kind(reason: str) -> str:
    """A reason without what is particular to its row."""
    for word in (
        "time-out",
        "connection",
        "status",
        "refused",
        "broken envelope",
        "cut off",
        "unusable reply",
    ):
        if word in reason:
            return f"{reason.split(':')[0]}: {word}"
    return reason.split(":")[0]
