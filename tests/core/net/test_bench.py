"""The benchmark: its arithmetic, its report, and a run on a tiny network."""

import json

import numpy as np
import pytest
import torch

from converseg_core.net import bench, bench_run
from converseg_core.net.random_bundle import random_model
from tests.core.net import tiny


@pytest.fixture(scope="module")
def model():
    return random_model(tiny.config(max_visual_tokens=64), name="tiny", dtype=torch.float32)


def test_ratios_are_what_they_say():
    row = bench.CostRow(
        num_visual_tokens=1, preprocess_s=0.0, sam_encoder_s=6.0, vision_s=2.0, prefill_s=1.0, words_s=0.5,
        decode_s=0.5, first_s=10.0, further_s=1.0, batch_s=12.0, whole_passes_s=80.0, frame_bytes=0,
    )  # fmt: skip
    assert row.first_over_further == 10.0
    assert row.batch_over_first == pytest.approx(1.2)
    assert row.saving_over_whole_passes == pytest.approx(80.0 / 12.0)


@pytest.mark.parametrize("num_tokens", [391, 234, 117, 54, 12])
def test_a_grid_has_exactly_the_tokens_asked_for(model, num_tokens):
    grid = bench_run.grid_of(num_tokens, (480, 640), model)
    assert grid.num_tokens == num_tokens
    assert grid.num_rows <= grid.num_cols


def test_a_row_adds_up(model):
    grid = bench_run.grid_of(12, (96, 128), model)
    row = bench.measure_costs(model, image_hw=(96, 128), num_runs=1, grid=grid)
    assert row.num_visual_tokens == 12
    stages = row.preprocess_s + row.sam_encoder_s + row.vision_s + row.prefill_s
    assert row.first_s == pytest.approx(stages + row.words_s + row.decode_s)
    assert row.further_s == pytest.approx(row.words_s + row.decode_s)
    assert row.frame_bytes > 0
    assert json.loads(json.dumps(bench.row_as_json(row)))["num_visual_tokens"] == 12
    assert str(row.num_visual_tokens) in bench.table([row])


def test_many_frames_are_forgotten(model):
    seen = []
    report = bench.memory_slope(model, image_hw=(60, 80), num_frames=25, say=seen.append)
    assert len(model.cache) == 0
    assert len(seen) == 1
    assert report["last_mb"] > 0
    assert np.isfinite(report["slope_mb_per_frame"])


def test_agreement_is_the_mean_iou_of_pairs():
    one = np.zeros((3, 2, 2), bool)
    other = np.zeros((3, 2, 2), bool)
    one[0, 0] = True  # two pixels, one of them shared
    other[0, 0, 0] = True
    one[1] = other[1] = True  # equal; the third pair is empty on both sides
    assert bench.mean_iou(one, other) == pytest.approx((0.5 + 1.0 + 1.0) / 3)


def test_bfloat16_draws_nearly_the_masks_of_float32():
    config = tiny.config(max_visual_tokens=64)
    models = [random_model(config, name="tiny", dtype=dtype) for dtype in (torch.float32, torch.bfloat16)]
    exact, rounded = (bench.single_masks(model, tiny.picture()) for model in models)
    assert exact.shape == rounded.shape
    assert 0 < exact.sum() < exact.size
    assert bench.mean_iou(exact, exact) == 1.0
    assert bench.mean_iou(exact, rounded) >= 0.9


def test_memory_is_watched():
    with bench.watch_memory(every_s=0.001) as peak:
        block = np.ones(20_000_000)
        for _ in range(20):
            block += 1.0
    assert peak["peak_bytes"] > block.nbytes
