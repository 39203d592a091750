"""The segmenter on one camera: ``ros2 launch converseg segmenter.launch.py image:=/camera/image_raw``."""

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription

ARGUMENTS = {
    "namespace": ("", "namespace of the node and its relative topics"),
    "params_file": (
        PathJoinSubstitution([FindPackageShare("converseg"), "config", "segmenter.yaml"]),
        "parameters of the segmenter",
    ),
    "model": ("sim-tiny", "model name or bundle folder"),
    "image": ("image", "topic of the camera's images; its compressed sibling is IMAGE/compressed"),
    "camera_info": ("camera_info", "topic of the camera's CameraInfo"),
    "depth": ("depth", "topic of the depth that is aligned to the images, where there is one"),
    "instruction": ("instruction", "topic of the instructions, std_msgs/String"),
}


def generate_launch_description() -> LaunchDescription:
    """One process: the segmenter."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    image = LaunchConfiguration("image")
    segmenter = Node(
        package="converseg",
        executable="segmenter",
        name="segmenter",
        namespace=LaunchConfiguration("namespace"),
        parameters=[LaunchConfiguration("params_file"), {"model": LaunchConfiguration("model")}],
        remappings=[
            ("image", image),
            ("image/compressed", [image, "/compressed"]),
            ("camera_info", LaunchConfiguration("camera_info")),
            ("depth", LaunchConfiguration("depth")),
            ("instruction", LaunchConfiguration("instruction")),
        ],
        output="screen",
    )
    return LaunchDescription([*declared, segmenter])
