"""What following from frame to frame works with, and what belongs to no single target."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_core.tracking.alignment import OutlineWarp
from converseg_core.tracking.reading import PixelReader


@dataclass(frozen=True, eq=False)
class Instruments:
    """Belong to one thread.

    Attributes:
        bend: bends outlines.
        read: tells the target's pixels.
    """

    bend: OutlineWarp
    read: PixelReader
