"""From a mask, aligned depth and a calibration to a target that an arm can use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.approach import suggest_approach
from converseg_core.geometry.boxes import OrientedBox, principal_box, standing_box
from converseg_core.geometry.camera_model import CameraModel, RaysHW2
from converseg_core.geometry.cleaning import clean, scene_pixels
from converseg_core.geometry.depth_image import BoolHW, DepthCounts, DepthHW, count_depth, valid_depth
from converseg_core.geometry.edges import dilated
from converseg_core.geometry.parts import largest_group
from converseg_core.geometry.support import PointsN3, SupportPlane, find_support, surface_normals
from converseg_core.geometry.symmetry import complete
from converseg_core.geometry.target import Target3D, TargetSettings, TargetStatus, no_target


class TargetLocator:
    """Locates targets in pictures of one camera; keeps the directions of its pixels."""

    def __init__(self, camera: CameraModel, settings: TargetSettings | None = None) -> None:
        self.camera = camera
        self.settings = settings or TargetSettings()
        self._rays: RaysHW2 = camera.rays()

    @property
    def has_ray(self) -> BoolHW:
        """(H, W) True where the lens model has a direction."""
        known: BoolHW = np.isfinite(self._rays[..., 0])
        return known

    def points(self, depth_m: DepthHW, pixels: BoolHW) -> NDArray[np.float32]:
        """(N, 3) points of chosen pixels in row order, metres; those outside the lens model are left out."""
        z = depth_m[pixels]
        rays = self._rays[pixels]
        points = np.empty((len(z), 3), np.float32)
        points[:, 2] = z
        np.multiply(rays, z[:, None], out=points[:, :2])
        is_seen = np.isfinite(points[:, 0])
        return points if is_seen.all() else points[is_seen]

    def scene(self, mask: BoolHW, depth_m: DepthHW, target: Target3D) -> BoolHW:
        """(H, W) pixels of the scene without the mask and what clings to it; for a collision map.

        Where the mask holds several things, the others stay in the scene: a hand must not hit them.
        """
        settings = self.settings.cleaning
        cleaned = clean(mask, depth_m, focal_px=self.camera.fx, settings=settings)
        own = target.pixels if target.pixels is not None else cleaned.core
        removed = mask if target.num_other_parts == 0 else mask & dilated(own, settings.ring_px)
        return scene_pixels(removed, own, cleaned, depth_m, ring_px=settings.ring_px)

    def locate(self, mask: BoolHW, depth_m: DepthHW) -> Target3D:
        """Locate what a mask shows.

        Args:
            mask: (H, W) bool.
            depth_m: (H, W) float32 metres; 0, NaN and infinity are invalid.
        """
        if mask.shape != self.camera.size_hw or depth_m.shape != mask.shape:
            sizes = [f"{w}x{h}" for h, w in (mask.shape, depth_m.shape, self.camera.size_hw)]
            return no_target(
                TargetStatus.SIZE_MISMATCH,
                f"the mask is {sizes[0]}, depth {sizes[1]}, the calibration for {sizes[2]}; give the depth "
                "topic that is aligned to the picture, with the picture's CameraInfo",
            )
        window = self._window(mask)
        if window is None:
            return no_target(TargetStatus.EMPTY_MASK, "the mask has no pixel")
        settings = self.settings
        near_mask, near_depth = mask[window], depth_m[window]
        counts = count_depth(
            near_depth,
            near_mask,
            min_depth_m=settings.cleaning.min_depth_m,
            max_depth_m=settings.cleaning.max_depth_m,
        )
        cleaned = clean(near_mask, near_depth, focal_px=self.camera.fx, settings=settings.cleaning)
        rays = self._rays[window]
        cloud = np.dstack([rays * near_depth[..., None], near_depth])
        lens_ok = np.isfinite(rays[..., 0])
        whole, num_others = largest_group(
            (cleaned.core | cleaned.rim) & lens_ok, cloud, max_gap_m=settings.max_part_gap_m
        )
        num_left = int(np.count_nonzero(whole))
        if num_left < settings.min_points:
            return no_target(
                TargetStatus.TOO_FEW_POINTS, self._too_few(counts, cleaned.num_edge, num_left), counts=counts
            )
        core, rim = whole & cleaned.core, whole & cleaned.rim
        around = (
            cleaned.is_valid & ~cleaned.is_flying & lens_ok
            & ~dilated(near_mask, settings.cleaning.erode_px + 1)
        )  # fmt: skip
        normals = surface_normals(np.where(cleaned.is_valid[..., None], cloud, np.float32(np.nan)))
        around &= self._at_depth_of(near_depth, core)
        scene = self._thinned(cloud[around])
        facing = around & np.isfinite(normals[..., 0])
        up = None if settings.up is None else np.asarray(settings.up) / np.linalg.norm(settings.up)
        reach_px = settings.cleaning.erode_px + max(6, round(0.1 * max(np.ptp(np.argwhere(core), axis=0))))
        support = find_support(
            cloud[facing],
            normals[facing],
            self._thinned(cloud[core]),
            near=dilated(near_mask, reach_px)[facing],
            up=up,
        )
        whole = core | self._above(rim, cloud, support)
        return self._measured(
            mask, depth_m, window, whole, cloud, normals, scene, support, counts, num_others
        )

    def _measured(
        self,
        mask: BoolHW,
        depth_m: DepthHW,
        window: tuple[slice, slice],
        whole: BoolHW,
        cloud: NDArray[np.float32],
        normals: NDArray[np.float64],
        scene: PointsN3,
        support: SupportPlane | None,
        counts: DepthCounts,
        num_others: int,
    ) -> Target3D:
        points = cloud[whole].astype(np.float64)
        box = self._box(mask, depth_m, self._thinned(points), self._thinned(normals[whole]), support)
        full = np.zeros(mask.shape, np.bool_)
        full[window] = whole
        return Target3D(
            status=TargetStatus.OK,
            reason=f"the mask holds {num_others} other things; this is the largest" if num_others else "",
            centroid_m=robust_mean(points),
            box=box,
            support=support,
            approach=suggest_approach(box, support, scene, max_opening_m=self.settings.max_opening_m),
            counts=counts,
            num_edge=counts.num_valid - len(points),
            num_points=len(points),
            num_other_parts=num_others,
            pixels=full,
        )

    def _box(
        self,
        mask: BoolHW,
        depth_m: DepthHW,
        points: PointsN3,
        normals: PointsN3,
        support: SupportPlane | None,
    ) -> OrientedBox:
        pad_m = float(np.median(points[:, 2])) / self.camera.fx
        if support is None:
            return principal_box(points, pad_m=pad_m)
        completion = None
        if self.settings.complete_hidden:
            limits = self.settings.cleaning
            is_valid = valid_depth(depth_m, min_depth_m=limits.min_depth_m, max_depth_m=limits.max_depth_m)
            completion = complete(
                points, normals, support, mask=mask, depth_m=depth_m, is_valid=is_valid, camera=self.camera
            )
        is_completed = completion is not None and len(completion.points) > 0
        whole = np.concatenate([points, completion.points]) if completion is not None else points
        return standing_box(
            whole,
            support,
            pad_m=pad_m,
            is_foot_hidden=self._is_foot_hidden(mask, depth_m, whole, support),
            is_completed=is_completed,
        )

    def _is_foot_hidden(
        self, mask: BoolHW, depth_m: DepthHW, points: PointsN3, support: SupportPlane
    ) -> bool:
        """Whether the space between a target's middle and its support is out of sight.

        Below a ball the camera sees nothing but the ball. Below a handle it sees the table.
        """
        heights = support.heights(points)
        axes = support.axes()
        middle = np.quantile(points @ axes[:2].T, (0.02, 0.98), axis=0).mean(axis=0) @ axes[:2]
        steps = np.linspace(0.0, 1.0, 6) * float(np.quantile(heights, 0.02))
        below = middle + (support.offset_m + steps[:, None]) * support.normal
        pixels, in_front = self.camera.project(below)
        height, width = mask.shape
        columns, rows = np.rint(pixels).astype(np.int64).T
        inside = in_front & (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        if not inside.all():
            return False
        with np.errstate(invalid="ignore"):
            # Something that is no target and nearer hides as well.
            hidden = mask[rows, columns] | (depth_m[rows, columns] < below[:, 2] - 0.01)
        return bool(hidden.all())

    def _window(self, mask: BoolHW) -> tuple[slice, slice] | None:
        """The part of the picture round the mask in which its support is looked for."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return None
        margin = max(24, round(0.6 * max(np.ptp(rows), np.ptp(columns))))
        return (
            slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
            slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
        )

    def _thinned(self, points: NDArray[np.floating]) -> PointsN3:
        """At most ``max_box_points`` of the points, evenly."""
        step = max(1, -(-len(points) // self.settings.max_box_points))
        return points[::step].astype(np.float64)

    @staticmethod
    def _at_depth_of(depth_m: DepthHW, core: BoolHW) -> BoolHW:
        if not core.any():
            return np.ones(depth_m.shape, np.bool_)
        low, high = np.quantile(depth_m[core], (0.02, 0.98))
        with np.errstate(invalid="ignore"):
            near: BoolHW = (depth_m > low - 0.35) & (depth_m < high + 0.6)
        return near

    @staticmethod
    def _above(rim: BoolHW, cloud: NDArray[np.float32], support: SupportPlane | None) -> BoolHW:
        """The rim without what lies on the plane: there a mask runs over without any jump in depth."""
        if support is None or not rim.any():
            return rim
        least = float(np.clip(2.5 * support.spread_m, 0.0015, 0.004))
        kept = rim.copy()
        kept[rim] = support.heights(cloud[rim].astype(np.float64)) > least
        return kept

    def _too_few(self, counts: DepthCounts, num_edge: int, num_left: int) -> str:
        limits = self.settings.cleaning
        return (
            f"{num_left} points of {counts.num_pixels} mask pixels are left, {self.settings.min_points} are "
            f"needed: {counts.num_zero} without depth, {counts.num_nan} NaN or infinite, "
            f"{counts.num_out_of_range} outside {limits.min_depth_m:g} to {limits.max_depth_m:g} m, "
            f"{num_edge} at edges"
        )


def robust_mean(points: PointsN3) -> NDArray[np.float64]:
    """Mean of (N, 3) points without those that lie far before or behind nearly all of the others.

    The points of a target hang together already, so only what is farther off than the target is long
    along the line of sight is dropped.
    """
    low, high = np.quantile(points[:, 2], (0.02, 0.98))
    span = high - low + 0.01
    z = points[:, 2]
    centre: NDArray[np.float64] = points[(z >= low - span) & (z <= high + span)].mean(axis=0)
    return centre
