"""The ``speech`` node: publishes what is said as instructions. Callbacks only store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from builtin_interfaces.msg import Time
from converseg.msg import AudioChunk, Utterance
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, Header, String

from converseg_core.speech.audio import AudioError, from_int16
from converseg_core.speech.pipeline import Heard, SpeechPipeline
from converseg_ros.health.diagnostics import diagnostic_array
from converseg_ros.process.lifeline import UsageError
from converseg_ros.segmenter import parameters
from converseg_ros.speech.settings import SPEECH_SPECS, load_pipeline
from converseg_ros.speech.sources import Microphone, Piece, PieceQueue, play_wav, wav_paths

DIAGNOSTICS_PERIOD_S = 1.0
POLL_S = 0.1
ACKNOWLEDGE_S = 0.3


class SpeechNode(Node):
    """Sound from a topic, a microphone or files; one thread understands it."""

    def __init__(
        self,
        *,
        context: Context | None = None,
        load: Callable[[Node], SpeechPipeline] = load_pipeline,
    ) -> None:
        """Declare, load and listen.

        Args:
            context: rclpy's.
            load: makes the pipeline from the node's parameters.

        Raises:
            UsageError: a parameter is wrong, or what it asks for is not installed.
        """
        super().__init__("speech", context=context)
        parameters.declare(self, SPEECH_SPECS)
        self.is_done = threading.Event()
        self._stop = threading.Event()
        self._queue = PieceQueue()
        self._num_pieces = 0
        self._fault = ""
        self._next_start_s = 0.0
        self._microphone: Microphone | None = None
        source = parameters.value(self, "source")
        try:
            files = (
                wav_paths(Path(parameters.value(self, "wav_path")).expanduser()) if source == "wav" else []
            )
            self._pipeline = load(self)
        except (ImportError, AudioError) as error:
            raise UsageError(f"speech: {error}") from error
        reliable = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
        self._instruction = self.create_publisher(String, "instruction", reliable)
        self._utterance = self.create_publisher(Utterance, "~/utterance", reliable)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_subscription(Bool, "robot_speaking", self._on_robot_speaking, reliable)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)
        if source == "topic":
            self.create_subscription(AudioChunk, "audio", self._on_audio, reliable)
        elif source == "microphone":
            try:
                self._microphone = Microphone(
                    parameters.value(self, "microphone"), self._queue, now_s=self._ros_now_s
                )
            except AudioError as error:
                raise UsageError(f"speech: {error}") from error
        self._threads = [threading.Thread(target=self._understand, name="speech", daemon=True)]
        self._ends_with_file = source == "wav"
        self._is_file_over = threading.Event()
        if files:
            play = threading.Thread(target=self._play, args=(files,), name="wav", daemon=True)
            self._threads.append(play)
        for thread in self._threads:
            thread.start()
        self.get_logger().info(f"listening to: {source}")

    def close(self) -> None:
        """Stop listening and destroy the node."""
        self._stop.set()
        if self._microphone is not None:
            self._microphone.close()
        for thread in self._threads:
            thread.join(1.0)
        # What was heard last must not be lost with the publisher.
        self._instruction.wait_for_all_acked(Duration(seconds=ACKNOWLEDGE_S))
        self._utterance.wait_for_all_acked(Duration(seconds=ACKNOWLEDGE_S))
        self.destroy_node()

    def _ros_now_s(self) -> float:
        return float(self.get_clock().now().nanoseconds) / 1e9

    def _on_audio(self, message: AudioChunk) -> None:
        stamp_s = message.header.stamp.sec + message.header.stamp.nanosec / 1e9
        samples = from_int16(np.frombuffer(message.samples, np.int16))
        rate_hz = int(message.sample_rate)
        if rate_hz <= 0:
            self._report(f"audio: sample_rate is {rate_hz}; the sender must fill it in")
            return
        # A sender without stamps is taken to send without gaps.
        start_s = stamp_s if stamp_s > 0 else self._next_start_s
        self._next_start_s = start_s + len(samples) / rate_hz
        self._num_pieces += 1
        self._queue.put(
            Piece(
                samples=samples,
                rate_hz=rate_hz,
                start_s=start_s,
                arrival_s=time.monotonic(),
                frame_id=message.header.frame_id,
            )
        )

    def _on_robot_speaking(self, message: Bool) -> None:
        self._queue.put(bool(message.data))

    def _play(self, files: list[Path]) -> None:
        deadline_s = time.monotonic() + parameters.value(self, "wait_for_subscriber_s")
        publishers = (self._instruction, self._utterance)
        while time.monotonic() < deadline_s and not any(each.get_subscription_count() for each in publishers):
            if self._stop.wait(POLL_S):
                return
        try:
            play_wav(
                files,
                self._queue,
                self._stop,
                start_s=self._ros_now_s(),
                is_paced=parameters.value(self, "wav_paced"),
            )
        except AudioError as error:
            self._report(str(error))
        self._is_file_over.set()

    def _understand(self) -> None:
        last: Piece | None = None
        while not self._stop.is_set():
            was_over = self._ends_with_file and self._is_file_over.is_set()
            item = self._queue.take(POLL_S)
            if isinstance(item, bool):
                self._pipeline.robot_speaks(item)
            elif item is not None:
                last = item
                feed = partial(self._pipeline.feed, item.samples, item.rate_hz, item.start_s)
                self._hear(feed, item)
            elif was_over:
                if last is not None:
                    self._hear(self._pipeline.finish, last)
                self.is_done.set()
                return

    def _hear(self, listen: Callable[[], list[Heard]], piece: Piece) -> None:
        try:
            for heard in listen():
                self._publish(heard, piece)
        except AudioError as error:
            self._report(f"audio: {error}")
        except Exception as error:  # noqa: BLE001 - one bad utterance must not end all listening
            self._report(f"transcription failed: {type(error).__name__}: {error}")

    def _publish(self, heard: Heard, piece: Piece) -> None:
        start_ns = max(0, round(heard.start_s * 1e9))
        stamp = Time(sec=start_ns // 1_000_000_000, nanosec=start_ns % 1_000_000_000)
        self._utterance.publish(
            Utterance(
                header=Header(stamp=stamp, frame_id=piece.frame_id),
                text=heard.text,
                confidence=heard.confidence,
                accepted=heard.is_accepted,
                reason=heard.reason,
                duration_s=heard.end_s - heard.start_s,
                latency_s=time.monotonic() - piece.arrival_s,
            )
        )
        if heard.is_accepted:
            self._instruction.publish(String(data=heard.text))

    def _report(self, text: str) -> None:
        if text != self._fault:
            self.get_logger().error(text)
        self._fault = text

    def _publish_diagnostics(self) -> None:
        counts = dict(self._pipeline.counts)
        values = {name: str(number) for name, number in sorted(counts.items())}
        values |= {"pieces": str(self._num_pieces), "pieces dropped": str(self._queue.num_dropped)}
        values |= {"too short for speech": str(self._pipeline.finder.num_short), "last fault": self._fault}
        level, text = DiagnosticStatus.OK, "listening"
        if self._fault:
            level, text = DiagnosticStatus.ERROR, self._fault
        elif self._queue.num_dropped:
            level, text = DiagnosticStatus.WARN, "sound comes faster than it is understood"
        self._diagnostics.publish(
            diagnostic_array(
                name=f"{self.get_name()}: speech",
                level=level,
                message=text,
                hardware_id=self.get_fully_qualified_name(),
                values=values,
                stamp=self.get_clock().now().to_msg(),
            )
        )
