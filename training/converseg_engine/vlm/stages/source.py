"""The photo that rows come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """A photo as rows name it.

    Attributes:
        id: unique, from the file's content.
        sha256: of the file.
        licence: under which it may be used.
        height, width: upright, pixels.
    """

    id: str
    sha256: str
    licence: str
    height: int
    width: int
