"""What is sent, word by word: golden renderings, and a version for every change."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_engine.vlm.ask import Ask
from converseg_engine.vlm.prompt_texts import VERSIONS, render, source_text
from converseg_engine.vlm.rows import RegionRow
from converseg_engine.vlm.stages.align import ask_absent, ask_align
from converseg_engine.vlm.stages.prompts import Draft, ask_prompts
from converseg_engine.vlm.stages.regions import ask_region
from converseg_engine.vlm.stages.scene import ask_scene
from tests.engine.vlm.samples import described, plain, square, three_marked

GOLDEN = Path(__file__).parent / "golden"
DRAFT = Draft("i", "relations", 'what the cat said "no" to', "why", (1,), (), square(0, 0))


def _asks() -> dict[str, Ask]:  # type: ignore[type-arg]
    marked: tuple[RegionRow, ...] = three_marked()
    asks: dict[str, Ask] = {  # type: ignore[type-arg]
        "scene": ask_scene(plain()),
        "region": ask_region(plain(), plain(), described("mug", "bright red", 4, 6)),
        "align": ask_align(plain(), plain(), DRAFT),
        "absent": ask_absent(plain(), DRAFT),
    }
    for concept in CONCEPTS:
        asks[f"prompts-{concept}"] = ask_prompts(plain(), plain(), marked, concept)
    return asks


@pytest.mark.parametrize("name", sorted(_asks()))
def test_renderings_are_the_golden_ones(name: str) -> None:
    """After a change: a new version of the text, and a new golden file."""
    assert _asks()[name].text.text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def test_asking_again_names_the_fault() -> None:
    text = render("again", fault="positives.0.regions: the marks are 1 to 3").text
    assert text == (GOLDEN / "again.txt").read_text(encoding="utf-8").rstrip("\n")


def test_every_text_is_used_in_the_version_that_it_had() -> None:
    """A text file that runs have used never changes; its digest is written here."""
    digests = {name: hashlib.sha256(source_text(name).encode()).hexdigest()[:16] for name in VERSIONS}
    known = dict(line.split() for line in (GOLDEN / "versions.txt").read_text().splitlines())
    assert {f"{name}.v{VERSIONS[name]}": digest for name, digest in digests.items()} == known


def test_a_missing_value_is_no_empty_word() -> None:
    with pytest.raises(UndefinedError):
        render("absent", concept="physics")
    with pytest.raises(ValueError, match="template"):
        render("nonsense")


def test_verdicts_come_from_the_verifier_and_prompts_from_the_generator() -> None:
    roles = {name.partition("-")[0]: ask.role for name, ask in _asks().items()}
    assert roles == {
        "scene": "generator",
        "prompts": "generator",
        "region": "verifier",
        "align": "verifier",
        "absent": "verifier",
    }
