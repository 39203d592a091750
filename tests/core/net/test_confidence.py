"""Presence and quality: learnt with empty truths, calibrated, and used by the answers."""

import dataclasses

import numpy as np
import pytest
import torch

from converseg_core import Status
from converseg_core.bundle.manifest import Calibration
from converseg_core.calibration import fit_platt
from converseg_core.evaluation.table import confidence_bins, expected_calibration_error
from converseg_core.net.architecture.confidence import ConfidenceHead, ConfidenceLogits, confidence_loss
from converseg_core.net.random_bundle import random_model
from tests.core.net import tiny


def test_the_head_learns_presence_and_quality_from_full_and_empty_truths():
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(600, 6, 8, generator=generator)
    dense = torch.randn(600, 8, generator=generator)
    is_present = tokens[:, 0, 0] + 0.3 * torch.randn(600, generator=generator) > 0
    iou = torch.sigmoid(2 * tokens[:, 1, 1])
    head = ConfidenceHead(width=8, hidden=32)
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
    for _ in range(80):
        optimizer.zero_grad()
        confidence_loss(head(tokens[:400], dense[:400]), iou[:400], is_present[:400]).backward()
        optimizer.step()
    with torch.no_grad():
        logits = head(tokens[400:], dense[400:])
    held_present, held_iou = is_present[400:], iou[400:]
    assert ((logits.presence_n > 0) == held_present).float().mean() > 0.8
    right = held_iou[held_present] >= 0.5
    assert ((logits.quality_n[held_present] > 0) == right).float().mean() > 0.8


def test_quality_is_not_asked_where_nothing_is_there():
    logits = ConfidenceLogits(presence_n=torch.zeros(3), quality_n=torch.tensor([5.0, -5.0, 0.0]))
    nothing = torch.zeros(3, dtype=torch.bool)
    assert confidence_loss(logits, torch.zeros(3), nothing).item() == pytest.approx(np.log(2))
    one = torch.tensor([True, False, False])
    with_one = confidence_loss(logits, torch.tensor([0.9, 0.9, 0.9]), one).item()
    assert with_one == pytest.approx(np.log(2) + np.log1p(np.exp(-5.0)))


def test_calibration_finds_the_truth_again():
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 2, 20_000)
    is_true = rng.random(20_000) < 1 / (1 + np.exp(-truth))
    overconfident = 3.0 * truth - 1.0
    fitted = fit_platt(overconfident, is_true)
    assert fitted.slope == pytest.approx(1 / 3, rel=0.05)
    assert fitted.offset == pytest.approx(1 / 3, abs=0.05)
    before = expected_calibration_error(confidence_bins(1 / (1 + np.exp(-overconfident)), is_true))
    scaled = fitted.slope * overconfident + fitted.offset
    after = expected_calibration_error(confidence_bins(1 / (1 + np.exp(-scaled)), is_true))
    assert after < 0.02 < before


def test_a_perfect_head_does_not_run_away():
    logits = np.concatenate([np.full(50, -1.0), np.full(50, 1.0)])
    fitted = fit_platt(logits, logits > 0)
    assert 1.0 < fitted.slope < 20.0


@pytest.mark.parametrize(
    ("logits", "truth", "field"),
    [
        (np.zeros(3), np.ones(3, bool), "is_true_n"),
        (np.zeros(3), np.ones(2, bool), "logits_n"),
        (np.array([0.0, np.nan]), np.array([True, False]), "finite"),
    ],
)
def test_what_cannot_be_fitted_is_refused(logits, truth, field):
    with pytest.raises(ValueError, match=field):
        fit_platt(logits, truth)


def with_head(presence_bias: float):
    model = random_model(tiny.config(has_confidence_head=True), name="tiny", dtype=torch.float32)
    last = model.backend.network.confidence.layers[-1]
    last.weight.data.zero_()
    last.bias.data.copy_(torch.tensor([presence_bias, 1.0]))
    return model


def test_an_absent_thing_is_no_target_with_an_empty_mask():
    model = with_head(-2.0)
    (answer,) = model.encode(tiny.picture()).segment(["the unicorn"])
    assert answer.status is Status.NO_TARGET
    assert not answer.mask.any()
    assert answer.no_target_score == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert "never calibrated" in model.info["confidence"]


def test_the_bundles_calibration_is_applied():
    model = with_head(-2.0)
    scalings = {"presence": Calibration(slope=-1.0, offset=0.5), "quality": Calibration(slope=2.0)}
    model._manifest = model._manifest.model_copy(update={"calibrations": scalings})
    (answer,) = model.encode(tiny.picture()).segment(["the mug"])
    assert answer.no_target_score == pytest.approx(1 - 1 / (1 + np.exp(-2.5)))
    assert model.info["confidence"] == "calibrated"
    if answer.status is Status.OK:
        assert answer.confidence == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_a_config_without_a_head_makes_none():
    config = dataclasses.replace(tiny.config(), has_confidence_head=False)
    assert random_model(config, name="tiny", dtype=torch.float32).backend.network.confidence is None
