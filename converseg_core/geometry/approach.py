"""From where a hand could come: a suggestion for a grasp planner, not a grasp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.boxes import OrientedBox
from converseg_core.geometry.support import PointsN3, SupportPlane

_CLEAR_POINTS = 4
_GROUND_M = 0.01
_TALL = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Approach:
    """A direction to move along towards a target.

    Attributes:
        direction: (3,) unit vector in the optical frame; a hand moves along it towards the box's centre.
        name: ``above``, ``side`` or ``front`` (no support plane is known).
        is_clear: no part of the scene was seen in the way.
        opening_m: the smaller side of the box across the direction: what a gripper must span.
    """

    direction: NDArray[np.float64]
    name: str
    is_clear: bool
    opening_m: float


def suggest_approach(
    box: OrientedBox,
    plane: SupportPlane | None,
    scene: PointsN3,
    *,
    max_opening_m: float = 0.085,
    corridor_m: float = 0.12,
    margin_m: float = 0.02,
) -> Approach:
    """The best of: from above, and straight at each upright face of the box that the camera sees.

    A direction with a free way goes first, then one across which the box fits into the gripper, then the
    usual one: from above, but from the side for things twice as tall as wide.

    Args:
        box: of the target.
        plane: what it stands on; None: only the face turned most to the camera is considered.
        scene: (N, 3) points of the scene without the target, metres.
        max_opening_m: of the gripper.
        corridor_m, margin_m: length of the way that is looked at, and what is added on its sides.
    """
    if plane is None:
        facing = -np.sign(box.centre_m @ box.rotation) * box.rotation
        axis = int(np.argmin(box.centre_m @ facing))
        return _judged(box, axis, facing[:, axis], "front", scene, corridor_m, margin_m)
    free = scene[plane.heights(scene) > _GROUND_M] if len(scene) else scene
    found = [_judged(box, 2, plane.normal, "above", free, corridor_m, margin_m)]
    for axis in (0, 1):
        outward = box.rotation[:, axis]
        outward = outward if float(outward @ box.centre_m) < 0 else -outward
        found.append(_judged(box, axis, outward, "side", free, corridor_m, margin_m))
    usual = "side" if box.size_m[2] > _TALL * box.size_m[1] else "above"

    def rank(approach: Approach) -> tuple[bool, bool, bool, float]:
        # Of two faces the one that looks more at the camera: its way was seen best.
        towards = float(approach.direction @ box.centre_m)
        return (
            not approach.is_clear,
            approach.opening_m > max_opening_m,
            approach.name != usual,
            -towards,
        )

    return min(found, key=rank)


def _judged(
    box: OrientedBox,
    axis: int,
    outward: NDArray[np.float64],
    name: str,
    scene: PointsN3,
    corridor_m: float,
    margin_m: float,
) -> Approach:
    others = [k for k in range(3) if k != axis]
    num_in_way = 0
    if len(scene):
        local = (scene - box.centre_m) @ box.rotation
        ahead = (scene - box.centre_m) @ outward - box.size_m[axis] / 2
        in_way = (ahead > 0) & (ahead < corridor_m)
        for k in others:
            in_way &= np.abs(local[:, k]) < box.size_m[k] / 2 + margin_m
        num_in_way = int(np.count_nonzero(in_way))
    return Approach(
        direction=-outward,
        name=name,
        is_clear=num_in_way <= _CLEAR_POINTS,
        opening_m=float(min(box.size_m[k] for k in others)),
    )
