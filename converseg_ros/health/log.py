"""Findings in a node's log: once, again after a while with a count, and when they are over."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rclpy.node import Node

from converseg_ros.health.finding import Finding
from converseg_ros.health.throttle import Throttle


class FindingLog:
    """Logs a node's findings."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._throttle = Throttle()

    def tell(self, findings: Sequence[Finding]) -> None:
        """Log what is new among the present findings, and what is over."""
        logger = self._node.get_logger()
        for finding in findings:
            line = self._throttle.line(finding, time.monotonic())
            if line is None:
                continue
            if finding.is_error:  # rclpy allows each line of code one severity
                logger.error(line)
            else:
                logger.warning(line)
        for line in self._throttle.over(findings):
            logger.info(line)
