"""The Answer contract: a failure is never an empty mask, an answer always has one."""

import dataclasses
import math

import numpy as np
import pytest

from converseg_core import Answer, Status
from converseg_core.answer import failed, why_no_target


def make(**changes):
    fields = {
        "prompt": "the mug",
        "status": Status.OK,
        "mask": np.eye(4, dtype=np.bool_),
        "confidence": 0.8,
        "no_target_score": 0.1,
        "model_id": "m@0",
    }
    return Answer(**(fields | changes))


def test_box_and_area_of_a_mask():
    mask = np.zeros((6, 8), np.bool_)
    mask[2:4, 3:7] = True
    answer = make(mask=mask)
    assert answer.area_px == 8
    assert answer.box_xywh == (3, 2, 4, 2)


def test_an_empty_mask_has_no_box():
    answer = make(status=Status.NO_TARGET, mask=np.zeros((3, 3), np.bool_), status_text="nothing fits")
    assert answer.box_xywh is None
    assert answer.area_px == 0


@pytest.mark.parametrize("status", [s for s in Status if not s.is_answer])
def test_what_is_no_answer_carries_no_mask(status):
    with pytest.raises(ValueError, match="mask"):
        make(status=status, status_text="reason")
    assert failed("the mug", status, "reason").mask is None


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_every_status_but_ok_says_why(status):
    mask = np.zeros((2, 2), np.bool_) if status.is_answer else None
    with pytest.raises(ValueError, match="status_text"):
        make(status=status, mask=mask)


@pytest.mark.parametrize("mask", [None, np.zeros((2, 2), np.uint8), np.zeros((2, 2, 1), np.bool_)])
def test_an_answer_needs_a_bool_mask(mask):
    with pytest.raises(ValueError, match="mask"):
        make(mask=mask)


def test_no_target_with_pixels_is_a_contradiction():
    with pytest.raises(ValueError, match="NO_TARGET"):
        make(status=Status.NO_TARGET, status_text="nothing fits")


@pytest.mark.parametrize("value", [-0.1, 1.1, math.inf])
def test_probabilities_stay_in_range(value):
    with pytest.raises(ValueError, match="confidence"):
        make(confidence=value)


def test_unknown_confidence_is_nan_not_a_number_made_up():
    assert math.isnan(make(confidence=math.nan).confidence)


def test_an_answer_cannot_be_changed():
    answer = make()
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.status = Status.ERROR
    with pytest.raises(ValueError, match="read-only"):
        answer.mask[0, 0] = False
    with pytest.raises(TypeError):
        answer.timings_s["encode"] = 1.0


def test_statuses_equal_the_message_constants():
    from pathlib import Path

    text = (Path(__file__).parents[2] / "msg" / "Segmentation.msg").read_text()
    constants = {
        name: int(value)
        for line in text.splitlines()
        if line.startswith("uint8 STATUS_")
        for name, value in [line.split()[1].split("=")]
    }
    assert constants.pop("STATUS_UNKNOWN") == 0
    assert constants == {f"STATUS_{status.name}": status.value for status in Status}


@pytest.mark.parametrize(
    ("no_target_score", "told"),
    [
        (0.97, "nothing in the image fits these words"),
        (math.nan, "nothing in the image fits these words"),
        (0.11, "something may fit these words (89 %), but not surely enough to mark it"),
    ],
)
def test_no_target_says_whether_something_may_be_there_after_all(no_target_score, told):
    assert why_no_target(no_target_score) == told
