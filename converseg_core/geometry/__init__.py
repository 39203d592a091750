"""From a mask and aligned depth to a target in metres: points, box, approach. Without ROS."""

from converseg_core.geometry.camera_model import CalibrationError, CameraModel, camera_model
from converseg_core.geometry.cleaning import CleaningSettings
from converseg_core.geometry.depth_image import DepthCounts, raw_depth_m
from converseg_core.geometry.locator import TargetLocator
from converseg_core.geometry.target import Target3D, TargetSettings, TargetStatus, no_target

__all__ = [
    "CalibrationError",
    "CameraModel",
    "CleaningSettings",
    "DepthCounts",
    "Target3D",
    "TargetLocator",
    "TargetSettings",
    "TargetStatus",
    "camera_model",
    "no_target",
    "raw_depth_m",
]
