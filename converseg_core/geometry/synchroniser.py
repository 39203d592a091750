"""Finds the depth picture and the calibration that belong to a frame, by stamp; loses nothing in silence.

Every message that comes in ends in exactly one count: used, evicted unused, or still kept. Every frame that
is asked about ends matched, or unmatched with a reason.
"""

from __future__ import annotations

import bisect
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JUMP_BACK_NS = 5_000_000_000
"""A stamp so much older than the newest comes from a clock that was set back, or a bag that began again."""


@dataclass(frozen=True, kw_only=True)
class StreamRule:
    """How one companion of a frame is chosen.

    Attributes:
        name: of the stream, as it appears in reasons.
        tolerance_s: largest difference of stamps; 0 for the same stamp only.
        any_stamp: where none is near, the nearest does, however far: a calibration that is sent once.
    """

    name: str
    tolerance_s: float = 0.0
    any_stamp: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.tolerance_s <= 10.0:
            raise ValueError(f"tolerance_s: {self.tolerance_s} of {self.name}; give 0 to 10 seconds")


@dataclass(frozen=True, kw_only=True)
class Matched:
    """A frame with all of its companions.

    Attributes:
        item: what was asked with.
        companions: by stream name.
        offsets_s: stamp of each companion less the frame's, seconds.
    """

    item: Any
    companions: Mapping[str, Any]
    offsets_s: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """A frame that lacks a companion.

    Attributes:
        item: what was asked with.
        stream: the first that was missing; empty where the frame itself was given up.
        reason: ``nothing received``, ``none near``, ``too many waiting`` or ``cleared``.
        nearest_s: stamp of the nearest companion less the frame's; None where there was none.
    """

    item: Any
    stream: str
    reason: str
    nearest_s: float | None = None


@dataclass
class _Kept:
    """Messages of one stream in order of stamp; ``stamps`` is kept beside them for searching."""

    rule: StreamRule
    stamps: list[int] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    is_used: list[bool] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def nearest(self, stamp_ns: int) -> int | None:
        """Index of the message nearest to a stamp; of two equally near the later one."""
        if not self.stamps:
            return None
        right = bisect.bisect_left(self.stamps, stamp_ns)
        if right == len(self.stamps):
            return right - 1
        if right > 0 and stamp_ns - self.stamps[right - 1] < self.stamps[right] - stamp_ns:
            return right - 1
        return right

    def drop(self, index: int) -> None:
        """Evict one message and count what became of it."""
        self.counts["used" if self.is_used[index] else "unused"] += 1
        del self.stamps[index], self.items[index], self.is_used[index]


