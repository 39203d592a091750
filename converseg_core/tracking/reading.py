"""What a network makes of the same evidence: for each pixel of a straightened frame whether it is the target.

It sees the frame, the target's own picture and what is behind it, all straightened, where the outline was
expected, how each pixel fits, and what colours alone say (``planes``). It was trained on simulated sequences
(``converseg_training.tracking``), and nothing of it depends on what the target is.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from converseg_core.tracking.affine import Affine
from converseg_core.tracking.background import Behind
from converseg_core.tracking.colours import FloatCHW, FloatHW
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.outline import LIMIT, ByColours
from converseg_core.tracking.template import Likeness, MaskHW, Template

GRAPH = Path(__file__).with_name("network") / "pixels.onnx"


class Plane(IntEnum):
    """Which plane says what; those of colours are three."""

    FRAME = 0
    TARGET = 3
    BEHIND = 6
    BEHIND_KNOWN = 9
    BEHIND_SHOWS = 10
    FROM_ANSWERED = 11
    FROM_EXPECTED = 12
    OFF = 13
    HIDDEN = 14
    INSIDE = 15
    OF_NEAR = 16
    OF_ALL = 17
    SHOWN = 18
    SHOWN_BEFORE = 19
    SEEN = 20
    DRIFT = 21
    FOLLOWING = 22
    MOVED = 23


NUM_PLANES = 24
MULTIPLE = 8
"""Sides of what the network takes are multiples of this."""

_FULL_COLOUR, _FAR_PX = 128.0, 12.0


class PixelReader(Protocol):
    """Tells the target's pixels.

    Attributes:
        finds_again: whether it is to be asked about a target that colours say is lost.
    """

    finds_again: bool

    def __call__(self, planes: FloatCHW, frame: SmallFrame, pose: Affine) -> FloatHW:
        """From planes (``NUM_PLANES``, h, w) to a soft mask (h, w) of what is in sight.

        The frame, and the pose of the planes in it, are for whoever compares with the truth.
        """


def planes(
    template: Template,
    now: Likeness,
    hidden: MaskHW,
    said: ByColours,
    behind: Behind | None,
    shown_before: FloatHW,
    *,
    seen: float,
    drift: float,
    following: bool,
    moved: bool,
) -> FloatCHW:
    """(``NUM_PLANES``, h, w) float32 in [-1, 1]: all that is known of each pixel.

    Args:
        template: the target's own picture.
        now: the frame, straightened and compared with it.
        hidden: (h, w) what of the template is not seen.
        said: what colours alone say.
        behind: what is behind the target, as far as that is known.
        shown_before: (h, w) soft mask of what was in sight in the frame before.
        seen, drift: of the whole, as in ``TargetState``.
        following: whether the target was followed in the frame before.
        moved: whether it left the place where it was answered.
    """
    out = np.zeros((NUM_PLANES, *said.shown.shape), dtype=np.float32)
    np.multiply(said.picture, 1 / _FULL_COLOUR, out=_colours(out, Plane.FRAME))
    np.multiply(template.looks.picture, 1 / _FULL_COLOUR, out=_colours(out, Plane.TARGET))
    if behind is not None:
        weight = behind.known * np.float32(1 / _FULL_COLOUR)
        np.multiply(behind.picture, weight, out=_colours(out, Plane.BEHIND))
        out[Plane.BEHIND_KNOWN] = behind.known
        out[Plane.BEHIND_SHOWS] = np.maximum(behind.shows, 0.5 * behind.shaded)
    out[Plane.FROM_ANSWERED] = template.looks.distance * (1 / _FAR_PX)
    out[Plane.FROM_EXPECTED] = said.distance * (1 / _FAR_PX)
    out[Plane.OFF], out[Plane.HIDDEN], out[Plane.INSIDE] = now.off, hidden, now.inside
    out[Plane.OF_NEAR], out[Plane.OF_ALL] = said.of_near * (1 / LIMIT), said.of_all * (1 / LIMIT)
    out[Plane.SHOWN], out[Plane.SHOWN_BEFORE] = said.shown, shown_before
    out[Plane.SEEN], out[Plane.DRIFT] = seen, drift
    out[Plane.FOLLOWING], out[Plane.MOVED] = following, moved
    np.clip(out, -1.0, 1.0, out=out)
    return out


def _colours(planes: FloatCHW, first: Plane) -> FloatCHW:
    return planes[first : first + 3]


class ColoursAlone:
    """What colours say, and no more: what the network starts from, and is measured against."""

    finds_again = False

    def __call__(self, planes: FloatCHW, frame: SmallFrame, pose: Affine) -> FloatHW:
        """(h, w) soft mask of what is in sight."""
        return np.array(planes[Plane.SHOWN], dtype=np.float32)


class PixelNetwork:
    """The network itself, in one thread: that of the caller. Any number of threads may call it."""

    finds_again = True

    def __init__(self, path: Path = GRAPH) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def __call__(self, planes: FloatCHW, frame: SmallFrame, pose: Affine) -> FloatHW:
        """(h, w) soft mask of what is in sight."""
        num, h, w = planes.shape
        height, width = -h % MULTIPLE + h, -w % MULTIPLE + w
        padded = np.zeros((1, num, height, width), dtype=np.float32)
        padded[0, :, :h, :w] = planes
        (shown,) = self._session.run(None, {"planes": padded})
        return np.asarray(shown[0, 0, :h, :w], dtype=np.float32)


@cache
def shipped_network() -> PixelNetwork:
    """The network that comes with the package; loaded once."""
    return PixelNetwork()
