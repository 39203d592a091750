"""A model over a data set: one prediction a question, each image encoded once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from multiprocessing import get_context

from converseg_core.answer import Answer
from converseg_core.evaluation.dataset import DatasetError, Sample, Truth, decode_image, read_bytes
from converseg_core.evaluation.measure import RIGHT_IOU, Evaluation, Result, measure
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.rle import encode
from converseg_core.model import SegmentationModel

__all__ = ["RIGHT_IOU", "Evaluation", "Result", "by_image", "evaluate", "predict", "predict_parallel"]


def evaluate(
    model: SegmentationModel,
    samples: Sequence[Sample],
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Evaluation:
    """Answer every question of ``samples`` and measure the answers, all in memory.

    Args:
        model: the model to measure.
        samples: the questions; those about one image share its encoding.
        on_progress: called with the number of questions done so far, after each image.

    Raises:
        DatasetError: a file is missing, an id stands there twice, or a mask differs in size from its image.
    """
    predictions: list[Prediction] = []
    for group in by_image(samples):
        predictions += predict(model, group)
        on_progress(len(predictions))
    return measure(predictions, model_id=model.model_id)


def by_image(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Questions grouped by image; images by name, questions by id, whatever order they came in.

    Raises:
        DatasetError: an id stands there twice.
    """
    ids: set[str] = set()
    for sample in samples:
        if sample.id in ids:
            raise DatasetError(f"id: {sample.id!r} stands in the data set twice; make the ids unique")
        ids.add(sample.id)
    ordered = sorted(samples, key=lambda sample: (sample.image, str(sample.image_path), sample.id))
    return [list(group) for _, group in groupby(ordered, key=lambda sample: sample.image_path)]


def predict(model: SegmentationModel, group: Sequence[Sample]) -> list[Prediction]:
    """Answer the questions about one image.

    Raises:
        DatasetError: a file is missing, or a mask differs in size from its image.
    """
    content = read_bytes(group[0].image_path)
    image = decode_image(content, group[0].image_path)
    truths = [sample.truth.load((image.shape[0], image.shape[1])) for sample in group]
    answers = model.encode(image).segment([sample.prompt for sample in group])
    sha256 = hashlib.sha256(content).hexdigest()
    return [
        _prediction(sample, truth, answer, sha256)
        for sample, truth, answer in zip(group, truths, answers, strict=True)
    ]


def predict_parallel(
    load: Callable[[], SegmentationModel], groups: Sequence[list[Sample]], *, num_workers: int
) -> Iterator[list[Prediction]]:
    """Like :func:`predict` for each group, in order, in several processes that each load the model.

    Raises:
        DatasetError: as :func:`predict`.
    """
    # Processes are spawned: a fork would copy the locks of the inference runtime's threads.
    with get_context("spawn").Pool(num_workers, initializer=_start_worker, initargs=(load,)) as pool:
        yield from pool.imap(_predict_in_worker, groups)


_worker_model: SegmentationModel | None = None


def _start_worker(load: Callable[[], SegmentationModel]) -> None:
    global _worker_model  # the one place where a pool can keep what a process is to hold
    _worker_model = load()


def _predict_in_worker(group: list[Sample]) -> list[Prediction]:
    assert _worker_model is not None
    return predict(_worker_model, group)


def _prediction(sample: Sample, truth: Truth, answer: Answer, sha256: str) -> Prediction:
    mask = answer.mask
    if mask is not None and truth.ignore is not None:
        mask = mask & ~truth.ignore
    return Prediction(
        id=sample.id,
        image=sample.image,
        image_sha256=sha256,
        height=truth.mask.shape[0],
        width=truth.mask.shape[1],
        prompt=sample.prompt,
        concept=sample.concept,
        truth=encode(truth.mask),
        status=answer.status,
        status_text=answer.status_text,
        answer=None if mask is None else encode(mask),
        confidence=answer.confidence,
        no_target_score=answer.no_target_score,
        timings_s=dict(answer.timings_s),
        model_id=answer.model_id,
    )
