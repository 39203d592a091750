"""What else could carry a mask on: measured beside the tracker by ``tracking.py``. Nothing here is used."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH = 320


class Follower(Protocol):
    """Starts on an answered frame, and is given every frame after it."""

    def start(self, rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
        """An answer."""

    def step(self, rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """The mask in the next frame."""


class Hold:
    """The mask stays where it was."""

    def start(self, rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
        """An answer."""
        self._mask = mask

    def step(self, rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """The same mask."""
        return self._mask


class DenseFlow:
    """DIS optical flow from frame to frame at 320 pixels; the ways are added up, the mask is warped once."""

    def __init__(self, preset: int) -> None:
        self._flow = cv2.DISOpticalFlow_create(preset)

    def start(self, rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
        """An answer."""
        self._grey, self._mask = _grey(rgb), mask
        h, w = self._grey.shape
        x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
        self._pixels = np.dstack([x, y])
        self._from = self._pixels.copy()

    def step(self, rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """The warped mask."""
        grey = _grey(rgb)
        flow = self._flow.calc(grey, self._grey, None)
        self._grey = grey
        self._from = cv2.remap(
            self._from, self._pixels + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        h, w = self._mask.shape
        came_from = cv2.resize(self._from, (w, h)) * np.float32(w / grey.shape[1])
        soft = cv2.remap(self._mask.astype(np.float32), came_from, None, cv2.INTER_LINEAR)
        return np.asarray(soft > 0.5)


class SparsePoints:
    """Corners in the mask, Lucas-Kanade there and back from frame to frame, the motion most of them share."""

    def __init__(self, *, affine: bool) -> None:
        self._fit: Any = cv2.estimateAffine2D if affine else cv2.estimateAffinePartial2D

    def start(self, rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
        """An answer."""
        self._grey, self._mask = _grey(rgb), mask.astype(np.float32)
        self._motion = np.eye(3)

    def step(self, rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """The mask, moved."""
        grey = _grey(rgb)
        scale = grey.shape[1] / rgb.shape[1]
        small = np.diag([scale, scale, 1.0])
        size = (grey.shape[1], grey.shape[0])
        on = cv2.warpAffine(self._mask, (small @ self._motion)[:2], size) > 0.5
        on_u8 = cv2.dilate(on.astype(np.uint8), np.ones((3, 3), dtype=np.uint8))
        start = cv2.goodFeaturesToTrack(self._grey, 80, 0.01, 3, mask=on_u8)
        if start is not None and len(start) >= 3:
            options: dict[str, Any] = {"winSize": (15, 15), "maxLevel": 4}
            end, found, _ = cv2.calcOpticalFlowPyrLK(self._grey, grey, start, None, **options)
            back, returned, _ = cv2.calcOpticalFlowPyrLK(grey, self._grey, end, None, **options)
            good = (found[:, 0] > 0) & (returned[:, 0] > 0)
            good &= np.linalg.norm((back - start)[:, 0], axis=1) < 1.0
            if np.count_nonzero(good) >= 3:
                motion, _ = self._fit(start[good], end[good], method=cv2.RANSAC, ransacReprojThreshold=1.5)
                if motion is not None and np.isfinite(motion).all():
                    step = np.linalg.inv(small) @ np.vstack([motion, [0, 0, 1]]) @ small
                    self._motion = step @ self._motion
        self._grey = grey
        h, w = self._mask.shape
        return np.asarray(cv2.warpAffine(self._mask, self._motion[:2], (w, h)) > 0.5)


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    share = WIDTH / grey.shape[1]
    if share < 1:
        grey = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8)


OTHERS = {
    "mask stays": Hold,
    "dense flow, DIS ultrafast": lambda: DenseFlow(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST),
    "dense flow, DIS medium": lambda: DenseFlow(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM),
    "points, similarity": lambda: SparsePoints(affine=False),
    "points, affine": lambda: SparsePoints(affine=True),
}
