"""Arrays to messages and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converseg_core.images import (
    ImageError,
    from_depth_m,
    from_mask,
    from_mono,
    from_rgb,
    to_depth_m,
    to_mono,
    to_rgb,
)
from tests.core.images.messages import image_of

SIDES = st.integers(1, 12)
RGB = hnp.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3)))
GREY_8 = hnp.arrays(np.uint8, st.tuples(SIDES, SIDES))
GREY_16 = hnp.arrays(np.uint16, st.tuples(SIDES, SIDES))


@given(rgb=RGB, encoding=st.sampled_from(["rgb8", "bgr8", "rgba8", "bgra8"]))
def test_rgb_comes_back(rgb: np.ndarray, encoding: str) -> None:
    fields = from_rgb(rgb, encoding)  # type: ignore[arg-type]
    assert (fields.height, fields.width, fields.step) == (
        *rgb.shape[:2],
        rgb.shape[1] * (3 + ("a" in encoding)),
    )
    assert np.array_equal(to_rgb(fields), rgb)


@given(grey=GREY_8 | GREY_16, pad=st.integers(0, 9), is_bigendian=st.integers(0, 1))
def test_grey_comes_back_from_any_step_and_byte_order(grey: np.ndarray, pad: int, is_bigendian: int) -> None:
    encoding = "mono8" if grey.dtype == np.uint8 else "mono16"
    plain = to_mono(from_mono(grey))
    assert np.array_equal(to_mono(image_of(grey, encoding, pad=pad, is_bigendian=is_bigendian)), plain)
    if grey.dtype == np.uint8:
        assert np.array_equal(plain, grey)


@given(mask=hnp.arrays(np.bool_, st.tuples(SIDES, SIDES)))
def test_mask_is_0_or_255(mask: np.ndarray) -> None:
    fields = from_mask(mask)
    assert fields.encoding == "mono8"
    assert np.array_equal(to_mono(fields), np.where(mask, 255, 0))


@given(
    depth=hnp.arrays(np.float32, st.tuples(SIDES, SIDES), elements=st.floats(width=32)),
    pad=st.integers(0, 9),
    is_bigendian=st.integers(0, 1),
)
def test_depth_comes_back(depth: np.ndarray, pad: int, is_bigendian: int) -> None:
    valid = np.where((depth > 0) & np.isfinite(depth), depth, np.nan)
    assert np.array_equal(to_depth_m(from_depth_m(depth)), valid, equal_nan=True)
    wire = image_of(depth, "32FC1", pad=pad, is_bigendian=is_bigendian)
    assert np.array_equal(to_depth_m(wire), valid, equal_nan=True)


def test_depth_in_millimetres_is_rounded_and_limited() -> None:
    depth = np.array([[0.0004, 0.0016, 1.2344, 65.535, 65.6, np.nan, -1.0]], np.float32)
    wire = from_depth_m(depth, "16UC1")
    assert np.frombuffer(wire.data, np.uint16).tolist() == [0, 2, 1234, 65535, 0, 0, 0]


def test_a_strided_array_is_taken() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    assert np.array_equal(to_rgb(from_rgb(rgb[::2, ::-2])), rgb[::2, ::-2])


def test_rgb8_data_are_not_copied() -> None:
    rgb = np.zeros((4, 5, 3), np.uint8)
    assert np.shares_memory(np.frombuffer(from_rgb(rgb).data, np.uint8), rgb)


def test_wrong_arrays_are_named() -> None:
    with pytest.raises(ImageError, match=r"^rgb_hwc: "):
        from_rgb(np.zeros((4, 4), np.uint8))
    with pytest.raises(ImageError, match=r"^encoding: "):
        from_rgb(np.zeros((4, 4, 3), np.uint8), "nv12")  # type: ignore[arg-type]
    with pytest.raises(ImageError, match=r"^height: 0"):
        from_rgb(np.zeros((0, 4, 3), np.uint8))
    with pytest.raises(ImageError, match=r"^grey_hw: "):
        from_mono(np.zeros((4, 4), np.float32))
    with pytest.raises(ImageError, match=r"^mask_hw: "):
        from_mask(np.zeros((4, 4), np.uint8))  # type: ignore[arg-type]
    with pytest.raises(ImageError, match=r"^encoding: "):
        from_depth_m(np.zeros((4, 4), np.float32), "rgb8")  # type: ignore[arg-type]
