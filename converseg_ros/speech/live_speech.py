"""``hri_msgs/LiveSpeech`` as a source of instructions, where that package is installed (ROS4HRI)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node


@dataclass
class LiveSpeechFilter:
    """Lets final texts through, once each, where they are sure enough.

    Attributes:
        min_confidence: less sure ones are refused. Senders that do not fill ``confidence`` send 0: such a
            message is let through, for nothing is known against it.
        repeat_s: the same words within this time are the same utterance, sent again.
    """

    min_confidence: float = 0.4
    repeat_s: float = 1.0
    num_taken: int = 0
    num_refused: int = 0
    num_repeated: int = 0
    _last_text: str = ""
    _last_s: float = float("-inf")

    def instruction(self, message: Any, now_s: float) -> str | None:
        """The text to act on; None for partial, empty, unsure and repeated messages.

        Args:
            message: with ``final`` and ``confidence`` as in LiveSpeech.
            now_s: steady clock.
        """
        text = " ".join(str(message.final).split())
        if not text:
            return None
        if 0.0 < float(message.confidence) < self.min_confidence:
            self.num_refused += 1
            return None
        if text == self._last_text and now_s - self._last_s <= self.repeat_s:
            self._last_s = now_s
            self.num_repeated += 1
            return None
        self._last_text, self._last_s = text, now_s
        self.num_taken += 1
        return text

    def counts(self) -> str:
        """How many messages with words came, for people."""
        return f"{self.num_taken} taken, {self.num_refused} unsure, {self.num_repeated} repeated"


def subscribe(node: Node, topic: str, callback: Callable[[Any], None]) -> Any | None:
    """A subscription to LiveSpeech; None where ``hri_msgs`` is not installed."""
    try:
        module = importlib.import_module("hri_msgs.msg")
    except ImportError:
        return None
    return node.create_subscription(module.LiveSpeech, topic, callback, 10)
