"""What is dangerous here: a property of a thing together with where it is."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.places.region import RegionKind
from converseg_engine.sim.questions.facts import Member
from converseg_engine.sim.questions.meanings.by_tag import ask_tag
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.physics_stability import tried_set
from converseg_engine.sim.questions.meanings.relations_events import juts_out
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.trials.finding import Finding


def _sharp_parts(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """All parts that could cut, each in view; not asked where sharpness is a matter of opinion."""
    members: frozenset[Member] = frozenset()
    names = []
    for seen in facts.things:
        sharp = seen.category.knows(Tag.SHARP)
        if sharp is None:
            return []
        if not sharp:
            continue
        for part in sorted(seen.category.sharp_parts):
            found = facts.part_answer(seen, part) if any(p.name == part for p in seen.model.parts) else None
            if found is None:
                return []
            members |= found
            names.append(f"the {part} of the {seen.category.name}")
        if not seen.category.sharp_parts:
            return []
    if not members:
        return [Answer(members, {}, "nothing in view has a sharp part", NoTarget.FALSE_ATTRIBUTE)]
    return [Answer(members, {}, "sharp: " + ", ".join(names))]


def _sharp_part_of(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for seen, phrase in facts.anchors(rng):
        sharp = seen.category.knows(Tag.SHARP)
        slots = {"ref": phrase}
        if sharp and seen.category.sharp_parts:
            parts = [p.name for p in seen.model.parts if p.name in seen.category.sharp_parts]
            found = [facts.part_answer(seen, p) for p in dict.fromkeys(parts)]
            members = frozenset(m for f in found if f is not None for m in f)
            if members and None not in found:
                text = f"sharp: {', '.join(sorted(set(parts)))} of the {seen.category.name}"
                answers.append(Answer(members, slots, text))
        elif sharp is False and len(answers) < 2:
            known = {Tag.SOFT, Tag.FRUIT, Tag.CLOTHING, Tag.TOY}
            if any(seen.category.knows(t) for t in known) and seen.category.knows(Tag.BREAKS) is False:
                text = f"no part of the {phrase} is sharp"
                answers.append(Answer(frozenset(), slots, text, NoTarget.FALSE_ATTRIBUTE))
    return answers


def _hot(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What is hot now: things with heat in them, and the part of a stove that glows."""
    members: set[Member] = set()
    names = []
    for seen in facts.things:
        known = seen.category.knows(Tag.HOT)
        hot = True if seen.model.physics.is_hot else known
        if hot is None or (hot and not seen.clear):
            return []
        if hot:
            members.add((seen.index, -1))
            names.append(seen.category.name)
    for seen in facts.fixtures:
        glowing = [k for k, p in enumerate(seen.model.parts) if any(s.emission > 0 for s in p.surfaces)]
        if not seen.model.physics.is_hot:
            continue
        for k in glowing:
            found = facts.part_answer(seen, seen.model.parts[k].name)
            if found is None:
                return []
            members |= found
            names.append(seen.model.parts[k].name)
    if not members:
        return [Answer(frozenset(), {}, "nothing in view is hot", NoTarget.FALSE_STATE)]
    return [Answer(frozenset(members), {}, "hot: " + ", ".join(names))]


def _lit_burner(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    stoves = [
        s
        for s in facts.fixtures
        if any(r.fixture == s.index and r.kind is RegionKind.HOT for r in facts.world.regions)
    ]
    if len(stoves) != 1:
        return []
    (stove,) = stoves
    glowing = [p.name for p in stove.model.parts if any(s.emission > 0 for s in p.surfaces)]
    if not glowing:
        if any(facts.is_taken(r) is not False for r in facts.world.regions if r.kind is RegionKind.HOT):
            return []
        return [Answer(frozenset(), {}, "no burner glows", NoTarget.FALSE_STATE)]
    members = facts.part_answer(stove, glowing[0])
    return [] if members is None else [Answer(members, {}, f"the {glowing[0]} glows")]


def _sharp_out(facts: PlaceFacts, index: int) -> Finding:
    """By trial, and by where it lies: only what juts out over a free edge of its own region counts."""
    found = facts.tried.sharp_out(index)
    out = juts_out(facts, index)
    if found.holds is False and not out:
        return found
    return found if found.holds and out else Finding(None, found.value, found.unit, found.evidence)


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "physics", subfamily, phrasings, held_out, ask)


