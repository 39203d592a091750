"""Losses against figures worked out by hand."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch

from converseg_core.embedded.letterbox import Letterbox
from converseg_training.data.points import sampled_points
from converseg_training.loop.config import Schedule
from converseg_training.loop.schedule import learning_rate_at
from converseg_training.net.losses import bce_each, confidence_each, dice_each, iou_each, points_each
from converseg_training.net.rows import target

LN3 = math.log(3.0)  # sigmoid(ln 3) = 3/4


def test_bce_and_dice_by_hand() -> None:
    logits = torch.tensor([[[LN3, -LN3], [0.0, -LN3]]])
    truth = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])
    # cross-entropies: -ln 3/4, -ln 3/4, -ln 1/2, -ln 1/4
    expected = (-2 * math.log(0.75) - math.log(0.5) - math.log(0.25)) / 4
    assert bce_each(logits, truth).item() == pytest.approx(expected)
    # probabilities 3/4, 1/4, 1/2, 1/4: shared 1.5, sums 1.75 and 3
    assert dice_each(logits, truth).item() == pytest.approx(1 - 4.0 / 5.75)
    assert iou_each(logits, truth).item() == pytest.approx(1 / 3)
    assert iou_each(-torch.ones(1, 2, 2), torch.zeros(1, 2, 2)).item() == 1.0


def test_points_are_read_where_they_lie() -> None:
    logits = torch.tensor([[[LN3, -LN3], [-LN3, -LN3]]])
    points = torch.tensor([[[0.25, 0.25], [0.75, 0.25], [0.5, 0.25]]])
    inside = torch.tensor([[1.0, 1.0, 0.0]])
    expected = (-math.log(0.75) - math.log(0.25) - math.log(0.5)) / 3
    assert points_each(logits, points, inside).item() == pytest.approx(expected, rel=1e-5)


def test_parts_of_a_batch_average_to_the_batch() -> None:
    generator = torch.Generator().manual_seed(0)
    presence, quality, iou = (torch.randn(6, generator=generator) for _ in range(3))
    is_present = torch.tensor([1.0, 1, 0, 0, 0, 1])
    whole = confidence_each(presence, quality, iou, is_present)
    for term, first, second in zip(
        whole,
        confidence_each(presence[:3], quality[:3], iou[:3], is_present[:3]),
        confidence_each(presence[3:], quality[3:], iou[3:], is_present[3:]),
        strict=True,
    ):
        assert torch.allclose(term.mean(), (first.mean() + second.mean()) / 2)
    assert whole[1][2].item() == 0.0


def test_truth_is_eroded_once_and_small_things_stay() -> None:
    letterbox = Letterbox(32, 64, 64, 64)
    mask = np.zeros((32, 64), np.bool_)
    mask[8:24, 8:24] = True
    found = target(mask, letterbox, 5)
    assert found.shape == (16, 16)
    assert found.sum() * 16 == pytest.approx(12 * 12)  # 16 - 4 pixels a side
    assert target(mask, letterbox, 0).sum() * 16 == pytest.approx(16 * 16)
    mask[:] = False
    mask[10:12, 10:12] = True
    assert target(mask, letterbox, 5).sum() * 16 == pytest.approx(4)


def test_sampled_points_agree_with_the_mask_on_the_canvas() -> None:
    mask = np.zeros((90, 40), np.bool_)
    mask[30:70, 5:25] = True
    letterbox = Letterbox(90, 40, 128, 128)
    points, inside = sampled_points(mask, letterbox, 400, np.random.default_rng(0))
    canvas = letterbox.apply(mask.astype(np.uint8) * np.uint8(255))
    rows, cols = (points[:, 1] * 128).astype(int), (points[:, 0] * 128).astype(int)
    assert np.mean((canvas[rows, cols] > 127) == (inside > 0.5)) > 0.97
    edge = cv2.morphologyEx(canvas, cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8))
    assert np.mean(edge[rows, cols] > 0) > 0.6


def test_the_schedule_warms_up_and_falls_to_its_minimum() -> None:
    schedule = Schedule(num_steps=1000, learning_rate=1e-4)
    assert learning_rate_at(0, schedule) == pytest.approx(1e-4 / 30)
    assert learning_rate_at(29, schedule) == pytest.approx(1e-4)
    assert learning_rate_at(515, schedule) == pytest.approx(1e-6 + 0.5 * (1e-4 - 1e-6))
    assert learning_rate_at(1000, schedule) == pytest.approx(1e-6)
