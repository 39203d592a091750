"""What a view shows of each object: the ground on which every question stands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.compile import TABLE_TOP
from converseg_engine.sim.objects.catalog import Category, Tag, tabletop_category
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.render import View
from converseg_engine.sim.world import World

MaskHW = NDArray[np.bool_]

MIN_AREA_PX = 70
"""Fewest pixels of a target in a 320x240 picture; other sizes in proportion."""
MIN_PART_AREA_PX = 60
MIN_VISIBLE = 0.40
"""Least share of an object's outline that must be unhidden before it is asked for."""
SHADOW_CELL_M = 0.008

WHOLE = -1
"""The part number that stands for the whole object."""

Member = tuple[int, int]
"""(object number, part number or WHOLE); the table top is ``TABLE_MEMBER``."""
TABLE_MEMBER: Member = (TABLE_TOP, WHOLE)


@dataclass(frozen=True, eq=False)
class Seen:
    """One object as a view shows it.

    Attributes:
        index: object number in the world.
        model, category: what it is.
        area_px: its pixels.
        visible: share of its whole outline, parts beyond the picture's rim included, that is seen.
        clear: big and unhidden enough to be asked for.
        centroid: (x, y) of its pixels over the picture's width and height, [0, 1].
        box: (x0, y0, x1, y1) of its pixels, likewise.
        nearest_m, centre_m: distance from the camera to its nearest point, to its middle.
    """

    index: int
    model: ObjectModel
    category: Category
    area_px: int
    visible: float
    clear: bool
    centroid: tuple[float, float]
    box: tuple[float, float, float, float]
    nearest_m: float
    centre_m: float


Verdict = Callable[[Seen], bool | None]
"""Whether something holds for an object; None where people would disagree."""


def of_kind(name: str) -> Verdict:
    """It belongs to a category."""
    return lambda seen: seen.category.name == name


def one_of(indices: Collection[int]) -> Verdict:
    """It is among these objects."""
    return lambda seen: seen.index in indices


def looks(color: str) -> Verdict:
    """People call the whole of it by this colour."""
    return lambda seen: seen.model.looks(color)


def knows(tag: Tag) -> Verdict:
    """Common knowledge about its category says so."""
    return lambda seen: seen.category.knows(tag)


def outline_area(world: World, view: View, index: int) -> int:
    """Pixels that an object would cover with nothing in front of it and no rim of the picture."""
    camera = view.camera
    pad_x, pad_y = camera.width // 2, camera.height // 2
    canvas = np.zeros((camera.height + 2 * pad_y, camera.width + 2 * pad_x), dtype=np.uint8)
    model = world.objects[index]
    for part in model.parts:
        for surface in part.surfaces:
            points = surface.mesh.vertices @ world.rotations[index].T + world.positions[index]
            pixels = camera.project(points)[0] + np.array([pad_x, pad_y])
            fixed = np.round(np.clip(pixels, -500, 4000) * 16).astype(np.int32)
            for triangle in fixed[surface.mesh.faces]:
                cv2.fillConvexPoly(canvas, triangle, 1, lineType=cv2.LINE_8, shift=4)
    return int(np.count_nonzero(canvas))


def _shadow_cells(world: World, index: int) -> NDArray[np.float64]:
    """What an object covers seen from above, as (N, 2) centres of square cells, world metres."""
    weights = np.array([(i, j, 8 - i - j) for i in range(9) for j in range(9 - i)]) / 8
    model = world.objects[index]
    corners = [
        (s.mesh.vertices @ world.rotations[index].T + world.positions[index])[s.mesh.faces][..., :2]
        for part in model.parts
        for s in part.surfaces
    ]
    points = np.einsum("wc,fcd->fwd", weights, np.concatenate(corners)).reshape(-1, 2)
    cells = np.floor(points / SHADOW_CELL_M).astype(np.int64)
    origin = cells.min(axis=0)
    covered = np.zeros(tuple(np.ptp(cells, axis=0) + 1), dtype=np.bool_)
    covered[tuple((cells - origin).T)] = True
    centres: NDArray[np.float64] = (np.argwhere(covered) + origin + 0.5) * SHADOW_CELL_M
    return centres


