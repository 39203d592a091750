"""Twelve questions with known answers give exactly the known table, in any order and with any workers."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from PIL import Image

from converseg_core.evaluation.bootstrap import intervals
from converseg_core.evaluation.dataset import DatasetError, read_dataset
from converseg_core.evaluation.measure import measure
from converseg_core.evaluation.run import by_image, evaluate, predict, predict_parallel
from converseg_core.evaluation.table import latencies, rows
from tests.core.evaluation.side_model import SideModel, write_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path)


def test_the_known_table(folder: Path) -> None:
    evaluation = evaluate(SideModel(), read_dataset(folder, "test"))
    ious = {result.sample.id: result.iou for result in evaluation.results}
    assert ious == {
        "a": 1.0, "b": 0.5, "c": 0.0, "d": 1.0, "e": 0.0, "f": 1.0,
        "g": 0.0, "h": 0.0, "k": 1.0, "l": 0.0, "m": 1.0, "n": 1.0,
    }  # fmt: skip
    table = {row.name: row for row in rows(evaluation)}
    assert list(table) == ["entities", "spatial", "relations", "affordances", "physics", "all"]
    overall = table["all"]
    counts = (overall.num_samples, overall.num_with_target, overall.num_no_target, overall.num_unanswered)
    assert counts == (12, 8, 4, 2)
    assert overall.giou == 6.5 / 12
    assert overall.ciou == 64 / 153
    assert overall.giou_with_target == 4.5 / 8
    # Bands one pixel wide: the left half has 12 pixels, the quarter all its 8, and they share 6.
    assert overall.boundary_iou == pytest.approx((4 + 6 / 14) / 8, abs=1e-15)
    assert overall.precision_at_50 == 5 / 8
    assert overall.precision_at_60 == overall.precision_at_90 == 4 / 8
    assert overall.right == 7 / 12
    assert overall.no_target_right == 2 / 4
    assert overall.false_positive_rate == 1 / 4
    # 6 hits, 2 misses (one rejected), 2 false (one rejected), 2 rightly refused.
    assert overall.presence_mcc == (6 * 2 - 2 * 2) / math.sqrt(8 * 8 * 4 * 4)
    assert overall.merged_score == 4.5 / 8 * 0.25


def test_rows_by_concept(folder: Path) -> None:
    table = {row.name: row for row in rows(evaluate(SideModel(), read_dataset(folder)))}
    assert table["spatial"].giou == 0.25
    assert table["spatial"].ciou == 8 / 48
    assert table["physics"].giou == 2 / 3
    assert math.isnan(table["physics"].giou_with_target)
    assert math.isnan(table["physics"].presence_mcc)
    assert math.isnan(table["spatial"].no_target_right)
    assert table["relations"].presence_mcc == 0.0  # one hit, one false alarm: it always says yes
    assert table["entities"].precision_at_90 == 2 / 3


def test_blind_answers_by_hand(folder: Path) -> None:
    overall = rows(evaluate(SideModel(), read_dataset(folder)))[-1]
    assert overall.blind["nothing"] == 4 / 12
    # A half covers 16 of 32 pixels seven times, the quarter 8 of 32 once.
    assert overall.blind["whole image"] == pytest.approx((7 * 0.5 + 0.25) / 12)
    assert overall.blind["union of answers"] == pytest.approx((7 * 0.5 + 0.25) / 12)
    # Both images hold two equal halves; of equals the right one is taken: right for c, f and l.
    assert overall.blind["largest answer"] == 3 / 12
    assert overall.best_blind == ("nothing", 4 / 12)


def test_word_pairs_by_hand(folder: Path) -> None:
    """On i: a-c and b-c (c is wrong). On j: f-g f-m f-k g-l k-l l-m differ; g-k and m-k overlap by half."""
    evaluation = evaluate(SideModel(), read_dataset(folder))
    assert (evaluation.num_word_pairs, evaluation.num_word_pairs_right) == (8, 2)  # right: f-m and f-k


def test_order_changes_nothing(folder: Path) -> None:
    samples = read_dataset(folder)
    expected = evaluate(SideModel(), samples)
    for seed in range(5):
        shuffled = random.Random(seed).sample(samples, len(samples))
        evaluation = evaluate(SideModel(), shuffled)
        assert repr(evaluation) == repr(expected)  # NaN is not equal to itself, but reads the same
        assert repr(rows(evaluation)) == repr(rows(expected))
        assert repr(intervals(evaluation, num_resamples=50)) == repr(intervals(expected, num_resamples=50))


@pytest.mark.parametrize("num_workers", [1, 2])
def test_workers_change_nothing(folder: Path, num_workers: int) -> None:
    groups = by_image(read_dataset(folder))
    expected = [prediction for group in groups for prediction in predict(SideModel(), group)]
    parallel = predict_parallel(SideModel, groups, num_workers=num_workers)
    assert repr([prediction for group in parallel for prediction in group]) == repr(expected)
    assert repr(rows(measure(expected))) == repr(rows(evaluate(SideModel(), read_dataset(folder))))


def test_latency_percentiles(folder: Path) -> None:
    evaluation = evaluate(SideModel(), read_dataset(folder))
    table = {entry.stage: entry for entry in latencies([result.sample for result in evaluation.results])}
    assert list(table) == ["encode", "decode", "total"]
    assert table["total"].num_answers == 10  # two were rejected before any stage
    assert (table["total"].p50_s, table["total"].p99_s) == (0.75, 0.75)


def test_broken_rows_are_named_by_file_and_line(folder: Path) -> None:
    path = folder / "data" / "test.jsonl"
    path.write_text(path.read_text() + '{"id": "f"}\n')
    with pytest.raises(DatasetError, match=r"test\.jsonl:13: image"):
        read_dataset(folder)


def test_a_mask_of_another_size_is_named(folder: Path) -> None:
    Image.new("L", (5, 5)).save(folder / "b.png")
    with pytest.raises(DatasetError, match=r"b\.png"):
        evaluate(SideModel(), read_dataset(folder))


def test_a_missing_picture_is_named(folder: Path) -> None:
    (folder / "i.png").unlink()
    with pytest.raises(DatasetError, match=r"i\.png"):
        evaluate(SideModel(), read_dataset(folder))


def test_an_id_twice_is_refused(folder: Path) -> None:
    samples = read_dataset(folder)
    with pytest.raises(DatasetError, match="id"):
        evaluate(SideModel(), [*samples, samples[0]])


def test_no_data_set_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is this a data set folder"):
        read_dataset(tmp_path)