class Synchroniser:
    """Matches frames with messages of several streams. Not thread-safe: its owner holds a lock.

    A frame waits for a companion until one with its stamp is there, or one is near enough and a later
    message shows that no nearer one will come, or ``max_wait_s`` is over.
    """

    def __init__(
        self,
        rules: Sequence[StreamRule],
        *,
        max_wait_s: float = 0.5,
        max_kept: int = 30,
        max_waiting: int = 20,
    ) -> None:
        """Make one without messages.

        Args:
            rules: the streams.
            max_wait_s: steady-clock time that a frame waits.
            max_kept: messages kept of each stream; the oldest goes first.
            max_waiting: frames that may wait; of more the oldest is given up.

        Raises:
            ValueError: a limit makes no sense, or two streams share a name.
        """
        if len({rule.name for rule in rules}) != len(rules):
            raise ValueError("rules: two streams have the same name; give each its own")
        if not (max_wait_s >= 0 and max_kept >= 1 and max_waiting >= 1):
            raise ValueError("max_wait_s, max_kept, max_waiting: must be at least 0, 1 and 1")
        self._max_wait_s, self._max_kept, self._max_waiting = max_wait_s, max_kept, max_waiting
        self._streams = {rule.name: _Kept(rule) for rule in rules}
        self._waiting: deque[tuple[int, Any, float]] = deque()
        self._given_up: list[Unmatched] = []
        self._counts: Counter[str] = Counter()

    def add(self, stream: str, stamp_ns: int, item: Any) -> None:
        """Keep a message; one with a stamp that is kept already takes the older one's place."""
        kept = self._streams[stream]
        kept.counts["received"] += 1
        if kept.stamps and stamp_ns < kept.stamps[-1] - JUMP_BACK_NS:
            kept.counts["jumps back"] += 1
            while kept.stamps:
                kept.drop(0)
        at = bisect.bisect_left(kept.stamps, stamp_ns)
        if at < len(kept.stamps) and kept.stamps[at] == stamp_ns:
            kept.drop(at)
        kept.stamps.insert(at, stamp_ns)
        kept.items.insert(at, item)
        kept.is_used.insert(at, False)
        if len(kept.stamps) > self._max_kept:
            kept.drop(0)

    def ask(self, stamp_ns: int, item: Any, now_s: float) -> None:
        """Ask for the companions of a frame; the result comes from :meth:`poll`."""
        self._counts["asked"] += 1
        self._waiting.append((stamp_ns, item, now_s + self._max_wait_s))
        if len(self._waiting) > self._max_waiting:
            _, oldest, _ = self._waiting.popleft()
            self._give_up(Unmatched(item=oldest, stream="", reason="too many waiting"))

    def poll(self, now_s: float) -> list[Matched | Unmatched]:
        """Everything that is decided at steady time ``now_s``, each frame once."""
        decided: list[Matched | Unmatched] = list(self._given_up)
        self._given_up.clear()
        still: deque[tuple[int, Any, float]] = deque()
        for stamp_ns, item, deadline_s in self._waiting:
            result = self._decide(stamp_ns, item, is_late=now_s >= deadline_s)
            if result is None:
                still.append((stamp_ns, item, deadline_s))
            else:
                decided.append(result)
        self._waiting = still
        return decided

    def clear(self) -> list[Unmatched]:
        """Forget all; returns the frames that waited."""
        for _, item, _ in self._waiting:
            self._give_up(Unmatched(item=item, stream="", reason="cleared"))
        self._waiting.clear()
        self.forget_messages()
        given_up, self._given_up = self._given_up, []
        return given_up

    def forget_messages(self) -> None:
        """Drop all messages that are kept; frames that wait go on waiting for others."""
        for kept in self._streams.values():
            while kept.stamps:
                kept.drop(0)

    @property
    def num_waiting(self) -> int:
        """Frames that are not decided yet."""
        return len(self._waiting)

    def counts(self) -> dict[str, int]:
        """All counts by name; ``STREAM received`` = ``used`` + ``unused`` + ``kept`` of each stream."""
        result = dict(sorted(self._counts.items()))
        result["waiting"] = len(self._waiting)
        for name, kept in self._streams.items():
            for key in ("received", "used", "unused", "jumps back"):
                result[f"{name} {key}"] = kept.counts[key]
            result[f"{name} kept"] = len(kept.stamps)
        return result

    def _decide(self, stamp_ns: int, item: Any, *, is_late: bool) -> Matched | Unmatched | None:
        found: dict[str, int] = {}
        for name, kept in self._streams.items():
            at = kept.nearest(stamp_ns)
            gap_ns = None if at is None else kept.stamps[at] - stamp_ns
            is_near = gap_ns is not None and abs(gap_ns) <= kept.rule.tolerance_s * 1e9
            is_final = gap_ns == 0 or (bool(kept.stamps) and kept.stamps[-1] >= stamp_ns)
            if at is not None and (kept.rule.any_stamp or (is_near and (is_final or is_late))):
                found[name] = at
            elif is_late or (is_final and not is_near):
                reason = "nothing received" if gap_ns is None else "none near"
                self._counts[f"unmatched: {name} {reason}"] += 1
                nearest_s = None if gap_ns is None else gap_ns / 1e9
                return Unmatched(item=item, stream=name, reason=reason, nearest_s=nearest_s)
            else:
                return None
        companions, offsets_s = {}, {}
        for name, at in found.items():
            kept = self._streams[name]
            kept.is_used[at] = True
            companions[name], offsets_s[name] = kept.items[at], (kept.stamps[at] - stamp_ns) / 1e9
        is_exact = all(
            offsets_s[name] == 0 for name, kept in self._streams.items() if not kept.rule.any_stamp
        )
        self._counts["matched exactly" if is_exact else "matched nearly"] += 1
        return Matched(item=item, companions=companions, offsets_s=offsets_s)

    def _give_up(self, result: Unmatched) -> None:
        self._counts[f"unmatched: {result.reason}"] += 1
        self._given_up.append(result)
