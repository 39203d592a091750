"""MODEL_CARD.md of a trained ConverSeg-Net: what it can't do first, then every figure with its origin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from converseg_core.evaluation.measure import Evaluation
from converseg_core.evaluation.table import Row, expected_calibration_error, reliability, rows


def render_card(
    evaluation: Evaluation,
    *,
    fields: Mapping[str, Any],
    recipe: Mapping[str, Any],
    step: int,
    notes: Sequence[str],
) -> str:
    """The card as Markdown; every figure in it comes from ``evaluation`` or from the run's configuration."""
    table = rows(evaluation)
    concepts = [row for row in table[:-1] if not math.isnan(row.giou)]
    worst = min(concepts, key=lambda row: row.giou, default=None)
    limits = [*notes]
    if worst is not None:
        limits.append(f"Worst family: {worst.name}, gIoU {worst.giou:.3f}.")
    if not math.isnan(table[-1].false_positive_rate):
        limits.append(
            f"Of {table[-1].num_no_target} questions about things that are not there, "
            f"{table[-1].false_positive_rate:.1%} get a mask."
        )
    sources = ", ".join(f"{source['path']} ({source['weight']:g})" for source in recipe["sources"])
    lines = [
        f"# {fields['name']}",
        "",
        "## What it can't do",
        *[f"- {limit}" for limit in limits],
        "",
        "## Where it comes from",
        f"- Recipe {recipe['recipe']}, step {step} of {recipe['schedule']['num_steps']}, "
        f"{recipe['batch_size']} rows a step, seed {recipe['seed']}; all of it in training.json.",
        f"- Rows (with their shares): {sources}",
        f"- Training data: {fields['training_data']}",
        f"- Licence: {fields['licence']}",
        "",
        "## Measured",
        f"{len(evaluation.results)} questions about {evaluation.num_images} pictures that it was neither "
        "trained nor calibrated on.",
        "",
        "| Family | Questions | gIoU | gIoU with target | cIoU | Best prompt-blind gIoU |",
        "| --- | --- | --- | --- | --- | --- |",
        *[_line(row) for row in table],
        "",
        f"Word pairs told apart: {evaluation.num_word_pairs_right} of {evaluation.num_word_pairs}. "
        f"Calibration error: {_figure(expected_calibration_error(reliability(evaluation)))}.",
        "",
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    blind = max(row.blind.values(), default=math.nan)
    cells = [_figure(value) for value in (row.giou, row.giou_with_target, row.ciou, blind)]
    return f"| {row.name} | {row.num_samples} | {' | '.join(cells)} |"


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
