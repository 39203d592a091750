"""A picture of the whole catalogue: one member of each category on its own, with its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import look_at, orbit
from converseg_engine.sim.layout import Placement
from converseg_engine.sim.meshes import box
from converseg_engine.sim.objects.category import Category
from converseg_engine.sim.objects.model import CollisionShape, ObjectModel, Part, Surface
from converseg_engine.sim.places.compile import compile_place
from converseg_engine.sim.places.finishes import Finish
from converseg_engine.sim.places.furnished import Room
from converseg_engine.sim.render import Renderer, View
from converseg_engine.sim.surroundings import Light, Surroundings
from converseg_engine.sim.world import World

FOV_Y_DEG = 30.0
AZIMUTH_DEG, ELEVATION_DEG = -55.0, 28.0
_WALL = Finish((0.86, 0.87, 0.88))
_PART_COLORS = (
    (228, 87, 86),
    (76, 120, 168),
    (245, 133, 24),
    (84, 162, 75),
    (178, 121, 162),
    (238, 202, 59),
    (114, 183, 178),
)


def _floor() -> ObjectModel:
    slab = Surface(box((8.0, 8.0, 0.02), (0, 0, -0.01)), (0.78, 0.77, 0.75), shine=0.05)
    shape = CollisionShape("box", (4.0, 4.0, 0.01), (0, 0, -0.01))
    return ObjectModel("floor", "white", (Part("body", (slab,)),), (shape,), fixed=True)


def lone_world(model: ObjectModel) -> World:
    """One object on an empty floor, as it was built, in even light."""
    size = float(np.ptp(model.vertices(), axis=0).max())
    lamps = (
        Light((-1.2 * size - 0.4, -1.6 * size - 0.6, 2.2 * size + 0.9), (0.50, 0.50, 0.48), True),
        Light((1.8 * size + 0.6, -1.0 * size - 0.4, 1.6 * size + 0.8), (0.22, 0.22, 0.24), False),
    )
    room = Room(
        focus=(0.0, 0.0, size / 3),
        xyxy=(-3.9, -3.9, 3.9, 3.9),
        reach_m=1.5 * size,
        height_m=4.0,
        wall=_WALL,
        back_wall=_WALL,
        ambient=0.38,
        lights=lamps,
    )
    placements = (Placement(_floor(), 0, 0, 0, 0, -1), Placement(model, 0, 0, 0, 0, 0))
    compiled = compile_place(placements, room)
    data = mujoco.MjData(compiled.model)
    mujoco.mj_forward(compiled.model, data)
    plain = np.zeros((8, 8, 3), dtype=np.uint8)
    return World(
        seed=0,
        placements=placements,
        surroundings=Surroundings((-4, -4, 4, 4), plain, plain, _WALL.rgb, 0.42, lamps),
        model=compiled.model,
        data=data,
        geom_owner=compiled.owner,
        geom_part=compiled.part,
        positions=np.zeros((2, 3)),
        rotations=np.stack([np.eye(3)] * 2),
        carriers=(frozenset(), frozenset({0})),
    )


def portrait(renderer: Renderer, model: ObjectModel, *, width: int, height: int) -> View:
    """One object seen by a camera that it fills."""
    vertices = model.vertices()
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2
    radius = float(np.linalg.norm(vertices - middle, axis=1).max())
    distance = radius / math.sin(math.radians(FOV_Y_DEG) / 2) * 1.02
    eye = orbit(middle, azimuth_deg=AZIMUTH_DEG, elevation_deg=ELEVATION_DEG, distance_m=distance)
    camera = look_at(eye, middle, fov_y_deg=FOV_Y_DEG, width=width, height=height)
    world = lone_world(model)
    # A close look at a small thing must not be cut by the near plane of a room.
    world.model.vis.map.znear = 0.01
    return next(renderer.views(world, [camera]))


def _tile(view: View, model: ObjectModel, title: str, *, parts: bool) -> NDArray[np.uint8]:
    picture = view.rgb.copy()
    if parts:
        for number in range(len(model.parts)):
            where = (view.owner == 1) & (view.part == number)
            picture[where] = 0.45 * picture[where] + 0.55 * np.array(_PART_COLORS[number % len(_PART_COLORS)])
    cv2.putText(picture, title, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (20, 20, 20), 1, cv2.LINE_AA)
    return picture


def draw_sheet(
    path: Path,
    categories: Sequence[Category],
    *,
    seed: int = 0,
    columns: int = 12,
    width: int = 160,
    height: int = 140,
    parts: bool = False,
) -> int:
    """Draw one member of each category and write the sheet.

    Args:
        path: .png or .jpg.
        categories: what to draw, in this order.
        seed: of the members.
        columns: tiles in a row.
        width, height: of a tile, pixels.
        parts: paint each part in a colour of its own.

    Returns:
        The number of tiles.

    Raises:
        ValueError: nothing to draw, or the file's ending is not a picture's.
        RuntimeError: no off-screen GL, or the picture cannot be written.
    """
    if not categories or columns < 1:
        raise ValueError("categories, columns: at least one of each")
    if path.suffix.lower() not in (".png", ".jpg"):
        raise ValueError(f"out: {path.name} must end in .png or .jpg")
    tiles = []
    with Renderer(width=width, height=height) as renderer:
        for number, category in enumerate(categories):
            rng = np.random.default_rng([seed, number])
            model = category.build(rng, str(rng.choice(category.colors)))
            view = portrait(renderer, model, width=width, height=height)
            tiles.append(_tile(view, model, category.name, parts=parts))
    blank = np.full((height, width, 3), 255, dtype=np.uint8)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[k : k + columns], axis=1) for k in range(0, len(tiles), columns)]
    options = [cv2.IMWRITE_JPEG_QUALITY, 82] if path.suffix.lower() == ".jpg" else []
    done, data = cv2.imencode(path.suffix, cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR), options)
    if not done:
        raise RuntimeError(f"out: {path.name} could not be encoded")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data.tobytes())
    partial.replace(path)
    return len(categories)