_H = "hazards"
MEANINGS: tuple[Meaning, ...] = (
    _m(
        "sharp",
        _H,
        ("what is sharp?", "what could i cut myself with?", "which things have a sharp edge or point?"),
        ("what needs a sheath before it goes in a bag?",),
        ask_tag((Tag.SHARP,), "is sharp", reason=NoTarget.FALSE_ATTRIBUTE),
    ),
    _m(
        "sharp_parts",
        _H,
        (
            "++the sharp parts",
            "where exactly could i cut myself?",
            "which edges and points must my fingers keep off?",
        ),
        ("mark only the spots that cut",),
        _sharp_parts,
    ),
    _m(
        "sharp_part_of",
        _H,
        (
            "where should i not touch the {ref}?",
            "which part of the {ref} could hurt my fingers?",
            "where is the {ref} sharp?",
        ),
        ("what end of the {ref} must not face anybody?",),
        _sharp_part_of,
    ),
    _m(
        "sharp_out",
        _H,
        (
            "what sharp thing sticks out over the edge?",
            "what could somebody walking past cut themselves on?",
            "which blade juts out where people pass?",
        ),
        ("whose point pokes out into the room?",),
        tried_set(_sharp_out, "no sharp part sticks out over an edge"),
    ),
    _m(
        "hot_now",
        _H,
        (
            "what is hot right now?",
            "what could burn me?",
            "what must i not touch with bare hands because of heat?",
        ),
        ("where would i get a blister?",),
        _hot,
    ),
    _m(
        "lit_burner",
        _H,
        ("which part of the stove is switched on?", "where does the stove glow?", "which burner is on?"),
        ("what did somebody forget to turn off?",),
        _lit_burner,
    ),
    _m(
        "hot_near_burnable",
        _H,
        (
            "what hot thing is too close to something that burns?",
            "what could set its neighbor on fire?",
            "which heat source stands too near to paper or cloth?",
        ),
        ("where would a fire break out, what would start it?",),
        tried_set(lambda f, i: f.tried.hot_near_burnable(i), "nothing hot is near anything that burns"),
    ),
    _m(
        "fragile_near_edge",
        _H,
        (
            "what could fall off and break?",
            "which fragile thing is too near the edge?",
            "what should i push back before it falls and shatters?",
        ),
        ("where are shards waiting to happen?",),
        tried_set(lambda f, i: f.tried.fragile_near_edge(i), "nothing fragile stands near an edge"),
    ),
    _m(
        "liquid_near_electronics",
        _H,
        (
            "what could spill over the electronics?",
            "which drink or liquid is too close to a device?",
            "what should not stand next to something electric?",
        ),
        ("what could cause a short circuit if it fell over?",),
        tried_set(lambda f, i: f.tried.liquid_near_electronics(i), "no liquid stands near a device"),
    ),
    _m(
        "keep_from_child",
        _H,
        (
            "what should a small child not get hold of?",
            "what must be kept away from children?",
            "a toddler is coming, what do i put out of reach?",
        ),
        ("what belongs behind a child lock?",),
        ask_tag((Tag.KEEP_FROM_CHILD,), "is nothing for a child", reason=NoTarget.FALSE_ATTRIBUTE),
    ),
    _m(
        "poison",
        _H,
        (
            "what must nobody swallow?",
            "what here is poisonous?",
            "what would make somebody very ill if they drank it?",
        ),
        ("what would you call the poison line about?",),
        ask_tag((Tag.POISON,), "is poisonous", reason=NoTarget.FALSE_ATTRIBUTE),
    ),
)
