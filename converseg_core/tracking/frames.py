"""Frames as the tracker keeps them: small, stamped, and no more of them than memory is set aside for."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC, check_image
from converseg_core.tracking.affine import Affine, scaling
from converseg_core.tracking.settings import TrackerSettings

GreyHW = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SmallFrame:
    """One camera frame, reduced once, for all targets.

    Attributes:
        stamp_ns: of the camera, nanoseconds.
        size_hw: of the camera's own picture, pixels.
        rgb: (h, w, 3) uint8, reduced to ``TrackerSettings.max_side_px``; (h, w, 4) in ``for_warping``.
        grey: (g, k) uint8, reduced to ``TrackerSettings.flow_side_px``.
    """

    stamp_ns: int
    size_hw: tuple[int, int]
    rgb: ImageHWC
    grey: GreyHW

    @classmethod
    def of(cls, image: ImageHWC, *, stamp_ns: int, settings: TrackerSettings) -> SmallFrame:
        """Reduce an (H, W, 3) uint8 RGB image; it is copied, never kept.

        Raises:
            ValueError: what ``check_image`` refuses.
        """
        check_image(image)
        rgb = _reduced(image, settings.max_side_px)
        if rgb is image:
            rgb = image.copy()
        grey = _reduced(
            np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8), settings.flow_side_px
        )
        return cls(stamp_ns, (image.shape[0], image.shape[1]), rgb, grey)

    def for_warping(self) -> SmallFrame:
        """The same with a fourth value in each pixel, which means nothing: OpenCV warps four faster."""
        return replace(self, rgb=np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2RGBA), dtype=np.uint8))

    @property
    def num_bytes(self) -> int:
        """Memory of both pictures."""
        return self.rgb.nbytes + self.grey.nbytes

    @property
    def to_full(self) -> Affine:
        """From pixels of ``rgb`` to pixels of the camera's own picture."""
        return scaling(self.size_hw[1] / self.rgb.shape[1], self.size_hw[0] / self.rgb.shape[0])

    @property
    def to_grey(self) -> Affine:
        """From pixels of ``rgb`` to pixels of ``grey``."""
        return scaling(self.grey.shape[1] / self.rgb.shape[1], self.grey.shape[0] / self.rgb.shape[0])


def _reduced(image: NDArray[np.uint8], max_side_px: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    share = max_side_px / max(height, width)
    if share >= 1:
        return image
    size = max(1, round(width * share)), max(1, round(height * share))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


class FrameHistory:
    """The last few seconds of one camera, oldest first; safe to fill and read from different threads.

    Memory is bounded twice: by age and by bytes. Where the bytes do not suffice for the age, every second
    frame goes rather than all the old ones, so that a slow model still finds a way to the present. The
    newest frame is always there.
    """

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self._settings = settings or TrackerSettings()
        self._lock = threading.Lock()
        self._frames: list[SmallFrame] = []

    def push(self, frame: SmallFrame) -> None:
        """Add the newest frame. A stamp that goes back, or another size, starts the history anew."""
        keep = self._settings
        with self._lock:
            frames = self._frames
            if frames and (frame.stamp_ns <= frames[-1].stamp_ns or frame.size_hw != frames[-1].size_hw):
                frames.clear()
            # The last frame gives way to a newer one while it is too close to the one before it.
            if len(frames) > 1 and frames[-1].stamp_ns - frames[-2].stamp_ns < keep.history_spacing_s * 1e9:
                frames.pop()
            frames.append(frame)
            oldest_ns = frame.stamp_ns - keep.history_s * 1e9
            while frames[0].stamp_ns < oldest_ns:
                frames.pop(0)
            while sum(one.num_bytes for one in frames) > keep.max_history_bytes and len(frames) > 2:
                del frames[-2::-2]

    def after(self, stamp_ns: int) -> list[SmallFrame]:
        """The frames later than a stamp, oldest first."""
        with self._lock:
            return [frame for frame in self._frames if frame.stamp_ns > stamp_ns]

    @property
    def newest(self) -> SmallFrame | None:
        """The last frame pushed."""
        with self._lock:
            return self._frames[-1] if self._frames else None

    @property
    def num_bytes(self) -> int:
        """Memory of all pictures kept."""
        with self._lock:
            return sum(frame.num_bytes for frame in self._frames)

    def __len__(self) -> int:
        with self._lock:
            return len(self._frames)

    def clear(self) -> None:
        """Forget all frames."""
        with self._lock:
            self._frames.clear()


def thinned(frames: list[SmallFrame], *, max_num: int) -> list[SmallFrame]:
    """At most ``max_num`` of the frames, evenly spread, the last always among them."""
    if len(frames) <= max_num:
        return frames
    picked = np.linspace(0, len(frames) - 1, max_num + 1).round().astype(int)[1:]
    return [frames[int(k)] for k in picked]
