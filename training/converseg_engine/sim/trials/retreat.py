"""Whether a thing is easy to take: a free way out towards the camera, and nothing else moves."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.removal import remove
from converseg_engine.sim.trials.rollout import level
from converseg_engine.sim.trials.subject import TrialWorld, Vector

SKIM_M = 0.003
"""A straight pull does not scrape over the ground."""
LIFTS_M = (SKIM_M, 0.06, 0.15, 0.25)
"""Heights at which a way out is tried: along the ground, and over neighbours of these heights."""
WAY_OUT_M = 0.30
"""Length of the level part: by then a thing of the hand's size is clear of its neighbours."""
STEP_M = 0.015
"""Poses along the way; thinner than this is hardly anything that could be in the way."""
SCRAPES = Band(no_below=0.002, yes_from=0.006)
"""How deep the thing would cut into others, metres: up to 2 mm is contact as it rests, 6 mm a collision."""


def easy_to_remove(world: TrialWorld, index: int, camera_position: Vector) -> Finding:
    """Whether it can be drawn out towards the camera, straight or lifted, and nothing else moves.

    Value: the largest movement of another thing, metres; where nothing moves, how deep it would cut into
    others on the best way out, metres.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    gone = remove(ready, index)
    still = gone.moves_nothing()
    if still.holds is False:
        return Finding(False, still.value, "m", gone.evidence)
    bench = ready.bench({index})
    towards = level(np.asarray(camera_position) - bench.data.xipos[bench.body(index)])
    depth, lift = min((_worst_cut(bench, index, towards, lift), lift) for lift in LIFTS_M)
    free = SCRAPES.below(depth)
    if free is False:
        evidence = f"every way out of object {index} towards the camera cuts {depth * 100:.1f} cm into others"
        return Finding(False, depth, "m", evidence)
    way = "straight" if lift == SKIM_M else f"lifted by {lift * 100:.0f} cm"
    evidence = f"object {index} comes out towards the camera {way}, and {gone.evidence}"
    holds = True if still.holds and free else None
    return Finding(holds, still.value, "m", evidence)


def _worst_cut(bench: Bench, index: int, towards: Vector | None, lift: float) -> float:
    """Deepest cut into others on one way out; stops at the first plain collision."""
    body = bench.body(index)
    start = bench.model.qpos0[7 * (body - 1) :][:3]
    poses = [np.array([0, 0, z]) for z in _steps(lift)]
    if towards is not None:
        poses += [np.array([*(towards * s), lift]) for s in _steps(WAY_OUT_M)]
    worst = 0.0
    for pose in poses:
        bench.place(body, start + pose)
        bench.look()
        worst = max(worst, bench.overlap_m(body))
        if worst >= SCRAPES.yes_from:
            break
    return worst


def _steps(length: float) -> list[float]:
    num = max(1, int(np.ceil(length / STEP_M)))
    return [length * (k + 1) / num for k in range(num)]
