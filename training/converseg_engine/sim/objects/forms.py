"""Meshes that many families share: lofts, tubs, rods, rings, rounded boxes. Metres, z up, closed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.meshes import Mesh, Points, box, lathe, tube

OutlineNx2 = NDArray[np.float64]
Point = tuple[float, float, float]


def oval(half_x: float, half_y: float, *, num: int = 20) -> OutlineNx2:
    """(num, 2) points of an ellipse, counter-clockwise."""
    angles = np.arange(num) * (2 * math.pi / num)
    return np.stack([half_x * np.cos(angles), half_y * np.sin(angles)], axis=1)


def rounded(x: float, y: float, radius: float, *, steps: int = 4) -> OutlineNx2:
    """A rectangle of full sizes ``x``, ``y`` with rounded corners, counter-clockwise."""
    r = min(radius, 0.499 * x, 0.499 * y)
    corners = []
    for k, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angles = math.pi / 2 * (k + np.linspace(0, 1, steps))
        middle = np.array([sx * (x / 2 - r), sy * (y / 2 - r)])
        corners.append(middle + r * np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return np.concatenate(corners)


def loft(levels: Sequence[tuple[OutlineNx2, float]]) -> Mesh:
    """A skin over outlines at heights.

    Args:
        levels: (N, 2) outlines, star-shaped about their middle, each with its height; a hollow goes up
            outside and comes down inside, as a lathe's profile does.
    """
    num = len(levels[0][0])
    rings = [np.concatenate([o, np.full((num, 1), z)], axis=1) for o, z in levels]
    caps = np.array(
        [[*levels[0][0].mean(axis=0), levels[0][1]], [*levels[-1][0].mean(axis=0), levels[-1][1]]]
    )
    vertices = np.concatenate([*rings, caps])
    first_cap, last = len(levels) * num, (len(levels) - 1) * num
    faces: list[tuple[int, int, int]] = []
    for k in range(num):
        n = (k + 1) % num
        faces.append((first_cap, n, k))
        for ring in range(len(levels) - 1):
            a, b = ring * num, (ring + 1) * num
            faces += [(a + k, a + n, b + n), (a + k, b + n, b + k)]
        faces.append((first_cap + 1, last + k, last + n))
    mesh = Mesh(vertices, np.asarray(faces, dtype=np.int32))
    return mesh if mesh.volume > 0 else Mesh(vertices, mesh.faces[:, ::-1].copy())


def soft_box(
    x: float, y: float, z: float, *, radius: float, edge: float | None = None, bottom_z: float = 0.0
) -> Mesh:
    """A box with round corners seen from above and, by ``edge`` metres, rounded top and bottom rims."""
    e = min(radius if edge is None else edge, 0.45 * z, 0.3 * x, 0.3 * y)
    levels = []
    for inset, height in ((e, 0.0), (0.3 * e, 0.3 * e), (0, e), (0, z - e), (0.3 * e, z - 0.3 * e), (e, z)):
        levels.append((rounded(x - 2 * inset, y - 2 * inset, max(radius - inset, 0.1 * radius)), height))
    return loft(levels).moved((0, 0, bottom_z))


def tub(
    bottom_xy: tuple[float, float], top_xy: tuple[float, float], height: float, *, wall: float, radius: float
) -> Mesh:
    """An open box: full outer sizes at the bottom and at the rim, walls and floor ``wall`` thick."""
    (bx, by), (tx, ty) = bottom_xy, top_xy
    inner = max(radius - wall, 0.2 * radius)
    return loft(
        [
            (rounded(bx, by, radius), 0.0),
            (rounded(tx, ty, radius), height),
            (rounded(tx - 2 * wall, ty - 2 * wall, inner), height),
            (rounded(bx - 2 * wall, by - 2 * wall, inner), wall),
        ]
    )


def turned_cup(
    outside_rz: Sequence[tuple[float, float]], *, wall: float, floor: float, num_segments: int = 28
) -> Mesh:
    """A round open vessel from its outer profile (foot to rim), walls and floor of given thickness."""
    inside = [(max(r - wall, 0.002), z) for r, z in reversed(outside_rz) if z > floor * 1.5]
    foot = max(float(np.interp(floor, [z for _, z in outside_rz], [r for r, _ in outside_rz])) - wall, 0.002)
    return lathe([(0, 0), *outside_rz, *inside, (foot, floor), (0, floor)], num_segments=num_segments)


def disc(radius: float, height: float, *, bottom_z: float = 0.0, num_segments: int = 24) -> Mesh:
    """An upright cylinder on ``bottom_z``."""
    return lathe(
        [(0, bottom_z), (radius, bottom_z), (radius, bottom_z + height), (0, bottom_z + height)],
        num_segments=num_segments,
    )


def rod(
    start: Point, end: Point, radius: float, *, end_radius: float | None = None, num_sides: int = 10
) -> Mesh:
    """A round bar between two points."""
    return tube(
        np.array([start, end], dtype=np.float64),
        [radius, radius if end_radius is None else end_radius],
        num_sides=num_sides,
    )


def ring(radius: float, thickness: float, *, num_segments: int = 24, num_sides: int = 8) -> Mesh:
    """A torus about the z axis, centred on the origin; ``thickness`` is the radius of its tube."""
    turn = np.arange(num_segments) * (2 * math.pi / num_segments)
    side = np.arange(num_sides) * (2 * math.pi / num_sides)
    reach = radius + thickness * np.cos(side)
    vertices = np.stack(
        [
            np.outer(np.cos(turn), reach),
            np.outer(np.sin(turn), reach),
            np.broadcast_to(thickness * np.sin(side), (num_segments, num_sides)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    faces = []
    for a in range(num_segments):
        b = (a + 1) % num_segments
        for k in range(num_sides):
            n = (k + 1) % num_sides
            p, q, r, s = (i * num_sides + j for i, j in ((a, k), (b, k), (b, n), (a, n)))
            faces += [(p, q, r), (p, r, s)]
    return Mesh(vertices, np.asarray(faces, dtype=np.int32))


def turned_ring(profile_rz: Sequence[tuple[float, float]], *, num_segments: int = 28) -> Mesh:
    """A closed profile of (radius, height) points, clear of the axis, turned about z: a tyre, a roll."""
    angles = np.arange(num_segments) * (2 * math.pi / num_segments)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    vertices = np.concatenate(
        [np.concatenate([r * circle, np.full((num_segments, 1), z)], axis=1) for r, z in profile_rz]
    )
    faces = []
    for k in range(len(profile_rz)):
        first, second = k * num_segments, (k + 1) % len(profile_rz) * num_segments
        for i in range(num_segments):
            j = (i + 1) % num_segments
            faces += [(first + i, first + j, second + j), (first + i, second + j, second + i)]
    mesh = Mesh(vertices, np.asarray(faces, dtype=np.int32))
    return mesh if mesh.volume > 0 else Mesh(vertices, mesh.faces[:, ::-1].copy())


def band(outside_rz: Sequence[tuple[float, float]], *, proud: float = 0.0006) -> Mesh:
    """A painted band that stands out from a turned body and closes inside its wall."""
    outside = [(r + proud, z) for r, z in outside_rz]
    return turned_ring([*outside, *((r - 0.001, z) for r, z in reversed(outside_rz))])


def roll(outer: float, inner: float, height: float, *, bottom_z: float = 0.0) -> Mesh:
    """A round hollow roll standing on ``bottom_z``."""
    top = bottom_z + height
    return turned_ring([(outer, bottom_z), (outer, top), (inner, top), (inner, bottom_z)])


def arc(
    centre: Point, half_x: float, half_z: float, start_deg: float, end_deg: float, *, num: int = 11
) -> Points:
    """(num, 3) points of an ellipse arc in the xz plane; 0 degrees is +x, 90 is up."""
    angles = np.radians(np.linspace(start_deg, end_deg, num))
    offsets = np.stack([half_x * np.cos(angles), np.zeros(num), half_z * np.sin(angles)], axis=1)
    return np.asarray(centre) + offsets


def lines(
    x: float,
    y: float,
    top_z: float,
    *,
    num: int,
    rng: np.random.Generator,
    centre: tuple[float, float] = (0, 0),
) -> list[Mesh]:
    """Print on a level face: ``num`` thin bars of unequal length on a field of ``x`` by ``y``."""
    found = []
    for k in range(num):
        length = x * float(rng.uniform(0.5, 1.0))
        at = (centre[0] - (x - length) / 2, centre[1] + y * (0.5 - (k + 0.5) / num), top_z)
        found.append(box((length, y / num * 0.45, 0.0012), at))
    return found
