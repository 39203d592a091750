"""Robot-like cameras: a head that looks down, a wrist close by, a mobile base that looks level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera, look_at
from converseg_engine.sim.compile import VISIBLE_GROUP
from converseg_engine.sim.places.registry import PLACES, Place
from converseg_engine.sim.world import World

Vector = NDArray[np.float64]
NUM_TRIES, TOO_BIG_SHARE = 12, 0.75
BIG_SHARE = 0.18
"""A thing that is this share of the picture's height counts fully; a smaller one counts less."""


@dataclass(frozen=True, kw_only=True)
class Rig:
    """How one kind of camera is mounted.

    Attributes:
        height_m: of the lens above the floor, from and to; ``None`` for a wrist, which is free.
        distance_m: from the middle of what it looks at: level for a mounted camera, straight for a wrist.
        elevation_deg: of a wrist above what it looks at.
        level: whether it looks straight ahead, whatever it looks at.
        fov_y_deg: vertical fields of view of the sensors that are used for it.
        reach_m: things this near to the one in the middle are meant to be in the picture.
    """

    height_m: tuple[float, float] | None
    distance_m: tuple[float, float]
    elevation_deg: tuple[float, float] = (0.0, 0.0)
    level: bool = False
    fov_y_deg: tuple[float, ...] = (42.0, 48.0, 55.0)
    reach_m: float = 0.5


RIGS: dict[str, Rig] = {
    "head": Rig(height_m=(1.2, 1.6), distance_m=(0.45, 0.95)),
    "head far": Rig(height_m=(1.2, 1.6), distance_m=(1.5, 2.6), reach_m=1.4, fov_y_deg=(48.0, 55.0, 62.0)),
    "head shelf": Rig(height_m=(1.2, 1.6), distance_m=(0.9, 1.5), reach_m=0.7),
    "head down": Rig(height_m=(1.25, 1.6), distance_m=(0.10, 0.35), reach_m=0.4),
    "wrist": Rig(
        height_m=None,
        distance_m=(0.32, 0.60),
        elevation_deg=(30.0, 78.0),
        fov_y_deg=(50.0, 58.0, 66.0),
        reach_m=0.3,
    ),
    "base": Rig(
        height_m=(0.3, 0.6), distance_m=(1.1, 2.3), level=True, fov_y_deg=(42.0, 50.0, 58.0), reach_m=0.9
    ),
}


def rig_kind(rig: str) -> str:
    """Where it is mounted: "head", "wrist" or "base"."""
    return rig.split()[0]


def _movable(world: World) -> list[int]:
    return [i for i, item in enumerate(world.objects) if not item.fixed]


def _centres(world: World, numbers: list[int]) -> Vector:
    return np.array([(v.min(axis=0) + v.max(axis=0)) / 2 for v in map(world.vertices, numbers)])


def _eye(rng: np.random.Generator, rig: Rig, target: Vector, azimuth: float) -> Vector:
    far = float(rng.uniform(*rig.distance_m))
    if rig.height_m is None:
        rise = math.radians(float(rng.uniform(*rig.elevation_deg)))
        level, up = far * math.cos(rise), far * math.sin(rise)
        return target + np.array([level * math.cos(azimuth), level * math.sin(azimuth), up])
    return np.array(
        [
            target[0] + far * math.cos(azimuth),
            target[1] + far * math.sin(azimuth),
            float(rng.uniform(*rig.height_m)),
        ]
    )


def sees(world: World, camera: Camera, points: Vector) -> NDArray[np.bool_]:
    """For each world point (N, 3): in the picture, and nothing of another object in the way of the ray.

    A point inside an object counts as seen where the ray meets that object's outside first, so the
    caller compares owners; here a hit within 15 cm before the point is taken for the object itself.
    """
    pixels, depth = camera.project(points)
    inside = (
        (depth > 0.08)
        & (pixels >= 0).all(axis=1)
        & (pixels[:, 0] < camera.width)
        & (pixels[:, 1] < camera.height)
    )
    group = np.zeros(6, dtype=np.uint8)
    group[VISIBLE_GROUP] = 1
    hit = np.zeros(1, dtype=np.int32)
    normal = np.zeros(3)
    for k in np.flatnonzero(inside):
        ray = points[k] - camera.position
        far = float(np.linalg.norm(ray))
        at = mujoco.mj_ray(world.model, world.data, camera.position, ray / far, group, 1, -1, hit, normal)
        inside[k] = at < 0 or at > far - 0.15
    return inside


def draw_place_camera(
    rng: np.random.Generator, world: World, *, width: int, height: int, rig: str | None = None
) -> tuple[str, Camera]:
    """A camera from which several things of a place can be seen, and the name of its rig.

    Raises:
        ValueError: the rig is unknown, or the world is no place.
    """
    if world.place not in PLACES or not world.regions:
        raise ValueError(f"world: {world.place!r} is no furnished place; make it with make_place_world")
    place = PLACES[world.place]
    name = rig if rig is not None else str(rng.choice(place.rigs))
    if name not in RIGS:
        raise ValueError(f"rig: {name!r} is no rig; use one of {', '.join(RIGS)}")
    return name, _best(rng, world, place, RIGS[name], width, height)


def _best(rng: np.random.Generator, world: World, place: Place, rig: Rig, width: int, height: int) -> Camera:
    numbers = _movable(world)
    centres = _centres(world, numbers)
    spans = np.array([float(np.ptp(world.vertices(i), axis=0).max()) for i in numbers])
    best: tuple[float, Camera] | None = None
    for _ in range(NUM_TRIES):
        anchor = centres[int(rng.integers(len(centres)))]
        near = centres[np.linalg.norm(centres - anchor, axis=1) < rig.reach_m]
        target = near.mean(axis=0) + rng.normal(0, 0.02, size=3)
        azimuth = math.radians(float(rng.uniform(*place.azimuth_deg)))
        eye = _eye(rng, rig, target, azimuth)
        if rig.level:
            target = np.array([target[0], target[1], eye[2] + float(rng.normal(0, 0.03))])
        camera = look_at(
            eye,
            target,
            fov_y_deg=float(rng.choice(rig.fov_y_deg)) + float(rng.uniform(-2, 2)),
            width=width,
            height=height,
            roll_deg=float(rng.normal(0, 1.0)),
        )
        seen = sees(world, camera, centres)
        _, depth = camera.project(centres)
        apparent = camera.intrinsics[0, 0] * spans / np.maximum(depth, 0.1) / height
        # A thing that fills the picture hides the rest.
        ahead = np.abs((centres - camera.position) @ camera.rotation)
        ahead = (depth > 0) & (ahead[:, :2] < 0.8 * ahead[:, 2:]).all(axis=1)
        score = float(np.clip(apparent[seen] / BIG_SHARE, 0.2, 1.0).sum()) + float(rng.uniform(0, 1.0))
        score -= 2.0 * float(np.count_nonzero(ahead & (apparent > TOO_BIG_SHARE)))
        if best is None or score > best[0]:
            best = (score, camera)
    assert best is not None
    return best[1]
