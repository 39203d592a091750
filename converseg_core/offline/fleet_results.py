"""One predictions file over the bags of a fleet, and where its pictures are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import iter_predictions, read_info
from converseg_core.evaluation.report import PictureSource
from converseg_core.model import ImageHWC
from converseg_core.offline.fleet import Fleet, Outcome
from converseg_core.offline.pictures import from_bag
from converseg_core.offline.run import PREDICTIONS_NAME
from converseg_core.offline.source import choose_topics

_METRICS_NAME = "metrics.json"


def answered(fleet: Fleet) -> list[str]:
    """Names of the bags that have results, damaged ones too: what could be read counts."""
    return [name for name in fleet.names if fleet.outcome(name).is_finished]


def all_predictions(fleet: Fleet) -> Iterator[Prediction]:
    """The rows of all bags that have results; id and image begin with the bag's name."""
    for name in answered(fleet):
        for row in iter_predictions(fleet.folder(name) / PREDICTIONS_NAME):
            yield replace(row, id=f"{name}/{row.id}", image=f"{name}/{row.image}")


def model_id(fleet: Fleet) -> str:
    """Of the model that answered."""
    names = {read_info(fleet.folder(name) / PREDICTIONS_NAME).model_id for name in answered(fleet)}
    return ", ".join(sorted(names))


def facts(outcome: Outcome, fleet: Fleet) -> dict[str, Any]:
    """What became of one bag, with its own figures where it has any; for ``metrics.json``."""
    found: dict[str, Any] = asdict(outcome)
    if outcome.is_finished:
        metrics = json.loads((fleet.folder(outcome.name) / _METRICS_NAME).read_text(encoding="utf-8"))
        found["num_frames"] = metrics["frames"]["num_out"]
        found["num_questions"] = metrics["num_questions"]
        found["num_measured"] = metrics["num_measured"]
        found["all"] = metrics["table"][-1] if metrics["table"] else None
    return found


def from_fleet(fleet: Fleet) -> PictureSource:
    """The frames that predictions name as ``bag/topic#number``, one bag after the other."""

    def find(predictions: Sequence[Prediction]) -> Iterator[tuple[str, ImageHWC]]:
        for name in answered(fleet):
            prefix = f"{name}/"
            own = [
                replace(row, image=row.image.removeprefix(prefix))
                for row in predictions
                if row.image.startswith(f"{prefix}/")  # a topic begins with a slash
            ]
            if own:
                cameras = sorted({row.image.rpartition("#")[0] for row in own})
                topics = choose_topics(fleet.bags[name], images=cameras, with_depth=False)
                for image, picture in from_bag(fleet.bags[name], topics)(own):
                    yield prefix + image, picture

    return find
