"""Dangerous situations: a property of a thing together with where it is."""

from __future__ import annotations

from collections.abc import Sequence

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld, Vector
from converseg_engine.sim.trials.traits import Traits


def sharp_edge_out(
    world: TrialWorld, index: int, traits: Sequence[Traits], person_position: Vector | None = None
) -> Finding:
    """Whether a sharp part sticks out over a free edge, or points at a person who stands near.

    Value: how far it sticks out, metres.
    """
    raise NotImplementedError


def hot_near_burnable(world: TrialWorld, index: int, traits: Sequence[Traits]) -> Finding:
    """Whether a hot thing is close to something that burns; value: the gap, metres."""
    raise NotImplementedError


def heavy_high(world: TrialWorld, index: int, *, floor_z: float) -> Finding:
    """Whether a heavy thing stands above head height; value: height of its base over the floor, metres."""
    raise NotImplementedError


def fragile_near_edge(world: TrialWorld, index: int, traits: Sequence[Traits]) -> Finding:
    """Whether a fragile thing stands close to a free edge; value: distance to the edge, metres."""
    raise NotImplementedError


def liquid_near_electronics(world: TrialWorld, index: int, traits: Sequence[Traits]) -> Finding:
    """Whether a liquid could run into something electronic; value: the gap, metres."""
    raise NotImplementedError
