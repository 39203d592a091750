"""Depth pictures: what is valid, what flies, what belongs together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.geometry import CleaningSettings, raw_depth_m
from converseg_core.geometry.cleaning import clean
from converseg_core.geometry.depth_image import count_depth, valid_depth
from converseg_core.geometry.edges import flying_pixels, joined, step_m
from converseg_core.geometry.parts import largest_group
from converseg_core.images import ImageError, ImageFields, from_depth_m, from_rgb
from tests.core.geometry.made import CAMERA, table_with_box

FOCAL = 500.0
ODD = st.sampled_from([0.0, -1.0, float("nan"), float("inf"), -float("inf"), 0.05, 0.5, 2.0, 99.0])


@given(st.lists(ODD, min_size=6, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_every_mask_pixel_is_counted_once(values: list[float], chosen: list[bool]) -> None:
    depth = np.array(values, np.float32).reshape(2, 3)
    mask = np.array(chosen).reshape(2, 3)
    counts = count_depth(depth, mask, min_depth_m=0.1, max_depth_m=5.0)
    assert counts.num_pixels == np.count_nonzero(mask)
    assert counts.num_valid == np.count_nonzero(valid_depth(depth, min_depth_m=0.1, max_depth_m=5.0) & mask)
    assert counts.num_zero == sum(v == 0 for v, c in zip(values, chosen, strict=True) if c)
    assert counts.num_out_of_range == sum(v in (0.05, 99.0) for v, c in zip(values, chosen, strict=True) if c)


def test_millimetres_become_metres_and_zero_stays_zero() -> None:
    depth = np.array([[0.5, 1.25], [2.0, 0.0]], np.float32)
    np.testing.assert_allclose(raw_depth_m(from_depth_m(depth, "16UC1")), depth, atol=1e-6)


def test_metres_keep_what_is_invalid() -> None:
    depth = np.array([[0.5, -1.0, np.inf], [np.nan, 0.0, 2.0]], np.float32)
    fields = ImageFields(
        height=2, width=3, encoding="32FC1", is_bigendian=0, step=12, data=memoryview(depth).cast("B")
    )
    np.testing.assert_array_equal(raw_depth_m(fields), depth)


def test_a_colour_picture_is_no_depth() -> None:
    with pytest.raises(ImageError, match="encoding"):
        raw_depth_m(from_rgb(np.zeros((2, 2, 3), np.uint8)))


def test_ramps_between_surfaces_fly_and_slopes_do_not() -> None:
    depth = np.full((60, 80), 1.2, np.float32)
    depth[:, 40:] = 0.8
    depth[:, 39] = 1.0  # what a camera gives where a pixel sees both
    # A floor seen at 70 degrees from its normal.
    depth[40:] = 0.6 * (1 + np.arange(20)[:, None] * np.tan(np.radians(70)) / FOCAL).astype(np.float32)
    is_valid = np.ones(depth.shape, np.bool_)
    flying = flying_pixels(depth, is_valid, step_m(depth, focal_px=FOCAL))
    assert flying[1:39, 39].all()
    assert not flying[:38, :38].any()
    assert not flying[42:59, 1:-1].any()


def test_a_mask_that_runs_over_its_object_is_corrected() -> None:
    made = table_with_box((0.12, 0.08, 0.10))
    fat = np.zeros_like(made.mask)
    fat[2:] |= made.mask[:-2]
    fat[:-2] |= made.mask[2:]
    fat |= made.mask
    cleaned = clean(fat, made.depth_m, focal_px=CAMERA.fx, settings=CleaningSettings(erode_px=2))
    kept = cleaned.core | cleaned.rim
    rows, _ = np.nonzero(made.mask)
    upper = np.arange(240)[:, None] < rows.mean()
    # Above, behind the box, the table is far away: nothing of it is kept, and the box is kept whole.
    assert not (kept & ~made.mask & upper).any()
    assert (kept & made.mask).sum() > 0.995 * made.mask.sum()
    assert cleaned.num_edge >= (fat & ~made.mask & upper).sum()


def test_thin_parts_are_kept() -> None:
    depth = np.full((40, 120), 2.0, np.float32)
    mask = np.zeros(depth.shape, np.bool_)
    mask[10:30, 5:30] = True
    mask[19:22, 30:110] = True  # a shaft three pixels wide
    depth[mask] = 0.7
    cleaned = clean(mask, depth, focal_px=FOCAL, settings=CleaningSettings())
    assert (cleaned.core | cleaned.rim)[19:22, 30:108].all()


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_joined_holds_core_and_stays_in_what_is_allowed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth = rng.choice([0.5, 0.52, 0.9], size=(12, 15)).astype(np.float32)
    allowed = rng.random(depth.shape) < 0.7
    core = allowed & (rng.random(depth.shape) < 0.2)
    result = joined(core, allowed, depth, np.full(depth.shape, 0.05, np.float32))
    assert (result | ~core).all()
    assert not (result & ~allowed).any()


def two_blocks(*, between: str) -> tuple[np.ndarray, np.ndarray]:
    depth = np.full((40, 100), 1.0, np.float32)
    target = np.zeros(depth.shape, np.bool_)
    target[10:30, 10:40] = target[10:30, 60:80] = True
    depth[target] = 0.8
    if between == "pole":
        depth[:, 40:60] = 0.5
    rows, columns = np.mgrid[0:40, 0:100]
    return target, np.dstack([columns / FOCAL * depth, rows / FOCAL * depth, depth]).astype(np.float32)


def test_a_pole_in_front_does_not_make_two_things_of_one() -> None:
    target, cloud = two_blocks(between="pole")
    kept, num_others = largest_group(target, cloud, max_gap_m=0.01)
    assert num_others == 0
    assert (kept == target).all()


def test_a_gap_that_is_seen_makes_two_things() -> None:
    target, cloud = two_blocks(between="table")
    kept, num_others = largest_group(target, cloud, max_gap_m=0.01)
    assert num_others == 1
    assert kept[:, :50].sum() == 600
    assert not kept[:, 50:].any()
    assert largest_group(target, cloud, max_gap_m=0.05)[1] == 0


@pytest.mark.parametrize("changes", [{"min_depth_m": 2.0, "max_depth_m": 1.0}, {"erode_px": -1}])
def test_settings_are_checked(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        CleaningSettings(**changes)  # type: ignore[arg-type]
