"""The figures of `converseg eval`, during training."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

from converseg_core.evaluation.measure import measure
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.rle import encode
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows
from converseg_core.model import SegmentationModel
from converseg_engine.shards import ImageRow, read_split
from converseg_training.loop.config import RunConfig

VAL = "val"


def validation_rows(run: RunConfig) -> list[ImageRow]:
    """The first pictures of each source's validation split; none where no source has one."""
    folders = [Path(source.path) for source in run.sources]
    having = [folder for folder in dict.fromkeys(folders) if any(folder.glob(f"{VAL}-*.parquet"))]
    if not having or not run.num_val_images:
        return []
    each = max(1, run.num_val_images // len(having))
    return [row for folder in having for row in itertools.islice(read_split(folder, VAL), each)]


def answers(model: SegmentationModel, images: Sequence[ImageRow]) -> list[Prediction]:
    """Every question of every picture, answered at the picture's own size."""
    found = []
    for number, image in enumerate(images):
        frame = model.encode(image.pixels())
        given = frame.segment([question.prompt for question in image.questions])
        for question, answer in zip(image.questions, given, strict=True):
            found.append(
                Prediction(
                    id=f"{number}:{question.id}",
                    image=f"{number}:{image.image_id}",
                    image_sha256=hashlib.sha256(image.image).hexdigest(),
                    height=image.height,
                    width=image.width,
                    prompt=question.prompt,
                    concept=question.concept,
                    truth=encode(question.mask(image.height, image.width)),
                    status=answer.status,
                    status_text=answer.status_text,
                    answer=None if answer.mask is None else encode(answer.mask),
                    confidence=answer.confidence,
                    no_target_score=answer.no_target_score,
                    timings_s=dict(answer.timings_s),
                    model_id=answer.model_id,
                )
            )
    return found


def figures(model: SegmentationModel, images: Sequence[ImageRow]) -> dict[str, float]:
    """GIoU and cIoU over all and by concept, false positives on no-target, calibration error."""
    evaluation = measure(answers(model, images))
    table = rows(evaluation)
    result = {f"giou_{row.name}": row.giou for row in table}
    result |= {
        "ciou_all": table[-1].ciou,
        "false_positive_rate": table[-1].false_positive_rate,
        "calibration_error": expected_calibration_error(reliability(evaluation)),
    }
    return {name: value for name, value in result.items() if not math.isnan(value)}
