"""From a furnished room with things in it to a compiled MuJoCo model, and who owns each of its geoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.compile import BACKGROUND, COLLISION_GROUP, VISIBLE_GROUP
from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects.model import Surface
from converseg_engine.sim.objects.textures import Texture
from converseg_engine.sim.places.furnished import Room
from converseg_engine.sim.places.shading import paned_box, split_at_creases

TIMESTEP_S = 0.004
_WALL_THICK_M = 0.05
_CEILING_RGB = (0.80, 0.80, 0.78)
_KINDS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
}


@dataclass(frozen=True, eq=False)
class Compiled:
    """A model; for each geom its owner (object number or BACKGROUND) and its part (-1: not seen)."""

    model: mujoco.MjModel
    owner: NDArray[np.int32]
    part: NDArray[np.int32]


class SceneSpec:
    """A MuJoCo spec that grows: room, objects, and whatever a caller adds through ``spec``.

    Visible meshes have no mass, so the physics of a spec without them is the same.
    """

    def __init__(self, room: Room, *, visible: bool = True) -> None:
        self._visible = visible
        self.spec = mujoco.MjSpec()
        self.owners: dict[str, int] = {}
        self.parts: dict[str, int] = {}
        self._textures: dict[int, str] = {}
        self._kept: list[Texture] = []
        self._options(room)
        self._add_room(room)

    def _options(self, room: Room) -> None:
        spec = self.spec
        spec.option.timestep = TIMESTEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        # What leans or hangs over an edge must not creep: exact friction cones, stiff against sliding.
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10.0
        spec.stat.extent = 1.0
        spec.stat.center = [0, 0, 0]
        visual = spec.visual
        visual.map.znear, visual.map.zfar = 0.05, 20.0
        visual.quality.shadowsize = 2048
        visual.map.shadowclip = room.reach_m
        visual.headlight.ambient = [room.ambient] * 3
        visual.headlight.diffuse = [0.10] * 3
        visual.headlight.specular = [0.0] * 3
        visual.global_.offwidth, visual.global_.offheight = 64, 64

    def texture(self, texture: Texture) -> str:
        """Name of the MuJoCo texture with these pixels; made once."""
        if id(texture) not in self._textures:
            name = f"texture{len(self._textures)}"
            made = self.spec.add_texture(
                name=name,
                type=mujoco.mjtTexture.mjTEXTURE_2D,
                width=texture.pixels.shape[1],
                height=texture.pixels.shape[0],
                nchannel=3,
            )
            made.data = np.ascontiguousarray(texture.pixels[::-1]).tobytes()
            self._textures[id(texture)] = name
            self._kept.append(texture)
        return self._textures[id(texture)]

    def add_surface(self, body: mujoco.MjsBody, name: str, surface: Surface) -> None:
        """One visible mesh with its material; names are shared."""
        options: dict[str, object] = {}
        material = self.spec.add_material(
            name=name,
            rgba=[1.0, 1.0, 1.0, 1.0] if surface.texture is not None else [*surface.rgb, 1.0],
            specular=surface.shine,
            shininess=0.25 + 0.5 * surface.shine,
            emission=surface.emission,
        )
        if surface.texture is not None:
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = self.texture(surface.texture)
            coordinates = surface.texture.coordinates(surface.mesh)
            options["usertexcoord"] = coordinates.astype(np.float32).ravel()
            options["userfacetexcoord"] = np.arange(len(coordinates), dtype=np.int32)
        mesh, normals = split_at_creases(surface.mesh)
        self.spec.add_mesh(
            name=name,
            uservert=mesh.vertices.astype(np.float32).ravel(),
            usernormal=normals.astype(np.float32).ravel(),
            userface=mesh.faces.ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
            **options,
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

    def _add_room(self, room: Room) -> None:
        # Above the walls there is the colour of a ceiling, which throws no shadow.
        self.spec.add_texture(
            name="ceiling",
            type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=list(_CEILING_RGB),
            rgb2=list(_CEILING_RGB),
            width=4,
            height=24,
        )
        x0, y0, x1, y1 = room.xyxy
        cx, cy, half = (x0 + x1) / 2, (y0 + y1) / 2, _WALL_THICK_M / 2
        hx, hy, hz = (x1 - x0) / 2 + 2 * half, (y1 - y0) / 2 + 2 * half, room.height_m / 2
        walls = (
            ([cx, y1 + half, hz], [hx, half, hz], room.back_wall),
            ([cx, y0 - half, hz], [hx, half, hz], room.wall),
            ([x0 - half, cy, hz], [half, hy, hz], room.wall),
            ([x1 + half, cy, hz], [half, hy, hz], room.wall),
        )
        body = self.spec.worldbody
        for k, (pos, size, finish) in enumerate(walls):
            self.owners[f"wall{k}"] = self.owners[f"wall{k}/shape"] = BACKGROUND
            if self._visible:
                mesh = paned_box((2 * size[0], 2 * size[1], 2 * size[2]), (pos[0], pos[1], pos[2]))
                surface = Surface(mesh, finish.rgb, finish.shine, 0.0, finish.texture)
                self.add_surface(body, f"wall{k}", surface)
            body.add_geom(
                name=f"wall{k}/shape",
                type=mujoco.mjtGeom.mjGEOM_BOX,
                pos=pos,
                size=size,
                group=COLLISION_GROUP,
                friction=[0.7, 0.01, 0.001],
            )
        for k, lamp in enumerate(room.lights):
            # Even light, as from a window or a wide lamp: walls and floors show no edges of a cone.
            body.add_light(
                name=f"lamp{k}",
                pos=list(lamp.position),
                dir=list(np.asarray(room.focus) - lamp.position),
                diffuse=list(lamp.rgb),
                specular=[0.25, 0.25, 0.25] if k == 0 else [0.05, 0.05, 0.05],
                ambient=[0, 0, 0],
                castshadow=lamp.casts_shadow,
                type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            )

    def add_object(self, index: int, placement: Placement) -> None:
        """A thing with a free joint, or a fixture without."""
        item = placement.model
        half = placement.yaw / 2
        quat = placement.quat if placement.quat is not None else (np.cos(half), 0.0, 0.0, np.sin(half))
        body = self.spec.worldbody.add_body(
            name=f"object{index}", pos=[placement.x, placement.y, placement.z], quat=list(quat)
        )
        if not item.fixed:
            body.add_joint(name=f"free{index}", type=mujoco.mjtJoint.mjJNT_FREE, damping=[0.0])
        for p, part in enumerate(item.parts if self._visible else ()):
            for s, surface in enumerate(part.surfaces):
                name = f"object{index}/{p}/{s}"
                self.owners[name], self.parts[name] = index, p
                self.add_surface(body, name, surface)
        friction = item.physics.friction
        for c, shape in enumerate(item.shapes):
            name = f"object{index}/shape{c}"
            self.owners[name] = index
            body.add_geom(
                name=name,
                type=_KINDS[shape.kind],
                size=[*shape.size, 0.0, 0.0][:3],
                pos=list(shape.pos),
                quat=list(shape.quat),
                mass=shape.mass_kg,
                group=COLLISION_GROUP,
                condim=4 if item.fixed else 6,
                friction=[friction, 0.01, 0.002],
            )

    def compile(self) -> Compiled:
        """The model, and the tables of who owns what."""
        model = self.spec.compile()
        names = [model.geom(g).name for g in range(model.ngeom)]
        owner = np.array([self.owners[name] for name in names], dtype=np.int32)
        return Compiled(model, owner, np.array([self.parts.get(n, -1) for n in names], dtype=np.int32))


def compile_place(placements: Sequence[Placement], room: Room, *, visible: bool = True) -> Compiled:
    """Compile a furnished room and everything in it; without ``visible`` only what collides."""
    scene = SceneSpec(room, visible=visible)
    for index, placement in enumerate(placements):
        scene.add_object(index, placement)
    return scene.compile()
