"""The segmenter's parameters: names, types, defaults, bounds and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from converseg_ros.process.lifeline import UsageError


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One parameter.

    A change takes effect at once where ``live``, is not possible where ``fixed``, and else takes effect at
    the next configure or activate.
    """

    name: str
    default: bool | int | float | str | list[str]
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False
    fixed: bool = False

    def descriptor(self) -> ParameterDescriptor:
        """The ROS descriptor with range and constraints."""
        when = "at once" if self.live else "at the next configure or activate"
        effect = "Fixed from the start." if self.fixed else f"A change takes effect {when}."
        descriptor = ParameterDescriptor(
            name=self.name, description=f"{self.description} {effect}", read_only=self.fixed
        )
        if self.choices:
            descriptor.additional_constraints = "one of: " + ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            if isinstance(self.default, float):
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=self.low, to_value=self.high)
                ]
            else:
                descriptor.integer_range = [
                    IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
                ]
        return descriptor


SPECS = (
    Spec(
        name="autostart",
        default=True,
        description="Configure and activate at start; false waits for a lifecycle manager.",
    ),
    Spec(
        name="cameras",
        default=[""],
        fixed=True,
        description="Namespaces of the cameras, which share the model; one empty name: a single camera, "
        "no namespace.",
    ),
    Spec(name="model", default="sim-tiny", description="Model name or bundle folder."),
    Spec(
        name="device",
        default="auto",
        choices=("auto", "cpu", "cuda"),
        description="Where the model runs.",
    ),
    Spec(
        name="reliability",
        default="best_effort",
        choices=("best_effort", "reliable"),
        description="QoS reliability of the image, depth and camera_info subscriptions.",
    ),
    Spec(
        name="history_depth",
        default=1,
        low=1,
        high=100,
        description="QoS history depth of the picture subscriptions: frames that wait for the node. More "
        "than 1 keeps frames for the tracker on a busy machine, and makes them older.",
    ),
    Spec(
        name="camera_info_durability",
        default="volatile",
        choices=("volatile", "transient_local"),
        description="QoS durability of the camera_info subscription; transient_local for cameras that send "
        "it once.",
    ),
    Spec(
        name="output_reliability",
        default="reliable",
        choices=("reliable", "best_effort"),
        fixed=True,
        description="QoS reliability of everything that is published; best_effort for lossy radio links.",
    ),
    Spec(
        name="transport",
        default="auto",
        choices=("auto", "raw", "compressed"),
        description="Subscribe to image, to image/compressed, or (auto) to both.",
    ),
    Spec(
        name="max_frame_age_s",
        default=1.0,
        low=0.0,
        high=3600.0,
        live=True,
        description="Oldest frame, seconds, on which a question is still answered.",
    ),
    Spec(
        name="wait_for_frame_s",
        default=2.0,
        low=0.0,
        high=600.0,
        live=True,
        description="How long, seconds, a question waits for such a frame before STALE_FRAME.",
    ),
    Spec(
        name="answer_timeout_s",
        default=30.0,
        low=0.1,
        high=3600.0,
        live=True,
        description="Deadline, seconds from arrival, of requests to ~/segment that name none.",
    ),
    Spec(
        name="check_stamps",
        default=True,
        live=True,
        description="Count the time from header stamp to arrival into a frame's age; "
        "false where the camera's clock is not synchronised with this machine's.",
    ),
    Spec(
        name="queue_size",
        default=10,
        low=1,
        high=1000,
        description="Questions that may wait; more are REJECTED.",
    ),
    Spec(
        name="live_speech_min_confidence",
        default=0.4,
        low=0.0,
        high=1.0,
        live=True,
        description="Less sure words on live_speech are not taken for a question; a confidence of 0 means "
        "unknown, and is taken.",
    ),
    Spec(
        name="max_image_side",
        default=8192,
        low=2,
        high=16384,
        live=True,
        description="Longest image side, pixels, that is given to the model.",
    ),
    Spec(
        name="tracking",
        default=True,
        live=True,
        description="Move the mask of a standing instruction to every frame between its answers.",
    ),
    Spec(
        name="publish_mask",
        default=True,
        live=True,
        description="Publish ~/mask and ~/mask/camera_info where someone listens.",
    ),
    Spec(
        name="publish_overlay",
        default=True,
        live=True,
        description="Publish ~/overlay/compressed where someone listens.",
    ),
    Spec(
        name="overlay_quality",
        default=85,
        low=1,
        high=100,
        live=True,
        description="JPEG quality of ~/overlay/compressed.",
    ),
)


def declare(node: Node, specs: tuple[Spec, ...] = SPECS) -> None:
    """Declare all parameters and refuse later changes outside their choices.

    Raises:
        UsageError: a value given at start has the wrong type or is out of bounds.
    """
    by_name = {spec.name: spec for spec in specs}

    def check(changes: list[Parameter]) -> SetParametersResult:
        for change in changes:
            spec = by_name.get(change.name)
            if spec is not None and spec.choices and change.value not in spec.choices:
                reason = f"{change.name}: {change.value!r} is not one of {', '.join(spec.choices)}"
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)
    for spec in specs:
        try:
            node.declare_parameter(spec.name, spec.default, spec.descriptor())
        except InvalidParameterTypeException as error:
            raise UsageError(
                f"parameter {spec.name}: must be a {type(spec.default).__name__} ({error})"
            ) from error
        except InvalidParameterValueException as error:
            raise UsageError(f"parameter {spec.name}: {error}") from error


def value(node: Node, name: str) -> Any:
    """The present value of a declared parameter."""
    return node.get_parameter(name).value
