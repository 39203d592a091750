"""Pictures of a world: colour, metric depth, and which object and part each pixel belongs to."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.compile import BACKGROUND
from converseg_engine.sim.world import World

_MAX_GEOMS = 2000


@dataclass(frozen=True, eq=False)
class View:
    """One rendered picture.

    Attributes:
        camera: where it was taken from.
        rgb: (H, W, 3) uint8.
        depth_m: (H, W) float32 metres along the optical axis; 0 where nothing was hit.
        owner: (H, W) int16 object number, or BACKGROUND, TABLE_TOP, TABLE_SIDE.
        part: (H, W) int16 part number within the object, -1 outside objects.
    """

    camera: Camera
    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    owner: NDArray[np.int16]
    part: NDArray[np.int16]


class _GLContext(Protocol):
    """What MuJoCo's EGL and OSMesa contexts share."""

    def make_current(self) -> None: ...

    def free(self) -> None: ...


def _off_screen_context(width: int, height: int) -> _GLContext:
    """EGL needs no display; OSMesa is the fallback that a user may choose with MUJOCO_GL=osmesa.

    Taken from MuJoCo's own back ends directly: its choice by default is a window system.
    """
    backend = os.environ.get("MUJOCO_GL", "egl").lower()
    try:
        if backend == "osmesa":
            osmesa = importlib.import_module("mujoco.osmesa")
            context: _GLContext = osmesa.GLContext(width, height)
        else:
            context = importlib.import_module("mujoco.egl").GLContext(width, height)
    except (ImportError, AttributeError, RuntimeError, OSError) as error:
        raise RuntimeError(
            f"no off-screen GL through {backend}: {error}; install EGL (Debian and Ubuntu: libegl1 and"
            " libgl1-mesa-dri), or set MUJOCO_GL=osmesa where OSMesa is installed"
        ) from error
    return context


class Renderer:
    """One off-screen GL context, kept for the life of the process; worlds come and go.

    Raises:
        RuntimeError: no off-screen context can be made on this machine.
    """

    def __init__(self, *, width: int, height: int) -> None:
        self._size = (width, height)
        self._gl = _off_screen_context(width, height)
        self._gl.make_current()
        self._option = mujoco.MjvOption()
        mujoco.mjv_defaultOption(self._option)
        self._free_camera = mujoco.MjvCamera()
        self._rect = mujoco.MjrRect(0, 0, width, height)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the GL context back."""
        self._gl.free()

    def views(self, world: World, cameras: Iterable[Camera], *, shadows: bool = True) -> Iterator[View]:
        """Render one world from each camera in turn.

        Raises:
            ValueError: a camera's picture is not of this renderer's size.
        """
        width, height = self._size
        self._gl.make_current()
        world.model.vis.global_.offwidth, world.model.vis.global_.offheight = width, height
        scene = mujoco.MjvScene(world.model, _MAX_GEOMS)
        context = mujoco.MjrContext(world.model, mujoco.mjtFontScale.mjFONTSCALE_50)
        try:
            mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, context)
            context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
            for camera in cameras:
                if (camera.width, camera.height) != self._size:
                    raise ValueError(
                        f"cameras: a {camera.width}x{camera.height} camera, a {width}x{height} renderer"
                    )
                yield self._view(world, camera, scene, context, shadows=shadows)
        finally:
            context.free()

    def _view(
        self,
        world: World,
        camera: Camera,
        scene: mujoco.MjvScene,
        context: mujoco.MjrContext,
        *,
        shadows: bool,
    ) -> View:
        mujoco.mjv_updateScene(
            world.model,
            world.data,
            self._option,
            None,
            self._free_camera,
            mujoco.mjtCatBit.mjCAT_ALL,
            scene,
        )
        near, far = world.model.vis.map.znear, world.model.vis.map.zfar
        for gl_camera in scene.camera:
            gl_camera.pos[:] = camera.position
            gl_camera.forward[:] = camera.rotation[:, 2]
            gl_camera.up[:] = -camera.rotation[:, 1]
            top = near * math.tan(math.radians(camera.fov_y_deg) / 2)
            gl_camera.frustum_center, gl_camera.frustum_width = 0.0, 0.0
            gl_camera.frustum_bottom, gl_camera.frustum_top = -top, top
            gl_camera.frustum_near, gl_camera.frustum_far = near, far
        shape = (camera.height, camera.width)
        scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        rgb = np.empty((*shape, 3), dtype=np.uint8)
        mujoco.mjr_render(self._rect, scene, context)
        mujoco.mjr_readPixels(rgb, None, self._rect, context)
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = True
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = True
        codes = np.empty((*shape, 3), dtype=np.uint8)
        raw_depth = np.empty(shape, dtype=np.float32)
        mujoco.mjr_render(self._rect, scene, context)
        mujoco.mjr_readPixels(codes, raw_depth, self._rect, context)
        scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = False
        scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = False
        ids = codes.astype(np.int32) @ np.array([1, 256, 65536], dtype=np.int32)
        owner_of, part_of = self._id_tables(world, scene)
        ids = np.flipud(ids)
        return View(
            camera,
            np.ascontiguousarray(np.flipud(rgb)),
            _metric_depth(np.flipud(raw_depth), near, far),
            owner_of[ids],
            part_of[ids],
        )

    @staticmethod
    def _id_tables(world: World, scene: mujoco.MjvScene) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Owner and part for each id colour; id 0 is the background."""
        owner_of = np.full(scene.ngeom + 2, BACKGROUND, dtype=np.int16)
        part_of = np.full(scene.ngeom + 2, -1, dtype=np.int16)
        for k in range(scene.ngeom):
            geom = scene.geoms[k]
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                owner_of[geom.segid + 1] = world.geom_owner[geom.objid]
                part_of[geom.segid + 1] = world.geom_part[geom.objid]
        return owner_of, part_of


def _metric_depth(raw: NDArray[np.float32], near: float, far: float) -> NDArray[np.float32]:
    """Reversed-z buffer values (1 at the near plane, 0 at the far plane) to metres; 0: nothing there."""
    raw64 = raw.astype(np.float64)
    depth = near * far / (near + raw64 * (far - near))
    return np.where(raw64 <= 0.0, 0.0, depth).astype(np.float32)


def as_from_a_sensor(rng: np.random.Generator, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Exposure, white balance, contrast, a trace of blur and noise: mild, as a good camera has them."""
    image = rgb.astype(np.float32) / 255.0
    image *= (float(rng.uniform(0.86, 1.12)) * (1 + rng.normal(0, 0.02, size=3))).astype(np.float32)
    image = np.clip(image, 0, 1) ** np.float32(rng.uniform(0.88, 1.14))
    sigma = float(rng.uniform(0.0, 0.02))
    image += rng.normal(0, 1, size=image.shape).astype(np.float32) * sigma
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
