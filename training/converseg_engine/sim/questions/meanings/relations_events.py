"""What hides what, what hangs over an edge, what lies open or covered."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.trials.occlusion import occludes


def _hides(*, hider: bool) -> Ask:
    """What hides part of a named thing, or what a named thing hides."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for anchor, phrase in facts.anchors(rng)[:8]:
            if facts.hidden_things:
                return []
            states: dict[int, bool | None] = {}
            for s in facts.things:
                if s is anchor:
                    continue
                front, back = (s, anchor) if hider else (anchor, s)
                states[s.index] = _hidden_by(facts, front, back)
            chosen = [i for i, on in states.items() if on]
            members = facts.these(chosen)
            if None in states.values() or members is None or len(chosen) > 2:
                continue
            if members:
                pair = (chosen[0], anchor.index) if hider else (anchor.index, chosen[0])
                text = facts.in_words(occludes(facts.view, facts.world, *pair).evidence)
                answers.append(Answer(members, {"ref": phrase}, text))
            elif hider and anchor.visible > 0.95:
                text = f"the {phrase} is not hidden"
                answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
        return answers

    return ask


def _hidden_by(facts: PlaceFacts, front: Seen, back: Seen) -> bool | None:
    if front.model.fixed:
        return (
            False if back.visible > 0.97 else occludes(facts.view, facts.world, front.index, back.index).holds
        )
    if front.index in facts.carriers(back.index) or back.index in facts.carriers(front.index):
        # A mug hides its saucer, but does the saucer stand behind it?
        return False if back.visible > 0.97 else None
    margin = 0.01
    apart = (
        front.box[2] < back.box[0] - margin
        or back.box[2] < front.box[0] - margin
        or front.box[3] < back.box[1] - margin
        or back.box[3] < front.box[1] - margin
    )
    if apart or back.visible > 0.97:
        return False
    return occludes(facts.view, facts.world, front.index, back.index).holds


def _partly_hidden(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Things of which a good part is behind something else, not cut by the picture's rim."""

    def hidden(s: Seen) -> bool | None:
        fronts = (*facts.things, *facts.rivals)
        states = [_hidden_by(facts, front, s) for front in fronts if front is not s]
        return True if True in states else (None if None in states else False)

    found = facts.which(hidden)
    if found is None or len(found) > 2 or facts.hidden_things:
        return []
    if not found:
        return [Answer(found, {}, "every thing in view shows whole", NoTarget.FALSE_STATE)]
    share = 100 * (1 - facts.by_index[min(found)[0]].visible)
    return [Answer(found, {}, f"{share:.0f} % of it is hidden")]


def _cut_off(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Things that the rim of the picture cuts."""

    def cut(s: Seen) -> bool | None:
        at_rim = min(s.box[0], s.box[1]) <= 0.001 or max(s.box[2], s.box[3]) >= 0.999
        if not at_rim:
            return False
        return True if s.visible < 0.85 else None

    found = facts.which(cut)
    if found is None or len(found) > 2:
        return []
    if not found:
        return [Answer(found, {}, "no thing reaches the rim of the picture", NoTarget.FALSE_STATE)]
    return [Answer(found, {}, "the rim of the picture cuts it")]


def _overhanging(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Things that jut out over the free edge of what they stand on."""
    found = facts.which(lambda s: juts_out(facts, s.index))
    if found is None or len(found) > 3:
        return []
    if not found:
        return [Answer(found, {}, "nothing juts out over an edge", NoTarget.FALSE_RELATION)]
    return [Answer(found, {}, "part of it has no support below")]


def juts_out(facts: PlaceFacts, index: int) -> bool | None:
    """Whether a thing reaches out over a free edge of the region it stands on."""
    region = facts.region_of(index)
    if region is None or not region.free_edges:
        return False if region is not None else None
    local = region.to_local(facts.world.vertices(index))
    reach = {
        "x-": -local[:, 0].min() - region.half_x,
        "x+": local[:, 0].max() - region.half_x,
        "y-": -local[:, 1].min() - region.half_y,
        "y+": local[:, 1].max() - region.half_y,
    }
    out = max(float(reach[edge]) for edge in region.free_edges)
    return True if out > 0.025 else (None if out > 0.004 else False)


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "relations", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "hidden_by",
        "occlusion",
        (
            "what hides part of the {ref}?",
            "what blocks your view of the {ref}?",
            "what must move so that you see all of the {ref}?",
        ),
        ("what is in your line of sight to the {ref}?",),
        _hides(hider=True),
    ),
    _m(
        "hides",
        "occlusion",
        (
            "what is partly hidden behind the {ref}?",
            "what does the {ref} cover up in your view?",
            "what would you see better without the {ref}?",
        ),
        ("what peeks out from behind the {ref}?",),
        _hides(hider=False),
    ),
    _m(
        "partly_hidden",
        "occlusion",
        (
            "what is partly hidden behind something?",
            "which things can you not see in full because something is in the way?",
            "what peeks out from behind another thing?",
        ),
        ("what does something else cover in part?",),
        _partly_hidden,
    ),
    _m(
        "cut_off",
        "occlusion",
        (
            "which loose object is cut off by the edge of the picture?",
            "of all that could be picked up, what is only partly in the picture?",
            "which loose thing reaches beyond what you can see?",
        ),
        ("for which loose thing would you have to turn your camera?",),
        _cut_off,
    ),
    _m(
        "overhanging",
        "contact",
        ("what sticks out over the edge?", "what hangs over the edge?", "which things jut out into the air?"),
        ("what reaches out past the edge it lies on?",),
        _overhanging,
    ),
)
