"""What trials found in one world: each is made when it is first asked for, and then remembered."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.objects import Tag, category_named
from converseg_engine.sim.places.region import Region
from converseg_engine.sim.trials.bumping import falls_if_bumped
from converseg_engine.sim.trials.containment import contains, covers
from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.free_space import free_space
from converseg_engine.sim.trials.grasping import graspable
from converseg_engine.sim.trials.hazards import (
    fragile_near_edge,
    heavy_high,
    hot_near_burnable,
    liquid_near_electronics,
)
from converseg_engine.sim.trials.loading import bears_load
from converseg_engine.sim.trials.prepared import Prepared
from converseg_engine.sim.trials.removal import Removal, remove
from converseg_engine.sim.trials.retreat import easy_to_remove
from converseg_engine.sim.trials.rolling import rolls
from converseg_engine.sim.trials.sharp import sharp_edge_out
from converseg_engine.sim.trials.supports import SupportGraph
from converseg_engine.sim.trials.tipping import tips_easily
from converseg_engine.sim.trials.traits import Traits, traits_of
from converseg_engine.sim.trials.walkway import blocks_walkway
from converseg_engine.sim.world import World

Point = NDArray[np.float64]
UPRIGHT_COS = 0.9
"""Cosine of the tilt beyond which a thing no longer stands as it was built."""


class Tried:
    """Lazy, remembered trials of one world; several views of it may share them."""

    def __init__(self, world: World) -> None:
        self._objects = world.objects
        self._rotations = world.rotations
        self._world = Prepared(world)
        self._known: dict[Hashable, Any] = {}

    def _once(self, key: tuple[Hashable, ...], trial: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = trial()
        return self._known[key]

    def _finding(self, key: tuple[Hashable, ...], trial: Callable[[], Finding]) -> Finding:
        found: Finding = self._once(key, trial)
        return found

    @cached_property
    def supports(self) -> SupportGraph:
        """Who carries whom, who leans on whom."""
        return self._world.supports

    @cached_property
    def traits(self) -> tuple[Traits, ...]:
        """What makes each object dangerous."""
        # Furniture is no part of the catalogue; all that counts of it is whether it is hot.
        return tuple(
            Traits(hot=model.physics.is_hot) if model.fixed else traits_of([model])[0]
            for model in self._objects
        )

    @cached_property
    def movable(self) -> tuple[int, ...]:
        """Object numbers of the things."""
        return tuple(i for i, model in enumerate(self._objects) if not model.fixed)

    def removal(self, index: int) -> Removal:
        """What happens to the others when a thing is taken away."""
        found: Removal = self._once(("removal", index), lambda: remove(self._world, index))
        return found

    def easy_to_remove(self, index: int, camera: Point) -> Finding:
        """Whether it can be taken from the camera's side and nothing else moves."""
        key = ("easy", index, *np.round(camera, 6))
        return self._finding(key, lambda: easy_to_remove(self._world, index, camera))

    def tips(self, index: int) -> Finding:
        """Whether a light shove tips it over; value: the smallest such shove, m/s."""
        return self._finding(("tips", index), lambda: tips_easily(self._world, index))

    def rolls(self, index: int) -> Finding:
        """Whether it rolls when nudged.

        Undecided where it did not, but the shape that collides is too plain to tell, or it lies on its side
        (a mug that its handle stopped: people would still expect it to roll).
        """
        found = self._finding(("rolls", index), lambda: rolls(self._world, index))
        if found.holds is not False:
            return found
        said = category_named(self._objects[index].category).knows(Tag.ROLLS)
        lies = abs(float(self._rotations[index][2, 2])) < UPRIGHT_COS
        return replace(found, holds=None) if said is None or lies else found

    def falls_if_bumped(self, index: int) -> Finding:
        """Whether it falls down when bumped; value: metres to the free edge."""
        return self._finding(("bumped", index), lambda: falls_if_bumped(self._world, index))

    def bears_load(self, index: int, mass_kg: float) -> Finding:
        """Whether a round weight stays on it."""
        key = ("bears", index, mass_kg)
        return self._finding(key, lambda: bears_load(self._world, index, mass_kg=mass_kg))

    def graspable(self, index: int, camera: Point, width_m: float) -> Finding:
        """Whether a gripper that opens so far can take it where it stands."""
        key = ("grasp", index, width_m, *np.round(camera, 6))
        return self._finding(key, lambda: graspable(self._world, index, camera, width_m))

    def contains(self, index: int, other: int) -> Finding:
        """Whether ``other`` lies inside ``index``."""
        return self._finding(("contains", index, other), lambda: contains(self._world, index, other))

    def covers(self, index: int, other: int) -> Finding:
        """Whether ``index`` lies over ``other`` as a lid does."""
        return self._finding(("covers", index, other), lambda: covers(self._world, index, other))

    def has_room(self, region: Region, radius_m: float) -> Finding:
        """Whether a round thing of this radius finds room on a region."""
        key = ("room", region.name, radius_m)
        return self._finding(key, lambda: free_space(self._world, region, radius_m))

    def blocks(self, index: int, region: Region, robot_radius_m: float) -> Finding:
        """Whether it leaves a round robot no way through."""
        key = ("blocks", index, region.name, robot_radius_m)
        return self._finding(key, lambda: blocks_walkway(self._world, index, region, robot_radius_m))

    def sharp_out(self, index: int) -> Finding:
        """Whether a sharp part sticks out over a free edge."""
        return self._finding(("sharp", index), lambda: sharp_edge_out(self._world, index, self.traits))

    def hot_near_burnable(self, index: int) -> Finding:
        """Whether a hot thing is close to something that burns."""
        return self._finding(("fire", index), lambda: hot_near_burnable(self._world, index, self.traits))

    def heavy_high(self, index: int) -> Finding:
        """Whether it is heavy and above head height; the floor of places is z = 0."""
        return self._finding(("high", index), lambda: heavy_high(self._world, index, floor_z=0.0))

    def fragile_near_edge(self, index: int) -> Finding:
        """Whether it breaks easily and stands close to a free edge."""
        return self._finding(("edge", index), lambda: fragile_near_edge(self._world, index, self.traits))

    def liquid_near_electronics(self, index: int) -> Finding:
        """Whether a liquid in it could run into something electronic."""
        key = ("wet", index)
        return self._finding(key, lambda: liquid_near_electronics(self._world, index, self.traits))

    def robot_radius_m(self, region: Region) -> float:
        """Radius of a robot that fits a walkway when it is empty, with a little room."""
        return 0.6 * min(region.half_x, region.half_y) if math.isfinite(region.half_x) else 0.25
