"""Level rectangles of furniture on which things may stand, and what each is for."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EDGES = frozenset({"x-", "x+", "y-", "y+"})


class RegionKind(enum.Enum):
    """What a region is for."""

    STAND = "stand"
    """A worktop, a board, a seat of a cart, the floor: things may stand here."""
    HOT = "hot"
    """A burner: made for hot pots; whatever burns or melts does not belong here."""
    WET = "wet"
    """The floor of a basin: water runs here."""
    WALKWAY = "walkway"
    """A marked lane that people and robots pass along; it has to stay free."""
    INSIDE = "inside"
    """The floor of a container such as a drawer; its walls stand round it."""


@dataclass(frozen=True)
class Region:
    """A level rectangle of a fixture, in the world frame (metres, z up).

    Attributes:
        name: what people call it, such as "the worktop left of the sink"; unique within a world.
        fixture: object number of the furniture it belongs to.
        part: name of that object's part whose upper side it is.
        centre: (x, y, z) of its middle; z is the height of the surface.
        half_x, half_y: half sizes along its own axes.
        yaw: turn of its axes about z, radians.
        clearance_m: free height above it; ``math.inf`` under the open sky.
        free_edges: its sides ("x-", "x+", "y-", "y+", in its own axes) where a thing that is pushed
            over the side falls: neither wall nor further surface follows.
        kind: what it is for.
    """

    name: str
    fixture: int
    part: str
    centre: tuple[float, float, float]
    half_x: float
    half_y: float
    yaw: float = 0.0
    clearance_m: float = math.inf
    free_edges: frozenset[str] = frozenset()
    kind: RegionKind = RegionKind.STAND

    def __post_init__(self) -> None:
        if min(self.half_x, self.half_y) <= 0:
            raise ValueError(f"half_x, half_y: region {self.name!r} needs positive sizes")
        if not self.free_edges <= EDGES:
            raise ValueError(f"free_edges: {sorted(self.free_edges - EDGES)} are none of {sorted(EDGES)}")

    def to_local(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points (N, 2) or (N, 3) to (N, 2) in the region's own axes, metres from its middle."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        local: NDArray[np.float64] = (points[:, :2] - np.array(self.centre[:2])) @ np.array([[c, -s], [s, c]])
        return local

    def to_world(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) points in its own axes to (N, 3) world points on the surface."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        flat = local @ np.array([[c, s], [-s, c]]) + np.array(self.centre[:2])
        return np.column_stack([flat, np.full(len(flat), self.centre[2])])

    def contains(self, points: NDArray[np.float64], *, margin_m: float = 0.0) -> NDArray[np.bool_]:
        """For each world point (N, 2 or 3), whether it lies over the rectangle shrunk by the margin."""
        local = np.abs(self.to_local(points))
        inside: NDArray[np.bool_] = (local[:, 0] <= self.half_x - margin_m) & (
            local[:, 1] <= self.half_y - margin_m
        )
        return inside

    def corners(self) -> NDArray[np.float64]:
        """(4, 3) corners in the world, counter-clockwise seen from above."""
        x, y = self.half_x, self.half_y
        return self.to_world(np.array([[-x, -y], [x, -y], [x, y], [-x, y]]))
