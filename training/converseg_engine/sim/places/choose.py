"""Which things a scene holds: a few kinds, several of some, in few colours, so that no one word decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converseg_engine.sim.objects import CATEGORIES, TABLETOP_CATEGORIES, Category
from converseg_engine.sim.objects.model import ObjectModel

SPLITS = ("train", "val", "test")
_HELD_OUT_BOOST = 2.5
_MIN_KINDS = 5


def pool(
    place: str, split: str, categories: Sequence[Category] | None, *, only_train: bool = True
) -> tuple[Category, ...]:
    """The categories that may appear in a place.

    Args:
        place: its name.
        split: of the scene.
        categories: what was asked for; by default whatever belongs to the place.
        only_train: whether those that no other split has are among them.

    Raises:
        ValueError: the split is unknown, or a category was asked for that is not in it.
    """
    if split not in SPLITS:
        raise ValueError(f"split: {split!r} is none of {', '.join(SPLITS)}")
    if categories is not None:
        others = sorted(c.name for c in categories if not c.is_in(split))
        if others:
            other = "test" if split == "train" else "train"
            raise ValueError(f"categories: {', '.join(others)} are held out of {split}; use split {other}")
        if not categories:
            raise ValueError("categories: name at least one, or leave it out")
        return tuple(categories)
    allowed = [c for c in CATEGORIES if c.is_in(split) and (only_train or not c.only_train)]
    fitting = tuple(c for c in allowed if place in c.places)
    return fitting if len(fitting) >= _MIN_KINDS else (*fitting, *TABLETOP_CATEGORIES)


def draw_models(rng: np.random.Generator, choices: Sequence[Category], num_objects: int) -> list[ObjectModel]:
    """Build that many things: repeated kinds and repeated colours are made on purpose."""
    num_kinds = min(len(choices), max(3, round(num_objects * rng.uniform(0.6, 0.95))))
    weights = np.array([c.weight * (_HELD_OUT_BOOST if c.held_out else 1.0) for c in choices])
    kinds = rng.choice(len(choices), size=num_kinds, replace=False, p=weights / weights.sum())
    extra = rng.choice(kinds[: max(2, num_kinds // 2)], size=max(0, num_objects - num_kinds))
    chosen = [choices[int(k)] for k in [*kinds, *extra][:num_objects]]
    colors = sorted({color for category in chosen for color in category.colors})
    palette = {
        str(c) for c in rng.choice(colors, size=min(len(colors), int(rng.integers(3, 6))), replace=False)
    }
    models: list[ObjectModel] = []
    used: set[tuple[str, str]] = set()
    for category in chosen:
        liked = [c for c in category.colors if c in palette]
        options = liked if liked and rng.random() < 0.7 else list(category.colors)
        fresh = [c for c in options if (category.name, c) not in used]
        color = str(rng.choice(fresh if fresh and rng.random() < 0.85 else options))
        used.add((category.name, color))
        models.append(category.build(rng, color))
    return models
