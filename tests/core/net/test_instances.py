"""Objects in a union mask."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converseg_core.answer import Answer, Status, failed
from converseg_core.net.instances import connected_parts, instances_of
from converseg_core.net.random_bundle import random_model
from tests.core.net import tiny

MASK = np.zeros((40, 60), bool)
MASK[2:10, 3:13] = True
MASK[20:24, 30:50] = True
MASK[35, 55] = True


def answered(mask):
    return Answer(prompt="x", status=Status.OK, mask=mask, confidence=0.5, no_target_score=0.5, model_id="m")


def test_parts_have_their_own_boxes_and_areas_largest_first():
    parts = connected_parts(MASK)
    found = [(part.box_xywh, part.area_px) for part in parts]
    boxes = {((3, 2, 10, 8), 80), ((30, 20, 20, 4), 80), ((55, 35, 1, 1), 1)}
    assert set(found) == boxes
    assert [part.area_px for part in parts] == [80, 80, 1]


def test_specks_can_be_left_out():
    assert len(connected_parts(MASK, min_area_px=2)) == 2


def test_corners_that_touch_are_one_part():
    assert len(connected_parts(np.eye(5, dtype=bool))) == 1


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_parts_share_no_pixel_and_lose_none(mask):
    parts = connected_parts(mask)
    total = np.zeros(mask.shape, int)
    for part in parts:
        total += part.mask
        x, y, width, height = part.box_xywh
        assert part.mask[y : y + height, x : x + width].sum() == part.area_px == part.mask.sum()
    assert (total == mask).all()


def test_refinement_keeps_a_part_that_the_sam_does_not_recognise():
    model = random_model(tiny.config(), name="tiny", dtype=torch.float32)
    frame = model.encode(tiny.picture(40, 60))
    plain = instances_of(answered(MASK), min_area_px=2)
    same = instances_of(answered(MASK), frame=frame, min_area_px=2, min_overlap=1.01)
    assert [part.box_xywh for part in same] == [part.box_xywh for part in plain]
    assert not any(part.is_refined for part in same)
    drawn = instances_of(answered(MASK), frame=frame, min_area_px=2, min_overlap=0.0)
    assert len(drawn) == 2
    for part in drawn:
        assert part.area_px == part.mask.sum()
        assert part.mask.shape == (40, 60)


def test_an_answer_without_a_mask_has_no_objects_and_says_why():
    with pytest.raises(ValueError, match="TIMEOUT has no mask"):
        instances_of(failed("x", Status.TIMEOUT, "too late"))


def test_a_frame_of_another_size_is_refused():
    model = random_model(tiny.config(), name="tiny", dtype=torch.float32)
    with pytest.raises(ValueError, match="frame: is"):
        instances_of(answered(MASK), frame=model.encode(tiny.picture(41, 60)))
