"""Which union of things is answered."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from converseg_core.mini.scene.choice import best_union


def boxes(*columns: tuple[int, int]) -> NDArray[np.bool_]:
    masks = np.zeros((len(columns), 4, 40), bool)
    for number, (first, end) in enumerate(columns):
        masks[number, :, first:end] = True
    return masks


def chosen(logits: list[float], masks: NDArray[np.bool_]) -> list[int]:
    return best_union(np.array(logits, np.float32), masks).tolist()


def test_what_is_surely_meant_is_chosen_and_nothing_else() -> None:
    masks = boxes((0, 5), (10, 15), (20, 30))
    assert chosen([6.0, 6.0, -6.0], masks) == [0, 1]


def test_where_all_is_unsure_the_likeliest_is_answered() -> None:
    masks = boxes((0, 5), (10, 15), (20, 25))
    assert chosen([-4.0, -3.0, -5.0], masks) == [1]


def test_alternatives_of_one_size_are_not_joined_when_one_is_likelier() -> None:
    # 0.65 against 0.2: joined 0.85 / (2 + 0.85 - 0.85), alone 0.65 / (1 + 0.2).
    assert chosen([0.62, -1.39], boxes((0, 10), (20, 30))) == [0]


def test_a_small_unsure_thing_may_go_along_with_a_large_sure_one() -> None:
    # A part that is a little likelier than not adds more than it risks.
    assert chosen([5.0, 0.3], boxes((0, 20), (20, 22))) == [0, 1]


def test_a_large_unlikely_thing_does_not_drown_a_small_sure_one() -> None:
    assert chosen([5.0, -2.2], boxes((0, 10), (10, 40))) == [0]


def test_a_difference_below_what_chances_tell_apart_counts() -> None:
    assert chosen([-1e-30, 0.0], boxes((0, 10), (5, 12)))[0] == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-9, 9, allow_nan=False), min_size=1, max_size=8), st.integers(0, 2**16))
def test_the_union_is_the_best_of_its_kind(logits: list[float], seed: int) -> None:
    masks = np.random.default_rng(seed).random((len(logits), 3, 5)) < 0.4
    meant = np.array(logits, np.float32)
    got = best_union(meant, masks)
    assert len(set(got.tolist())) == len(got) >= 1
    assert meant[got[0]] == meant.max()
    chance = 1 / (1 + np.exp(-meant.astype(float)))
    pixel = (masks * chance[:, None, None]).max(0)

    def worth(numbers: NDArray[np.int64]) -> float:
        union = masks[numbers].any(0)
        hit = pixel[union].sum()
        return float(hit / max(union.sum() + pixel.sum() - hit, 1e-6))

    order = np.argsort(-meant, kind="stable")
    for count in range(1, len(order) + 1):
        if chance[order[count - 1]] >= 0.08:
            assert worth(got) >= worth(order[:count]) - 1e-9
