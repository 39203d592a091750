"""Meshes for a renderer that lights corners: normals that keep edges sharp, and boards in small panes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.meshes import Mesh

CREASE_COS = math.cos(math.radians(38.0))


def corner_normals(mesh: Mesh) -> NDArray[np.float64]:
    """(3 M, 3) unit normals, three for each face.

    Each is the mean, weighted by area, over the faces at its vertex that turn less than the crease
    angle away from its own.
    """
    corners = mesh.vertices[mesh.faces]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(area, axis=1, keepdims=True)
    unit = area / np.maximum(size, 1e-15)
    vertex = mesh.faces.ravel()
    order = np.argsort(vertex, kind="stable")
    _, start, num = np.unique(vertex[order], return_index=True, return_counts=True)
    # Every pair of corners that share a vertex: each corner beside each of its group.
    group_num = np.repeat(num, num)
    first = np.repeat(np.arange(len(vertex)), group_num)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(group_num) - group_num, group_num)
    second = np.repeat(np.repeat(start, num), group_num) + offset
    face_a, face_b = order[first] // 3, order[second] // 3
    smooth = np.einsum("ij,ij->i", unit[face_a], unit[face_b]) > CREASE_COS
    total = np.empty((len(vertex), 3))
    for axis in range(3):
        weights = np.where(smooth, area[face_b, axis], 0.0)
        total[order, axis] = np.bincount(first, weights=weights, minlength=len(vertex))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    normals: NDArray[np.float64] = np.where(
        length > 1e-12, total / np.maximum(length, 1e-12), (0.0, 0.0, 1.0)
    )
    return normals


def split_at_creases(mesh: Mesh) -> tuple[Mesh, NDArray[np.float64]]:
    """The same surface with one vertex for each normal, and the (N, 3) normals of its vertices.

    MuJoCo takes one normal a vertex, so a vertex on a sharp edge becomes several. The order of the
    faces and of their corners stays.
    """
    normals = corner_normals(mesh)
    vertex = mesh.faces.ravel()
    key = np.column_stack([vertex, np.round(normals * 500).astype(np.int64)])
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    faces = inverse.reshape(-1, 3).astype(np.int32)
    return Mesh(mesh.vertices[vertex[first]], faces), normals[first]


def paned_box(
    size_xyz: tuple[float, float, float],
    centre_xyz: tuple[float, float, float],
    *,
    pane_m: float = 0.3,
    max_panes: int = 16,
) -> Mesh:
    """A box whose sides are divided into panes, so that a lamp lights the middle of a floor as well.

    Panes of one side share their corners; the sides do not share theirs.
    """
    half = np.asarray(size_xyz) / 2
    num = [min(max_panes, max(1, math.ceil(s / pane_m))) for s in size_xyz]
    vertices: list[NDArray[np.float64]] = []
    faces: list[NDArray[np.int32]] = []
    count = 0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        grid_u, grid_v = np.meshgrid(
            np.linspace(-half[u], half[u], num[u] + 1),
            np.linspace(-half[v], half[v], num[v] + 1),
            indexing="ij",
        )
        k = np.arange(grid_u.size).reshape(grid_u.shape)
        a, b, c, d = k[:-1, :-1].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel(), k[:-1, 1:].ravel()
        for sign in (1.0, -1.0):
            points = np.empty((grid_u.size, 3))
            points[:, axis], points[:, u], points[:, v] = sign * half[axis], grid_u.ravel(), grid_v.ravel()
            quads = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
            vertices.append(points)
            faces.append((quads if sign > 0 else quads[:, ::-1]) + count)
            count += len(points)
    whole = np.concatenate(vertices) + np.asarray(centre_xyz)
    return Mesh(whole, np.concatenate(faces).astype(np.int32))
