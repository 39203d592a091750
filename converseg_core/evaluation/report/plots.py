"""Plots as SVG, drawn by hand: no script, no font, no network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 360, 260, 46, 40, 12, 12


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)


def _svg(label: str, parts: Sequence[str], *, height: int = _HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def reliability_plot(bins: Sequence[Mapping[str, Any]]) -> str:
    """Share right over confidence; the dots lie on the diagonal where the confidence can be believed."""
    most = max(entry["num_answers"] for entry in bins)
    parts = [f'<path class="axis" d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}"/>']
    parts.append(f'<path class="ideal" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>')
    for tick in (0.0, 0.5, 1.0):
        parts.append(_text(_x(tick), _y(0) + 16, f"{tick:g}"))
        parts.append(_text(_x(0) - 6, _y(tick) + 4, f"{tick:g}", "end"))
    for entry in bins:
        x, y = _x(entry["mean_confidence"]), _y(entry["share_right"])
        ideal = _y(entry["mean_confidence"])
        radius = 3 + 7 * math.sqrt(entry["num_answers"] / most)
        title = (
            f"confidence {entry['mean_confidence']:.2f}: {100 * entry['share_right']:.0f} % right, "
            f"{entry['num_answers']} answers"
        )
        parts.append(f'<path class="gap" d="M{x:.1f} {ideal:.1f}V{y:.1f}"/>')
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{title}</title></circle>'
        )
    parts.append(_text(_x(0.5), _HEIGHT - 6, "confidence"))
    parts.append(_text(_x(0) + 4, _y(1) + 4, "share right", "start"))
    return _svg("Share of right answers over confidence", parts)


def latency_plot(latencies_s: Sequence[float], percentiles_s: Mapping[str, float]) -> str:
    """How many answers took how long; lines at the percentiles. The axis ends at the slowest answer."""
    values = np.asarray(latencies_s)
    top = float(values.max()) or 1e-9
    heights, edges = np.histogram(values, bins=40, range=(0.0, top))
    parts = [f'<path class="axis" d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}"/>']
    most = int(heights.max())
    for number, low, high in zip(heights, edges[:-1], edges[1:], strict=True):
        if number:
            x0, x1, y = _x(low / top), _x(high / top), _y(0.92 * number / most)
            title = f"{1000 * low:.1f} to {1000 * high:.1f} ms: {number} answers"
            parts.append(
                f'<rect class="bar" x="{x0:.1f}" y="{y:.1f}" width="{max(1.0, x1 - x0 - 1):.1f}" '
                f'height="{_y(0) - y:.1f}"><title>{title}</title></rect>'
            )
    for place, (name, value) in enumerate(percentiles_s.items()):
        x = _x(min(1.0, value / top))
        # Near the right edge the words stand to the left of their line.
        anchor, shift = ("end", -4) if x > _WIDTH - 110 else ("start", 4)
        parts.append(f'<path class="mark" d="M{x:.1f} {_y(1)}V{_y(0)}"/>')
        parts.append(_text(x + shift, _y(1) + 10 + 15 * place, f"{name} {1000 * value:.1f} ms", anchor))
    for tick in (0.0, 0.5, 1.0):
        parts.append(
            _text(_x(tick), _y(0) + 16, f"{1000 * top * tick:.3g}", "end" if tick == 1 else "middle")
        )
    parts.append(_text(_x(0.5), _HEIGHT - 6, "ms for one answer"))
    parts.append(_text(_x(0) - 6, _y(0.92) + 4, str(most), "end"))
    return _svg("Histogram of answer times", parts)


def interval_plot(
    table: Sequence[Mapping[str, Any]], intervals: Mapping[str, Mapping[str, Sequence[float]]]
) -> str:
    """GIoU of each concept with its 95 % interval, and the best prompt-blind answer as a tick."""
    row_px, left = 34, 92
    height = 28 + row_px * len(table)

    def x_of(share: float) -> float:
        return left + share * (_WIDTH - left - 16)

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<path class="grid" d="M{x_of(tick):.1f} 8V{height - 20}"/>')
        parts.append(_text(x_of(tick), height - 5, f"{tick:g}"))
    for number, row in enumerate(table):
        y = 8 + row_px * (number + 0.5)
        low, high = intervals[row["name"]]["giou"]
        blind_name, blind = max(row["blind"].items(), key=lambda item: item[1])
        title = f"{row['name']}: {row['giou']:.3f}, 95 % {low:.3f} to {high:.3f}"
        parts.append(_text(left - 8, y + 4, row["name"], "end"))
        parts.append(f'<path class="whisker" d="M{x_of(low):.1f} {y}H{x_of(high):.1f}"/>')
        centre = x_of(row["giou"])
        parts.append(
            f'<circle class="dot" cx="{centre:.1f}" cy="{y}" r="5"><title>{escape(title)}</title></circle>'
        )
        parts.append(
            f'<path class="blind" d="M{x_of(blind):.1f} {y - 9}v18">'
            f"<title>{escape(blind_name)}: {blind:.3f}</title></path>"
        )
    return _svg("gIoU by concept", parts, height=height)
