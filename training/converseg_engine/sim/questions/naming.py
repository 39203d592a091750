"""Which nouns people use for what: so that a prompt never means two things at once."""

from __future__ import annotations

from converseg_engine.sim.objects.category import Category

CONFUSED: tuple[frozenset[str], ...] = tuple(
    frozenset(names)
    for names in (
        ("mug", "cup", "teacup"),
        ("glass", "cup", "tumbler"),
        ("pan", "pot", "wok", "saucepan"),
        ("bag", "backpack", "handbag", "suitcase", "duffel bag", "tote bag", "shopping bag", "paper bag"),
        ("box", "carton", "package", "parcel", "crate", "cereal box", "milk carton", "juice carton"),
        ("can", "tin", "jar"),
        ("bottle", "flask", "jar", "thermos"),
        ("knife", "cutter", "box cutter"),
        ("cloth", "towel", "napkin", "rag"),
        ("book", "notebook", "magazine", "notepad"),
        ("laptop", "computer", "tablet"),
        ("phone", "tablet", "calculator"),
        ("stool", "chair", "bench", "step stool"),
        ("pen", "pencil", "marker"),
        ("bowl", "dish", "colander"),
        ("plate", "dish", "tray", "saucer"),
        ("bucket", "bin", "basket", "pail", "trash can", "waste basket"),
        ("vase", "jug", "pitcher", "carafe", "kettle"),
        ("wrench", "spanner", "pliers"),
        ("brush", "toothbrush", "hairbrush", "paintbrush", "comb"),
        ("shoe", "boot", "slipper", "sneaker"),
        ("orange", "apple", "ball", "tomato"),
        ("lemon", "lime"),
        ("cabinet", "drawer", "dresser"),
        ("table", "desk", "workbench", "counter"),
        ("sponge", "soap"),
        ("cutting board", "tray", "board"),
    )
)
"""Kinds that somebody might call by each other's name, or take for each other from afar."""


def spoken(category: Category) -> str:
    """The noun as one thing of it is spoken of: "pair of scissors"."""
    return f"pair of {category.name}" if category.plural == category.name else category.name


def spoken_plural(category: Category) -> str:
    """The noun as several are spoken of: "pairs of scissors"."""
    return f"pairs of {category.name}" if category.plural == category.name else category.plural


def _head(name: str) -> str:
    return name.rsplit(" ", maxsplit=1)[-1]


def may_be_called(category: str, noun: str) -> bool | None:
    """Whether a thing of a category is called by a noun; None where some people would do so."""
    if category == noun:
        return True
    # "the bottle" may well mean the spray bottle, and "the spray bottle" a bottle that looks like one.
    if _head(category) == _head(noun):
        return None
    return None if any(category in group and noun in group for group in CONFUSED) else False
