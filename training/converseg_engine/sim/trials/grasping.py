"""Whether a parallel gripper can take hold of a thing where it stands."""

from __future__ import annotations

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld, Vector


def graspable(
    world: TrialWorld, index: int, camera_position: Vector, gripper_width_m: float = 0.085
) -> Finding:
    """Whether both fingers find room on either side of it, from above or from the camera's side.

    Value: width of the narrowest cross-section that the fingers can reach, metres.
    """
    raise NotImplementedError
