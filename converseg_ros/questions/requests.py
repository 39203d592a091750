"""Requests of the service and the action: several questions at once -> one entry of the queue."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

from converseg_ros.questions.instruction import read_instruction
from converseg_ros.questions.instruction_queue import Question
from converseg_ros.questions.reply import Reply


class Collector:
    """Waits for the replies to all questions of a request. Thread-safe."""

    def __init__(self, num_questions: int, on_complete: Callable[[list[Reply]], None]) -> None:
        self._lock = threading.Lock()
        self._replies: list[Reply | None] = [None] * num_questions
        self._on_complete = on_complete

    def put(self, index: int, reply: Reply) -> None:
        """Store a reply; the last one completes the request. A second one to the same question is ignored."""
        with self._lock:
            if self._replies[index] is not None:
                return
            self._replies[index] = reply
            complete = [each for each in self._replies if each is not None]
        if len(complete) == len(self._replies):
            self._on_complete(complete)


def check_request(*, prompts: Sequence[str], concepts: Sequence[str], timeout_s: float) -> None:
    """Judge a request without queueing it.

    Raises:
        ValueError: names the field and the fix.
    """
    if not prompts:
        raise ValueError("prompts: empty; give at least one")
    if concepts and len(concepts) != len(prompts):
        raise ValueError(f"concepts: {len(concepts)} for {len(prompts)} prompts; give none or one for each")
    if not math.isfinite(timeout_s) or timeout_s < 0:
        raise ValueError(f"timeout: {timeout_s} s; give 0 for the node's own limit, or more")
    for index, text in enumerate(prompts):
        if refusal := read_instruction(text).refusal:
            raise ValueError(f"prompts[{index}]: {refusal}")


def read_request(
    *,
    prompts: Sequence[str],
    concepts: Sequence[str],
    timeout_s: float,
    default_timeout_s: float,
    source: str,
    arrival_s: float,
    new_id: Callable[[], str],
    on_complete: Callable[[list[Reply]], None],
    **hooks: Any,
) -> Question:
    """Judge a request as a whole.

    Args:
        prompts: 1 or more.
        concepts: empty, or one for each prompt.
        timeout_s: seconds from arrival to the deadline; 0 takes ``default_timeout_s``.
        source: who asks.
        arrival_s: steady clock, seconds.
        new_id: gives a request id.
        on_complete: told the replies to all prompts, in order.
        hooks: further fields of each question (``withdrawn``, ``on_stage``).

    Raises:
        ValueError: names the field and the fix.
    """
    check_request(prompts=prompts, concepts=concepts, timeout_s=timeout_s)
    collector = Collector(len(prompts), on_complete)
    questions: list[Question] = []
    for index, text in reversed(list(enumerate(prompts))):
        instruction = read_instruction(text)
        questions.insert(
            0,
            Question(
                request_id=new_id(),
                echo=instruction.echo,
                prompt=instruction.prompt,
                arrival_s=arrival_s,
                source=source,
                deadline_s=arrival_s + (timeout_s or default_timeout_s),
                concept=concepts[index] if concepts else "",
                more=tuple(questions) if index == 0 else (),
                on_reply=lambda reply, index=index: collector.put(index, reply),  # type: ignore[misc]
                **hooks,
            ),
        )
    return questions[0]
