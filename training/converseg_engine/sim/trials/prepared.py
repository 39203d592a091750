"""A scene with what its trials share: benches that are compiled once, and the support graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from functools import cached_property
from typing import Any, TypeVar

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench, Extra, is_fixed, num_objects
from converseg_engine.sim.trials.subject import TrialWorld
from converseg_engine.sim.trials.supports import SupportGraph, support_graph

T = TypeVar("T")


class Prepared:
    """A ``TrialWorld`` that remembers. Give it to every trial of a scene, and they share their work.

    A trial that gets a plain world prepares it for itself.
    """

    def __init__(self, world: TrialWorld) -> None:
        self.world = world
        self.num_objects = num_objects(world)
        self.fixed = frozenset(i for i in range(self.num_objects) if is_fixed(world, i))
        self._benches: dict[tuple[frozenset[int], Extra | None], Bench] = {}
        self._known: dict[tuple[Hashable, ...], Any] = {}

    @property
    def model(self) -> mujoco.MjModel:
        """The compiled scene."""
        return self.world.model

    @property
    def data(self) -> mujoco.MjData:
        """Its state at rest."""
        return self.world.data

    @property
    def geom_owner(self) -> NDArray[np.int32]:
        """Object number of each geom."""
        return self.world.geom_owner

    @property
    def geom_part(self) -> NDArray[np.int32]:
        """Part number of each geom within its object."""
        return self.world.geom_part

    @cached_property
    def supports(self) -> SupportGraph:
        """Who carries whom."""
        return support_graph(self.world)

    def bench(self, movable: Collection[int] = (), *, extra: Extra | None = None) -> Bench:
        """The bench in which just these objects are free, back at rest; ``extra`` adds a trial's tools."""
        key = (frozenset(movable), extra)
        if key not in self._benches:
            self._benches[key] = Bench(self.world, movable, extra=extra)
        elif movable or extra is not None:
            self._benches[key].reset()
        return self._benches[key]

    def once(self, key: tuple[Hashable, ...], trial: Callable[[], T]) -> T:
        """The result of a trial that others build on, made when it is first asked for."""
        if key not in self._known:
            self._known[key] = trial()
        found: T = self._known[key]
        return found

    def movable(self, index: int) -> int:
        """The number itself, checked.

        Raises:
            ValueError: there is no such object, or it is furniture.
        """
        if not 0 <= index < self.num_objects:
            raise ValueError(f"index: {index} is none of the {self.num_objects} objects")
        if index in self.fixed:
            raise ValueError(f"index: object {index} is furniture; ask about a thing that can move")
        return index


def prepared(world: TrialWorld) -> Prepared:
    """The world itself where it is prepared already."""
    return world if isinstance(world, Prepared) else Prepared(world)
