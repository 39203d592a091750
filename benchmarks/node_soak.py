"""The node under everything at once, and whether its books balance afterwards.

    python benchmarks/node_soak.py [--duration-s 600]

Over real DDS: 200 instructions a second (the model can answer 30), bad instructions, goals half of which are
cancelled, requests, a standing instruction that is set and cleared, cameras killed and started with another
size, with and without depth, broken pictures, depth pictures and calibrations, changes of parameters good and
bad, deactivation and activation. The model is a stand-in that takes 33 ms and now and then raises.

Fails (exit code 1) where the node ends or logs an error of its own, where an accepted question does not get
exactly one answer or status, where a call gets no reply, or where the resident memory grows by 1 MB a minute
or more (Theil and Sen's slope, the first two minutes left out, of short runs the first half; only runs of
five minutes or more are judged by it).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import node_processes as processes
import results

ANSWER_S = 0.033
MAX_SLOPE_MB_PER_MIN = 1.0
JUDGED_FROM_S = 300.0
QUIET_S = 15.0
TICK_S = 0.002
"""Longest pause between two looks at what is due, seconds."""


def own_errors(log: str) -> list[str]:
    """Errors in the node's log that are not the stand-in's own crash."""
    ends = re.findall(r"Traceback \(most recent call last\):\n(?:[ \t].*\n)+(.*)", log)
    return sorted({end for end in ends if end != "RuntimeError: the model broke"})


def soak(duration_s: float, seed: int, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Make trouble for so long; returns the figures and what is wrong."""
    domain = processes.free_domain()
    processes.join_domain(domain)
    import rclpy
    from soak_ledger import Ledger
    from soak_trouble import Trouble

    from tests.stand_in.model import Settings, write_bundle

    bundle = write_bundle(folder / "bundle", Settings(encode_s=ANSWER_S))
    node = processes.NodeProcess(
        processes.SEGMENTER, processes.ros_parameters(model=bundle), domain=domain, tmp_path=folder
    )
    rclpy.init()
    ledger = Ledger()
    trouble = Trouble(ledger, domain=domain, folder=folder, seed=seed)
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(trouble.node)
    log = processes.UsageLog(node.pid)
    try:
        node.wait_for_log("active: ask")
        while not trouble.is_ready():
            executor.spin_once(timeout_sec=0.1)
        trouble.restart_camera()
        start_s = time.monotonic()
        due_s = {action: start_s + period_s for action, period_s in trouble.plan.items()}
        while time.monotonic() < start_s + duration_s and node.is_alive:
            for action, period_s in trouble.plan.items():
                if time.monotonic() >= due_s[action]:
                    action()
                    due_s[action] += period_s
            # Always the same time: with another one rclpy begins anew, and what is last never has its turn.
            executor.spin_once(timeout_sec=TICK_S)
            log.note()
        spent_s = time.monotonic() - start_s
        balance = wait_for_balance(trouble, ledger, executor)
        trouble.stop_camera()
        faults = ledger.faults(balance)
        if not node.is_alive:
            faults.append(f"the node ended: {node.log[-2000:]}")
        faults += [f"the node logged {error}" for error in own_errors(node.log)]
        code, stop_s = node.stop() if node.is_alive else (1, 0.0)
        if code != 0 or stop_s > 2.0:
            faults.append(f"SIGTERM: exit code {code} after {stop_s:.1f} s")
    finally:
        trouble.stop_camera()
        executor.shutdown()
        trouble.node.destroy_node()
        rclpy.shutdown()
        node.kill()
    warm_up_s = min(120.0, spent_s / 2)
    slope = log.memory_slope_mb_per_min(after_s=warm_up_s)
    if spent_s >= JUDGED_FROM_S and slope >= MAX_SLOPE_MB_PER_MIN:
        faults.append(f"memory grows by {slope:.2f} MB a minute")
    memory_mb = log.memory_mb()
    figures = {
        "seconds": spent_s,
        "instructions": ledger.num_topic,
        "instructions a second": ledger.num_topic / spent_s,
        "bad instructions": ledger.num_bad_topic,
        "not delivered": ledger.num_unanswered_words,
        "accepted questions": balance - ledger.num_ids_used_up,
        "answered questions": ledger.num_answered_ids,
        "goals": ledger.num_goals,
        "cancelled goals": ledger.num_cancels,
        "requests": ledger.num_service,
        "standing instructions": ledger.num_standing,
        "propagated masks": ledger.num_propagated,
        "bad pictures and calibrations": ledger.num_bad_pictures,
        "camera starts": ledger.num_camera_starts,
        "parameter changes": ledger.num_parameters,
        "memory MB, median": float(sorted(memory_mb)[len(memory_mb) // 2]),
        "memory MB, last": float(memory_mb[-1]),
        "memory slope MB/min": slope,
        "slope of the smallest of each minute, MB/min": log.floor_slope_mb_per_min(
            after_s=warm_up_s, window_s=60.0
        ),
        "memory MB, median of each two minutes": log.medians_mb(window_s=120.0),
        "cores in use": log.cpu_share(),
    } | {f"status {status}": number for status, number in sorted(ledger.statuses.items())}
    return figures, faults


def wait_for_balance(trouble: Any, ledger: Any, executor: Any) -> int:
    """Let everything come in; returns the questions that the node counted."""
    trouble.clear_standing()
    end_s = time.monotonic() + QUIET_S
    quiet_since_s, last = time.monotonic(), None
    while time.monotonic() < end_s and time.monotonic() - quiet_since_s < 4.0:
        executor.spin_once(timeout_sec=0.1)
        state = (ledger.num_answered_ids, ledger.num_open, trouble.diagnostics.get("questions"))
        if state != last:
            quiet_since_s, last = time.monotonic(), state
    return int(trouble.diagnostics["questions"])


def main() -> int:
    """Soak, judge, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--duration-s", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="node_soak", help="of the files in benchmarks/results")
    options = parser.parse_args()
    facts = results.machine() | processes.priority() | {"seed": options.seed}
    with tempfile.TemporaryDirectory() as folder:
        figures, faults = soak(options.duration_s, options.seed, Path(folder))
    facts |= {"load at the end": round(os.getloadavg()[0], 2), "faults": faults or "none"}
    rows = [{"figure": name, "value": value} for name, value in figures.items()]
    results.write(options.name, facts, ["figure", "value"], rows)
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
