"""The side of a target that the camera does not see, guessed from the one that it sees.

Most things that are handled look nearly the same after half a turn about an upright axis; long ones, such
as tools, in an upright mirror along their length. A guess is judged by what the camera saw: moved points
must lie on the target's surface, and face the camera there, or be hidden behind something, and never lie
where the camera saw through.
Judging a symmetry by visibility is the idea of Bohg et al., "Mind the gap: robotic grasping under
incomplete observation", ICRA 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.camera_model import CameraModel
from converseg_core.geometry.depth_image import BoolHW, DepthHW
from converseg_core.geometry.revolution import round_axis
from converseg_core.geometry.support import PointsN3, SupportPlane

Oriented = NDArray[np.float64]
"""(N, 2, 3): points and the normals of their surfaces, in the axes of the support plane."""

_NUM_POINTS = 350
_SEEN_THROUGH_WEIGHT = 3.0
_SHIFT_COST = 0.05
_CLOSE_CELLS = 10
_LONG = 2.0
_ROUND_BONUS = 0.1
_MIN_MATCHED = 0.03
_MAX_SEEN_THROUGH = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class Completion:
    """What a symmetry adds.

    Attributes:
        points: (M, 3) moved points that are hidden from the camera, metres.
        axis_point: (3,) a point of the support plane on the axis or mirror.
        is_mirror: a mirror along the length; else half a turn about the plane's normal.
        matched: share of the moved points that lie on the surface that was seen.
        seen_through: share that lies where the camera saw nothing of the kind.
    """

    points: PointsN3
    axis_point: NDArray[np.float64]
    is_mirror: bool
    matched: float
    seen_through: float


def complete(
    points: PointsN3,
    normals: PointsN3,
    plane: SupportPlane,
    *,
    mask: BoolHW,
    depth_m: DepthHW,
    is_valid: BoolHW,
    camera: CameraModel,
    seed: int = 0,
) -> Completion | None:
    """The hidden side of a target that stands on a plane; None where no symmetry fits what was seen.

    Args:
        points: (N, 3) its points, metres.
        normals: (N, 3) unit normals of its surface, NaN where not known.
        plane: what it stands on.
        mask: (H, W) its pixels.
        depth_m, is_valid: (H, W) the depth picture and where it counts.
        camera: its calibration.
        seed: of the choice of the points that are tried.
    """
    axes = plane.axes()
    # Places and directions move together: (N, 2, 3).
    local = np.stack([points, np.nan_to_num(normals)], axis=1) @ axes.T
    rng = np.random.default_rng(seed)
    tried = local if len(local) <= _NUM_POINTS else local[rng.choice(len(local), _NUM_POINTS, replace=False)]
    judge = _Judge(axes, mask, depth_m, is_valid, camera)
    guesses = [_best_half_turn(local, tried, judge)]
    direction, ratio = _long_axis(local[:, 0, :2])
    if ratio > _LONG:
        guesses.append(_best_mirror(local, tried, judge, direction))
    axis = round_axis(local[:, 0, :2], local[:, 1])
    if axis is not None:
        matched_c, through_c = judge.shares(tried, axis[None], -np.eye(2))
        score = float(matched_c[0] - _SEEN_THROUGH_WEIGHT * through_c[0]) + _ROUND_BONUS
        guesses.append(_Guess(centre=axis, matrix=-np.eye(2), score=score, is_mirror=False, is_round=True))
    best = max(guesses, key=lambda guess: guess.score)
    verdicts = judge.verdicts(local, best.centre[None], best.matrix)[0]
    matched, seen_through = float(np.mean(verdicts == _ON)), float(np.mean(verdicts == _THROUGH))
    # Roundness is evidence of its own: of a bottle seen from the side little more than the cap matches.
    is_likely = best.is_round or (matched >= _MIN_MATCHED and seen_through <= matched / 2)
    if not is_likely or seen_through > _MAX_SEEN_THROUGH:
        return None
    moved = _moved(local[:, 0], best.centre[None], best.matrix)[0] @ axes
    hidden = verdicts == _HIDDEN
    if not best.is_mirror:
        hidden &= in_bulk(local[:, 0, :2])
    return Completion(
        points=moved[hidden],
        axis_point=np.array([*best.centre, plane.offset_m]) @ axes,
        is_mirror=best.is_mirror,
        matched=matched,
        seen_through=seen_through,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Guess:
    """(2,) centre and (2, 2) matrix of a symmetry in the plane, and how well it fits."""

    centre: NDArray[np.float64]
    matrix: NDArray[np.float64]
    score: float
    is_mirror: bool
    is_round: bool = False


def _best_half_turn(local: Oriented, tried: Oriented, judge: _Judge) -> _Guess:
    """Searched from the middle of what was seen, mostly away from the camera: there lies what is hidden."""
    low, high = np.quantile(local[:, 0, :2], (0.01, 0.99), axis=0)
    seen_middle = (low + high) / 2
    # The camera is the origin.
    away = seen_middle / max(float(np.linalg.norm(seen_middle)), 1e-9)
    across = np.array([-away[1], away[0]])
    flat = local[:, 0, :2] - seen_middle
    depth_span = np.quantile(flat @ away, (0.01, 0.99))
    width_span = np.quantile(flat @ across, (0.01, 0.99))
    start = seen_middle + away * depth_span.mean() + across * width_span.mean()
    length = max(float(np.ptp(width_span)), float(np.ptp(depth_span)), 1e-3)
    width = max(float(np.ptp(width_span)), 1e-3)
    matrix = -np.eye(2)
    back = np.linspace(-0.08, 0.5, 13) * min(length, 1.5 * width)
    side = np.linspace(-0.16, 0.16, 7) * width
    best, best_score, reach = start, -np.inf, 1.0
    for _ in range(3):
        grid = np.array([(b, s) for b in back for s in side])
        centres = best + grid[:, :1] * away + grid[:, 1:] * across
        matched, seen_through = judge.shares(tried, centres, matrix)
        shift = np.linalg.norm(centres - start, axis=1) / length
        scores = matched - _SEEN_THROUGH_WEIGHT * seen_through - _SHIFT_COST * shift
        k = int(np.argmax(scores))
        if scores[k] > best_score:
            best, best_score = centres[k], float(scores[k])
        reach /= 4
        back = np.linspace(-0.3, 0.3, 5) * reach * min(length, 1.5 * width)
        side = np.linspace(-0.3, 0.3, 5) * reach * width
    return _Guess(centre=best, matrix=matrix, score=best_score, is_mirror=False)


def _best_mirror(local: Oriented, tried: Oriented, judge: _Judge, direction: NDArray[np.float64]) -> _Guess:
    """An upright mirror nearly along ``direction``, moved across it."""
    best: _Guess | None = None
    for degrees in (-4.0, -2.0, 0.0, 2.0, 4.0):
        angle = np.arctan2(direction[1], direction[0]) + np.radians(degrees)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        low, high = np.quantile(local[:, 0, :2] @ across, (0.01, 0.99))
        offsets = (low + high) / 2 + np.linspace(-0.35, 0.35, 15) * (high - low)
        middle = float(np.mean(local[:, 0, :2] @ along))
        centres = offsets[:, None] * across + middle * along
        matrix = 2 * np.outer(along, along) - np.eye(2)
        matched, seen_through = judge.shares(tried, centres, matrix)
        scores = matched - _SEEN_THROUGH_WEIGHT * seen_through
        k = int(np.argmax(scores))
        if best is None or scores[k] > best.score:
            best = _Guess(centre=centres[k], matrix=matrix, score=float(scores[k]), is_mirror=True)
    assert best is not None
    return best


def _long_axis(flat: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Direction in which (N, 2) points spread most, and how many times more than across it."""
    values, vectors = np.linalg.eigh(np.cov(flat.T))
    return vectors[:, 1], float(np.sqrt(values[1] / max(values[0], 1e-12)))


