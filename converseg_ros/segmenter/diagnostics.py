"""What a segmenter says about itself: each second on ``/diagnostics``, and in its log."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier

from converseg_ros.camera.camera import Camera
from converseg_ros.health.diagnostics import diagnostic_array
from converseg_ros.health.finding import Finding
from converseg_ros.health.log import FindingLog
from converseg_ros.health.memory import MemoryTrend
from converseg_ros.segmenter import parameters
from converseg_ros.segmenter.worker import Worker
from converseg_ros.transport.profile import PROFILE_VARIABLES


class SegmenterDiagnostics:
    """One status for each camera, then one for each of their topics."""

    def __init__(self, node: Node, cameras: Sequence[Camera]) -> None:
        self._node, self._cameras = node, cameras
        self._log = FindingLog(node)
        self._memory = MemoryTrend()

    def message(self, *, worker: Worker | None, why_not_ready: str) -> DiagnosticArray:
        """The node's present state; logs what is found wrong.

        Args:
            worker: None while no model is loaded.
            why_not_ready: empty while it is active.
        """
        found = {camera.name: [] if why_not_ready else self._findings(camera) for camera in self._cameras}
        self._log.tell([finding for each in found.values() for finding in each])
        process = self._process_values()
        arrays = [
            self._of_camera(camera, worker, why_not_ready, found[camera.name], process)
            for camera in self._cameras
        ]
        together = arrays[0]
        together.status = [status for array in arrays for status in array.status]
        for camera in self._cameras:
            together.status += self._of_inputs(camera, found[camera.name])
        return together

    def _findings(self, camera: Camera) -> list[Finding]:
        limits: dict[str, Any] = {
            "max_age_s": parameters.value(self._node, "max_frame_age_s"),
            "check_stamps": parameters.value(self._node, "check_stamps"),
        }
        depths = [topic for each in self._cameras for topic in each.targets.inputs.topics]
        found = camera.inputs.findings(**limits, other_uses=depths)
        known = {(each.code, each.topic) for each in found}  # both read camera_info
        about_depth = camera.targets.inputs.findings(**limits)
        return found + [each for each in about_depth if (each.code, each.topic) not in known]

    def _process_values(self) -> dict[str, str]:
        return {
            **self._memory.values(time.monotonic()),
            "pid": str(os.getpid()),
            "middleware": str(get_rmw_implementation_identifier()),
            # Of two names Jazzy's Fast DDS reads the second.
            "transport profile": os.environ.get(PROFILE_VARIABLES[1], ""),
        }

    def _of_camera(
        self,
        camera: Camera,
        worker: Worker | None,
        why_not_ready: str,
        findings: Sequence[Finding],
        process: dict[str, str],
    ) -> DiagnosticArray:
        now_s = time.monotonic()
        model = worker.model if worker else None
        mailbox, device = camera.mailbox, parameters.value(self._node, "device")
        level, text = _state(camera, why_not_ready, now_s, findings)
        model_id = model.model_id if model else ""
        values = {
            "model": parameters.value(self._node, "model"),
            "model_id": model_id,
            "model checksum": model_id.rpartition("@")[2],
            "device": str(model.info.get("device", device)) if model else device,
            "frames received": str(mailbox.num_received),
            "frames dropped": str(mailbox.num_dropped),
            "last frame age s": f"{mailbox.newest_age_s(now_s):.3f}",
            **camera.questions.values(),
            "frames encoded": str(worker.num_encodes if worker else 0),
            "standing instruction": camera.standing.question.echo if camera.standing.question else "",
            **camera.tally.values(),
            **camera.times.values(now_s),
            **camera.targets.values(),
            **process,
            "findings": str(len(findings)),
            **{f"finding: {each.code} {each.topic}": each.seen for each in findings},
            **{f"fix: {each.code} {each.topic}": each.fix for each in findings},
        }
        return diagnostic_array(
            name=f"{self._node.get_name()}: {camera.name or 'segmentation'}",
            level=level,
            message=text,
            hardware_id=self._node.get_fully_qualified_name(),
            values=values,
            stamp=self._node.get_clock().now().to_msg(),
        )

    def _of_inputs(self, camera: Camera, findings: Sequence[Finding]) -> list[DiagnosticStatus]:
        statuses = []
        rows = camera.inputs.values()
        known = {wanted.topic for wanted, _ in rows}
        rows += [row for row in camera.targets.inputs.values() if row[0].topic not in known]
        for wanted, values in rows:
            about = [each for each in findings if each.topic == wanted.topic]
            statuses.append(
                DiagnosticStatus(
                    level=_level(about),
                    name=f"{self._node.get_name()}: {wanted.name}",
                    message=about[0].text() if about else f"{values['rate Hz']} Hz",
                    hardware_id=self._node.get_fully_qualified_name(),
                    values=[KeyValue(key=key, value=value) for key, value in values.items()],
                )
            )
        return statuses


def _level(findings: Sequence[Finding]) -> bytes:
    if not findings:
        return DiagnosticStatus.OK
    return DiagnosticStatus.ERROR if findings[0].is_error else DiagnosticStatus.WARN


def _state(
    camera: Camera, why_not_ready: str, now_s: float, findings: Sequence[Finding]
) -> tuple[bytes, str]:
    if why_not_ready:
        return DiagnosticStatus.ERROR, f"can't answer: {why_not_ready}"
    trouble = camera.tally.recent_fault(now_s) or camera.frame_trouble()
    if trouble:
        return DiagnosticStatus.ERROR, trouble
    if findings:
        return _level(findings), findings[0].text()
    if camera.mailbox.num_received == 0:
        return DiagnosticStatus.WARN, "active, but no frame has arrived"
    if trouble := camera.targets.trouble():
        return DiagnosticStatus.WARN, trouble
    return DiagnosticStatus.OK, "answering"
