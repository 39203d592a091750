"""What a segmenter says about itself on ``/diagnostics``: one status for each camera."""

from __future__ import annotations

import time
from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from converseg_ros import parameters
from converseg_ros.camera import Camera
from converseg_ros.diagnostics import diagnostic_array
from converseg_ros.worker import Worker


def diagnose(
    node: Node, cameras: Sequence[Camera], *, worker: Worker | None, why_not_ready: str
) -> DiagnosticArray:
    """The node's present state.

    Args:
        node: the segmenter.
        cameras: one or more.
        worker: None while no model is loaded.
        why_not_ready: empty while it is active.
    """
    arrays = [_of_camera(node, camera, worker, why_not_ready) for camera in cameras]
    together = arrays[0]
    together.status = [status for array in arrays for status in array.status]
    return together


def _of_camera(node: Node, camera: Camera, worker: Worker | None, why_not_ready: str) -> DiagnosticArray:
    now_s = time.monotonic()
    model = worker.model if worker else None
    mailbox, device = camera.mailbox, parameters.value(node, "device")
    level, text = _state(camera, why_not_ready, now_s)
    values = {
        "model": parameters.value(node, "model"),
        "model_id": model.model_id if model else "",
        "device": str(model.info.get("device", device)) if model else device,
        "frames received": str(mailbox.num_received),
        "frames dropped": str(mailbox.num_dropped),
        "last frame age s": f"{mailbox.newest_age_s(now_s):.3f}",
        "questions": str(camera.num_questions),
        "questions waiting": str(camera.num_waiting),
        "frames encoded": str(worker.num_encodes if worker else 0),
        **camera.tally.values(),
        **camera.targets.values(),
    }
    return diagnostic_array(
        name=f"{node.get_name()}: {camera.name or 'segmentation'}",
        level=level,
        message=text,
        hardware_id=node.get_fully_qualified_name(),
        values=values,
        stamp=node.get_clock().now().to_msg(),
    )


def _state(camera: Camera, why_not_ready: str, now_s: float) -> tuple[bytes, str]:
    if why_not_ready:
        return DiagnosticStatus.ERROR, f"can't answer: {why_not_ready}"
    trouble = camera.tally.recent_fault(now_s) or camera.frame_trouble()
    if trouble:
        return DiagnosticStatus.ERROR, trouble
    if camera.mailbox.num_received == 0:
        return DiagnosticStatus.WARN, "active, but no frame has arrived"
    if trouble := camera.targets.trouble():
        return DiagnosticStatus.WARN, trouble
    return DiagnosticStatus.OK, "answering"
