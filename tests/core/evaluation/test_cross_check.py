"""Every figure that an independent library also has, against that library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.evaluation.measure import RIGHT_IOU, Evaluation, measure
from converseg_core.evaluation.metrics import boundary_iou, boundary_width_px
from converseg_core.evaluation.rle import encode
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows
from tests.core.evaluation.predictions import random_predictions

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return measure(random_predictions(150, quality=0.6))


def test_iou_against_pycocotools_box_free_matching(evaluation: Evaluation) -> None:
    from pycocotools import mask as coco

    for result in evaluation.results:
        row = result.sample
        assert row.answer is not None
        assert row.truth is not None
        if row.answer.area_px == row.truth.area_px == 0:
            continue  # COCO calls this 0; two empty masks agree here
        packed = [{"size": list(mask.size_hw), "counts": mask.counts} for mask in (row.answer, row.truth)]
        assert result.iou == pytest.approx(float(coco.iou(packed[:1], packed[1:], [0])[0, 0]), abs=1e-12)


def test_giou_and_ciou_against_torchmetrics(evaluation: Evaluation) -> None:
    from torchmetrics.classification import BinaryJaccardIndex

    pooled = BinaryJaccardIndex()
    each = []
    for result in evaluation.results:
        assert result.sample.answer is not None
        assert result.sample.truth is not None
        answer, truth = (
            torch.from_numpy(mask.decode().astype(np.int64))
            for mask in (result.sample.answer, result.sample.truth)
        )
        pooled.update(answer, truth)
        each.append(
            1.0 if not answer.any() and not truth.any() else float(BinaryJaccardIndex()(answer, truth))
        )
    overall = rows(evaluation)[-1]
    assert overall.ciou == pytest.approx(float(pooled.compute()), abs=1e-6)
    assert overall.giou == pytest.approx(float(np.mean(each)), abs=1e-6)


def test_presence_against_torchmetrics(evaluation: Evaluation) -> None:
    from torchmetrics.classification import BinaryMatthewsCorrCoef, BinarySpecificity

    said = torch.tensor([int(result.status is Status.OK) for result in evaluation.results])
    is_there = torch.tensor([int(not result.sample.no_target) for result in evaluation.results])
    overall = rows(evaluation)[-1]
    assert overall.presence_mcc == pytest.approx(float(BinaryMatthewsCorrCoef()(said, is_there)), abs=1e-6)
    assert overall.false_positive_rate == pytest.approx(
        1 - float(BinarySpecificity()(said, is_there)), abs=1e-6
    )


def test_calibration_error_against_torchmetrics(evaluation: Evaluation) -> None:
    from torchmetrics.classification import BinaryCalibrationError

    # An independent library bins at (low, high], this one at [low, high): keep away from the edges.
    results = tuple(
        replace(
            result, sample=replace(result.sample, confidence=np.clip(result.confidence, 0.01, 0.99) + 1e-5)
        )
        for result in evaluation.results
    )
    sure = torch.tensor([result.confidence for result in results], dtype=torch.float64)
    right = torch.tensor([int(result.iou >= RIGHT_IOU) for result in results])
    ours = expected_calibration_error(reliability(replace(evaluation, results=results)))
    assert ours == pytest.approx(float(BinaryCalibrationError(n_bins=10, norm="l1")(sure, right)), abs=1e-6)


@pytest.mark.parametrize("size_hw", [(24, 24), (61, 90), (240, 320)])
def test_boundary_iou_against_faster_coco_eval(size_hw: tuple[int, int]) -> None:
    from faster_coco_eval.core import mask as faster

    assert boundary_width_px((240, 320)) == 8
    rng = np.random.default_rng(3)
    for _ in range(20):
        masks = []
        for _ in range(2):
            grid = rng.random((5, 7)) < 0.4
            rows_of, columns_of = (
                np.sort(rng.integers(0, num, length)) for num, length in zip(grid.shape, size_hw, strict=True)
            )
            masks.append(grid[np.ix_(rows_of, columns_of)])
        a, b = (encode(mask) for mask in masks)
        bands = [
            faster.decode(faster.rleToBoundary({"size": list(size_hw), "counts": mask.counts}, 0.02)).astype(
                bool
            )
            for mask in (a, b)
        ]
        union = int((bands[0] | bands[1]).sum())
        expected = int((bands[0] & bands[1]).sum()) / union if union else 1.0
        assert boundary_iou(a, b) == pytest.approx(expected, abs=1e-12)
