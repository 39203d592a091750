"""What happens to the others when one thing is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.rollout import Track, run
from converseg_engine.sim.trials.subject import TrialWorld

MOVES = Band(no_below=0.005, yes_from=0.015)
"""Movement of any corner, metres: within 5 mm a pile looks untouched; 15 mm is plain to see."""
FALLS = Band(no_below=0.010, yes_from=0.025)
"""Descent of the centre of mass, metres: 1 cm is settling, 2.5 cm the thickness of a thick book."""
TOPPLES_RAD = np.deg2rad(45.0)
"""Turned this far over, a thing has toppled even if its middle hardly came down."""
REMOVAL_LIMIT_S = 1.5


@dataclass(frozen=True)
class Removal:
    """What the others did when one object was gone, beyond what they do anyway.

    Attributes:
        index: the object that was taken away.
        moved_m: for every other movable object, how far any point of it moved, metres.
        dropped_m: how far its centre of mass came down, metres.
        fell: those that surely fell or toppled.
        unsure: those that moved so little, or fell so little, that it could be argued about.
        evidence: one plain sentence.
    """

    index: int
    moved_m: Mapping[int, float]
    dropped_m: Mapping[int, float]
    fell: frozenset[int]
    unsure: frozenset[int]
    evidence: str

    @property
    def moved(self) -> frozenset[int]:
        """Those that surely moved."""
        return frozenset(j for j, m in self.moved_m.items() if MOVES.above(m))

    def moves_nothing(self) -> Finding:
        """Whether everything else stays where it is; value: the largest movement, metres."""
        worst = max(self.moved_m.values(), default=0.0)
        return Finding(MOVES.below(worst), worst, "m", self.evidence)


def remove(world: TrialWorld, index: int) -> Removal:
    """Takes an object away and lets the simulation run, next to a run in which it stays.

    Only what hangs together with it by touch is simulated: nothing else can notice.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    cluster = ready.supports.cluster(ready.movable(index))
    others = sorted(cluster - {index})
    moved = {j: 0.0 for j in range(ready.num_objects) if j not in ready.fixed and j != index}
    dropped = dict.fromkeys(moved, 0.0)
    fell, unsure = set(), set()
    if others:
        bench = ready.bench(cluster)
        tracks = {j: Track(bench, j) for j in others}
        run(bench, limit_s=REMOVAL_LIMIT_S)
        control = {j: (t.shifts(), t.dropped_m) for j, t in tracks.items()}
        bench.reset()
        bench.put_away(index)
        at_rest = run(bench, limit_s=REMOVAL_LIMIT_S, watch=others)
        for j, track in tracks.items():
            anyway, sank = control[j]
            moved[j] = float(np.linalg.norm(track.shifts() - anyway, axis=1).max())
            dropped[j] = track.dropped_m - sank
            falls = True if track.tilt_rad >= TOPPLES_RAD else FALLS.above(dropped[j])
            # What is still on its way may yet fall.
            if falls is False and not at_rest and MOVES.above(moved[j]) is not False:
                falls = None
            if falls:
                fell.add(j)
            elif falls is None or MOVES.above(moved[j]) is None:
                unsure.add(j)
    return Removal(index, moved, dropped, frozenset(fell), frozenset(unsure), _sentence(index, moved, fell))


def _sentence(index: int, moved: Mapping[int, float], fell: set[int]) -> str:
    stirred = sorted((j for j, m in moved.items() if m >= MOVES.no_below), key=lambda j: -moved[j])
    if not stirred:
        return f"taking object {index} away moved nothing else"
    told = [
        f"{'brought down' if j in fell else 'moved'} object {j} by {moved[j] * 100:.1f} cm"
        for j in stirred[:4]
    ]
    return f"taking object {index} away " + ", ".join(told)
