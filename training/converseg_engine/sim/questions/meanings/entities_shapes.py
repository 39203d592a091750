"""How big, what shape, which part: judged by its own measures and by what the picture shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts

SIZE_LEAD, LENGTH_LEAD, AREA_LEAD = 1.6, 1.15, 1.1
TALL_LEAD = 1.25
SEEN_SHARE = 0.7
"""Sizes are compared where so much of every thing shows."""
LONG_RATIO, LONG_RATIO_UNSURE = 6.0, 3.5
MAX_PART_SHARE = 0.85

Measure = Callable[[PlaceFacts, Seen], float]


def bulk(facts: PlaceFacts, seen: Seen) -> float:
    """Volume of its own bounding box, cubic metres."""
    a, b, c = facts.sizes_m(seen.index)
    return a * b * c


def bigger(facts: PlaceFacts, first: Seen, second: Seen) -> bool:
    """Whether everybody would call the first one bigger: by bulk, by length, and in the picture."""
    return (
        bulk(facts, first) >= SIZE_LEAD * bulk(facts, second)
        and facts.sizes_m(first.index)[0] >= LENGTH_LEAD * facts.sizes_m(second.index)[0]
        and first.area_px / first.visible >= AREA_LEAD * second.area_px / second.visible
    )


def _extreme(group: Sequence[Seen], facts: PlaceFacts, *, largest: bool) -> Seen | None:
    if any(s.visible < SEEN_SHARE for s in group):
        return None
    for seen in group:
        others = [s for s in group if s is not seen]
        if all(bigger(facts, seen, o) if largest else bigger(facts, o, seen) for o in others):
            return seen
    return None


def _size(*, largest: bool, of_kind: bool) -> Ask:
    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if not facts.all_clear:
            return []
        groups = list(facts.kinds.values()) if of_kind else [facts.things]
        answers = []
        for group in groups:
            if len(group) < (2 if of_kind else 3) or (
                of_kind and facts.kind_members(group[0].category.name) is None
            ):
                continue
            winner = _extreme(group, facts, largest=largest)
            if winner is None:
                continue
            longest = 100 * facts.sizes_m(winner.index)[0]
            category = winner.category
            members = facts.these([winner.index])
            if members:
                slots = {"cat": spoken(category), "cats": spoken_plural(category)} if of_kind else {}
                answers.append(Answer(members, slots, f"the {category.name} is {longest:.0f} cm long"))
        return answers

    return ask


def _tallest(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """By height from its own lowest to its own highest point as it stands."""
    if not facts.all_clear or len(facts.things) < 3:
        return []
    heights = {s.index: float(facts.box(s.index)[1][2] - facts.box(s.index)[0][2]) for s in facts.things}
    ranked = sorted(facts.things, key=lambda s: -heights[s.index])
    first, second = ranked[0], ranked[1]
    seen_heights = {s.index: s.box[3] - s.box[1] for s in ranked}
    members = facts.these([first.index])
    if heights[first.index] < TALL_LEAD * heights[second.index] or members is None:
        return []
    if any(seen_heights[s.index] > seen_heights[first.index] for s in ranked[1:]):
        return []
    tall, next_tall = 100 * heights[first.index], 100 * heights[second.index]
    return [Answer(members, {}, f"{tall:.0f} cm tall, the next one {next_tall:.0f} cm")]


def _is_round(seen: Seen) -> bool | None:
    """Like a ball: nearly the same extent along all axes, and of a kind that is known to be round."""
    x0, y0, x1, y1 = seen.model.footprint_xyxy
    sizes = sorted((x1 - x0, y1 - y0, seen.model.height))
    if seen.category.name in ("ball", "orange"):
        return True
    return None if sizes[0] / sizes[2] > 0.7 and seen.category.name in ("apple", "tomato", "lemon") else False


def _shape(verdict_of: Callable[[PlaceFacts, Seen], bool | None], said: str) -> Ask:
    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        found = facts.which(lambda s: verdict_of(facts, s))
        if found is None or len(found) > max(1, 0.6 * len(facts.things)):
            return []
        if not found:
            return [Answer(found, {}, f"nothing in view is {said}", NoTarget.FALSE_ATTRIBUTE)]
        names = ", ".join(facts.by_index[i].category.name for i, _ in sorted(found))
        return [Answer(found, {}, f"{said}: {names}")]

    return ask


def _thin(facts: PlaceFacts, seen: Seen) -> bool | None:
    a, b, _ = facts.sizes_m(seen.index)
    return True if a / b >= LONG_RATIO else (None if a / b > LONG_RATIO_UNSURE else False)


def _parts(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for seen, phrase in facts.anchors(rng, fixtures=True):
        for part in seen.category.askable_parts:
            members = facts.part_answer(seen, part)
            if members is None or not facts.part_name_is_plain(seen, part):
                continue
            if sum(facts.part_area(*m) for m in members) > MAX_PART_SHARE * seen.area_px:
                continue
            answers.append(
                Answer(members, {"part": part, "ref": phrase}, f"part {part!r} of the {seen.category.name}")
            )
    parts = sorted({p for c in facts.named for p in c.askable_parts})
    # A part that something else in view has: "the blade of the teapot", with a knife beside it.
    shown = {p.name for s in facts.things for p in s.model.parts}
    for seen, phrase in facts.anchors(rng)[:2]:
        own = {p.name for p in seen.model.parts} | set(seen.category.askable_parts)
        lacking = [p for p in parts if p in _PLAIN_PARTS and p not in own and p in shown]
        if lacking and seen.category.askable_parts:
            slots = {"part": str(rng.choice(lacking)), "ref": phrase}
            text = f"a {seen.category.name} has no {slots['part']}"
            answers.append(Answer(frozenset(), slots, text, NoTarget.FALSE_ATTRIBUTE))
    return answers


_PLAIN_PARTS = frozenset({"blade", "spout", "seat", "wheels", "screen", "bristles", "shaft"})
"""Parts that nobody would see on a thing that has none."""


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "entities", subfamily, phrasings, held_out, ask)


_SHAPE = "shape and size"
MEANINGS: tuple[Meaning, ...] = (
    _m(
        "biggest",
        _SHAPE,
        (
            "what is the biggest thing that could be carried off?",
            "+the largest loose object",
            "which loose object takes up the most room?",
        ),
        ("what would need the biggest box?",),
        _size(largest=True, of_kind=False),
    ),
    _m(
        "smallest",
        _SHAPE,
        (
            "what is the smallest thing that lies loose here?",
            "+the smallest loose object",
            "what is tiny next to the rest?",
        ),
        ("which object would fit into the smallest bag?",),
        _size(largest=False, of_kind=False),
    ),
    _m(
        "biggest_of_kind",
        _SHAPE,
        ("+the biggest of the {cats}", "+the big {cat}", "which {cat} is the largest?"),
        ("i want the {cat} with the most volume",),
        _size(largest=True, of_kind=True),
    ),
    _m(
        "smallest_of_kind",
        _SHAPE,
        ("+the smallest of the {cats}", "+the small {cat}", "which {cat} is the smallest?"),
        ("of the {cats}, give me the little one",),
        _size(largest=False, of_kind=True),
    ),
    _m(
        "tallest",
        _SHAPE,
        (
            "what is the tallest thing that could be carried off?",
            "+the tallest loose object",
            "which loose object measures most from bottom to top?",
        ),
        ("of all you could pick up, what is tallest?",),
        _tallest,
    ),
    _m(
        "ball_shaped",
        _SHAPE,
        ("what has the shape of a ball?", "what is round from every side?", "what is shaped like a marble?"),
        ("which object is a sphere?",),
        _shape(lambda f, s: _is_round(s), "round like a ball"),
    ),
    _m(
        "long_and_thin",
        _SHAPE,
        (
            "what is long and thin?",
            "which objects are shaped like a stick?",
            "what is slim and many times longer than wide?",
        ),
        ("which objects look like a rod?",),
        _shape(_thin, "at least six times longer than wide"),
    ),
    _m(
        "part_of",
        "parts",
        (
            "the {part} of the {ref}",
            "show me the {part} of the {ref}",
            "can you point at the {part} of the {ref}?",
            "i need to get at the {part} of the {ref}",
        ),
        ("look at the {ref}, i mean its {part}",),
        _parts,
    ),
)