def in_bulk(flat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) True for footprint points that are no part of a narrow arm, such as a handle.

    A handle that points at the camera has its twin behind the body, where nothing can be seen to
    contradict it; but things with two opposite handles are rare. The footprint is filled and opened with a
    disc of nearly half its narrow side.

    Args:
        flat: (N, 2) metres, in the support plane.
    """
    low, high = flat.min(axis=0), flat.max(axis=0)
    cell = max(float((high - low).max()) / 100, 1e-4)
    border = _CLOSE_CELLS + 2
    cells = np.floor((flat - low) / cell).astype(np.int64) + border
    raster = np.zeros((cells.max(axis=0) + 1 + border)[::-1], np.uint8)
    raster[cells[:, 1], cells[:, 0]] = 1
    # Grown until the gaps are closed, filled, and shrunk again.
    raster = cv2.dilate(raster, _disc(_CLOSE_CELLS))
    contours, _ = cv2.findContours(raster, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(raster, contours, -1, 1, thickness=cv2.FILLED)
    raster = cv2.erode(raster, _disc(_CLOSE_CELLS))
    radius = int(0.9 * 0.5 * float(cv2.distanceTransform(raster, cv2.DIST_L2, 5).max()))
    opened = cv2.morphologyEx(raster, cv2.MORPH_OPEN, _disc(max(1, radius)))
    # The opening rounds corners off, which are no arms.
    opened = cv2.dilate(opened, _disc(max(1, round(0.3 * radius))))
    bulk: NDArray[np.bool_] = opened[cells[:, 1], cells[:, 0]] > 0
    return bulk


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2), np.uint8)


_UNKNOWN, _ON, _HIDDEN, _THROUGH = 0, 1, 2, 3


def _moved(local: PointsN3, centres: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, N, 3): points moved by a (2, 2) symmetry of the plane about each of (C, 2) centres."""
    moved = np.broadcast_to(local, (len(centres), *local.shape)).copy()
    moved[..., :2] = (local[None, :, :2] - centres[:, None]) @ matrix.T + centres[:, None]
    return moved


