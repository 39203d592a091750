"""The plane that a target stands on, found in the scene round it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PointsN3 = NDArray[np.float64]
"""(N, 3) metres in the camera's optical frame."""

_NUM_DRAWS = 160
_MAX_POINTS = 2500
_MAX_PLANES = 4
_MIN_INLIERS = 60
_MAX_TILT_COS = float(np.cos(np.radians(38.0)))
"""Noise turns the normals of small patches by so much; a rim or an edge has normals all round."""
_MIN_NEAR = 12
_UP_GUESS = np.array([0.0, -1.0, 0.0])
_SIDEWAYS_COST_M = 0.02
"""How much nearer a wall must be than a floor to be taken for the support, where up is not known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SupportPlane:
    """A plane seen from above: the points p with ``normal @ p == offset_m``.

    Attributes:
        normal: (3,) unit vector; the camera lies on its side.
        offset_m: signed distance of the plane from the camera along the normal (negative).
        num_inliers: scene points on it.
        spread_m: root mean square distance of these from it.
    """

    normal: NDArray[np.float64]
    offset_m: float
    num_inliers: int
    spread_m: float

    def heights(self, points: PointsN3) -> NDArray[np.float64]:
        """(N,) metres above the plane."""
        above: NDArray[np.float64] = points @ self.normal - self.offset_m
        return above

    def axes(self) -> NDArray[np.float64]:
        """(3, 3) rows: two directions in the plane, the first along the picture's rows, and the normal."""
        right = np.array([1.0, 0.0, 0.0]) - self.normal[0] * self.normal
        if np.linalg.norm(right) < 1e-3:
            right = np.array([0.0, 1.0, 0.0]) - self.normal[1] * self.normal
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(self.normal, right), self.normal])


_ELSEWHERE_COST_M = 0.02
"""How much nearer a plane must be that none of the points round the target lies on."""


def surface_normals(cloud: NDArray[np.floating], *, step_px: int = 3) -> NDArray[np.float64]:
    """(H, W, 3) unit normals of an ordered cloud, turned to the camera; NaN at rims and where depth lacks.

    Args:
        cloud: (H, W, 3) metres; invalid points are NaN.
        step_px: the differences are taken over twice as many pixels.
    """
    wide = np.pad(cloud.astype(np.float64), ((step_px,) * 2, (step_px,) * 2, (0, 0)), constant_values=np.nan)
    inner = slice(step_px, -step_px)
    along = wide[inner, 2 * step_px :] - wide[inner, : -2 * step_px]
    down = wide[2 * step_px :, inner] - wide[: -2 * step_px, inner]
    normals = np.cross(down, along)
    with np.errstate(invalid="ignore", divide="ignore"):
        normals /= np.linalg.norm(normals, axis=2, keepdims=True)
        away = np.einsum("ijk,ijk->ij", normals, cloud) > 0
    normals[away] *= -1
    return normals


def find_support(
    scene: PointsN3,
    normals: PointsN3,
    target: PointsN3,
    *,
    near: NDArray[np.bool_],
    up: NDArray[np.float64] | None = None,
    max_gap_m: float = 0.03,
    seed: int = 0,
) -> SupportPlane | None:
    """The plane in ``scene`` that ``target`` stands on, or None where there is none.

    RANSAC finds the largest planes one after the other, from points whose surface lies in the plane. Of
    those that have the whole target above them and reach its foot, the one is taken that the target comes
    nearest to.

    Args:
        scene: points round the target, without it.
        normals: (N, 3) unit normals of their surfaces.
        target: the target's points.
        near: (N,) True for the points of the scene next to the target in the picture; half of the sample
            is taken from them, and a plane that they lie on is the likelier.
        up: (3,) against gravity in the optical frame, where it is known; planes tilted by more than 30
            degrees are then left out. Else a level camera is guessed, which only breaks near ties.
        max_gap_m: largest distance from the plane to the lowest part of the target that is seen; one and
            a half times the height of what is seen of it is allowed too, for its lower part may be hidden.
        seed: of the draws; the same input gives the same plane.
    """
    if len(scene) < _MIN_INLIERS or len(target) < 3:
        return None
    rng = np.random.default_rng(seed)
    chosen = np.concatenate([_sample(rng, np.flatnonzero(near)), _sample(rng, np.flatnonzero(~near))])
    left, left_normals, is_near = scene[chosen], normals[chosen], near[chosen]
    num_near = max(1, int(np.count_nonzero(is_near)))
    tolerance = max(0.003, 0.006 * float(np.median(target[:, 2])))
    best: SupportPlane | None = None
    best_cost = np.inf
    num_first = len(left)
    for _ in range(_MAX_PLANES):
        if len(left) < max(_MIN_INLIERS, 0.04 * num_first):
            break
        plane, is_on = _largest_plane(left, left_normals, tolerance, rng)
        if plane is None:
            break
        cost = _cost(plane, target, tolerance, up, max_gap_m)
        cost += _ELSEWHERE_COST_M * (1.0 - np.count_nonzero(is_near & is_on) / num_near)
        if cost < best_cost and not _reaches(plane, left[is_on], target):
            cost = np.inf
        left, left_normals, is_near = left[~is_on], left_normals[~is_on], is_near[~is_on]
        if cost < best_cost:
            best, best_cost = plane, cost
    return best


