"""Converters on small data sets written here: words, masks, absent classes, splits."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_core.evaluation.dataset import read_dataset
from converseg_engine.export import ExportConfig, export_split
from converseg_engine.shards import read_split
from converseg_training.cli import main
from converseg_training.data.converters import from_panoptic, from_regions, from_samples
from tests.training import tiny_shards


@pytest.fixture
def panoptic(tmp_path: Path) -> Path:
    """Two photos: cup and wall; wall, a table and a crowd of people."""
    scenes = {"000000000001": {7: 1, 300: 2}, "000000000002": {8: 2, 9: 3, 70000: 4}}
    content: dict[str, list[dict[str, object]]] = {
        "categories": [
            {"id": 1, "name": "cup"},
            {"id": 2, "name": "wall-other-merged"},
            {"id": 3, "name": "table"},
            {"id": 4, "name": "person"},
        ],
        "images": [],
        "annotations": [],
    }
    for number, (name, segments) in enumerate(scenes.items()):
        ids = np.zeros((40, 60), np.int64)
        infos = []
        for place, (segment, category) in enumerate(segments.items()):
            ids[place * 10 : place * 10 + 10] = segment
            infos.append({"id": segment, "category_id": category, "iscrowd": int(category == 4)})
        rgb = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), rgb[..., ::-1])
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), np.full((40, 60, 3), 90, np.uint8))
        content["images"].append({"id": number, "file_name": f"{name}.jpg", "height": 40, "width": 60})
        content["annotations"].append(
            {"image_id": number, "file_name": f"{name}.png", "segments_info": infos}
        )
    (tmp_path / "panoptic.json").write_text(json.dumps(content))
    return tmp_path


def test_panoptic_asks_for_all_of_a_class_and_for_what_is_absent(panoptic: Path) -> None:
    first, second = from_panoptic(panoptic / "panoptic.json", panoptic, panoptic)
    asked = {question.prompt: question for question in first.questions}
    # The second photo shows that tables and people stand at walls; a table comes first by its number.
    assert set(asked) == {"segment all cup", "segment all wall", "segment all table"}
    assert asked["segment all table"].no_target
    mask = asked["segment all wall"].mask(40, 60)
    assert mask[10:20].all()
    assert mask.sum() == 600
    # A crowd is neither asked for nor called absent.
    assert {question.prompt for question in second.questions} == {
        "segment all wall", "segment all table", "segment all cup",
    }  # fmt: skip


def test_regions_keep_their_phrases(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((20, 30, 3), np.uint8))
    square = [[5, 5, 15, 5, 15, 15, 5, 15]]
    annotation = {"id": 4, "image_id": 1, "phrase": "chipped rim", "segmentation": square}
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "height": 20, "width": 30}],
        "annotations": [annotation],
    }
    path = tmp_path / "regions.json"
    path.write_text(json.dumps(content))
    (row,) = from_regions(path, tmp_path)
    assert [question.prompt for question in row.questions] == ["chipped rim"]
    mask = row.questions[0].mask(20, 30)
    assert mask[6:14, 6:14].all()
    assert mask.sum() == pytest.approx(100, abs=21)
    path.write_text(json.dumps({**content, "annotations": [{**annotation, "phrase": " "}]}))
    with pytest.raises(ValueError, match="phrase"):
        list(from_regions(path, tmp_path))


def test_an_exported_folder_comes_back_as_it_was(tmp_path: Path) -> None:
    shards = tiny_shards.write(tmp_path / "shards", "train", 3)
    export_split(ExportConfig(data=shards, out=tmp_path / "folder", split="train"))
    before = {
        q.id: (q.prompt, q.no_target, q.rle) for row in read_split(shards, "train") for q in row.questions
    }
    rows = list(from_samples(read_dataset(tmp_path / "folder")))
    assert {q.id: (q.prompt, q.no_target, q.rle) for row in rows for q in row.questions} == before


def test_the_command_splits_by_picture_and_refuses_to_mix(
    panoptic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = [
        "convert",
        "--kind",
        "panoptic",
        "--data",
        str(panoptic / "panoptic.json"),
        "--out",
        str(out),
    ]
    assert main(arguments) == 1
    assert "images" in capsys.readouterr().err
    arguments += [
        "--images",
        str(panoptic),
        "--masks",
        str(panoptic),
        "--val-share",
        "0",
        "--test-share",
        "0",
    ]
    assert main(arguments) == 0
    assert len(list(read_split(out, "train"))) == 2
    assert main(arguments) == 1
    assert "holds shards already" in capsys.readouterr().err
