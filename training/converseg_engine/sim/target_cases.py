"""Objects of simulated scenes with the truth about their place and size, to judge targets in metres by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera, draw_camera
from converseg_engine.sim.render import Renderer, View
from converseg_engine.sim.scene import world_points
from converseg_engine.sim.world import World, make_world

MIN_PIXELS = 200
MAX_HIDDEN_RIM = 0.02
MIN_PART_SEEN = 0.25
_CAMERA_STREAM = 1_000_021
_SEEN_WITHIN_M = 0.006


@dataclass(frozen=True, eq=False)
class TargetCase:
    """One object in one picture.

    Attributes:
        name: scene seed and object number.
        category: of the object.
        view: the picture with exact depth.
        mask: (H, W) its pixels.
        centroid_m: (3,) mean of its exact visible points in the optical frame: the visible surface.
        box_centre_m: (3,) centre of its true upright box in the optical frame: the whole body.
        box_size_m: (3,) longer and shorter side of the footprint of the smallest area, and height.
        hidden_rim: share of its outline along which another object hides it.
        lies_in_hollow: it lies in a bowl, a pan or a crate, and so on no plane.
        carries: another object stands on it.
        least_part_seen: smallest share of a part's corners that the camera sees.
    """

    name: str
    category: str
    view: View
    mask: NDArray[np.bool_]
    centroid_m: NDArray[np.float64]
    box_centre_m: NDArray[np.float64]
    box_size_m: NDArray[np.float64]
    hidden_rim: float
    lies_in_hollow: bool
    carries: bool
    least_part_seen: float

    @property
    def can_be_sized(self) -> bool:
        """Whether one picture can tell the size of the whole body.

        It can't where another object hides a part of it or stands on it, where one of its own parts (a
        mug's handle) is turned away, or where it lies in a hollow that hides how deep it reaches.
        """
        return (
            self.hidden_rim <= MAX_HIDDEN_RIM
            and not self.lies_in_hollow
            and not self.carries
            and self.least_part_seen >= MIN_PART_SEEN
        )


def target_cases(
    seeds: Iterable[int], renderer: Renderer, *, width: int, height: int
) -> Iterator[TargetCase]:
    """Every object that is whole within its picture, from one picture of each tabletop scene.

    Args:
        seeds: of the scenes; those that do not settle are left out.
        renderer: of the pictures' size.
        width, height: pixels.
    """
    for seed in seeds:
        try:
            world = make_world(seed)
        except ValueError:
            continue
        rng = np.random.default_rng([seed, _CAMERA_STREAM])
        camera = draw_camera(rng, world_points(world), width=width, height=height)
        view = next(renderer.views(world, [camera], shadows=False))
        for index in range(len(world.objects)):
            case = _case(world, view, index)
            if case is not None:
                yield case


def _case(world: World, view: View, index: int) -> TargetCase | None:
    mask = view.owner == index
    touches_rim = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    if touches_rim or np.count_nonzero(mask) < MIN_PIXELS:
        return None
    camera = view.camera
    vertices = world.vertices(index)
    centre, sides, _ = cv2.minAreaRect(vertices[:, :2].astype(np.float32))
    low, high = float(vertices[:, 2].min()), float(vertices[:, 2].max())
    box_centre = np.array([*centre, (low + high) / 2])
    carriers = [world.objects[number] for number in world.carriers[index]]
    return TargetCase(
        name=f"{world.seed}-{index}",
        category=world.objects[index].category,
        view=view,
        mask=mask,
        centroid_m=_exact_points(view, mask).mean(axis=0),
        box_centre_m=(box_centre - camera.position) @ camera.rotation,
        box_size_m=np.array([max(sides), min(sides), high - low]),
        hidden_rim=_hidden_rim(view, mask),
        lies_in_hollow=any(
            carrier.cavity or carrier.bay or carrier.category == "pan" for carrier in carriers
        ),
        carries=bool(world.carried_by(index)),
        least_part_seen=_least_part_seen(world, view, index),
    )


def _exact_points(view: View, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask)
    k, z = view.camera.intrinsics, view.depth_m[rows, columns].astype(np.float64)
    return np.stack([(columns - k[0, 2]) / k[0, 0] * z, (rows - k[1, 2]) / k[1, 1] * z, z], axis=1)


def _hidden_rim(view: View, mask: NDArray[np.bool_]) -> float:
    """Share of the pixels round a mask that belong to an object nearer than the masked one beside it."""
    kernel = np.ones((3, 3), np.uint8)
    ring = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool) & ~mask
    beside = cv2.dilate(np.where(mask, view.depth_m, np.float32(0)), kernel)
    nearer = ring & (view.owner >= 0) & (view.depth_m < beside - 0.003)
    return float(np.count_nonzero(nearer)) / max(1, int(np.count_nonzero(ring)))


def _least_part_seen(world: World, view: View, index: int) -> float:
    camera: Camera = view.camera
    height, width = view.depth_m.shape
    shares = []
    for part in world.objects[index].parts:
        local = np.concatenate([surface.mesh.vertices for surface in part.surfaces])
        placed = local @ world.rotations[index].T + world.positions[index]
        pixels, depth = camera.project(placed)
        columns = np.clip(np.rint(pixels[:, 0]), 0, width - 1).astype(np.int64)
        rows = np.clip(np.rint(pixels[:, 1]), 0, height - 1).astype(np.int64)
        seen = np.abs(view.depth_m[rows, columns] - depth) < _SEEN_WITHIN_M
        shares.append(float(np.mean(seen)))
    return min(shares)
