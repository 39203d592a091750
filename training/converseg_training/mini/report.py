"""The measured figures of ``mini`` as Markdown, from the metrics.json files of its reports alone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TABLES_NAME = "tables.md"
SETS = ("templates", "conversation", "conversation-by-kind", "simulated")
_TITLES = {
    "templates": "Real photos: names, purposes, sides, absent things (written by templates)",
    "conversation": "Real photos: spoken prompts, by family",
    "conversation-by-kind": "Real photos: spoken prompts, by kind",
    "simulated": "Simulated scenes: test split with unseen categories and wordings",
}
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def read_metrics(folder: Path) -> dict[str, Any]:
    """Set -> its metrics, with NaN for what has no figure; sets that were not measured are left out."""
    found = {}
    for name in SETS:
        path = folder / name / "metrics.json"
        if path.exists():
            metrics = json.loads(path.read_text())
            metrics["table"] = [
                {key: math.nan if value is None else value for key, value in row.items()}
                for row in metrics["table"]
            ]
            if metrics["expected_calibration_error"] is None:
                metrics["expected_calibration_error"] = math.nan
            found[name] = metrics
    return found


def figure(value: float | None) -> str:
    """Three digits, or a dash for what has no figure."""
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def best_blind(metrics: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, float]:
    """Name and figure of the best answer without words, over the row's questions that have a target."""
    blind = metrics.get("photo_blind_with_target", {}).get(row["name"]) or {}
    if not blind:
        # Over all questions in the row; these answers are never empty, so only those with a target count.
        share = row["num_with_target"] / row["num_samples"]
        blind = {name: row["blind"][name] / share for name in ("whole image", "centre")}
    name = max(blind, key=lambda key: float(blind[key]))
    return name, float(blind[name])


def table(name: str, metrics: Mapping[str, Any]) -> str:
    """One set as a Markdown table with its 95 % intervals."""
    lines = [
        f"### {_TITLES[name]}",
        "",
        f"{metrics['num_questions']} questions on {metrics['num_images']} pictures.",
        "",
        '| | questions (no target) | gIoU with target | 95 % | best without words | right "nothing here" |',
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in metrics["table"]:
        low, high = metrics["intervals_95"].get(row["name"], {}).get("giou_with_target", (None, None))
        has_target = row["num_with_target"] > 0
        blind = best_blind(metrics, row) if has_target else ("", float("nan"))
        cells = [
            row["name"],
            f"{row['num_samples']} ({row['num_no_target']})",
            figure(row["giou_with_target"]),
            f"{figure(low)} to {figure(high)}" if has_target else "-",
            f"{figure(blind[1])} ({blind[0]})" if has_target else "-",
            _percent(row["no_target_right"]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    overall = metrics["table"][-1]
    error = metrics["expected_calibration_error"]
    lines += [
        "",
        f"Over all questions: gIoU {figure(overall['giou'])}, false positives where nothing fits "
        f"{_percent(overall['false_positive_rate'])}, calibration error {figure(error)}.",
    ]
    blind = metrics.get("photo_blind_with_target", {}).get(overall["name"])
    if blind:
        figures = ", ".join(f"{name} {figure(value)}" for name, value in blind.items())
        lines.append(f"Without words, over all questions with a target: {figures}.")
    return "\n".join(lines)


def tables(folder: Path) -> str:
    """All measured sets as Markdown."""
    found = read_metrics(folder)
    return "\n\n".join(table(name, metrics) for name, metrics in found.items()) + "\n"


def write_tables(folder: Path) -> None:
    """Write tables.md beside the reports."""
    (folder / TABLES_NAME).write_text(tables(folder))


def put_between_marks(page: str, text: str) -> str:
    """The page with ``text`` between its two marks.

    Raises:
        ValueError: the page lacks a mark.
    """
    if _BEGIN not in page or _END not in page:
        raise ValueError(f"page: needs the lines {_BEGIN} and {_END}")
    before, rest = page.split(_BEGIN, 1)
    after = rest.split(_END, 1)[1]
    return f"{before}{_BEGIN}\n{text.rstrip()}\n{_END}{after}"
