from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.sim.colors import COLOR_NAMES, paint
from converseg_engine.sim.objects import TABLETOP_CATEGORIES, category_named
from converseg_engine.sim.questions.wording import (
    CONCEPTS,
    FILLER_WORDS,
    PART_NAMES,
    TEMPLATES,
    say,
    vocabulary,
    words_of,
)

SLOTS = {"cat": "mug", "cats": "mugs", "other": "box", "color": "orange", "ref": "red ball", "part": "handle"}


@given(st.sampled_from(sorted(TEMPLATES)), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=400)
def test_whatever_is_said_uses_the_vocabulary_only(template: str, seed: int) -> None:
    said = say(template, SLOTS, np.random.default_rng(seed))
    assert said == said.lower().strip()
    assert not re.search(r"[{}+]", said)
    assert set(words_of(said)) <= set(vocabulary())
    assert not re.search(r"\ba [aeiou]", said)


def test_vocabulary_is_closed_sorted_and_of_the_agreed_size() -> None:
    words = vocabulary()
    assert list(words) == sorted(set(words))
    assert 150 <= len(words) <= 250
    assert set(FILLER_WORDS) <= set(words)
    assert set(COLOR_NAMES) | set(PART_NAMES) <= set(words)
    for category in TABLETOP_CATEGORIES:
        assert {category.name, category.plural} <= set(words)


def test_every_template_belongs_to_a_family_and_has_several_wordings() -> None:
    assert {template.concept for template in TEMPLATES.values()} == set(CONCEPTS)
    for name, template in TEMPLATES.items():
        assert len(set(template.phrasings)) == len(template.phrasings) >= 2, name


def test_no_two_templates_without_slots_share_a_wording() -> None:
    said = [p for t in TEMPLATES.values() for p in t.phrasings if "{color}" not in p and p != "{cat}"]
    shared = {p for p in said if said.count(p) > 1}
    assert shared == set()


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="template"):
        say("no such thing", {}, rng)
    with pytest.raises(ValueError, match="slots"):
        say("left_of", {"cat": "mug"}, rng)
    with pytest.raises(ValueError, match="name"):
        category_named("unicorn")
    with pytest.raises(ValueError, match="name"):
        paint("mauve", rng)
