"""One segmenter for several cameras, which share its model.

``ros2 launch converseg cameras.launch.py cameras:="left right" image:=/{camera}/color/image_raw``

In each topic ``{camera}`` stands for the camera's name. Ask on ``/left/instruction``, read
``/segmenter/left/segmentation``.
"""

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from launch import LaunchContext, LaunchDescription

ARGUMENTS = {
    "cameras": (None, "names of the cameras, separated by spaces"),
    "params_file": (
        PathJoinSubstitution([FindPackageShare("converseg"), "config", "segmenter.yaml"]),
        "parameters of the segmenter; 'cameras' of this file is replaced",
    ),
    "model": ("sim-tiny", "model name or bundle folder"),
    "image": ("{camera}/image", "topic of a camera's images; its compressed sibling is IMAGE/compressed"),
    "camera_info": ("{camera}/camera_info", "topic of a camera's CameraInfo"),
    "depth": ("{camera}/depth", "topic of the depth that is aligned to a camera's images"),
    "instruction": ("{camera}/instruction", "topic of the instructions for a camera, std_msgs/String"),
}
TOPICS = ("image", "camera_info", "depth", "instruction")


def _segmenter(context: LaunchContext) -> list[Node]:
    """The node. Its topics depend on an argument's value, which is known only when launching."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    cameras = value("cameras").replace(",", " ").split()
    if not cameras:
        raise ValueError('argument cameras: empty; give names, as in cameras:="left right"')
    remappings = []
    for camera in cameras:
        for topic in TOPICS:
            target = value(topic).replace("{camera}", camera)
            remappings.append((f"{camera}/{topic}", target))
            if topic == "image":
                remappings.append((f"{camera}/image/compressed", f"{target}/compressed"))
    targets = [target for _, target in remappings]
    if len(set(targets)) < len(targets):
        raise ValueError("two cameras have a topic in common; write {camera} into each topic's name")
    return [
        Node(
            package="converseg",
            executable="segmenter",
            name="segmenter",
            parameters=[value("params_file"), {"model": value("model"), "cameras": cameras}],
            remappings=remappings,
            output="screen",
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """One process: the segmenter."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_segmenter)])
