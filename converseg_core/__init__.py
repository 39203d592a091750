"""ConverSeg-ROS core: image + everyday words -> mask. Free of ROS."""

from converseg_core.answer import Answer, Status
from converseg_core.loading import load_model
from converseg_core.model import EncodedFrame, SegmentationModel

__version__ = "0.1.0"

__all__ = ["Answer", "EncodedFrame", "SegmentationModel", "Status", "__version__", "load_model"]
