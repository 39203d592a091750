"""The action ``~/segment``: as the service, with progress and a way to withdraw.

A goal does not occupy the executor while it waits: it is set to executing when its answers are there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from converseg.action import Segment
from rclpy.action.server import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from converseg_core.answer import Status
from converseg_ros.questions.instruction_queue import Question
from converseg_ros.questions.reply import Reply
from converseg_ros.transport import messages

RESULT_TIMEOUT_S = 10
"""How long a result is kept for its client. Results hold masks; rclpy's 900 s would hold many."""


class SegmentAction:
    """Holds the action server.

    Args:
        node: whose executor serves the goals.
        name: of the action.
        check: raises ValueError with the reason where a goal is refused.
        accept: queues a request; raises likewise. Returns its first question.
        num_ahead: questions that the model takes before this request.
        withdraw: called when a goal was cancelled, to answer it where it still waits.
    """

    def __init__(
        self,
        node: Node,
        name: str,
        *,
        check: Callable[..., None],
        accept: Callable[..., Question],
        num_ahead: Callable[[Question], int],
        withdraw: Callable[[Question], None],
    ) -> None:
        self._node = node
        self._check, self._accept = check, accept
        self._num_ahead, self._withdraw = num_ahead, withdraw
        self._lock = threading.Lock()
        self._requests: dict[bytes, tuple[threading.Event, Question]] = {}
        self._server = ActionServer(
            node,
            Segment,
            name,
            execute_callback=self._never,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
            result_timeout=RESULT_TIMEOUT_S,
        )

    def destroy(self) -> None:
        """Take the action off the graph."""
        self._server.destroy()

    def _in_executor(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run in the executor's thread: a goal that changes state in two threads can make a wrong move."""
        executor = self._node.executor
        if executor is not None:  # None: the node stops, and its goals end with it
            executor.create_task(function, *arguments)

    @staticmethod
    def _never(_goal: Any) -> Any:
        raise RuntimeError("goals are executed with a callback of their own")

    def _on_goal(self, goal: Any) -> GoalResponse:
        try:
            self._check(prompts=goal.prompts, concepts=goal.concepts, timeout_s=goal.deadline_s)
        except ValueError as refusal:
            # An action's refusal carries no text, so the reason goes to the log.
            self._node.get_logger().warning(f"goal refused: {refusal}", throttle_duration_sec=1.0)
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _on_accepted(self, handle: Any) -> None:
        start_s = time.monotonic()
        withdrawn, key = threading.Event(), bytes(handle.goal_id.uuid)

        def tell(stage: str, num_ahead: int = 0) -> None:
            elapsed_s = time.monotonic() - start_s
            handle.publish_feedback(
                Segment.Feedback(stage=stage, queue_position=num_ahead, elapsed_s=elapsed_s)
            )

        def complete(replies: list[Reply]) -> None:
            with self._lock:
                self._requests.pop(key, None)
            self._in_executor(handle.execute, lambda goal: _result(goal, replies))

        try:
            with self._lock:  # a fast model must not complete the request before it is stored
                question = self._accept(
                    prompts=handle.request.prompts,
                    concepts=handle.request.concepts,
                    timeout_s=handle.request.deadline_s,
                    source="action",
                    on_complete=complete,
                    withdrawn=withdrawn,
                    on_stage=tell,
                )
                self._requests[key] = (withdrawn, question)
        except ValueError as refusal:
            reason = str(refusal)  # the state changed since the goal was accepted
            handle.execute(lambda goal: _abort(goal, reason))
            return
        tell("queued", self._num_ahead(question))

    def _on_cancel(self, handle: Any) -> CancelResponse:
        with self._lock:
            withdrawn, question = self._requests.get(bytes(handle.goal_id.uuid), (None, None))
        if withdrawn is None or question is None:
            return CancelResponse.REJECT  # it is done
        withdrawn.set()
        # After this callback, when rclpy has moved the goal to CANCELING.
        self._in_executor(self._withdraw, question)
        return CancelResponse.ACCEPT


def _result(goal: Any, replies: list[Reply]) -> Any:
    answers = [messages.segmentation_message(reply) for reply in replies]
    statuses = {reply.answer.status for reply in replies}
    failed = [reply.answer.status_text for reply in replies if reply.answer.status > Status.LOST]
    if goal.is_cancel_requested:
        goal.canceled()
    elif statuses <= {Status.OK, Status.NO_TARGET}:
        goal.succeed()
    else:
        goal.abort()
    return Segment.Result(answers=answers, message=failed[0] if failed else "")


def _abort(goal: Any, reason: str) -> Any:
    goal.abort()
    return Segment.Result(message=reason)
