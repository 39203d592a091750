"""Whether a thing rolls on and on when it is nudged."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import Prepared, prepared
from converseg_engine.sim.trials.rollout import Track, bearings, run, shove, turn_vector
from converseg_engine.sim.trials.standing import surely_stands
from converseg_engine.sim.trials.subject import TrialWorld

NUDGE_M_S = 0.10
"""A slight nudge: a ball rolls on with 0.07 m/s, a block slides a millimetre and stops."""
ROLLS = Band(no_below=0.02, yes_from=0.05)
"""Rolled distance, metres: within 2 cm it only rocks; after 5 cm, with no end in sight, it rolls."""
SLIDES_M = 0.15
"""What came this far without rolling slides; what it does later, at speed, is no answer."""
ROLL_LIMIT_S = 1.2
MAX_DESCENT = 0.75
"""Descent over distance: on slopes of up to 35 degrees things roll, steeper is falling or toppling."""


def rolls(world: TrialWorld, index: int) -> Finding:
    """Nudges it in eight directions; value: the farthest it rolled, metres.

    It, and what it carries, are free; its neighbours hold still, so that a ball shut in does not roll.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    return ready.once(("rolls", index), lambda: _nudge(ready, index))


def _nudge(ready: Prepared, index: int) -> Finding:
    free = ready.supports.carried_by(ready.movable(index)) | {index}
    bench = ready.bench(free)
    if surely_stands(bench, index, NUDGE_M_S, height_m=0.0):
        evidence = f"object {index} stands too broadly for a nudge of {NUDGE_M_S:.1f} m/s to turn it"
        return Finding(False, 0.0, "m", evidence)
    best = 0.0
    for way in bearings(bench, index):
        bench.reset()
        track = Track(bench, index)
        size = float((track.high - track.low).min()) / 2
        shove(bench, index, way, NUDGE_M_S, height_m=0.0)
        turned, rolled = np.zeros(3), 0.0
        before = track.rotation

        def decided(track: Track = track, size: float = size) -> bool:
            nonlocal turned, rolled, before
            now = track.rotation
            # Summed as a vector: the rattle of a sliding box cancels out, rolling adds up.
            turned += turn_vector(before, now)
            before = now
            travel = track.travel_m
            # Sliding does not turn it, and toppling brings it down.
            if track.dropped_m <= MAX_DESCENT * travel:
                rolled = max(rolled, min(travel, 2 * float(np.linalg.norm(turned[:2])) * size))
            return rolled >= ROLLS.yes_from or travel >= SLIDES_M

        run(bench, limit_s=ROLL_LIMIT_S, until=decided, watch={index})
        best = max(best, rolled)
        if best >= ROLLS.yes_from:
            break
    evidence = f"nudged with {NUDGE_M_S:.1f} m/s, object {index} rolled {best * 100:.1f} cm" + (
        " and went on" if best >= ROLLS.yes_from else ""
    )
    return Finding(ROLLS.above(best), best, "m", evidence)
