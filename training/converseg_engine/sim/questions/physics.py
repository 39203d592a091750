"""What would happen: rolling, tipping, breaking, falling, and what must move first."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import WHOLE, Facts, Seen, knows, one_of

HAZARDS: tuple[Tag, ...] = (Tag.SHARP, Tag.HOT, Tag.BREAKS, Tag.BOUNCES, Tag.WATER_HARMS)

TIP_LEAD = 1.35
"""How much slimmer the likeliest thing to tip must be than the next one."""
MIN_TIP_SLENDERNESS = 2.6
EDGE_NEAR_M, EDGE_FAR_M = 0.045, 0.09
TALL_LEAD = 1.25


def ask(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Every physics question that this view answers without doubt."""
    drafts = []
    for tag in HAZARDS:
        found = facts.which(knows(tag))
        if found or (found is not None and rng.random() < 0.4):
            drafts.append(Draft(tag.value, found))
    rolling = facts.which(lambda s: _rolls(facts, s))
    if rolling or (rolling is not None and rng.random() < 0.5):
        drafts.append(Draft("rolls", rolling))
    return [
        *drafts,
        *_tips(facts),
        *_tallest(facts),
        *_edge(facts),
        *_piles(facts, rng),
        *_sharp_part(facts, rng),
    ]


def _rolls(facts: Facts, seen: Seen) -> bool | None:
    """Round and free: a ball in a bowl stays, and a ball on a book is as good as on the table."""
    if seen.category.name == "screwdriver":
        return None
    if seen.category.name != "ball" and not seen.model.lying:
        return False
    carriers = facts.world.carriers[seen.index]
    return not any(facts.world.objects[c].cavity is not None for c in carriers)


def _slenderness(seen: Seen) -> float:
    """Height over base radius of a standing thing; 0 for what has no upright stand."""
    return seen.model.height / seen.model.base_radius if seen.model.base_radius > 0 else 0.0


def _tips(facts: Facts) -> list[Draft]:
    ranked = sorted(facts.seen, key=_slenderness, reverse=True)
    if len(ranked) < 2 or facts.hidden or not ranked[0].clear:
        return []
    first, second = _slenderness(ranked[0]), _slenderness(ranked[1])
    # What stands on something else, or carries something, tips for other reasons too.
    if facts.world.carriers[ranked[0].index] or any(
        facts.world.carriers[s.index] for s in ranked[1:] if _slenderness(s) > 2
    ):
        return []
    if first < MIN_TIP_SLENDERNESS or first < TIP_LEAD * second:
        return []
    return [Draft("tips", frozenset({(ranked[0].index, WHOLE)}))]


def _tallest(facts: Facts) -> list[Draft]:
    ranked = sorted(facts.seen, key=lambda s: s.model.height, reverse=True)
    if len(ranked) < 3 or not ranked[0].clear or ranked[0].model.height < TALL_LEAD * ranked[1].model.height:
        return []
    tops = {s.index: float(facts.world.vertices(s.index)[:, 2].max()) for s in ranked}
    # A short thing high up on a pile could be called the tallest; then nobody is asked.
    if any(tops[s.index] * 1.1 > tops[ranked[0].index] for s in ranked[1:]):
        return []
    return [Draft("tallest", frozenset({(ranked[0].index, WHOLE)}))]


def _edge(facts: Facts) -> list[Draft]:
    x0, y0, x1, y1 = facts.world.surroundings.table_xyxy
    margins = {}
    for seen in facts.seen:
        points = facts.world.vertices(seen.index)
        low, high = points.min(axis=0), points.max(axis=0)
        margins[seen.index] = float(min(low[0] - x0, low[1] - y0, x1 - high[0], y1 - high[1]))
    if any(EDGE_NEAR_M <= m < EDGE_FAR_M for m in margins.values()):
        return []
    near = {i for i, m in margins.items() if m < EDGE_NEAR_M}
    if len(near) > 2 or any(facts.world.carriers[i] for i in near):
        return []
    if any(not _edge_in_view(facts, i) for i in near):
        return []
    found = facts.which(one_of(near))
    return [] if found is None else [Draft("edge", found)]


def _edge_in_view(facts: Facts, index: int) -> bool:
    """Whether the table's rim nearest to an object lies inside the picture."""
    x0, y0, x1, y1 = facts.world.surroundings.table_xyxy
    points = facts.world.vertices(index)
    cx, cy = points[:, :2].mean(axis=0)
    low, high = points.min(axis=0), points.max(axis=0)
    spots = np.array([[x0, cy, 0], [cx, y0, 0], [x1, cy, 0], [cx, y1, 0]])
    spot = spots[int(np.argmin([low[0] - x0, low[1] - y0, x1 - high[0], y1 - high[1]]))]
    pixels, depth = facts.view.camera.project(spot[None])
    size = np.array([facts.view.camera.width, facts.view.camera.height])
    return bool(depth[0] > 0 and (pixels[0] > 0.01 * size).all() and (pixels[0] < 0.99 * size).all())


def _piles(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    if facts.hidden:
        return []
    world, drafts = facts.world, []
    loaded = {s.index for s in facts.seen if world.carried_by(s.index)}
    for seen in facts.seen:
        if not seen.clear:
            continue
        for phrase in facts.references(seen):
            above, below = world.carried_by(seen.index), world.carriers[seen.index]
            found = facts.which(one_of(above))
            if seen.model.cavity is not None and found:
                found = None  # a bowl can be taken with what lies in it
            if found or (
                found is not None and rng.random() < (0.5 if seen.model.shelf or seen.model.cavity else 0.1)
            ):
                drafts.append(Draft("comes_off", found, {"ref": phrase}))
            if len(below) == 1 and not world.carriers[next(iter(below))]:
                found = facts.which(one_of(below))
                if found:
                    drafts.append(Draft("supports", found, {"ref": phrase}))
    if loaded:
        free = facts.which(lambda s: s.index not in loaded)
        if free:
            drafts.append(Draft("free_to_lift", free))
    held = facts.which(one_of(loaded))
    if held or (held is not None and rng.random() < 0.4):
        drafts.append(Draft("not_free", held))
    return drafts


def _sharp_part(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    knives = facts.of_category("knife")
    drafts = []
    for seen in knives:
        members = facts.part_members(seen, "blade")
        if members is not None:
            drafts += [
                Draft("sharp_part", members, {"ref": p}) for p in facts.references(seen) if len(knives) == 1
            ]
    if not knives and not facts.of_category("screwdriver") and rng.random() < 0.3:
        drafts.append(Draft("sharp_part", frozenset(), {"ref": "knife"}))
    return drafts
