"""The ROS graph and QoS profiles in this package's own words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rclpy.node import Node

from converseg_ros.health.publishers import COMPRESSED, IMAGE, Publisher, Wanted

NO_NODE = "a publisher that is no ROS node"
"""The middleware knows the publisher but no node behind it: no ROS program, or the name is still to come."""


def type_name(kind: Any) -> str:
    """``sensor_msgs/msg/Image`` for the message class."""
    package, _, _ = kind.__module__.partition(".")
    return f"{package}/msg/{kind.__name__}"


def full_name(namespace: str, name: str) -> str:
    """A node's full name; words where the middleware knows a publisher but no ROS node behind it."""
    if "_UNKNOWN_" in name:
        return NO_NODE
    return f"{namespace.rstrip('/')}/{name}"


def wanted(node: Node, kind: Any, name: str, qos: Any) -> Wanted:
    """A subscription that ``node`` makes, with its topic resolved and remapped."""
    return Wanted(
        name=name,
        topic=node.resolve_topic_name(name),
        type_name=type_name(kind),
        reliability=qos.reliability.name.lower(),
        durability=qos.durability.name.lower(),
    )


def publisher(info: Any) -> Publisher:
    """A publisher from a ``TopicEndpointInfo``."""
    return Publisher(
        node=full_name(info.node_namespace, info.node_name),
        type_name=info.topic_type,
        reliability=info.qos_profile.reliability.name.lower(),
        durability=info.qos_profile.durability.name.lower(),
    )


def publishers_of(node: Node, topic: str) -> list[Publisher]:
    """All publishers on a topic (full name) that ``node`` has discovered."""
    return [publisher(info) for info in node.get_publishers_info_by_topic(topic)]


def published_pictures(node: Node, other_uses: Collection[str] = ()) -> list[tuple[str, str]]:
    """Topics on which pictures are published, and their types; not those that this node reads or writes.

    Args:
        node: looks at the graph.
        other_uses: topics, full names, that it reads at other times.
    """
    own = node.get_fully_qualified_name() + "/"
    read = {each.topic_name for each in node.subscriptions} | set(other_uses)
    return [
        (topic, kind)
        for topic, kinds in node.get_topic_names_and_types()
        for kind in kinds
        if kind in (IMAGE, COMPRESSED)
        and not topic.startswith(own)
        and topic not in read
        and node.count_publishers(topic)
    ]
