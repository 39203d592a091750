"""A hand takes a thing, carries it and puts it down; in between and after, physics has its say."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.camera_paths import eased
from converseg_engine.sim.hand import AWAY, hand_frame, place_hand
from converseg_engine.sim.places.poses import about_z
from converseg_engine.sim.world import World

Vector = NDArray[np.float64]
REACH, LIFT, CARRY, LOWER, RELEASE, GONE = 0.10, 0.20, 0.30, 0.58, 0.68, 0.80
"""When, as shares of the sequence: the hand comes, lifts, carries, lowers, lets go, has left."""

RELEASE_GAP_M = 0.001
MAX_LIFT_M = 0.40


@dataclass(frozen=True, eq=False)
class Move:
    """One thing carried from where it rests to another place on the same region.

    Attributes:
        index: its object number.
        start, rotation: where its frame rests, and how it is turned there.
        offset: (3,) level way to its new place, metres.
        turn_rad: how far it is turned about the vertical on the way.
        lift_m: how high it is carried.
        grip: (3,) the top of the thing in the world, where the hand takes it.
    """

    index: int
    start: Vector
    rotation: Vector
    offset: Vector
    turn_rad: float
    lift_m: float
    grip: Vector

    def held(self, t: float) -> bool:
        """Whether the hand has it at a time in [0, 1]."""
        return LIFT <= t < RELEASE

    def pose(self, t: float) -> tuple[Vector, Vector]:
        """Position and rotation of its frame while it is held."""
        up = eased((t - LIFT) / (CARRY - LIFT)) - eased((t - LOWER) / (RELEASE - LOWER))
        along = eased((t - CARRY) / (LOWER - CARRY))
        lift = np.array([0.0, 0.0, self.lift_m * up + RELEASE_GAP_M])
        return self.start + along * self.offset + lift, about_z(self.turn_rad * along) @ self.rotation

    def hand(self, t: float) -> tuple[Vector, Vector]:
        """Position and rotation of the hand at a time in [0, 1]."""
        frame = hand_frame(np.array([0.0, 0.5, -0.87]), np.array([0.0, 0.87, 0.5]))
        if t < REACH or t >= GONE:
            return AWAY, frame
        inside = min(max(t, LIFT), RELEASE)
        position, _ = self.pose(inside)
        grip = self.grip + position - self.start
        gap = 1 - eased((t - REACH) / (LIFT - REACH)) if t < LIFT else eased((t - RELEASE) / (GONE - RELEASE))
        return grip + gap * np.array([0.0, -0.45, 0.55]) - 0.075 * frame[:, 0], frame


def draw_move(
    rng: np.random.Generator, world: World, index: int, camera: Camera, *, tries: int = 30
) -> Move | None:
    """A way to carry a thing to a free spot in the picture; None where it is not free to be taken.

    It must stand alone on a region with nothing on it, and with room above it for the hand.
    """
    holder = world.carriers[index]
    if len(holder) != 1 or not world.objects[next(iter(holder))].fixed or world.carried_by(index):
        return None
    vertices = world.vertices(index)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    regions = [r for r in world.regions if abs(r.centre[2] - low[2]) < 0.02 and r.contains(vertices).all()]
    if not regions:
        return None
    region = regions[0]
    numbers = [k for k, item in enumerate(world.objects) if k != index and not item.fixed]
    others = [world.vertices(k) for k in numbers]
    boxes = [(v.min(axis=0), v.max(axis=0)) for v in others]
    radius = float(np.linalg.norm(vertices[:, :2] - middle[:2], axis=1).max())
    half = np.array([region.half_x, region.half_y]) - radius - 0.01
    if (half <= 0).any():
        return None
    for _ in range(tries):
        goal = region.to_world((rng.uniform(-1, 1, size=2) * half)[None])[0]
        way = np.array([goal[0] - middle[0], goal[1] - middle[1], 0.0])
        far = float(np.linalg.norm(way))
        pixels, depth = camera.project((middle + way)[None])
        unit = pixels[0] / np.array([camera.width, camera.height])
        if not 0.08 <= far <= 0.5 or depth[0] < 0.1 or (unit < 0.08).any() or (unit > 0.92).any():
            continue
        if any(_near(goal[:2], radius + 0.01, a, b) for a, b in boxes if b[2] > low[2] + 0.002):
            continue
        tops = [float(b[2]) for a, b in boxes if _passes(middle[:2], goal[:2], radius + 0.02, a, b)]
        lift = max([float(rng.uniform(0.06, 0.14)), *(top - float(low[2]) + 0.03 for top in tops)])
        if lift > min(MAX_LIFT_M, region.clearance_m - (high[2] - low[2]) - 0.15):
            continue
        grip = np.array([middle[0], middle[1], high[2]])
        turn = float(rng.uniform(-0.8, 0.8))
        # It turns about its own frame, so the frame's way makes up for an off-centre middle.
        centre = middle - world.positions[index]
        way = way + centre - about_z(turn) @ centre
        way[2] = 0.0
        return Move(
            index, world.positions[index].copy(), world.rotations[index].copy(), way, turn, lift, grip
        )
    return None


def _near(point: Vector, radius: float, low: Vector, high: Vector) -> bool:
    gap = np.maximum(np.maximum(low[:2] - point, point - high[:2]), 0.0)
    return float(np.hypot(*gap)) < radius


def _passes(start: Vector, goal: Vector, radius: float, low: Vector, high: Vector) -> bool:
    return any(_near(start + s * (goal - start), radius, low, high) for s in np.linspace(0, 1, 12))


class Handler:
    """Steps one world's physics along a move; ``data`` is changed in place."""

    def __init__(self, world: World, data: mujoco.MjData, move: Move | None, *, length_s: float) -> None:
        self._model, self._data, self._move, self._length_s = world.model, data, move, length_s
        self._time_s = 0.0
        if move is not None:
            joint = world.model.joint(f"free{move.index}")
            self._position, self._velocity = int(joint.qposadr[0]), int(joint.dofadr[0])

    def advance_to(self, time_s: float) -> None:
        """Step physics up to a time from the start of the sequence."""
        step_s = float(self._model.opt.timestep)
        while self._time_s < time_s - step_s / 2:
            self._hold()
            mujoco.mj_step(self._model, self._data)
            self._time_s += step_s
        self._hold()
        mujoco.mj_forward(self._model, self._data)

    def _hold(self) -> None:
        if self._move is None:
            return
        t = self._time_s / self._length_s
        place_hand(self._model, self._data, *self._move.hand(t))
        if not self._move.held(t):
            return
        ahead = min(t + 0.004 / self._length_s, RELEASE)
        position, rotation = self._move.pose(t)
        later, _ = self._move.pose(ahead)
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, np.ascontiguousarray(rotation).ravel())
        at, v = self._position, self._velocity
        self._data.qpos[at : at + 3], self._data.qpos[at + 3 : at + 7] = position, quat
        self._data.qvel[v : v + 3] = (later - position) / 0.004 if ahead > t else 0.0
        self._data.qvel[v + 3 : v + 6] = 0.0


def works(world: World, move: Move, *, length_s: float) -> bool:
    """Whether the thing ends at rest where it was put, and nothing else was pushed, by trying it."""
    data = mujoco.MjData(world.model)
    mujoco.mj_forward(world.model, data)
    handler = Handler(world, data, move, length_s=length_s)
    handler.advance_to(length_s)
    bodies = [world.model.body(f"object{i}").id for i in range(len(world.objects))]
    moved = np.linalg.norm(data.xpos[bodies] - world.positions, axis=1)
    goal = move.start + move.offset
    missed = float(np.linalg.norm(data.xpos[bodies[move.index]] - goal))
    moved[move.index] = 0.0
    at = int(world.model.joint(f"free{move.index}").dofadr[0])
    speed = float(np.linalg.norm(data.qvel[at : at + 3]))
    return missed < 0.02 and bool((moved < 0.005).all()) and speed < 0.02
