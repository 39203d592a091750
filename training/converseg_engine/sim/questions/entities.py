"""What is it: kinds and colours, one or all of them, and those that are not there."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects.catalog import TABLETOP_CATEGORIES, tabletop_category
from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import Facts, looks, of_kind


def ask(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Every entities question that this view answers without doubt."""
    return [*_by_category(facts, rng), *_by_color(facts, rng)]


def _slots(name: str, **more: str) -> dict[str, str]:
    return {"cat": name, "cats": tabletop_category(name).plural, **more}


def _by_category(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    drafts = []
    present = sorted({s.category.name for s in facts.seen})
    absent = [c.name for c in TABLETOP_CATEGORIES if c.name not in present]
    singles = []
    for name in present:
        found = facts.which(of_kind(name))
        if found is None:
            continue
        if len(found) == 1:
            drafts.append(Draft("category_one", found, _slots(name)))
            singles.append((name, found))
        # "all the mugs" may well be one mug: the plural must not give the number away.
        if len(found) > 1 or rng.random() < 0.25:
            drafts.append(Draft("category_all", found, _slots(name)))
        for color in COLOR_NAMES:
            drafts += _colored(facts, name, color, len(found))
    if len(singles) >= 2:
        a, b = rng.choice(len(singles), size=2, replace=False)
        (first, one), (second, two) = singles[int(a)], singles[int(b)]
        drafts.append(Draft("two_categories", one | two, {"cat": first, "other": second}))
    for name in rng.permutation(absent)[:3]:
        template = "category_one" if rng.random() < 0.6 else "category_all"
        drafts.append(Draft(template, frozenset(), _slots(str(name))))
    for name in rng.permutation(absent)[:2]:
        seen_colors = sorted({s.model.color for s in facts.seen})
        drafts.append(
            Draft("color_category_one", frozenset(), _slots(str(name), color=str(rng.choice(seen_colors))))
        )
    return drafts


def _colored(facts: Facts, name: str, color: str, num_of_kind: int) -> list[Draft]:
    found = facts.which(lambda s: s.category.name == name and s.model.color == color)
    if found is None:
        return []
    if not found:
        # A hard "no": both the kind and the colour are in the picture, but not together.
        if color in tabletop_category(name).colors and any(
            s.model.color == color and s.clear for s in facts.seen
        ):
            return [Draft("color_category_one", found, _slots(name, color=color))]
        return []
    drafts = []
    if len(found) == 1:
        drafts.append(Draft("color_category_one", found, _slots(name, color=color)))
    else:
        drafts.append(Draft("color_category_all", found, _slots(name, color=color)))
    others = facts.which(lambda s: s.category.name == name and s.model.color != color)
    if num_of_kind >= 3 and len(found) == 1 and others:
        drafts.append(Draft("not_color_all", others, _slots(name, color=color)))
    return drafts


def _by_color(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    drafts = []
    for color in COLOR_NAMES:
        found = facts.which(looks(color))
        if found is None:
            continue
        if found:
            drafts.append(Draft("color_one" if len(found) == 1 else "color_all", found, {"color": color}))
        elif rng.random() < 0.25:
            drafts.append(Draft("color_one" if rng.random() < 0.5 else "color_all", found, {"color": color}))
    return drafts
