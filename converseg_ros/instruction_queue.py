"""The bounded queue between people and model: oldest first, and overflow is said, not swallowed."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    """An accepted instruction that waits for its answer.

    Attributes:
        request_id: unique for each question put to this node.
        echo: the words as asked.
        prompt: the words as the model reads them.
        arrival_s: steady clock when it arrived, seconds.
    """

    request_id: str
    echo: str
    prompt: str
    arrival_s: float


class InstructionQueue:
    """First in, first out, at most ``max_questions``. Thread-safe."""

    def __init__(self, *, max_questions: int) -> None:
        if max_questions < 1:
            raise ValueError(f"max_questions: {max_questions}; a queue needs room for at least 1")
        self._changed = threading.Condition()
        self._questions: deque[Question] = deque()
        self._max_questions = max_questions
        self._is_closed = False

    def offer(self, question: Question) -> bool:
        """Append a question; False (and nothing stored) where the queue is full or closed."""
        with self._changed:
            if self._is_closed or len(self._questions) >= self._max_questions:
                return False
            self._questions.append(question)
            self._changed.notify()
            return True

    def take(self) -> Question | None:
        """Wait for the oldest question; None once the queue is closed."""
        with self._changed:
            while not self._questions and not self._is_closed:
                self._changed.wait()
            return None if self._is_closed else self._questions.popleft()

    def drain(self) -> list[Question]:
        """Remove and return all that wait, oldest first."""
        with self._changed:
            waiting = list(self._questions)
            self._questions.clear()
            return waiting

    def close(self) -> list[Question]:
        """End every wait and accept no more; returns those that were still waiting."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        return self.drain()

    def __len__(self) -> int:
        with self._changed:
            return len(self._questions)
