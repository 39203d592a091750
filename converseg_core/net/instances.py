"""From one union mask to the objects in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer, MaskHW
from converseg_core.net.engine import NetFrame
from converseg_core.net.postprocessing import to_image


@dataclass(frozen=True, kw_only=True, eq=False)
class Instance:
    """One object of an answer.

    Attributes:
        mask: (H, W) bool at the image's own size.
        box_xywh: tight box, pixels.
        area_px: number of mask pixels.
        is_refined: the SAM drew it again from its box.
    """

    mask: MaskHW
    box_xywh: tuple[int, int, int, int]
    area_px: int
    is_refined: bool = False


def connected_parts(mask: MaskHW, *, min_area_px: int = 1) -> list[Instance]:
    """Parts of a mask that do not touch (8 neighbours), largest first.

    Args:
        mask: (H, W) bool.
        min_area_px: smaller parts are left out.

    Raises:
        ValueError: not an (H, W) bool mask, or a negative area.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise ValueError(f"mask: must be (H, W) bool, not {mask.dtype}{mask.shape}")
    if min_area_px < 0:
        raise ValueError(f"min_area_px: must not be negative, not {min_area_px}")
    num_labels, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    parts = []
    for label in range(1, num_labels):
        x, y, width, height, area = (int(value) for value in stats[label])
        if area >= max(1, min_area_px):
            parts.append(Instance(mask=labels == label, box_xywh=(x, y, width, height), area_px=area))
    return sorted(parts, key=lambda part: (-part.area_px, part.box_xywh))


def instances_of(
    answer: Answer, *, frame: NetFrame | None = None, min_area_px: int = 1, min_overlap: float = 0.5
) -> list[Instance]:
    """The objects of an answer.

    With ``frame``, the SAM draws each part again from its box, on the frame's cached embedding. The drawing
    that overlaps the part best is taken, where its IoU with the part is at least ``min_overlap``; else the
    part stays as it was.

    Raises:
        ValueError: the answer has no mask, or the frame is of another size.
    """
    if answer.mask is None:
        raise ValueError(f"answer: {answer.status.name} has no mask ({answer.status_text})")
    parts = connected_parts(answer.mask, min_area_px=min_area_px)
    if frame is None or not parts:
        return parts
    if frame.size_hw != answer.mask.shape:
        raise ValueError(f"frame: is {frame.size_hw}, but the answer's mask is {answer.mask.shape}")
    encoded, _ = frame.encoded()
    decoded = frame.model.backend.decode_boxes(encoded, _canvas_boxes(parts, frame))
    refined = []
    for part, logits_khw in zip(parts, decoded.logits_nkhw, strict=True):
        masks = [to_image(logits_hw, frame.letterbox, "corrected") > 0.0 for logits_hw in logits_khw]
        overlaps = [_iou(mask, part.mask) for mask in masks]
        best = int(np.argmax(overlaps))
        is_drawn = overlaps[best] >= min_overlap and bool(masks[best].any())
        refined.append(_described(masks[best]) if is_drawn else part)
    return refined


def _canvas_boxes(parts: list[Instance], frame: NetFrame) -> NDArray[np.float32]:
    """Boxes (x0, y0, x1, y1) in pixels of the letterboxed canvas."""
    letterbox = frame.letterbox
    (height, width), (top, left) = letterbox.inner_hw, letterbox.top_left
    scale_x, scale_y = width / letterbox.image_width, height / letterbox.image_height
    boxes = [
        (left + x * scale_x, top + y * scale_y, left + (x + w) * scale_x, top + (y + h) * scale_y)
        for x, y, w, h in (part.box_xywh for part in parts)
    ]
    return np.asarray(boxes, np.float32)


def _described(mask: MaskHW) -> Instance:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x, y = int(cols[0]), int(rows[0])
    box = (x, y, int(cols[-1]) - x + 1, int(rows[-1]) - y + 1)
    return Instance(mask=mask, box_xywh=box, area_px=int(np.count_nonzero(mask)), is_refined=True)


def _iou(one: MaskHW, other: MaskHW) -> float:
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 0.0
