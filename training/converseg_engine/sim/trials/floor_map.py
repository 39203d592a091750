"""What stands in the way on a level region, drawn as a map of small cells."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.shapes import bounds, level_outline
from converseg_engine.sim.trials.subject import LevelRegion

CELL_M = 0.01
MAX_CELLS = 600
"""Longest side of a map; larger regions get larger cells."""
_SHIFT = 4

MaskHW = NDArray[np.bool_]


class FloorMap:
    """A region's rectangle as a grid; row = own y axis, column = own x axis.

    Args:
        bench: the shapes.
        region: the rectangle.
        low_m, high_m: only what reaches into this layer above the surface counts, metres.
    """

    def __init__(self, bench: Bench, region: LevelRegion, *, low_m: float, high_m: float) -> None:
        self._bench, self._region = bench, region
        self.cell_m = max(CELL_M, 2 * max(region.half_x, region.half_y) / MAX_CELLS)
        self.shape = (
            max(1, round(2 * region.half_y / self.cell_m)),
            max(1, round(2 * region.half_x / self.cell_m)),
        )
        self._low, self._high = region.centre[2] + low_m, region.centre[2] + high_m
        c, s = math.cos(region.yaw), math.sin(region.yaw)
        self._turn = np.array([[c, -s], [s, c]])

    def covered(self, index: int) -> MaskHW:
        """(H, W) cells that one object takes."""
        canvas = np.zeros(self.shape, dtype=np.uint8)
        for geom in np.flatnonzero(self._bench.owner == index):
            low, high = bounds(self._bench.model, self._bench.data, [int(geom)])
            if high[2] <= self._low or low[2] >= self._high:
                continue
            outline = level_outline(self._bench.model, self._bench.data, int(geom))
            local = (outline - np.array(self._region.centre[:2])) @ self._turn
            local += np.array([self._region.half_x, self._region.half_y])
            pixels = np.clip(local / self.cell_m - 0.5, -1000, 3000)
            fixed = np.round(pixels * (1 << _SHIFT)).astype(np.int32)
            cv2.fillConvexPoly(canvas, cv2.convexHull(fixed), 1, lineType=cv2.LINE_8, shift=_SHIFT)
        return canvas.astype(np.bool_)

    def to_world(self, row: float, column: float) -> tuple[float, float, float]:
        """The world place of a cell's middle, on the surface, metres."""
        local = (np.array([column, row]) + 0.5) * self.cell_m
        local -= np.array([self._region.half_x, self._region.half_y])
        x, y = self._turn @ local + np.array(self._region.centre[:2])
        return float(x), float(y), float(self._region.centre[2])


def room_m(free: MaskHW, cell_m: float, *, closed: bool = True) -> NDArray[np.float64]:
    """(H, W) distance of each free cell's middle from what is taken, metres.

    Args:
        free: cells that nothing takes.
        cell_m: side of a cell.
        closed: whether the rim of the map counts as taken.
    """
    padded = np.pad(free, 1, constant_values=not closed).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    # From the middle of a cell to the middle of the next taken one; its near side is half a cell closer.
    return np.maximum(0.0, (distance.astype(np.float64) - 0.5) * cell_m)
