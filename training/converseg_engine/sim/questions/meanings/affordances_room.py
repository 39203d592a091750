"""Where to put it: burners, basins, boards, boxes with room."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.places.region import Region, RegionKind
from converseg_engine.sim.questions.facts import Member
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts

SMALL_RADIUS_M = 0.05
TALL_M, TALL_BAND_M = 0.38, 0.035
HIGH_M, LOW_M = 1.15, 0.95
HEAT_WEAK_C = 150.0


def _region_part(facts: PlaceFacts, region: Region) -> frozenset[Member] | None:
    seen = facts.by_index.get(region.fixture)
    return None if seen is None else facts.part_answer(seen, region.part)


def _burners(facts: PlaceFacts) -> list[Region] | None:
    """All burners, if there are any and each can be seen enough, or is covered by what stands on it."""
    return [r for r in facts.world.regions if r.kind is RegionKind.HOT] or None


def _glows(facts: PlaceFacts, region: Region) -> bool:
    parts = facts.world.objects[region.fixture].parts
    return any(s.emission > 0 for p in parts if p.name == region.part for s in p.surfaces)


def _burner_answer(*, taken: bool) -> Ask:
    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        burners = _burners(facts)
        # A burner that glows with nothing on it is free and in use at once.
        if burners is None or any(_glows(facts, r) and facts.is_taken(r) is not True for r in burners):
            return []
        members: frozenset[Member] = frozenset()
        for region in burners:
            state = facts.is_taken(region)
            if state is None:
                return []
            if state == taken:
                part = _region_part(facts, region)
                if part is None:
                    return []
                members |= part
        word = "taken" if taken else "free"
        if not members:
            return [Answer(members, {}, f"none of {len(burners)} burners is {word}", NoTarget.FALSE_STATE)]
        return [Answer(members, {}, f"{len(members)} of {len(burners)} burners {word}")]

    return ask


def _hot_pan(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Free burners, where a stove is in view; without one, nothing, unless something might do."""
    burners = _burners(facts)
    if burners is None or burners[0].fixture not in facts.by_index:
        flat = [s for s in facts.seen if s.category.knows(Tag.PUT_ON) is not False]
        hot = any(s.category.knows(Tag.HEAT_PROOF) is not False for s in flat if not s.model.fixed)
        bears = any(s.model.physics.heat_tolerance_c > HEAT_WEAK_C for s in flat if s.model.fixed)
        if hot or bears or burners is not None:
            return []
        return [Answer(frozenset(), {}, "nothing in view bears a hot pan", NoTarget.ABSENT_OBJECT)]
    free: frozenset[Member] = frozenset()
    for region in burners:
        state, part = facts.is_taken(region), _region_part(facts, region)
        if state is None or (not state and part is None):
            return []
        if not state and part is not None:
            free |= part
    if not free:
        return [Answer(free, {}, "every burner is taken", NoTarget.FALSE_STATE)]
    return [Answer(free, {}, f"{len(free)} burners are free")]


