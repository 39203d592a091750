"""Speech to instructions: ``ros2 launch converseg speech.launch.py source:=microphone``.

Start it beside ``segmenter.launch.py``: both use the topic ``instruction``.
"""

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription

ARGUMENTS = {
    "namespace": ("", "namespace of the node and its relative topics"),
    "params_file": (
        PathJoinSubstitution([FindPackageShare("converseg"), "config", "speech.yaml"]),
        "parameters of the speech node",
    ),
    "source": ("topic", "where sound comes from: topic, microphone or wav"),
    "wav_path": ("", "file or folder, for source wav"),
    "wake_word": ("", "instructions must begin with it; empty: none is needed"),
    "audio": ("audio", "topic of the sound, converseg/AudioChunk"),
    "robot_speaking": ("robot_speaking", "topic that is true while the robot speaks, std_msgs/Bool"),
    "instruction": ("instruction", "topic of the instructions, std_msgs/String"),
}


def generate_launch_description() -> LaunchDescription:
    """One process: the speech node."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    # As text even where it looks like a number.
    chosen = {
        name: ParameterValue(LaunchConfiguration(name), value_type=str)
        for name in ("source", "wav_path", "wake_word")
    }
    speech = Node(
        package="converseg",
        executable="speech",
        name="speech",
        namespace=LaunchConfiguration("namespace"),
        parameters=[LaunchConfiguration("params_file"), chosen],
        remappings=[(name, LaunchConfiguration(name)) for name in ("audio", "robot_speaking", "instruction")],
        output="screen",
    )
    return LaunchDescription([*declared, speech])
