"""Tables laid by hand, and what must be answered about them: a sample of meanings of every family."""

from __future__ import annotations

import numpy as np
import pytest

from converseg_engine.sim.questions.facts import WHOLE
from converseg_engine.sim.questions.meanings.meaning import Answer, NoTarget
from converseg_engine.sim.questions.meanings.table import BY_KEY
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.render import Renderer
from tests.engine.questions.hand_made import Put, facts_of, number_of

pytestmark = pytest.mark.egl

TABLE = (
    Put("book", "red", -0.16, 0.0),
    Put("mug", "blue", -0.16, 0.0, on=0),
    Put("ball", "green", 0.05, -0.10),
    Put("knife", "black", 0.20, 0.05),
    Put("mug", "white", 0.02, 0.14),
    Put("apple", "red", 0.38, 0.16),
)


@pytest.fixture(scope="module")
def table(renderer: Renderer) -> PlaceFacts:
    return facts_of(TABLE, renderer)


def ask(facts: PlaceFacts, key: str) -> list[Answer]:
    return BY_KEY[key].ask(facts, np.random.default_rng(0))


def whole(facts: PlaceFacts, *things: tuple[str, str]) -> frozenset[tuple[int, int]]:
    return frozenset((number_of(facts, category, color), WHOLE) for category, color in things)


def with_slots(answers: list[Answer], **slots: str) -> Answer:
    """The only answer with these slots; a reference may have its color before the noun."""

    def fits(answer: Answer) -> bool:
        return all(
            answer.slots[k] == v or (k == "ref" and answer.slots[k].endswith(f" {v}"))
            for k, v in slots.items()
        )

    (found,) = [a for a in answers if fits(a)]
    return found


def test_entities(table: PlaceFacts) -> None:
    assert with_slots(ask(table, "kind_one"), cat="knife").members == whole(table, ("knife", "black"))
    assert with_slots(ask(table, "kind_all"), cats="mugs").members == whole(
        table, ("mug", "blue"), ("mug", "white")
    )
    assert not [a for a in ask(table, "kind_one") if a.slots["cat"] == "mug"], "two mugs: which one is meant?"
    hard = with_slots(ask(table, "color_kind_one"), cat="mug", color="green")
    assert hard.members == frozenset() and hard.reason is NoTarget.FALSE_ATTRIBUTE
    assert with_slots(ask(table, "color_kind_one"), cat="mug", color="blue").members == whole(
        table, ("mug", "blue")
    )
    (fruit,) = ask(table, "group_fruit")
    assert fruit.members == whole(table, ("apple", "red"))
    (nothing,) = ask(table, "group_luggage")
    assert nothing.reason is NoTarget.ABSENT_OBJECT


def test_parts(table: PlaceFacts) -> None:
    knife = number_of(table, "knife")
    parts = [p.name for p in table.world.objects[knife].parts]
    blade = with_slots(ask(table, "part_to_cut"), ref="knife")
    assert blade.members == {(knife, parts.index("blade"))}
    assert with_slots(ask(table, "part_to_hold"), ref="knife").members == {(knife, parts.index("handle"))}


def test_spatial(table: PlaceFacts) -> None:
    (right,) = ask(table, "rightmost")
    assert right.members == whole(table, ("apple", "red"))
    left = [a for a in ask(table, "leftmost_of_kind") if a.slots["cat"] == "mug"]
    assert left[0].members == whole(table, ("mug", "blue"))
    beside = with_slots(ask(table, "right_of_one"), cat="knife", ref="book")
    assert beside.members == whole(table, ("knife", "black"))
    missing = with_slots(ask(table, "left_of_one"), cat="knife", ref="book")
    assert missing.reason is NoTarget.FALSE_RELATION


def test_relations(table: PlaceFacts) -> None:
    assert with_slots(ask(table, "on_top"), ref="book").members == whole(table, ("mug", "blue"))
    assert with_slots(ask(table, "under"), ref="blue mug").members == whole(table, ("book", "red"))
    loaded = ask(table, "loaded")
    assert [a.members for a in loaded] == [whole(table, ("book", "red"))]
    (leaning,) = ask(table, "leaning")
    assert leaning.reason is NoTarget.FALSE_RELATION
    wrong = [a for a in ask(table, "kind_on_top") if not a.members]
    assert all(a.slots["ref"] in ("book", "red book") and a.slots["cat"] != "mug" for a in wrong)


def test_affordances(table: PlaceFacts) -> None:
    (drink,) = ask(table, "use_drink")
    assert drink.members == whole(table, ("mug", "blue"), ("mug", "white"))
    (cut,) = ask(table, "use_cut")
    assert cut.members == whole(table, ("knife", "black"))
    (hammer,) = ask(table, "use_hammer")
    assert hammer.reason is NoTarget.ABSENT_OBJECT
    white = with_slots(ask(table, "use_and_color"), color="white", purpose="to drink from")
    assert white.members == whole(table, ("mug", "white"))
    green = with_slots(ask(table, "use_and_color"), color="green", purpose="to drink from")
    assert green.reason is NoTarget.FALSE_ATTRIBUTE


def test_physics_is_what_the_trials_say(table: PlaceFacts) -> None:
    falls = with_slots(ask(table, "falls_without"), ref="book")
    assert falls.members == whole(table, ("mug", "blue"))
    assert "the blue mug" in falls.evidence and "object" not in falls.evidence
    assert with_slots(ask(table, "holds_up"), ref="blue mug").members == whole(table, ("book", "red"))
    first = with_slots(ask(table, "comes_off_first"), ref="book")
    assert first.members == whole(table, ("mug", "blue"))
    (sharp,) = ask(table, "sharp")
    assert sharp.members == whole(table, ("knife", "black"))
    (bounces,) = ask(table, "bounces")
    assert bounces.members == whole(table, ("ball", "green"))


def test_doubt_keeps_a_question_from_being_asked(renderer: Renderer) -> None:
    """Does one cut bread with scissors? A pair in view, and nobody asks what cuts."""
    facts = facts_of((Put("knife", "black", 0.0, -0.1), Put("scissors", "red", 0.0, 0.12)), renderer)
    assert ask(facts, "use_cut") == []
    (paper,) = facts.in_picture([number_of(facts, "scissors")])
    assert facts.references(facts.by_index[paper]) == ("pair of scissors", "red pair of scissors")


def test_kinds_that_look_alike_are_told_apart_by_color_only(renderer: Renderer) -> None:
    facts = facts_of(
        (Put("salt shaker", "blue", -0.1, 0.0), Put("pepper mill", "green", 0.12, 0.0)), renderer
    )
    shaker = facts.by_index[number_of(facts, "salt shaker")]
    assert facts.references(shaker) == ("blue salt shaker",)
    assert facts.kind_members("salt shaker") is None


def test_a_bowl_is_taken_with_what_lies_in_it(renderer: Renderer) -> None:
    facts = facts_of((Put("bowl", "white", 0.0, 0.0), Put("orange", "orange", 0.2, 0.1)), renderer)
    (free,) = ask(facts, "not_free_to_take")
    assert free.reason is NoTarget.FALSE_STATE
