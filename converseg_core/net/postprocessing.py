"""From mask logits on the canvas to a mask of the image's own size.

Legend of shape suffixes: k mask candidates, h height, w width.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.embedded.letterbox import Letterbox
from converseg_core.net.config import Mode


def choose(logits_khw: NDArray[np.float32], iou_k: NDArray[np.float32], mode: Mode) -> NDArray[np.float32]:
    """One mask of four.

    Training supervises the single-mask token (0) alone. The reference nevertheless asks for the other
    three at inference and takes the one that the IoU head, untrained too, likes best.
    """
    if mode == "reference":
        return np.asarray(logits_khw[1 + int(np.argmax(iou_k[1:]))])
    return np.asarray(logits_khw[0])


def to_image(logits_hw: NDArray[np.float32], letterbox: Letterbox, mode: Mode) -> NDArray[np.float32]:
    """Logits over the canvas -> logits over the image.

    The reference enlarges to the canvas, cuts the padding off and resizes again; the corrected mode samples
    once, at pixel centres.
    """
    if mode == "corrected":
        return letterbox.restore(logits_hw)
    canvas_hw = cv2.resize(
        logits_hw, (letterbox.canvas_width, letterbox.canvas_height), interpolation=cv2.INTER_LINEAR
    )
    (top, left), (height, width) = letterbox.top_left, letterbox.inner_hw
    inner_hw = np.ascontiguousarray(canvas_hw[top : top + height, left : left + width])
    image_hw = cv2.resize(
        inner_hw, (letterbox.image_width, letterbox.image_height), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(image_hw, np.float32)
