"""Where things go: draws the objects of a scene, with distractors and stacks made on purpose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.objects.category import Category
from converseg_engine.sim.objects.model import ObjectModel, Quat, Shelf
from converseg_engine.sim.objects.tabletop import TABLETOP_CATEGORIES

GAP_M = 0.018
"""Least free space between neighbours on the same support."""

_ON_SHELF = frozenset(
    {"mug", "bowl", "bottle", "can", "candle", "vase", "ball", "banana", "box", "book", "plate"}
)
_IN_BOWL = frozenset({"ball"})
_IN_PAN = frozenset({"ball", "can", "mug", "banana"})


@dataclass(frozen=True, eq=False)
class Placement:
    """One object and where it starts: its frame's origin (m), its turn, what it was put on (-1: table).

    ``quat`` is its whole rotation (w, x, y, z) where it does not stand upright, and then replaces ``yaw``.
    """

    model: ObjectModel
    x: float
    y: float
    z: float
    yaw: float
    support: int
    quat: Quat | None = None

    def corners(self) -> NDArray[np.float64]:
        """(4, 2) corners of the footprint rectangle in world metres."""
        x0, y0, x1, y1 = self.model.footprint_xyxy
        local = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        turned: NDArray[np.float64] = local @ np.array([[c, s], [-s, c]]) + np.array([self.x, self.y])
        return turned


def rectangle_gap(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Distance between two convex quadrilaterals given by (4, 2) corners; negative where they overlap.

    The separating-axis distance: exact where an edge faces the other shape, a lower bound at corners.
    """
    best = -math.inf
    for shape in (first, second):
        edges = np.roll(shape, -1, axis=0) - shape
        normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        a, b = first @ normals.T, second @ normals.T
        gaps = np.maximum(b.min(axis=0) - a.max(axis=0), a.min(axis=0) - b.max(axis=0))
        best = max(best, float(gaps.max()))
    return best


