"""What the other tests rely on: once a node knows this one, it knows all that was made before."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import String

from converseg_ros.process.spinning import spin_until
from tests.ros.client import Client
from tests.ros.domains import free_domain

NUM_TOPICS = 20


class Host:
    """A node in this process that publishes and reads some topics."""

    def __init__(self, domain: int) -> None:
        self._context, self._stop = Context(), threading.Event()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node("host", context=self._context)
        self.writers = [self.node.create_publisher(String, f"out_{n}", 10) for n in range(NUM_TOPICS)]
        self.readers = [
            self.node.create_subscription(String, f"in_{n}", lambda _: None, 10) for n in range(NUM_TOPICS)
        ]
        self._thread = threading.Thread(target=spin_until, args=(self.node, self._stop), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture
def host() -> Iterator[tuple[int, Host]]:
    domain = free_domain()
    made = Host(domain)
    yield domain, made
    made.close()


def test_who_was_answered_is_known_with_all_that_it_made(host: tuple[int, Host]) -> None:
    domain, other = host
    clients: list[Client] = []
    try:
        for number in range(1, 5):
            client = Client(domain)
            clients.append(client)
            for topic in range(NUM_TOPICS):
                client.listen(String, f"out_{topic}")
                client.node.create_publisher(String, f"in_{topic}", 10)
            client.wait_until_known("host")
            # At once, without a wait: each missing one would be a message lost in some test.
            assert {writer.get_subscription_count() for writer in other.writers} == {number}
            assert {reader.get_publisher_count() for reader in other.readers} == {number}
        client.listen(String, "out_0")
        client.wait_until_known("host")
        assert other.writers[0].get_subscription_count() == len(clients) + 1
    finally:
        for client in clients:
            client.close()
