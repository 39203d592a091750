"""What is shown of a belief: a mask of the camera's own size, or why there is none."""

from __future__ import annotations

import cv2
import numpy as np

from converseg_core.answer import MaskHW
from converseg_core.tracking.affine import identity
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.rim import edge_share, to_colour_edges
from converseg_core.tracking.state import TargetState

_LEFT_BELOW = 0.5


def edge_of(frame: SmallFrame, mask: MaskHW) -> float | None:
    """Where in the change of colours the outline of an answered mask lies, if it follows it."""
    height, width = frame.rgb.shape[:2]
    if mask.shape != (height, width):
        mask = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5
    return edge_share(frame.rgb, np.asarray(mask))


def mask_of(state: TargetState, frame: SmallFrame, edge: float | None) -> MaskHW:
    """(H, W) of the camera's own size; the pixels of its outline by what the reduced picture shows there."""
    size_hw = (frame.rgb.shape[0], frame.rgb.shape[1])
    if edge is None or size_hw != frame.size_hw:
        return state.mask_in(frame.to_full, frame.size_hw)
    mask, soft = state.shown_in(identity(), size_hw)
    return to_colour_edges(frame.rgb, mask, soft, share=edge)


def why_lost(state: TargetState | None) -> str:
    """What to tell of a target that is lost."""
    if state is None:
        return "out of sight for too long, or the picture's size changed; the next answer finds it again"
    if state.inside < _LEFT_BELOW:
        return "the target left the picture; the next answer finds it again"
    return "the target is hidden, or changed beyond recognition; the next answer finds it again"
