"""A private, honest copy of a scene's physics for trials.

A world is settled with damped joints and bled speed, so that it comes to rest soon. A trial must not run
on that: the bench is compiled anew from nothing but the shapes that collide. Its free joints have no
damping, rolling resistance is that of hard things on hard ground, and friction cones are round instead
of pyramids. Whatever a trial does not set free stays fixed where it rests. The world is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.shapes import bounds
from converseg_engine.sim.trials.subject import TrialWorld, Vector

TIMESTEP_S = 0.005
"""Contacts are 0.02 s soft, so four steps resolve them. Half the step changed no label of the analytic
tests; of 520 labels in twelve places it turned none round and moved six into or out of the margin band."""
ROLLING_FRICTION_M = 1e-4
"""Lever arm of rolling resistance: a ball of 3 cm then loses 0.3 % of its weight, as on a table."""
ARENA_BYTES = 4 << 20
FAR_UP_M = 100.0
"""Where things are put that take no part: they fall freely and meet nothing within a trial."""

Extra = Callable[[mujoco.MjSpec], None]
"""Adds the tools of a trial to the bench."""


def is_fixed(world: TrialWorld, index: int) -> bool:
    """Whether an object is furniture."""
    return int(world.model.body(f"object{index}").jntnum[0]) == 0


def num_objects(world: TrialWorld) -> int:
    """How many objects the scene has, furniture included."""
    return 1 + max((int(o) for o in world.geom_owner), default=-1)


def collides(model: mujoco.MjModel) -> NDArray[np.bool_]:
    """For each geom, whether it can touch anything."""
    found: NDArray[np.bool_] = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
    return found


def _new_spec(model: mujoco.MjModel) -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    spec.memory = ARENA_BYTES
    spec.option.timestep = TIMESTEP_S
    spec.option.gravity = model.opt.gravity
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0  # friction ten times stiffer than normal forces: what rests does not creep
    return spec


def _mesh_name(spec: mujoco.MjSpec, model: mujoco.MjModel, mesh: int) -> str:
    name = f"mesh{mesh}"
    if spec.mesh(name) is None:
        vertex, face = int(model.mesh_vertadr[mesh]), int(model.mesh_faceadr[mesh])
        spec.add_mesh(
            name=name,
            uservert=model.mesh_vert[vertex : vertex + int(model.mesh_vertnum[mesh])].ravel(),
            userface=model.mesh_face[face : face + int(model.mesh_facenum[mesh])].ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        )
    return name


def _add_geom(
    spec: mujoco.MjSpec, body: mujoco.MjsBody, model: mujoco.MjModel, geom: int, pos: Vector, quat: Vector
) -> None:
    friction = model.geom_friction[geom].copy()
    friction[2] = min(float(friction[2]), ROLLING_FRICTION_M)
    options = {} if model.geom_type[geom] != mujoco.mjtGeom.mjGEOM_MESH else {"meshname": ""}
    if options:
        options["meshname"] = _mesh_name(spec, model, int(model.geom_dataid[geom]))
    body.add_geom(
        type=model.geom_type[geom],
        size=model.geom_size[geom],
        pos=pos,
        quat=quat,
        contype=int(model.geom_contype[geom]),
        conaffinity=int(model.geom_conaffinity[geom]),
        condim=int(model.geom_condim[geom]),
        friction=friction,
        solref=model.geom_solref[geom],
        solimp=model.geom_solimp[geom],
        **options,
    )


class Bench:
    """A compiled copy in which some objects are free and everything else is part of the ground.

    Args:
        world: the scene.
        movable: objects that are set free.
        extra: adds tools; their bodies come after the objects.

    Attributes:
        model, data: the copy and its state.
        owner: object number of each geom of the copy; negative for ownerless geoms and tools.
        movable: the free objects, in order.
    """

    def __init__(self, world: TrialWorld, movable: Collection[int], *, extra: Extra | None = None) -> None:
        model, data = world.model, world.data
        spec = _new_spec(model)
        self.movable = tuple(sorted(movable))
        bodies: dict[int, mujoco.MjsBody] = {}
        for index in self.movable:
            source = model.body(f"object{index}")
            if source.jntnum[0] == 0:
                raise ValueError(f"movable: object {index} is furniture and cannot be set free")
            body = spec.worldbody.add_body(
                name=f"object{index}", pos=data.xpos[source.id], quat=data.xquat[source.id]
            )
            body.add_freejoint()
            body.mass, body.ipos, body.iquat = float(source.mass[0]), source.ipos, source.iquat
            body.inertia, body.explicitinertial = source.inertia, True
            bodies[int(source.id)] = body
        fixed: list[int] = []
        free: dict[int, list[int]] = {index: [] for index in self.movable}
        quat = np.zeros(4)
        for geom in map(int, np.flatnonzero(collides(model))):
            body_id, owner = int(model.geom_bodyid[geom]), int(world.geom_owner[geom])
            if body_id in bodies:
                free[owner].append(owner)
                _add_geom(spec, bodies[body_id], model, geom, model.geom_pos[geom], model.geom_quat[geom])
            else:
                fixed.append(owner)
                mujoco.mju_mat2Quat(quat, data.geom_xmat[geom])
                _add_geom(spec, spec.worldbody, model, geom, data.geom_xpos[geom], quat)
        if extra is not None:
            extra(spec)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        # Geoms are compiled body by body: first those of the ground, then each object's, then the tools'.
        owners = [*fixed, *(o for index in self.movable for o in free[index])]
        owners += [-1] * (self.model.ngeom - len(owners))
        self.owner = np.array(owners, dtype=np.int32)
        self._body = {index: k + 1 for k, index in enumerate(self.movable)}
        self._geoms: dict[int, tuple[int, ...]] = {}
        self._boxes: dict[int, tuple[float, ...]] = {}
        self._bounds: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        mujoco.mj_forward(self.model, self.data)

    def geoms(self, index: int) -> tuple[int, ...]:
        """The geoms of an object in the copy."""
        if index not in self._geoms:
            self._geoms[index] = tuple(int(g) for g in np.flatnonzero(self.owner == index))
            if not self._geoms[index]:
                raise ValueError(f"index: object {index} has no shape that collides")
        return self._geoms[index]

    def body(self, index: int) -> int:
        """The body of a free object in the copy."""
        return self._body[index]

    def reset(self) -> None:
        """Everything back to rest where the world has it."""
        data = self.data
        data.qpos[:] = self.model.qpos0
        data.qvel[:] = 0
        data.qacc_warmstart[:] = 0
        data.time = 0.0
        mujoco.mj_forward(self.model, data)

    def place(self, body: int, position: Vector, quat: Vector | None = None) -> None:
        """Puts the frame of a free body somewhere; takes effect with the next step or ``look``."""
        start = 7 * (body - 1)
        self.data.qpos[start : start + 3] = position
        if quat is not None:
            self.data.qpos[start + 3 : start + 7] = quat

    def put_away(self, index: int) -> None:
        """Takes a free object out of the scene."""
        place = self.model.qpos0[7 * (self._body[index] - 1) :][:3]
        self.place(self._body[index], place + np.array([0, 0, FAR_UP_M]))

    def look(self) -> None:
        """Works out where everything is and what touches, without letting time pass."""
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_collision(self.model, self.data)

    def bounds(self, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The box round an object where it rests, world axes, metres; ask while the bench is at rest."""
        if index not in self._bounds:
            self._bounds[index] = bounds(self.model, self.data, self.geoms(index))
        return self._bounds[index]

    def box(self, index: int) -> tuple[float, ...]:
        """The same box as six numbers: lowest corner, highest corner."""
        if index not in self._boxes:
            low, high = self.bounds(index)
            self._boxes[index] = (*map(float, low), *map(float, high))
        return self._boxes[index]

    def overlap_m(self, body: int) -> float:
        """How deep a free body cuts into anything else, metres; 0 where it touches nothing."""
        contact = self.data.contact
        if self.data.ncon == 0:
            return 0.0
        mine = (self.model.geom_bodyid[contact.geom] == body).any(axis=1)
        return max(0.0, -float(contact.dist[mine].min(initial=0.0)))
