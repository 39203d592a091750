from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from converseg_engine.shards import (
    ImageRow,
    QuestionRow,
    encode_mask,
    num_contrasting_pairs,
    read_shard,
    read_split,
    remove_leftovers,
    shard_path,
    write_shard,
)

SIZE = (6, 8)


def row(*masks: np.ndarray, image_id: str = "a", image: bytes = b"\xff\xd8") -> ImageRow:
    questions = tuple(
        QuestionRow(f"{image_id}-{k}", f"prompt {k}", "entities", "t", not m.any(), encode_mask(m))
        for k, m in enumerate(masks)
    )
    return ImageRow(image_id, image, *SIZE, scene_seed=7, questions=questions)


def block(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SIZE, dtype=bool)
    mask[rows, columns] = True
    return mask


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
@settings(deadline=None, max_examples=100)
def test_masks_survive_run_lengths(mask: np.ndarray) -> None:
    question = QuestionRow("x", "p", "c", "t", not mask.any(), encode_mask(mask))
    np.testing.assert_array_equal(question.mask(*mask.shape), mask)


def test_rows_survive_a_shard(tmp_path: Path) -> None:
    rows = [row(block(slice(0, 2), slice(0, 3)), np.zeros(SIZE, bool), image_id=f"i{k}") for k in range(5)]
    write_shard(shard_path(tmp_path, "test", 0), rows[:3])
    write_shard(shard_path(tmp_path, "test", 1), rows[3:])
    write_shard(shard_path(tmp_path, "val", 0), rows[:1])
    assert list(read_split(tmp_path, "test")) == rows
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "test-00000.parquet",
        "test-00001.parquet",
        "val-00000.parquet",
    ]


def test_missing_and_foreign_shards_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="folder"):
        list(read_split(tmp_path, "train"))
    pq.write_table(pa.table({"x": [1]}), tmp_path / "train-00000.parquet")
    with pytest.raises(ValueError, match="path"):
        read_shard(tmp_path / "train-00000.parquet")


def test_leftovers_of_a_killed_writer_go(tmp_path: Path) -> None:
    write_shard(shard_path(tmp_path, "train", 0), [row(block(slice(0, 1), slice(0, 1)))])
    (tmp_path / ".train-00001.parquet.123.partial").write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["train-00000.parquet"]


def test_broken_picture_is_named() -> None:
    with pytest.raises(ValueError, match="image"):
        row(image=b"no picture").pixels()


def test_contrasting_pairs_by_hand() -> None:
    left, right = block(slice(0, 6), slice(0, 4)), block(slice(0, 6), slice(4, 8))
    top, nothing = block(slice(0, 3), slice(0, 4)), np.zeros(SIZE, bool)
    # left-right: apart. left-top and left-left: too alike (IoU 0.5 counts as different, 1 does not).
    assert num_contrasting_pairs([row(left, right)]) == 1
    assert num_contrasting_pairs([row(left, left)]) == 0
    assert num_contrasting_pairs([row(left, nothing)]) == 0
    assert num_contrasting_pairs([row(left, top)]) == 1
    assert num_contrasting_pairs([row(left, top)], max_iou=0.49) == 0
    assert num_contrasting_pairs([row(left, right, top), row(left, right)]) == 4
