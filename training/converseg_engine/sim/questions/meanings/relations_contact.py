"""What lies in what, what leans on what, what rests on two things at once."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts


def is_hollow(seen: Seen) -> bool:
    """Whether other things can lie in it."""
    return seen.model.cavity is not None or seen.model.bay is not None


def _inside(facts: PlaceFacts, host: Seen) -> list[int] | None:
    """Things in a hollow host; None where the trial leaves one of them open."""
    found = []
    for index in facts.tried.movable:
        if index == host.index or not _near(facts, host.index, index):
            continue
        holds = facts.tried.contains(host.index, index).holds
        if holds is None:
            return None
        if holds:
            found.append(index)
    return found


def _near(facts: PlaceFacts, first: int, second: int) -> bool:
    """Whether two bounding boxes meet: what lies in a thing must at least touch its box."""
    (a_low, a_high), (b_low, b_high) = facts.box(first), facts.box(second)
    return bool((a_low <= b_high + 0.01).all() and (b_low <= a_high + 0.01).all())


def leaned_on(facts: PlaceFacts, index: int) -> bool:
    """Whether anything leans on it, or might."""
    return any(
        facts.tried.supports.leans_on(i, index).holds is not False for i in facts.tried.movable if i != index
    )


def leans_anywhere(facts: PlaceFacts, index: int) -> bool:
    """Whether it leans on anything, or might."""
    return any(
        facts.tried.supports.leans_on(index, j).holds is not False
        for j in range(len(facts.world.objects))
        if j != index
    )


def _inside_of(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng):
        if not is_hollow(anchor):
            continue
        found = _inside(facts, anchor)
        members = None if found is None else facts.these(found)
        if members is None or facts.directly_on(anchor.index) - set(found or ()):
            continue
        if members:
            answers.append(Answer(members, {"ref": phrase}, f"the walls of the {phrase} stand all round it"))
        elif anchor.visible > 0.6 and anchor.model.physics.contents is None:
            text = f"nothing lies in the {phrase}"
            answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
    return answers


def _container_of(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng):
        hosts = []
        unsure = False
        for host in facts.things:
            if host is anchor or not is_hollow(host) or not _near(facts, host.index, anchor.index):
                continue
            holds = facts.tried.contains(host.index, anchor.index).holds
            unsure |= holds is None
            if holds:
                hosts.append(host.index)
        members = facts.these(hosts)
        if unsure or len(hosts) != 1 or members is None:
            continue
        name = facts.by_index[hosts[0]].category.name
        answers.append(Answer(members, {"ref": phrase}, f"it lies in the {name}"))
    return answers


UPRIGHT_DEG, TILTED_DEG = 8.0, 14.0
RAISED = 0.4
"""Least height of a leaning thing over its own length: what lies on a neighbor's foot does not lean."""


def tilt_deg(facts: PlaceFacts, index: int) -> float:
    """How far the nearest of its own axes is from the vertical, degrees; 0 where it stands or lies flat."""
    aligned = float(np.abs(facts.world.rotations[index][2]).max())
    return float(np.degrees(np.arccos(min(1.0, aligned))))


def _leans_visibly(facts: PlaceFacts, index: int, held: bool | None) -> bool | None:
    """A sideways push that shows: the thing stands at an angle. Open where only one of both holds."""
    tilt = tilt_deg(facts, index)
    low, high = facts.box(index)
    if held and high[2] - low[2] < RAISED * facts.sizes_m(index)[0]:
        return None
    if held is False and tilt < UPRIGHT_DEG:
        return False
    return True if held and tilt > TILTED_DEG else None


def _leans(*, of_reference: bool) -> Ask:
    """What leans on something (all of it), or what a named thing leans on."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        graph = facts.tried.supports
        num = len(facts.world.objects)
        if of_reference:
            answers = []
            for anchor, phrase in facts.anchors(rng):
                found = [(j, graph.leans_on(anchor.index, j)) for j in range(num) if j != anchor.index]
                on = [j for j, f in found if f.holds]
                if not _leans_visibly(facts, anchor.index, bool(on)):
                    continue
                if any(f.holds is None for _, f in found) or len(on) != 1 or on[0] not in facts.by_index:
                    continue
                if (
                    facts.world.objects[on[0]].fixed
                    or facts.tried.contains(on[0], anchor.index).holds is not False
                ):
                    continue
                members = facts.these(on)
                if members:
                    text = facts.in_words(graph.leans_on(anchor.index, on[0]).evidence)
                    answers.append(Answer(members, {"ref": phrase}, text))
            return answers
        states = {}
        for s in facts.things:
            found_all = [graph.leans_on(s.index, j).holds for j in range(-3, num) if j != s.index]
            held = True if True in found_all else (None if None in found_all else False)
            states[s.index] = _leans_visibly(facts, s.index, held)
        found_set = facts.which(lambda s: states[s.index])
        if found_set is None or len(found_set) > 0.6 * len(facts.things):
            return []
        if not found_set:
            return [Answer(found_set, {}, "nothing in view is held up sideways", NoTarget.FALSE_RELATION)]
        return [Answer(found_set, {}, f"held up sideways: {listed(facts, found_set)}")]

    return ask


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "relations", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "inside_of",
        "containment",
        ("what is in the {ref}?", "what is inside the {ref}?", "what did somebody put into the {ref}?"),
        ("turn the {ref} over, what drops out?",),
        _inside_of,
    ),
    _m(
        "container_of",
        "containment",
        ("what is the {ref} in?", "what holds the {ref} inside?", "which container has the {ref} in it?"),
        ("what would i reach into to get the {ref}?",),
        _container_of,
    ),
    _m(
        "leaning",
        "contact",
        (
            "what leans against something?",
            "which things are leaning?",
            "what would not stand like that by itself?",
        ),
        ("what is propped up at an angle?",),
        _leans(of_reference=False),
    ),
    _m(
        "leans_on",
        "contact",
        (
            "what does the {ref} lean against?",
            "what is the {ref} propped up by?",
            "what keeps the leaning {ref} up?",
        ),
        ("without what would the {ref} fall flat?",),
        _leans(of_reference=True),
    ),
)
