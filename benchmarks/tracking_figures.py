"""The figures that ``tracking.py`` tells, of one sequence and of all; its text says what each means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
KINDS = ("moving camera", "moved object", "occlusion", "leaves view")
SAID_WITHIN_S = 0.3
_NUM_DRAWS = 4000


def iou(a: Mask, b: Mask) -> float:
    """Intersection over union of masks that are not both empty."""
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


def figures(
    sequence: dict[str, Any], shown: list[Mask | None], lost: list[bool], first: int
) -> dict[str, Any]:
    """What the module's text says, for one sequence; ``shown`` is None before ``first`` and where LOST."""
    masks, in_view = sequence["masks"], sequence["in_view"]
    stamps_s = np.array(sequence["stamps_ns"]) * 1e-9
    usual = float(np.median([np.count_nonzero(mask) for mask in masks if mask.any()]))
    agreement, while_shown, in_sight, false_lost, ghosts, nothing = [], [], 0, 0, 0, 0
    for k in range(first, len(masks)):
        mask = shown[k]
        is_shown = mask is not None and bool(mask.any())
        if masks[k].any() or is_shown:
            agreement.append(iou(mask, masks[k]) if mask is not None else 0.0)
            if is_shown:
                while_shown.append(agreement[-1])
        if np.count_nonzero(masks[k]) >= 0.25 * usual:
            in_sight += 1
            false_lost += lost[k]
        if not masks[k].any():
            nothing += 1
            ghosts += is_shown
    leavings = noticed = 0
    for k in range(first, len(masks)):
        if in_view[k] or not in_view[k - 1]:
            continue
        back = next((j for j in range(k, len(masks)) if in_view[j]), len(masks))
        due = [j for j in range(k, back) if stamps_s[j] - stamps_s[k] > SAID_WITHIN_S]
        said = any(shown[j] is None or not shown[j].any() for j in range(k, back))
        leavings += 1
        noticed += said and not any(shown[j] is not None and shown[j].any() for j in due)
    return {
        "iou": float(np.mean(agreement)),
        "iou_shown": float(np.mean(while_shown)) if while_shown else None,
        "shown": len(while_shown) / len(agreement),
        "in_sight": in_sight,
        "false_lost": false_lost,
        "nothing": nothing,
        "ghosts": ghosts,
        "leavings": leavings,
        "noticed": noticed,
    }


def table(measured: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each way and kind, and for all kinds but "leaves view" together, as the target is set."""
    rows = []
    for way in measured[0]["ways"]:
        for kind in (*KINDS, "all but leaves view"):
            chosen = [m["ways"][way] for m in measured if kind in (m["kind"], "all but leaves view")]
            if kind == "all but leaves view":
                chosen = [m["ways"][way] for m in measured if m["kind"] != "leaves view"]
            if not chosen:
                continue
            answered = float(np.mean([row["iou_answered"] for row in chosen]))
            live = float(np.mean([row["iou"] for row in chosen]))
            seen = [row["iou_shown"] for row in chosen if row["iou_shown"] is not None]
            total = {key: sum(row[key] for row in chosen) for key in ("leavings", "noticed", "in_sight")}
            total |= {key: sum(row[key] for row in chosen) for key in ("false_lost", "nothing", "ghosts")}
            steps = np.concatenate([row["step_ms"] for row in chosen])
            rows.append(
                {
                    "way": way,
                    "kind": kind,
                    "sequences": len(chosen),
                    "IoU answered": answered,
                    "IoU live": live,
                    "ratio": live / answered,
                    **_interval([row["iou"] for row in chosen], answered),
                    "ratio while shown": float(np.mean(seen)) / answered if seen else 0.0,
                    "shown": float(np.mean([row["shown"] for row in chosen])),
                    "left": f"{total['noticed']}/{total['leavings']}" if total["leavings"] else "",
                    "false LOST": total["false_lost"] / max(1, total["in_sight"]),
                    "ghosts": total["ghosts"] / max(1, total["nothing"]),
                    "ms p50": float(np.percentile(steps, 50)),
                    "ms p95": float(np.percentile(steps, 95)),
                }
            )
    return rows


def _interval(ious: list[float], answered: float) -> dict[str, float]:
    """Where the ratio lies with 95 % certainty."""
    drawn = np.random.default_rng(0).choice(ious, (_NUM_DRAWS, len(ious))).mean(axis=1) / answered
    low, high = np.percentile(drawn, (2.5, 97.5))
    return {"from": float(low), "to": float(high)}
