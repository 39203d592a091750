"""A table with things on it that a test puts down itself, so that every answer is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from converseg_engine.sim.camera import Camera, look_at
from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects import category_named
from converseg_engine.sim.places import tabletop
from converseg_engine.sim.places.compile import compile_place
from converseg_engine.sim.places.settle import settle
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.surroundings import Surroundings
from converseg_engine.sim.world import World, carriers_from_forces


@dataclass(frozen=True)
class Put:
    """One thing: kind, color, place on the table (metres from its middle), number of the Put it is on."""

    category: str
    color: str
    x: float
    y: float
    on: int = -1
    yaw: float = 0.0


def world_of(things: Sequence[Put], *, seed: int = 5) -> World:
    """The table of a seed with just these things, settled; object numbers follow the fixtures."""
    rng = np.random.default_rng(seed)
    furnished = tabletop.furnish(rng)
    top = furnished.regions[0].centre[2]
    placements = list(furnished.fixtures)
    first = len(placements)
    heights: list[float] = []
    for put in things:
        model = category_named(put.category).build(rng, put.color)
        z = (heights[put.on] if put.on >= 0 else top) + 0.001
        support = first + put.on if put.on >= 0 else furnished.regions[0].fixture
        placements.append(Placement(model, put.x, put.y, z, put.yaw, support))
        heights.append(z + (model.shelf.z if model.shelf is not None else model.height))
    rested = settle(placements, furnished)
    assert rested is not None and len(rested) == len(placements), "the things of this test do not stay put"
    compiled = compile_place(rested, furnished.room)
    data = mujoco.MjData(compiled.model)
    mujoco.mj_forward(compiled.model, data)
    bodies = [compiled.model.body(f"object{i}").id for i in range(len(rested))]
    plain = np.full((8, 8, 3), 128, dtype=np.uint8)
    room = furnished.room
    return World(
        seed=seed,
        placements=tuple(rested),
        surroundings=Surroundings(
            (-0.5, -0.4, 0.5, 0.4), plain, plain, (0.7, 0.7, 0.7), room.ambient, room.lights
        ),
        model=compiled.model,
        data=data,
        geom_owner=compiled.owner,
        geom_part=compiled.part,
        positions=data.xpos[bodies].copy(),
        rotations=data.xmat[bodies].reshape(-1, 3, 3).copy(),
        carriers=carriers_from_forces(compiled.model, data, compiled.owner, len(rested)),
        place="tabletop",
        regions=furnished.regions,
        floor_z=0.0,
    )


def camera_in_front(world: World) -> Camera:
    """Looks down at the middle of the table from the side of -y."""
    top = world.regions[0].centre[2]
    eye, target = np.array([0.0, -0.95, top + 0.75]), np.array([0.0, 0.0, top])
    return look_at(eye, target, fov_y_deg=42.0, width=320, height=240)


def facts_of(things: Sequence[Put], renderer: Renderer) -> PlaceFacts:
    """The things from the front, ready to be asked about."""
    world = world_of(things)
    return PlaceFacts(world, next(renderer.views(world, [camera_in_front(world)])))


def number_of(facts: PlaceFacts, category: str, color: str | None = None) -> int:
    """The object number of the only such thing."""
    (found,) = [
        i
        for i, model in enumerate(facts.world.objects)
        if model.category == category and color in (None, model.color)
    ]
    return found
