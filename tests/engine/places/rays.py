"""A second reading of a picture: rays through pixels, against the meshes that were drawn."""

from __future__ import annotations

import mujoco
import numpy as np

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.compile import VISIBLE_GROUP
from converseg_engine.sim.hand import HAND
from converseg_engine.sim.world import World


def inner_pixels(owner: np.ndarray, part: np.ndarray, depth_m: np.ndarray) -> np.ndarray:
    """(N, 2) rows and columns of pixels inside one part, and not on an edge of its surface.

    The renderer snaps corners to a grid within the pixel, so it may pick the other side of an edge.
    """
    code = owner.astype(np.int32) * 1000 + part
    same = np.ones(code.shape, dtype=bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            same &= np.roll(code, (dy, dx), axis=(0, 1)) == code
    for axis in (0, 1):
        bend = np.roll(depth_m, 1, axis) + np.roll(depth_m, -1, axis) - 2 * depth_m
        same &= np.abs(bend) < 0.0005
    same[[0, -1]] = False
    same[:, [0, -1]] = False
    return np.argwhere(same)


def cast(
    world: World, data: mujoco.MjData, camera: Camera, pixels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth along the optical axis (m), owner and part by rays through (N, 2) rows and columns."""
    k = camera.intrinsics
    group = np.zeros(6, dtype=np.uint8)
    group[VISIBLE_GROUP] = 1
    hit, normal = np.zeros(1, dtype=np.int32), np.zeros(3)
    depth, owner, part = np.zeros(len(pixels)), np.full(len(pixels), -99), np.full(len(pixels), -99)
    for n, (row, column) in enumerate(pixels):
        local = np.array([(column - k[0, 2]) / k[0, 0], (row - k[1, 2]) / k[1, 1], 1.0])
        length = float(np.linalg.norm(local))
        ray = camera.rotation @ (local / length)
        far = mujoco.mj_ray(world.model, data, camera.position, ray, group, 1, -1, hit, normal)
        if far >= 0:
            depth[n] = far / length
            owner[n], part[n] = world.geom_owner[hit[0]], world.geom_part[hit[0]]
    return depth, owner, part


def assert_picture_is_true(
    world: World,
    data: mujoco.MjData,
    camera: Camera,
    depth_m: np.ndarray,
    owner: np.ndarray,
    part: np.ndarray,
    *,
    num_pixels: int,
) -> None:
    """Masks of parts and depth agree with rays; depth to a millimetre."""
    inner = inner_pixels(owner, part, depth_m)
    rng = np.random.default_rng(0)
    chosen = inner[rng.choice(len(inner), size=min(num_pixels, len(inner)), replace=False)]
    at = (chosen[:, 0], chosen[:, 1])
    good = np.zeros(len(chosen), dtype=bool)
    same_part = np.zeros(len(chosen), dtype=bool)
    # A ray may slip through the seam between two faces; one beside it does not.
    for aside in (0.0, 0.02):
        depth, seen_owner, seen_part = cast(world, data, camera, chosen + aside)
        agree = (owner[at] == seen_owner) & (part[at] == seen_part)
        # The hand's round pieces are drawn as polygons and met by rays as they are.
        allowed = np.where(seen_owner == HAND, 0.006, 0.001)
        same_part |= agree
        good |= agree & (np.abs(depth_m[at] - depth) < allowed)
    # A sliver thinner than a pixel may lie between two pixel centres.
    assert same_part.mean() > 0.995
    assert good[same_part].all()
    for index, item in enumerate(world.objects):
        mask = owner == index
        parts = [mask & (part == p) for p in range(len(item.parts))]
        assert (np.sum(parts, axis=0) == mask).all(), "the parts make up the object, without overlap"
    assert (part[owner < 0] == -1).all()
