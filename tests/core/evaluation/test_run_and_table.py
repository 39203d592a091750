"""Evaluation on a data set of five questions with known answers gives exactly the known table."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from converseg_core.answer import Answer, Status, failed
from converseg_core.evaluation.dataset import DatasetError, read_dataset
from converseg_core.evaluation.run import Evaluation, Result, evaluate
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows

LEFT = np.zeros((4, 8), np.bool_)
LEFT[:, :4] = True
RIGHT = ~LEFT
NOTHING = np.zeros((4, 8), np.bool_)
QUARTER = np.zeros((4, 8), np.bool_)
QUARTER[:2, :4] = True


class SideFrame:
    """A real, tiny model: it knows the words left, quarter and nothing, and rejects all others."""

    size_hw = (4, 8)

    def segment(self, prompts):
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt):
        masks = {"left": LEFT, "quarter": QUARTER, "nothing": NOTHING}
        if prompt not in masks:
            return failed(prompt, Status.REJECTED, "unknown word")
        mask = masks[prompt].copy()
        return Answer(
            prompt=prompt,
            status=Status.OK if mask.any() else Status.NO_TARGET,
            mask=mask,
            confidence=0.75,
            no_target_score=0.25,
            model_id="side",
            status_text="" if mask.any() else "nothing",
        )


class SideModel:
    model_id = "side"
    info = {}  # noqa: RUF012

    def encode(self, image):
        assert image.shape == (4, 8, 3)
        return SideFrame()


QUESTIONS = [
    # id, prompt, truth, concept -> IoU
    ("a", "left", LEFT, "entities"),  # 1
    ("b", "quarter", LEFT, "spatial"),  # 8 / 16
    ("c", "left", RIGHT, "spatial"),  # 0
    ("d", "nothing", NOTHING, "physics"),  # 1
    ("e", "unheard", NOTHING, "physics"),  # rejected: 0, although the truth is empty
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    Image.new("RGB", (8, 4)).save(tmp_path / "i.png")
    lines = []
    for number, prompt, truth, concept in QUESTIONS:
        Image.fromarray(truth.astype(np.uint8) * 255).save(tmp_path / f"{number}.png")
        row = {"id": number, "image": "i.png", "mask": f"{number}.png", "prompt": prompt, "concept": concept}
        lines.append(json.dumps(row | {"no_target": not truth.any(), "anything": 1}))
    (tmp_path / "data" / "test.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_the_known_table(folder):
    evaluation = evaluate(SideModel(), read_dataset(folder, "test"))
    assert [result.iou for result in evaluation.results] == [1.0, 0.5, 0.0, 1.0, 0.0]
    table = {row.name: row for row in rows(evaluation)}
    assert list(table) == ["entities", "spatial", "physics", "all"]
    assert table["spatial"].giou == pytest.approx(0.25)
    assert table["spatial"].ciou == pytest.approx(8 / (16 + 32))
    assert table["physics"].giou == pytest.approx(0.5)
    assert table["physics"].no_target_right == pytest.approx(0.5)
    assert math.isnan(table["physics"].giou_with_target)
    overall = table["all"]
    assert overall.num_samples == 5
    assert overall.giou == pytest.approx(2.5 / 5)
    assert overall.giou_with_target == pytest.approx(1.5 / 3)
    assert overall.right == pytest.approx(3 / 5)
    assert overall.blind["nothing"] == pytest.approx(2 / 5)
    assert overall.blind["whole image"] == pytest.approx(3 * 0.5 / 5)
    assert overall.best_blind == ("nothing", pytest.approx(0.4))


def test_word_pairs(folder):
    """a-c and b-c have different truths; both right in neither, since c is wrong."""
    evaluation = evaluate(SideModel(), read_dataset(folder))
    assert (evaluation.num_word_pairs, evaluation.num_word_pairs_right) == (2, 0)


def test_order_of_rows_changes_nothing(folder):
    samples = read_dataset(folder)
    forwards = rows(evaluate(SideModel(), samples))
    backwards = rows(evaluate(SideModel(), samples[::-1]))
    assert repr(forwards) == repr(backwards)


def test_reliability_and_its_error():
    def result(confidence, iou):
        return Result(
            sample=None,
            status=Status.OK,
            confidence=confidence,
            no_target_score=0.0,
            iou=iou,
            intersection_px=0,
            union_px=1,
            blind_ious={},
        )

    results = (result(0.9, 1.0), result(0.9, 0.2), result(1.0, 0.6), result(0.35, 0.1))
    evaluation = Evaluation("m", results, 0, 0)
    bins = reliability(evaluation)
    assert [(b.low, b.num_answers) for b in bins] == [(0.3, 1), (0.9, 3)]
    assert bins[1].share_right == pytest.approx(2 / 3)
    expected = (1 * abs(0.35 - 0) + 3 * abs(2.8 / 3 - 2 / 3)) / 4
    assert expected_calibration_error(bins) == pytest.approx(expected)


def test_broken_rows_are_named_by_file_and_line(folder):
    path = folder / "data" / "test.jsonl"
    path.write_text(path.read_text() + '{"id": "f"}\n')
    with pytest.raises(DatasetError, match=r"test\.jsonl:6: image"):
        read_dataset(folder)


def test_a_mask_of_another_size_is_named(folder):
    Image.new("L", (5, 5)).save(folder / "b.png")
    with pytest.raises(DatasetError, match=r"b\.png"):
        evaluate(SideModel(), read_dataset(folder))


def test_a_missing_picture_is_named(folder):
    (folder / "i.png").unlink()
    with pytest.raises(DatasetError, match=r"i\.png"):
        evaluate(SideModel(), read_dataset(folder))


def test_an_id_twice_is_refused(folder):
    samples = read_dataset(folder)
    with pytest.raises(DatasetError, match="id"):
        evaluate(SideModel(), [*samples, samples[0]])


def test_no_data_set_there(tmp_path):
    with pytest.raises(DatasetError, match="is this a data set folder"):
        read_dataset(tmp_path)
