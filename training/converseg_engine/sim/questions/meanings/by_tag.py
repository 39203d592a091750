"""Questions that common knowledge answers: one tag, one meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.facts import Seen, Verdict
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts

MAX_SHARE_OF_THINGS = 0.7
"""An answer that is nearly everything in view is no answer."""


DOUBTFUL: Mapping[Tag, frozenset[str]] = {
    Tag.SERVE: frozenset({"ladle", "pan", "bowl", "spatula", "tray", "cutting board"}),
    Tag.DRINK: frozenset({"milk carton"}),
    Tag.CUT: frozenset({"scissors", "saw", "grater"}),
    Tag.EAT: frozenset({"cereal box"}),
    Tag.PACK: frozenset({"suitcase", "duffel bag"}),
    Tag.NEEDS_POWER: frozenset({"extension cable"}),
}
"""Kinds that the catalogue counts in, while the phrasings of the tag would sound wrong of them."""


def knows_any(tags: Collection[Tag], unsure: Collection[str] = ()) -> Verdict:
    """One of the tags holds; unsure for given categories, or where none holds for certain and one might."""

    def verdict(seen: Seen) -> bool | None:
        name = seen.category.name
        if name in unsure:
            return None
        known = [None if name in DOUBTFUL.get(tag, ()) else seen.category.knows(tag) for tag in tags]
        return True if True in known else (None if None in known else False)

    return verdict


def listed(facts: PlaceFacts, answer: Iterable[tuple[int, int]]) -> str:
    """The nouns of an answer, for its evidence: "knife, 2 mugs"."""
    names = [facts.by_index[index].category.name for index in sorted({i for i, _ in answer})]
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    return ", ".join(name if n == 1 else f"{n} times {name}" for name, n in counts.items())


def is_selective(facts: PlaceFacts, num_members: int) -> bool:
    """Whether an answer leaves enough of the things in view out."""
    return num_members < max(2, MAX_SHARE_OF_THINGS * len(facts.things) + 0.5)


def ask_tag(
    tags: Collection[Tag],
    knowledge: str,
    *,
    unsure: Collection[str] = (),
    reason: NoTarget = NoTarget.ABSENT_OBJECT,
    furniture: bool = True,
) -> Ask:
    """All things (and furniture) for which a tag holds.

    Args:
        tags: any of them makes it an answer.
        knowledge: what the tag says, for the evidence: "is made for drinking".
        unsure: categories that somebody might also mean; where one is in view nobody asks.
        reason: why there is no target where nothing fits.
        furniture: whether furniture may be an answer too; else furniture that would fit stops the question.
    """
    verdict = knows_any(tags, unsure)

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        found = facts.which(verdict, among=facts.seen)
        if found is None or not is_selective(facts, len(found)):
            return []
        if not furniture and any(facts.world.objects[i].fixed for i, _ in found):
            return []
        if not found:
            return [Answer(found, evidence=f"nothing in view {knowledge}", reason=reason)]
        return [Answer(found, evidence=f"{knowledge}: {listed(facts, found)}")]

    return ask


def use(
    subfamily: str,
    tag: Tag,
    knowledge: str,
    phrasings: tuple[str, ...],
    held_out: tuple[str, ...],
    *,
    unsure: Collection[str] = (),
) -> Meaning:
    """A meaning of the family affordances: what serves a purpose."""
    return Meaning(
        f"use_{tag.value}",
        "affordances",
        subfamily,
        phrasings,
        held_out,
        ask_tag((tag,), knowledge, unsure=unsure),
    )
