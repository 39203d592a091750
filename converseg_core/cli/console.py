"""Words for people, on stderr; nothing where stderr is not a terminal but plain lines."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

Item = TypeVar("Item")


def log(message: str) -> None:
    """One line for the person who watches."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def track(items: Iterable[Item], *, description: str, num_items: int) -> Iterator[Item]:
    """Yield ``items`` behind a progress bar on stderr; no bar where stderr is not a terminal."""
    if not sys.stderr.isatty() or num_items < 2:
        yield from items
        return
    from rich.console import Console
    from rich.progress import track as rich_track

    yield from rich_track(
        items,
        description=description,
        total=num_items,
        console=Console(stderr=True),
        transient=True,
    )


def json_line(row: Mapping[str, Any]) -> str:
    """One row as one line of valid JSON: what is not known (NaN) is null."""
    return json.dumps(_finite(row), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        # A lone surrogate (an undecodable file name or argument) is no valid UTF-8.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def print_line(line: str) -> None:
    """One line of data on stdout, at once, so that a reader at the other end of a pipe can follow."""
    sys.stdout.write(line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stdout.flush()
