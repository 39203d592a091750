"""A model's answers to a data set, photo by photo on disk: a run that was stopped goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from converseg_core.bundle import resolve, verify
from converseg_core.evaluation.dataset import Sample
from converseg_core.evaluation.parts import Parts
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import RunInfo, read_predictions, write_predictions
from converseg_core.evaluation.run import by_image, predict
from converseg_core.loading import load_model
from converseg_core.model import SegmentationModel

NUM_FOLDS = 5
_FILE = "predictions.parquet"


def folds_of(photos: Sequence[str]) -> dict[str, int]:
    """Photo -> fold: its place in the order of the file names, modulo five."""
    return {name: place % NUM_FOLDS for place, name in enumerate(sorted(set(photos)))}


def answers(
    model: str | Path,
    samples: Sequence[Sample],
    folder: Path,
    *,
    load: Callable[[str | Path], SegmentationModel] = load_model,
) -> list[Prediction]:
    """Every question answered by one model; each image is encoded once.

    Args:
        model: name or bundle folder.
        samples: the questions.
        folder: keeps the finished images; emptied where the model or the questions are others than before.
        load: opens the model; called only where something is left to answer.

    Raises:
        BundleError: no such model.
        DatasetError: a file of the data set cannot be read.
    """
    groups = by_image(samples)
    model_id = verify(resolve(model)).model_id
    asked = [[sample.id, sample.prompt, sample.image] for group in groups for sample in group]
    parts = Parts(folder, settings={"model_id": model_id, "questions": asked})
    left = groups[len(parts.finished) :]
    if left:
        opened = load(model)
        info = RunInfo(model_id=model_id, source=folder.name)
        for group in left:
            with parts.new() as part:
                write_predictions(part / _FILE, predict(opened, group), info)
    return [item for part in parts.finished for item in read_predictions(part / _FILE).predictions]