def _draw_categories(rng: np.random.Generator, num_objects: int) -> list[Category]:
    """A few kinds, several of some of them, so that the noun alone often does not decide."""
    num_kinds = max(3, round(num_objects * rng.uniform(0.55, 0.95)))
    weights = np.array([c.weight for c in TABLETOP_CATEGORIES])
    kinds = rng.choice(
        len(TABLETOP_CATEGORIES),
        size=min(num_kinds, len(TABLETOP_CATEGORIES)),
        replace=False,
        p=weights / weights.sum(),
    )
    extra = rng.choice(kinds[: max(2, len(kinds) // 2)], size=max(0, num_objects - len(kinds)))
    return [TABLETOP_CATEGORIES[int(k)] for k in [*kinds, *extra][:num_objects]]


def _draw_models(rng: np.random.Generator, categories: list[Category]) -> list[ObjectModel]:
    """Builds the objects in a small palette, so that the colour alone often does not decide either."""
    palette = [str(c) for c in rng.choice(_ALL_COLORS, size=int(rng.integers(3, 6)), replace=False)]
    models: list[ObjectModel] = []
    used: set[tuple[str, str]] = set()
    for category in categories:
        from_palette = [c for c in palette if c in category.colors]
        choices = from_palette if from_palette and rng.random() < 0.75 else list(category.colors)
        fresh = [c for c in choices if (category.name, c) not in used]
        color = str(rng.choice(fresh if fresh and rng.random() < 0.85 else choices))
        used.add((category.name, color))
        models.append(category.build(rng, color))
    return models


_ALL_COLORS = sorted({color for category in TABLETOP_CATEGORIES for color in category.colors})


def _base_half(model: ObjectModel) -> tuple[float, float]:
    """Half sizes of what touches the support."""
    if model.base_radius > 0:
        return model.base_radius, model.base_radius
    if model.category == "ball":
        return 0.01, 0.01
    x0, y0, x1, y1 = model.footprint_xyxy
    return (x1 - x0) / 2, (y1 - y0) / 2


def _free(candidate: Placement, placed: list[Placement], support: int) -> bool:
    return all(
        rectangle_gap(candidate.corners(), other.corners()) >= GAP_M
        for other in placed
        if other.support == support
    )


def _shelf_bears(shelf: Shelf, model: ObjectModel, half: float) -> bool:
    """Whether a base of this half size stands safely: some overhang is allowed, the middle is inside."""
    if model.category in ("book", "box"):
        too_big = _area(model) > 1.3 * 4 * shelf.half_x * shelf.half_y
        return not too_big and half <= 1.7 * max(shelf.half_x, shelf.half_y)
    return half <= (1.5 if model.category == "plate" else 1.1) * min(shelf.half_x, shelf.half_y)


def _on_shelf(
    rng: np.random.Generator, model: ObjectModel, host_index: int, host: Placement, placed: list[Placement]
) -> Placement | None:
    shelf = host.model.shelf
    if shelf is None or model.category not in _ON_SHELF or (model.lying and shelf.half_x < 0.05):
        return None
    if host.model.category == "plate" and model.category in ("book", "box", "plate"):
        return None
    yaw = float(rng.uniform(-math.pi, math.pi))
    if model.category in ("book", "box"):
        yaw = host.yaw + float(rng.normal(0, 0.15)) + (math.pi / 2 if rng.random() < 0.3 else 0.0)
    half = max(_base_half(model))
    if not _shelf_bears(shelf, model, half):
        return None
    room_x, room_y = max(0.0, shelf.half_x - half), max(0.0, shelf.half_y - half)
    for _ in range(6):
        u, v = rng.uniform(-room_x, room_x), rng.uniform(-room_y, room_y)
        c, s = math.cos(host.yaw), math.sin(host.yaw)
        candidate = Placement(
            model,
            host.x + float(c * u - s * v),
            host.y + float(s * u + c * v),
            host.z + shelf.z + 0.001,
            yaw,
            host_index,
        )
        if _free(candidate, placed, host_index):
            return candidate
    return None


def _in_cavity(
    rng: np.random.Generator, model: ObjectModel, host_index: int, host: Placement, placed: list[Placement]
) -> Placement | None:
    cavity = host.model.cavity
    allowed = _IN_BOWL if host.model.category == "bowl" else _IN_PAN
    if cavity is None or model.category not in allowed or any(p.support == host_index for p in placed):
        return None
    if max(_base_half(model)) > cavity.floor_radius * 0.92:
        return None
    offset = rng.uniform(-0.01, 0.01, size=2)
    return Placement(
        model,
        host.x + float(offset[0]),
        host.y + float(offset[1]),
        host.z + cavity.floor_z + 0.002,
        float(rng.uniform(-math.pi, math.pi)),
        host_index,
    )


def draw_layout(
    rng: np.random.Generator, *, min_objects: int = 4, max_objects: int = 9
) -> list[Placement] | None:
    """Draw objects and starting places; None where not everything found room.

    Things that can carry others come first; a smaller one then goes on or into one of them about
    five times in ten, else onto the table with ``GAP_M`` to its neighbours.
    """
    models = _draw_models(rng, _draw_categories(rng, int(rng.integers(min_objects, max_objects + 1))))
    # Carriers first, the biggest of them at the bottom; the rest keep their random order.
    models.sort(key=lambda m: -(_area(m) if m.shelf is not None or m.cavity is not None else 0.0))
    placed: list[Placement] = []
    spread = 0.06 + 0.021 * len(models)
    for model in models:
        hosts = [k for k, p in enumerate(placed) if p.model.shelf is not None or p.model.cavity is not None]
        done: Placement | None = None
        if hosts and rng.random() < 0.55:
            for k in rng.permutation(hosts)[:3]:
                index, host = int(k), placed[int(k)]
                if host.support >= 0 and placed[host.support].support >= 0:
                    continue
                place = _in_cavity if host.model.cavity is not None else _on_shelf
                done = place(rng, model, index, host, placed)
                if done is not None:
                    break
        for _ in range(40):
            if done is not None:
                break
            x, y = rng.uniform(-1, 1, size=2) * (spread * 1.25, spread * 0.9)
            candidate = Placement(model, float(x), float(y), 0.001, float(rng.uniform(-math.pi, math.pi)), -1)
            if _free(candidate, placed, -1):
                done = candidate
        if done is None:
            return None
        placed.append(done)
    return placed


def _area(model: ObjectModel) -> float:
    x0, y0, x1, y1 = model.footprint_xyxy
    return (x1 - x0) * (y1 - y0)