class Facts:
    """A world and one view of it, ready to be asked about."""

    def __init__(self, world: World, view: View) -> None:
        self.world = world
        self.view = view
        self.scale = view.camera.width * view.camera.height / (320 * 240)
        self.seen: tuple[Seen, ...] = tuple(
            seen for index in range(len(world.objects)) if (seen := self._look(index)) is not None
        )
        self._gaps: dict[frozenset[int], float] = {}
        self.by_index = {s.index: s for s in self.seen}

    def _category(self, name: str) -> Category:
        """The knowledge that questions draw on; other recipes know more things, and more about each."""
        return tabletop_category(name)

    def _look(self, index: int) -> Seen | None:
        ys, xs = np.nonzero(self.view.owner == index)
        if xs.size == 0:
            return None
        camera, model = self.view.camera, self.world.objects[index]
        points = self.world.vertices(index)
        distances = np.linalg.norm(points - camera.position, axis=1)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        visible = min(1.0, xs.size / max(outline_area(self.world, self.view, index), 1))
        w, h = camera.width, camera.height
        return Seen(
            index=index,
            model=model,
            category=self._category(model.category),
            area_px=int(xs.size),
            visible=visible,
            clear=bool(xs.size >= MIN_AREA_PX * self.scale and visible >= MIN_VISIBLE),
            centroid=(float((xs.mean() + 0.5) / w), float((ys.mean() + 0.5) / h)),
            box=(
                float(xs.min() / w),
                float(ys.min() / h),
                float((xs.max() + 1) / w),
                float((ys.max() + 1) / h),
            ),
            nearest_m=float(distances.min()),
            centre_m=float(np.linalg.norm(middle - camera.position)),
        )

    @cached_property
    def hidden(self) -> frozenset[int]:
        """Objects that the view does not show at all."""
        return frozenset(range(len(self.world.objects))) - frozenset(self.by_index)

    @cached_property
    def _shadows(self) -> dict[int, NDArray[np.float64]]:
        return {seen.index: _shadow_cells(self.world, seen.index) for seen in self.seen}

    def gap_m(self, first: int, second: int) -> float:
        """Free space between two objects as seen from above, metres, to about ``SHADOW_CELL_M``."""
        pair = frozenset((first, second))
        if pair not in self._gaps:
            a, b = self._shadows[first], self._shadows[second]
            squared = (a[:, None, 0] - b[None, :, 0]) ** 2 + (a[:, None, 1] - b[None, :, 1]) ** 2
            self._gaps[pair] = max(0.0, float(np.sqrt(squared.min())) - SHADOW_CELL_M)
        return self._gaps[pair]

    def mask(self, members: frozenset[Member]) -> MaskHW:
        """Union of the pixels of some objects, parts, or the table top."""
        found = np.zeros(self.view.owner.shape, dtype=np.bool_)
        for index, part in members:
            pixels = self.view.owner == index
            if part != WHOLE:
                pixels &= self.view.part == part
            found |= pixels
        return found

    def which(self, verdict: Verdict) -> frozenset[Member] | None:
        """The objects for which ``verdict`` holds; empty: surely none; None: better not ask.

        It is better not asked where the verdict is None (a matter of opinion) for anything in view,
        or where it holds for something too small or too hidden to be outlined fairly.
        """
        chosen = set()
        for seen in self.seen:
            holds = verdict(seen)
            if holds is None or (holds and not seen.clear):
                return None
            if holds:
                chosen.add((seen.index, WHOLE))
        return frozenset(chosen)

    def of_category(self, name: str) -> tuple[Seen, ...]:
        """Everything of a category that can be seen, however badly."""
        return tuple(s for s in self.seen if s.category.name == name)

    def references(self, seen: Seen) -> tuple[str, ...]:
        """Noun phrases, without article, that single this object out: "mug", "red mug"."""
        alike = self.of_category(seen.category.name)
        found = []
        if len(alike) == 1:
            found.append(seen.category.name)
        if sum(other.model.color == seen.model.color for other in alike) == 1:
            found.append(f"{seen.model.color} {seen.category.name}")
        return tuple(found)

    def part_members(self, seen: Seen, part_name: str) -> frozenset[Member] | None:
        """A part of an object as an answer; None where too little of it can be seen."""
        for number, part in enumerate(seen.model.parts):
            if part.name == part_name:
                member = (seen.index, number)
                area = int(np.count_nonzero(self.mask(frozenset({member}))))
                return frozenset({member}) if area >= MIN_PART_AREA_PX * self.scale and seen.clear else None
        raise ValueError(f"part_name: a {seen.category.name} has no part {part_name!r}")
