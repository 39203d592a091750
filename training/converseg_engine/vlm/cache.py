"""Every paid reply, kept for good: SQLite in WAL mode, written before a row may go on.

A commit survives the end of the process however it ends; only a power cut may take the last ones.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_TABLES = """
CREATE TABLE IF NOT EXISTS replies (
  key TEXT PRIMARY KEY, stage TEXT NOT NULL, model TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
  num_prompt_tokens INTEGER NOT NULL, num_reply_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artifacts (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class StoredReply:
    """A reply as the server gave it.

    Attributes:
        text: its content; a refusal's words where it refused.
        finish: "stop", "length", "refusal", "content_filter", ...
        num_prompt_tokens, num_reply_tokens: as the server counted.
        cost_usd: at the prices of the time.
    """

    text: str
    finish: str
    num_prompt_tokens: int
    num_reply_tokens: int
    cost_usd: float


@dataclass(frozen=True)
class Spent:
    """What a stage has cost so far."""

    num_calls: int = 0
    num_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.num_calls + other.num_calls,
            self.num_tokens + other.num_tokens,
            self.cost_usd + other.cost_usd,
        )


Stored = Callable[[OSError | None], None]
"""Hears that a reply is in the file, or why it is not."""


def _settle(done: asyncio.Future[None], fault: OSError | None) -> None:
    if not done.done():
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)


class ReplyCache:
    """One file of replies and of masks that took long to make; used by one process at a time.

    Raises:
        ValueError: the file is no such cache.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._waiting: list[tuple[tuple[object, ...], Stored]] = []
        try:
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise ValueError(f"cache: {path} cannot be used ({error}); move it away") from error

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, and close."""
        self._flush()
        self._db.close()

    def get(self, key: str) -> StoredReply | None:
        """The reply with this key."""
        row = self._db.execute(
            "SELECT text, finish, num_prompt_tokens, num_reply_tokens, cost_usd FROM replies WHERE key = ?",
            (key,),
        ).fetchone()
        return None if row is None else StoredReply(*row)

    def add(self, key: str, stage: str, model: str, reply: StoredReply, stored: Stored) -> None:
        """Keep a reply; calls ``stored`` when it is in the file. Those that come together share a commit."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        values = (reply.num_prompt_tokens, reply.num_reply_tokens, reply.cost_usd)
        self._waiting.append(((key, stage, model, reply.text, reply.finish, *values), stored))

    async def put(self, key: str, stage: str, model: str, reply: StoredReply) -> None:
        """Keep a reply; returns when it is in the file.

        Raises:
            OSError: it could not be stored.
        """
        done = asyncio.get_running_loop().create_future()
        self.add(key, stage, model, reply, lambda fault: _settle(done, fault))
        await done

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        fault: OSError | None = None
        try:
            if waiting:
                self._db.execute("BEGIN IMMEDIATE")
                rows = [values for values, _ in waiting]
                self._db.executemany("INSERT OR IGNORE INTO replies VALUES (?,?,?,?,?,?,?,?)", rows)
                self._db.execute("COMMIT")
        except sqlite3.Error as error:
            # A full disk: whoever waits must hear of it, for the reply is not safe.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            fault = OSError(f"{self._path}: replies could not be stored: {error}")
        for _, stored in waiting:
            stored(fault)

    def spent(self) -> Mapping[str, Spent]:
        """Calls, tokens and money by stage."""
        rows = self._db.execute(
            "SELECT stage, COUNT(*), SUM(num_prompt_tokens + num_reply_tokens), SUM(cost_usd)"
            " FROM replies GROUP BY stage"
        )
        return {stage: Spent(calls, tokens, cost) for stage, calls, tokens, cost in rows}

    def get_artifact(self, key: str) -> object | None:
        """What :meth:`put_artifact` stored, or None."""
        row = self._db.execute("SELECT value FROM artifacts WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def put_artifact(self, key: str, value: object) -> None:
        """Keep something that is costly to compute, as JSON."""
        packed = zlib.compress(json.dumps(value).encode())
        self._db.execute("INSERT OR REPLACE INTO artifacts VALUES (?, ?)", (key, packed))
