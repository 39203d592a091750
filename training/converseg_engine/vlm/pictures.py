"""The pictures that models are shown: the plain photo, one tinted region, numbered marks."""

from __future__ import annotations

import base64
import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.overlay import paint_mask, text

ImageHWC = NDArray[np.uint8]
MaskHW = NDArray[np.bool_]

JPEG_QUALITY = 90
TINT_NAME, TINT_RGB = "bright green", (0, 214, 143)
MARK_COLOURS: tuple[tuple[int, int, int], ...] = (
    (230, 60, 60),
    (60, 130, 255),
    (255, 190, 30),
    (170, 90, 230),
    (0, 190, 190),
    (255, 120, 190),
    (120, 200, 60),
    (255, 130, 50),
    (150, 170, 190),
    (160, 110, 70),
)
_INK, _PAPER = (12, 14, 18), (255, 255, 255)


@dataclass(frozen=True)
class Picture:
    """A JPEG file in memory and its sha256."""

    jpeg: bytes
    sha256: str

    @functools.cached_property
    def as_part(self) -> bytes:
        """The picture as a part of a chat message; kept, because the plain photo goes into every request."""
        encoded = base64.b64encode(self.jpeg)
        return b'{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,' + encoded + b'"}}'


def fit(image: ImageHWC, max_side: int) -> ImageHWC:
    """The image, no side longer than ``max_side`` pixels; smaller ones stay as they are."""
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return image
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def fit_mask(mask: MaskHW, size_hw: tuple[int, int]) -> MaskHW:
    """The mask at another size; thin things stay connected where half of a pixel is covered."""
    if mask.shape == size_hw:
        return mask
    small = cv2.resize(mask.astype(np.float32), (size_hw[1], size_hw[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small >= 0.5)


def as_picture(image: ImageHWC) -> Picture:
    """Encode; the same pixels give the same bytes.

    Raises:
        RuntimeError: the encoder failed.
    """
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    good, encoded = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), options)
    if not good:
        raise RuntimeError("the JPEG encoder failed")
    jpeg = encoded.tobytes()
    return Picture(jpeg, hashlib.sha256(jpeg).hexdigest())


def draw_region(image: ImageHWC, mask: MaskHW) -> ImageHWC:
    """One region tinted and outlined; the mask may be of a larger size."""
    return paint_mask(image, fit_mask(mask, image.shape[:2]), colour=TINT_RGB, fill_alpha=0.35)


def draw_marks(image: ImageHWC, masks: Sequence[MaskHW]) -> ImageHWC:
    """Every region outlined in its own colour, with its number on a badge at its deepest point.

    Small regions are drawn over large ones, and badges keep clear of each other where there is room.
    """
    drawn = image
    size_hw = (image.shape[0], image.shape[1])
    fitted = [fit_mask(mask, size_hw) for mask in masks]
    order = sorted(range(len(fitted)), key=lambda k: -int(fitted[k].sum()))
    for k in order:
        drawn = paint_mask(drawn, fitted[k], colour=MARK_COLOURS[k % len(MARK_COLOURS)], fill_alpha=0.22)
    drawn = np.array(drawn, order="C")
    size_px = max(13, round(min(size_hw) / 24))
    taken: list[tuple[int, int]] = []
    for k in reversed(order):
        x, y = _badge_place(fitted[k], taken, size_px)
        taken.append((x, y))
        _draw_badge(drawn, str(k + 1), x, y, size_px, MARK_COLOURS[k % len(MARK_COLOURS)])
    return drawn


def _badge_place(mask: MaskHW, taken: Sequence[tuple[int, int]], size_px: int) -> tuple[int, int]:
    """The point of the mask that is deepest inside it and not under another badge."""
    height, width = mask.shape
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    free = depth.copy()
    for x, y in taken:
        cv2.circle(free, (x, y), round(1.5 * size_px), 0.0, -1)
    best = free if free.max() > 0 else depth
    row, column = np.unravel_index(int(np.argmax(best)), best.shape)
    margin = math.ceil(0.8 * size_px)
    return int(np.clip(column, margin, width - 1 - margin)), int(np.clip(row, margin, height - 1 - margin))


def _draw_badge(
    image: ImageHWC, words: str, x: int, y: int, size_px: int, colour: tuple[int, int, int]
) -> None:
    width = text.width_px(words, size_px, 700)
    half_w, half_h = width // 2 + size_px // 3, round(0.68 * size_px)
    cv2.rectangle(image, (x - half_w - 2, y - half_h - 2), (x + half_w + 2, y + half_h + 2), colour, -1)
    cv2.rectangle(image, (x - half_w, y - half_h), (x + half_w, y + half_h), _INK, -1)
    baseline_y = y + round(0.36 * size_px)
    text.draw(image, words, x - width // 2, baseline_y, size_px=size_px, weight=700, colour=_PAPER)
