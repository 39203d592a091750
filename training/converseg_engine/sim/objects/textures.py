"""Procedural pictures on surfaces: grain, weave, print, wear; and where they lie on a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.meshes import Mesh

PixelsHWC = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture that repeats over a surface, projected along the axis that each face looks along.

    Attributes:
        pixels: (H, W, 3) uint8.
        width_m, height_m: size of one repeat on the surface; up in the picture is up on a side face.
    """

    pixels: PixelsHWC
    width_m: float
    height_m: float

    def coordinates(self, mesh: Mesh) -> NDArray[np.float64]:
        """(3 M, 2) texture coordinates, three for each face of ``mesh`` in the order of its corners."""
        corners = mesh.vertices[mesh.faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        axis = np.argmax(np.abs(normals), axis=1)
        # (u, v) of a face that looks along x: (y, z); along y: (x, z); along z: (x, y).
        first = np.array([1, 0, 0])[axis]
        second = np.array([2, 2, 1])[axis]
        faces = np.arange(len(axis))[:, None]
        each = np.arange(3)[None]
        u = corners[faces, each, first[:, None]] / self.width_m
        v = corners[faces, each, second[:, None]] / self.height_m
        return np.stack([u, v], axis=-1).reshape(-1, 2)
