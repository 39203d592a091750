"""RViz on a segmenter: ``ros2 launch converseg view.launch.py frame:=camera_color_optical_frame``.

Needs the packages rviz2 and tf2_ros. Where nothing on the robot says where the camera is, this gives it an
upright place of its own. Where TF has the camera's frame, say ``has_tf:=true fixed_frame:=base_link``.
"""

from launch.actions import DeclareLaunchArgument
from launch.conditions import UnlessCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription

ARGUMENTS = {
    "frame": ("camera_color_optical_frame", "frame_id of the camera's images"),
    "has_tf": ("false", "true: TF has that frame already"),
    "fixed_frame": ("converseg_view", "frame that RViz takes as fixed"),
    "config": (
        PathJoinSubstitution([FindPackageShare("converseg"), "config", "rviz", "segmenter.rviz"]),
        "RViz configuration",
    ),
}
# From x forward, z up to the optical x right, y down, z forward.
OPTICAL = ["--roll", "-1.5707963", "--pitch", "0", "--yaw", "-1.5707963"]


def generate_launch_description() -> LaunchDescription:
    """RViz, and a fixed place for the camera."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    fixed = LaunchConfiguration("fixed_frame")
    place = Node(
        package="tf2_ros",
        executable="static_transform_publisher",
        name="camera_place",
        arguments=[*OPTICAL, "--frame-id", fixed, "--child-frame-id", LaunchConfiguration("frame")],
        condition=UnlessCondition(LaunchConfiguration("has_tf")),
    )
    rviz = Node(
        package="rviz2",
        executable="rviz2",
        name="rviz2",
        arguments=["-d", LaunchConfiguration("config"), "-f", fixed],
        output="screen",
    )
    return LaunchDescription([*declared, place, rviz])
