"""Several cameras in one process: who gets how much of the model, and what it takes.

    python benchmarks/node_cameras.py [--duration-s 30] [--cameras 1 2 4] [--answer-s 0.1]

Real processes over real DDS on a domain of their own: cameras (640x480 rgb8 raw, 30 Hz, best effort), one
segmenter with a stand-in model that sleeps for the given time on each frame, and this client. Every camera
has a standing instruction, and the first is also asked one-shot questions without end.

Columns: ``rate``: model answers of all cameras over what the model alone could do. ``least``: answers to the
standing instruction of the camera that got least, a second. ``most``: the same of the one that got most.
``asked``: one-shot answers a second. ``live``: masks carried to newer frames, a second and camera. ``stale``:
statuses STALE_FRAME, where a camera process did not get its turn. ``cpu``: all threads of the segmenter, in
percent of one core. ``memory``: resident, median. ``slope``: its slope (Theil, Sen) over the second half.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import node_processes as processes
import numpy as np
import results

PROMPT = "the red square"
WARM_UP_S = 6.0


class Client:
    """Sets the instructions, asks about the first camera, counts what comes."""

    def __init__(self, names: list[str]) -> None:
        import rclpy
        from converseg.msg import Segmentation
        from std_msgs.msg import String

        self._rclpy, self._string = rclpy, String
        rclpy.init()
        self.node = rclpy.create_node("client")
        self.standing: dict[str, str] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self._names = names
        self._publisher = self.node.create_publisher(String, f"{names[0]}/instruction", 10)
        for name in names:
            topic = f"segmenter/{name}/segmentation"
            self.node.create_subscription(Segmentation, topic, partial(self._on_answer, name), 50)

    def set_all(self) -> None:
        """A standing instruction for each camera, and two questions about the first."""
        from converseg.srv import SetInstruction

        for name in self._names:
            service = self.node.create_client(SetInstruction, f"segmenter/{name}/set_instruction")
            service.wait_for_service(30)
            future = service.call_async(SetInstruction.Request(instruction=PROMPT))
            self._rclpy.spin_until_future_complete(self.node, future, timeout_sec=20)
            if not future.done() or not future.result().accepted:
                raise SystemExit(f"the standing instruction of {name} was refused: {future.result()}")
            self.standing[name] = future.result().request_id
        while not self._publisher.get_subscription_count():
            self.spin(0.1)
        for _ in range(2):
            self._publisher.publish(self._string(data=PROMPT))

    def spin(self, duration_s: float, log: processes.UsageLog | None = None) -> None:
        """Handle messages, and note what the segmenter uses."""
        end_s = time.monotonic() + duration_s
        while (left_s := end_s - time.monotonic()) > 0:
            self._rclpy.spin_once(self.node, timeout_sec=min(left_s, 0.2))
            if log is not None:
                log.note()

    def close(self) -> None:
        """Leave the domain."""
        self.node.destroy_node()
        self._rclpy.try_shutdown()

    def _on_answer(self, name: str, message: Any) -> None:
        if message.status == message.STATUS_STALE_FRAME:  # a camera process that does not get its turn
            self.counts["stale", name] += 1
        elif message.status > message.STATUS_LOST:
            raise SystemExit(f"{name}: {message.status_text}")
        elif message.propagated:
            self.counts["live", name] += 1
        elif message.request_id == self.standing.get(name):
            self.counts["standing", name] += 1
        else:
            self.counts["asked", name] += 1
        if message.request_id != self.standing.get(name):
            self._publisher.publish(self._string(data=PROMPT))


def measure(num_cameras: int, answer_s: float, duration_s: float, folder: Path) -> dict[str, Any]:
    """One row of the table."""
    from tests.stand_in.model import Settings, write_bundle

    names = [f"camera_{index}" for index in range(num_cameras)]
    domain = processes.free_domain()
    processes.join_domain(domain)
    bundle = write_bundle(folder / "bundle", Settings(encode_s=answer_s))
    arguments = processes.ros_parameters(model=bundle, cameras="[" + ", ".join(names) + "]")
    node = processes.NodeProcess(processes.SEGMENTER, arguments, domain=domain, tmp_path=folder)
    client = Client(names)
    cameras: list[processes.Camera] = []
    try:
        node.wait_for_log("active: ask")
        for name in names:
            size = ("--width", "640", "--height", "480", "--namespace", name)
            cameras.append(processes.Camera(*size, domain=domain, folder=folder))
            cameras[-1].start()
        client.set_all()
        client.spin(WARM_UP_S)
        client.counts.clear()
        log = processes.UsageLog(node.pid)
        start_s = time.monotonic()
        client.spin(duration_s, log)
        spent_s = time.monotonic() - start_s
    finally:
        node.kill()
        for camera in cameras:
            camera.kill()
        client.close()
    counts = client.counts
    standing = [counts["standing", name] / spent_s for name in names]
    asked = counts["asked", names[0]] / spent_s
    return {
        "cameras": num_cameras,
        "rate": (sum(standing) + asked) * answer_s,
        "least /s": min(standing),
        "most /s": max(standing),
        "asked /s": asked,
        "live /s": float(np.mean([counts["live", name] for name in names])) / spent_s,
        "stale": sum(counts["stale", name] for name in names),
        "cpu %": 100 * log.cpu_share(),
        "memory MB": float(np.median(log.memory_mb())),
        "slope MB/min": log.memory_slope_mb_per_min(after_s=duration_s / 2),
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--duration-s", type=float, default=30.0)
    parser.add_argument("--answer-s", type=float, default=0.1)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    facts = results.machine() | {
        "niceness": os.nice(0),
        "image": "640x480 rgb8, raw, 30 Hz, best effort, shipped profile",
        "model s": options.answer_s,
        "duration_s": options.duration_s,
    }
    rows = []
    for num_cameras in options.cameras:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(num_cameras, options.answer_s, options.duration_s, Path(folder)))
            print(rows[-1], flush=True)
    facts["load at the end"] = round(os.getloadavg()[0], 2)
    results.write("node_cameras", facts, list(rows[0]), rows)


if __name__ == "__main__":
    main()
