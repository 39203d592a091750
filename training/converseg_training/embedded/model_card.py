"""MODEL_CARD.md of an embedded bundle: what it was trained on, what it can and can't do, measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from converseg_core.embedded import WordTokenizer
from converseg_core.evaluation.measure import Evaluation
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows


def render_card(
    evaluation: Evaluation,
    *,
    num_weights: int,
    tokenizer: WordTokenizer,
    manifest_fields: Mapping[str, Any],
    origin: str,
    notes: Sequence[str],
) -> str:
    """The card as Markdown; every figure in it comes from ``evaluation``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("converseg_training.embedded", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["figure"] = lambda value: "-" if math.isnan(value) else f"{value:.3f}"
    bins = reliability(evaluation)
    table = rows(evaluation)
    return environment.get_template("MODEL_CARD.md.j2").render(
        fields=manifest_fields,
        num_parameters_m=num_weights / 1e6,
        origin=origin,
        notes=notes,
        words=tokenizer.words,
        max_num_tokens=tokenizer.max_num_tokens,
        table=table,
        overall=table[-1],
        bins=bins,
        calibration_error=expected_calibration_error(bins),
        evaluation=evaluation,
        num_images=evaluation.num_images,
    )
