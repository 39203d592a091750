"""What a trial needs to know of a scene: so little that a test can build it by hand."""

from __future__ import annotations

from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class TrialWorld(Protocol):
    """A scene at rest; ``World`` is one.

    The body of object i is named ``object{i}``; it has a free joint, or none where it is furniture.
    ``data`` is at rest and up to date (``mj_forward`` was called). No trial ever changes either.
    """

    @property
    def model(self) -> mujoco.MjModel:
        """The compiled scene."""

    @property
    def data(self) -> mujoco.MjData:
        """Its state at rest."""

    @property
    def geom_owner(self) -> NDArray[np.int32]:
        """Object number of each geom; negative where it belongs to no object."""

    @property
    def geom_part(self) -> NDArray[np.int32]:
        """Part number of each geom within its object; -1 where it is of no part."""


class LevelRegion(Protocol):
    """A level rectangle on which things may stand; ``Region`` is one."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def centre(self) -> tuple[float, float, float]:
        """Its middle, world metres."""

    @property
    def half_x(self) -> float:
        """Half length along its own x axis, metres."""

    @property
    def half_y(self) -> float:
        """Half length along its own y axis, metres."""

    @property
    def yaw(self) -> float:
        """Turn about z, radians."""

    @property
    def clearance_m(self) -> float:
        """Free height above it, metres."""
