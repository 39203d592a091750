"""Oriented boxes round points: by principal axes, or standing on a plane with the smallest area."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.support import PointsN3, SupportPlane


class BoxMethod(StrEnum):
    """How a box was found."""

    SUPPORT = "support"
    PRINCIPAL_AXES = "principal_axes"


@dataclass(frozen=True, kw_only=True, eq=False)
class OrientedBox:
    """A box in the camera's optical frame.

    Attributes:
        centre_m: (3,) metres.
        size_m: (3,) side lengths along its own axes, metres.
        rotation: (3, 3); its columns are the box's axes, right-handed. On a support plane the third is the
            plane's normal and the first lies along the longer side of the footprint.
        method: how it was found.
        is_completed: the unseen side was completed by symmetry.
        reaches_support: its lower face was put on the support plane.
    """

    centre_m: NDArray[np.float64]
    size_m: NDArray[np.float64]
    rotation: NDArray[np.float64]
    method: BoxMethod
    is_completed: bool = False
    reaches_support: bool = False

    def corners(self) -> NDArray[np.float64]:
        """(8, 3) metres."""
        signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
        placed: NDArray[np.float64] = (signs * self.size_m) @ self.rotation.T + self.centre_m
        return placed

    def quaternion_xyzw(self) -> tuple[float, float, float, float]:
        """The rotation as ROS writes it."""
        return quaternion_xyzw(self.rotation)


def quaternion_xyzw(rotation: NDArray[Any]) -> tuple[float, float, float, float]:
    """Unit quaternion of a (3, 3) rotation, w not negative (Shepperd's method: the largest term first)."""
    m = np.asarray(rotation, np.float64)
    trace = float(np.trace(m))
    candidates = np.array([m[0, 0], m[1, 1], m[2, 2], trace])
    k = int(np.argmax(candidates))
    q = np.empty(4)
    if k == 3:
        q[:3] = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
        q[3] = 1 + trace
    else:
        i, j, l = k, (k + 1) % 3, (k + 2) % 3  # noqa: E741
        q[i] = 1 - trace + 2 * m[i, i]
        q[j], q[l] = m[j, i] + m[i, j], m[l, i] + m[i, l]
        q[3] = m[l, j] - m[j, l]
    q /= np.linalg.norm(q)
    x, y, z, w = (float(value) for value in (q if q[3] >= 0 else -q))
    return x, y, z, w


def principal_box(points: PointsN3, *, tail: float = 0.002, pad_m: float = 0.0) -> OrientedBox:
    """The box along the principal axes of the points, longest side first."""
    centre = points.mean(axis=0)
    axes = np.linalg.eigh(np.cov((points - centre).T))[1][:, ::-1]
    if np.linalg.det(axes) < 0:
        axes[:, 2] *= -1
    local = (points - centre) @ axes
    low, high = _extent(local, tail)
    return OrientedBox(
        centre_m=centre + axes @ ((low + high) / 2),
        size_m=high - low + pad_m,
        rotation=axes,
        method=BoxMethod.PRINCIPAL_AXES,
    )


def standing_box(
    points: PointsN3,
    plane: SupportPlane,
    *,
    tail: float = 0.002,
    pad_m: float = 0.0,
    max_gap_m: float = 0.01,
    is_foot_hidden: bool = False,
    is_completed: bool = False,
) -> OrientedBox:
    """The upright box with the smallest footprint; it reaches down to the plane where nothing speaks against.

    Args:
        points: (N, 3) metres.
        plane: what they stand on.
        tail: share of the points that may lie outside at each end: noise.
        pad_m: added to the sides of the footprint and half of it to the top: a surface ends up to a pixel
            beyond the centre of its last pixel, half a pixel on average.
        max_gap_m: largest gap under the points, metres, that is taken for a hidden part that reaches the
            plane.
        is_foot_hidden: nothing was seen between the points and the plane, so they may reach it over any gap.
        is_completed: noted in the result.
    """
    axes = plane.axes()
    local = points @ axes.T
    flat = local[:, :2] - local[:, :2].mean(axis=0)
    angle = _smallest_area_angle(flat, tail)
    turned = flat @ _turn(angle).T
    low, high = _extent(turned, tail)
    if (high - low)[0] < (high - low)[1]:
        angle += np.pi / 2
        turned = flat @ _turn(angle).T
        low, high = _extent(turned, tail)
    in_plane = _turn(angle) @ axes[:2]
    heights = plane.heights(points)
    bottom, top = (float(value) for value in np.quantile(heights, (tail, 1 - tail)))
    top += pad_m / 2
    reaches = is_foot_hidden or bottom <= max_gap_m
    bottom = 0.0 if reaches else bottom
    top = max(top, bottom + 1e-4)
    rotation = np.column_stack([in_plane[0], in_plane[1], plane.normal])
    middle = (low + high) / 2 + _turn(angle) @ local[:, :2].mean(axis=0)
    height = (bottom + top) / 2 + plane.offset_m
    return OrientedBox(
        centre_m=middle[0] * in_plane[0] + middle[1] * in_plane[1] + height * plane.normal,
        size_m=np.array([*(high - low + pad_m), top - bottom]),
        rotation=rotation,
        method=BoxMethod.SUPPORT,
        is_completed=is_completed,
        reaches_support=reaches,
    )


def _turn(angle: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, sine], [-sine, cosine]])


def _extent(local: NDArray[np.float64], tail: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.quantile(local, (tail, 1 - tail), axis=0)
    return low, high


def _smallest_area_angle(flat: NDArray[np.float64], tail: float) -> float:
    """Angle in [0, pi / 2) of the rectangle of the smallest area, to a quarter of a degree."""

    def areas(angles: NDArray[np.float64]) -> NDArray[np.float64]:
        directions = np.concatenate([np.stack([np.cos(angles), np.sin(angles)]),
                                     np.stack([-np.sin(angles), np.cos(angles)])], axis=1)  # fmt: skip
        low, high = _extent(flat @ directions, tail)
        sides = (high - low).reshape(2, -1)
        product: NDArray[np.float64] = sides[0] * sides[1]
        return product

    coarse = np.radians(np.arange(0.0, 90.0, 3.0))
    best = float(coarse[int(np.argmin(areas(coarse)))])
    fine = best + np.radians(np.arange(-3.0, 3.01, 0.25))
    return float(fine[int(np.argmin(areas(fine)))]) % (np.pi / 2)
