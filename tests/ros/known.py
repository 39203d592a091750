"""Until another node knows this one: what a test sends, and who listens, counts for nothing before that."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from rcl_interfaces.srv import ListParameters
from rclpy.node import Node

AGAIN_S = 1.0


def wait_until_known(node: Node, other: str, wait_for: Callable[[Callable[[], Any]], None]) -> None:
    """Until the node ``other`` knows all publishers, subscriptions and clients that ``node`` has made so far.

    That this side sees the other does not mean the reverse, and no call of ROS 2 tells. But what a process
    announces arrives in order, its writers in one stream and its readers in another, and a client of a
    service is one of each. One that is made last is known last: when its request came and its reply got
    through, all that was made before is known.

    Args:
        node: of this process.
        other: a node that serves its parameters; relative to the namespace of ``node``.
        wait_for: handles messages until a condition holds, or fails.
    """
    client: Any = node.create_client(ListParameters, f"{other}/list_parameters")
    replies: list[Any] = []
    asked_s = -math.inf

    def is_answered() -> bool:
        nonlocal asked_s
        # What is replied before the other side knows the reader of replies is thrown away: ask again.
        if time.monotonic() > asked_s + AGAIN_S:
            asked_s = time.monotonic()
            replies.append(client.call_async(ListParameters.Request()))
        return any(reply.done() for reply in replies)

    try:
        wait_for(client.service_is_ready)
        wait_for(is_answered)
    finally:
        node.destroy_client(client)
