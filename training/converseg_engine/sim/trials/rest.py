"""Whether a scene stays as it is when it is simply left alone."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.rollout import Track, run
from converseg_engine.sim.trials.subject import TrialWorld

REST_LIMIT_S = 1.5
"""A block that hangs over by 0.1 mm too much has visibly toppled by then."""
STAYS = Band(no_below=0.003, yes_from=0.010)
"""Movement of any corner, metres: under 3 mm nobody sees it, from 1 cm on everybody does."""


def stays(world: TrialWorld, index: int) -> Finding:
    """Whether an object stays where it is, all others free to move too; value: its movement, metres.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    bench = ready.bench(ready.supports.cluster(ready.movable(index)))
    track = Track(bench, index)

    def gone() -> bool:
        return _movement(track) >= 2 * STAYS.yes_from

    at_rest = run(bench, limit_s=REST_LIMIT_S, until=gone)
    moved = _movement(track)
    holds = STAYS.below(moved)
    if holds and not at_rest:
        holds = None
    evidence = f"left alone, object {index} moved {moved * 1000:.0f} mm"
    return Finding(holds, moved, "m", evidence)


def _movement(track: Track) -> float:
    return float(np.linalg.norm(track.shifts(), axis=1).max())
