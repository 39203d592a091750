"""How old the frames are that a slow model answers on, and what the node costs beside it.

    python benchmarks/node_latency.py [--duration-s 60] [--answer-s 0.1 1.0] [--instructions topic standing]

Three processes over real DDS on a domain of their own: a camera (1920x1080 rgb8 raw, 30 Hz, best effort, with
the shipped profile; with ``--jpeg`` as JPEG), the segmenter with its default parameters and a stand-in model
that sleeps for the given time on each frame and then looks for a colour, and this client. ``topic``: the
client keeps two instructions with the node, one in work and one that waits. ``standing``: one instruction is
set, and the node answers again and again.

Columns: ``age``: seconds from a frame's stamp to the moment when the model starts on it, conversion included.
``rate``: answers a second over what the model alone could do: its own time, as the answers say it, over the
time from answer to answer. ``lost``: frames that the camera sent while
the segmenter was matched and that did not arrive there. ``cpu``: all threads of the segmenter, in percent of
one core; the stand-in's own search for colours counts as the node's. ``slope``: Theil
and Sen's slope of the resident memory, the first fifth (at most two minutes) left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import node_processes as processes
import numpy as np
import results

PROMPT = "the red square"
WARM_UP_S = 3.0
SETTLE_S = 2.5
"""Longer than two periods of the diagnostics: then their counts stand still."""


class Client:
    """Asks, and notes every answer."""

    def __init__(self) -> None:
        import rclpy
        from converseg.msg import Segmentation
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.qos import QoSProfile
        from std_msgs.msg import String

        self._rclpy, self._string = rclpy, String
        rclpy.init()
        self.node = rclpy.create_node("client")
        self.answers: list[tuple[float, Any]] = []
        self.num_propagated = 0
        self.asks_again = False
        self.diagnostics: dict[str, str] = {}
        depth = QoSProfile(depth=50)
        self.publisher = self.node.create_publisher(String, "instruction", depth)
        self.node.create_subscription(Segmentation, "segmenter/segmentation", self._on_answer, depth)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def wait_for_segmenter(self) -> None:
        """Until both topics are matched."""
        while not (
            self.publisher.get_subscription_count() and self.node.count_publishers("segmenter/segmentation")
        ):
            self.spin(0.1)

    def ask(self) -> None:
        """Publish the instruction."""
        self.publisher.publish(self._string(data=PROMPT))

    def set_standing(self) -> None:
        """Set the standing instruction.

        Raises:
            SystemExit: it was refused.
        """
        from converseg.srv import SetInstruction

        service = self.node.create_client(SetInstruction, "segmenter/set_instruction")
        service.wait_for_service(10)
        future = service.call_async(SetInstruction.Request(instruction=PROMPT))
        self._rclpy.spin_until_future_complete(self.node, future, timeout_sec=10)
        if not future.done() or not future.result().accepted:
            raise SystemExit(f"the standing instruction was refused: {future.result()}")

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
        self._rclpy.shutdown()

    def _on_answer(self, message: Any) -> None:
        if message.propagated:
            self.num_propagated += 1
            return
        message.mask.data = b""  # 2 MB each
        self.answers.append((time.monotonic(), message))
        if self.asks_again:
            self.ask()

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            self.diagnostics |= {pair.key: pair.value for pair in status.values}


def measure(
    answer_s: float, instructions: str, duration_s: float, folder: Path, *, is_jpeg: bool = False
) -> dict[str, Any]:
    """One row of the table."""
    from tests.stand_in.model import Settings, write_bundle

    domain = processes.free_domain()
    processes.join_domain(domain)
    bundle = write_bundle(folder / "bundle", Settings(encode_s=answer_s))
    node = processes.NodeProcess(
        processes.SEGMENTER, processes.ros_parameters(model=bundle), domain=domain, tmp_path=folder
    )
    client = Client()
    cameras = []
    try:
        node.wait_for_log("active: ask")
        client.wait_for_segmenter()
        arguments = ("--width", "1920", "--height", "1080", *(["--jpeg"] if is_jpeg else []))
        # The first camera warms everything up; the counts of the second are compared.
        cameras.append(processes.Camera(*arguments, domain=domain, folder=folder))
        cameras[0].start()
        if instructions == "standing":
            client.set_standing()
        else:
            client.asks_again = True
            for _ in range(2):
                client.ask()
        client.spin(WARM_UP_S + 2 * answer_s)
        cameras.append(processes.Camera(*arguments, domain=domain, folder=folder))
        client.spin(1.0)
        cameras[0].stop()
        client.spin(SETTLE_S)
        num_before = int(client.diagnostics["frames received"])
        cameras[1].start()
        client.spin(2 * answer_s)
        client.answers.clear()
        client.num_propagated = 0
        log = processes.UsageLog(node.pid)
        client.spin(duration_s, log)
        answers = list(client.answers)
        num_propagated = client.num_propagated
        sent = cameras[1].stop()
        client.asks_again = False
        client.spin(SETTLE_S)
        num_received = int(client.diagnostics["frames received"]) - num_before
    finally:
        client.close()
        node.kill()
        for camera in cameras:
            camera.kill()
    return row(answer_s, instructions, answers, log, duration_s) | {
        "sent": sent["num_sent"],
        "lost": sent["num_sent"] - num_received,
        "propagated": num_propagated,
        "camera late ms": sent["worst_late_s"] * 1e3,
    }


def row(
    answer_s: float,
    instructions: str,
    answers: list[tuple[float, Any]],
    log: processes.UsageLog,
    duration_s: float,
) -> dict[str, Any]:
    """What the answers say."""
    bad = [message for _, message in answers if message.status not in (1, 2)]
    if bad or len(answers) < 2:
        raise SystemExit(f"{len(answers)} answers, {len(bad)} bad: {bad[0].status_text if bad else ''}")
    stages = [
        dict(zip(message.stage_names, message.stage_durations_s, strict=True)) for _, message in answers
    ]
    convert_s = [each["convert"] for each in stages]
    model_s = [sum(each.values()) - each["queued"] - each["convert"] for each in stages]
    ages = [1e3 * message.frame_age_s for _, message in answers]
    age_50, age_95 = processes.percentiles(ages, 50, 95)
    period_s = (answers[-1][0] - answers[0][0]) / (len(answers) - 1)
    return {
        "model s": answer_s,
        "instructions": instructions,
        "answers": len(answers),
        "age p50 ms": age_50,
        "age p95 ms": age_95,
        "convert ms": 1e3 * float(np.mean(convert_s)),
        "model ms": 1e3 * float(np.mean(model_s)),
        "period ms": 1e3 * period_s,
        "rate": float(np.mean(model_s)) / period_s,
        "cpu %": 100 * log.cpu_share(),
        "memory MB": float(np.median(log.memory_mb())),
        "slope MB/min": log.memory_slope_mb_per_min(after_s=min(120.0, duration_s / 5)),
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--duration-s", type=float, default=60.0)
    parser.add_argument("--answer-s", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--instructions", nargs="+", default=["topic"], choices=["topic", "standing"])
    parser.add_argument("--jpeg", action="store_true", help="the camera sends JPEG")
    parser.add_argument("--name", default="node_latency", help="of the files in benchmarks/results")
    options = parser.parse_args()
    encoding = "JPEG" if options.jpeg else "rgb8, raw"
    facts = (
        results.machine()
        | processes.priority()
        | {
            "image": f"1920x1080 {encoding}, 30 Hz, best effort, shipped profile",
            "duration_s": options.duration_s,
        }
    )
    rows = []
    for instructions in options.instructions:
        for answer_s in options.answer_s:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(
                    measure(answer_s, instructions, options.duration_s, Path(folder), is_jpeg=options.jpeg)
                )
                print(rows[-1], flush=True)
    facts["load at the end"] = round(os.getloadavg()[0], 2)
    results.write(options.name, facts, list(rows[0]), rows)


if __name__ == "__main__":
    main()
