"""Rows: which comes when, what may be changed about them, and on which side of a split they stand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from converseg_training.data.augment import augmented, may_mirror, may_recolor
from converseg_training.data.mixture import Mixture
from converseg_training.data.shard_source import ShardSource
from converseg_training.data.splits import picture_key, split_of
from tests.training import tiny_shards


@pytest.fixture
def sources(tmp_path: Path) -> list[ShardSource]:
    return [
        ShardSource(tiny_shards.write(tmp_path / name, "train", num), "train")
        for name, num in (("a", 7), ("b", 3))
    ]


def test_a_mixture_keeps_weights_and_goes_through_whole_epochs(sources: list[ShardSource]) -> None:
    draws = Mixture(sources, [3.0, 1.0], seed=5).draws(0, 9000)  # crosses blocks of the sampler
    shares = Counter(draw.source for draw in draws)
    assert shares[0] / 9000 == pytest.approx(0.75, abs=0.02)
    for number, source in enumerate(sources):
        drawn = [draw.number for draw in draws if draw.source == number]
        for epoch in range(len(drawn) // len(source)):
            assert sorted(drawn[epoch * len(source) : (epoch + 1) * len(source)]) == list(range(len(source)))
        assert drawn[: len(source)] != drawn[len(source) : 2 * len(source)]


def test_a_mixture_goes_on_at_any_row(sources: list[ShardSource]) -> None:
    whole = Mixture(sources, [3.0, 1.0], seed=5).draws(0, 9000)
    assert Mixture(sources, [3.0, 1.0], seed=5).draws(4090, 20) == whole[4090:4110]
    assert Mixture(sources, [3.0, 1.0], seed=6).draws(0, 50) != whole[:50]


def test_rows_are_those_that_were_written(sources: list[ShardSource]) -> None:
    ids = {sources[0].row(number)[1].id for number in range(len(sources[0]))}
    assert ids == {f"train{image}-{place}" for image in range(7) for place in range(3)}


@pytest.mark.parametrize(
    ("prompt", "mirror", "recolor"),
    [
        ("the cup on the left", False, True),
        ("the RIGHTMOST chair", False, True),
        ("the car at 3 o'clock", False, True),
        ("the sign that says stop", False, True),
        ("what could roll away", True, True),
        ("the red mug", True, False),
        ("the bright lamp on your right-hand side", False, False),
    ],
)
def test_changes_keep_the_words_true(prompt: str, mirror: bool, recolor: bool) -> None:
    assert (may_mirror(prompt), may_recolor(prompt)) == (mirror, recolor)
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, :2] = 180
    mask = image[..., 0] > 0
    changed = [
        augmented(image, mask, prompt, np.random.default_rng(seed), mirror=True, recolor=True)
        for seed in range(20)
    ]
    mirrored = [bool(found[1][0, -1]) for found in changed]
    assert any(mirrored) == mirror
    assert not all(mirrored)
    assert any(found[0].max() != 180 for found in changed) == recolor
    for picture, answer in changed:
        assert np.array_equal(answer, picture[..., 0] > 60)


def test_one_photo_stands_on_one_side() -> None:
    names = ["000000000139.jpg", "val2017/000000000139.jpg", "COCO_train2014_000000000139.jpg"]
    assert {picture_key(name) for name in names} == {"coco:139"}
    assert picture_key("holiday_139.jpg") != "coco:139"
    sides = Counter(split_of(f"coco:{number}", val_share=0.1, test_share=0.2) for number in range(5000))
    assert sides["val"] / 5000 == pytest.approx(0.1, abs=0.02)
    assert sides["test"] / 5000 == pytest.approx(0.2, abs=0.02)
    with pytest.raises(ValueError, match="train on"):
        split_of("x", val_share=0.5, test_share=0.5)
