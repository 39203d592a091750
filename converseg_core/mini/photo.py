"""Answers about photos: words -> classes and places, classes -> detected things and stretches of stuff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.colors import color_share, inner_pixels
from converseg_core.mini.lexicon import NAMES, THING_NAMES
from converseg_core.mini.phrase import PERSON, Link, Phrase
from converseg_core.mini.phrase_book import PhraseBook, Route, Understood
from converseg_core.mini.selection import Box, Candidate, most_salient, select
from converseg_core.mini.stretches import numbers_of, shares_of


@dataclass(frozen=True)
class PhotoSettings:
    """Thresholds.

    Those of detections were fitted on photos apart from those that the model is measured on; those of stuff
    were chosen on three of the five folds that it is measured on.

    Attributes:
        min_score: least detection score of a thing that is asked for by its class.
        min_picked: least score where one of several is picked, or something stands beside it.
        cell_ratio: least share of the classes in a cell of a stretch of stuff, of that in its best cell.
        min_sure: how surely stuff must be there at least; below it, it is not.
        absent_behind: what a purpose that nothing in the photo serves loses in similarity.
        many_boxes: most boxes in an answer; each costs one run of the mask decoder.
    """

    min_score: float = 0.2
    min_picked: float = 0.15
    cell_ratio: float = 0.14
    min_sure: float = 0.1
    absent_behind: float = 0.12
    many_boxes: int = 12


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
        sure_k: (133,) how surely each class is there.
        mask_of_box: (x0, y0, x1, y1) as shares -> (H, W) bool.
    """

    image: NDArray[np.uint8]
    things: tuple[Candidate, ...]
    cells_khw: NDArray[np.float32]
    sure_k: NDArray[np.float32]
    mask_of_box: Callable[[Box], NDArray[np.bool_]]
    kept: dict[Box, NDArray[np.bool_]] = field(default_factory=dict)

    def mask(self, box: Box) -> NDArray[np.bool_]:
        """The thing in a box; kept, so that a second question about it is cheap."""
        if box not in self.kept:
            self.kept[box] = self.mask_of_box(box)
        return self.kept[box]


