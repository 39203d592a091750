"""What color is it: things of a color, kinds of a color, and those that are not."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.questions.facts import looks
from converseg_engine.sim.questions.meanings.by_tag import is_selective, listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Meaning, NoTarget
from converseg_engine.sim.questions.naming import may_be_called, spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts


def _fixtures_look(facts: PlaceFacts, color: str) -> bool:
    """Whether somebody might name furniture, or a part of it, by this color."""
    return any(s.model.looks(color) is not False for s in facts.fixtures)


def _color_things(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for color in COLOR_NAMES:
        found = facts.which(looks(color))
        if found is None or _fixtures_look(facts, color) or not is_selective(facts, len(found)):
            continue
        if found:
            answers.append(Answer(found, {"color": color}, f"{color}: {listed(facts, found)}"))
        elif facts.all_clear and all(color not in s.model.accents for s in facts.seen):
            text = f"no thing in view is {color}"
            answers.append(Answer(found, {"color": color}, text, NoTarget.FALSE_ATTRIBUTE))
    return answers


def _two_colors(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    sets = {}
    for color in COLOR_NAMES:
        found = facts.which(looks(color))
        if found and not _fixtures_look(facts, color):
            sets[color] = found
    names = list(sets)
    answers = []
    for k in range(len(names) - 1):
        both = sets[names[k]] | sets[names[k + 1]]
        if is_selective(facts, len(both)):
            slots = {"color": names[k], "other": names[k + 1]}
            answers.append(Answer(both, slots, f"{names[k]} or {names[k + 1]}: {listed(facts, both)}"))
    return answers


def _colored_kind(*, several: bool):  # type: ignore[no-untyped-def]
    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for name, group in facts.kinds.items():
            if facts.kind_members(name) is None:
                continue
            for color in COLOR_NAMES:
                found = facts.which(_is_colored_kind(name, color))
                slots = {
                    "cat": spoken(group[0].category),
                    "cats": spoken_plural(group[0].category),
                    "color": color,
                }
                if found and (len(found) > 1) == several:
                    answers.append(Answer(found, slots, f"{len(found)} {color} {name}"))
                elif found is not None and not found and not several:
                    # A hard "no": the kind is there and the color is there, but not together.
                    comes_so = color in group[0].category.colors
                    if comes_so and any(s.model.color == color and s.clear for s in facts.things):
                        colors = ", ".join(sorted({s.model.color for s in group}))
                        text = f"the {slots['cats'] if len(group) > 1 else name} in view: {colors}"
                        answers.append(Answer(found, slots, text, NoTarget.FALSE_ATTRIBUTE))
        return answers

    return ask


def _is_colored_kind(name: str, color: str):  # type: ignore[no-untyped-def]
    def verdict(seen):  # type: ignore[no-untyped-def]
        if may_be_called(seen.category.name, name) is False:
            return False
        if seen.category.name == name and seen.model.color == color:
            return True
        return False if seen.model.looks(color) is False else None

    return verdict


def _kind_not_color(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for name, group in facts.kinds.items():
        if len(group) < 3 or facts.kind_members(name) is None:
            continue
        for color in sorted({s.model.color for s in group}):
            others = [s for s in group if s.model.color != color]
            if not 2 <= len(others) < len(group) or any(s.model.looks(color) is not False for s in others):
                continue
            members = facts.these([s.index for s in others])
            if members:
                slots = {"cats": spoken_plural(group[0].category), "color": color}
                answers.append(Answer(members, slots, f"{len(others)} of {len(group)} are not {color}"))
    return answers


def _odd_color(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Three or more of a kind, all of one color but one."""
    answers = []
    for name, group in facts.kinds.items():
        if len(group) < 3 or facts.kind_members(name) is None:
            continue
        colors = [s.model.color for s in group]
        odd = [s for s in group if colors.count(s.model.color) == 1]
        if len(odd) == 1 and len(set(colors)) == 2 and all(s.model.pure_color for s in group):
            members = facts.these([odd[0].index])
            if members:
                slots = {"cats": spoken_plural(group[0].category)}
                answers.append(Answer(members, slots, f"one is {odd[0].model.color}, the others are not"))
    return answers


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask) -> Meaning:  # type: ignore[no-untyped-def]
    return Meaning(key, "entities", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "color_things",
        "colors",
        (
            "what is {color} here?",
            "1:+the {color} thing",
            "2:++the {color} things",
            "everything that is {color}, please",
            "which objects are {color}?",
        ),
        ("mark each {color} item", "what did somebody paint {color}?"),
        _color_things,
    ),
    _m(
        "color_two",
        "colors",
        (
            "everything that is {color} or {other}",
            "++the {color} and the {other} things",
            "collect what is {color} and what is {other}",
        ),
        ("all objects in {color} or in {other}",),
        _two_colors,
    ),
    _m(
        "color_kind_one",
        "colors",
        (
            "+the {color} {cat}",
            "+a {color} {cat}",
            "bring me the {color} {cat}",
            "have you seen my {color} {cat}?",
        ),
        ("i want the {cat}, the {color} one", "which {cat} is {color}?"),
        _colored_kind(several=False),
    ),
    _m(
        "color_kind_all",
        "colors",
        ("++the {color} {cats}", "++all the {color} {cats}", "please collect the {color} {cats}"),
        ("of the {cats}, i want the {color} ones",),
        _colored_kind(several=True),
    ),
    _m(
        "kind_not_color",
        "choices",
        (
            "++the {cats} that are not {color}",
            "++all {cats} that have another color than {color}",
            "bring the {cats}, but nothing {color}",
        ),
        ("i like the {cats}, just no {color} ones",),
        _kind_not_color,
    ),
    _m(
        "odd_color",
        "choices",
        (
            "which of the {cats} has a different color?",
            "which of the {cats} is the odd one out by color?",
            "one of the {cats} does not match the others, which one?",
        ),
        ("which of the {cats} stands out by its color?",),
        _odd_color,
    ),
)
