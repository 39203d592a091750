"""What is found in the data engine's pictures is learnt from beside what is truly there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from converseg_core.bundle import resolve
from converseg_engine.shards import write_shard
from converseg_training.mini.scene import shard_sights
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.crop_data import MASK_HW
from converseg_training.mini.scene.crop_shards import NOTHING_FOUND, FoundIn, ShardCrops, read_found
from converseg_training.mini.scene.shard_sights import true_masks
from converseg_training.mini.scene.sights import sights_of
from tests.core.mini.built import why_not
from tests.training import scene_rows

TABLES = Tables(("body", "box", "lid", "mug"), ("blue", "red"))
BOX, MUG = 0, 1


def _cells(rows: slice, columns: slice) -> np.ndarray:
    """(1, 12288) of the 96x128 cells; the row's pictures are twice as fine."""
    mask = np.zeros(MASK_HW, bool)
    mask[rows, columns] = True
    return mask.reshape(1, -1)


NEARLY_BOX, NEARLY_MUG = _cells(slice(30, 60), slice(20, 50)), _cells(slice(72, 90), slice(75, 95))
NOWHERE = _cells(slice(0, 10), slice(100, 120))


def _found(*masks: np.ndarray) -> FoundIn:
    flat = np.concatenate(masks)
    return np.packbits(flat, axis=1), sights_of(flat, true_masks(scene_rows.image_row(0)))[1]


def test_what_is_found_is_a_sight_of_what_it_mostly_covers() -> None:
    masks, true = np.concatenate([NOWHERE, NEARLY_MUG, NEARLY_BOX]), true_masks(scene_rows.image_row(0))
    assert sights_of(masks, true)[1].tolist() == [-1, MUG, BOX]
    assert sights_of(masks[:0], true)[1].shape == (0,)
    assert sights_of(masks, true[:0])[1].tolist() == [-1, -1, -1]
    assert sights_of(masks, true & False)[1].tolist() == [-1, -1, -1]


def test_crops_are_of_true_and_of_found_things_alike() -> None:
    found = _found(NEARLY_BOX, NOWHERE)
    drawn = ShardCrops([scene_rows.image_row(0)], TABLES, [found]).draw(
        np.random.default_rng(0), num_pictures=1, num_each=4
    )
    assert drawn.is_thing.tolist().count(False) == 1  # what is nowhere
    names = [TABLES.names[number] if number >= 0 else "" for number in drawn.names]
    assert sorted(names) == ["", "box", "box", "mug"]


def test_each_picture_has_its_own_sights(tmp_path: Path) -> None:
    rows = [scene_rows.image_row(0), scene_rows.image_row(1)]
    with pytest.raises(ValueError, match="found: of 1 pictures, where there are 2"):
        ShardCrops(rows, TABLES, [NOTHING_FOUND])
    shard = tmp_path / "train-00000.parquet"
    with pytest.raises(FileNotFoundError, match=r"--sights: .*found-train-00000\.npz is missing; run"):
        read_found(tmp_path, shard)
    masks, numbers = _found(NEARLY_MUG)
    np.savez(tmp_path / "found-train-00000.npz", picture=[1], masks=masks, number=numbers, size=2)
    nothing, mug = read_found(tmp_path, shard)
    assert len(nothing[0]) == len(nothing[1]) == 0
    assert (mug[0] == masks).all() and mug[1].tolist() == [MUG]


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_shipped_reader_looks_at_shards_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shards, sights = tmp_path / "shards", tmp_path / "sights"
    for number in range(2):
        write_shard(shards / f"train-0000{number}.parquet", [scene_rows.image_row(number)], version=2)
    for part, new in (("2/2", 1), ("1/1", 1), ("1/1", 0)):
        arguments = [f"--bundle={resolve('mini')}", f"--shards={shards}", f"--part={part}"]
        monkeypatch.setattr("sys.argv", ["shard_sights", *arguments, f"--out={sights}"])
        shard_sights.main()
        assert len(capsys.readouterr().out.splitlines()) == new
    paths = sorted(shards.glob("*.parquet"))
    found = [read_found(sights, path) for path in paths]
    assert [len(pictures) for pictures in found] == [1, 1]
    assert BOX in found[0][0][1]  # a red box on grey is not hard to find
    assert len(ShardCrops.read(paths, TABLES, sights)) == 2


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("2/1", "--part: '2/1'"),
        ("half", "--part: 'half'"),
        ("0/2", "--part: '0/2'"),
        ("1/1", "--shards: no train"),
    ],
)
def test_what_can_not_be_looked_at_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    part: str,
    message: str,
) -> None:
    arguments = [f"--bundle={tmp_path}", f"--shards={tmp_path}", f"--part={part}", f"--out={tmp_path}"]
    monkeypatch.setattr("sys.argv", ["shard_sights", *arguments])
    with pytest.raises(SystemExit):
        shard_sights.main()
    assert message in capsys.readouterr().err
