"""Who was asked what, and what came back: the bookkeeping of the soak."""

from __future__ import annotations

from collections import Counter
from typing import Any

STANDING = "standing"


class Ledger:
    """Counts questions and answers; :meth:`faults` says what does not add up."""

    def __init__(self) -> None:
        self.num_topic = 0
        self.num_bad_topic = 0
        self.num_service = 0
        self.num_goals = 0
        self.num_cancels = 0
        self.num_bad_pictures = 0
        self.num_parameters = 0
        self.num_camera_starts = 0
        self.num_standing = 0
        self.num_propagated = 0
        self.num_ids_used_up = 0
        """Request ids of requests that were refused: no answer names them."""
        self.statuses: Counter[int] = Counter()
        self.problems: list[str] = []
        self._of_id: Counter[str] = Counter()
        self._standing_ids: set[str] = set()
        self._of_words: Counter[str] = Counter()
        self._open: dict[int, str] = {}
        self._num_opened = 0

    def asked(self, words: str) -> None:
        """A question on the topic, in words that no other question has."""
        self.num_topic += 1
        self._of_words[words] = 0

    def answered(self, message: Any) -> None:
        """An answer on the topic ``~/segmentation``."""
        if message.propagated:
            self.num_propagated += 1
            return
        self.statuses[message.status] += 1
        self._of_id[message.request_id] += 1
        if message.prompt in self._of_words:
            self._of_words[message.prompt] += 1
        if message.prompt.startswith(STANDING):
            self._standing_ids.add(message.request_id)
        is_answer = message.status in (1, 2)
        if is_answer != bool(message.mask.data) or not (is_answer or message.status_text):
            self.problem(f"an answer contradicts itself: status {message.status} {message.status_text!r}")

    def opened(self, what: str) -> int:
        """A call that must come back; returns its number for :meth:`closed`."""
        self._num_opened += 1
        self._open[self._num_opened] = what
        return self._num_opened

    def closed(self, number: int) -> None:
        """The call came back."""
        del self._open[number]

    @property
    def num_open(self) -> int:
        """Calls that have not come back."""
        return len(self._open)

    def problem(self, text: str) -> None:
        """Something is wrong."""
        self.problems.append(text)

    @property
    def num_unanswered_words(self) -> int:
        """Questions on the topic that no answer named."""
        return sum(number == 0 for number in self._of_words.values())

    @property
    def num_answered_ids(self) -> int:
        """Different questions, as the node counts them, that were answered."""
        return len(self._of_id)

    def faults(self, num_accepted: int) -> list[str]:
        """What does not add up.

        Args:
            num_accepted: questions that the node says it has taken in.
        """
        faults = list(self.problems)
        twice = [
            name for name, number in self._of_id.items() if number > 1 and name not in self._standing_ids
        ]
        if twice:
            faults.append(f"{len(twice)} questions answered twice, {twice[0]} for one")
        many = [words for words, number in self._of_words.items() if number > 1]
        if many:
            faults.append(f"{len(many)} instructions answered twice, {many[0]!r} for one")
        missing = num_accepted - self.num_ids_used_up - self.num_answered_ids
        if missing:
            faults.append(f"{missing} accepted questions without an answer (below 0: more than accepted)")
        if self._open:
            faults.append(f"{len(self._open)} calls without a reply: {sorted(set(self._open.values()))}")
        return faults
