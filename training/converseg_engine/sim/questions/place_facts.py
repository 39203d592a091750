"""A place and one view of it, ready to be asked about: sizes, supports, regions, and what trials found."""

from __future__ import annotations

import re

import cv2
import numpy as np

from converseg_engine.sim.places.region import Region
from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.place_view import PlaceView

REGION_SLACK_M, ON_REGION_M = 0.02, 0.05
"""How far below a region's level, and above it, the lowest point of what stands on it may lie."""


class PlaceFacts(PlaceView):
    """A world of the ``places`` recipe and one view of it; see ``PlaceView`` for its arguments."""

    def sizes_m(self, index: int) -> tuple[float, float, float]:
        """Its own extents, longest first, metres, however it lies."""
        model = self.world.objects[index]
        x0, y0, x1, y1 = model.footprint_xyxy
        longest, middle, shortest = sorted((x1 - x0, y1 - y0, model.height), reverse=True)
        return longest, middle, shortest

    def narrow_cm(self, index: int) -> float:
        """Its smallest width seen from above, centimetres."""
        flat = np.ascontiguousarray(self.world.vertices(index)[:, :2], dtype=np.float32)
        return 100 * float(min(cv2.minAreaRect(flat)[1]))

    def mass_kg(self, index: int) -> float:
        """Its mass."""
        return float(self.world.model.body(f"object{index}").mass[0])

    # who rests on whom

    def carriers(self, index: int) -> frozenset[int]:
        """Objects, furniture included, that carry at least a tenth of its weight."""
        return self.world.carriers[index]

    def directly_on(self, index: int) -> frozenset[int]:
        """Things that rest on it with nothing in between."""
        return frozenset(k for k, below in enumerate(self.world.carriers) if index in below)

    def things_below(self, index: int) -> frozenset[int]:
        """Its carriers that are no furniture."""
        return frozenset(c for c in self.world.carriers[index] if not self.world.objects[c].fixed)

    def model_bears(self, seen: Seen) -> bool:
        """Whether others could stand on it, so that "nothing stands on it" is worth saying."""
        return seen.model.shelf is not None

    def stands_free(self, index: int) -> bool:
        """Whether it rests on furniture alone and nothing rests on it."""
        return not self.things_below(index) and not self.directly_on(index)

    # where it stands

    def region_of(self, index: int) -> Region | None:
        """The region that it stands over, directly or on a pile; None where it stands on none."""
        low, _ = self.box(index)
        middle = self.middle(index)[None]
        under = [
            r
            for r in self.world.regions
            if r.centre[2] <= low[2] + REGION_SLACK_M
            and low[2] < r.centre[2] + r.clearance_m
            and bool(r.contains(middle)[0])
        ]
        return max(under, key=lambda r: r.centre[2], default=None)

    def is_taken(self, region: Region) -> bool | None:
        """Whether something stands on a region; None where something only juts into it."""
        unsure = False
        for index, model in enumerate(self.world.objects):
            if model.fixed:
                continue
            low, high = self.box(index)
            if not region.centre[2] - REGION_SLACK_M <= low[2] <= region.centre[2] + ON_REGION_M:
                continue
            share = float(region.contains(self.world.vertices(index)).mean())
            over = bool((low[:2] < region.centre[:2]).all() and (high[:2] > region.centre[:2]).all())
            if over or share > 0.25:
                return True
            unsure |= share > 0
        return None if unsure else False

    def in_words(self, evidence: str) -> str:
        """Evidence with "object 3" replaced by what people see there."""

        def name(match: re.Match[str]) -> str:
            index = int(match.group(1))
            if index >= len(self.world.objects):
                return match.group(0)
            model = self.world.objects[index]
            return f"the {model.category}" if model.fixed else f"the {model.color} {model.category}"

        return re.sub(r"(?:the )?\bobject (\d+)", name, evidence)
