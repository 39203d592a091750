"""Who publishes on an input topic, and whether this node can hear it. Knows no rclpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from converseg_ros.health.finding import Finding

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"

_PROFILE_CURE = (
    "start the camera's process with FASTRTPS_DEFAULT_PROFILES_FILE=config/fastdds_large_images.xml, "
    "or set reliability:=reliable on both sides, or send image/compressed"
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A subscription: resolved topic, type (``package/msg/Name``) and the QoS that it asks for.

    Attributes:
        name: the topic's name in the code, as a remapping gives it.
        reliability: ``reliable`` or ``best_effort``.
        durability: ``volatile`` or ``transient_local``.
    """

    name: str
    topic: str
    type_name: str
    reliability: str
    durability: str


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """A publisher as the graph tells of it: its node's full name, its type and what it offers."""

    node: str
    type_name: str
    reliability: str
    durability: str


def mismatch(wanted: Wanted, publisher: Publisher) -> str:
    """The QoS policy that keeps the two apart (``reliability``, ``durability``); empty where none does."""
    if (wanted.reliability, publisher.reliability) == ("reliable", "best_effort"):
        return "reliability"
    if (wanted.durability, publisher.durability) == ("transient_local", "volatile"):
        return "durability"
    return ""


def heard(wanted: Wanted, publishers: Sequence[Publisher]) -> list[Publisher]:
    """Publishers whose messages can arrive: the right type, and a QoS that fits."""
    return [each for each in publishers if each.type_name == wanted.type_name and not mismatch(wanted, each)]


def check_publishers(wanted: Wanted, publishers: Sequence[Publisher]) -> list[Finding]:
    """What keeps publishers on this topic from being heard; at most one finding of each kind.

    They are errors where nobody else is heard there.
    """
    is_error = not heard(wanted, publishers)
    findings = []
    wrong = [each for each in publishers if each.type_name != wanted.type_name]
    if wrong:
        findings.append(_wrong_type(wanted, wrong[0], is_error=is_error))
    apart = [each for each in publishers if each not in wrong and mismatch(wanted, each)]
    if apart:
        findings.append(_qos_mismatch(wanted, apart[0], is_error=is_error))
    return findings


def no_publisher(wanted: Sequence[Wanted], pictures: Sequence[tuple[str, str]]) -> Finding:
    """The finding that nobody publishes on any of these topics.

    Args:
        wanted: topics of which one would do.
        pictures: topics (with their types) that others publish and that might be meant.
    """
    names = {each.type_name: each.name for each in wanted}
    fits = [(topic, names[kind]) for topic, kind in pictures if kind in names]
    fix = "Start the camera, or remap the topic (`ros2 topic list -t` shows what there is)"
    if fits:
        fix = "Start the camera, or remap: " + ", ".join(f"{name}:={topic}" for topic, name in fits[:4])
    return Finding(
        code="no publisher",
        topic=" or ".join(each.topic for each in wanted),
        seen="nobody publishes there",
        fix=fix,
    )


def silent(wanted: Wanted, publisher: Publisher, *, for_s: float) -> Finding:
    """The finding that a publisher fits, and yet nothing has come since the subscription began."""
    return Finding(
        code="no message",
        topic=wanted.topic,
        seen=f"{publisher.node} publishes there, but nothing has arrived in {for_s:.0f} s",
        fix=_why_silent(wanted, publisher),
        is_error=True,
    )


def stopped(wanted: Wanted, publishers: Sequence[Publisher], *, for_s: float) -> Finding:
    """The finding that messages came and come no more; `publishers` are those that can be heard now."""
    if publishers:
        fix = f"{publishers[0].node} is still there: look at its log, and at the network"
    else:
        fix = "The publisher is gone: start the camera again"
    return Finding(
        code="frames stopped",
        topic=wanted.topic,
        seen=f"no frame for {for_s:.0f} s",
        fix=fix,
        is_error=True,
    )


def transport_cure(wanted: Wanted) -> str:
    """What to do where messages get lost between publisher and here."""
    if wanted.type_name == IMAGE and wanted.reliability == "best_effort":
        return f"S{_PROFILE_CURE[1:]}"
    return "Look at the network, and at the load of both machines"


def _why_silent(wanted: Wanted, publisher: Publisher) -> str:
    look = f"Look whether it sends (`ros2 topic hz {wanted.topic}`)"
    if wanted.type_name == IMAGE and "best_effort" in (wanted.reliability, publisher.reliability):
        return f"{look}. Large raw pictures get lost under best effort: {_PROFILE_CURE}"
    return f"{look}, and at the network"


def _wrong_type(wanted: Wanted, publisher: Publisher, *, is_error: bool) -> Finding:
    fix = f"Remap {wanted.name} to a topic of that type (`ros2 topic list -t`)"
    if (wanted.type_name, publisher.type_name) == (IMAGE, COMPRESSED):
        fix = f"Remap image/compressed to {wanted.topic} instead of image"
    elif (wanted.type_name, publisher.type_name) == (COMPRESSED, IMAGE):
        fix = f"Remap image to {wanted.topic} instead of image/compressed"
    return Finding(
        code="wrong type",
        topic=wanted.topic,
        seen=f"{publisher.node} publishes {publisher.type_name} there, this node reads {wanted.type_name}",
        fix=fix,
        is_error=is_error,
    )


def _qos_mismatch(wanted: Wanted, publisher: Publisher, *, is_error: bool) -> Finding:
    policy = mismatch(wanted, publisher)
    offered, asked = getattr(publisher, policy), getattr(wanted, policy)
    change = f"{policy}:={offered}"
    if wanted.durability == "transient_local":  # only CameraInfo has it, and it brings reliable with it
        change = "camera_info_durability:=volatile"
    return Finding(
        code="qos mismatch",
        topic=wanted.topic,
        seen=f"{publisher.node} offers {policy} {offered}, this node asks for {asked}: nothing can arrive",
        fix=f"Set {change} and activate again, or let the publisher offer {asked}",
        is_error=is_error,
    )
