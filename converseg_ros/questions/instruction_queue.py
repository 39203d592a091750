"""The bounded queue between people and one camera's model time: sources take turns, overflow is said."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(kw_only=True, eq=False)
class StandingState:
    """How far a standing instruction was answered; written by the model's thread, but for its end.

    Attributes:
        since_s: steady clock since when it waits for a frame, seconds.
        last_frame: the frame that it was answered on last.
        is_stale_told: whether it was said that no frame comes; said once until one does.
        is_ended: it was cleared or replaced; what is still answered is not published.
    """

    since_s: float
    last_frame: Any = None
    is_stale_told: bool = False
    is_ended: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """An accepted instruction that waits for its answer, or that is answered again and again.

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
        standing: of a standing instruction, how far it was answered; None for all others.
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
    standing: StandingState | None = None

    @property
    def all(self) -> tuple[Question, ...]:
        """This question and the others of its request."""
        return (self, *self.more)


def _nobody() -> None:
    """Nobody listens."""


class InstructionQueue:
    """First in, first out within a source; the source that waited longest comes next. Thread-safe.

    At most ``max_questions`` wait. Beside them there may be one standing instruction, a source of its own
    that stays when it is taken.
    """

    def __init__(self, *, max_questions: int) -> None:
        if max_questions < 1:
            raise ValueError(f"max_questions: {max_questions}; a queue needs room for at least 1")
        self._lock = threading.Lock()
        self._by_source: dict[str, deque[Question]] = {}
        self._standing: Question | None = None
        self._last_served: dict[str, int] = {}
        self._num_served = 0
        self._num_waiting = 0
        self._max_questions = max_questions
        self._is_closed = False
        self._on_question: Callable[[], None] = _nobody

    def listen(self, on_question: Callable[[], None]) -> None:
        """Call ``on_question`` after each change from now on; it must not block."""
        self._on_question = on_question

    def offer(self, question: Question) -> bool:
        """Append a request; False (and nothing stored) where it has no room or the queue is closed."""
        with self._lock:
            if self._is_closed or self._num_waiting + len(question.all) > self._max_questions:
                return False
            self._by_source.setdefault(question.source, deque()).append(question)
            self._num_waiting += len(question.all)
        self._on_question()
        return True

    def stand(self, question: Question | None) -> Question | None:
        """Set, replace or end (None) the standing instruction; returns the one before."""
        with self._lock:
            before, self._standing = self._standing, None if self._is_closed else question
        self._on_question()
        return before

    @property
    def standing(self) -> Question | None:
        """The standing instruction."""
        with self._lock:
            return self._standing

    def heads(self) -> list[Question]:
        """The next request of each source, the source whose turn it is first."""
        with self._lock:
            heads = [waiting[0] for waiting in self._by_source.values() if waiting]
            if self._standing is not None:
                heads.append(self._standing)
            return sorted(heads, key=lambda each: (self._last_served.get(each.source, 0), each.arrival_s))

    def take(self, is_ready: Callable[[Question], bool] = lambda _: True) -> Question | None:
        """The next request that is ready, of the source whose turn it is; None where there is none."""
        for question in self.heads():
            if is_ready(question) and self._pop(question):
                return question
        return None

    def _pop(self, question: Question) -> bool:
        with self._lock:
            if question is not self._standing:
                waiting = self._by_source.get(question.source)
                if not waiting or waiting[0] is not question:
                    return False  # withdrawn meanwhile
                waiting.popleft()
                self._num_waiting -= len(question.all)
            self._num_served += 1
            self._last_served[question.source] = self._num_served
            return True

    def remove(self, question: Question) -> bool:
        """Take a request out of the line; False where it no longer waits."""
        with self._lock:
            waiting = self._by_source.get(question.source, deque())
            if question not in waiting:
                return False
            waiting.remove(question)
            self._num_waiting -= len(question.all)
            return True

    def has_room(self, num_questions: int) -> bool:
        """Whether a request of so many questions would be stored now."""
        with self._lock:
            return not self._is_closed and self._num_waiting + num_questions <= self._max_questions

    def num_ahead(self, question: Question) -> int:
        """Questions of the same source that are answered before this request; 0 where it no longer waits."""
        with self._lock:
            waiting = self._by_source.get(question.source, deque())
            if question not in waiting:
                return 0
            return sum(len(each.all) for each in list(waiting)[: waiting.index(question)])

    def drain(self) -> list[Question]:
        """Remove and return all questions that wait, oldest first; the standing one stays."""
        with self._lock:
            requests = [request for waiting in self._by_source.values() for request in waiting]
            self._by_source.clear()
            self._num_waiting = 0
        requests.sort(key=lambda request: request.arrival_s)
        return [question for request in requests for question in request.all]

    def close(self) -> list[Question]:
        """Accept no more; returns those that were still waiting."""
        with self._lock:
            self._is_closed = True
            self._standing = None
        return self.drain()

    def __len__(self) -> int:
        with self._lock:
            return self._num_waiting
