"""What can be set about following a target; the defaults were measured (docs/explanation-tracking.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class TrackerSettings:
    """How a target is followed.

    Attributes:
        max_side_px: longest side of the frames that are kept and followed in; larger ones are reduced.
        flow_side_px: longest side of the grey pictures in which points are followed.
        template_side_px: longest side of the target's own picture, into which every frame is straightened.
        num_ground_points: corners outside the target, for the camera's motion.
        num_near_points: corners on and round the target, for its motion and that of what covers it.
        num_template_points: corners of the target's own picture, for exact alignment.
        search_px: how far round the expected place is searched, pixels of the target's own picture.
        lost_search_px: the same while the target is out of sight.
        lost_below: share of the target that must stay in sight, half of it of a large one; below it is LOST.
        found_above: share that must be in sight again for a LOST target to be followed again; likewise.
        found_elsewhere_above: the same where it is found beside the place at which it is looked for.
        found_far_above: the same where it is found far from that place.
        found_drift_below: how well what is in sight must fit for that, as ``Tracked.drift``.
        calm_above: share in sight above which every motion is believed alike; below, what covers the
            target could drag it along, and other motions than the camera's must explain more.
        max_unseen_s: how long a target out of sight is looked for without the model.
        max_unanswered_s: how long a target is followed without the model; then it is LOST.
        history_s: how far back frames and beliefs are kept.
        history_spacing_s: frames closer together than this are not all kept.
        max_history_bytes: bound on the pictures kept.
        max_catch_up_frames: at most so many frames are gone through to bring an answer up to date.
    """

    max_side_px: int = 640
    flow_side_px: int = 320
    template_side_px: int = 112
    num_ground_points: int = 80
    num_near_points: int = 60
    num_template_points: int = 60
    search_px: int = 6
    lost_search_px: int = 12
    lost_below: float = 0.10
    found_above: float = 0.30
    found_elsewhere_above: float = 0.60
    found_far_above: float = 0.80
    found_drift_below: float = 0.60
    calm_above: float = 0.85
    max_unseen_s: float = 8.0
    max_unanswered_s: float = 10.0
    history_s: float = 4.0
    history_spacing_s: float = 0.06
    max_history_bytes: int = 64_000_000
    max_catch_up_frames: int = 24

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{item.name}: must be a finite number above 0, not {value}")
        shares = (
            "found_above",
            "found_elsewhere_above",
            "found_far_above",
            "found_drift_below",
            "calm_above",
        )
        for name in ("lost_below", *shares):
            if getattr(self, name) >= 1:
                raise ValueError(f"{name}: is a share and must be below 1, not {getattr(self, name)}")
        if self.found_above < self.lost_below:
            raise ValueError("found_above: must be at least lost_below, or a target would come and go")
        for name in ("max_side_px", "flow_side_px", "template_side_px"):
            if getattr(self, name) < 32:
                raise ValueError(f"{name}: must be at least 32 pixels, not {getattr(self, name)}")
