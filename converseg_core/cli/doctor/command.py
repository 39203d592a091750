"""``converseg doctor``: run every check, show a table, say what to do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import tyro

from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.doctor.check import Check
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, UsageError

MAX_SECONDS = 600.0
_MARKS = {"ok": ("ok", "green"), "warn": ("WARN", "yellow"), "fail": ("FAIL", "bold red")}


@dataclass(frozen=True, kw_only=True)
class DoctorArgs:
    """Check this machine's set-up: Python, packages, models, ROS 2, transport, memory, rendering.

    Exit code 1 where something that is needed is broken.
    """

    json: bool = False
    """One JSON line for each check: name, state (ok, warn, fail), found, remedy."""

    probe_dds: bool = False
    """Also measure whether raw 640x480 images arrive under best effort (two processes, about 10 s)."""

    live: bool = False
    """Also look at the segmenters that run on this ROS domain: what they say of themselves, who publishes
    on their topics, at which rate, with which type and QoS."""

    seconds: float = 5.0
    """How long --live listens to the cameras; above 0, at most 600."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(DoctorArgs, prog="converseg doctor", args=argv, config=(tyro.conf.FlagCreatePairsOff,))
    if not 0 < args.seconds <= MAX_SECONDS:
        raise UsageError(f"--seconds: must be above 0 and at most {MAX_SECONDS:g}, not {args.seconds:g}")
    checks = _run(args)
    if args.json:
        for check in checks:
            print_line(json_line(asdict(check)))
    else:
        _show(checks)
    return EXIT_FAILED if any(check.state == "fail" for check in checks) else EXIT_GOOD


def _run(args: DoctorArgs) -> list[Check]:
    from converseg_core.cli.doctor.machine_checks import machine_checks
    from converseg_core.cli.doctor.python_checks import python_checks
    from converseg_core.cli.doctor.ros_checks import ros_checks

    checks = [*python_checks(), *machine_checks(), *ros_checks()]
    has_ros = any(check.name == "interfaces" and check.state == "ok" for check in checks)
    remedy = "cure the ROS 2 rows above first"
    if args.probe_dds and not has_ros:
        checks.append(Check("raw images over DDS, measured", "warn", "not measured: no ROS 2", remedy))
    elif args.probe_dds:
        from converseg_core.cli.doctor.dds_probe import dds_probe_checks

        log("Sending raw images between two processes ...")
        checks += dds_probe_checks()
    if args.live and not has_ros:
        checks.append(Check("segmenters", "fail", "not looked at: no ROS 2", remedy))
    elif args.live:
        from converseg_core.cli.doctor.live import live_checks

        log(f"Listening to segmenters and cameras for {args.seconds:g} s ...")
        checks += live_checks(args.seconds)
    return checks


def _show(checks: Sequence[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(max_width=36, overflow="fold")
    table.add_column(overflow="fold")
    for check in checks:
        word, style = _MARKS[check.state]
        detail = Text(check.found)
        if check.remedy:
            detail.append(f"\n-> {check.remedy}", style="bold")
        table.add_row(Text(word, style=style), check.name, detail)
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
    with console.capture() as captured:
        console.print(table)
    print_line("\n".join(line.rstrip() for line in captured.get().splitlines()))
    num = {state: sum(check.state == state for check in checks) for state in _MARKS}
    print_line(f"\n{num['ok']} ok, {num['warn']} warnings, {num['fail']} failures")
