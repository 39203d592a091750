"""Whether one thing lies in another, or covers it."""

from __future__ import annotations

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


def contains(world: TrialWorld, index: int, other: int) -> Finding:
    """Whether ``other`` lies inside ``index``; value: share of it that has walls all round."""
    raise NotImplementedError


def covers(world: TrialWorld, index: int, other: int) -> Finding:
    """Whether ``index`` lies over ``other`` as a lid does; value: share of ``other`` that is under it."""
    raise NotImplementedError
