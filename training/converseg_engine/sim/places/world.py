"""From a seed to a settled world in a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects import Category
from converseg_engine.sim.places.arrange import arrange
from converseg_engine.sim.places.choose import draw_models, pool
from converseg_engine.sim.places.compile import SceneSpec
from converseg_engine.sim.places.furnished import Furnished
from converseg_engine.sim.places.registry import PLACES, place_named
from converseg_engine.sim.places.settle import settle
from converseg_engine.sim.surroundings import Surroundings, TextureHWC
from converseg_engine.sim.world import World, carriers_from_forces

MAX_ATTEMPTS = 20
MAX_OBJECTS = 24
SPARE = 2
"""Things that are drawn beyond the number wanted, since some find no room."""

TOWEL = "towel"
"""The category of what is spread over things, in places where it belongs."""

_PLACE_STREAM, _WORLD_STREAM = 2_000_001, 2_000_002


def _pixels(furnished: Furnished, fixture: int) -> TextureHWC:
    surface = furnished.fixtures[fixture].model.parts[0].surfaces[0]
    if surface.texture is not None:
        return surface.texture.pixels
    plain: NDArray[np.uint8] = np.round(np.array(surface.rgb) * 255).astype(np.uint8)
    return np.broadcast_to(plain, (8, 8, 3)).copy()


def _surroundings(furnished: Furnished) -> Surroundings:
    """The same room in the words of the tabletop recipe; its table is the first region."""
    region = furnished.regions[0]
    corners = region.corners()
    (x0, y0), (x1, y1) = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    return Surroundings(
        table_xyxy=(float(x0), float(y0), float(x1), float(y1)),
        table_texture=_pixels(furnished, region.fixture),
        floor_texture=_pixels(furnished, 0),
        wall_rgb=furnished.room.wall.rgb,
        ambient=furnished.room.ambient,
        lights=furnished.room.lights,
    )


@dataclass(frozen=True, eq=False)
class SettledPlace:
    """A furnished place and everything in it where it rests; fixtures come first."""

    seed: int
    place: str
    furnished: Furnished
    placements: tuple[Placement, ...]


def build_world(settled: SettledPlace, *, extras: Callable[[SceneSpec], None] | None = None) -> World:
    """Compile a settled place; ``extras`` may add bodies to the spec, such as a hand that moves."""
    scene = SceneSpec(settled.furnished.room)
    for index, placement in enumerate(settled.placements):
        scene.add_object(index, placement)
    if extras is not None:
        extras(scene)
    compiled = scene.compile()
    data = mujoco.MjData(compiled.model)
    mujoco.mj_forward(compiled.model, data)
    num_objects = len(settled.placements)
    bodies = [compiled.model.body(f"object{i}").id for i in range(num_objects)]
    return World(
        seed=settled.seed,
        placements=settled.placements,
        surroundings=_surroundings(settled.furnished),
        model=compiled.model,
        data=data,
        geom_owner=compiled.owner,
        geom_part=compiled.part,
        positions=data.xpos[bodies].copy(),
        rotations=data.xmat[bodies].reshape(-1, 3, 3).copy(),
        carriers=carriers_from_forces(compiled.model, data, compiled.owner, num_objects),
        place=settled.place,
        regions=settled.furnished.regions,
        floor_z=0.0,
    )


def settle_place(
    seed: int,
    *,
    place: str | None = None,
    split: str = "train",
    categories: Sequence[Category] | None = None,
    min_objects: int | None = None,
    max_objects: int | None = None,
) -> SettledPlace:
    """Furnish a place, put things in it, let physics settle them; a pure function of its arguments.

    Args:
        seed: the scene.
        place: its name; ``None`` draws one from the seed.
        split: "train" never holds a held-out category, and every second scene of it, by its seed, none that
            is in no other split; "val" and "test" hold all others.
        categories: what may be drawn; by default whatever belongs to the place.
        min_objects, max_objects: limits of the number of movable things; by default the place's own.

    Raises:
        ValueError: an argument is out of its range, or nothing settled.
    """
    if place is None:
        rng = np.random.default_rng([seed, _PLACE_STREAM])
        weights = np.array([p.weight for p in PLACES.values()])
        place = str(rng.choice(list(PLACES), p=weights / weights.sum()))
    kind = place_named(place)
    least = min_objects if min_objects is not None else kind.num_objects[0]
    most = max_objects if max_objects is not None else max(least, kind.num_objects[1])
    if not 1 <= least <= most <= MAX_OBJECTS:
        raise ValueError(f"min_objects, max_objects: 1 <= min <= max <= {MAX_OBJECTS} is needed")
    # What everybody knows of the others is often a matter of opinion, and then it is not asked.
    choices = pool(place, split, categories, only_train=seed % 2 == 1)
    towel = next((c for c in choices if c.name == TOWEL), None)
    for attempt in range(MAX_ATTEMPTS):
        rng = np.random.default_rng([seed, _WORLD_STREAM, attempt])
        furnished = kind.furnish(rng)
        num_objects = int(rng.integers(least, most + 1))
        models = draw_models(rng, choices, num_objects + SPARE)
        put = arrange(rng, furnished, models, most=num_objects, habits=kind.habits, towel=towel)
        rested = settle([*furnished.fixtures, *put], furnished)
        if rested is not None and len(rested) - len(furnished.fixtures) >= least:
            return SettledPlace(seed, place, furnished, tuple(rested))
    raise ValueError(f"max_objects: nothing settled in {place!r} for seed {seed}; use fewer objects")


def make_place_world(
    seed: int,
    *,
    place: str | None = None,
    split: str = "train",
    categories: Sequence[Category] | None = None,
    min_objects: int | None = None,
    max_objects: int | None = None,
) -> World:
    """A settled place as a world; arguments and errors are those of ``settle_place``."""
    return build_world(
        settle_place(
            seed,
            place=place,
            split=split,
            categories=categories,
            min_objects=min_objects,
            max_objects=max_objects,
        )
    )
