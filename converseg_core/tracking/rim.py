"""The last pixel of a mask: its outline is moved to where the colours change in the frame itself.

The target's own picture may be coarser than the frame, and its outline is smoothed there. In the frame the
colours right inside and right outside tell for each pixel of the outline to which side it belongs.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_core.tracking.colours import FloatHW, in_colour_space, square, to_colour_space

MaskHW = NDArray[np.bool_]

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_NEAR_PX, _MARGIN_PX = 7, 5
_FEW = 0.02
"""Share of the pixels near one below which a side is not known there."""

_CONTRAST, _SPREAD_WEIGHT, _OFF_BOTH, _STEEPNESS = 8.0, 2.0, 15.0, 3.0
"""Colours that differ little, by less than either side does in itself, or by less than the pixel does from
both, say little."""

_SHARES = (0.4, 0.45, 0.5, 0.55, 0.6)
_FEWEST, _LEAST_SURE, _RIGHT_ABOVE = 40, 0.05, 0.75
"""What an answered mask says of its own edges: by so many pixels, so sure, and so often right."""


_AS_IT_IS, _PER_SOFT = 0.06, 0.5
"""What the mask itself says, against at most 1 of the colours: that it is as it is, and how far inside."""


@dataclass(frozen=True, eq=False)
class _Rim:
    """The pixels within one of a mask's outline, N of them, in the part of the picture round it.

    Attributes:
        area: the part, rows and columns.
        old: (h, w) uint8, the mask there.
        at: (N,) index of the pixels in it.
        share: (N,) how much of their colour is that of the inside.
        sure: (N,) in [0, 1], how much that says.
    """

    area: tuple[slice, slice]
    old: NDArray[np.uint8]
    at: NDArray[np.intp]
    share: NDArray[np.float32]
    sure: NDArray[np.float32]

    @property
    def is_in(self) -> NDArray[np.bool_]:
        """(N,) which of them the mask holds."""
        return np.asarray(self.old.reshape(-1)[self.at] > 0)


def edge_share(rgb: ImageHWC, mask: MaskHW) -> float | None:
    """From which share of the inside's colour on a pixel belongs to a mask (H, W) that is held to be right.

    A half, in a sharp picture. None where colours do not tell this mask from what is round it, or where it
    does not follow them.
    """
    if not mask.any():
        return None
    rim = _rim_of(rgb, mask)
    inside = rim.is_in
    total = float(rim.sure.sum())
    if len(rim.at) < _FEWEST or total < _LEAST_SURE * len(rim.at):
        return None
    right = [float(rim.sure[(rim.share > share) == inside].sum()) / total for share in _SHARES]
    best = int(np.argmax(right))
    return _SHARES[best] if right[best] > _RIGHT_ABOVE else None


def to_colour_edges(rgb: ImageHWC, mask: MaskHW, soft: FloatHW, *, share: float = 0.5) -> MaskHW:
    """A mask (H, W) of a picture (H, W, 3), with its outline moved by a pixel where the colours say so.

    ``soft`` (H, W) is 0.5 on the outline: the farther a pixel lies from it, the more colours must say.
    """
    if not mask.any():
        return mask
    rim = _rim_of(rgb, mask)
    evidence = np.zeros(rim.old.shape, dtype=np.float32)
    evidence.reshape(-1)[rim.at] = rim.sure * np.clip(_STEEPNESS * (rim.share - share), -1.0, 1.0)
    evidence = np.asarray(cv2.GaussianBlur(evidence, (3, 3), 0.5), dtype=np.float32)
    own = _PER_SOFT * (soft[rim.area].reshape(-1)[rim.at] - 0.5) + np.where(rim.is_in, _AS_IT_IS, -_AS_IT_IS)
    said = evidence.reshape(-1)[rim.at] + own
    new = rim.old.copy()
    new.reshape(-1)[rim.at] = said > 0
    out = mask.copy()
    out[rim.area] = new > 0
    return out


def _rim_of(rgb: ImageHWC, mask: MaskHW) -> _Rim:
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    top, left = max(0, y - _MARGIN_PX), max(0, x - _MARGIN_PX)
    area = slice(top, y + height + _MARGIN_PX), slice(left, x + width + _MARGIN_PX)
    old = mask[area].astype(np.uint8)
    inner = np.asarray(cv2.erode(old, _SQUARE), dtype=np.uint8)
    grown = np.asarray(cv2.dilate(old, _SQUARE), dtype=np.uint8)
    at = np.flatnonzero(inner != grown)
    colours = in_colour_space(rgb[area])
    squares = square(colours)
    inside, spread_inside, sure_inside = _near(rgb[area], squares, inner, at)
    outside, spread_outside, sure_outside = _near(rgb[area], squares, 1 - grown, at)
    here = colours.reshape(3, -1).take(at, axis=1)
    way, beyond = inside - outside, here - outside
    contrast = np.einsum("cn,cn->n", way, way)
    share = np.einsum("cn,cn->n", beyond, way) / np.maximum(contrast, 1.0)
    rest = beyond - np.clip(share, 0.0, 1.0) * way
    sure = contrast / (contrast + _CONTRAST**2)
    sure *= contrast / (contrast + _SPREAD_WEIGHT * (spread_inside + spread_outside) + 1e-6)
    sure *= np.exp(-np.einsum("cn,cn->n", rest, rest) / _OFF_BOTH**2) * (sure_inside & sure_outside)
    return _Rim(area, old, at, np.asarray(share, dtype=np.float32), np.asarray(sure, dtype=np.float32))


def _near(
    rgb: ImageHWC, squares: FloatHW, where: NDArray[np.uint8], at: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Of one side near each of N pixels: mean colour (3, N), spread (N,), and whether there is any (N,).

    ``squares`` (h, w) holds the squared length of each colour of the picture ``rgb`` (h, w, 3).
    """
    side = (_NEAR_PX, _NEAR_PX)
    num = cv2.boxFilter(where, cv2.CV_32F, side, normalize=False).reshape(-1).take(at)
    # Sums of whole numbers are faster, and colours are weighted where they are needed only.
    sums = (
        cv2.boxFilter(cv2.copyTo(rgb, where), cv2.CV_32F, side, normalize=False)
        .reshape(-1, 3)
        .take(at, axis=0)
    )
    sums_of_squares = cv2.blur(squares * where, side).reshape(-1).take(at) * _NEAR_PX**2
    share = 1.0 / np.maximum(num, 1.0)
    mean = np.asarray(to_colour_space(np.asarray(sums.T, dtype=np.float32)) * share, dtype=np.float32)
    spread = np.maximum(sums_of_squares * share - np.einsum("cn,cn->n", mean, mean), 0.0)
    return mean, np.asarray(spread, dtype=np.float32), np.asarray(num > _FEW * _NEAR_PX**2)
