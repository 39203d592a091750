"""ConverSeg-ROS core: image + everyday words -> mask. Free of ROS."""

from converseg_core.answer import Answer, Status

__version__ = "0.1.0"

__all__ = ["Answer", "Status", "__version__"]
