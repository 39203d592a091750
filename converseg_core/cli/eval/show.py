"""Tables of figures for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from converseg_core.cli.console import log
from converseg_core.evaluation.bootstrap import Difference
from converseg_core.evaluation.tally import FIGURES

COLUMNS = {
    "giou": "gIoU",
    "ciou": "cIoU",
    "giou_with_target": "target",
    "no_target_right": "nothing",
    "precision_at_50": "P@.5",
    "presence_mcc": "MCC",
    "right": "right",
}
"""The figures that fit a terminal; metrics.json and the report have all of them."""


def figure(value: float | None, num_digits: int = 3) -> str:
    """A figure to read; a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{num_digits}f}"


def print_summary(summary: Mapping[str, Any]) -> None:
    """The table of one run, its baselines, calibration and latency, on stdout."""
    console = Console()
    if not summary["table"]:
        console.print(
            f"{summary['model_id']}: {summary['num_questions']} questions, no truth to measure against."
        )
    else:
        console.print(_table(summary))
        _print_baselines(console, summary)
    _print_latency(console, summary["latencies"])
    unanswered = sum(
        number for name, number in summary["statuses"].items() if name not in ("OK", "NO_TARGET")
    )
    if unanswered:
        log(f"converseg: {unanswered} questions got no answer (rejected or failed); they count as wrong")


def _table(summary: Mapping[str, Any]) -> Table:
    table = _plain(f"{summary['model_id']}: {summary['num_measured']} questions")
    table.add_column("concept", no_wrap=True)
    for title in ("num", *COLUMNS.values(), "blind"):
        table.add_column(title, justify="right", no_wrap=True)
    rows = summary["table"]
    for row in rows:
        blind = max(row["blind"].values())
        cells = [figure(row[key]) for key in COLUMNS]
        is_last_concept = len(rows) > 1 and row is rows[-2]
        table.add_row(
            row["name"], str(row["num_samples"]), *cells, figure(blind), end_section=is_last_concept
        )
    for words, index in (("  95 % from", 0), ("  to", 1)):
        bounds = [figure(summary["intervals_95"][rows[-1]["name"]][key][index]) for key in COLUMNS]
        table.add_row(words, "", *bounds, "", style="dim")
    return table


def _plain(title: str) -> Table:
    """A table that fits 80 columns."""
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def _print_baselines(console: Console, summary: Mapping[str, Any]) -> None:
    overall = summary["table"][-1]
    blind = ", ".join(f"{name} {value:.3f}" for name, value in overall["blind"].items())
    console.print(f"Prompt-blind answers, gIoU over all questions: {blind}.")
    console.print(
        f"Pairs of questions about one image with different answers: {summary['num_word_pairs']}; "
        f"both right: {summary['num_word_pairs_right']}."
    )
    console.print(
        f"Merged score (gIoU with target x presence MCC): {figure(overall['merged_score'])}. "
        f"Expected calibration error of the confidence: {figure(summary['expected_calibration_error'])}."
    )


def _print_latency(console: Console, entries: Sequence[Mapping[str, Any]]) -> None:
    if entries:
        total = entries[-1]
        shown = ", ".join(f"p{name} {1000 * total[f'p{name}_s']:.1f} ms" for name in (50, 95, 99))
        console.print(f"Latency of an answer: {shown} ({total['num_answers']} answers, one at a time).")


def print_differences(
    differences: Mapping[str, Mapping[str, Difference]], *, name_a: str, name_b: str, num_questions: int
) -> None:
    """The paired comparison of two runs, on stdout."""
    console = Console()
    table = _plain(f"B minus A on {num_questions} questions, 95 % intervals by image")
    for title in ("concept", "figure", "A", "B", "B - A", "95 %", "B > A"):
        table.add_column(title, justify="left" if title in ("concept", "figure") else "right", no_wrap=True)
    for concept, by_figure in differences.items():
        keys = FIGURES if concept == "all" else ("giou",)
        for key in keys:
            entry = by_figure[key]
            if math.isnan(entry.delta):
                continue
            style = "" if not entry.is_clear else "bold"
            low_high = f"{entry.interval.low:+.3f} to {entry.interval.high:+.3f}"
            table.add_row(
                concept, key, figure(entry.a), figure(entry.b), f"{entry.delta:+.3f}",
                low_high, f"{100 * entry.share_above:.0f} %", style=style,
            )  # fmt: skip
        table.add_section()
    console.print(f"A: {name_a}\nB: {name_b}")
    console.print(table)
    console.print("Bold: the interval leaves zero out.")
