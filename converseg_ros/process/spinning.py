"""Start and end rclpy around a node, with usage errors told from failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from converseg_ros.process.lifeline import UsageError

POLL_S = 0.1
"""Longest time between a request to stop and its notice."""


@contextmanager
def ros_context(argv: Sequence[str], *, takes_arguments: bool = False) -> Iterator[Context]:
    """An initialised rclpy context without signal handlers of its own (see lifeline).

    Args:
        argv: the command line, program name first.
        takes_arguments: False refuses everything outside ``--ros-args ... --``.

    Raises:
        UsageError: the command line is wrong.
    """
    context = Context()
    try:
        # The default logger configuration is process-wide, so is the choice of signal handlers.
        rclpy.init(args=list(argv), context=context, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:
        raise UsageError(f"arguments: {error}") from error
    rest = remove_ros_args(args=list(argv))[1:]
    if rest and not takes_arguments:
        context.try_shutdown()
        raise UsageError(f"arguments: {' '.join(rest)!r} not understood; parameters go behind --ros-args -p")
    try:
        yield context
    finally:
        context.try_shutdown()


class _Either(threading.Event):
    def __init__(self, *events: threading.Event) -> None:
        super().__init__()
        self._events = events

    def is_set(self) -> bool:
        return any(event.is_set() for event in self._events)


def either(*events: threading.Event) -> threading.Event:
    """An event to poll that is set while any of ``events`` is."""
    return _Either(*events)


def spin_until(node: Node, stop: threading.Event) -> None:
    """Handle callbacks until ``stop`` is set or rclpy is shut down from outside."""
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    try:
        while not stop.is_set() and node.context.ok():
            executor.spin_once(timeout_sec=POLL_S)
    except ExternalShutdownException:
        return
    finally:
        executor.remove_node(node)
        executor.shutdown(timeout_sec=0.5)
