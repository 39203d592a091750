"""Parameters of targets in metres; a node that holds a ``TargetPublisher`` declares them."""

from __future__ import annotations

from rclpy.node import Node

from converseg_core.geometry import CleaningSettings, TargetSettings
from converseg_ros.segmenter import parameters
from converseg_ros.segmenter.parameters import Spec

TARGET_SPECS = (
    Spec(
        name="depth_tolerance_s",
        default=0.02,
        low=0.0,
        high=1.0,
        description="Largest difference, seconds, between the stamps of a frame and of its depth picture; "
        "0 takes equal stamps only.",
    ),
    Spec(
        name="depth_wait_s",
        default=0.5,
        low=0.0,
        high=10.0,
        description="How long, seconds, an answer waits for the depth picture of its frame.",
    ),
    Spec(
        name="depth_buffer_size",
        default=15,
        low=1,
        high=300,
        description="Depth pictures that are kept; they wait there for an answer on their frame.",
    ),
    Spec(
        name="image_is_rectified",
        default=False,
        description="The pictures are rectified: use P of CameraInfo and no distortion.",
    ),
    Spec(name="min_depth_m", default=0.1, low=0.0, high=100.0, live=True, description="Nearest valid depth."),
    Spec(
        name="max_depth_m", default=5.0, low=0.01, high=1000.0, live=True, description="Farthest valid depth."
    ),
    Spec(
        name="mask_erode_px",
        default=2,
        low=0,
        high=50,
        live=True,
        description="How far the rim of a mask may be wrong, pixels.",
    ),
    Spec(
        name="min_target_points",
        default=50,
        low=10,
        high=1_000_000,
        live=True,
        description="Fewer valid points under a mask are TOO_FEW_POINTS.",
    ),
    Spec(
        name="complete_target",
        default=True,
        live=True,
        description="Guess the unseen side of a target's box by symmetry.",
    ),
    Spec(
        name="gripper_opening_m",
        default=0.085,
        low=0.0,
        high=10.0,
        live=True,
        description="What the gripper spans; directions that fit it are suggested first.",
    ),
    Spec(
        name="colored_points",
        default=False,
        live=True,
        description="Add the picture's colours to ~/target_points and ~/scene_points.",
    ),
)


def target_settings(node: Node) -> TargetSettings:
    """The present parameters as settings.

    Raises:
        ValueError: they contradict each other.
    """

    def value(name: str) -> float:
        return float(parameters.value(node, name))

    return TargetSettings(
        cleaning=CleaningSettings(
            min_depth_m=value("min_depth_m"),
            max_depth_m=value("max_depth_m"),
            erode_px=int(value("mask_erode_px")),
        ),
        min_points=int(value("min_target_points")),
        complete_hidden=bool(parameters.value(node, "complete_target")),
        max_opening_m=value("gripper_opening_m"),
    )
