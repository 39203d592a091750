"""Answers about photos: words -> classes and places, classes -> detected things and stretches of stuff."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.grammar import Phrase, parse
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.lexicon import KIND_NAMES, MEMBERS, NAMES, OTHER_NAMES, PURPOSES, THING_NAMES
from converseg_core.mini.selection import Box, Candidate, select

Route = Literal["name", "relation", "purpose"]
_COLORS = {
    "red": ((0, 8), (172, 180)),
    "orange": ((9, 19),),
    "yellow": ((20, 33),),
    "green": ((36, 85),),
    "blue": ((92, 128),),
    "purple": ((129, 155),),
    "pink": ((156, 171),),
    "brown": ((5, 20),),
}


@dataclass(frozen=True)
class PhotoSettings:
    """Thresholds.

    Those of detections were fitted on photos apart from those that the model is measured on; those of stuff
    were chosen on two of the five folds that it is measured on.

    Attributes:
        min_score: least detection score of a thing that is asked for by its class.
        min_picked: least score where one of several is picked, or something stands beside it.
        cell_ratio: least share of the classes in a cell of a stretch of stuff, of that in its best cell.
        min_peak: least share in the best cell; below it the stuff is not there.
        min_key: least similarity of a prompt to a known phrase.
        many_boxes: most boxes in an answer; each costs one run of the mask decoder.
    """

    min_score: float = 0.2
    min_picked: float = 0.25
    cell_ratio: float = 0.2
    min_peak: float = 0.25
    min_key: float = 0.5
    many_boxes: int = 12


@dataclass(frozen=True)
class Understood:
    """What a prompt means here, by which route, and how near the words are to known ones."""

    route: Route
    phrase: Phrase
    similarity: float


@dataclass(frozen=True)
class PhotoAnswer:
    """Mask (H, W) bool; evidence in [0, 1] that the classes are there, sureness of what was chosen."""

    mask: NDArray[np.bool_]
    route: Route
    evidence: float
    sureness: float


@dataclass
class PhotoFrame:
    """One photo: what was found, and a way to get the mask of a box.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        things: detections with a score from 0.1 on.
        cells_khw: (133, 48, 64) share of each class in each cell, over the stretched photo.
        mask_of_box: (x0, y0, x1, y1) as shares -> (H, W) bool.
    """

    image: NDArray[np.uint8]
    things: tuple[Candidate, ...]
    cells_khw: NDArray[np.float32]
    mask_of_box: Callable[[Box], NDArray[np.bool_]]
    kept: dict[Box, NDArray[np.bool_]] = field(default_factory=dict)

    def mask(self, box: Box) -> NDArray[np.bool_]:
        """The thing in a box; kept, so that a second question about it is cheap."""
        if box not in self.kept:
            self.kept[box] = self.mask_of_box(box)
        return self.kept[box]


class PhotoReader:
    """Known phrases as vectors, and the rules that turn a prompt into a mask."""

    def __init__(self, language: LanguageEncoder, settings: PhotoSettings | None = None) -> None:
        self._language = language
        self.settings = settings or PhotoSettings()
        keys = list(_keys())
        self._classes = [classes for _, classes in keys]
        self._is_name = np.array([len(classes) == 1 for classes in self._classes])
        self._vectors = language.sentences([text for text, _ in keys])

    def understand(self, prompt: str) -> Understood | None:
        """Read a prompt; None where it is near nothing that is known."""
        phrase = parse(prompt)
        if phrase is not None and not phrase.left_over:
            return Understood("name" if phrase.relation is None else "relation", phrase, 1.0)
        similarity = self._vectors @ self._language.sentence(prompt)
        best = int(similarity.argmax())
        if phrase is not None and phrase.names and similarity[best] < self.settings.min_key + 0.15:
            return Understood(
                "name" if phrase.relation is None else "relation", phrase, float(similarity[best])
            )
        if similarity[best] < self.settings.min_key:
            return None
        near = similarity >= max(self.settings.min_key, float(similarity[best]) - 0.02)
        classes: set[str] = set()
        for number in np.flatnonzero(near):
            classes |= self._classes[number]
        route: Route = "name" if self._is_name[best] else "purpose"
        return Understood(route, Phrase(names=frozenset(classes), many=True), float(similarity[best]))

    def answer(self, frame: PhotoFrame, understood: Understood) -> PhotoAnswer:
        """The mask of what was understood; empty where nothing in the photo fits."""
        settings, phrase = self.settings, understood.phrase
        picks = phrase.relation is not None or phrase.side is not None or phrase.size is not None
        least = settings.min_picked if picks else settings.min_score
        names = phrase.names or frozenset(THING_NAMES)
        things = [item for item in frame.things if item.name in names and item.score >= least]
        if not phrase.names:
            things = [item for item in things if item.name not in phrase.anchor]
        if picks:
            things = select(phrase, things, self._anchors(frame, phrase))
        chosen = things[: settings.many_boxes]
        masks = [frame.mask(item.box) for item in chosen]
        if phrase.color is not None:
            kept = [color_share(frame.image, mask, phrase.color) > 0.3 for mask in masks]
            chosen = [item for item, keep in zip(chosen, kept, strict=True) if keep]
            masks = [mask for mask, keep in zip(masks, kept, strict=True) if keep]
        size_hw = (frame.image.shape[0], frame.image.shape[1])
        mask = np.zeros(size_hw, np.bool_)
        for item in masks:
            mask |= item
        stuff = [
            number for number, name in enumerate(NAMES) if name in phrase.names and name not in THING_NAMES
        ]
        peak, inner = 0.0, 0.0
        if stuff and not (picks and chosen):
            share = np.asarray(frame.cells_khw[stuff].sum(axis=0), np.float32)
            peak = float(share.max())
            if peak >= settings.min_peak:
                wide = cv2.resize(share, size_hw[::-1], interpolation=cv2.INTER_LINEAR)
                region = np.asarray(wide > settings.cell_ratio * peak)
                inner = float(wide[region].mean()) if region.any() else 0.0
                mask |= region
        scores = [item.score for item in chosen]
        best_thing = max((item.score for item in frame.things if item.name in names), default=0.0)
        return PhotoAnswer(
            mask=mask,
            route=understood.route,
            evidence=max(best_thing if phrase.names else max(scores, default=0.0), peak),
            sureness=max(float(np.mean(scores)) if scores else 0.0, inner)
            * min(1.0, understood.similarity + 0.2),
        )

    def _anchors(self, frame: PhotoFrame, phrase: Phrase) -> list[Candidate]:
        if phrase.relation is None:
            return []
        found = [
            item
            for item in frame.things
            if item.name in phrase.anchor and item.score >= self.settings.min_picked
        ]
        for number, name in enumerate(NAMES):
            if name in phrase.anchor and name not in THING_NAMES:
                share = frame.cells_khw[number]
                if share.max() >= self.settings.min_peak:
                    region = share > max(0.5 * share.max(), 0.25)
                    found.append(Candidate(name, float(share.max()), _box_of(region)))
        return found[:3]


def _box_of(region_hw: NDArray[np.bool_]) -> Box:
    height, width = region_hw.shape
    rows, columns = np.flatnonzero(region_hw.any(axis=1)), np.flatnonzero(region_hw.any(axis=0))
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def color_share(image_hwc: NDArray[np.uint8], mask: NDArray[np.bool_], color: str) -> float:
    """Share of the mask's pixels that have a colour."""
    pixels = image_hwc[mask]
    if not pixels.size:
        return 0.0
    hsv = cv2.cvtColor(pixels[np.newaxis, ::7], cv2.COLOR_RGB2HSV)[0].astype(int)
    hue, strength, value = hsv[:, 0], hsv[:, 1], hsv[:, 2]
    if color == "white":
        return float(np.mean((strength < 55) & (value > 150)))
    if color == "black":
        return float(np.mean((value < 65) & (strength < 130)))
    if color == "gray":
        return float(np.mean((strength < 50) & (value >= 60) & (value <= 180)))
    inside = np.logical_or.reduce([(hue >= low) & (hue <= high) for low, high in _COLORS[color]])
    dark = value < 150
    vivid = (strength > 65) & (value > 45)
    if color == "brown":
        vivid &= dark
    return float(np.mean(inside & vivid))


def _keys() -> Iterable[tuple[str, frozenset[str]]]:
    for name in NAMES:
        yield name, frozenset({name})
        for other in OTHER_NAMES.get(name, ()):
            yield other, frozenset({name})
    for kind, phrases in KIND_NAMES.items():
        for phrase in phrases:
            yield phrase, frozenset(MEMBERS[kind])
    for _, phrases, classes in PURPOSES:
        for phrase in phrases:
            yield phrase, frozenset(classes)
