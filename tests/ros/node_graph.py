"""What a running node publishes, subscribes and serves, asked from the middleware itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rclpy.action.graph import get_action_server_names_and_types_by_node

from tests.ros.client import Client
from tests.ros.domains import free_domain
from tests.ros.harness import START_S, NodeProcess

SETTLE_S = 1.0


@dataclass
class Graph:
    """Full names to types of one node."""

    published: dict[str, str] = field(default_factory=dict)
    subscribed: dict[str, str] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)


def _plain(pairs: list[tuple[str, list[str]]]) -> dict[str, str]:
    """Without the hidden topics and services that make up an action."""
    return {name: kinds[0] for name, kinds in pairs if "/_action/" not in name}


def _read(client: Client, name: str) -> Graph:
    node = client.node
    return Graph(
        published=_plain(node.get_publisher_names_and_types_by_node(name, "/")),
        subscribed=_plain(node.get_subscriber_names_and_types_by_node(name, "/")),
        services=_plain(node.get_service_names_and_types_by_node(name, "/")),
        actions=_plain(get_action_server_names_and_types_by_node(node, name, "/")),
    )


def node_graph(
    module: str,
    name: str,
    sign: str,
    arguments: list[str],
    tmp_path: Path,
    *,
    heard: dict[str, Any] | None = None,
) -> Graph:
    """Start the node as a process and read its graph when its topic ``sign`` is known.

    Args:
        module: of the node's process.
        name: of the node.
        sign: a topic that it publishes or subscribes last.
        arguments: of the process.
        tmp_path: for logs.
        heard: topics that are listened to meanwhile, to their types: some inputs are read for them only.
    """
    domain = free_domain()
    process = NodeProcess(module, arguments, domain=domain, tmp_path=tmp_path)
    client = Client(domain)
    for topic, kind in (heard or {}).items():
        client.listen(kind, topic)
    try:
        client.wait_for(lambda: name in client.node.get_node_names(), START_S, f"for {name}:\n{process.log}")
        seen = Graph()

        def is_there() -> bool:
            nonlocal seen
            seen = _read(client, name)
            return sign in seen.subscribed or sign in seen.published

        client.wait_for(is_there, START_S, f"for {sign}")
        # What the others know of a node comes in pieces: until it no longer grows.
        settled_s = time.monotonic() + SETTLE_S
        while time.monotonic() < settled_s:
            client.wait_for(lambda: True)
            time.sleep(0.1)
            again = _read(client, name)
            if again != seen:
                seen, settled_s = again, time.monotonic() + SETTLE_S
        return seen
    finally:
        client.close()
        process.kill()