def _sample(rng: np.random.Generator, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    half = _MAX_POINTS // 2
    return numbers if len(numbers) <= half else rng.choice(numbers, half, replace=False)


def _cost(
    plane: SupportPlane,
    target: PointsN3,
    tolerance: float,
    up: NDArray[np.float64] | None,
    max_gap_m: float,
) -> float:
    """How badly the target stands on a plane, metres; infinite where it can't."""
    if up is not None and float(plane.normal @ up) < np.cos(np.radians(30)):
        return np.inf
    heights = plane.heights(target)
    if float(np.mean(heights < -tolerance)) > 0.02:
        return np.inf
    low, high = np.quantile(heights, (0.02, 0.98))
    if low > max(max_gap_m, 1.5 * float(high - low)):
        return np.inf
    sideways = 0.0 if up is not None else _SIDEWAYS_COST_M * (1.0 - float(plane.normal @ _UP_GUESS))
    return abs(float(low)) + sideways


def _reaches(plane: SupportPlane, on_plane: PointsN3, target: PointsN3) -> bool:
    """Whether the plane was seen near the target's foot, and not just somewhere at the same height."""
    axes = plane.axes()[:2]
    foot = target[:: max(1, len(target) // 150)] @ axes.T
    around = on_plane[:: max(1, len(on_plane) // 600)] @ axes.T
    reach = max(0.03, 0.25 * float(np.ptp(foot, axis=0).max()))
    gaps = np.sqrt(((around[:, None] - foot[None]) ** 2).sum(axis=2)).min(axis=1)
    return int(np.count_nonzero(gaps < reach)) >= _MIN_NEAR


def _largest_plane(
    points: PointsN3, own_normals: PointsN3, tolerance: float, rng: np.random.Generator
) -> tuple[SupportPlane | None, NDArray[np.bool_]]:
    picks = points[rng.integers(0, len(points), size=(_NUM_DRAWS, 3))]
    normals = np.cross(picks[:, 1] - picks[:, 0], picks[:, 2] - picks[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    is_good = lengths > 1e-9
    if not is_good.any():
        return None, np.zeros(len(points), np.bool_)
    normals, picks = normals[is_good] / lengths[is_good, None], picks[is_good]
    offsets = np.einsum("ij,ij->i", normals, picks[:, 0])
    on_any = np.abs(normals @ points.T - offsets[:, None]) < tolerance
    on_any &= np.abs(normals @ own_normals.T) > _MAX_TILT_COS
    counts = np.count_nonzero(on_any, axis=1)
    k = int(np.argmax(counts))
    normal, offset, is_on = normals[k], float(offsets[k]), np.zeros(len(points), np.bool_)
    for _ in range(3):
        is_on = np.abs(points @ normal - offset) < tolerance
        is_on &= np.abs(own_normals @ normal) > _MAX_TILT_COS
        if np.count_nonzero(is_on) < _MIN_INLIERS:
            return None, is_on
        centre = points[is_on].mean(axis=0)
        normal = np.linalg.eigh(np.cov((points[is_on] - centre).T))[1][:, 0]
        # A surface that is seen faces the camera, which is the origin.
        normal = normal if float(normal @ centre) < 0 else -normal
        offset = float(normal @ centre)
    spread = float(np.sqrt(np.mean((points[is_on] @ normal - offset) ** 2)))
    plane = SupportPlane(
        normal=normal, offset_m=offset, num_inliers=int(np.count_nonzero(is_on)), spread_m=spread
    )
    return plane, is_on
