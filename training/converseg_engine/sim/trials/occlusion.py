"""Whether one thing hides another from the camera."""

from __future__ import annotations

from typing import Protocol

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.shapes import support_points
from converseg_engine.sim.trials.subject import TrialWorld

HIDES = Band(no_below=0.05, yes_from=0.20)
"""Share of the outline: a twentieth goes unnoticed, a fifth is plainly behind something."""
NEAREST_M = 0.05
"""What is nearer to the lens than this is not in the picture."""
MAX_SHOWN_GROUP = 2
"""Geoms of higher groups collide but are not drawn."""
_SHIFT = 4
_SPHERE = np.array(
    [
        [np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)]
        for e in np.linspace(-np.pi / 2, np.pi / 2, 17)
        for a in np.linspace(0, 2 * np.pi, 32, endpoint=False)
    ]
)


class OwnedView(Protocol):
    """A picture that knows what each pixel belongs to; ``View`` is one."""

    @property
    def camera(self) -> Camera:
        """Where it was taken from."""

    @property
    def owner(self) -> NDArray[np.int16]:
        """(H, W) object number of each pixel, negative for the rest."""


def outline(world: TrialWorld, camera: Camera, index: int) -> NDArray[np.bool_]:
    """(H, W) pixels that an object would take in the picture with nothing in front of it."""
    model, data = world.model, world.data
    canvas = np.zeros((camera.height, camera.width), dtype=np.uint8)
    for geom in np.flatnonzero((world.geom_owner == index) & (model.geom_group <= MAX_SHOWN_GROUP)):
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
            mesh = int(model.geom_dataid[geom])
            first, face = int(model.mesh_vertadr[mesh]), int(model.mesh_faceadr[mesh])
            local = model.mesh_vert[first : first + int(model.mesh_vertnum[mesh])].astype(np.float64)
            points = local @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
            faces = model.mesh_face[face : face + int(model.mesh_facenum[mesh])]
            pixels, depth = _pixels(camera, points)
            for triangle in faces[(depth[faces] > NEAREST_M).all(axis=1)]:
                cv2.fillConvexPoly(canvas, pixels[triangle], 1, lineType=cv2.LINE_8, shift=_SHIFT)
        else:
            pixels, depth = _pixels(camera, support_points(model, data, int(geom), _SPHERE))
            if (depth > NEAREST_M).all():
                cv2.fillConvexPoly(canvas, cv2.convexHull(pixels), 1, lineType=cv2.LINE_8, shift=_SHIFT)
    return canvas.astype(np.bool_)


def without_rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask less its rim, whose pixels lie half outside and show what is behind; thin ones as they are."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.uint8)
    inner: NDArray[np.bool_] = cv2.erode(mask.astype(np.uint8), cross) > 0
    return inner if inner.any() else mask


def _pixels(camera: Camera, points: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    pixels, depth = camera.project(points)
    return np.round(np.clip(pixels, -500, 4000) * (1 << _SHIFT)).astype(np.int32), depth


def occludes(view: OwnedView, world: TrialWorld, index: int, other: int) -> Finding:
    """Whether ``index`` hides part of ``other`` in a picture; value: share of its outline that is hidden.

    Where ``other`` would be seen but ``index`` is, ``index`` stands in front. Only what lies within the
    picture counts. ``holds`` is None where ``other`` is not within the picture at all.

    Raises:
        ValueError: both are the same.
    """
    if index == other:
        raise ValueError(f"other: object {other} cannot hide itself; give two different objects")
    whole = without_rim(outline(world, view.camera, other))
    num_pixels = int(np.count_nonzero(whole))
    if num_pixels == 0:
        return Finding(None, 0.0, "share", f"object {other} is outside the picture")
    share = float(np.count_nonzero(view.owner[whole] == index)) / num_pixels
    evidence = f"object {index} hides {share:.0%} of the outline of object {other} from the camera"
    return Finding(HIDES.above(share), share, "share", evidence)
