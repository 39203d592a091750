"""Phrases are read, and the right one of several things is picked."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.mini.detector import COCO_NAMES, Detection
from converseg_core.mini.evidence import GRID_HW, paint
from converseg_core.mini.grammar import parse
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.lexicon import ALIASES, MEMBERS, NAMES, OTHER_NAMES, PURPOSES
from converseg_core.mini.photo import PhotoFrame, PhotoReader
from converseg_core.mini.phrase_book import PhraseBook, known_phrases
from converseg_core.mini.purposes import SHARED, USES
from converseg_core.mini.selection import Box, Candidate, select

_LEFT = Candidate("cup", 0.9, (0.05, 0.4, 0.15, 0.5))
_MIDDLE = Candidate("cup", 0.8, (0.4, 0.4, 0.6, 0.6))
_RIGHT = Candidate("cup", 0.7, (0.85, 0.3, 0.95, 0.45))
_LAPTOP = Candidate("laptop", 0.9, (0.62, 0.35, 0.78, 0.6))
_TABLE = Candidate("dining table", 0.9, (0.0, 0.45, 1.0, 1.0))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("the leftmost cup", [_LEFT]),
        ("the second cup from the right", [_MIDDLE]),
        ("the biggest cup", [_MIDDLE]),
        ("the cup in the middle", [_MIDDLE]),
        ("all cups on the left", [_LEFT]),
        ("the cup right of the laptop", [_RIGHT]),
        ("the cup next to the laptop", [_MIDDLE]),
        ("the small cup to the left of the laptop", [_LEFT]),
        ("which cups are left of the laptop?", [_MIDDLE, _LEFT]),
        ("the cup above the laptop", []),
    ],
)
def test_one_of_several_is_picked(prompt: str, expected: list[Candidate]) -> None:
    phrase = parse(prompt)
    assert phrase is not None
    anchors = [[_LAPTOP] for _ in phrase.links]
    assert select(phrase, [_LEFT, _MIDDLE, _RIGHT], anchors)[: len(expected) or None] == expected


def test_any_thing_beside_an_anchor_is_meant_where_none_is_named() -> None:
    phrase = parse("what is on the table?")
    assert phrase is not None
    assert phrase.names == frozenset() and phrase.many
    assert [(link.relation, link.names) for link in phrase.links] == [("on", {"dining table", "table"})]
    assert select(phrase, [_LEFT, _MIDDLE, _RIGHT, _LAPTOP], [[_TABLE]]) != []
    far = Candidate("bird", 0.9, (0.4, 0.0, 0.5, 0.1))
    assert select(phrase, [far], [[_TABLE]]) == []


@pytest.mark.parametrize(
    ("prompt", "names", "links", "rest"),
    [
        ("an old sofa", {"couch"}, [], {}),
        ("the violinist in the green dress", {"person"}, [], {"color": "green"}),
        ("two puppies beside a red mug", {"dog"}, [("near", {"cup"})], {"many": True}),
        ("the goalkeeper catching a ball", {"person"}, [("with", {"sports ball"})], {}),
        ("the cup at the bottom right", {"cup"}, [], {"side": "bottom right"}),
        ("where is the dog's bowl?", {"bowl"}, [], {}),
        ("what is the sheep standing on?", set(), [("under", {"sheep"})], {"stuff": True}),
        ("what are they playing with?", set(), [("holds", {"person"})], {}),
        ("who is pushing the bicycle?", {"person"}, [("with", {"bicycle"})], {}),
        ("a slice of pizza on a plate", {"pizza"}, [("on", {"bowl", "food"})], {}),
        ("the cat nearest to us", {"cat"}, [], {"side": "near"}),
        ("the kite to the left of the tree", {"kite"}, [("left", {"tree"})], {}),
    ],
)
def test_sentences_are_read(
    prompt: str, names: set[str], links: list[tuple[str, set[str]]], rest: dict[str, object]
) -> None:
    phrase = parse(prompt)
    assert phrase is not None
    assert phrase.names == names
    assert [(link.relation, set(link.names)) for link in phrase.links] == links
    assert {name: getattr(phrase, name) for name in rest} == rest


@pytest.mark.parametrize(
    "prompt",
    [
        "something to sit on",
        "where can I wash my hands?",
        "I am thirsty, what can I drink?",
        "how do I get out?",
    ],
)
def test_what_something_is_for_is_left_to_the_meaning_of_the_sentence(prompt: str) -> None:
    assert parse(prompt) is None


def test_an_unknown_noun_is_kept_as_it_is() -> None:
    phrase = parse("the gramophone on the shelf")
    assert phrase is not None
    assert phrase.names == frozenset() and phrase.noun == "gramophone"


def test_every_phrase_of_the_lexicon_is_about_known_classes() -> None:
    assert len(set(NAMES)) == len(NAMES) == 133
    assert set(OTHER_NAMES) <= set(NAMES)
    assert set(USES) == set(NAMES)
    shared = [several.split(",") for _, several in SHARED]
    for classes in (*MEMBERS.values(), *ALIASES.values(), *shared, *(item for _, _, item in PURPOSES)):
        assert set(classes) <= set(NAMES)
    texts = [text for text, _ in known_phrases()]
    assert texts[: len(NAMES)] == list(NAMES)


class _SameWords:
    """Sentences as vectors of their words: similarity is the share of words that two have in common."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def sentence(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(4096, np.float32)
        for word in text.lower().strip("?").split():
            vector[self._numbers.setdefault(word, len(self._numbers))] = 1.0
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    def sentences(self, texts: list[str]) -> NDArray[np.float32]:
        return np.stack([self.sentence(text) for text in texts])


