"""Plain phrases about known things: which thing, which of them, where, and beside what.

``the second cup from the left``, ``the biggest red car``, ``the person left of the dog``, ``what is on it``.
What is not understood is said so (:attr:`Phrase.left_over`), and left to other parts of ``mini``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from converseg_core.mini.lexicon import NAMES, OTHER_NAMES
from converseg_core.mini.wordpiece import split_text

Side = Literal["left", "right", "top", "bottom", "middle", "near", "far"]
Size = Literal["big", "small"]
Relation = Literal[
    "left", "right", "above", "below", "on", "under", "near", "inside", "behind", "front", "with", "apart"
]

COLORS = (
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "white",
    "black",
    "gray",
    "grey",
    "brown",
)
_FILLER_TEXT = """
a all am an any are at can could each every everything find for get give her here highlight him i
image in is it item items its just like locate looking mark mask me my need object objects of one
ones only out outline photo pick picture please point s scene see segment select show single some
something stuff that the them there these thing things this those to us visible want what where
which who whole entire whose would you your both
"""
_GENERIC_TEXT = "anything everything item items object objects something thing things what"
_FILLERS = frozenset(_FILLER_TEXT.split()) | {"anything"}
_GENERIC = frozenset(_GENERIC_TEXT.split())
_SIDES: dict[str, Side] = {
    "left": "left",
    "leftmost": "left",
    "right": "right",
    "rightmost": "right",
    "top": "top",
    "topmost": "top",
    "upper": "top",
    "highest": "top",
    "uppermost": "top",
    "bottom": "bottom",
    "lower": "bottom",
    "lowest": "bottom",
    "middle": "middle",
    "center": "middle",
    "centre": "middle",
    "central": "middle",
    "closest": "near",
    "nearest": "near",
    "foreground": "near",
    "farthest": "far",
    "furthest": "far",
    "background": "far",
    "distant": "far",
    "front": "near",
    "back": "far",
}
_SIZES: dict[str, Size] = {
    "big": "big",
    "biggest": "big",
    "large": "big",
    "largest": "big",
    "tall": "big",
    "tallest": "big",
    "bigger": "big",
    "larger": "big",
    "taller": "big",
    "smaller": "small",
    "small": "small",
    "smallest": "small",
    "tiny": "small",
    "little": "small",
    "shortest": "small",
    "short": "small",
    "shorter": "small",
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "2nd": 2, "3rd": 3, "1st": 1}
# Longest first; each is a word sequence that stands between the thing and its anchor.
_RELATION_OF: dict[str, Relation] = {
    "left of": "left",
    "to the left of": "left",
    "on the left of": "left",
    "on the left side of": "left",
    "right of": "right",
    "to the right of": "right",
    "on the right of": "right",
    "on the right side of": "right",
    "above": "above",
    "over": "above",
    "below": "below",
    "beneath": "under",
    "under": "under",
    "underneath": "under",
    "on": "on",
    "on top of": "on",
    "lying on": "on",
    "standing on": "on",
    "sitting on": "on",
    "upon": "on",
    "resting on": "on",
    "next to": "near",
    "beside": "near",
    "near": "near",
    "close to": "near",
    "closest to": "near",
    "nearest to": "near",
    "nearest": "near",
    "closest": "near",
    "by": "near",
    "touching": "near",
    "in": "inside",
    "inside": "inside",
    "inside of": "inside",
    "behind": "behind",
    "in back of": "behind",
    "in front of": "front",
    "before": "front",
    "holding": "with",
    "carrying": "with",
    "with": "with",
    "wearing": "with",
    "riding": "with",
    "using": "with",
    "farthest from": "apart",
    "furthest from": "apart",
    "away from": "apart",
    "not on": "apart",
}
_RELATIONS = tuple(sorted(_RELATION_OF.items(), key=lambda item: -len(item[0].split())))
_PLURALS = {
    "people": "person",
    "persons": "person",
    "men": "person",
    "women": "person",
    "knives": "knife",
    "sheep": "sheep",
    "mice": "mouse",
    "men's": "person",
}
_PEOPLE = (
    "man",
    "woman",
    "boy",
    "girl",
    "child",
    "player",
    "guy",
    "lady",
    "kid",
    "somebody",
    "someone",
    "adult",
    "children",
    "kids",
    "players",
    "rider",
    "skier",
    "surfer",
    "skateboarder",
)


@dataclass(frozen=True)
class Phrase:
    """What a prompt asks for.

    Attributes:
        names: classes that the target may have; empty where any thing will do.
        many: True for a plural: all that fit, not the best one.
        color, size, side, ordinal: which of them; ordinal counts from ``side``.
        relation, anchor: beside what; the anchor is a set of classes.
        left_over: words that were not understood.
    """

    names: frozenset[str]
    many: bool = False
    color: str | None = None
    size: Size | None = None
    side: Side | None = None
    ordinal: int = 1
    relation: Relation | None = None
    anchor: frozenset[str] = frozenset()
    left_over: tuple[str, ...] = ()


def _vocabulary() -> dict[tuple[str, ...], frozenset[str]]:
    table: dict[tuple[str, ...], set[str]] = {}

    def put(text: str, name: str) -> None:
        words = tuple(split_text(text))
        if words and not (len(words) == 1 and words[0] in _FILLERS):
            table.setdefault(words, set()).add(name)

    for name in NAMES:
        put(name, name)
        put(_plural(name), name)
        for other in OTHER_NAMES.get(name, ()):
            plain = other.removeprefix("the ")
            put(plain, name)
            put(_plural(plain), name)
    for word, name in _PLURALS.items():
        put(word, name)
    for word in _PEOPLE:
        put(word, "person")
    return {words: frozenset(names) for words, names in table.items()}


def _plural(name: str) -> str:
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


_NAMES = _vocabulary()
_LONGEST = max(len(words) for words in _NAMES)
_SINGULAR = frozenset(word for name in NAMES for word in [name.split()[-1]])


def parse(prompt: str) -> Phrase | None:
    """Read a prompt; None where it names no known thing and asks for nothing beside one."""
    words = [word for word in split_text(prompt) if any(char.isalnum() for char in word)]
    mentions = _mentions(words)
    if not mentions:
        return None
    target, anchor = mentions[0], None
    relation: Relation | None = None
    split = None
    for start in range(len(words)):
        hit = _relation_at(words, start)
        if hit is None or any(a <= start < b for a, b, _ in mentions):
            continue
        after = [item for item in mentions if item[0] >= start + hit[1]]
        between = words[start + hit[1] : after[0][0]] if after else []
        if after and all(word in _FILLERS or word in _SIZES or word in COLORS for word in between):
            relation, anchor, split = hit[0], after[0], (start, after[0][1])
            break
    generic = False
    if anchor is not None and split is not None and target[0] >= split[0]:
        # No thing stands before the relation: any thing beside the anchor is meant.
        if not any(word in _GENERIC for word in words[: split[0]]):
            return None
        generic = True
    read = set(range(target[0], target[1])) if not generic else set()
    if split is not None:
        read |= set(range(split[0], split[1]))
    color: str | None = None
    size: Size | None = None
    side: Side | None = None
    ordinal = 1
    left_over = []
    for number, word in enumerate(words):
        if number in read:
            continue
        if word in COLORS:
            color = "gray" if word == "grey" else word
        elif word in _SIZES:
            size = _SIZES[word]
        elif word in _SIDES:
            side = _SIDES[word] if side is None or word not in ("front", "back") else side
        elif word in _ORDINALS:
            ordinal = _ORDINALS[word]
        elif word not in _FILLERS and word not in ("on", "from", "side", "camera", "most", "end", "and"):
            left_over.append(word)
    last = words[target[1] - 1]
    many = last not in _SINGULAR and (last.endswith("s") or last in ("people", "men", "women", "children"))
    many = many or any(word in ("all", "every", "everything", "things", "objects", "both") for word in words)
    return Phrase(
        names=frozenset() if generic else target[2],
        many=many or (generic and "what" in words),
        color=color,
        size=size,
        side=side,
        ordinal=ordinal,
        relation=relation,
        anchor=anchor[2] if anchor is not None else frozenset(),
        left_over=tuple(left_over),
    )


def _mentions(words: list[str]) -> list[tuple[int, int, frozenset[str]]]:
    found = []
    start = 0
    while start < len(words):
        for length in range(min(_LONGEST, len(words) - start), 0, -1):
            names = _NAMES.get(tuple(words[start : start + length]))
            if names is not None:
                found.append((start, start + length, names))
                start += length
                break
        else:
            start += 1
    return found


def _relation_at(words: list[str], start: int) -> tuple[Relation, int] | None:
    for text, relation in _RELATIONS:
        parts = text.split()
        if words[start : start + len(parts)] == parts:
            return relation, len(parts)
    return None
