"""What ``converseg doctor --live`` says of a segmenter, worked out from what was seen. Knows no rclpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from converseg_ros.health.publishers import Publisher, Wanted, check_publishers

OK_LEVEL, WARN_LEVEL = 0, 1
MIN_SHARE = 0.8
MIN_HZ = 1.0

Status = tuple[str, int, str, Mapping[str, str]]
"""Name, level, message and values of a ``DiagnosticStatus``."""
OF_A_PUBLISHER = ("qos mismatch", "wrong type", "no message")
"""Findings that a node makes only where there is a publisher; one that was refused it need not count."""


class Row(NamedTuple):
    """What was looked at, how it is (ok, warn, fail), what was found, and what to do."""

    name: str
    state: str
    found: str
    remedy: str = ""


def none_found(domain_id: int) -> Row:
    """The row that says that no segmenter runs here."""
    return Row(
        "segmenter",
        "fail",
        f"no node on ROS domain {domain_id} publishes converseg/msg/Segmentation",
        "start one (`ros2 run converseg segmenter`), or set ROS_DOMAIN_ID and "
        "ROS_AUTOMATIC_DISCOVERY_RANGE as the node has them",
    )


def publishers_told(statuses: Sequence[Status]) -> dict[str, int]:
    """How many publishers a segmenter knows of on each of its topics, as its diagnostics tell."""
    told = {key for *_, values in statuses for key in values}
    counts = {}
    for *_, values in statuses:
        if "topic" in values:
            topic = values["topic"]
            is_spoken_of = any(f"finding: {code} {topic}" in told for code in OF_A_PUBLISHER)
            counts[topic] = max(int(values.get("publishers", 0)), int(is_spoken_of))
    return counts


def rows_of(
    name: str,
    statuses: Sequence[Status],
    *,
    num_named: int,
    offers: Mapping[str, Sequence[Publisher]],
    rates_hz: Mapping[str, float],
) -> list[Row]:
    """All rows about one segmenter.

    Args:
        name: its full name.
        statuses: its last diagnostics.
        num_named: nodes of that name.
        offers: who publishes on each of its topics, as seen from outside.
        rates_hz: messages a second on each of them, as measured from outside.
    """
    rows = []
    if num_named > 1:
        remedy = "give each a namespace (`-r __ns:=/left`) or a name of its own (`-r __node:=...`)"
        rows.append(Row(name, "warn", f"{num_named} segmenters bear this name", remedy))
    if not statuses:
        remedy = "look at its log: it hangs, or it ended a moment ago"
        return [*rows, Row(name, "fail", "it publishes no /diagnostics", remedy)]
    inputs = [values for *_, values in statuses if "topic" in values]
    for title, level, message, values in statuses:
        if "topic" not in values:
            rows += _camera_rows(name, title, level, message, values)
    told = {row.name for row in rows}
    for values in inputs:
        for row in _outside_rows(name, values, offers.get(values["topic"], ())):
            if row.name not in told:
                rows.append(row)
                told.add(row.name)
    # A topic on which nobody publishes is no row: a camera sends on some of them, and the rest is a finding.
    num_told = publishers_told(statuses)
    rows += [
        _rate_row(values, offers.get(topic, ()), rates_hz.get(topic, 0.0), num_told=num_told[topic])
        for values in inputs
        if offers.get(topic := values["topic"]) or num_told[topic]
    ]
    return rows


def _camera_rows(name: str, title: str, level: int, message: str, values: Mapping[str, str]) -> list[Row]:
    camera = title.rpartition(": ")[2]
    row_name = name if camera == "segmentation" else f"{name} {camera}"
    facts = f"model {values.get('model_id') or 'none'}, memory {values.get('memory MB', '?')} MB"
    found = [key.removeprefix("finding: ") for key in values if key.startswith("finding: ")]
    if found:
        state = "warn" if level <= WARN_LEVEL else "fail"
        num_found = f"{len(found)} finding{'s' if len(found) > 1 else ''}"
        rows = [Row(row_name, state, f"{num_found}, below; {facts}", "see the rows below")]
        for key in found:
            # The node orders them, errors first; only the first decides its level.
            seen, fix = values[f"finding: {key}"], values.get(f"fix: {key}", "see docs/troubleshooting.md")
            rows.append(Row(f"{name} {key}", state if key == found[0] else "warn", seen, fix))
        return rows
    if level == OK_LEVEL:
        return [Row(row_name, "ok", f"{message}; {facts}, {values.get('answers Hz', '?')} answers a second")]
    remedy = "look at its log, and at docs/troubleshooting.md"
    if message.startswith("can't answer"):
        remedy = f"`ros2 lifecycle set {name} configure`, then `activate`; its log says more"
    return [Row(row_name, "warn" if level == WARN_LEVEL else "fail", message, remedy)]


def _outside_rows(name: str, values: Mapping[str, str], publishers: Sequence[Publisher]) -> list[Row]:
    """What the graph shows here and the node has not said."""
    wanted = Wanted(
        name=values["topic"].rpartition("/")[2],
        topic=values["topic"],
        type_name=values["type"],
        reliability=values["reliability"],
        durability=values["durability"],
    )
    return [
        Row(
            f"{name} {finding.code} {finding.topic}",
            "fail" if finding.is_error else "warn",
            finding.seen,
            finding.fix,
        )
        for finding in check_publishers(wanted, publishers)
    ]


def _rate_row(
    values: Mapping[str, str], publishers: Sequence[Publisher], here_hz: float, *, num_told: int
) -> Row:
    there_hz, num_lost = float(values["rate Hz"]), int(values["lost in transport, last 10 s"])
    who = ", ".join(f"{each.node} ({each.reliability})" for each in publishers) or "nobody that is seen here"
    found = (
        f"{there_hz:.1f} Hz at the node, {here_hz:.1f} Hz here, from {who}; lost in the last 10 s: {num_lost}"
    )
    if len(publishers) < num_told:
        found += f"; publishers: {num_told} seen by the node, {len(publishers)} seen here"
        remedy = (
            "look again in half a minute (a killed publisher is forgotten by then); if it stays so, "
            "set ROS_AUTOMATIC_DISCOVERY_RANGE here as the publisher has it"
        )
        return Row(values["topic"], "warn", found, remedy)
    # Where messages get lost the two rates differ by chance.
    if not num_lost and here_hz > MIN_HZ and there_hz < MIN_SHARE * here_hz:
        remedy = "the node gets less than this process: look at its load and at its QoS"
        return Row(values["topic"], "warn", found, remedy)
    return Row(values["topic"], "ok", found)
