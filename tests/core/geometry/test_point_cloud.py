from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converseg_core.geometry.point_cloud import cloud_fields

POINTS = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 20), st.just(3)), elements=st.floats(-9, 9, width=32)
)


@given(POINTS)
def test_plain_points_are_their_own_bytes(points: np.ndarray) -> None:
    cloud = cloud_fields(points)
    assert cloud.point_step == 12
    assert bytes(cloud.data) == points.tobytes()
    assert cloud.num_points * cloud.point_step == len(cloud.data)


def test_plain_points_are_not_copied() -> None:
    points = np.ones((5, 3), np.float32)
    cloud = cloud_fields(points)
    points[0, 0] = 7
    assert struct.unpack("=f", cloud.data[:4]) == (7.0,)


@given(POINTS, st.integers(0, 2**32 - 1))
def test_colours_are_packed_as_pcl_reads_them(points: np.ndarray, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, size=points.shape, dtype=np.uint8)
    cloud = cloud_fields(points, rgb)
    assert [name for name, _ in cloud.fields] == ["x", "y", "z", "rgb"]
    for index, (x, y, z, packed) in enumerate(struct.iter_unpack("=fffI", bytes(cloud.data))):
        assert (x, y, z) == tuple(points[index].tolist())
        assert [packed >> 16 & 255, packed >> 8 & 255, packed & 255] == rgb[index].tolist()


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="points"):
        cloud_fields(np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="rgb"):
        cloud_fields(np.zeros((3, 3), np.float32), np.zeros((2, 3), np.uint8))
