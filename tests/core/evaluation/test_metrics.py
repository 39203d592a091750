"""IoU: hand-computed cases and its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converseg_core.evaluation import intersection_union, iou


def mask(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (mask("##..", "##.."), mask(".##.", ".##."), 2 / 6),
        (mask("####"), mask("####"), 1.0),
        (mask("#..."), mask("...#"), 0.0),
        (mask("...."), mask("...."), 1.0),
        (mask("...."), mask("#..."), 0.0),
        (mask("##.."), mask("...."), 0.0),
    ],
)
def test_hand_computed(a, b, expected):
    assert iou(a, b) == pytest.approx(expected)


masks = hnp.arrays(np.bool_, (5, 7))


@given(masks, masks)
def test_symmetric_bounded_and_one_only_for_equals(a, b):
    value = iou(a, b)
    assert value == iou(b, a)
    assert 0 <= value <= 1
    assert (value == 1) == bool((a == b).all())


@given(masks, masks)
def test_inclusion_exclusion(a, b):
    intersection, union = intersection_union(a, b)
    assert intersection + union == a.sum() + b.sum()


@given(
    st.sampled_from([np.zeros((2, 3), np.bool_), np.zeros((5, 7), np.uint8), np.zeros((5, 7, 1), np.bool_)])
)
def test_shapes_and_types_are_checked(other):
    with pytest.raises(ValueError, match="masks"):
        iou(np.zeros((5, 7), np.bool_), other)