class _Judge:
    """Compares moved points with the depth picture."""

    def __init__(
        self,
        axes: NDArray[np.float64],
        mask: BoolHW,
        depth_m: DepthHW,
        is_valid: BoolHW,
        camera: CameraModel,
    ) -> None:
        self._axes, self._mask, self._depth_m, self._is_valid = axes, mask, depth_m, is_valid
        self._camera = camera

    def verdicts(
        self, local: Oriented, centres: NDArray[np.float64], matrix: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        """(C, N): what the camera says about each moved point."""
        xyz = _moved(local[:, 0], centres, matrix) @ self._axes
        pixels, in_front = self._camera.project(xyz.reshape(-1, 3))
        height, width = self._mask.shape
        with np.errstate(invalid="ignore"):
            columns = np.clip(np.rint(pixels[:, 0]), -1, width).astype(np.int64)
            rows = np.clip(np.rint(pixels[:, 1]), -1, height).astype(np.int64)
        is_inside = in_front & (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        columns, rows = np.where(is_inside, columns, 0), np.where(is_inside, rows, 0)
        is_known = is_inside & self._is_valid[rows, columns]
        z = xyz[..., 2].reshape(-1)
        behind = np.where(is_known, z - self._depth_m[rows, columns], 0.0)
        limit = np.maximum(0.004, 0.008 * z)
        is_target = self._mask[rows, columns]
        directions = local[:, 1].copy()
        directions[:, :2] = directions[:, :2] @ matrix.T
        # A surface that is seen looks at the camera; the back of a sheet on it is no match.
        faces = np.einsum("cnk,nk->cn", xyz, directions @ self._axes).reshape(-1) < 0
        result = np.zeros(z.shape, np.uint8)
        result[is_known & (behind > limit)] = _HIDDEN
        result[is_known & is_target & faces & (np.abs(behind) <= limit)] = _ON
        result[is_known & (behind < -limit)] = _THROUGH
        return result.reshape(len(centres), len(local))

    def shares(
        self, local: Oriented, centres: NDArray[np.float64], matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(C,) shares of moved points on the surface, and where the camera saw through."""
        verdicts = self.verdicts(local, centres, matrix)
        return np.mean(verdicts == _ON, axis=1), np.mean(verdicts == _THROUGH, axis=1)
