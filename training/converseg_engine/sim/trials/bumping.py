"""Whether a thing falls down when somebody bumps into it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.edges import EDGE_REACH_M, edge_distance
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.rolling import rolls
from converseg_engine.sim.trials.rollout import Track, bearings, run, shove
from converseg_engine.sim.trials.subject import TrialWorld

BUMP = Band(no_below=0.45, yes_from=0.75)
"""Bumps in m/s (momentum over mass). An elbow or a careless gripper gives about half a metre a
second: what falls from 0.45 falls if bumped, what stays at 0.75 does not."""
FALLEN_M = 0.03
"""A thing has fallen when its centre of mass is this far below what it stood on."""
BUMP_LIMIT_S = 1.5
TOWARDS = 0.7
"""Bumps more than 45 degrees off every way to an edge are not tried."""


def falls_if_bumped(world: TrialWorld, index: int) -> Finding:
    """Bumps it towards the free edges; value: distance of its centre of mass from the nearest, metres.

    Of eight directions those are tried that lead to an edge. The value is negative where the centre of
    mass lies outside what it stands on, ``math.inf`` where there is no free edge around. It and what it
    carries are free; its neighbours hold still.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    edge = edge_distance(ready, index)
    bench = ready.bench(ready.supports.carried_by(index) | {index})
    if not len(edge.open_ways):
        # What rolls may get to an edge that is farther away, or round a corner.
        holds = False if rolls(ready, index).holds is False else None
        evidence = f"object {index} has no free edge within {EDGE_REACH_M * 100:.0f} cm"
        return Finding(holds, edge.com_m, "m", evidence)
    ways = [way for way in bearings(bench, index) if (edge.open_ways @ way).max() >= TOWARDS]
    where = f"{edge.com_m * 100:.0f} cm from the edge"
    falls_at_most, restless = False, False
    for way in ways:
        fell, at_rest = _bump(bench, index, way, BUMP.yes_from)
        restless |= not fell and not at_rest
        if not fell:
            continue
        falls_at_most = True
        if _bump(bench, index, way, BUMP.no_below)[0]:
            evidence = f"object {index} ({where}) falls down when bumped with {BUMP.no_below:.2f} m/s"
            return Finding(True, edge.com_m, "m", evidence)
    if falls_at_most:
        evidence = f"object {index} ({where}) falls only from a bump of {BUMP.yes_from:.2f} m/s"
        return Finding(None, edge.com_m, "m", evidence)
    end = "is still under way after being" if restless else "stays up when"
    evidence = f"object {index} ({where}) {end} bumped with {BUMP.yes_from:.2f} m/s"
    return Finding(None if restless else False, edge.com_m, "m", evidence)


def _bump(bench: Bench, index: int, way: NDArray[np.float64], speed: float) -> tuple[bool, bool]:
    """Whether it fell, and whether everything came to rest."""
    bench.reset()
    track = Track(bench, index)
    shove(bench, index, way, speed, height_m=0.0)

    def fallen() -> bool:
        return bool(track.com[2] < track.low[2] - FALLEN_M)

    at_rest = run(bench, limit_s=BUMP_LIMIT_S, until=fallen, watch={index})
    return fallen(), at_rest
