from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.tracking import FrameHistory, SmallFrame, TrackerSettings
from converseg_core.tracking.affine import apply
from converseg_core.tracking.frames import thinned


def frame(stamp_ns: int, *, height: int = 48, width: int = 64) -> SmallFrame:
    image = np.zeros((height, width, 3), dtype=np.uint8)
    return SmallFrame.of(image, stamp_ns=stamp_ns, settings=TrackerSettings())


@settings(max_examples=60, deadline=None)
@given(
    gaps_ms=st.lists(st.integers(1, 400), min_size=1, max_size=80),
    max_frames=st.integers(3, 20),
    history_s=st.floats(0.2, 5.0),
)
def test_memory_is_bounded_and_the_newest_frame_is_there(
    gaps_ms: list[int], max_frames: int, history_s: float
) -> None:
    one = frame(0).num_bytes
    history = FrameHistory(TrackerSettings(history_s=history_s, max_history_bytes=max_frames * one))
    stamp_ns = 0
    for gap_ms in gaps_ms:
        stamp_ns += gap_ms * 1_000_000
        history.push(frame(stamp_ns))
        assert history.num_bytes <= max_frames * one
        kept = [each.stamp_ns for each in history.after(-1)]
        assert kept == sorted(set(kept))
        assert kept[-1] == stamp_ns
        assert kept[0] >= stamp_ns - history_s * 1e9
        assert history.newest is not None
        assert history.newest.stamp_ns == stamp_ns


def test_frames_too_close_together_are_not_all_kept() -> None:
    history = FrameHistory(TrackerSettings(history_spacing_s=0.06, history_s=10.0))
    for k in range(300):
        history.push(frame(k * 10_000_000))
    kept = [each.stamp_ns for each in history.after(-1)]
    gaps = np.diff(kept[:-1])
    assert gaps.min() >= 0.06e9
    assert gaps.max() <= 0.08e9


def test_where_memory_is_short_the_past_is_thinned_not_cut() -> None:
    one = frame(0).num_bytes
    history = FrameHistory(TrackerSettings(history_s=60.0, max_history_bytes=16 * one))
    for k in range(400):
        history.push(frame(k * 100_000_000))
    kept = [each.stamp_ns for each in history.after(-1)]
    assert 8 <= len(kept) <= 16
    assert kept[0] < 15e9


@pytest.mark.parametrize("again", [frame(5), frame(90, height=24), frame(100)])
def test_a_clock_that_goes_back_or_another_size_starts_anew(again: SmallFrame) -> None:
    history = FrameHistory()
    history.push(frame(1))
    history.push(frame(100))
    history.push(again)
    assert len(history) == 1
    assert history.newest is again
    history.clear()
    assert history.newest is None
    assert history.num_bytes == 0


def test_the_image_is_copied() -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    kept = SmallFrame.of(image, stamp_ns=0, settings=TrackerSettings())
    image[:] = 255
    assert kept.rgb.max() == 0
    assert kept.grey.max() == 0


@pytest.mark.parametrize(("height", "width"), [(48, 64), (480, 640), (1080, 1920), (2000, 60), (1, 1)])
def test_sizes_and_maps_agree(height: int, width: int) -> None:
    limits = TrackerSettings()
    kept = frame(0, height=height, width=width)
    assert kept.size_hw == (height, width)
    assert max(kept.rgb.shape[:2]) <= limits.max_side_px
    assert max(kept.grey.shape) <= limits.flow_side_px
    h, w = kept.rgb.shape[:2]
    corners = np.array([[-0.5, -0.5], [w - 0.5, h - 0.5]])
    np.testing.assert_allclose(
        apply(kept.to_full, corners), [[-0.5, -0.5], [width - 0.5, height - 0.5]], atol=1e-3
    )
    g, k = kept.grey.shape
    np.testing.assert_allclose(apply(kept.to_grey, corners), [[-0.5, -0.5], [k - 0.5, g - 0.5]], atol=1e-3)


@given(num=st.integers(0, 200), max_num=st.integers(1, 40))
def test_thinned_keeps_the_last_and_the_order(num: int, max_num: int) -> None:
    frames = list(range(num))
    kept = thinned(frames, max_num=max_num)  # type: ignore[arg-type,type-var]
    assert len(kept) == min(num, max_num)
    assert kept == sorted(set(kept))
    if num:
        assert kept[-1] == num - 1


def test_wrong_images_are_refused() -> None:
    with pytest.raises(ValueError, match="image"):
        SmallFrame.of(np.zeros((4, 4), dtype=np.uint8), stamp_ns=0, settings=TrackerSettings())


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"max_side_px": 8}, "max_side_px"),
        ({"lost_below": 1.5}, "lost_below"),
        ({"lost_below": 0.5, "found_above": 0.4}, "found_above"),
        ({"history_s": 0.0}, "history_s"),
        ({"max_unseen_s": float("nan")}, "max_unseen_s"),
    ],
)
def test_settings_out_of_range_are_named(options: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        TrackerSettings(**options)  # type: ignore[arg-type]
