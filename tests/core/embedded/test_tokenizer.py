"""Words to numbers: closed vocabulary, unknown words reported by name."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.bundle import BundleError
from converseg_core.embedded import WordTokenizer
from converseg_core.embedded.tokenizer import split_words

TOKENIZER = WordTokenizer(["the", "red", "mug", "what's", "left"], max_num_tokens=4)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("The RED mug?", ["the", "red", "mug"]),
        ("  the\tred\nmug  ", ["the", "red", "mug"]),
        ("What\u2019s left?!", ["what's", "left"]),
        ("\uff34\uff28\uff25 mug", ["the", "mug"]),
        ("the-red_mug", ["the", "red", "mug"]),
        ("...", []),
        ("", []),
        ("\x00\ud800", []),
    ],
)
def test_split_words(prompt, words):
    assert split_words(prompt) == words


def test_ids_are_padded_with_zero():
    tokens = TOKENIZER.encode("the red mug")
    assert tokens.ids.tolist() == [1, 2, 3, 0]
    assert tokens.ids.dtype == np.int64
    assert tokens.unknown == ()


def test_unknown_words_are_reported_in_order():
    tokens = TOKENIZER.encode("the purple red unicorn")
    assert tokens.unknown == ("purple", "unicorn")
    assert tokens.num_words == 4


def test_a_long_prompt_reports_its_length():
    assert TOKENIZER.encode("mug " * 9).num_words == 9


@pytest.mark.parametrize("words", [["a", "a"], ["two words"], ["Upper"], [""], ["a!"]])
def test_a_bad_vocabulary_is_refused(words):
    with pytest.raises(ValueError, match="words"):
        WordTokenizer(words, max_num_tokens=4)


def test_file_round_trip(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(TOKENIZER.to_json(), encoding="utf-8")
    read = WordTokenizer.from_file(path)
    assert read.words == TOKENIZER.words
    assert read.max_num_tokens == 4


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"words": ["A"], "max_num_tokens": 3})])
def test_a_broken_file_is_refused(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(BundleError, match=r"tokenizer\.json"):
        WordTokenizer.from_file(path)


@given(st.text(max_size=600))
def test_any_text_is_read(prompt):
    tokens = TOKENIZER.encode(prompt)
    assert tokens.ids.shape == (4,)
    assert len(tokens.unknown) <= tokens.num_words
    assert all(0 <= number < TOKENIZER.num_ids for number in tokens.ids)
