"""Every meaning, by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from converseg_engine.sim.questions.meanings import (
    affordances_grasping,
    affordances_kitchen,
    affordances_living,
    affordances_parts,
    affordances_room,
    affordances_work,
    entities_colors,
    entities_groups,
    entities_kinds,
    entities_shapes,
    physics_hazards,
    physics_matter,
    physics_pairs,
    physics_removal,
    physics_stability,
    physics_walkway,
    physics_weight,
    relations_compare,
    relations_contact,
    relations_events,
    relations_posture,
    relations_support,
    spatial_distance,
    spatial_height,
    spatial_neighbors,
    spatial_places,
    spatial_sides,
)
from converseg_engine.sim.questions.meanings.meaning import Meaning, plain

_SOURCES = (
    entities_kinds,
    entities_groups,
    entities_colors,
    entities_shapes,
    spatial_sides,
    spatial_distance,
    spatial_height,
    spatial_neighbors,
    spatial_places,
    relations_support,
    relations_compare,
    relations_contact,
    relations_events,
    relations_posture,
    affordances_kitchen,
    affordances_work,
    affordances_living,
    affordances_parts,
    affordances_grasping,
    affordances_room,
    physics_stability,
    physics_walkway,
    physics_weight,
    physics_removal,
    physics_hazards,
    physics_matter,
    physics_pairs,
)

MEANINGS: tuple[Meaning, ...] = tuple(m for source in _SOURCES for m in source.MEANINGS)
BY_KEY: Mapping[str, Meaning] = {m.key: m for m in MEANINGS}

if len(BY_KEY) != len(MEANINGS):
    raise ValueError(f"key: used twice: {[k for k, n in Counter(m.key for m in MEANINGS).items() if n > 1]}")


def as_text() -> str:
    """The table for a terminal: key | family | subfamily | phrasings."""
    lines = []
    for m in MEANINGS:
        said = " / ".join(plain(p) for p in m.phrasings)
        kept = " / ".join(plain(p) for p in m.held_out_phrasings)
        lines.append(f"{m.key} | {m.concept} | {m.subfamily} | {said} | held out: {kept}")
    return "\n".join(lines)
