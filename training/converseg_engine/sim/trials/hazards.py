"""Dangerous situations: a property of a thing together with where it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.edges import edge_distance
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.shapes import gap_m
from converseg_engine.sim.trials.subject import TrialWorld
from converseg_engine.sim.trials.traits import Traits

HEAT_GAP = Band(no_below=0.05, yes_from=0.12)
"""Gap between a hot and a burning thing, metres; read with ``below``. A pan's handle or a towel is
shifted by 5 cm without noticing; 12 cm is a hand's width and a bit."""
WET_GAP = Band(no_below=0.08, yes_from=0.20)
"""Gap between an open liquid and electronics, metres; read with ``below``. A tipped mug pours its
contents about its own height far."""
HEAVY_KG = Band(no_below=2.0, yes_from=3.0)
"""Three kilograms hurt when they fall on a head; under two most people lift a thing down with one hand."""
HEAD_HEIGHT_M = Band(no_below=1.55, yes_from=1.70)
"""Height of the base over the floor: above most people's eyes, and above nobody's shoulder."""
EDGE_GAP = Band(no_below=0.03, yes_from=0.08)
"""Gap between a thing's rim and the free edge, metres; read with ``below``."""
BREAKING_DROP_M = Band(no_below=0.20, yes_from=0.40)
"""Depth of fall: glass and china survive 20 cm often and 40 cm hardly."""


def _not_known(index: int, value: float, what: str) -> Finding:
    return Finding(None, value, "m", f"whether object {index} is {what} is a matter of opinion")


def hot_near_burnable(world: TrialWorld, index: int, traits: Sequence[Traits]) -> Finding:
    """Whether a hot thing is close to something that burns; value: the gap, metres (``inf``: far).

    Raises:
        ValueError: there is no such object.
    """
    return _near(world, index, traits, _HEAT)


def liquid_near_electronics(world: TrialWorld, index: int, traits: Sequence[Traits]) -> Finding:
    """Whether a liquid could run into something electronic; value: the gap, metres (``inf``: far).

    Liquids run down: what stands higher than the liquid's thing is safe from it.

    Raises:
        ValueError: there is no such object.
    """
    return _near(world, index, traits, _WET)


@dataclass(frozen=True)
class _Pairing:
    """One property near another: who threatens, who is harmed, how near, and in which words."""

    threatens: Callable[[Traits], bool | None]
    suffers: Callable[[Traits], bool | None]
    band: Band
    threat: str
    victim: str
    falls: bool = False


_HEAT = _Pairing(lambda t: t.hot, lambda t: t.burns, HEAT_GAP, "hot", "that burns or melts")
_WET = _Pairing(
    lambda t: t.spills, lambda t: t.electronic, WET_GAP, "full of a liquid", "that water harms", falls=True
)


def _near(world: TrialWorld, index: int, traits: Sequence[Traits], pairing: _Pairing) -> Finding:
    ready = prepared(world)
    if not 0 <= index < ready.num_objects or len(traits) != ready.num_objects:
        raise ValueError(f"index, traits: {index} and {len(traits)} do not fit {ready.num_objects} objects")
    if pairing.threatens(traits[index]) is False:
        return Finding(False, math.inf, "m", f"object {index} is not {pairing.threat}")
    bench = ready.bench()
    best, victim, opinion = pairing.band.yes_from, -1, False
    for other in range(ready.num_objects):
        suffers = pairing.suffers(traits[other])
        if other == index or suffers is False or (pairing.falls and _higher(bench, other, index)):
            continue
        gap = gap_m(
            bench.model, bench.data, bench.geoms(index), bench.geoms(other), limit_m=pairing.band.yes_from
        )
        if suffers is None:
            opinion |= gap < pairing.band.yes_from
        elif gap < best:
            best, victim = gap, other
    if victim < 0:
        evidence = f"nothing {pairing.victim} is within {best * 100:.0f} cm of object {index}"
        return Finding(None if opinion else False, math.inf, "m", evidence)
    if pairing.threatens(traits[index]) is None:
        return _not_known(index, best, pairing.threat)
    best = max(0.0, best)
    near = f"{best * 100:.0f} cm from object {victim} {pairing.victim}"
    evidence = f"object {index} is {pairing.threat}, {near}"
    return Finding(pairing.band.below(best), best, "m", evidence)


def _higher(bench: Bench, first: int, second: int) -> bool:
    """Whether all of the first is above all of the second."""
    return bool(bench.bounds(first)[0][2] >= bench.bounds(second)[1][2])


def heavy_high(world: TrialWorld, index: int, *, floor_z: float) -> Finding:
    """Whether a heavy thing stands above head height; value: height of its base over the floor, metres.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    mass = float(ready.model.body(f"object{ready.movable(index)}").mass[0])
    height = float(ready.bench().bounds(index)[0][2]) - floor_z
    verdicts = (HEAVY_KG.above(mass), HEAD_HEIGHT_M.above(height))
    holds = False if False in verdicts else None if None in verdicts else True
    evidence = f"object {index} weighs {mass:.1f} kg and stands {height:.2f} m above the floor"
    return Finding(holds, height, "m", evidence)


def fragile_near_edge(world: TrialWorld, index: int, traits: Sequence[Traits]) -> Finding:
    """Whether a fragile thing stands close to a free edge; value: gap of its rim to the edge, metres.

    Negative where it hangs over; ``inf`` where no free edge is near.

    Raises:
        ValueError: the object is furniture, or the traits do not fit the scene.
    """
    ready = prepared(world)
    if len(traits) != ready.num_objects:
        raise ValueError(f"traits: {len(traits)} for {ready.num_objects} objects; give one each")
    fragile = traits[ready.movable(index)].fragile
    if fragile is False:
        return Finding(False, math.inf, "m", f"object {index} does not break easily")
    edge = edge_distance(ready, index)
    verdicts = (EDGE_GAP.below(edge.rim_m), BREAKING_DROP_M.above(edge.drop_m), fragile)
    holds = False if False in verdicts else None if None in verdicts else True
    if math.isinf(edge.rim_m):
        return Finding(holds, edge.rim_m, "m", f"object {index} is fragile, no free edge is near")
    evidence = (
        f"object {index} is fragile, {edge.rim_m * 100:.0f} cm from an edge"
        f" {'of' if math.isinf(edge.drop_m) else f'{edge.drop_m:.2f} m high'}"
    )
    return Finding(holds, float(np.round(edge.rim_m, 6)), "m", evidence)
