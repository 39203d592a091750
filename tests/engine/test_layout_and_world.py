from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.sim.layout import GAP_M, draw_layout, rectangle_gap
from converseg_engine.sim.world import World, make_world

coordinate = st.floats(-1, 1)
side = st.floats(0.01, 1)


def rectangle(x: float, y: float, w: float, h: float, turn: float = 0.0) -> np.ndarray:
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]]) + np.array([x, y])
    c, s = np.cos(turn), np.sin(turn)
    return corners @ np.array([[c, s], [-s, c]])


@given(coordinate, coordinate, side, side, coordinate, coordinate, side, side, st.floats(-3, 3))
@settings(deadline=None, max_examples=25)
def test_gap_of_parallel_rectangles_is_the_larger_axis_distance(
    x: float, y: float, w: float, h: float, u: float, v: float, a: float, b: float, turn: float
) -> None:
    expected = max(u - (x + w), x - (u + a), v - (y + h), y - (v + b))
    first, second = rectangle(x, y, w, h, turn), rectangle(u, v, a, b, turn)
    assert rectangle_gap(first, second) == pytest.approx(expected, abs=1e-9)
    assert rectangle_gap(second, first) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_things_on_the_same_support_keep_their_distance(seed: int) -> None:
    placed = draw_layout(np.random.default_rng(seed))
    for i, first in enumerate(placed or []):
        assert first.support < i
        for second in (placed or [])[i + 1 :]:
            if first.support == second.support:
                assert rectangle_gap(first.corners(), second.corners()) >= GAP_M


@pytest.fixture(scope="module")
def worlds() -> tuple[World, ...]:
    return tuple(make_world(seed) for seed in range(40, 56))


def test_a_seed_gives_the_same_world_again(worlds: tuple[World, ...]) -> None:
    for world in worlds[:4]:
        again = make_world(world.seed)
        np.testing.assert_array_equal(world.positions, again.positions)
        np.testing.assert_array_equal(world.rotations, again.rotations)
        np.testing.assert_array_equal(world.surroundings.table_texture, again.surroundings.table_texture)


def test_carriers_from_forces_agree_with_geometry(worlds: tuple[World, ...]) -> None:
    """Independent of the contact forces: a carried thing begins where its carrier's top or floor is."""
    num_carried = 0
    for world in worlds:
        for index, carriers in enumerate(world.carriers):
            bottom = world.vertices(index)[:, 2].min()
            if not carriers:
                assert abs(bottom) < 0.012
            for carrier in carriers:
                num_carried += 1
                base = world.positions[carrier][2]
                model = world.objects[carrier]
                floor = model.shelf.z if model.shelf is not None else model.cavity.floor_z  # type: ignore[union-attr]
                assert abs(bottom - (base + floor)) < 0.015
    assert num_carried >= 10


def test_carried_by_follows_piles_upwards(worlds: tuple[World, ...]) -> None:
    for world in worlds:
        for index in range(len(world.objects)):
            above = world.carried_by(index)
            assert index not in above
            for other in above:
                assert world.carriers[other] & (above | {index})


def test_nothing_reaches_over_the_table_edge(worlds: tuple[World, ...]) -> None:
    for world in worlds:
        x0, y0, x1, y1 = world.surroundings.table_xyxy
        for index in range(len(world.objects)):
            points = world.vertices(index)
            assert points[:, 0].min() > x0 - 0.01
            assert points[:, 0].max() < x1 + 0.01
            assert points[:, 1].min() > y0 - 0.01
            assert points[:, 1].max() < y1 + 0.01


@pytest.mark.parametrize(("low", "high"), [(0, 3), (5, 4), (4, 60)])
def test_senseless_limits_are_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="max_objects"):
        make_world(1, min_objects=low, max_objects=high)


@pytest.mark.parametrize("num", [1, 3, 12])
def test_the_number_of_objects_is_kept(num: int) -> None:
    assert len(make_world(5, min_objects=num, max_objects=num).objects) == num
