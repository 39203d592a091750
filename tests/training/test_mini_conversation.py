"""The spoken prompts are complete, join with masks, and are none of the phrases that are trained on."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import converseg_core.mini as runtime
import converseg_training.mini as training
from converseg_training.mini.conversation import (
    KINDS,
    SpokenPrompt,
    conversation,
    spoken_prompts,
    spoken_questions,
)
from converseg_training.mini.photo_prompts import Segment


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def test_the_file_holds_enough_of_every_kind_and_nothing_twice() -> None:
    prompts = spoken_prompts()
    with_target = Counter(item.kind for item in prompts if item.segments)
    assert sum(with_target.values()) >= 150
    assert min(with_target[kind] for kind in KINDS) >= 15
    assert sum(not item.segments for item in prompts) >= 20
    assert len({(item.photo, item.prompt) for item in prompts}) == len(prompts)


def test_no_spoken_prompt_is_a_phrase_that_mini_was_given() -> None:
    """Names of one or two words come about in training too; a longer prompt must not."""
    packages = (Path(str(training.__file__)).parent, Path(str(runtime.__file__)).parent)
    spoken = {_words(item.prompt) for item in spoken_prompts() if len(_words(item.prompt).split()) > 2}
    sources = [source for folder in packages for source in sorted(folder.glob("*.py"))]
    assert {"photo_prompts.py", "engine.py"} <= {source.name for source in sources}
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert _words(node.value) not in spoken, f"{source.name}: {node.value!r} is measured with"


def test_prompts_get_the_union_of_their_segments() -> None:
    left, right = np.zeros((4, 6), np.bool_), np.zeros((4, 6), np.bool_)
    left[:, :2], right[:, 4:] = True, True
    segments = [Segment("cup", True, False, left, 7), Segment("cup", True, False, right, 9)]
    both = SpokenPrompt("a.jpg", (7, 9), "entities", "class", "the cups")
    none = SpokenPrompt("a.jpg", (), "entities", "class", "the fork")
    asked = spoken_questions([both, none], segments)
    assert asked[0].mask.tolist() == (left | right).tolist()
    assert not asked[1].mask.any()
    with pytest.raises(ValueError, match=r"a\.jpg: no segment 8"):
        spoken_questions([SpokenPrompt("a.jpg", (8,), "entities", "class", "the cup")], segments)


def test_a_folder_without_the_photos_is_named(tmp_path: Path) -> None:
    (tmp_path / "panoptic.json").write_text('{"categories": [], "images": [], "annotations": []}')
    with pytest.raises(ValueError, match="lacks 100 photos"):
        list(conversation(tmp_path))