def _wash(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    basins = [r for r in facts.world.regions if r.kind is RegionKind.WET]
    members = facts.these({r.fixture for r in basins if r.fixture in facts.by_index})
    if members is None:
        return []
    if not members:
        if any(s.category.knows(Tag.CARRY_WATER) is not False for s in facts.seen):
            return []
        return [Answer(members, {}, "there is no basin in view", NoTarget.ABSENT_OBJECT)]
    return [Answer(members, {}, "water runs and drains here")]


def _in_frame(facts: PlaceFacts, region: Region) -> bool:
    """Whether the picture shows all of a region, but for a twentieth of its own size at the rims."""
    camera = facts.view.camera
    pixels, depth = camera.project(region.corners())
    size = np.array([camera.width, camera.height])
    inside = (pixels > -0.05 * size) & (pixels < 1.05 * size)
    return bool((depth > 0).all() and inside.all())


def _boards(facts: PlaceFacts) -> list[Region]:
    """The boards of a shelf, or the top and the lower board of a workbench, each of them in view."""
    stands = [
        r
        for r in facts.world.regions
        if facts.world.objects[r.fixture].category in ("shelf", "workbench") and r.kind is RegionKind.STAND
    ]
    if len(stands) < 2 or any(_region_part(facts, r) is None or not _in_frame(facts, r) for r in stands):
        return []
    return stands


def _empty_board(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    boards = _boards(facts)
    states = [facts.is_taken(r) for r in boards]
    if not boards or None in states:
        return []
    return _union(facts, boards, [state is False for state in states], "has nothing on it")


def _tall(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    boards = _boards(facts)
    if not boards or any(abs(r.clearance_m - TALL_M) < TALL_BAND_M for r in boards):
        return []
    states = [facts.tried.has_room(r, SMALL_RADIUS_M).holds for r in boards]
    if None in states:
        return []
    fits = [s is True and r.clearance_m > TALL_M for r, s in zip(boards, states, strict=True)]
    return _union(facts, boards, fits, f"has more than {100 * TALL_M:.0f} cm of height and room to stand")


def _out_of_reach(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Places to stand things on that are plainly above a small child's reach, among those in view."""
    kinds = (RegionKind.STAND, RegionKind.INSIDE)
    regions = [r for r in facts.world.regions if r.kind in kinds and _region_part(facts, r) is not None]
    if len(regions) < 2 or any(LOW_M < r.centre[2] < HIGH_M for r in regions):
        return []
    high = [r.centre[2] >= HIGH_M for r in regions]
    return _union(facts, regions, high, f"lies more than {HIGH_M:.2f} m above the floor") if any(high) else []


def _union(facts: PlaceFacts, boards: list[Region], holds: list[bool], what: str) -> list[Answer]:
    if all(holds):
        return []
    parts = [_region_part(facts, r) for r, good in zip(boards, holds, strict=True) if good]
    members = frozenset(m for part in parts if part is not None for m in part)
    if not members:
        return [Answer(members, {}, f"no place in view {what}", NoTarget.FALSE_STATE)]
    return [Answer(members, {}, f"{sum(holds)} of {len(boards)} places: {what}")]


def _container_with_room(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Open hollows with nothing in them, among things made to keep others in."""

    def empty(index: int) -> bool | None:
        seen = facts.by_index[index]
        keeps = seen.category.knows(Tag.STORE)
        if keeps is not True:
            return keeps
        riders = facts.directly_on(index)
        if riders:
            return False if facts.these(riders) is not None else None
        return True if seen.model.bay is not None or seen.model.cavity is not None else None

    found = facts.which(lambda s: empty(s.index))
    if found is None:
        return []
    if not found:
        kept = [s for s in facts.things if s.category.knows(Tag.STORE)]
        reason = NoTarget.FALSE_STATE if kept else NoTarget.ABSENT_OBJECT
        return [Answer(found, {}, "no open box in view is empty", reason)]
    return [Answer(found, {}, "open, made to keep things in, and nothing lies in it")]


def _m(key: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "affordances", "room", phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "room_hot_pan",
        (
            "where can i put this hot pan?",
            "this pot is hot, where can it go?",
            "where may something hot stand?",
            "where could i set a hot pot down without harm?",
        ),
        ("i burn my hands, where does this pan go?",),
        _hot_pan,
    ),
    _m(
        "burner_free",
        (
            "where on the stove is a place free?",
            "1:which burner is free?",
            "2:which burners are free?",
            "where on the stove can i cook next?",
        ),
        ("what part of the hob is still unused?",),
        _burner_answer(taken=False),
    ),
    _m(
        "burner_taken",
        (
            "where on the stove does something stand?",
            "1:which burner is taken?",
            "2:which burners are taken?",
            "what part of the stove is in use?",
        ),
        ("where on the hob is no room for my pot?",),
        _burner_answer(taken=True),
    ),
    _m(
        "room_to_wash",
        (
            "where can i rinse this apple?",
            "where can i wash the dishes?",
            "where do i pour this water away?",
            "where can this wet cloth drip?",
        ),
        ("where would i fill a kettle?",),
        _wash,
    ),
    _m(
        "board_empty",
        (
            "where is nothing yet?",
            "which board or surface is empty?",
            "where does nothing stand?",
        ),
        ("what place has not been used at all?",),
        _empty_board,
    ),
    _m(
        "room_tall",
        (
            "where would something forty centimeters tall fit upright?",
            "where can this tall vase stand without hitting a board above it?",
            "where is the space above high enough for forty centimeters?",
        ),
        ("where would a long umbrella fit if i stood it up?",),
        _tall,
    ),
    _m(
        "room_out_of_reach",
        (
            "where would the scissors be out of a toddler's reach?",
            "where can i put this so that a small child can not get it?",
            "what place is too high for a toddler?",
        ),
        ("where would pills be safe from little hands?",),
        _out_of_reach,
    ),
    _m(
        "container_empty",
        (
            "what empty box could i put my things in?",
            "1:which container is still empty?",
            "2:which containers are still empty?",
            "what can i still fill with odds and ends?",
        ),
        ("what has nothing in it and could hold small things?",),
        _container_with_room,
    ),
)
