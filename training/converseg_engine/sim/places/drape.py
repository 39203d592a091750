"""A towel spread over a thing, so that its shape shows and the thing itself does not."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import paint
from converseg_engine.sim.layout import Placement
from converseg_engine.sim.meshes import Mesh
from converseg_engine.sim.objects.category import Category
from converseg_engine.sim.objects.model import CollisionShape, ObjectModel, Part, Surface
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.places.poses import upright

THICK_M, GRID = 0.004, 22
MIN_HEIGHT_M, MAX_HEIGHT_M, MAX_SPAN_M = 0.045, 0.24, 0.30


def can_be_covered(model: ObjectModel) -> bool:
    """Whether a towel lies well on it: low, compact, wide enough on top."""
    x0, y0, x1, y1 = model.footprint_xyxy
    span, narrow = max(x1 - x0, y1 - y0), min(x1 - x0, y1 - y0)
    return MIN_HEIGHT_M < model.height < MAX_HEIGHT_M and span < MAX_SPAN_M and narrow > 0.07


def _sheet(half: tuple[float, float], height: float, skirt: float, folds: int, phase: float) -> Mesh:
    """A closed thin sheet over a box: level on top, falling outside it in folds."""
    reach = (half[0] + skirt * 0.55, half[1] + skirt * 0.55)
    u = np.linspace(-1, 1, GRID)
    x, y = np.meshgrid(u * reach[0], u * reach[1], indexing="ij")
    out = np.hypot(np.maximum(np.abs(x) - half[0], 0), np.maximum(np.abs(y) - half[1], 0))
    wave = 1 + 0.16 * np.sin(folds * np.arctan2(y, x) + phase)
    fall = np.minimum(out * 2.1 * wave, height * 0.97)
    top = height + THICK_M - np.where(out > 0, fall, 0.0)
    high = np.stack([x, y, top], axis=-1).reshape(-1, 3)
    low = high - np.array([0.0, 0.0, THICK_M])
    k = np.arange(GRID * GRID).reshape(GRID, GRID)
    a, b, c, d = k[:-1, :-1].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel(), k[:-1, 1:].ravel()
    upper = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    num = GRID * GRID
    ring = np.concatenate([k[:-1, 0], k[-1, :-1], k[:0:-1, -1], k[0, :0:-1]])
    after = np.roll(ring, -1)
    sides = np.concatenate(
        [np.stack([ring, ring + num, after + num], axis=1), np.stack([ring, after + num, after], axis=1)]
    )
    faces = np.concatenate([upper, upper[:, ::-1] + num, sides]).astype(np.int32)
    return Mesh(np.concatenate([high, low]), faces)


def cover(
    rng: np.random.Generator, towel: Category, host: Placement, number: int, clearance_m: float
) -> Placement | None:
    """A towel over an upright thing.

    Args:
        towel: the category that it belongs to.
        host: what is covered; ``number`` is its object number.
        clearance_m: free height over the host's foot.
    """
    model = host.model
    if not can_be_covered(model) or model.height + 0.02 > clearance_m:
        return None
    x0, y0, x1, y1 = model.footprint_xyxy
    half = ((x1 - x0) / 2 + 0.004, (y1 - y0) / 2 + 0.004)
    color = str(rng.choice(towel.colors))
    skirt = float(rng.uniform(0.05, 0.10))
    mesh = _sheet(half, model.height, skirt, int(rng.integers(5, 10)), float(rng.uniform(0, 6)))
    # Its own frame stands on the host's foot, so that the sheet's lowest point is near z = 0.
    lowest = float(mesh.vertices[:, 2].min())
    mesh = mesh.moved((0.0, 0.0, -lowest))
    top = model.height - lowest + THICK_M / 2
    hang = 0.45 * model.height
    walls = [
        CollisionShape("box", size, pos, mass_kg=0.02)
        for s in (-1, 1)
        for size, pos in (
            ((0.002, half[1], hang / 2), (s * (half[0] + 0.002), 0.0, top - hang / 2)),
            ((half[0], 0.002, hang / 2), (0.0, s * (half[1] + 0.002), top - hang / 2)),
        )
    ]
    flat = CollisionShape("box", (half[0], half[1], THICK_M / 2), (0, 0, top), mass_kg=0.08)
    cloth = ObjectModel(
        category=towel.name,
        color=color,
        parts=(Part("body", (Surface(mesh, paint(color, rng), shine=0.03),)),),
        shapes=(flat, *walls),
        physics=Physics(density_kg_m3=300.0, friction=0.9, heat_tolerance_c=110.0),
    )
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    c, s = math.cos(host.yaw), math.sin(host.yaw)
    at = np.array([host.x, host.y]) + np.array([[c, -s], [s, c]]) @ middle
    pose = upright(cloth, host.yaw)
    return pose.at(float(at[0]), float(at[1]), host.z + lowest, number)
