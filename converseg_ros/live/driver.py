"""The ``live_driver`` node: a camera and a person in one, with a stop-watch."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable

from converseg.msg import Segmentation
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.live.frames import Frames, stamped
from converseg_core.live.measures import Heard, Record
from converseg_core.live.process_meter import ProcessMeter
from converseg_core.live.settings import LiveSettings
from converseg_ros.live.counters import NodeCounts, read_counts

LEAD_S = 0.05
"""Pause before the first frame of a run, so that its due time lies ahead."""
PRIME_WAIT_S = 0.05


class LiveFaultError(Exception):
    """The measurement can't go on; the message says why."""


class StoppedError(Exception):
    """Told to stop."""


class LiveDriver(Node):
    """Sends frames at a rate, asks one question of each, and records the answers.

    Callbacks run in an executor's thread and only store; :meth:`run` and the others belong to one other
    thread.
    """

    def __init__(
        self, *, settings: LiveSettings, frames: Frames, stop: threading.Event, context: Context | None = None
    ) -> None:
        super().__init__("live_driver", context=context)
        self._settings = settings
        self._frames = frames
        self._stop = stop
        self._changed = threading.Condition()
        self._heard: list[Heard] = []
        self._counts: NodeCounts | None = None
        self._fault = ""
        self._last_stamp_ns = 0
        self._last_text = ""
        self._data = itertools.cycle(frames.data)
        self._prompts = itertools.cycle(settings.prompts)
        self.model_id = ""
        is_raw = frames.type_name == "sensor_msgs/msg/Image"
        # A reliable publisher serves best-effort subscribers too; the node decides.
        reliable = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
        deep = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
        self._camera = self.create_publisher(
            Image if is_raw else CompressedImage, "image" if is_raw else "image/compressed", reliable
        )
        self._instruction = self.create_publisher(String, "instruction", deep)
        self.create_subscription(Segmentation, "segmenter/segmentation", self._on_answer, deep)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def wait_until_active(self) -> None:
        """Wait until the node takes frames and questions, and answers reach us.

        Raises:
            LiveFaultError: it did not come so far within ``timeout_s``.
        """
        self._wait(
            lambda: (
                self._camera.get_subscription_count() > 0
                and self._instruction.get_subscription_count() > 0
                and self.count_publishers("segmenter/segmentation") > 0
                and self._counts is not None
            ),
            self._settings.timeout_s,
            "the segmenter did not become active",
        )

    def prime(self) -> None:
        """Have one frame answered, so that the node's mailbox holds nothing that waits.

        Raises:
            LiveFaultError: no answer comes, or only refusals.
        """
        deadline_s = time.monotonic() + self._settings.timeout_s
        while True:
            stamp_ns = self._send_frame()
            self._pause(PRIME_WAIT_S)
            answer = self._ask_alone()
            if answer.status.is_answer and answer.stamp_ns == stamp_ns:
                return
            if answer.status in (Status.ERROR, Status.REJECTED) or time.monotonic() > deadline_s:
                raise LiveFaultError(
                    f"the segmenter does not answer: {answer.status.name}, {self._last_text}"
                )

    def counts(self) -> NodeCounts:
        """The node's counts, read by it after this call.

        Raises:
            LiveFaultError: none come.
        """
        since_ns = self.get_clock().now().nanoseconds
        self._wait(
            lambda: self._counts is not None and self._counts.stamp_ns > since_ns,
            self._settings.timeout_s,
            "the segmenter's /diagnostics have stopped",
        )
        assert self._counts is not None
        return self._counts

    def run(self, rate_hz: float, num_frames: int) -> Record:
        """Send frames at a rate, each with a question, and wait for the answers.

        Raises:
            LiveFaultError: the node fell silent.
            ProcessGoneError: its process has ended.
            StoppedError: told to stop.
        """
        self.prime()
        before = self.counts()
        with self._changed:
            self._heard.clear()
        published_s: dict[int, float] = {}
        late_s: list[float] = []
        load_1min = os.getloadavg()[0]
        with ProcessMeter(self._settings.node_pid) as meter:
            start_s = time.monotonic() + LEAD_S
            for number in range(num_frames):
                due_s = start_s + number / rate_hz
                self._pause(due_s - time.monotonic())
                sent_s = time.monotonic()
                published_s[self._send_frame()] = sent_s
                late_s.append(sent_s - due_s)
                self._ask()
            self._drain(num_frames)
        with self._changed:
            heard = list(self._heard)
        if not heard:
            raise LiveFaultError(f"no answer came to {num_frames} questions at {rate_hz:g} Hz")
        self._settle()
        after = self.counts()
        return Record(
            target_hz=rate_hz,
            published_s=published_s,
            late_s=late_s,
            heard=heard,
            num_asked=num_frames,
            num_received=after.num_received - before.num_received,
            num_replaced=after.num_replaced - before.num_replaced,
            load_1min=load_1min,
            usage=meter.usage,
        )

    def _send_frame(self) -> int:
        # The stamp names the frame, so no two may share one.
        stamp_ns = max(self._last_stamp_ns + 1, self.get_clock().now().nanoseconds)
        self._last_stamp_ns = stamp_ns
        self._camera.publish(stamped(next(self._data), stamp_ns))
        return stamp_ns

    def _ask(self) -> None:
        self._instruction.publish(String(data=next(self._prompts)))

    def _ask_alone(self) -> Heard:
        """Ask while nothing else is under way; returns the answer."""
        with self._changed:
            self._heard.clear()
        self._ask()
        self._wait(lambda: self._heard, self._settings.timeout_s, "a question got no answer")
        with self._changed:
            return self._heard[0]

    def _settle(self) -> None:
        """Ask once more: the last frame counts as received by the time of the answer."""
        self._ask_alone()

    def _drain(self, num_asked: int) -> None:
        """Wait until all is answered, or nothing more comes."""
        with self._changed:
            num_heard, since_s = len(self._heard), time.monotonic()
            while len(self._heard) < num_asked and time.monotonic() - since_s < self._settings.timeout_s:
                self._changed.wait(0.1)
                if self._stop.is_set():
                    raise StoppedError
                if len(self._heard) > num_heard:
                    num_heard, since_s = len(self._heard), time.monotonic()

    def _wait(self, condition: Callable[[], object], timeout_s: float, what: str) -> None:
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while not condition():
                if self._fault:
                    raise LiveFaultError(self._fault)
                if self._stop.is_set():
                    raise StoppedError
                if time.monotonic() > deadline_s:
                    state = f"; it says: {self._counts.text}" if self._counts else ""
                    raise LiveFaultError(f"{what} within {timeout_s:g} s{state}")
                self._changed.wait(0.05)

    def _pause(self, duration_s: float) -> None:
        if duration_s > 0 and self._stop.wait(duration_s):
            raise StoppedError

    def _on_answer(self, message: Segmentation) -> None:
        arrival_s = time.monotonic()
        heard = Heard(
            arrival_s=arrival_s,
            stamp_ns=message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec,
            status=Status(message.status),
            frame_age_s=message.frame_age_s,
            stages_s=dict(zip(message.stage_names, message.stage_durations_s, strict=False)),
        )
        with self._changed:
            self._heard.append(heard)
            self._last_text = message.status_text
            self.model_id = message.model_id or self.model_id
            self._changed.notify_all()

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        try:
            counts = read_counts(message)
        except ValueError as error:
            self._fault = str(error)
            return
        if counts is not None:
            with self._changed:
                self._counts = counts
                self._changed.notify_all()
