"""Overlays: what is drawn, what is left alone, and that no caption can break it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status, failed
from converseg_core.overlay import draw_answer, paint_mask, text
from converseg_core.overlay.draw import label
from converseg_core.overlay.paint import TARGET_RGB

SIZES_HW = [(2, 2), (1, 700), (47, 47), (48, 48), (64, 64), (64, 300), (240, 320), (481, 643), (900, 300)]


def _grey(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 128, dtype=np.uint8)


def _found(mask: NDArray[np.bool_], prompt: str = "the red mug", confidence: float = 0.87) -> Answer:
    return Answer(
        prompt=prompt, status=Status.OK, mask=mask, confidence=confidence, no_target_score=0.1, model_id="t"
    )


def _nothing(height: int, width: int, prompt: str = "the red mug") -> Answer:
    return Answer(
        prompt=prompt,
        status=Status.NO_TARGET,
        mask=np.zeros((height, width), np.bool_),
        confidence=0.9,
        no_target_score=0.9,
        model_id="t",
        status_text="nothing in the image fits",
    )


def _block(height: int, width: int) -> NDArray[np.bool_]:
    mask = np.zeros((height, width), np.bool_)
    mask[height // 4 : height // 2, width // 4 : width // 2] = True
    return mask


@pytest.mark.parametrize("size_hw", SIZES_HW)
@pytest.mark.parametrize("status", list(Status))
def test_every_status_draws_at_every_size(size_hw: tuple[int, int], status: Status) -> None:
    image = _grey(*size_hw)
    if status is Status.OK:
        answer = _found(np.ones(size_hw, np.bool_))
    elif status is Status.NO_TARGET:
        answer = _nothing(*size_hw)
    else:
        answer = failed("the red mug", status, "because of a reason")
    drawn = draw_answer(image, answer)
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert (image == 128).all(), "the input picture was changed"


def test_mask_tints_inside_outlines_the_edge_and_leaves_the_rest() -> None:
    image, mask = _grey(240, 320), np.zeros((240, 320), np.bool_)
    mask[60:120, 100:200] = True
    drawn = paint_mask(image, mask, fill_alpha=0.3)
    expected = np.rint(0.7 * 128 + 0.3 * np.array(TARGET_RGB))
    assert np.abs(drawn[90, 150].astype(int) - expected).max() <= 1
    edge = drawn[90, 98:103].astype(int)
    assert np.abs(edge - np.array(TARGET_RGB)).sum(axis=1).min() < 60, "no outline on the edge"
    far = np.ones_like(mask)
    far[50:130, 90:210] = False
    assert (drawn[far] == 128).all()


def test_outline_is_anti_aliased_and_holes_keep_theirs() -> None:
    rows, cols = np.mgrid[:200, :200]
    radius = np.hypot(rows - 100, cols - 100)
    drawn = paint_mask(_grey(200, 200), (radius < 70) & (radius > 30))
    assert (drawn[100, 100] == 128).all(), "the hole was filled"
    assert len(np.unique(drawn[..., 0])) > 12, "a hard edge has few shades"
    assert not (drawn[100, 128:133] == drawn[100, 150]).all(), "the hole has no outline"


def test_no_outline_along_the_pictures_own_edge() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[:, 60:] = True
    drawn = paint_mask(_grey(100, 100), mask)
    assert (drawn[50, 99] == drawn[50, 80]).all()
    assert not (drawn[50, 60] == drawn[50, 80]).all()


@pytest.mark.parametrize("num_px", [1, 2, 5])
def test_a_tiny_target_still_shows(num_px: int) -> None:
    mask = np.zeros((480, 640), np.bool_)
    mask[200, 300 : 300 + num_px] = True
    drawn = paint_mask(_grey(480, 640), mask)
    difference = np.abs(drawn[mask].astype(int) - 128).sum(axis=1)
    assert difference.min() > 80, "a pixel of the target can hardly be seen"


def test_statuses_look_different_and_only_targets_are_tinted() -> None:
    image = _grey(240, 320)
    pictures = [
        draw_answer(image, _found(_block(240, 320))),
        draw_answer(image, _nothing(240, 320)),
        draw_answer(image, failed("the red mug", Status.ERROR, "the model stopped")),
    ]
    found, nothing, error = (picture[100, 120] for picture in pictures)
    assert not (found == 128).all()
    assert (nothing == 128).all()
    assert (error == 128).all()
    bars = [picture[-2, 2].astype(int) for picture in pictures]
    for first in range(3):
        for second in range(first):
            assert np.abs(bars[first] - bars[second]).sum() > 150
    assert (pictures[0][0, 0] == 128).all() and not (pictures[2][0, 0] == 128).all(), (
        "red frame: failures only"
    )


def test_label_says_it_in_words() -> None:
    mask = _block(40, 40)
    assert label(_found(mask)) == "FOUND 87 %"
    assert label(_found(mask, confidence=float("nan"))) == "FOUND"
    assert label(_nothing(40, 40)) == "NOTHING FITS 90 %"
    labels = {label(failed("x", status, "why")) for status in Status if not status.is_answer}
    assert len(labels) == 6


def test_bar_moves_up_only_when_it_would_hide_the_target() -> None:
    image, low, high = _grey(240, 320), np.zeros((240, 320), np.bool_), np.zeros((240, 320), np.bool_)
    low[225:238, 100:200] = True
    high[20:60, 100:200] = True
    assert (draw_answer(image, _found(low))[1, 1] != 128).any()
    assert (draw_answer(image, _found(high))[1, 1] == 128).all()
    assert (draw_answer(image, _found(low), caption="bottom")[1, 1] == 128).all()
    assert (draw_answer(image, _found(high), caption="none")[-1, 1] == 128).all()


@settings(max_examples=150, deadline=None)
@given(
    prompt=st.text(st.characters(codec=None, exclude_categories=()), max_size=80), reason=st.text(min_size=1)
)
def test_no_text_breaks_a_caption(prompt: str, reason: str) -> None:
    drawn = draw_answer(_grey(120, 160), failed(prompt, Status.REJECTED, reason))
    assert drawn.shape == (120, 160, 3)


def test_clean_removes_what_crashes_or_breaks_lines() -> None:
    assert text.clean("a\ud800b\x00\n\tc\u2028d") == "a?b c d"
    assert len(text.clean("x" * 10_000)) == text.MAX_MEASURED_CHARS


@pytest.mark.parametrize(
    "words", ["größer Łódź", "красная кружка", "αβγ", "红色的杯子", "赤いカップ", "빨간 컵"]
)
def test_scripts_of_the_world_have_glyphs(words: str) -> None:
    def ink(line: str) -> NDArray[np.uint8]:
        canvas = np.zeros((60, 400, 3), np.uint8)
        text.draw(canvas, line, 5, 40, size_px=24, weight=500, colour=(255, 255, 255))
        return canvas

    letters = [letter for letter in words if letter != " "]
    missing = ink("\U000e0fff")
    assert all((ink(letter) != missing).any() for letter in letters)


@given(st.text(st.sampled_from("ab cdé红 "), max_size=120), st.integers(20, 300))
@settings(deadline=None)
def test_wrapped_lines_fit_and_keep_order(line: str, max_width_px: int) -> None:
    line = text.clean(line)
    lines = text.wrap(line, max_width_px, 14, 500, max_lines=4)
    assert len(lines) <= 4
    assert all(text.width_px(part, 14, 500) <= max_width_px for part in lines)
    squeezed = "".join(lines).replace(" ", "").removesuffix("…")
    assert line.replace(" ", "").startswith(squeezed)


def test_wrong_arrays_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="image"):
        paint_mask(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.bool_))
    with pytest.raises(ValueError, match="mask"):
        paint_mask(_grey(4, 4), np.zeros((4, 5), np.bool_))
