"""A detector and a segmenter as one finder: the best box for the words near the hint, then its mask."""

from __future__ import annotations

from collections.abc import Sequence

from converseg_engine.vlm.masks.protocol import (
    Box,
    BoxDetector,
    BoxSegmenter,
    Found,
    ImageHWC,
    Wanted,
    overlap,
)

HINT_WEIGHT = 1.0
"""What full agreement with the hint counts, in units of the detector's score."""


class BoxThenMask:
    """Finds boxes by words, takes for each region the one that agrees best with its hint, and segments it."""

    def __init__(self, *, detector: BoxDetector, segmenter: BoxSegmenter) -> None:
        self._detector, self._segmenter = detector, segmenter

    @property
    def id(self) -> str:
        """Both parts."""
        return f"{self._detector.id}+{self._segmenter.id}"

    def find(self, image: ImageHWC, wanted: Sequence[Wanted]) -> list[Found | None]:
        """See :class:`RegionFinder`. A box that a surer region took is not given twice."""
        phrases = sorted({want.phrase for want in wanted})
        boxes = dict(zip(phrases, self._detector.detect(image, phrases), strict=True)) if phrases else {}
        chosen = assign(wanted, boxes)
        masks = iter(self._segmenter.segment(image, [box for box in chosen if box is not None]))
        return [
            None if box is None or not (mask := next(masks)).any() else Found(mask, box.score)
            for box in chosen
        ]


def assign(wanted: Sequence[Wanted], boxes: dict[str, list[Box]]) -> list[Box | None]:
    """For each region the box of its phrase that is surest and nearest to its hint; none is given twice.

    Args:
        wanted: regions.
        boxes: phrase -> its boxes; every phrase of ``wanted`` must be there.
    """
    pairs = sorted(
        (
            (box.score + HINT_WEIGHT * overlap(box, want.hint), k, box)
            for k, want in enumerate(wanted)
            for box in boxes[want.phrase]
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    chosen: list[Box | None] = [None] * len(wanted)
    taken: set[tuple[str, Box]] = set()
    for _, k, box in pairs:
        if chosen[k] is None and (wanted[k].phrase, box) not in taken:
            chosen[k] = box
            taken.add((wanted[k].phrase, box))
    return chosen
