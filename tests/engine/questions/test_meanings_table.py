from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.cli.main import main
from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects import CATEGORIES
from converseg_engine.sim.places.catalog import FIXTURES
from converseg_engine.sim.questions.furniture import FURNITURE
from converseg_engine.sim.questions.meanings.meaning import SUBFAMILIES, Answer, Meaning, NoTarget, plain
from converseg_engine.sim.questions.meanings.page import as_markdown
from converseg_engine.sim.questions.meanings.table import BY_KEY, MEANINGS
from converseg_engine.sim.questions.meanings.wording import choose_phrasing, fill, say, with_article
from converseg_engine.sim.questions.naming import CONFUSED, may_be_called, spoken, spoken_plural

PAGE = Path(__file__).parents[3] / "docs" / "simulated-questions.md"


def test_there_are_enough_meanings_and_every_subfamily_has_some() -> None:
    families = Counter(m.concept for m in MEANINGS)
    assert len(MEANINGS) >= 150
    assert all(families[c] >= 25 for c in SUBFAMILIES)
    used = {(m.concept, m.subfamily) for m in MEANINGS}
    assert used == {(c, s) for c, some in SUBFAMILIES.items() for s in some}


def test_no_held_out_phrasing_is_a_training_phrasing_of_any_meaning() -> None:
    training = {plain(p) for m in MEANINGS for p in m.phrasings}
    held_out = {plain(p) for m in MEANINGS for p in m.held_out_phrasings}
    assert training & held_out == set()


def test_no_two_meanings_share_a_phrasing() -> None:
    said = Counter(plain(p).rstrip("?") for m in MEANINGS for p in (*m.phrasings, *m.held_out_phrasings))
    assert {p for p, n in said.items() if n > 1} == set()


def _slots(category_number: int, color: str) -> dict[str, str]:
    category = CATEGORIES[category_number % len(CATEGORIES)]
    noun, plural = spoken(category), spoken_plural(category)
    return {
        "cat": noun,
        "cats": plural,
        "ref": f"{color} {noun}",
        "other": noun,
        "color": color,
        "part": "handle",
        "purpose": "to drink from",
        "width": "8",
    }


@given(
    st.sampled_from(MEANINGS),
    st.integers(0, 10_000),
    st.sampled_from(COLOR_NAMES),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=200)
def test_whatever_is_said_is_clean(
    meaning: Meaning, number: int, color: str, num_objects: int, held_out: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    phrasing = choose_phrasing(meaning, num_objects, rng, held_out=held_out)
    said = fill(phrasing, _slots(number, color), rng)
    assert said == said.lower().strip()
    assert not re.search(r"[{}+~|]|^\d:|  ", said)
    assert not re.search(r"\ba (?=[aeio])|\ban (?=[^aeiou])", said)
    assert not re.search(r"\ba (?:\w+ )?(?:scissors|pliers|headphones)\b", said)
    assert not re.search(r"\bwhere is (?:all )?the \w+s and\b", said)
    if not held_out:
        assert phrasing in meaning.phrasings


def test_articles_follow_the_sound() -> None:
    assert with_article("a orange mug and an red cup") == "an orange mug and a red cup"
    assert with_article("is there a umbrella, a utensil or a hour glass") == (
        "is there an umbrella, a utensil or an hour glass"
    )


def test_number_is_minded() -> None:
    meaning = BY_KEY["same_kind"]
    slots = {"cat": "mug", "cats": "mugs", "ref": "red mug"}
    for seed in range(60):
        one = say(meaning, Answer(frozenset({(1, -1)}), slots), np.random.default_rng(seed))[0]
        two = say(meaning, Answer(frozenset({(1, -1), (2, -1)}), slots), np.random.default_rng(seed))[0]
        assert "mugs" not in one
        assert "the other mug," not in two


def test_names_that_people_mix_up_are_names_of_the_catalogue() -> None:
    known = {c.name for c in CATEGORIES} | {c.name for c in FIXTURES}
    assert set().union(*CONFUSED) <= known
    assert set(FURNITURE) == {c.name for c in FIXTURES}
    assert may_be_called("mug", "mug") is True
    assert may_be_called("spray bottle", "bottle") is None
    assert may_be_called("hammer", "mug") is False


def test_a_meaning_that_makes_no_sense_is_refused() -> None:
    def ask(facts: object, rng: object) -> list[Answer]:
        return []

    good = ("what is a?", "what is b?", "what is c?")
    with pytest.raises(ValueError, match="subfamily"):
        Meaning("k", "physics", "colors", good, ("what is d?",), ask)
    with pytest.raises(ValueError, match="phrasings"):
        Meaning("k", "entities", "colors", good[:2], ("what is d?",), ask)
    with pytest.raises(ValueError, match="same twice"):
        Meaning("k", "entities", "colors", good, ("+what is a?",), ask)
    with pytest.raises(ValueError, match="has none for one"):
        Meaning("k", "entities", "colors", tuple(f"2:{g}" for g in good), ("what is d?",), ask)
    with pytest.raises(ValueError, match="reason"):
        Answer(frozenset())
    with pytest.raises(ValueError, match="reason"):
        Answer(frozenset({(1, -1)}), reason=NoTarget.FALSE_STATE)
    with pytest.raises(ValueError, match="slots"):
        fill("the {cat}", {}, np.random.default_rng(0))


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "meanings"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == len(MEANINGS)
    assert lines[0].split(" | ")[:3] == ["kind_one", "entities", "kinds"]


def test_the_page_of_the_docs_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), (
        "run: converseg engine sim meanings --markdown docs/simulated-questions.md"
    )
