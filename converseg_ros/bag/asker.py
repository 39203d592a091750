"""The ``asker`` node: puts a bag's instructions to a live segmenter and compares with the truth."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from converseg.msg import Segmentation
from rcl_interfaces.srv import ListParameters
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.evaluation.metrics import iou
from converseg_core.images import encode_png, to_mono
from converseg_ros.bag.asking import Asked, AskingPlan, json_line, mask_name, report_line
from converseg_ros.bag.playback import ClockMap
from converseg_ros.bag.truth import TruthBook

GREETING_S = 5.0
"""A segmenter that has not replied for so long is asked all the same."""


class AskerNode(Node):
    """Asks each instruction when its bag time has come, and writes one JSON line for each answer.

    Lines go to stdout as they come and to ``answers.jsonl`` at the end; masks to ``masks/*.png``.
    """

    def __init__(
        self,
        *,
        plan: AskingPlan,
        truth: TruthBook,
        out_path: Path,
        context: Context | None = None,
    ) -> None:
        super().__init__("asker", context=context)
        self.is_done = threading.Event()
        self._plan = plan
        self._truth = truth
        self._out_path = out_path
        self._lines: dict[int, dict[str, Any]] = {}
        self._clock_map: ClockMap | None = None
        self._last_progress_s = time.monotonic()
        reliable = QoSProfile(depth=50, reliability=ReliabilityPolicy.RELIABLE)
        self._is_ready = False
        self._instruction = self.create_publisher(String, "instruction", reliable)
        self._answers = self.create_subscription(
            Segmentation, "segmenter/segmentation", self._on_answer, reliable
        )
        self.create_subscription(CameraInfo, "camera_info", self._on_camera_info, reliable)
        self._greeter = self.create_client(ListParameters, "segmenter/list_parameters")
        self._greeting: Any = None
        self._seen_s: float | None = None
        self.create_timer(0.1, self._on_tick)

    def _get_ready(self) -> None:
        """Listen to the clock map only once the segmenter hears us and we hear it.

        A player that waits for a listener of its clock map then starts when everybody is connected.
        """
        heard = self._instruction.get_subscription_count() > 0
        if self._is_ready or not heard or self._answers.get_publisher_count() == 0 or not self._is_known():
            return
        self._is_ready = True
        latched = QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
        )
        self.create_subscription(String, "bag_player/clock_map", self._on_clock_map, latched)

    def _is_known(self) -> bool:
        """Whether the segmenter knows that we listen, so that no answer is lost.

        What a process announces arrives in order. The client of its service was made last: where its reply
        got through, the rest is known. One that serves no parameters is taken to know us after a while.
        """
        now_s = time.monotonic()
        self._seen_s = now_s if self._seen_s is None else self._seen_s
        if self._greeting is None and self._greeter.service_is_ready():
            self._greeting = self._greeter.call_async(ListParameters.Request())
        is_answered = self._greeting is not None and self._greeting.done()
        return is_answered or now_s - self._seen_s > GREETING_S

    def write_answers(self) -> int:
        """Write ``answers.jsonl``; returns how many instructions got no answer."""
        missing = self._plan.open
        for entry in missing:
            reason = "never asked: its time did not come" if entry.asked_s is None else "no answer in time"
            self._report(entry, report_line(entry, concept="", status=None, status_text=reason))
        text = "".join(json_line(self._lines[index]) + "\n" for index in sorted(self._lines))
        target = self._out_path / "answers.jsonl"
        temporary = target.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(target)
        return len(missing)

    def _on_clock_map(self, message: String) -> None:
        try:
            self._clock_map = ClockMap.from_json(message.data)
        except ValueError as error:
            self.get_logger().error(str(error))

    def _on_camera_info(self, message: CameraInfo) -> None:
        if self._clock_map is None:
            return
        self._last_progress_s = time.monotonic()
        now_ns = self._clock_map.to_bag(_nanoseconds(message.header.stamp))
        for entry in self._plan.due(now_ns):
            # An instruction that nobody hears is lost; it stays due until a segmenter listens.
            if self._instruction.get_subscription_count() == 0:
                return
            entry.asked_s = time.monotonic()
            self._instruction.publish(String(data=entry.instruction.text))

    def _on_answer(self, message: Segmentation) -> None:
        received_s = time.monotonic()
        entry = self._plan.match(message.prompt, received_s)
        if entry is None:
            return
        self._last_progress_s = received_s
        self._report(entry, self._judge(entry, message))
        if not self._plan.open:
            self.is_done.set()

    def _judge(self, entry: Asked, message: Segmentation) -> dict[str, Any]:
        status = Status(message.status)
        stamp_ns, truth, score, mask_file = None, None, None, None
        if self._clock_map is not None and _nanoseconds(message.header.stamp) > 0:
            stamp_ns = self._clock_map.to_bag(_nanoseconds(message.header.stamp))
            truth = self._truth.find(entry.instruction.text, stamp_ns)
        if status.is_answer:
            mask = to_mono(message.mask) > 127
            mask_file = f"masks/{mask_name(entry)}"
            _write_atomic(self._out_path / mask_file, encode_png(mask.astype(np.uint8) * np.uint8(255)))
            if truth is not None and truth.size_hw == mask.shape:
                score = iou(mask, truth.mask)
        return report_line(
            entry,
            concept=truth.concept if truth else message.concept,
            status=status,
            status_text=message.status_text,
            confidence=message.confidence,
            no_target_score=message.no_target_score,
            iou=score,
            truth_status=truth.status if truth else None,
            frame_stamp_ns=stamp_ns,
            frame_age_s=message.frame_age_s,
            stages_s=dict(zip(message.stage_names, message.stage_durations_s, strict=False)),
            model_id=message.model_id,
            request_id=message.request_id,
            mask_file=mask_file,
        )

    def _report(self, entry: Asked, line: dict[str, Any]) -> None:
        self._lines[entry.index] = line
        sys.stdout.write(json_line(line) + "\n")
        sys.stdout.flush()

    def _on_tick(self) -> None:
        """End where nothing can come any more: a time-out, or a camera that has fallen silent."""
        self._get_ready()
        now_s = time.monotonic()
        waiting = [each for each in self._plan.open if each.asked_s is not None]
        is_silent = now_s - self._last_progress_s > self._plan.timeout_s
        if is_silent or (waiting and len(self._plan.expired(now_s)) == len(self._plan.open)):
            self.is_done.set()


def _nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def _write_atomic(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
