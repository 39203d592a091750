"""Between answers the mask follows the scene: one target, on the CPU, with OpenCV and a small network.

``FrameHistory`` keeps the frames that arrive while the model thinks; ``MaskTracker`` carries an answer
through them to the newest one, and on from frame to frame, until the next answer.
"""

from converseg_core.tracking.frames import FrameHistory, SmallFrame
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.tracker import CaughtUp, MaskTracker, Tracked

__all__ = ["CaughtUp", "FrameHistory", "MaskTracker", "SmallFrame", "Tracked", "TrackerSettings"]
