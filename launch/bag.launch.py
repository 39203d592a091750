"""A recorded camera and the segmenter: ``ros2 launch converseg bag.launch.py bag:=FOLDER``.

Then ask: ``ros2 topic pub --once /instruction std_msgs/msg/String "{data: 'the red mug'}"``.
"""

from launch.actions import DeclareLaunchArgument, EmitEvent, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Two processes; the end of the bag ends both."""
    player = Node(
        package="converseg",
        executable="bag_player",
        name="bag_player",
        # A folder's name may look like a number, and a rate like an integer.
        parameters=[
            {
                name: ParameterValue(LaunchConfiguration(name), value_type=kind)
                for name, kind in {"bag": str, "loop": bool, "rate": float}.items()
            }
        ],
        output="screen",
    )
    segmenter = Node(
        package="converseg",
        executable="segmenter",
        name="segmenter",
        parameters=[LaunchConfiguration("params_file"), {"model": LaunchConfiguration("model")}],
        output="screen",
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="bag folder, .mcap file or .db3 file"),
            DeclareLaunchArgument("loop", default_value="true", description="begin again at the end"),
            DeclareLaunchArgument("rate", default_value="1.0", description="bag seconds a real second"),
            DeclareLaunchArgument(
                "params_file",
                default_value=PathJoinSubstitution(
                    [FindPackageShare("converseg"), "config", "segmenter.yaml"]
                ),
                description="parameters of the segmenter",
            ),
            DeclareLaunchArgument(
                "model", default_value="sim-tiny", description="model name or bundle folder"
            ),
            segmenter,
            player,
            RegisterEventHandler(
                OnProcessExit(target_action=player, on_exit=[EmitEvent(event=Shutdown(reason="bag ended"))])
            ),
        ]
    )
