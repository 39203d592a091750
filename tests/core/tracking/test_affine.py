from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.tracking.affine import (
    Affine,
    apply,
    compose,
    identity,
    invert,
    scaling,
    shift,
    size_change,
)

NUMBERS = st.floats(-3, 3)
MAPS = st.builds(
    lambda turn, grow, dx, dy: np.array(
        [[grow * np.cos(turn), -np.sin(turn), dx], [np.sin(turn), grow * np.cos(turn), dy]]
    ),
    NUMBERS,
    st.floats(0.3, 3),
    st.floats(-500, 500),
    st.floats(-500, 500),
).filter(lambda a: abs(size_change(a)) > 0.05)
POINTS = np.array([[0.0, 0.0], [10.0, -4.0], [300.0, 200.0]])


@given(MAPS, MAPS)
def test_composing_is_applying_one_after_the_other(first: Affine, second: Affine) -> None:
    expected = apply(second, apply(first, POINTS))
    np.testing.assert_allclose(apply(compose(second, first), POINTS), expected, rtol=1e-3, atol=0.05)


@given(MAPS)
def test_the_inverse_leads_back(a: Affine) -> None:
    np.testing.assert_allclose(compose(invert(a), a), identity(), atol=1e-6)
    np.testing.assert_allclose(size_change(invert(a)) * size_change(a), 1.0, rtol=1e-6)


def test_known_maps() -> None:
    np.testing.assert_allclose(apply(shift(2, -1), POINTS[:1]), [[2, -1]])
    np.testing.assert_allclose(
        apply(scaling(2, 2), np.array([[-0.5, -0.5], [1.0, 1.0]])), [[-0.5, -0.5], [2.5, 2.5]]
    )
    assert size_change(scaling(2, 3)) == 6
