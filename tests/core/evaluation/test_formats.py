"""RefCOCO and ReasonSeg, on small files in their formats."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from converseg_core.evaluation.dataset import DatasetError
from converseg_core.evaluation.formats import open_dataset
from tests.core.evaluation.side_model import write_dataset

SQUARE = [[2.0, 2.0, 6.0, 2.0, 6.0, 6.0, 2.0, 6.0]]  # COCO: pixels 2..5 in both directions


@pytest.fixture
def refcoco(tmp_path: Path) -> Path:
    folder = tmp_path / "refcoco"
    (folder / "train2014").mkdir(parents=True)
    Image.new("RGB", (12, 10)).save(folder / "train2014" / "COCO_train2014_000000000007.jpg")
    # Uncompressed run lengths go column by column: the first column of ten pixels is inside.
    crowd = {"size": [10, 12], "counts": [0, 10, 110]}
    instances = {
        "images": [
            {"id": 7, "file_name": "COCO_train2014_000000000007.jpg", "height": 10, "width": 12, "x": 1}
        ],
        "annotations": [
            {"id": 70, "image_id": 7, "segmentation": SQUARE, "bbox": [2, 2, 4, 4]},
            {"id": 71, "image_id": 7, "segmentation": crowd},
        ],
    }
    (folder / "instances.json").write_text(json.dumps(instances))
    write_refs(
        folder / "refs(unc).p", [ref(1, 70, "val", "the square", "square thing"), ref(2, 71, "testA", "edge")]
    )
    return folder


def ref(number: int, annotation: int | list[int], split: str, *sentences: str) -> dict[str, Any]:
    spoken = [
        {"sent_id": 10 * number + k, "sent": words, "raw": words, "tokens": words.split()}
        for k, words in enumerate(sentences)
    ]
    return {
        "ref_id": number, "ann_id": annotation, "image_id": 7, "split": split, "category_id": 1,
        "file_name": f"COCO_train2014_000000000007_{number}.jpg", "sentences": spoken, "sent_ids": [1],
    }  # fmt: skip


def write_refs(path: Path, refs: list[dict[str, Any]]) -> None:
    path.write_bytes(pickle.dumps(refs, protocol=2))


def test_refcoco_sentences_and_masks(refcoco: Path) -> None:
    samples = open_dataset(refcoco, "val")
    assert [(sample.id, sample.prompt) for sample in samples] == [
        ("1-10", "the square"),
        ("1-11", "square thing"),
    ]
    assert samples[0].load_image().shape == (10, 12, 3)
    expected = np.zeros((10, 12), np.bool_)
    expected[2:6, 2:6] = True
    assert np.array_equal(samples[0].truth.load((10, 12)).mask, expected)


def test_refcoco_run_lengths_unions_and_no_target(refcoco: Path) -> None:
    (edge,) = open_dataset(refcoco, "testA")
    assert np.array_equal(np.flatnonzero(edge.truth.load((10, 12)).mask.any(axis=0)), [0])
    write_refs(refcoco / "refs(unc).p", [ref(3, [70, 71], "val", "both"), ref(4, [-1], "val", "none")])
    both, none = open_dataset(refcoco, "val")
    assert both.truth.load((10, 12)).mask.sum() == 16 + 10
    assert not none.truth.load((10, 12)).mask.any()


def test_refcoco_faults_are_named(refcoco: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no split 'test'; its splits are testA, val"):
        open_dataset(refcoco, "test")
    write_refs(refcoco / "refs(google).p", [])
    with pytest.raises(DatasetError, match="--split-by, one of google, unc"):
        open_dataset(refcoco, "val")
    assert len(open_dataset(refcoco, "val", split_by="unc")) == 2
    write_refs(refcoco / "refs(google).p", [ref(1, 99, "val", "x")])
    with pytest.raises(DatasetError, match="no annotation 99"):
        open_dataset(refcoco, "val", split_by="google")
    (refcoco / "train2014" / "COCO_train2014_000000000007.jpg").rename(tmp_path / "moved.jpg")
    with pytest.raises(DatasetError, match="--images"):
        open_dataset(refcoco, "val", split_by="unc")


class Attack:
    """Pickled, it would run a command when it is read."""

    def __reduce__(self) -> Any:
        return os.system, ("touch attacked",)


def test_a_pickle_runs_no_code(refcoco: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (refcoco / "refs(unc).p").write_bytes(pickle.dumps([Attack()]))
    with pytest.raises(DatasetError, match="which no refs file does"):
        open_dataset(refcoco, "val")
    assert not (tmp_path / "attacked").exists()


@pytest.fixture
def reasonseg(tmp_path: Path) -> Path:
    folder = tmp_path / "ReasonSeg"
    (folder / "val").mkdir(parents=True)
    Image.new("RGB", (20, 16)).save(folder / "val" / "1_2.jpg")
    box = [[1, 1], [8, 1], [8, 8], [1, 8]]
    hole = [[3, 3], [5, 3], [5, 5], [3, 5]]
    far = [[12, 2], [14, 2], [14, 4], [12, 4]]
    annotation = {
        "text": ["what keeps the rain off?", "café"],
        "is_sentence": True,
        "shapes": [
            {"label": "ignore", "labels": ["ignore"], "shape_type": "polygon", "points": hole},
            {"label": "target", "labels": ["target"], "shape_type": "polygon", "points": box},
            {"label": "flag", "points": far},
        ],
    }
    text = json.dumps(annotation, ensure_ascii=False)
    (folder / "val" / "1_2.json").write_bytes(text.encode("cp1252"))
    return folder


def test_reasonseg_polygons_and_ignored_pixels(reasonseg: Path) -> None:
    samples = open_dataset(reasonseg, "val")
    assert [sample.prompt for sample in samples] == ["what keeps the rain off?", "café"]
    truth = samples[0].truth.load((16, 20))
    assert truth.ignore is not None
    # Small shapes lie on large ones: 8x8 pixels, of which 3x3 are neither right nor wrong.
    assert (truth.mask.sum(), truth.ignore.sum()) == (64 - 9, 9)
    assert not (truth.mask & truth.ignore).any()


def test_the_layout_is_recognised(reasonseg: Path, refcoco: Path, tmp_path: Path) -> None:
    assert len(open_dataset(write_dataset(tmp_path / "ours"))) == 12
    assert {sample.concept for sample in open_dataset(reasonseg)} == {"reasoning"}
    assert {sample.concept for sample in open_dataset(refcoco)} == {"referring"}
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="is this a data set folder"):
        open_dataset(tmp_path / "empty")
    (reasonseg / "val" / "1_2.json").write_text('{"text": 1}')
    with pytest.raises(DatasetError, match=r"1_2\.json"):
        open_dataset(reasonseg)
