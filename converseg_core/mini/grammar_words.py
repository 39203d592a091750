"""Closed lists of English words that the grammar knows: places, sizes, relations, verbs, parts of a body."""

from __future__ import annotations

from typing import Literal

Side = Literal[
    "left",
    "right",
    "top",
    "bottom",
    "middle",
    "near",
    "far",
    "top left",
    "top right",
    "bottom left",
    "bottom right",
]
Size = Literal["big", "small"]
Relation = Literal[
    "left",
    "right",
    "above",
    "below",
    "on",
    "under",
    "near",
    "inside",
    "behind",
    "front",
    "with",
    "apart",
    "holds",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COLORS = {
    **{
        word: word
        for word in ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black")
    },
    "gray": "gray",
    "grey": "gray",
    "silver": "gray",
    "brown": "brown",
    "violet": "purple",
    "beige": "brown",
    "golden": "yellow",
    "blond": "yellow",
    "blonde": "yellow",
    "dark": "black",
    "tan": "brown",
}
SIDES: dict[str, Side] = {
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
    "front": "near",
    "farthest": "far",
    "furthest": "far",
    "farther": "far",
    "further": "far",
    "background": "far",
    "distant": "far",
    "distance": "far",
    "back": "far",
    "rear": "far",
}
SIZES: dict[str, Size] = {
    **dict.fromkeys(
        ("big", "biggest", "bigger", "large", "largest", "larger", "huge", "tall", "tallest"), "big"
    ),
    **dict.fromkeys(("taller", "long", "longest", "main", "adult", "grown", "giant"), "big"),
    **dict.fromkeys(("small", "smallest", "smaller", "tiny", "little", "short", "shortest"), "small"),
    **dict.fromkeys(("shorter", "baby", "young", "younger", "mini"), "small"),
}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
NUMBERS = (
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "several",
    "many",
    "few",
    "some",
    "couple",
)
ALL = (
    "all",
    "every",
    "both",
    "each",
    "everything",
    "everyone",
    "any",
    "anything",
    "anybody",
    "these",
    "those",
)
DETERMINERS = _words(
    """
a an the this that these those some any every all each both my your his her its their our no other
another  of one's only same
"""
)
_RELATION_TEXTS: tuple[tuple[Relation, str], ...] = (
    ("left", "left of,to the left of,on the left of,on the left side of,at the left of"),
    ("right", "right of,to the right of,on the right of,on the right side of,at the right of"),
    ("above", "above,over,higher than"),
    ("below", "below,lower than"),
    ("under", "under,beneath,underneath,under the shade of"),
    ("on", "on,on top of,onto,upon,atop,on the back of,at the top of,aboard"),
    (
        "near",
        "next to,beside,near,near to,close to,closest to,nearest to,by,alongside,around,at,along,against",
    ),
    ("near", "among,amongst,adjacent to,at the side of,on the side of,towards,toward"),
    ("inside", "in,inside,inside of,within,into,in the middle of,through"),
    ("behind", "behind,in back of,at the back of"),
    ("front", "in front of,before,ahead of"),
    ("with", "with,together with,full of,filled with"),
    ("apart", "farthest from,furthest from,away from,far from,not on,not in,without"),
)
# Each stands between a thing and what it is beside; longest first.
RELATIONS: tuple[tuple[tuple[str, ...], Relation], ...] = tuple(
    sorted(
        ((tuple(text.split()), relation) for relation, texts in _RELATION_TEXTS for text in texts.split(",")),
        key=lambda item: -len(item[0]),
    )
)
PERSON_PRONOUNS = _words(
    """
he she him her they them his their hers who whom someone somebody everyone
"""
)
# Speakers and hearers stand beside the picture, not in it.
OUTSIDE_PRONOUNS = _words(
    """
i you we me us my your our one people somebody someone it there nobody anyone anybody
"""
)
BODY_PARTS = _words(
    """
hand hands arm arms head heads mouth neck lap shoulder shoulders back foot feet leg legs face finger
fingers  hair beard eyes ear ears nose tail trunk beak wrist knee knees body
"""
)
ADJECTIVES = _words(
    """
round square flat metal wooden plastic leather stone brick paper shiny curly empty folded open closed
striped full half electric sweet fresh hot cold wet dry old new modern antique double single plain wild
tame sitting standing
"""
)
GENERIC = _words(
    """
thing things object objects item items stuff something anything everything one ones part place spot
way area
"""
)
MASS = _words(
    """
luggage baggage furniture cutlery fruit food laundry traffic clothing equipment tableware
"""
)
PARTITIVES = _words(
    """
piece pieces slice slices group row line pile stack bunch pair set part side edge column kind type
sort number  couple flock herd crowd lot most rest surface front top end corner view patch stretch
column columns rows
"""
)
FILLERS = _words(
    """
please hey ok okay now here just also very really quite right_now there still only exactly that
which who is are  was were be been being it its has have having do does did can could would will
should may might must
"""
)
AUXILIARIES = _words(
    """
is are was were do does did has have am
"""
)
MODALS = _words(
    """
can could would will should may might must shall
"""
)
# Verbs between somebody and a thing, and what such a thing may be; none: anything that can be held.
VERBS: dict[str, tuple[str, ...]] = {
    "eat": ("kind:food",),
    "bite": ("kind:food",),
    "chew": ("kind:food", "grass"),
    "drink": ("cup", "bottle", "wine glass"),
    "sip": ("cup", "bottle", "wine glass"),
    "read": ("book", "paper", "laptop", "cell phone"),
    "ride": ("kind:vehicle", "horse", "elephant", "skateboard", "surfboard", "snowboard", "skis", "cow"),
    "drive": ("kind:vehicle",),
    "wear": ("tie", "backpack", "handbag", "umbrella", "baseball glove"),
    "cut": ("kind:food", "paper", "tie"),
    "slice": ("kind:food",),
    "kick": ("sports ball",),
    "throw": ("sports ball", "frisbee"),
    "catch": ("sports ball", "frisbee"),
    "chase": ("sports ball", "frisbee", "kind:animal"),
    "hit": ("sports ball",),
    "swing": ("baseball bat", "tennis racket"),
    "fly": ("kite", "airplane"),
    "type": ("laptop", "keyboard"),
    "talk": ("cell phone",),
    "watch": ("tv", "laptop", "kind:animal"),
    "hold": (),
    "carry": (),
    "use": (),
    "pull": (),
    "push": (),
    "bring": (),
    "play": (),
    "look": (),
}


_PAST = {"ate": "eat", "held": "hold", "threw": "throw", "wore": "wear", "drove": "drive", "rode": "ride"}
_PAST |= {"caught": "catch", "brought": "bring", "swung": "swing", "drank": "drink", "flown": "fly"}


def verb_of(word: str) -> str | None:
    """The verb of :data:`VERBS` that a word is a form of."""
    for base in VERBS:
        stem = base.removesuffix("e")
        if word in (base, base + "s", base + "es", stem + "ing", stem + "ed", base + base[-1] + "ing"):
            return base
    return _PAST.get(word)


def is_participle(word: str) -> bool:
    """True for a form in -ing that is not a noun of its own."""
    return word.endswith("ing") and len(word) > 4 and word not in _ING_NOUNS


_ING_NOUNS = _words(
    """
building ceiling railing wing string ring king thing clothing painting swing being
"""
)
