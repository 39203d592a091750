"""The service ``~/segment``: questions in, all answers back when the model has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from converseg.srv import Segment
from rclpy.node import Node

from converseg_ros.questions.deferred_service import Promise, create_deferred_service
from converseg_ros.transport import messages

Accept = Callable[..., Any]
"""Puts a request into the queue; raises ValueError with the reason where it is refused."""


def create_segment_service(node: Node, name: str, accept: Accept) -> Any:
    """Make the service; its callback only stores."""

    def on_request(request: Any) -> Promise:
        promise = Promise()

        def complete(replies: list[Any]) -> None:
            answers = [messages.segmentation_message(reply) for reply in replies]
            promise.keep(Segment.Response(accepted=True, answers=answers))

        try:
            accept(
                prompts=request.prompts,
                concepts=request.concepts,
                timeout_s=request.timeout_s,
                source="service",
                on_complete=complete,
            )
        except ValueError as refusal:
            promise.keep(Segment.Response(accepted=False, message=str(refusal)))
        return promise

    return create_deferred_service(node, Segment, name, on_request)