def _frame(things: list[Candidate]) -> PhotoFrame:
    def mask_of_box(box: Box) -> NDArray[np.bool_]:
        mask = np.zeros((100, 200), np.bool_)
        mask[int(box[1] * 100) : int(box[3] * 100), int(box[0] * 200) : int(box[2] * 200)] = True
        return mask

    cells = np.zeros((133, 48, 64), np.float32)
    cells[NAMES.index("sky"), :16] = 0.9
    image = np.full((100, 200, 3), 200, np.uint8)
    image[30:45, 170:190] = (220, 20, 20)
    return PhotoFrame(image, tuple(things), cells, cells.max(axis=(1, 2)), mask_of_box)


def test_photos_answer_with_things_and_with_stuff() -> None:
    words = _SameWords()
    vectors = words.sentences([text for text, _ in known_phrases()])
    reader = PhotoReader(PhraseBook(cast(LanguageEncoder, words), vectors))
    frame = _frame([_LEFT, _MIDDLE, _RIGHT])

    def mask(prompt: str) -> NDArray[np.bool_]:
        understood = reader.understand(prompt)
        assert understood is not None, prompt
        return reader.answer(frame, understood).mask

    assert mask("the red cup").nonzero()[1].min() == 170
    assert mask("the leftmost cup").sum() == pytest.approx(20 * 10, abs=30)
    assert (
        mask("all cups").sum()
        == (frame.mask(_LEFT.box) | frame.mask(_MIDDLE.box) | frame.mask(_RIGHT.box)).sum()
    )
    assert not mask("the dog").any()
    assert not mask("the laptop left of the cup").any()
    assert mask("sky")[:30].all()
    assert not mask("grass").any()
    assert mask("what holds a drink")[40:50, 80:120].any()
    assert reader.understand("colourless green ideas sleep furiously") is None


def test_small_boxes_leave_a_mark_on_the_grid() -> None:
    painted = paint(
        [Detection("cup", 0.5, (0.501, 0.501, 0.502, 0.502)), Detection("dog", 0.9, (0, 0, 1, 1))]
    )
    assert painted.shape == (len(COCO_NAMES), *GRID_HW)
    assert (painted == np.float32(0.5)).sum() == 1
    assert (painted == np.float32(0.9)).sum() == GRID_HW[0] * GRID_HW[1]
