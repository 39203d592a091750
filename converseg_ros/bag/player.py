"""The ``bag_player`` node: a recorded camera that looks live."""

from __future__ import annotations

import importlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from converseg_core.bags import BagError, RawMessage, bag_topics, new_typestore, read_raw
from converseg_ros.bag.playback import ClockMap, begins_with_header, parse_topic_map, restamped
from converseg_ros.process.lifeline import EXIT_FAILED, EXIT_GOOD, UsageError
from converseg_ros.process.spinning import either, spin_until
from converseg_ros.segmenter import parameters
from converseg_ros.segmenter.parameters import Spec

SPECS = (
    Spec(name="bag", default="", description="Bag folder, .mcap file or .db3 file."),
    Spec(name="rate", default=1.0, low=0.01, high=100.0, description="Bag seconds for each real second."),
    Spec(name="loop", default=False, description="Begin again at the end."),
    Spec(name="restamp", default=True, description="Move header stamps to now, so that frames are young."),
    Spec(
        name="start_delay_s", default=0.0, low=0.0, high=600.0, description="Pause before the first message."
    ),
    Spec(
        name="wait_for_subscriber_s",
        default=15.0,
        low=0.0,
        high=600.0,
        description="Wait so long for a subscriber of the first topic of topic_map, then play anyhow.",
    ),
    Spec(
        name="wait_for_clock_listener",
        default=False,
        description="Wait as long for a subscriber of ~/clock_map too: a client that asks by bag time.",
    ),
)
DEFAULT_TOPIC_MAP = [
    "/camera/image/compressed:=image/compressed",
    "/camera/camera_info:=camera_info",
    "/camera/depth:=depth",
]
ACKNOWLEDGE_S = 0.5


class BagPlayerNode(Node):
    """Sends a bag's messages as they were recorded, at the times at which they were recorded."""

    def __init__(self, *, context: Context | None = None, stop: threading.Event | None = None) -> None:
        super().__init__("bag_player", context=context)
        self._stop = stop or threading.Event()
        parameters.declare(self, SPECS)
        self.declare_parameter("topic_map", DEFAULT_TOPIC_MAP)
        latched = QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
        )
        self._clock_map = self.create_publisher(String, "~/clock_map", latched)
        self._num_played: Counter[str] = Counter()
        self._store = new_typestore()

    def play_until_stopped(self) -> int:
        """Play; returns the exit code: 1 where the bag could not be read to its end.

        Raises:
            UsageError: a parameter is wrong, or the bag does not hold what is asked for.
        """
        path, names = self._bag_path(), self._topic_map()
        try:
            recorded = bag_topics(path)
        except BagError as error:
            raise UsageError(f"parameter bag: {error}") from error
        wanted = {topic: name for topic, name in names.items() if topic in recorded}
        if not wanted:
            raise UsageError(
                f"parameter topic_map: bag {path} holds none of {', '.join(names)}; "
                f"its topics are: {', '.join(sorted(recorded))}"
            )
        publishers = {topic: self._publisher(recorded[topic], name) for topic, name in wanted.items()}
        code: list[int] = []
        done = threading.Event()

        def play() -> None:
            try:
                code.append(self._play(path, publishers))
            finally:
                done.set()

        thread = threading.Thread(target=play, name="converseg-playback", daemon=True)
        thread.start()
        spin_until(self, either(done, self._stop))
        thread.join(ACKNOWLEDGE_S)
        return code[0] if code else EXIT_GOOD if self._stop.is_set() else EXIT_FAILED

    def _bag_path(self) -> Path:
        text = parameters.value(self, "bag")
        if not text:
            raise UsageError("parameter bag: empty; give it with -p bag:=FOLDER")
        return Path(text).expanduser()

    def _topic_map(self) -> dict[str, str]:
        try:
            return parse_topic_map(list(parameters.value(self, "topic_map")))
        except ValueError as error:
            raise UsageError(f"parameter {error}") from error

    def _publisher(self, type_name: str, topic: str) -> Publisher:
        # Reliable publishers serve best-effort subscribers too; a few frames of depth ride out a pause.
        qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
        return self.create_publisher(_message_class(type_name), topic, qos)

    def _play(self, path: Path, publishers: dict[str, Publisher]) -> int:
        self._wait_for_subscriber(next(iter(publishers.values())))
        if parameters.value(self, "wait_for_clock_listener"):
            self._wait_for_subscriber(self._clock_map)
        self._stop.wait(parameters.value(self, "start_delay_s"))
        num_loops = 0
        while not self._stop.is_set():
            try:
                self._play_once(read_raw(path, publishers), publishers, num_loops)
            except BagError as error:
                self._report(publishers)
                self.get_logger().error(str(error))
                return EXIT_FAILED
            self._report(publishers)
            num_loops += 1
            if not parameters.value(self, "loop"):
                break
        return EXIT_GOOD

    def _wait_for_subscriber(self, publisher: Publisher) -> None:
        deadline_s = time.monotonic() + parameters.value(self, "wait_for_subscriber_s")
        while publisher.get_subscription_count() == 0 and not self._stop.wait(0.02):
            if time.monotonic() >= deadline_s:
                self.get_logger().warning(f"nobody subscribes to {publisher.topic_name}; playing anyhow")
                return

    def _play_once(
        self, messages: Iterator[RawMessage], publishers: dict[str, Publisher], num_loops: int
    ) -> None:
        rate, is_restamped = parameters.value(self, "rate"), parameters.value(self, "restamp")
        clock_map: ClockMap | None = None
        start_s = 0.0
        for message in messages:
            if clock_map is None:
                start_s = time.monotonic()
                live_ns = self.get_clock().now().nanoseconds if is_restamped else message.time_ns
                clock_map = ClockMap(
                    bag_ns=message.time_ns,
                    live_ns=live_ns,
                    rate=rate if is_restamped else 1.0,
                    num_loops=num_loops,
                )
                self._clock_map.publish(String(data=clock_map.to_json()))
            due_s = start_s + (message.time_ns - clock_map.bag_ns) / 1e9 / rate
            if self._stop.wait(max(0.0, due_s - time.monotonic())):
                return
            data = message.data
            if is_restamped and begins_with_header(message.type_name, self._store):
                data = restamped(data, clock_map)
            publishers[message.topic].publish(data)
            self._num_played[message.topic] += 1

    def _report(self, publishers: dict[str, Publisher]) -> None:
        for publisher in publishers.values():
            publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGE_S))
        played = ", ".join(
            f"{self._num_played[topic]} on {publisher.topic_name}" for topic, publisher in publishers.items()
        )
        self.get_logger().info(f"played {played}")


def _message_class(type_name: str) -> Any:
    """The Python class of ``package/msg/Name``.

    Raises:
        UsageError: the package is not installed.
    """
    package, _, name = type_name.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"message type {type_name} is not installed; install {package} or take it out of topic_map"
        ) from error
