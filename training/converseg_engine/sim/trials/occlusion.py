"""Whether one thing hides another from the camera."""

from __future__ import annotations

from converseg_engine.sim.render import View
from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


def occludes(view: View, world: TrialWorld, index: int, other: int) -> Finding:
    """Whether ``index`` hides part of ``other`` in a picture; value: share of its outline that is hidden."""
    raise NotImplementedError
