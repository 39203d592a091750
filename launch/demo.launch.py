"""A recorded camera and the segmenter: ``ros2 launch converseg demo.launch.py bag:=FOLDER``.

Then ask: ``ros2 topic pub --once /instruction std_msgs/msg/String "{data: 'the red mug'}"``.
"""

from launch.actions import DeclareLaunchArgument, EmitEvent, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Two processes; the end of the bag ends both."""
    player = Node(
        package="converseg",
        executable="bag_player",
        name="bag_player",
        parameters=[{"bag": LaunchConfiguration("bag"), "loop": LaunchConfiguration("loop")}],
        output="screen",
    )
    segmenter = Node(
        package="converseg",
        executable="segmenter",
        name="segmenter",
        parameters=[{"model": LaunchConfiguration("model")}],
        output="screen",
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="bag folder, .mcap file or .db3 file"),
            DeclareLaunchArgument("loop", default_value="true", description="begin again at the end"),
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
