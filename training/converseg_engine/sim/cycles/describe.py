"""A compiled scene in plain arrays: what another renderer needs, taken from the MuJoCo model at rest.

Colours and lamps are MuJoCo's own numbers; the renderer on the other side gives them its meaning.
"""

from __future__ import annotations

import json
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.compile import VISIBLE_GROUP
from converseg_engine.sim.world import World

Arrays = dict[str, NDArray[Any]]

_PLANE_HALF_M = 12.0
_BOX_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_BOX_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def describe(world: World, camera: Camera, *, samples: int, seed: int) -> Arrays:
    """Everything in a picture as arrays without objects, so that any numpy can load them.

    Returns:
        ``meta`` (JSON as bytes); for each visible geom k ``vertices/k`` (V, 3) world metres, ``faces/k``
        (F, 3), and where it is textured ``uv/k`` (F, 3, 2); for each texture t ``texture/t`` (H, W, 3) uint8.
    """
    model, data = world.model, world.data
    arrays: Arrays = {}
    geoms: list[dict[str, Any]] = []
    textures: set[int] = set()
    for g in np.flatnonzero(model.geom_group == VISIBLE_GROUP):
        vertices, faces, uv = _shape(model, int(g))
        k = len(geoms)
        arrays[f"vertices/{k}"] = vertices @ data.geom_xmat[g].reshape(3, 3).T + data.geom_xpos[g]
        arrays[f"faces/{k}"] = faces
        look = _look(model, int(g))
        if look["texture"] >= 0:
            textures.add(look["texture"])
            arrays[f"uv/{k}"] = _local_uv(model, int(g), vertices, faces) if uv is None else uv
        geoms.append({**look, "owner": int(world.geom_owner[g]), "part": int(world.geom_part[g])})
    for t in sorted(textures):
        arrays[f"texture/{t}"] = _pixels(model, t)
    meta = {
        "geoms": geoms,
        "textures": sorted(textures),
        "lights": [_light(model, k) for k in range(model.nlight)],
        "ambient": [float(v) for v in model.vis.headlight.ambient],
        "camera": {
            "position": camera.position.tolist(),
            "rotation": camera.rotation.tolist(),
            "fov_y_deg": camera.fov_y_deg,
            "width": camera.width,
            "height": camera.height,
        },
        "samples": samples,
        "seed": seed,
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    return arrays


def _shape(
    model: mujoco.MjModel, geom: int
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64] | None]:
    kind, size = model.geom_type[geom], model.geom_size[geom]
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        return _BOX_CORNERS * size, _BOX_FACES.astype(np.int32), None
    if kind == mujoco.mjtGeom.mjGEOM_PLANE:
        x, y = (s if s > 0 else _PLANE_HALF_M for s in size[:2])
        corners = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]])
        return corners, np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32), None
    if kind != mujoco.mjtGeom.mjGEOM_MESH:
        raise ValueError(
            f"world: visible geom {model.geom(geom).name!r} is no mesh, box or plane; build it as a mesh"
        )
    mesh = model.geom_dataid[geom]
    first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    first_face, num_faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    vertices = model.mesh_vert[first : first + count].astype(np.float64)
    faces = model.mesh_face[first_face : first_face + num_faces]
    uv = None
    if model.mesh_texcoordadr[mesh] >= 0:
        start = model.mesh_texcoordadr[mesh]
        coordinates = model.mesh_texcoord[start : start + model.mesh_texcoordnum[mesh]]
        uv = coordinates[model.mesh_facetexcoord[first_face : first_face + num_faces]].astype(np.float64)
    return vertices, faces, uv


def _look(model: mujoco.MjModel, geom: int) -> dict[str, Any]:
    material = int(model.geom_matid[geom])
    if material < 0:
        return {"rgb": model.geom_rgba[geom][:3].tolist(), "shine": 0.0, "emission": 0.0, "texture": -1}
    return {
        "rgb": model.mat_rgba[material][:3].tolist(),
        "shine": float(model.mat_specular[material]),
        "emission": float(model.mat_emission[material]),
        "texture": int(model.mat_texid[material][mujoco.mjtTextureRole.mjTEXROLE_RGB]),
    }


def _local_uv(
    model: mujoco.MjModel, geom: int, vertices: NDArray[np.float64], faces: NDArray[np.int32]
) -> NDArray[np.float64]:
    """MuJoCo lays a 2D texture over a shape along its z axis; ``texuniform`` counts repeats a metre."""
    material = int(model.geom_matid[geom])
    repeat = model.mat_texrepeat[material].astype(np.float64)
    flat = vertices[:, :2]
    if not model.mat_texuniform[material]:
        flat = flat / np.maximum(2 * np.abs(flat).max(axis=0), 1e-9)
    uv: NDArray[np.float64] = (flat * repeat)[faces]
    return uv


def _pixels(model: mujoco.MjModel, texture: int) -> NDArray[np.uint8]:
    height, width = int(model.tex_height[texture]), int(model.tex_width[texture])
    channels, start = int(model.tex_nchannel[texture]), int(model.tex_adr[texture])
    flat = model.tex_data[start : start + height * width * channels]
    return np.ascontiguousarray(flat.reshape(height, width, channels)[..., :3])


def _light(model: mujoco.MjModel, light: int) -> dict[str, Any]:
    return {
        "position": model.light_pos[light].tolist(),
        "direction": model.light_dir[light].tolist(),
        "rgb": model.light_diffuse[light].tolist(),
    }
