"""Noun phrases: ``the second red cup``, and what follows the noun: places, relations, clothes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from converseg_core.mini.grammar_words import (
    ADJECTIVES,
    ALL,
    BODY_PARTS,
    COLORS,
    DETERMINERS,
    FILLERS,
    GENERIC,
    MASS,
    NUMBERS,
    ORDINALS,
    OUTSIDE_PRONOUNS,
    PARTITIVES,
    PERSON_PRONOUNS,
    RELATIONS,
    SIDES,
    SIZES,
    Relation,
    Side,
    is_participle,
    verb_of,
)
from converseg_core.mini.lexicon import NAMES
from converseg_core.mini.nouns import noun_at
from converseg_core.mini.phrase import PERSON, Link, Phrase


def noun_phrase(words: Sequence[str], start: int) -> tuple[Phrase | None, int]:
    """The noun phrase that begins at a word, without what follows its noun; and where it ends."""
    phrase = Phrase(frozenset(), bare=True)
    place = start
    unknown = ""
    while place < len(words):
        word = words[place]
        after = words[place + 1] if place + 1 < len(words) else ""
        noun = noun_at(words, place)
        if word in ("light", "dark") and after in COLORS:
            place += 1
            continue
        fruit = word == "orange" and after not in GENERIC and noun_at(words, place + 1) is None
        describes = word in COLORS and not fruit
        alone = noun is None or noun.end == place + 1  # "hot dog" is no dog
        describes |= word in ADJECTIVES and alone and after != "" and not _boundary(after)
        describes |= word in SIZES or word in ORDINALS or word in NUMBERS or word in DETERMINERS
        if noun is not None and not describes and word not in GENERIC and (noun.classes or word not in SIDES):
            break
        if word in GENERIC:
            many = phrase.many or word.endswith("s") or word in ("everything", "stuff")
            return replace(phrase, many=many, bare=False), place + 1
        if word in COLORS:
            phrase = replace(phrase, color=COLORS[word])
        elif word in SIZES:
            phrase = replace(phrase, size=SIZES[word])
        elif word in SIDES:
            phrase = replace(phrase, side=SIDES[word])
        elif word in ORDINALS:
            phrase = replace(phrase, ordinal=ORDINALS[word])
        elif word in ALL or word in NUMBERS:
            phrase = replace(phrase, many=True, bare=False)
        elif word in DETERMINERS:
            phrase = replace(phrase, bare=phrase.bare and word in ("a", "an", "any", "no"))
        elif is_participle(word) and noun_at(words, place + 1) is not None and words[start:place]:
            pass  # "the sleeping dog"
        elif _boundary(word) or (place > start and is_participle(word)):
            if unknown:
                return replace(phrase, noun=unknown), place
            return (phrase if phrase.picks else None), place
        elif place - start > 6:
            return None, start
        else:
            unknown = word
        place += 1
    if place >= len(words):
        if unknown:
            return replace(phrase, noun=unknown), place
        return (phrase if phrase.picks else None), place
    noun = noun_at(words, place)
    assert noun is not None
    first = noun
    while noun.end < len(words) and not _boundary(words[noun.end]) and words[noun.end] not in SIDES:
        follower = noun_at(words, noun.end)
        if (
            words[noun.end] in GENERIC
            or follower is None
            or is_participle(words[noun.end])
            or verb_of(words[noun.end])
        ):
            break
        noun = follower
    plural = noun.plural or words[noun.end - 1] in MASS
    text = " ".join(words[first.start : noun.end])
    end = noun.end
    if end < len(words) and words[end] == "of" and words[end - 1] in PARTITIVES:
        inner, inner_end = noun_phrase(words, end + 1)
        if inner is not None and (inner.names or inner.noun):
            merged = replace(inner, many=phrase.many or inner.many or plural, side=phrase.side or inner.side)
            return replace(merged, color=inner.color or phrase.color, size=phrase.size, bare=False), inner_end
    many = phrase.many or plural
    if not noun.classes:
        return replace(phrase, noun=text, many=many), end
    classes = frozenset({text}) if phrase.bare and text in NAMES else noun.classes
    return replace(phrase, names=classes, many=many), end


def _boundary(word: str) -> bool:
    return (
        word in FILLERS
        or word in PERSON_PRONOUNS
        or word in OUTSIDE_PRONOUNS
        or word
        in (
            "and",
            "or",
            "but",
            "to",
            "than",
            "from",
            "between",
            "wearing",
            "whose",
            "as",
            "if",
            "not",
            "up",
            "down",
        )
        or any(parts[0] == word for parts, _ in RELATIONS if len(parts) == 1)
    )


def modifiers(phrase: Phrase, words: Sequence[str], start: int) -> tuple[Phrase, int]:
    """What follows the noun: places, relations, what somebody wears or holds; and how much was read."""
    place, read = start, 0
    while place < len(words):
        word = words[place]
        side, end = _side_at(words, place)
        if side is not None:
            phrase = replace(phrase, side=phrase.side or side)
            place, read = end, read + 1
            continue
        relation, end = relation_at(words, place) or (None, place)
        if word == "between":
            phrase, place, read = replace(phrase, side="middle"), place + 1, read + 1
            continue
        if word in ("looking", "facing", "pointing"):
            _, end = _side_at(words, place + 1)
            place = max(end, place + 1)
            continue
        if word in ("wearing", "wears", "dressed"):
            relation, end = "with", place + 1 + (words[place + 1 : place + 2] == ["in"])
            phrase = replace(phrase, names=PERSON) if _anyone(phrase) else phrase
        elif relation is None and (start == 0 or (place > 0 and is_participle(word))) and verb_of(word):
            relation, end = "with", place + 1
            follows = relation_at(words, end)
            if follows is not None:
                end = follows[1]
                relation = "with" if verb_of(word) in ("talk", "play", "ride") else follows[0]
        if relation is not None:
            anchor, after = _anchor(phrase, words, end)
            if anchor is not None:
                if anchor.names:
                    own = _own_relation(phrase, relation, anchor.names)
                    phrase = replace(phrase, links=(*phrase.links, Link(own, anchor.names, anchor.many)))
                if anchor.color and (relation in ("with", "inside") or not anchor.names) and not phrase.color:
                    keeps = anchor.names and phrase.names != PERSON
                    phrase = phrase if keeps else replace(phrase, color=anchor.color)
                place, read = max(after, place + 1), read + 1
                continue
            place = end
            continue
        if word in ORDINALS:
            phrase = replace(phrase, ordinal=ORDINALS[word])
        elif word in COLORS and phrase.color is None:
            phrase = replace(phrase, color=COLORS[word])
        elif word in SIZES and phrase.size is None and word not in ("main", "short", "long"):
            phrase = replace(phrase, size=SIZES[word])
        elif _anyone(phrase) and is_participle(word) and place == start > 0:
            # "the one standing": mostly somebody.
            phrase = replace(phrase, names=PERSON)
        elif word in ("and", "or") and place == start and (phrase.names or phrase.noun):
            more, after = noun_phrase(words, place + 1)
            if more is not None and more.names and phrase.names:
                phrase, place = replace(phrase, names=phrase.names | more.names, many=True), after
                continue
        place += 1
    return phrase, read


def _anyone(phrase: Phrase) -> bool:
    return not phrase.names and not phrase.noun and not phrase.stuff


_HANDHELD = frozenset(NAMES[24:56]) | {"cell phone", "remote", "book", "scissors", "teddy bear", "toothbrush"}


def _own_relation(phrase: Phrase, relation: Relation, names: frozenset[str]) -> Relation:
    """``a man on his phone`` holds it; ``on the left of`` stays what it is."""
    if phrase.names == PERSON and relation in ("on", "inside", "near") and names <= _HANDHELD:
        return "with"
    return relation


def _anchor(phrase: Phrase, words: Sequence[str], start: int) -> tuple[Phrase | None, int]:
    if start < len(words) and words[start] in ("us", "me", "you"):
        return None, start
    if start < len(words) and words[start] in PERSON_PRONOUNS - {"his", "her", "their"}:
        return Phrase(PERSON), start + 1
    anchor, end = noun_phrase(words, start)
    if anchor is None:
        return None, start
    if words[end - 1] in BODY_PARTS:
        owner = any(word in ("his", "her", "their") for word in words[start:end])
        if owner and phrase.names != PERSON:
            return Phrase(PERSON), end
        return replace(anchor, names=frozenset(), noun="body"), end
    return anchor, end


def relation_at(words: Sequence[str], start: int) -> tuple[Relation, int] | None:
    """The relation whose words begin here, and where they end."""
    for parts, relation in RELATIONS:
        if tuple(words[start : start + len(parts)]) == parts:
            return relation, start + len(parts)
    return None


def _side_at(words: Sequence[str], start: int) -> tuple[Side | None, int]:
    """``on the far left``, ``in the bottom left corner``, ``closest to us``; not ``left of the cup``."""
    place = start
    while place < len(words) and words[place] in _BEFORE_SIDE:
        place += 1
    # "right" strengthens what follows it ("right behind"), and "furthest" a side ("furthest to the left").
    while place < len(words) and words[place] in ("right", "furthest", "farthest", "further"):
        follows = next((k for k in range(place + 1, len(words)) if words[k] not in _BEFORE_SIDE), len(words))
        if follows == len(words) or words[follows] not in SIDES or words[follows] in ("back", "front"):
            break
        place = follows
    sides: list[Side] = []
    while place < len(words) and (words[place] in SIDES or words[place] in ("and", "most", "hand")):
        sides += [SIDES[words[place]]] if words[place] in SIDES else []
        place += 1
    if not sides:
        return None, start
    if sides == ["right"] and (relation_at(words, place) or words[place : place + 1] in (["next"], ["now"])):
        return None, start
    while place < len(words) and words[place] in _AFTER_SIDE:
        place += 1
    if place + 1 < len(words) and words[place] in ("of", "to"):
        to_viewer = words[place + 1] in ("us", "me", "you") or _VIEWERS & set(words[place + 1 : place + 3])
        if not to_viewer:
            return None, start  # a relation to something
        place += 2 if words[place + 1] in ("us", "me", "you") else 3
    row = next((side for side in sides if side in ("top", "bottom")), None)
    column = next((side for side in sides if side in ("left", "right")), None)
    if row is not None and column is not None:
        return _CORNERS[row, column], place
    return column or row or sides[0], place


_BEFORE_SIDE = frozenset({"on", "at", "in", "to", "from", "the", "very", "far", "over", "its", "up", "down"})
_AFTER_SIDE = frozenset({"corner", "side", "edge", "part", "end", "half", "away", "row", "hand"})
_VIEWERS = frozenset({"camera", "viewer", "picture", "photo", "image", "scene", "frame"})
_CORNERS: dict[tuple[Side, Side], Side] = {
    ("top", "left"): "top left",
    ("top", "right"): "top right",
    ("bottom", "left"): "bottom left",
    ("bottom", "right"): "bottom right",
}
