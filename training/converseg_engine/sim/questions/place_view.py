"""What a view of a place shows: things, furniture, their parts, and their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.objects.catalog import CATEGORIES, Category, category_named
from converseg_engine.sim.questions.facts import (
    MIN_AREA_PX,
    MIN_PART_AREA_PX,
    WHOLE,
    Facts,
    Member,
    Seen,
    Verdict,
)
from converseg_engine.sim.questions.furniture import FURNITURE
from converseg_engine.sim.questions.naming import may_be_called, spoken
from converseg_engine.sim.questions.tried import Tried
from converseg_engine.sim.render import View
from converseg_engine.sim.world import World

LIKE_OBJECTS = frozenset(
    {
        *("bench", "vise", "luggage cart", "sideboard", "mirror", "desk stand", "wall shelf"),
        *("stove", "sink", "washbasin", "drawer", "pegboard"),
    }
)
MIN_SLIVER_PX = 12
"""Fewer pixels than this at 320x240 nobody notices: such an object counts as hidden."""


class PlaceView(Facts):
    """Things and furniture as a view of a place shows them, and how people refer to them.

    Args:
        world: the scene at rest.
        view: one picture of it.
        named: categories that prompts may name although the picture shows none; in training these
            must not hold held-out ones. Default: all.
        tried: trials of the same world, where another view has made some.
    """

    def __init__(
        self,
        world: World,
        view: View,
        *,
        named: Sequence[Category] = CATEGORIES,
        tried: Tried | None = None,
    ) -> None:
        super().__init__(world, view)
        self.named = tuple(named)
        self.things: tuple[Seen, ...] = tuple(s for s in self.seen if not s.model.fixed)
        self.fixtures: tuple[Seen, ...] = tuple(s for s in self.seen if s.model.fixed)
        self._boxes: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self.tried = tried if tried is not None else Tried(world)
        self.camera_position = view.camera.position
        self._references: dict[int, tuple[str, ...]] = {}

    def _category(self, name: str) -> Category:
        return FURNITURE[name] if name in FURNITURE else category_named(name)

    def _look(self, index: int) -> Seen | None:
        if not self.world.objects[index].fixed:
            return super()._look(index)
        ys, xs = np.nonzero(self.view.owner == index)
        if xs.size == 0:
            return None
        camera, model = self.view.camera, self.world.objects[index]
        points = self.world.vertices(index)
        distances = np.linalg.norm(points - camera.position, axis=1)
        h, w = self.view.owner.shape
        # Furniture fills the picture and runs out of it: what is seen of it is the answer.
        return Seen(
            index=index,
            model=model,
            category=self._category(model.category),
            area_px=int(xs.size),
            visible=1.0,
            clear=bool(xs.size >= 12 * MIN_AREA_PX * self.scale),
            centroid=(float((xs.mean() + 0.5) / w), float((ys.mean() + 0.5) / h)),
            box=(
                float(xs.min() / w),
                float(ys.min() / h),
                float((xs.max() + 1) / w),
                float((ys.max() + 1) / h),
            ),
            nearest_m=float(distances.min()),
            centre_m=float(np.linalg.norm((points.min(axis=0) + points.max(axis=0)) / 2 - camera.position)),
        )

    # what is there

    @cached_property
    def rivals(self) -> tuple[Seen, ...]:
        """Furniture that looks like one more object, and may be meant by "the thing on the left"."""
        return tuple(s for s in self.fixtures if s.category.name in LIKE_OBJECTS)

    @cached_property
    def kinds(self) -> dict[str, tuple[Seen, ...]]:
        """The things in view by category, in order of name."""
        names = sorted({s.category.name for s in self.things})
        return {name: self.of_category(name) for name in names}

    @cached_property
    def hidden_things(self) -> frozenset[int]:
        """Things that stand within the picture and do not show, or as a sliver that nobody notices.

        What is beyond the picture's rim does not count: questions are about what the picture shows.
        """
        slivers = {s.index for s in self.things if s.area_px < MIN_SLIVER_PX * self.scale}
        gone = {i for i in self.hidden if not self.world.objects[i].fixed and self._in_frame(i)}
        return frozenset(gone | slivers)

    def _in_frame(self, index: int) -> bool:
        pixels, depth = self.view.camera.project(self.middle(index)[None])
        h, w = self.view.owner.shape
        return bool(depth[0] > 0 and 0 <= pixels[0, 0] < w and 0 <= pixels[0, 1] < h)

    def in_picture(self, indices: Iterable[int]) -> list[int]:
        """Those that the picture shows, or would show if nothing were in front of them."""
        return [i for i in indices if i in self.by_index or i in self.hidden_things]

    @cached_property
    def all_clear(self) -> bool:
        """Whether every thing in view is big and unhidden enough to be judged by eye."""
        return all(s.clear for s in self.things)

    def which(self, verdict: Verdict, *, among: Iterable[Seen] | None = None) -> frozenset[Member] | None:
        """As ``Facts.which``, over the things in view, or over another group."""
        chosen = set()
        for seen in self.things if among is None else among:
            holds = verdict(seen)
            if holds is None or (holds and not seen.clear):
                return None
            if holds:
                chosen.add((seen.index, WHOLE))
        return frozenset(chosen)

    def these(self, indices: Collection[int]) -> frozenset[Member] | None:
        """Some objects as an answer; None where one of them is hidden or shows too little."""
        if any(i not in self.by_index or not self.by_index[i].clear for i in indices):
            return None
        return frozenset((i, WHOLE) for i in indices)

    def kind_members(self, name: str) -> frozenset[Member] | None:
        """All of one category; None where one shows too little or something else may be called so."""
        return self.which(lambda s: may_be_called(s.category.name, name))

    # how to say it

    def references(self, seen: Seen) -> tuple[str, ...]:
        """Noun phrases, without article, that single this object out: "mug", "red mug"."""
        if seen.index not in self._references:
            self._references[seen.index] = tuple(self._find_references(seen))
        return self._references[seen.index]

    def _find_references(self, seen: Seen) -> Iterable[str]:
        name = seen.category.name
        rivals = [
            s
            for s in self.seen
            if s.index != seen.index and may_be_called(s.category.name, name) is not False
        ]
        noun = spoken(seen.category)
        if not rivals:
            yield noun
        if not seen.model.fixed and all(r.model.looks(seen.model.color) is False for r in rivals):
            yield f"{seen.model.color} {noun}"

    def reference(self, seen: Seen, rng: np.random.Generator) -> str | None:
        """One of its references; the plain noun twice as often as the colour; None where there is none."""
        found = self.references(seen)
        if not found or not seen.clear:
            return None
        return found[0] if len(found) == 1 or rng.random() < 0.65 else found[1]

    def anchors(self, rng: np.random.Generator, *, fixtures: bool = False) -> list[tuple[Seen, str]]:
        """Things (or furniture too) that can be referred to, each with a reference, in random order."""
        pool = self.seen if fixtures else self.things
        named = [(pool[int(k)], self.reference(pool[int(k)], rng)) for k in rng.permutation(len(pool))]
        return [(s, phrase) for s, phrase in named if phrase is not None]

    def absent_kinds(self, rng: np.random.Generator) -> list[Category]:
        """Categories that prompts may name and that the picture surely lacks; likely ones here first."""
        here = [s.category.name for s in self.seen]
        absent = [c for c in self.named if all(may_be_called(name, c.name) is False for name in here)]
        order = [absent[int(k)] for k in rng.permutation(len(absent))]
        return sorted(order, key=lambda c: self.world.place not in c.places)

    # parts

    def part_answer(self, seen: Seen, part_name: str) -> frozenset[Member] | None:
        """All parts of one name of an object; None where too little of them can be seen."""
        numbers = [k for k, part in enumerate(seen.model.parts) if part.name == part_name]
        members = frozenset((seen.index, k) for k in numbers if self.part_area(seen.index, k) > 0)
        area = sum(self.part_area(seen.index, k) for k in numbers)
        return members if seen.clear and area >= MIN_PART_AREA_PX * self.scale else None

    def part_area(self, index: int, part: int) -> int:
        """Pixels of one part."""
        return int(np.count_nonzero((self.view.owner == index) & (self.view.part == part)))

    def part_name_is_plain(self, seen: Seen, part_name: str) -> bool:
        """Whether "left" or "back" in a part's name means the same from the camera as from the front."""
        if not {"left", "right", "front", "back"} & set(part_name.split()[:-1]):
            return True
        towards = self.middle(seen.index) - self.camera_position
        x, y = (towards @ self.world.rotations[seen.index])[:2]
        return bool(y > 0 and abs(x) < 0.35 * y)

    # sizes and places

    def box(self, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of an object's bounding box in the world, metres."""
        if index not in self._boxes:
            points = self.world.vertices(index)
            self._boxes[index] = (points.min(axis=0), points.max(axis=0))
        return self._boxes[index]

    def middle(self, index: int) -> NDArray[np.float64]:
        """Centre of its bounding box, world metres."""
        low, high = self.box(index)
        centre: NDArray[np.float64] = (low + high) / 2
        return centre
