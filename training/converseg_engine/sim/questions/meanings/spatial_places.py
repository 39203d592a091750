"""On which board, on which piece of furniture, in which corner."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken
from converseg_engine.sim.questions.place_facts import PlaceFacts

CORNER = 0.42
OPEN = 0.52


def _on_board(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What stands on a part of furniture that has a name of its own."""
    answers = []
    for region in facts.world.regions:
        host = facts.by_index.get(region.fixture)
        if (
            host is None
            or sum(r.part == region.part and r.fixture == region.fixture for r in facts.world.regions) > 1
        ):
            continue
        if not _part_tells_apart(facts, region.fixture, region.part) or not facts.part_name_is_plain(
            host, region.part
        ):
            continue
        state = facts.is_taken(region)
        on = facts.in_picture(i for i in facts.tried.movable if facts.region_of(i) == region)
        members = facts.these(on)
        if state is None or members is None or state != bool(on) or len(on) > 5:
            continue
        if len(on) == len(facts.things) and on:
            continue
        slots = {"part": region.part, "ref": host.category.name}
        if not facts.references(host):
            continue
        if members:
            answers.append(Answer(members, slots, f"on the {region.part}: {listed(facts, members)}"))
        elif facts.part_answer(host, region.part) is not None:
            answers.append(
                Answer(members, slots, f"nothing stands on the {region.part}", NoTarget.FALSE_RELATION)
            )
    return answers


def _part_tells_apart(facts: PlaceFacts, fixture: int, part: str) -> bool:
    """Whether the fixture carries things on more than this part."""
    return len({r.part for r in facts.world.regions if r.fixture == fixture}) > 1


_PLAIN_HOSTS = frozenset(
    {
        "stove",
        "sink",
        "washbasin",
        "bench",
        "sideboard",
        "luggage cart",
        "desk stand",
        "wall shelf",
        "drawer",
    }
)
"""Furniture that holds things of its own: what stands on a stove also stands on the counter, in a way."""


def _is_a_place(host: Seen | None, facts: PlaceFacts) -> TypeGuard[Seen]:
    return (
        host is not None
        and host.category.name in _PLAIN_HOSTS
        and host.clear
        and bool(facts.references(host))
    )


def _on_furniture(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Everything on one piece of furniture, where things stand on several."""
    hosts: dict[int, list[int]] = {}
    for index in facts.in_picture(facts.tried.movable):
        region = facts.region_of(index)
        if region is None:
            return []
        hosts.setdefault(region.fixture, []).append(index)
    answers = []
    for fixture in sorted({r.fixture for r in facts.world.regions}):
        host = facts.by_index.get(fixture)
        on = hosts.get(fixture, [])
        members = facts.these(on)
        if not _is_a_place(host, facts) or members is None or len(on) > 5:
            continue
        if len(on) == len(facts.things):
            continue
        slots = {"ref": host.category.name}
        if members:
            answers.append(
                Answer(members, slots, f"on or in the {host.category.name}: {listed(facts, members)}")
            )
        elif all(facts.is_taken(r) is False for r in facts.world.regions if r.fixture == fixture):
            text = f"nothing on or in the {host.category.name}"
            answers.append(Answer(members, slots, text, NoTarget.FALSE_RELATION))
    return answers


def _kind_on_furniture(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """One of several of a kind, told apart by where it stands; or a kind that stands elsewhere."""
    answers = []
    for name, group in facts.kinds.items():
        if facts.kind_members(name) is None:
            continue
        regions = {s.index: facts.region_of(s.index) for s in group}
        if None in regions.values():
            continue
        for fixture in sorted({r.fixture for r in facts.world.regions}):
            host = facts.by_index.get(fixture)
            if not _is_a_place(host, facts):
                continue
            on = [i for i, r in regions.items() if r is not None and r.fixture == fixture]
            members = facts.these(on)
            slots = {"cat": spoken(group[0].category), "ref": host.category.name}
            if members and len(on) == 1 and len(group) > 1:
                answers.append(Answer(members, slots, f"the only {name} on the {host.category.name}"))
            elif members is not None and not on and len(group) == 1:
                text = f"the {name} stands somewhere else"
                answers.append(Answer(members, slots, text, NoTarget.FALSE_RELATION))
    return answers


def _corner(vertical: str, side: str) -> Ask:
    """The only thing that lies wholly in one corner of the picture."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        inside, doubt = [], False
        for s in facts.rivals:
            reach_x = s.box[0] if side == "left" else 1 - s.box[2]
            reach_y = s.box[1] if vertical == "upper" else 1 - s.box[3]
            if reach_x < OPEN and reach_y < OPEN:
                return []
        for s in facts.things:
            x = (s.box[2], s.box[0]) if side == "left" else (1 - s.box[0], 1 - s.box[2])
            y = (s.box[3], s.box[1]) if vertical == "upper" else (1 - s.box[1], 1 - s.box[3])
            if x[0] < CORNER and y[0] < CORNER:
                inside.append(s.index)
            elif x[1] < OPEN - 0.04 and y[1] < OPEN - 0.04:
                doubt = True
        members = facts.these(inside)
        if doubt or members is None or len(inside) > 2 or len(inside) == len(facts.things):
            return []
        if not members:
            text = f"nothing lies in the {vertical} {side} quarter of the picture"
            return [Answer(members, {}, text, NoTarget.FALSE_RELATION)]
        return [Answer(members, {}, f"wholly in the {vertical} {side} quarter of the picture")]

    return ask


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "spatial", subfamily, phrasings, held_out, ask)


def _corner_meaning(vertical: str, side: str) -> Meaning:
    return _m(
        f"corner_{vertical}_{side}",
        "places",
        (
            f"what is in the {vertical} {side} corner of the picture?",
            f"which object is at the {vertical} {side} of what you see?",
            f"look to the {vertical} {side}, what is there?",
        ),
        (f"what fills the {vertical} {side} quarter of the image?",),
        _corner(vertical, side),
    )


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "on_board",
        "places",
        (
            "what is on the {part} of the {ref}?",
            "everything on the {part} of the {ref}",
            "which things stand on the {part} of the {ref}?",
        ),
        ("clear the {part} of the {ref}, what has to go?",),
        _on_board,
    ),
    _m(
        "on_furniture",
        "places",
        (
            "what is on or in the {ref}?",
            "everything that the {ref} holds",
            "which things does the {ref} carry?",
        ),
        ("empty the {ref}: what do you take?",),
        _on_furniture,
    ),
    _m(
        "kind_on_furniture",
        "places",
        (
            "+the {cat} on or in the {ref}",
            "which {cat} is on or in the {ref}?",
            "+the {cat} that is on or in the {ref}",
        ),
        ("i mean the {cat} that the {ref} holds",),
        _kind_on_furniture,
    ),
    _corner_meaning("upper", "left"),
    _corner_meaning("upper", "right"),
    _corner_meaning("lower", "left"),
    _corner_meaning("lower", "right"),
)
