"""Stored predictions: what is written is read back, and what is damaged is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converseg_core.answer import Status
from converseg_core.evaluation import metrics
from converseg_core.evaluation.measure import measure
from converseg_core.evaluation.prediction import Prediction, question_hash
from converseg_core.evaluation.predictions_file import (
    PredictionsError,
    RunInfo,
    iter_predictions,
    read_predictions,
    write_predictions,
)
from converseg_core.evaluation.rle import RleError, checked, encode, intersection_union, union_of
from tests.core.evaluation.predictions import prediction, random_predictions

masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40)))
pairs = st.tuples(st.integers(1, 30), st.integers(1, 30)).flatmap(
    lambda shape: st.tuples(hnp.arrays(np.bool_, shape), hnp.arrays(np.bool_, shape))
)
INFO = RunInfo(model_id="m@1", source="test", arguments={"split": None})


@given(masks)
def test_masks_come_back(mask: np.ndarray) -> None:
    packed = encode(mask)
    assert np.array_equal(packed.decode(), mask)
    assert checked(packed.size_hw, packed.counts) == packed
    assert packed.area_px == mask.sum()


@given(pairs)
def test_run_lengths_count_as_pixels_do(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    assert intersection_union(encode(a), encode(b)) == metrics.intersection_union(a, b)
    assert np.array_equal(union_of([encode(a), encode(b)]).decode(), a | b)


@given(pairs)
def test_boundary_iou_is_symmetric_bounded_and_one_for_equals(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = (encode(mask) for mask in pair)
    value = metrics.boundary_iou(a, b)
    assert value == metrics.boundary_iou(b, a)
    assert 0 <= value <= 1
    assert metrics.boundary_iou(a, a) == 1


@given(st.binary(max_size=40), st.integers(1, 9), st.integers(1, 9))
def test_damaged_counts_are_refused_or_are_a_mask(counts: bytes, height: int, width: int) -> None:
    try:
        mask = checked((height, width), counts)
    except RleError:
        return
    assert mask.decode().shape == (height, width)
    assert mask.area_px == mask.decode().sum()


def test_rows_come_back(tmp_path: Path) -> None:
    written = random_predictions(2500)
    written[3] = prediction(3, None, None, status=Status.STALE_FRAME, stamp_ns=5, truth_offset_ns=-7)
    written[4] = replace(written[4], prompt="die rote Tasse, 漢字", confidence=float("nan"), timings_s={})
    assert write_predictions(tmp_path / "p.parquet", written, INFO) == 2500
    file = read_predictions(tmp_path / "p.parquet")
    assert file.info == INFO
    assert repr(list(file.predictions)) == repr(written)  # NaN is not equal to itself, but reads the same
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]


def test_metrics_are_a_function_of_the_file(tmp_path: Path) -> None:
    made = random_predictions(60)
    write_predictions(tmp_path / "p.parquet", made, INFO)
    assert measure(iter_predictions(tmp_path / "p.parquet")) == measure(made)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    write_predictions(path, random_predictions(4), INFO)
    before = path.read_bytes()

    def stops() -> object:
        yield from random_predictions(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_predictions(path, stops(), INFO)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    with pytest.raises(PredictionsError, match=r"p\.parquet: cannot be read"):
        read_predictions(path)
    write_predictions(path, random_predictions(4), INFO)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(PredictionsError, match="cannot be read as Parquet"):
        read_predictions(path)
    write_predictions(path, random_predictions(4), INFO.model_copy(update={"schema_version": 9}))
    with pytest.raises(PredictionsError, match="schema_version 9 is newer"):
        read_predictions(path)


def test_another_parquet_file_is_named(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parquet.write_table(pa.table({"a": [1]}), tmp_path / "p.parquet")
    with pytest.raises(PredictionsError, match="not a predictions file"):
        read_predictions(tmp_path / "p.parquet")


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="truth: size"):
        prediction(1, np.zeros((3, 3), np.bool_), np.zeros((4, 3), np.bool_))


def test_the_hash_knows_questions_not_answers() -> None:
    ours, theirs = random_predictions(20, seed=1), random_predictions(20, seed=2, model_id="n@2")
    assert question_hash(ours) == question_hash(reversed(theirs))

    def changed(**fields: object) -> list[Prediction]:
        return [replace(ours[0], **fields), *ours[1:]]  # type: ignore[arg-type]

    assert question_hash(ours) != question_hash(changed(prompt="other"))
    assert question_hash(ours) != question_hash(changed(image_sha256="0"))
    assert question_hash(ours) != question_hash(changed(truth=encode(np.ones((24, 24), np.bool_))))
