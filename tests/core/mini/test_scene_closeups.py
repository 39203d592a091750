"""What close looks give: finer masks, parts within them, and what is dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from converseg_core.mini.scene.candidates import NUM_PARTS, NUM_THINGS
from converseg_core.mini.scene.closeups import (
    CLOSE_UPS,
    LARGE_SIDE,
    UNLIKELY,
    Candidates,
    CloseUps,
    Window,
    candidates,
)
from converseg_core.mini.scene.crops import FULL_HW, SIZE, Box

NUM_NAMES, NUM_COLORS, NUM_LISTED = 5, 3, 4
WHOLE = NUM_NAMES
MUG: Box = (100.0, 80.0, 64.0)


def looks(count: int = 1) -> CloseUps:
    """Squares in the middle of their crops, each of one name, none with parts."""
    mask = np.full((count, SIZE, SIZE), -6, np.float32)
    mask[:, 16:48, 16:48] = 6
    listed = np.tile(np.array([WHOLE, 0, 1, 2]), (count, 1))
    shares = np.tile(np.array([0.97, 0.01, 0.01, 0.01], np.float32), (count, 1))
    return CloseUps(
        mask,
        np.eye(NUM_NAMES, dtype=np.float32)[np.arange(count) % NUM_NAMES] * 9,
        np.zeros((count, NUM_COLORS), np.float32),
        np.full(count, 2, np.float32),
        listed,
        shares,
        np.zeros((count, NUM_LISTED, SIZE, SIZE), np.float32),
        np.arange(count * 192, dtype=np.float32).reshape(count, 192),
    )


def coarse(count: int = 1) -> NDArray[np.float32]:
    logits = np.full((count, 96, 128), -5, np.float32)
    logits[:, 20:40, 30:50] = 5
    return logits


def test_outputs_come_in_the_order_of_their_fields() -> None:
    fields = [name.rsplit("_", 1)[0] for name in vars(looks())]
    assert fields == list(CLOSE_UPS)


def test_a_mask_is_drawn_where_its_crop_lies() -> None:
    found = candidates(looks(), [MUG], coarse())
    fine = found.windows[0].over_picture() > 0
    assert fine.shape == FULL_HW
    rows, columns = np.nonzero(fine)
    # The crop begins at (68, 48) and its cells are single pixels.
    assert (columns.min(), columns.max()) == (84, 115)
    assert (rows.min(), rows.max()) == (64, 95)
    assert found.masks_khw[0].sum() == pytest.approx(fine.sum() / 2.5**2, rel=0.15)
    assert found.is_part_k.tolist() == [False]


def test_the_mask_of_what_is_large_stays_that_over_the_picture() -> None:
    box = (160.0, 120.0, LARGE_SIDE + 1)
    found = candidates(looks(), [box], coarse())
    assert (found.masks_khw[0] == (coarse()[0] > 0)).all()
    assert found.windows[0].over_picture().shape == FULL_HW


def test_second_sights_poor_masks_and_specks_are_dropped() -> None:
    said = looks(4)
    said.quality_k[:] = [1.0, 2.0, -3.0, 2.0]  # the second is the better sight of the first
    said.mask_kss[3] = -6
    said.mask_kss[3, 30, 30] = 6
    boxes = [MUG, (101.0, 80.0, 64.0), (200.0, 80.0, 64.0), (200.0, 150.0, 64.0)]
    found = candidates(said, boxes, coarse(4))
    assert found.names_km.argmax(1).tolist() == [1]


def with_parts() -> CloseUps:
    """The upper half is part 3, the lower half part 1; a third name is hardly there."""
    said = looks()
    said.part_names_kp[0] = [1, 3, 0, WHOLE]
    said.part_shares_kp[0] = [0.5, 0.45, 0.01, 0.01]
    said.part_logits_kpss[0] = -4
    said.part_logits_kpss[0, 1, :32] = 4
    said.part_logits_kpss[0, 0, 32:] = 4
    return said


def test_parts_share_their_thing_between_them() -> None:
    found = candidates(with_parts(), [MUG], coarse())
    assert found.is_part_k.tolist() == [False, True, True]
    whole, lower, upper = (window.over_picture() > 0 for window in found.windows)
    assert not (lower & upper).any()
    assert (lower | upper | ~whole).mean() > 0.99
    assert not ((lower | upper) & ~whole).any()
    assert np.nonzero(upper)[0].max() < np.nonzero(lower)[0].min() + 1
    assert found.names_km[1:].argmax(1).tolist() == [1, 3]
    assert found.names_km[1, 1] == pytest.approx(0, abs=0.01)
    assert found.names_km[1, 4] == UNLIKELY
    assert not found.colors_kc[1:].any()
    assert (found.quality_k == found.quality_k[0]).all()
    assert (found.shape_kd == np.arange(192)).all()


def test_the_only_part_in_sight_covers_what_is_seen() -> None:
    said = with_parts()
    said.part_shares_kp[0] = [0.95, 0.02, 0.01, 0.01]
    found = candidates(said, [MUG], coarse())
    assert found.is_part_k.tolist() == [False, True]
    assert (found.masks_khw[0] == found.masks_khw[1]).all()


def test_where_no_name_of_a_part_is_likely_there_is_none() -> None:
    said = with_parts()
    said.part_shares_kp[0] = [0.02, 0.02, 0.01, 0.01]
    assert candidates(said, [MUG], coarse()).is_part_k.tolist() == [False]


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 30))
@settings(max_examples=40, deadline=None)
def test_whatever_a_network_says_is_taken(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    names = np.stack(
        [rng.permutation(NUM_NAMES + 1)[:NUM_LISTED] for _ in range(count)] or [[0] * NUM_LISTED]
    )
    said = CloseUps(
        rng.normal(rng.uniform(-4, 4), 5, (count, SIZE, SIZE)).astype(np.float32),
        rng.normal(size=(count, NUM_NAMES)).astype(np.float32),
        rng.normal(size=(count, NUM_COLORS)).astype(np.float32),
        rng.normal(size=count).astype(np.float32),
        names[:count],
        rng.dirichlet([0.3] * NUM_LISTED, count).astype(np.float32) * np.float32(rng.uniform(0, 1)),
        rng.normal(0, 4, (count, NUM_LISTED, SIZE, SIZE)).astype(np.float32),
        rng.normal(size=(count, 192)).astype(np.float32),
    )
    boxes = [
        (float(x), float(y), float(side))
        for x, y, side in rng.uniform(-20, 340, (count, 3)) + np.array([0, 0, 40])
    ]
    found = candidates(said, boxes, rng.normal(size=(count, 96, 128)).astype(np.float32))
    num = len(found.windows)
    assert len(found.masks_khw) == len(found.is_part_k) == len(found.names_km) == len(found.colors_kc) == num
    assert (~found.is_part_k).sum() <= NUM_THINGS and found.is_part_k.sum() <= NUM_PARTS
    assert np.isfinite(found.names_km).all()
    assert found.quality_k.shape == (num,)
    assert found.shape_kd.shape == (num, 192)


def test_of_nothing_nothing_comes() -> None:
    none = CloseUps(*(values[:0] for values in vars(looks()).values()))
    found: Candidates = candidates(none, [], coarse(0))
    assert len(found.windows) == len(found.masks_khw) == len(found.is_part_k) == 0
    assert found.names_km.shape == (0, NUM_NAMES)


def test_a_window_over_the_whole_picture_is_widened() -> None:
    fine = Window(coarse()[0], None).over_picture()
    assert fine.shape == FULL_HW
    assert (fine > 0).sum() == pytest.approx(20 * 20 * 2.5**2, rel=0.05)
