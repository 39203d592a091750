"""Small scenes of plain shapes, built by hand, so that the right answer can be worked out on paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SmallWorld:
    model: mujoco.MjModel
    data: mujoco.MjData
    geom_owner: NDArray[np.int32]
    geom_part: NDArray[np.int32]


@dataclass
class Stage:
    """Collects shapes; each call adds one object and returns its number."""

    floor: bool = True
    floor_friction: float = 0.8
    spec: mujoco.MjSpec = field(default_factory=mujoco.MjSpec)
    owners: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    num: int = 0

    def __post_init__(self) -> None:
        self.spec.option.timestep = 0.002
        if self.floor:
            self.owners["floor"] = -1
            self.spec.worldbody.add_geom(
                name="floor",
                type=mujoco.mjtGeom.mjGEOM_PLANE,
                size=[5, 5, 0.1],
                friction=[self.floor_friction, 0.005, 1e-4],
            )

    def add(
        self,
        shapes: Sequence[tuple[str, Sequence[float], Sequence[float]]],
        at: Sequence[float],
        *,
        fixed: bool = False,
        turn: tuple[Sequence[float], float] = ((0, 0, 1), 0.0),
        friction: float = 0.8,
        density: float = 1000.0,
    ) -> int:
        """Shapes are (kind, MuJoCo size, place in the object); ``turn`` is (axis, angle)."""
        quat = np.zeros(4)
        mujoco.mju_axisAngle2Quat(quat, np.asarray(turn[0], float), turn[1])
        body = self.spec.worldbody.add_body(name=f"object{self.num}", pos=list(at), quat=quat)
        if not fixed:
            body.add_freejoint()
        for k, (kind, size, pos) in enumerate(shapes):
            name = f"object{self.num}/{k}"
            self.owners[name], self.parts[name] = self.num, k
            body.add_geom(
                name=name,
                type=getattr(mujoco.mjtGeom, f"mjGEOM_{kind.upper()}"),
                size=[*size, 0, 0][:3],
                pos=list(pos),
                density=density,
                condim=6 if kind in ("sphere", "cylinder") else 4,
                friction=[friction, 0.005, 1e-4],
            )
        self.num += 1
        return self.num - 1

    def box(self, half: Sequence[float], at: Sequence[float], **options: object) -> int:
        return self.add([("box", half, (0, 0, 0))], at, **options)

    def open_box(self, half: Sequence[float], wall: float, at: Sequence[float], **options: object) -> int:
        """A box without a lid: outer half sizes, its frame in the middle of its bottom."""
        x, y, z = half
        w = wall / 2
        return self.add(
            [
                ("box", (x, y, w), (0, 0, w)),
                ("box", (w, y, z), (x - w, 0, z)),
                ("box", (w, y, z), (w - x, 0, z)),
                ("box", (x - wall, w, z), (0, y - w, z)),
                ("box", (x - wall, w, z), (0, w - y, z)),
            ],
            at,
            **options,
        )

    def build(self) -> SmallWorld:
        model = self.spec.compile()
        names = [model.geom(g).name for g in range(model.ngeom)]
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        return SmallWorld(
            model,
            data,
            np.array([self.owners[n] for n in names], dtype=np.int32),
            np.array([self.parts.get(n, -1) for n in names], dtype=np.int32),
        )

    def settled(self, seconds: float = 0.4) -> SmallWorld:
        """Let contact forces build up; for scenes that stand."""
        world = self.build()
        for _ in range(round(seconds / world.model.opt.timestep)):
            mujoco.mj_step(world.model, world.data)
            world.data.qvel *= 0.97
        world.data.qvel[:] = 0
        mujoco.mj_forward(world.model, world.data)
        return world


@pytest.fixture
def stage() -> Callable[..., Stage]:
    return Stage
