"""Put the page together."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from converseg_core.evaluation.dataset import DatasetError, decode_image, read_bytes
from converseg_core.evaluation.measure import Evaluation
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import RunInfo
from converseg_core.evaluation.report.cards import PictureSource, make_cards
from converseg_core.evaluation.report.plots import interval_plot, latency_plot, reliability_plot
from converseg_core.evaluation.summary import all_predictions
from converseg_core.model import ImageHWC

_MASK_FIGURES = {
    "giou": "gIoU", "ciou": "cIoU", "giou_with_target": "gIoU with target", "boundary_iou": "boundary IoU",
    "precision_at_50": "P@0.5", "precision_at_60": "P@0.6", "precision_at_70": "P@0.7",
    "precision_at_80": "P@0.8", "precision_at_90": "P@0.9",
}  # fmt: skip
_PRESENCE_FIGURES = {
    "right": "right", "no_target_right": "rightly nothing", "false_positive_rate": "false alarms",
    "presence_mcc": "presence MCC", "merged_score": "merged score",
}  # fmt: skip


def from_dataset(root: Path) -> PictureSource:
    """Pictures from a data set's folder; only those that are still the ones that were answered."""

    def find(predictions: Sequence[Prediction]) -> Iterator[tuple[str, ImageHWC]]:
        for name, sha256 in {row.image: row.image_sha256 for row in predictions}.items():
            try:
                content = read_bytes(root / name)
                if hashlib.sha256(content).hexdigest() == sha256:
                    yield name, decode_image(content, root / name)
            except DatasetError:
                continue  # the card then says that its picture was not found

    return find


def write_report(
    path: Path,
    evaluation: Evaluation,
    summary: Mapping[str, Any],
    *,
    info: RunInfo,
    pictures: PictureSource | None = None,
) -> None:
    """Write the page: one file that needs no network.

    Args:
        path: where to; replaced only when the page is complete.
        evaluation: the measured run.
        summary: its figures, from :func:`~converseg_core.evaluation.summary.summarise`.
        info: what the predictions file says about the run.
        pictures: finds pictures again; in the data set's folder where it is left out.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("converseg_core.evaluation.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["figure"] = _figure
    predictions = all_predictions(evaluation)
    totals = [prediction.latency_s for prediction in predictions if prediction.timings_s]
    latency = summary["latencies"][-1] if summary["latencies"] else None
    cards = make_cards(evaluation, pictures or from_dataset(Path(info.source_path)))
    page = environment.get_template("report.html.j2").render(
        info=info,
        summary=summary,
        mask_figures=_MASK_FIGURES,
        presence_figures=_PRESENCE_FIGURES,
        cards=cards,
        concepts=list(dict.fromkeys(card.row.concept for card in cards)),
        statuses=list(dict.fromkeys(card.row.status.name for card in cards)),
        verdicts=list(dict.fromkeys(card.verdict for card in cards if card.verdict)),
        interval_plot=interval_plot(summary["table"], summary["intervals_95"]) if summary["table"] else "",
        reliability_plot=reliability_plot(summary["reliability"]) if summary["reliability"] else "",
        latency_plot=latency_plot(totals, {name: latency[f"{name}_s"] for name in ("p50", "p95", "p99")})
        if latency
        else "",
    )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # A prompt may hold half a surrogate pair, which no UTF-8 file can.
        temporary.write_text(page, encoding="utf-8", errors="replace")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _figure(value: float | None, num_digits: int = 3) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{num_digits}f}"
