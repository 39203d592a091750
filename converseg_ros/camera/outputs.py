"""What is published about one camera: each answer, complete and by its parts."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from converseg.msg import Segmentation
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from converseg_ros.camera.infos import CameraInfoHistory
from converseg_ros.health.diagnostics import Tally
from converseg_ros.health.replies import ReplyTimes
from converseg_ros.questions.reply import Reply
from converseg_ros.segmenter import parameters
from converseg_ros.targets.messages import TargetJob
from converseg_ros.targets.publisher import TargetPublisher
from converseg_ros.transport import messages
from converseg_ros.transport.qos import output_qos

ANSWERS_DEPTH = 100
"""Answers that wait for the slowest reliable listener to confirm them; of more, the oldest is lost to it."""


class CameraOutputs:
    """Publishers of one camera. :meth:`send` may be called from any thread."""

    def __init__(
        self,
        node: Node,
        prefix: str,
        *,
        camera_infos: CameraInfoHistory,
        targets: TargetPublisher,
        tally: Tally,
    ) -> None:
        """Make the publishers.

        Args:
            node: whose names and parameters count.
            prefix: of the topics, empty or ending in a slash.
            camera_infos: where the CameraInfo of a frame is found.
            targets: takes the masks on to metres.
            tally: counts the answers.
        """
        self._node, self._camera_infos, self._targets, self._tally = node, camera_infos, targets, tally
        self.times = ReplyTimes()
        self._lock = threading.Lock()
        self._shown_s = -math.inf
        qos = output_qos(node)
        # A lifecycle node's own method makes publishers that are silent outside the active state.
        create = Node.create_publisher
        # A burst of refusals must not push out answers that a busy listener has not confirmed yet.
        answers_qos = output_qos(node)
        answers_qos.depth = ANSWERS_DEPTH
        self._segmentation = create(node, Segmentation, f"~/{prefix}segmentation", answers_qos)
        self._mask = create(node, Image, f"~/{prefix}mask", qos)
        self._mask_info = create(node, CameraInfo, f"~/{prefix}mask/camera_info", qos)
        self._overlay = create(node, CompressedImage, f"~/{prefix}overlay/compressed", qos)

    def send(self, reply: Reply, *, is_late: bool = False) -> None:
        """Publish a reply. Where ``is_late``, other replies wait, and the overlay is left out."""
        answer, header = reply.answer, messages.header_of(reply)
        self.times.add(
            time.monotonic(),
            stages_s=answer.timings_s,
            frame_age_s=reply.frame_age_s,
            propagated=reply.propagated,
        )
        if reply.propagated:
            if self._segmentation.get_subscription_count() > 0:
                self._segmentation.publish(messages.segmentation_message(reply))
            self._tally.propagated(answer.status)
        else:
            self._segmentation.publish(messages.segmentation_message(reply))
            self._tally.answered(answer.status)
            if reply.question.on_reply is not None:
                reply.question.on_reply(reply)
        if reply.frame is None:
            return
        if answer.mask is not None:
            self._targets.offer(
                TargetJob(
                    mask=answer.mask,
                    header=header,
                    request_id=reply.question.request_id,
                    prompt=answer.prompt,
                    propagated=reply.propagated,
                    rgb=reply.rgb,
                )
            )
        if reply.question.standing is None:
            self._send_picture(reply, is_late=is_late)
            return
        with self._lock:  # answers and propagated masks come from two threads
            if self._is_newest(reply):
                self._send_picture(reply, is_late=is_late)

    def forget(self) -> None:
        """No mask was shown yet."""
        with self._lock:
            self._shown_s = -math.inf

    def _is_newest(self, reply: Reply) -> bool:
        """Whether no later mask of this instruction was shown; notes it. Call with the lock held.

        Either may be ahead: the tracker of the model, and an answer of a tracker that is behind.
        """
        if reply.frame is None:
            return True
        # By arrival: stamps go back when a bag begins again.
        is_newest = reply.frame.arrival_s > self._shown_s
        if is_newest:
            self._shown_s = reply.frame.arrival_s
        return is_newest

    def _send_picture(self, reply: Reply, *, is_late: bool) -> None:
        answer, header = reply.answer, messages.header_of(reply)
        if answer.mask is not None and self._value("publish_mask"):
            if self._mask.get_subscription_count() > 0:
                self._mask.publish(messages.mask_message(answer, header))
            if self._mask_info.get_subscription_count() > 0:
                self._publish_mask_info(header)
        if self._value("publish_overlay") and not is_late and self._overlay.get_subscription_count() > 0:
            overlay = messages.overlay_message(reply, self._value("overlay_quality"))
            if overlay is not None:
                self._overlay.publish(overlay)

    def _publish_mask_info(self, header: Any) -> None:
        exact, newest = self._camera_infos.lookup((header.stamp.sec, header.stamp.nanosec))
        info = messages.camera_info_for(header, exact, newest)
        if info is not None:
            self._mask_info.publish(info)

    def _value(self, name: str) -> Any:
        return parameters.value(self._node, name)
