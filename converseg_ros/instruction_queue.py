"""The bounded queue between people and model: sources take turns, and overflow is said, not swallowed."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """An accepted instruction that waits for its answer.

    Attributes:
        request_id: unique for each question put to this node.
        echo: the words as asked.
        prompt: the words as the model reads them.
        arrival_s: steady clock when it arrived, seconds.
        source: who asks, e.g. ``topic`` or ``service``; sources take turns.
        deadline_s: steady clock after which the model is not started on it, seconds.
        concept: concept family where the asker named one.
        more: further questions of the same request, answered on the same frame.
        withdrawn: set by the asker who no longer wants the answer.
        on_stage: told each stage as it begins.
        on_reply: told the reply, beside everybody who listens on the topic.
    """

    request_id: str
    echo: str
    prompt: str
    arrival_s: float
    source: str = "topic"
    deadline_s: float = math.inf
    concept: str = ""
    more: tuple[Question, ...] = ()
    withdrawn: threading.Event | None = None
    on_stage: Callable[[str], None] | None = None
    on_reply: Callable[[Any], None] | None = None

    @property
    def all(self) -> tuple[Question, ...]:
        """This question and the others of its request."""
        return (self, *self.more)


class InstructionQueue:
    """First in, first out within a source, sources in turn, at most ``max_questions``. Thread-safe."""

    def __init__(self, *, max_questions: int) -> None:
        if max_questions < 1:
            raise ValueError(f"max_questions: {max_questions}; a queue needs room for at least 1")
        self._changed = threading.Condition()
        self._by_source: OrderedDict[str, deque[Question]] = OrderedDict()
        self._num_waiting = 0
        self._max_questions = max_questions
        self._is_closed = False

    def offer(self, question: Question) -> bool:
        """Append a request; False (and nothing stored) where it has no room or the queue is closed."""
        with self._changed:
            if self._is_closed or self._num_waiting + len(question.all) > self._max_questions:
                return False
            self._by_source.setdefault(question.source, deque()).append(question)
            self._num_waiting += len(question.all)
            self._changed.notify()
            return True

    def take(self) -> Question | None:
        """Wait for the oldest request of the source whose turn it is; None once the queue is closed."""
        with self._changed:
            while not self._by_source and not self._is_closed:
                self._changed.wait()
            if self._is_closed:
                return None
            source, waiting = self._by_source.popitem(last=False)
            question = waiting.popleft()
            if waiting:  # at the end of the line; sources without questions are forgotten
                self._by_source[source] = waiting
            self._num_waiting -= len(question.all)
            return question

    def remove(self, question: Question) -> bool:
        """Take a request out of the line; False where it no longer waits."""
        with self._changed:
            waiting = self._by_source.get(question.source, deque())
            if question not in waiting:
                return False
            waiting.remove(question)
            if not waiting:
                del self._by_source[question.source]
            self._num_waiting -= len(question.all)
            return True

    def has_room(self, num_questions: int) -> bool:
        """Whether a request of so many questions would be stored now."""
        with self._changed:
            return not self._is_closed and self._num_waiting + num_questions <= self._max_questions

    def num_ahead(self, question: Question) -> int:
        """Questions of the same source that are answered before this request; 0 where it no longer waits."""
        with self._changed:
            waiting = self._by_source.get(question.source, deque())
            if question not in waiting:
                return 0
            return sum(len(each.all) for each in list(waiting)[: waiting.index(question)])

    def drain(self) -> list[Question]:
        """Remove and return all questions that wait, oldest first."""
        with self._changed:
            requests = [request for waiting in self._by_source.values() for request in waiting]
            self._by_source.clear()
            self._num_waiting = 0
        requests.sort(key=lambda request: request.arrival_s)
        return [question for request in requests for question in request.all]

    def close(self) -> list[Question]:
        """End every wait and accept no more; returns those that were still waiting."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        return self.drain()

    def __len__(self) -> int:
        with self._changed:
            return self._num_waiting
