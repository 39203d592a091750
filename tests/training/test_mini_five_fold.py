"""Five-fold measuring on tiny photos: who answers what, going on after a stop, blind answers, tables."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.bundle import resolve
from converseg_core.evaluation.dataset import read_dataset
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import read_predictions
from converseg_core.evaluation.rle import encode
from converseg_training.mini.answers import answers, folds_of
from converseg_training.mini.card import goals, render_card
from converseg_training.mini.conversation import SpokenPrompt
from converseg_training.mini.five_fold import measure_photos
from converseg_training.mini.photo_blind import blind_ious, blind_table, mean_mask, segment_masks
from converseg_training.mini.photo_prompts import Segment
from converseg_training.mini.report import put_between_marks, read_metrics, tables, write_tables


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photos of 40x60: a red cup (segment 5) on the left, a wall (segment 6) for the rest."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "images").mkdir()
    (folder / "panoptic").mkdir()
    for number in range(6):
        painted = np.full((40, 60), 6, np.uint8)
        painted[10:30, 5:25] = 5
        colours = np.where(painted[..., None] == 5, (30, 30, 200), (200, 200, 200)).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / f"{number:03d}.jpg"), colours)
        numbers = np.dstack([np.zeros_like(painted)] * 2 + [painted])
        cv2.imwrite(str(folder / "panoptic" / f"{number:03d}.png"), numbers)
    segments = [{"id": 5, "category_id": 1, "iscrowd": 0}, {"id": 6, "category_id": 2, "iscrowd": 0}]
    truth = {
        "categories": [
            {"id": 1, "name": "cup", "isthing": 1},
            {"id": 2, "name": "wall-other-merged", "isthing": 0},
            {"id": 3, "name": "dog", "isthing": 1},
        ],
        "images": [{"id": number, "file_name": f"{number:03d}.jpg"} for number in range(6)],
        "annotations": [
            {"image_id": number, "file_name": f"{number:03d}.png", "segments_info": segments}
            for number in range(6)
        ],
    }
    (folder / "panoptic.json").write_text(json.dumps(truth))
    return folder


def _bundle(folder: Path, name: str) -> str:
    """A copy of sim-tiny under another name."""
    shutil.copytree(resolve("sim-tiny"), folder / name)
    for path in (folder / name).glob("*.json"):
        manifest = json.loads(path.read_text())
        if manifest.get("name") == "sim-tiny":
            path.write_text(json.dumps({**manifest, "name": name}))
    return str(folder / name)


def test_each_photo_is_answered_by_the_model_of_its_fold(photos: Path, tmp_path: Path) -> None:
    spoken = [SpokenPrompt(f"{number:03d}.jpg", (5,), "entities", "class", "red cup") for number in range(6)]
    models = [_bundle(tmp_path, f"fold{fold}") for fold in range(5)]
    measure_photos(photos, models, tmp_path / "work", tmp_path / "out", "run", spoken=spoken)
    stored = read_predictions(tmp_path / "work" / "predictions" / "conversation.parquet").predictions
    assert {item.image: item.model_id.split("@")[0] for item in stored} == {
        f"images/{number:03d}.jpg": f"fold{number % 5}" for number in range(6)
    }
    found = read_metrics(tmp_path / "out")
    assert list(found) == ["templates", "conversation", "conversation-by-kind"]
    assert found["conversation"]["photo_blind_with_target"]["entities"]["largest thing"] == 1.0
    assert found["templates"]["table"][-1]["num_no_target"] == 6
    assert str(tmp_path) not in json.dumps(found)
    write_tables(tmp_path / "out")
    assert "| class | 6 (0) |" in (tmp_path / "out" / "tables.md").read_text()
    card = render_card(tmp_path / "out")
    assert card.index("## What it can't do") < card.index("## Parts") < card.index("## Measured")
    assert "| photos, class names, gIoU | at least 0.38 |" in card
    assert "simulated" not in [what.split(",")[0] for what, *_ in goals(found)]
    with pytest.raises(ValueError, match="is missing; run converseg_training"):
        render_card(tmp_path)
    with pytest.raises(ValueError, match="models: 2 given"):
        measure_photos(photos, models[:2], tmp_path / "work", tmp_path / "out", "run", spoken=spoken)

    def never(_: object) -> None:
        raise AssertionError("a finished run must not open the model")

    asked = [
        sample
        for name in ("templates", "conversation")
        for sample in read_dataset(tmp_path / "work" / "photos", name)
        if sample.image == "images/001.jpg"
    ]
    again = answers(models[1], asked, tmp_path / "work" / "run-fold-1", load=never)  # type: ignore[arg-type]
    assert len(again) == len(asked)


def test_folds_follow_the_order_of_the_names() -> None:
    names = [f"{number:02d}.jpg" for number in (7, 3, 5, 9, 1, 8)]
    assert folds_of(names) == {
        "01.jpg": 0, "03.jpg": 1, "05.jpg": 2, "07.jpg": 3, "08.jpg": 4, "09.jpg": 0,
    }  # fmt: skip


def _prediction(name: str, mask: np.ndarray, concept: str) -> Prediction:
    return Prediction(
        id=name, image=f"{name}.jpg", image_sha256="", height=48, width=48, prompt="", concept=concept,
        truth=encode(mask), answer=encode(np.zeros_like(mask)), status=Status.NO_TARGET, status_text="none",
        confidence=float("nan"), no_target_score=float("nan"), model_id="m",
    )  # fmt: skip


def test_blind_answers_by_hand() -> None:
    left, top = np.zeros((48, 48), np.bool_), np.zeros((48, 48), np.bool_)
    left[:, :24], top[:12] = True, True
    segments = [Segment("cup", True, False, top, 1), Segment("wall", False, False, ~top, 2)]
    masks = segment_masks(segments)
    rows = [
        _prediction("a", left, "spatial"),
        _prediction("b", left, "spatial"),
        _prediction("c", ~left & left, "x"),
    ]
    of_image = {f"{name}.jpg": masks for name in "abc"}
    ious = blind_ious(rows, of_image, {"a.jpg": 0, "b.jpg": 1, "c.jpg": 1})
    assert ious["a"]["whole image"] == 0.5
    assert (
        ious["a"]["largest thing"] == ious["a"]["all things"] == pytest.approx(12 * 24 / (12 * 24 + 48 * 24))
    )
    assert ious["a"]["mean mask"] == 1.0  # of b, which is the same
    assert ious["c"]["nothing"] == 1.0
    table = blind_table(rows, ious)
    assert set(table) == {"spatial", "all"}  # x has no target
    assert table["all"]["whole image"] == 0.5


def test_the_mean_mask_cuts_where_it_fits_best() -> None:
    left, half = np.zeros((48, 48), np.bool_), np.zeros((48, 48), np.bool_)
    left[:, :24], half[:, :12] = True, True
    mean = mean_mask([encode(left), encode(left), encode(half)])
    assert np.array_equal(mean > 0.5, left)


def test_tables_go_between_the_marks(tmp_path: Path) -> None:
    page = "a\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nb\n"
    assert put_between_marks(page, "new\n") == page.replace("old", "new")
    with pytest.raises(ValueError, match="page: needs the lines"):
        put_between_marks("a", "new")
    assert tables(tmp_path) == "\n"


def test_goals_are_judged_by_the_measured_figures() -> None:
    def row(name: str, giou: float, **further: float) -> dict[str, object]:
        return {"name": name, "num_samples": 10, "giou": giou, "giou_with_target": giou, **further}

    templates = [row("class-thing", 0.5), row("class-stuff", 0.3), row("affordance", 0.36)]
    templates += [row("absent", 0.9, no_target_right=0.93), row("all", 0.4)]
    simulated = [row("entities", 0.7), row("physics", 0.4), row("all", 0.61, false_positive_rate=0.1)]
    spoken = {"table": [row("all", 0.35)], "photo_blind_with_target": {"all": {"largest thing": 0.3}}}
    found = {
        "templates": {"table": templates},
        "conversation": spoken,
        "simulated": {"table": simulated, "expected_calibration_error": 0.04},
    }
    reached = {what: good for what, _, _, good in goals(found)}
    assert reached == {
        "photos, class names, gIoU": True,
        "photos, things, gIoU": True,
        "photos, stuff, gIoU": False,
        "photos, purposes, gIoU": True,
        "photos, absent things answered with nothing": True,
        "photos, spoken prompts with a target, gIoU": True,
        "photos, spoken prompts, lead over the best answer without words": False,
        "simulated, gIoU": True,
        "simulated, gIoU of the weakest family (physics)": False,
        "simulated, false positives where nothing fits": False,
        "simulated, calibration error": True,
    }
