"""Every sentence that is asked, as data: the closed vocabulary of the simulated questions follows from it.

A template maps to its concept family and its phrasings. Slots: {ref} and {cat} a noun phrase ("mug",
"red mug"), {cats} its plural, {color} a colour word, {part} the name of a part. Phrasings that begin
with ``+`` are noun phrases: a carrier ("show me {}") may be put round them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects.catalog import TABLETOP_CATEGORIES

CARRIERS: tuple[str, ...] = (
    "show me {}",
    "find {}",
    "where is {}",
    "point at {}",
    "please show me {}",
    "can you show me {}?",
    "can you find {}?",
    "please find {}",
    "i am looking for {}",
    "i need {}",
    "give me {}",
    "segment {}",
)
"""Put round a noun phrase four times in ten."""

BARE_SHARE = 0.6


@dataclass(frozen=True)
class Template:
    """One question meaning: its family and the ways to say it."""

    concept: str
    phrasings: tuple[str, ...]


def _t(concept: str, *phrasings: str) -> Template:
    return Template(concept, phrasings)


TEMPLATES: Mapping[str, Template] = {
    # entities
    "category_one": _t("entities", "+the {cat}", "+a {cat}", "{cat}"),
    "category_all": _t("entities", "+all the {cats}", "+every {cat}", "{cats}", "+the {cats}", "+all {cats}"),
    "color_category_one": _t("entities", "+the {color} {cat}", "{color} {cat}", "+a {color} {cat}"),
    "color_category_all": _t("entities", "+all the {color} {cats}", "+every {color} {cat}", "{color} {cats}"),
    "color_one": _t("entities", "+the {color} thing", "+something {color}", "what is {color}?"),
    "color_all": _t("entities", "+all the {color} things", "+everything that is {color}", "what is {color}?"),
    "two_categories": _t("entities", "+the {cat} and the {other}", "{cat} and {other}"),
    "not_color_all": _t("entities", "+the {cats} that are not {color}", "+all {cats} but the {color} one"),
    # spatial
    "leftmost": _t(
        "spatial", "+the leftmost object", "what is farthest to the left?", "+the thing on the far left"
    ),
    "rightmost": _t(
        "spatial", "+the rightmost object", "what is farthest to the right?", "+the thing on the far right"
    ),
    "leftmost_category": _t("spatial", "+the leftmost {cat}", "+the {cat} on the left"),
    "rightmost_category": _t("spatial", "+the rightmost {cat}", "+the {cat} on the right"),
    "nearest": _t(
        "spatial",
        "what is closest to the camera?",
        "what is nearest to us?",
        "+the closest object",
        "+the thing in front",
    ),
    "farthest": _t(
        "spatial",
        "what is farthest from the camera?",
        "+the object farthest away",
        "+the thing at the very back",
    ),
    "nearest_category": _t(
        "spatial", "+the closest {cat}", "+the {cat} nearest to us", "+the {cat} in front"
    ),
    "farthest_category": _t("spatial", "+the farthest {cat}", "+the {cat} at the back"),
    "middle": _t(
        "spatial",
        "+the object in the middle",
        "what is in the middle of the picture?",
        "+the thing in the center",
    ),
    "left_of": _t("spatial", "+the {cat} left of the {ref}", "+the {cat} to the left of the {ref}"),
    "right_of": _t("spatial", "+the {cat} right of the {ref}", "+the {cat} to the right of the {ref}"),
    "left_half": _t("spatial", "+everything on the left side", "what is on the left half of the picture?"),
    "right_half": _t("spatial", "+everything on the right side", "what is on the right half of the picture?"),
    "all_left_of": _t("spatial", "+everything left of the {ref}", "what is to the left of the {ref}?"),
    "all_right_of": _t("spatial", "+everything right of the {ref}", "what is to the right of the {ref}?"),
    # relations
    "on_top": _t(
        "relations",
        "what is on the {ref}?",
        "what stands on the {ref}?",
        "+the thing on the {ref}",
        "+the object on top of the {ref}",
    ),
    "category_on_top": _t("relations", "+the {cat} on the {ref}", "+the {cat} on top of the {ref}"),
    "under": _t(
        "relations", "what is under the {ref}?", "+the thing under the {ref}", "what does the {ref} stand on?"
    ),
    "inside": _t(
        "relations", "what is in the {ref}?", "what is inside the {ref}?", "+the thing inside the {ref}"
    ),
    "next_to": _t(
        "relations",
        "what is next to the {ref}?",
        "+the thing next to the {ref}",
        "+the neighbor of the {ref}",
    ),
    "carries": _t("relations", "what has something on top of it?", "+everything that has something on it"),
    "same_color": _t(
        "relations", "what has the same color as the {ref}?", "+everything with the same color as the {ref}"
    ),
    "same_kind": _t("relations", "+another {cat} like the {ref}", "+the other {cat}, not the {ref}"),
    # affordances
    "drink": _t("affordances", "+something to drink from", "what can i drink from?", "i am thirsty"),
    "cut": _t("affordances", "+something to cut with", "what can i cut bread with?", "what can i cut with?"),
    "hammer": _t("affordances", "+something to hit a nail with", "how can i get this nail into the wall?"),
    "turn_screw": _t("affordances", "+something to turn a screw with", "how can i tighten this screw?"),
    "hold_soup": _t(
        "affordances", "what holds soup?", "+something to eat soup from", "where can i pour the soup?"
    ),
    "eat_soup_with": _t("affordances", "+something to eat soup with", "what can i stir the soup with?"),
    "read": _t("affordances", "+something to read", "what can i read?", "i am bored and want to read"),
    "give_light": _t("affordances", "what gives light?", "+something that gives light", "it is dark in here"),
    "flowers": _t(
        "affordances", "what is made for flowers?", "where do flowers go?", "+something to put flowers in"
    ),
    "play": _t(
        "affordances", "+something to play with", "what can i throw and catch?", "what can a child play with?"
    ),
    "eat": _t("affordances", "+something to eat", "what can i eat?", "i am hungry"),
    "fry": _t("affordances", "+something to fry an egg in", "what can i fry an egg in?"),
    "serve": _t("affordances", "what do i serve dinner on?", "+something flat to eat from"),
    "pack": _t("affordances", "+something to pack a gift in", "what can i send by mail?"),
    "hold": _t(
        "affordances",
        "where do i hold the {ref}?",
        "where should i grasp the {ref}?",
        "+the place to hold the {ref}",
    ),
    "part_of": _t("affordances", "+the {part} of the {ref}", "{ref} {part}"),
    "all_handles": _t("affordances", "+every handle", "+all the handles", "what can i hold things by?"),
    "cutting_part": _t("affordances", "+the part that cuts", "which part cuts?"),
    "hitting_part": _t("affordances", "which part hits the nail?", "+the part that hits the nail"),
    "opening_part": _t("affordances", "where do i open the {ref}?", "what do i turn to open the {ref}?"),
    "free_table": _t(
        "affordances",
        "where can i put the hot pan?",
        "where is room to put something down?",
        "+the free space on the table",
        "+the table",
    ),
    # physics and safety
    "rolls": _t(
        "physics", "what would roll away?", "+something that could roll off the table", "what can roll?"
    ),
    "sharp": _t("physics", "what is sharp?", "what could cut me?", "+the dangerous sharp thing"),
    "sharp_part": _t("physics", "which part could cut me?", "where should i not touch the {ref}?"),
    "hot": _t("physics", "what is hot?", "what could burn me?", "what could start a fire?"),
    "breaks": _t(
        "physics", "what would break if it fell?", "what is fragile?", "+everything that could break"
    ),
    "bounces": _t("physics", "what would bounce if i dropped it?", "+something that bounces"),
    "water_harms": _t("physics", "what must not get wet?", "what would water damage?"),
    "tips": _t(
        "physics",
        "what could tip over most easily?",
        "what would fall over first?",
        "+the least stable object",
    ),
    "comes_off": _t(
        "physics",
        "what must come off before i can take the {ref}?",
        "what must i take off the {ref} first?",
        "what would fall if i pulled away the {ref}?",
    ),
    "supports": _t("physics", "what holds up the {ref}?", "what keeps the {ref} from falling?"),
    "free_to_lift": _t(
        "physics",
        "what can i lift without moving anything else?",
        "+everything that can be taken away safely",
    ),
    "not_free": _t(
        "physics", "what can i not lift without moving something else?", "what can not be taken away safely?"
    ),
    "edge": _t(
        "physics",
        "what could fall off the table?",
        "what is too close to the edge?",
        "+the object near the edge",
    ),
    "tallest": _t("physics", "what is the tallest object?", "+the tallest thing"),
}

CONCEPTS: tuple[str, ...] = ("entities", "spatial", "relations", "affordances", "physics")

PART_NAMES: tuple[str, ...] = tuple(sorted({part for c in TABLETOP_CATEGORIES for part in c.askable_parts}))


def say(template: str, slots: Mapping[str, str], rng: np.random.Generator) -> str:
    """One phrasing of a template, lower case, with its slots filled.

    Raises:
        ValueError: no such template, or a slot is missing.
    """
    if template not in TEMPLATES:
        raise ValueError(f"template: {template!r} is unknown; see TEMPLATES")
    phrasings = TEMPLATES[template].phrasings
    phrase = phrasings[int(rng.integers(len(phrasings)))]
    is_noun_phrase = phrase.startswith("+")
    try:
        said = phrase.removeprefix("+").format(**slots)
    except KeyError as missing:
        raise ValueError(f"slots: {template} needs {missing}") from missing
    said = re.sub(r"\ba (?=[aeiou])", "an ", said)
    if is_noun_phrase and rng.random() > BARE_SHARE:
        said = CARRIERS[int(rng.integers(len(CARRIERS)))].format(said)
    elif said.endswith("?") and rng.random() < 0.4:
        said = said.removesuffix("?")
    return said


def words_of(prompt: str) -> tuple[str, ...]:
    """The words of a prompt: lower-case runs of letters."""
    return tuple(re.findall(r"[a-z]+", prompt.lower()))


@cache
def vocabulary() -> tuple[str, ...]:
    """Every word that any question can hold, sorted."""
    found = {"an", *COLOR_NAMES, *PART_NAMES}
    for category in TABLETOP_CATEGORIES:
        found |= {category.name, category.plural}
    for sentence in (*CARRIERS, *(p for t in TEMPLATES.values() for p in t.phrasings)):
        found |= set(words_of(re.sub(r"\{\w*\}", " ", sentence)))
    return tuple(sorted(found))


FILLER_WORDS: tuple[str, ...] = (
    "a", "all", "am", "an", "at", "by", "can", "do", "does", "find", "for", "get", "give", "has",
    "here", "i", "if", "is", "it", "like", "looking", "me", "need", "of", "please", "point", "segment",
    "should", "show", "that", "the", "this", "to", "us", "want", "what", "where", "which", "you",
)  # fmt: skip
"""Words of the vocabulary that carry little meaning of their own."""
