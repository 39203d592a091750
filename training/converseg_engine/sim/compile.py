"""From placements and a room to a compiled MuJoCo model, and who owns each of its geoms."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects.model import Surface
from converseg_engine.sim.surroundings import TABLE_HEIGHT_M, Surroundings, TextureHWC

VISIBLE_GROUP, COLLISION_GROUP = 1, 3
BACKGROUND, TABLE_TOP, TABLE_SIDE = -1, -2, -3
"""Owners of geoms that belong to no object."""


def _texture(spec: mujoco.MjSpec, name: str, pixels: TextureHWC, repeat: float) -> str:
    texture = spec.add_texture(
        name=name,
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        width=pixels.shape[1],
        height=pixels.shape[0],
        nchannel=3,
    )
    texture.data = pixels.tobytes()
    material = spec.add_material(name=name, specular=0.15, shininess=0.2)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture.name
    material.texuniform = True
    material.texrepeat = [repeat, repeat]
    return name


def _add_room(spec: mujoco.MjSpec, room: Surroundings, owners: dict[str, int]) -> None:
    body = spec.worldbody
    x0, y0, x1, y1 = room.table_xyxy
    cx, cy, hx, hy = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2
    table = _texture(spec, "table", room.table_texture, 1.3)
    floor = _texture(spec, "floor", room.floor_texture, 0.9)
    spec.add_material(name="wall", rgba=[*room.wall_rgb, 1.0], specular=0.0)
    plain = {"contype": 0, "conaffinity": 0, "group": VISIBLE_GROUP}
    box, plane = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_PLANE

    def add(name: str, owner: int, **options: object) -> None:
        owners[name] = owner
        body.add_geom(name=name, **plain, **options)

    # The top is its own thin slab, so that its pixels are the level surface and nothing else.
    add("top", TABLE_TOP, type=box, size=[hx, hy, 0.001], pos=[cx, cy, -0.001], material=table)
    add("slab", TABLE_SIDE, type=box, size=[hx, hy, 0.015], pos=[cx, cy, -0.017], material=table)
    for k, (sx, sy) in enumerate(((-1, -1), (-1, 1), (1, -1), (1, 1))):
        leg = [cx + sx * (hx - 0.04), cy + sy * (hy - 0.04), -0.032 - TABLE_HEIGHT_M / 2]
        add(f"leg{k}", TABLE_SIDE, type=box, size=[0.025, 0.025, TABLE_HEIGHT_M / 2], pos=leg, material=table)
    add(
        "floor", BACKGROUND, type=plane, size=[6, 6, 0.1], pos=[0, 0, -TABLE_HEIGHT_M - 0.032], material=floor
    )
    far = 2.6
    for k, (pos, size) in enumerate(
        (
            ([far, 0, 0.7], [0.02, far, 1.6]),
            ([-far, 0, 0.7], [0.02, far, 1.6]),
            ([0, far, 0.7], [far, 0.02, 1.6]),
            ([0, -far, 0.7], [far, 0.02, 1.6]),
        )
    ):
        add(f"wall{k}", BACKGROUND, type=box, size=size, pos=pos, material="wall")
    # What things stand on is an endless plane: exact contacts; nothing is placed past the edge.
    owners["ground"] = TABLE_TOP
    body.add_geom(
        name="ground", type=plane, size=[2, 2, 0.1], group=COLLISION_GROUP, friction=[1.0, 0.01, 0.001]
    )
    for lamp in room.lights:
        body.add_light(
            pos=list(lamp.position),
            dir=[-p for p in lamp.position],
            diffuse=list(lamp.rgb),
            specular=[0.3, 0.3, 0.3],
            ambient=[0, 0, 0],
            castshadow=lamp.casts_shadow,
            type=mujoco.mjtLightType.mjLIGHT_SPOT,
            cutoff=80,
            exponent=1.0,
        )


def _add_surface(spec: mujoco.MjSpec, body: mujoco.MjsBody, name: str, surface: Surface) -> None:
    spec.add_mesh(
        name=name,
        uservert=surface.mesh.vertices.astype(np.float32).ravel(),
        userface=surface.mesh.faces.ravel(),
        inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )
    spec.add_material(
        name=name,
        rgba=[*surface.rgb, 1.0],
        specular=surface.shine,
        shininess=0.25 + 0.5 * surface.shine,
        emission=surface.emission,
    )
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=name,
        material=name,
        contype=0,
        conaffinity=0,
        group=VISIBLE_GROUP,
        mass=0.0,
    )


def _add_object(
    spec: mujoco.MjSpec, index: int, placement: Placement, owners: dict[str, int], parts: dict[str, int]
) -> None:
    body = spec.worldbody.add_body(
        name=f"object{index}",
        pos=[placement.x, placement.y, placement.z],
        quat=[np.cos(placement.yaw / 2), 0, 0, np.sin(placement.yaw / 2)],
    )
    # Damped joints: the settled pose is what counts, and balls shall stay where they were put.
    body.add_joint(name=f"free{index}", type=mujoco.mjtJoint.mjJNT_FREE, damping=[0.002])
    for p, part in enumerate(placement.model.parts):
        for s, surface in enumerate(part.surfaces):
            name = f"object{index}/{p}/{s}"
            owners[name], parts[name] = index, p
            _add_surface(spec, body, name, surface)
    kinds = {
        "box": mujoco.mjtGeom.mjGEOM_BOX,
        "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
        "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    }
    for c, shape in enumerate(placement.model.shapes):
        name = f"object{index}/shape{c}"
        owners[name] = index
        body.add_geom(
            name=name,
            type=kinds[shape.kind],
            size=[*shape.size, 0.0, 0.0][:3],
            pos=list(shape.pos),
            quat=list(shape.quat),
            mass=shape.mass_kg,
            group=COLLISION_GROUP,
            condim=6,
            friction=[0.9, 0.01, 0.003],
        )


def compile_scene(
    placements: list[Placement], room: Surroundings
) -> tuple[mujoco.MjModel, NDArray[np.int32], NDArray[np.int32]]:
    """Compile a scene.

    Returns:
        The model; for each geom its owner (object number, BACKGROUND, TABLE_TOP or TABLE_SIDE); for
        each geom its part number within the object, -1 for shapes that only collide and for the room.
    """
    spec = mujoco.MjSpec()
    spec.option.timestep = 0.004
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.stat.extent = 1.0
    spec.stat.center = [0, 0, 0]
    visual = spec.visual
    visual.map.znear, visual.map.zfar = 0.05, 20.0
    visual.quality.shadowsize = 1024
    visual.headlight.ambient = [room.ambient] * 3
    visual.headlight.diffuse = [0.12] * 3
    visual.headlight.specular = [0.0] * 3
    visual.global_.offwidth, visual.global_.offheight = 64, 64
    owners: dict[str, int] = {}
    parts: dict[str, int] = {}
    _add_room(spec, room, owners)
    for index, placement in enumerate(placements):
        _add_object(spec, index, placement, owners, parts)
    model = spec.compile()
    names = [model.geom(g).name for g in range(model.ngeom)]
    owner = np.array([owners[name] for name in names], dtype=np.int32)
    return model, owner, np.array([parts.get(name, -1) for name in names], dtype=np.int32)
