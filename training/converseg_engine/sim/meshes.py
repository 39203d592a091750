"""Closed triangle meshes from numpy: lathe, extrusion, tube and box. Metres, z up, faces outward."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """A closed surface.

    Attributes:
        vertices: (N, 3) metres.
        faces: (M, 3) vertex indices, counter-clockwise seen from outside.
    """

    vertices: Points
    faces: NDArray[np.int32]

    def moved(self, offset_xyz: Sequence[float]) -> Mesh:
        """The same mesh, shifted by (x, y, z) metres."""
        return Mesh(self.vertices + np.asarray(offset_xyz, dtype=np.float64), self.faces)

    def rotated(self, rotation: Points) -> Mesh:
        """The same mesh, every vertex multiplied by a (3, 3) rotation."""
        return Mesh(self.vertices @ rotation.T, self.faces)

    def scaled(self, factors_xyz: Sequence[float]) -> Mesh:
        """The same mesh, stretched along each axis by a positive factor."""
        return Mesh(self.vertices * np.asarray(factors_xyz, dtype=np.float64), self.faces)

    @property
    def volume(self) -> float:
        """Signed volume, cubic metres; positive where the faces look outward."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def _outward(vertices: Points, faces: Sequence[Sequence[int]]) -> Mesh:
    mesh = Mesh(vertices, np.asarray(faces, dtype=np.int32))
    return mesh if mesh.volume > 0 else Mesh(vertices, mesh.faces[:, ::-1].copy())


def rotation_about(axis: str, angle_rad: float) -> Points:
    """(3, 3) rotation about the axis named "x", "y" or "z"."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    rotation = np.eye(3)
    rotation[first, first] = rotation[second, second] = c
    rotation[first, second], rotation[second, first] = -s, s
    return rotation


ALONG_X = rotation_about("y", math.pi / 2)
"""Lays what stands along z down along x."""


def lathe(profile_rz: Sequence[tuple[float, float]], *, num_segments: int = 24) -> Mesh:
    """Turn a profile about the z axis.

    Args:
        profile_rz: (radius, height) points; the first and the last lie on the axis (radius 0), so
            that the surface is closed. A hollow vessel goes up outside and comes down inside.
        num_segments: corners of each ring.

    Raises:
        ValueError: an end of the profile is off the axis.
    """
    if profile_rz[0][0] != 0.0 or profile_rz[-1][0] != 0.0:
        raise ValueError("profile_rz: start and end on the axis (radius 0) to close the surface")
    rings = profile_rz[1:-1]
    angles = np.arange(num_segments) * (2 * math.pi / num_segments)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    blocks = [np.concatenate([r * circle, np.full((num_segments, 1), z)], axis=1) for r, z in rings]
    caps = np.array([[0.0, 0.0, profile_rz[0][1]], [0.0, 0.0, profile_rz[-1][1]]])
    vertices = np.concatenate([*blocks, caps])
    first_cap = len(rings) * num_segments
    faces: list[tuple[int, int, int]] = []
    for k in range(num_segments):
        n = (k + 1) % num_segments
        faces.append((first_cap, n, k))
        for ring in range(len(rings) - 1):
            a, b = ring * num_segments, (ring + 1) * num_segments
            faces += [(a + k, a + n, b + n), (a + k, b + n, b + k)]
        last = (len(rings) - 1) * num_segments
        faces.append((first_cap + 1, last + k, last + n))
    return _outward(vertices, faces)


def extrude(outline_xy: Sequence[tuple[float, float]], *, height: float, bottom_z: float = 0.0) -> Mesh:
    """Raise an outline that is star-shaped about its centroid (every convex one is) along z."""
    outline = np.asarray(outline_xy, dtype=np.float64)
    num = len(outline)
    low = np.concatenate([outline, np.full((num, 1), bottom_z)], axis=1)
    high = low + np.array([0.0, 0.0, height])
    centre = outline.mean(axis=0)
    centres = np.array([[*centre, bottom_z], [*centre, bottom_z + height]])
    vertices = np.concatenate([low, high, centres])
    faces: list[tuple[int, int, int]] = []
    for k in range(num):
        n = (k + 1) % num
        faces += [
            (k, n, num + n),
            (k, num + n, num + k),
            (2 * num, n, k),
            (2 * num + 1, num + k, num + n),
        ]
    return _outward(vertices, faces)


def box(
    size_xyz: tuple[float, float, float], centre_xyz: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Mesh:
    """A box with full edge lengths ``size_xyz``."""
    x, y, z = (s / 2 for s in size_xyz)
    base = extrude([(-x, -y), (x, -y), (x, y), (-x, y)], height=2 * z, bottom_z=-z)
    return base.moved(centre_xyz)


def sphere(radius: float, *, num_rings: int = 11, num_segments: int = 20) -> Mesh:
    """A ball centred on the origin."""
    polar = np.linspace(0.0, math.pi, num_rings + 2)
    inner = [(radius * math.sin(p), -radius * math.cos(p)) for p in polar[1:-1]]
    return lathe([(0.0, -radius), *inner, (0.0, radius)], num_segments=num_segments)


def tube(path: Points, radii: Sequence[float], *, num_sides: int = 10) -> Mesh:
    """Sweep a circle along a path.

    Args:
        path: (N, 3) points; consecutive points differ.
        radii: N radii, metres.
        num_sides: corners of the circle.
    """
    tangents = np.gradient(path, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    # One fixed helper direction keeps the rings from twisting; the path never runs along it.
    spread = np.ptp(path, axis=0)
    helper = np.eye(3)[int(np.argmin(spread))]
    side = np.cross(tangents, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(tangents, side)
    angles = np.arange(num_sides) * (2 * math.pi / num_sides)
    rings = [
        p + r * (np.cos(angles)[:, None] * s + np.sin(angles)[:, None] * o)
        for p, r, s, o in zip(path, radii, side, other, strict=True)
    ]
    vertices = np.concatenate([*rings, path[:1], path[-1:]])
    num = len(path)
    faces: list[tuple[int, int, int]] = []
    for k in range(num_sides):
        n = (k + 1) % num_sides
        faces.append((num * num_sides, n, k))
        for ring in range(num - 1):
            a, b = ring * num_sides, (ring + 1) * num_sides
            faces += [(a + k, a + n, b + n), (a + k, b + n, b + k)]
        last = (num - 1) * num_sides
        faces.append((num * num_sides + 1, last + k, last + n))
    return _outward(vertices, faces)


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """Several closed meshes as one."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=True)]).astype(np.int32),
    )