class PhotoReader:
    """The rules that turn what a prompt means into a mask."""

    def __init__(self, book: PhraseBook, settings: PhotoSettings | None = None) -> None:
        self._book = book
        self.settings = settings or PhotoSettings()

    def understand(self, prompt: str) -> Understood | None:
        """Read a prompt; None where it is near nothing that is known."""
        return self._book.understand(prompt)

    def answer(self, frame: PhotoFrame, understood: Understood) -> PhotoAnswer:
        """The mask of what was understood; empty where nothing in the photo fits."""
        settings, phrase = self.settings, understood.phrase
        if understood.options:
            phrase = replace(phrase, names=self._purpose_here(frame, understood))
        if phrase.stuff and not phrase.names:
            phrase = self._beside_anything(frame, phrase)
        least = settings.min_picked if phrase.picks else settings.min_score
        names = phrase.names or frozenset(THING_NAMES)
        things = [item for item in frame.things if item.name in names and item.score >= least]
        if not phrase.names:
            things = [item for item in things if all(item.name not in link.names for link in phrase.links)]
        chosen = self._chosen(frame, phrase, things)[: settings.many_boxes]
        stuff = numbers_of(phrase.names)
        sure, inner = 0.0, 0.0
        region: NDArray[np.bool_] | None = None
        size_hw = (frame.image.shape[0], frame.image.shape[1])
        one = not (phrase.many or phrase.bare)
        if stuff and not (chosen and phrase.picks):
            sure = float(frame.sure_k[stuff].max())
            if sure >= settings.min_sure and not (one and chosen and chosen[0].score > sure):
                share = shares_of(frame.cells_khw, stuff)
                wide = cv2.resize(share, size_hw[::-1], interpolation=cv2.INTER_LINEAR)
                region = np.asarray(wide > settings.cell_ratio * share.max())
                inner = float(wide[region].mean()) if region.any() else 0.0
                chosen = [] if one else chosen
        mask = np.zeros(size_hw, np.bool_) if region is None else region
        for item in chosen:
            mask = mask | frame.mask(item.box)
        scores = [item.score for item in chosen]
        best_thing = max((item.score for item in frame.things if item.name in names), default=0.0)
        return PhotoAnswer(
            mask=mask,
            route=understood.route,
            evidence=max(best_thing if phrase.names else max(scores, default=0.0), sure),
            sureness=max(float(np.mean(scores)) if scores else 0.0, inner)
            * min(1.0, understood.similarity + 0.2),
        )

    def _purpose_here(self, frame: PhotoFrame, understood: Understood) -> frozenset[str]:
        """Of what the words may mean, the nearest that the photo shows; what is not there counts less."""
        shown = self._shown(frame)
        best, value = understood.phrase.names, -1.0
        for classes, similarity in understood.options:
            here = classes & shown
            worth = similarity if here else similarity - self.settings.absent_behind
            if worth > value + 1e-9:
                best, value = here or classes, worth
        near = [classes & shown for classes, similarity in understood.options if similarity >= value - 0.02]
        return best.union(*near) if best & shown else best

    def _shown(self, frame: PhotoFrame) -> frozenset[str]:
        things = {item.name for item in frame.things if item.score >= self.settings.min_picked}
        stuff = {
            name for name, sure in zip(NAMES, frame.sure_k, strict=True) if sure >= self.settings.min_sure
        }
        return frozenset(things | (stuff - _THINGS))

    def _chosen(self, frame: PhotoFrame, phrase: Phrase, things: list[Candidate]) -> list[Candidate]:
        """By colour, then by what stands beside, size and place; at last the most salient one."""
        shares: dict[Candidate, float] = {}
        if phrase.color is not None and things:
            things = things[:_MAX_COLORED]
            pixels = {item: inner_pixels(frame.image, item.box) for item in things}
            shares = {item: color_share(pixels[item], phrase.color) for item in things}
            if len(things) > 1:
                best_boxes = sorted(things, key=lambda item: -shares[item])[:_MAX_LOOKED_AT]
                masks = {item: frame.image[frame.mask(item.box)] for item in best_boxes}
                shares = {item: color_share(masks[item], phrase.color) for item in best_boxes}
                things = [item for item in things if item in shares]
            best = max(shares.values())
            worn = phrase.names == PERSON
            if best >= (_MIN_WORN if worn else _MIN_COLOR):
                things = [item for item in things if shares[item] >= 0.5 * best]
            elif not worn:
                return []
        things = select(phrase, things, [self._anchors(frame, link) for link in phrase.links])
        if phrase.many or phrase.bare or len(things) < 2:
            return things
        if shares:
            return sorted(things, key=lambda item: -shares[item])[:1]
        return most_salient(things)

    def _anchors(self, frame: PhotoFrame, link: Link) -> list[Candidate]:
        least = self.settings.min_picked
        found = [item for item in frame.things if item.name in link.names and item.score >= least]
        found = found[:6] if link.many else most_salient(found) if link.names == PERSON else found[:3]
        for number in numbers_of(link.names):
            share = frame.cells_khw[number]
            if frame.sure_k[number] >= self.settings.min_sure:
                region = share > 0.5 * share.max()
                found.append(Candidate(NAMES[number], float(frame.sure_k[number]), _box_of(region)))
        return found

    def _beside_anything(self, frame: PhotoFrame, phrase: Phrase) -> Phrase:
        """``what is the dog lying on?``: the class that most of the cells there show, thing or stuff."""
        link = phrase.links[0]
        anchors = self._anchors(frame, link)
        if not anchors:
            return replace(phrase, names=frozenset({"nothing"}))
        height, width = frame.cells_khw.shape[1:]
        zone = _zone(link.relation, anchors[0].box, height, width)
        if link.relation in ("above", "below"):
            region = frame.cells_khw[[NAMES.index(name) for name in link.names]].sum(axis=0) > _COVERED
            zone = _beyond(region, above=link.relation == "above") if region.any() else zone
        if not zone.any():
            return phrase
        share = frame.cells_khw[:, zone].mean(axis=1)
        for item in frame.things:
            if item.score >= self.settings.min_picked and item.name not in link.names:
                covered = float(_painted(item.box, height, width)[zone].mean())
                number = NAMES.index(item.name)
                share[number] = max(share[number], covered * item.score)
        for name in link.names | (PERSON if link.relation != "near" else frozenset()):
            share[NAMES.index(name)] = 0.0
        best = NAMES[int(share.argmax())]
        if phrase.many and link.relation in ("on", "inside", "with", "near"):
            return phrase
        links = phrase.links if best in _THINGS else ()
        return replace(phrase, names=frozenset({best}), links=links, many=False)


_THINGS = frozenset(THING_NAMES)
_MIN_COLOR = 0.06
_MIN_WORN = 0.03
_MAX_COLORED = 24
_MAX_LOOKED_AT = 3
_COVERED = 0.4


def _beyond(region_hw: NDArray[np.bool_], *, above: bool) -> NDArray[np.bool_]:
    """(H, W) cells over (or under) a region, column by column."""
    rows = region_hw[::-1] if above else region_hw
    passed = np.cumsum(rows, axis=0) > 0
    return (passed[::-1] if above else passed) & ~region_hw


def _zone(relation: str, box: Box, height: int, width: int) -> NDArray[np.bool_]:
    """(H, W) cells around a box where that which stands in the inverse relation to it shows."""
    x0, y0, x1, y1 = box
    tall, wide = y1 - y0, x1 - x0
    if relation == "under":
        return _painted((x0 - 0.05, y1 - 0.1 * tall, x1 + 0.05, y1 + 0.06), height, width)
    if relation in ("above", "below"):
        edge = (x0, y0 - 0.2, x1, y0) if relation == "above" else (x0, y1, x1, y1 + 0.2)
        return _painted(edge, height, width)
    grown = (x0 - 0.2 * wide, y0 - 0.2 * tall, x1 + 0.2 * wide, y1 + 0.1 * tall)
    return _painted(grown, height, width) & ~_painted(box, height, width)


def _painted(box: Box, height: int, width: int) -> NDArray[np.bool_]:
    cells = np.zeros((height, width), np.bool_)
    x0, y0, x1, y1 = (min(max(value, 0.0), 1.0) for value in box)
    cells[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)] = True
    return cells


def _box_of(region_hw: NDArray[np.bool_]) -> Box:
    height, width = region_hw.shape
    rows, columns = np.flatnonzero(region_hw.any(axis=1)), np.flatnonzero(region_hw.any(axis=0))
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )
