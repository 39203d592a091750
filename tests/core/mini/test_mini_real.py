"""``mini`` with its real pretrained parts, on a picture drawn here; skipped where nobody built it.

A stop sign is the one thing that the detector, trained on photos, also knows from a drawing.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.answer import Status
from converseg_core.loading import load_model
from converseg_core.mini.engine import MiniFrame
from converseg_core.model import SegmentationModel
from tests.core.mini.built import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


def _octagon(radius: int) -> NDArray[np.int32]:
    angles = np.deg2rad(np.arange(8) * 45 + 22.5)
    return np.stack([400 + radius * np.cos(angles), 170 + radius * np.sin(angles)], -1).astype(np.int32)


@pytest.fixture(scope="module")
def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A stop sign on a pole before sky and grass, 480x640 RGB; and the sign's mask."""
    rng = np.random.default_rng(0)
    picture = np.empty((480, 640, 3), np.float32)
    picture[:] = np.linspace((150, 180, 215), (110, 150, 195), 480)[:, None]
    picture[300:] = (90, 120, 60)
    picture[300:] += rng.normal(0, 25, (180, 640, 1))
    picture += rng.normal(0, 6, picture.shape)
    image = cv2.GaussianBlur(np.clip(picture, 0, 255).astype(np.uint8), (3, 3), 0)
    cv2.rectangle(image, (393, 260), (407, 480), (130, 130, 130), -1)
    cv2.fillPoly(image, [_octagon(110)], (235, 235, 235))
    cv2.fillPoly(image, [_octagon(102)], (190, 20, 30))
    (width, height), _ = cv2.getTextSize("STOP", cv2.FONT_HERSHEY_DUPLEX, 2.1, 5)
    corner = (400 - width // 2, 170 + height // 2)
    cv2.putText(image, "STOP", corner, cv2.FONT_HERSHEY_DUPLEX, 2.1, (240, 240, 240), 5, cv2.LINE_AA)
    truth = np.zeros((480, 640), np.uint8)
    cv2.fillPoly(truth, [_octagon(110)], 1)
    return np.asarray(cv2.GaussianBlur(image, (3, 3), 0), np.uint8), truth.astype(np.bool_)


@pytest.fixture(scope="module")
def model() -> SegmentationModel:
    return load_model("mini")


@pytest.mark.timeout(600)  # six seconds of one core; a machine with much else to do takes longer
def test_it_finds_the_sign_and_not_what_is_absent(
    model: SegmentationModel, scene: tuple[NDArray[np.uint8], NDArray[np.bool_]]
) -> None:
    image, truth = scene
    frame = model.encode(image)
    sign, giraffe, again, unreadable = frame.segment(["stop sign", "giraffe", "stop sign", "?!"])
    assert sign.status is Status.OK
    assert sign.mask is not None and sign.mask.shape == (480, 640)
    assert (sign.mask & truth).sum() / (sign.mask | truth).sum() > 0.8
    assert giraffe.status is Status.NO_TARGET and giraffe.mask is not None and not giraffe.mask.any()
    assert again.mask is not None and np.array_equal(again.mask, sign.mask)
    assert unreadable.status is Status.REJECTED and unreadable.mask is None
    # Words near nothing known were not looked for: that is not "nothing there".
    (unknown,) = frame.segment(["quarterly thermodynamics of the treaty"])
    assert unknown.status is Status.REJECTED and "knows nothing near" in unknown.status_text
    # An answer must not depend on its neighbours.
    (alone,) = frame.segment(["stop sign"])
    assert alone.mask is not None and np.array_equal(alone.mask, sign.mask)
    assert model.model_id.startswith("mini@")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "window", [(0, 480, 0, 640), (0, 480, 240, 560), (40, 310, 160, 640), (50, 290, 280, 520)]
)
def test_masks_lie_on_things_in_pictures_of_any_shape(
    model: SegmentationModel,
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
    window: tuple[int, int, int, int],
) -> None:
    """4:3, 2:3, 16:9 and square: only what the picture covers is encoded."""
    top, bottom, left, right = window
    image, truth = (np.ascontiguousarray(part[top:bottom, left:right]) for part in scene)
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    height, width = truth.shape
    box = (columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height)
    frame = model.encode(image)
    assert isinstance(frame, MiniFrame)
    mask, quality = frame.masks.mask_of_box(box)
    assert mask.shape == truth.shape
    assert (mask & truth).sum() / (mask | truth).sum() > 0.93
    assert quality > 0.8
