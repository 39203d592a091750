"""Encoded images, as many as fit into a budget; the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict

from converseg_core.net.backend import EncodedImage


class FrameCache:
    """An LRU by bytes.

    The newest entry always stays, even where it alone exceeds the budget: a budget that is too small makes
    further prompts slow, never impossible.
    """

    def __init__(self, *, max_bytes: int) -> None:
        if max_bytes < 0:
            raise ValueError(f"max_bytes: must not be negative, not {max_bytes}")
        self._max_bytes = max_bytes
        self._entries: OrderedDict[int, EncodedImage] = OrderedDict()
        self._num_bytes = 0

    @property
    def num_bytes(self) -> int:
        """Memory held by all entries."""
        return self._num_bytes

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: int) -> EncodedImage | None:
        """The entry, now the most recently used; None where it was evicted or never there."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: int, entry: EncodedImage) -> None:
        """Keep an entry; others make room."""
        self.drop(key)
        self._entries[key] = entry
        self._num_bytes += entry.num_bytes
        while self._num_bytes > self._max_bytes and len(self._entries) > 1:
            self.drop(next(iter(self._entries)))

    def drop(self, key: int) -> None:
        """Forget an entry; nothing happens where there is none."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._num_bytes -= entry.num_bytes
