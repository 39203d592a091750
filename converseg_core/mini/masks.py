"""Masks of boxes, from one encoding of the image (MobileSAM class).

The decoder knows a canvas of 1024 pixels a side with the image in its upper left corner. Only what the image
covers is encoded, its longer side at ``LONG_SIDE``; the rest of the canvas is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

CANVAS_SIDE = 1024
LONG_SIDE = 896
"""Pixels of the longer side of what is encoded: larger is costlier, smaller makes masks coarser."""
_CELL = 16
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_STD = np.array([58.395, 57.12, 57.375], np.float32)
_BOX_CORNERS = np.array([[2.0, 3.0]], np.float32)


class EncodedImage:
    """One image in the mask network's terms; masks come at the image's own size."""

    def __init__(
        self,
        *,
        embedding: NDArray[np.float32] | Callable[[], NDArray[np.float32]],
        size_hw: tuple[int, int],
        decoder: ort.InferenceSession,
    ) -> None:
        """Take the encoding (1, 256, 64, 64), or a way to make it when the first mask is asked for."""
        self._embedding = embedding
        self._size_hw = size_hw
        self._decoder = decoder

    def mask_of_box(self, box: tuple[float, float, float, float]) -> tuple[NDArray[np.bool_], float]:
        """The thing in a box.

        Args:
            box: x0, y0, x1, y1 as shares of the image.

        Returns:
            (H, W) bool mask, and the network's own estimate of its IoU.
        """
        if callable(self._embedding):
            self._embedding = self._embedding()
        height, width = self._size_hw
        inner_h, inner_w = inner_size(height, width)
        corners = np.array(box, np.float32).reshape(1, 2, 2) * np.array([inner_w, inner_h], np.float32)
        quality, low = self._decoder.run(
            ["iou_predictions", "low_res_masks"],
            {
                "image_embeddings": self._embedding,
                "point_coords": corners,
                "point_labels": _BOX_CORNERS,
                "mask_input": np.zeros((1, 1, 256, 256), np.float32),
                "has_mask_input": np.zeros(1, np.float32),
            },
        )
        logits = np.asarray(low[0, 0], np.float32)
        per_pixel = logits.shape[0] / CANVAS_SIDE
        # Sample at pixel centres, so that no half-pixel shift creeps in.
        step_x, step_y = inner_w / width * per_pixel, inner_h / height * per_pixel
        matrix = np.array([[step_x, 0.0, 0.5 * step_x - 0.5], [0.0, step_y, 0.5 * step_y - 0.5]])
        full = cv2.warpAffine(
            logits,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(full > 0.0), float(np.asarray(quality).reshape(-1)[0])


class MaskNetwork:
    """Encoder and decoder of one bundle; looks at one image after the other."""

    def __init__(self, *, encoder: ort.InferenceSession, decoder: ort.InferenceSession) -> None:
        self._encoder, self._decoder = encoder, decoder
        # The canvas without a picture, its borders included: the decoder makes use of them.
        self._empty = self._encoded(np.zeros((1, 3, CANVAS_SIDE, CANVAS_SIDE), np.float32))

    def look_at(self, image_hwc: NDArray[np.uint8]) -> EncodedImage:
        """The image (H, W, 3) uint8 RGB; it is encoded when the first mask is asked for."""
        return EncodedImage(
            embedding=lambda: on_canvas(self._encoded(encoder_input(image_hwc)), self._empty),
            size_hw=(image_hwc.shape[0], image_hwc.shape[1]),
            decoder=self._decoder,
        )

    def _encoded(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._encoder.run(["output"], {"input": pixels})[0], np.float32)


def inner_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of the scaled image in the canvas, top left."""
    scale = LONG_SIDE / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def encoder_input(image_hwc: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 3) uint8 RGB -> (1, 3, h, w), normalised: whole cells, those at the border padded with zeros."""
    inner_h, inner_w = inner_size(*image_hwc.shape[:2])
    shrinks = inner_h < image_hwc.shape[0]
    resized = cv2.resize(
        image_hwc, (inner_w, inner_h), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    rows, columns = (-(-side // _CELL) * _CELL for side in (inner_h, inner_w))
    pixels = np.zeros((rows, columns, 3), np.float32)
    pixels[:inner_h, :inner_w] = (resized.astype(np.float32) - _MEAN) / _STD
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])


def on_canvas(embedding: NDArray[np.float32], empty: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image's encoding (1, C, h / 16, w / 16), upper left in that of an empty canvas (1, C, 64, 64)."""
    canvas = empty.copy()
    canvas[:, :, : embedding.shape[2], : embedding.shape[3]] = embedding
    return canvas
