"""One picture that says what was asked, what was found, and how sure the model is."""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer, MaskHW, Status
from converseg_core.overlay import text
from converseg_core.overlay.paint import TARGET_RGB, ColourRGB, paint_mask

ImageHWC = NDArray[np.uint8]
CaptionPlace = Literal["auto", "top", "bottom", "none"]

_WHITE: ColourRGB = (255, 255, 255)
_INK: ColourRGB = (18, 22, 28)
_AMBER: ColourRGB = (255, 196, 61)
_RED: ColourRGB = (214, 48, 49)
_MIN_CAPTION_SIDE_PX = 48

_LABELS = {
    Status.OK: ("FOUND", "OK"),
    Status.NO_TARGET: ("NOTHING FITS", "NONE"),
    Status.LOST: ("LOST", "LOST"),
    Status.REJECTED: ("REJECTED", "REJ."),
    Status.STALE_FRAME: ("NO FRESH FRAME", "STALE"),
    Status.TIMEOUT: ("TIMEOUT", "LATE"),
    Status.CANCELLED: ("CANCELLED", "CANC."),
    Status.ERROR: ("ERROR", "ERR."),
}
"""Words for each status, and a short form for pictures the size of a thumbnail."""


def draw_answer(image: ImageHWC, answer: Answer, *, caption: CaptionPlace = "auto") -> ImageHWC:
    """Draw ``answer`` on the picture it was given for.

    A target gets a tint, an outline and a dark bar with a green label; "nothing here fits" an amber bar
    and no mask; a failure a red bar, a red frame and its reason. Colour is never the only difference: the
    label says it in words.

    Args:
        image: (H, W, 3) uint8 RGB, any size; not changed.
        answer: its mask, where it has one, is of the image's size.
        caption: where the bar goes; "auto" is the bottom, or the top where the bar would hide the target.
            Pictures under 48 pixels have no room for a bar.

    Returns:
        (H, W, 3) uint8 RGB, new, of the same size.

    Raises:
        ValueError: ``image`` is not (H, W, 3) uint8, or the mask has another size.
    """
    mask = answer.mask if answer.mask is not None else np.zeros(image.shape[:2], dtype=np.bool_)
    drawn = paint_mask(image, mask)
    if not answer.status.is_answer:
        _frame(drawn, _RED)
    if caption != "none" and min(drawn.shape[:2]) >= _MIN_CAPTION_SIDE_PX:
        _draw_caption(drawn, answer, mask, caption)
    return drawn


def label(answer: Answer) -> str:
    """The few words that tell a target, "nothing fits" and each failure apart; with the confidence."""
    words, _ = _LABELS[answer.status]
    if answer.status.is_answer and not math.isnan(answer.confidence):
        return f"{words} {round(100 * answer.confidence)} %"
    return words


def _draw_caption(drawn: ImageHWC, answer: Answer, mask: MaskHW, place: CaptionPlace) -> None:
    height, width = drawn.shape[:2]
    size_px = max(8, min(60, round(0.028 * min(height, width) + 6)))
    pad = max(2, round(0.45 * size_px))
    line_px = round(1.3 * size_px)
    inner_px = width - 2 * pad

    chip = label(answer)
    if text.width_px(chip, size_px, 600) > width // 2:
        _, chip = _LABELS[answer.status]
    chip = text.shorten(chip, inner_px - 2 * pad, size_px, 600)
    chip_px = text.width_px(chip, size_px, 600) + 2 * pad
    prompt = text.clean(answer.prompt) or "(no words)"
    beside_px = inner_px - chip_px - pad
    one_line = text.width_px(prompt, size_px, 500) <= beside_px
    # A bar may take a third of the picture, no more: the picture is what people came for.
    room = max(1, (height // 3 - pad) // line_px)
    chip_beside = one_line or room == 1
    if chip_beside:
        prompt_lines = [text.shorten(prompt, beside_px, size_px, 500)]
    else:
        prompt_lines = text.wrap(prompt, inner_px, size_px, 500, max_lines=min(3, room - 1))
    num_reason = min(2, room - len(prompt_lines) - (not chip_beside))
    small_px = max(8, round(0.82 * size_px))
    reason_lines = []
    if answer.status is not Status.OK and num_reason > 0:
        reason_lines = text.wrap(
            text.clean(answer.status_text), inner_px, small_px, 400, max_lines=num_reason
        )

    num_lines = len(prompt_lines) + len(reason_lines) + (not chip_beside)
    bar_px = min(height, num_lines * line_px + pad)
    top = _bar_top(mask, bar_px, place)
    background, ink, chip_rgb, chip_ink = _colours(answer.status)
    bar = drawn[top : top + bar_px]
    opacity = 0.80 if answer.status is Status.OK else 0.92
    bar[:] = cv2.addWeighted(bar, 1 - opacity, np.full_like(bar, background), opacity, 0.0)

    baseline = top + pad // 2 + round(1.02 * size_px)
    if chip_beside:
        _draw_chip(drawn, chip, width - pad - chip_px, baseline, chip_px, size_px, pad, chip_rgb, chip_ink)
    for line in prompt_lines:
        text.draw(drawn, line, pad, baseline, size_px=size_px, weight=500, colour=ink)
        baseline += line_px
    if not chip_beside:
        _draw_chip(drawn, chip, pad, baseline, chip_px, size_px, pad, chip_rgb, chip_ink)
        baseline += line_px
    for line in reason_lines:
        text.draw(drawn, line, pad, baseline, size_px=small_px, weight=400, colour=ink)
        baseline += line_px


def _colours(status: Status) -> tuple[ColourRGB, ColourRGB, ColourRGB, ColourRGB]:
    """Bar, ink on the bar, label, ink on the label."""
    if status is Status.OK:
        return _INK, _WHITE, TARGET_RGB, _INK
    if status is Status.NO_TARGET:
        return _AMBER, _INK, _INK, _AMBER
    return _RED, _WHITE, _WHITE, _RED


def _draw_chip(
    drawn: ImageHWC, words: str, x: int, baseline: int, chip_px: int, size_px: int, pad: int,
    background: ColourRGB, ink: ColourRGB,
) -> None:  # fmt: skip
    if not words:
        return
    top, bottom = baseline - round(0.98 * size_px), baseline + round(0.24 * size_px)
    cv2.rectangle(drawn, (x, top), (x + chip_px - 1, bottom), background, cv2.FILLED)
    text.draw(drawn, words, x + pad, baseline, size_px=size_px, weight=600, colour=ink)


def _bar_top(mask: MaskHW, bar_px: int, place: CaptionPlace) -> int:
    bottom = int(mask.shape[0]) - bar_px
    if place == "top":
        return 0
    if place == "auto":
        hidden_below = np.count_nonzero(mask[bottom:])
        # Only a target that is mostly under the bar moves it: a bar that jumps is worse than a hidden rim.
        if hidden_below > 0.4 * np.count_nonzero(mask) and hidden_below > np.count_nonzero(mask[:bar_px]):
            return 0
    return bottom


def _frame(drawn: ImageHWC, colour: ColourRGB) -> None:
    edge = max(1, round(min(drawn.shape[:2]) / 100))
    for side in (drawn[:edge], drawn[-edge:], drawn[:, :edge], drawn[:, -edge:]):
        side[:] = colour
