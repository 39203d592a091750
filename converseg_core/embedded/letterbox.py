"""Letterbox: fit an image of any size into a fixed canvas, and bring results back to its own size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Letterbox:
    """The geometry of one image in one canvas; sizes and offsets in pixels."""

    image_height: int
    image_width: int
    canvas_height: int
    canvas_width: int

    @property
    def inner_hw(self) -> tuple[int, int]:
        """Height and width of the scaled image inside the canvas, at least one pixel each."""
        scale = min(self.canvas_height / self.image_height, self.canvas_width / self.image_width)
        return (
            max(1, min(self.canvas_height, round(self.image_height * scale))),
            max(1, min(self.canvas_width, round(self.image_width * scale))),
        )

    @property
    def top_left(self) -> tuple[int, int]:
        """Row and column of the scaled image's first pixel; the padding is centred."""
        height, width = self.inner_hw
        return (self.canvas_height - height) // 2, (self.canvas_width - width) // 2

    def apply(self, image_hwc: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W) or (H, W, C) -> the canvas's height and width, zero padding; area filter when shrinking."""
        height, width = self.inner_hw
        top, left = self.top_left
        shrinks = height < self.image_height or width < self.image_width
        filter_ = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        canvas = np.zeros((self.canvas_height, self.canvas_width, *image_hwc.shape[2:]), np.uint8)
        canvas[top : top + height, left : left + width] = cv2.resize(
            image_hwc, (width, height), interpolation=filter_
        )
        return canvas

    def restore(self, map_hw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring a map over the canvas (of any resolution) back to the image's own size, bilinear.

        The map may be coarser than the canvas; sampling positions are computed for pixel centres, so
        that no half-pixel shift creeps in.
        """
        map_height, map_width = map_hw.shape
        height, width = self.inner_hw
        top, left = self.top_left
        scale_y = height / self.image_height * map_height / self.canvas_height
        scale_x = width / self.image_width * map_width / self.canvas_width
        shift_y = top * map_height / self.canvas_height
        shift_x = left * map_width / self.canvas_width
        matrix = np.array(
            [
                [scale_x, 0.0, shift_x + 0.5 * scale_x - 0.5],
                [0.0, scale_y, shift_y + 0.5 * scale_y - 0.5],
            ]
        )
        restored = cv2.warpAffine(
            map_hw,
            matrix,
            (self.image_width, self.image_height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(restored, np.float32)
