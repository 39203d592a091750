"""Slopes, shoves, bumps: the simulator's labels against mechanics on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from converseg_engine.sim.trials.bumping import BUMP, falls_if_bumped
from converseg_engine.sim.trials.edges import edge_distance
from converseg_engine.sim.trials.rest import stays
from converseg_engine.sim.trials.rolling import rolls
from converseg_engine.sim.trials.tipping import SHOVE_HEIGHT, TIPS_EASILY, tipping_sweep, tips_easily

G = 9.81


def _on_slope(stage, angle_deg: float, shape: tuple[str, tuple[float, ...]], height: float, friction: float):  # type: ignore[no-untyped-def]
    """A thing at rest on a plane that is tilted about y."""
    scene = stage(floor=False)
    angle = math.radians(angle_deg)
    normal = np.array([math.sin(angle), 0, math.cos(angle)])
    turn = ((0, 1, 0), angle)
    scene.box((3.0, 1.0, 0.02), tuple(-0.02 * normal), fixed=True, turn=turn, friction=friction)
    thing = scene.add([(*shape, (0, 0, 0))], tuple(height * normal), turn=turn, friction=friction)
    return scene.build(), thing


@pytest.mark.parametrize("angle_deg", [0, 2, 5, 10, 20, 30])
def test_a_ball_rolls_on_every_slope_and_a_cube_on_none(stage, angle_deg: float) -> None:
    ball = _on_slope(stage, angle_deg, ("sphere", (0.035,)), 0.035, 0.8)
    cube = _on_slope(stage, angle_deg, ("box", (0.03, 0.03, 0.03)), 0.03, 0.8)
    assert rolls(*ball).holds is True
    assert tips_easily(*ball).holds is False
    assert rolls(*cube).holds is False


@pytest.mark.parametrize(
    ("angle_deg", "friction"),
    [(10, 0.3), (20, 0.3), (20, 0.5), (30, 0.5), (30, 0.8), (35, 0.55), (40, 0.95), (5, 0.06)],
)
def test_a_cube_slides_where_the_slope_is_steeper_than_the_friction_angle(
    stage, angle_deg: float, friction: float
) -> None:
    # Coulomb: it slides where tan(angle) > mu.
    slides = math.tan(math.radians(angle_deg)) > friction
    world, cube = _on_slope(stage, angle_deg, ("box", (0.03, 0.03, 0.03)), 0.03, friction)
    assert stays(world, cube).holds is (not slides)
    assert rolls(world, cube).holds is False  # sliding is no rolling


@pytest.mark.parametrize(("lying", "expected"), [(True, True), (False, False)])
def test_a_can_rolls_lying_and_not_standing(stage, lying: bool, expected: bool) -> None:
    scene = stage()
    turn = ((1, 0, 0), math.pi / 2 if lying else 0.0)
    can = scene.add([("cylinder", (0.033, 0.06), (0, 0, 0))], (0, 0, 0.033 if lying else 0.06), turn=turn)
    assert rolls(scene.build(), can).holds is expected


def test_a_ball_in_a_tight_box_does_not_roll(stage) -> None:
    scene = stage()
    scene.open_box((0.05, 0.05, 0.03), 0.005, (0, 0, 0))
    ball = scene.add([("sphere", (0.04,), (0, 0, 0))], (0, 0, 0.046))
    assert rolls(scene.settled(), ball).holds is False


def shove_that_tips(half_x: float, half_y: float, half_z: float) -> float:
    """Smallest shove (momentum over mass, m/s) that tips a block over its nearer bottom edge.

    The edge holds (friction is high): angular momentum about it, m v h, becomes I w with
    I = m (4 b^2 + 4 c^2) / 3 for half sizes b, c; the block tips where I w^2 / 2 lifts its middle over
    the edge, by sqrt(b^2 + c^2) - c.
    """
    b, c = min(half_x, half_y), half_z
    inertia = 4 * (b * b + c * c) / 3
    spin = math.sqrt(2 * G * (math.hypot(b, c) - c) / inertia)
    return inertia * spin / (SHOVE_HEIGHT * 2 * c)


SLIM = [(0.02, 0.02, 0.10), (0.02, 0.06, 0.10), (0.025, 0.025, 0.15), (0.015, 0.03, 0.06)]
STABLE = [(0.05, 0.05, 0.05), (0.06, 0.06, 0.10), (0.05, 0.05, 0.08), (0.08, 0.08, 0.03)]


@pytest.mark.parametrize("half", SLIM + STABLE)
def test_towers_tip_from_the_shove_that_mechanics_give(stage, half: tuple[float, float, float]) -> None:
    expected = TIPS_EASILY.below(shove_that_tips(*half))
    assert expected is (half in SLIM)  # no case lies within the margin band
    scene = stage()
    tower = scene.box(half, (0, 0, half[2]), friction=1.5)
    found = tips_easily(scene.build(), tower)
    assert found.holds is expected
    assert found.unit == "m/s"


def test_the_sweep_finds_the_weak_direction_and_its_size(stage) -> None:
    half = (0.02, 0.06, 0.10)
    scene = stage()
    tower = scene.box(half, (0, 0, half[2]), friction=2.0)
    sweep = tipping_sweep(scene.build(), tower, hardest_m_s=0.8, precision_m_s=0.01)
    assert min(sweep.speeds_m_s) == pytest.approx(shove_that_tips(*half), rel=0.10)
    weak = [abs(math.cos(b)) for b, v in zip(sweep.bearings_rad, sweep.speeds_m_s, strict=True) if v < 0.25]
    assert len(weak) >= 2 and min(weak) > 0.7  # along x, where the tower is thin


def slide_m(speed: float, friction: float) -> float:
    """How far a block slides: v^2 / (2 mu g)."""
    return speed**2 / (2 * friction * G)


@pytest.mark.parametrize(
    ("gap_m", "friction", "expected"),
    [(0.004, 0.5, True), (0.010, 0.3, True), (0.12, 0.5, False), (0.16, 0.3, False), (0.30, 0.8, False)],
)
def test_a_flat_block_falls_if_a_bump_slides_its_middle_over_the_edge(
    stage, gap_m: float, friction: float, expected: bool
) -> None:
    low, high = slide_m(BUMP.no_below, friction), slide_m(BUMP.yes_from, friction)
    assert expected is (gap_m < 0.7 * low) and (expected or gap_m > 1.3 * high)
    scene = stage()
    scene.box((0.3, 0.3, 0.2), (0, 0, 0.2), fixed=True, friction=friction)
    block = scene.box((0.04, 0.04, 0.01), (0.3 - gap_m, 0, 0.41), friction=friction)
    world = scene.build()
    found = falls_if_bumped(world, block)
    assert found.holds is expected
    assert found.value == pytest.approx(gap_m, abs=0.002)
    edge = edge_distance(world, block)
    assert edge.rim_m == pytest.approx(gap_m - 0.04, abs=0.002)
    assert edge.drop_m == pytest.approx(0.4, abs=0.003)


def test_a_rim_keeps_things_from_falling(stage) -> None:
    scene = stage()
    scene.add(
        [("box", (0.3, 0.3, 0.2), (0, 0, 0.2)), ("box", (0.005, 0.3, 0.03), (0.305, 0, 0.4))],
        (0, 0, 0),
        fixed=True,
    )
    block = scene.box((0.04, 0.04, 0.02), (0.255, 0, 0.42))
    world = scene.build()
    assert falls_if_bumped(world, block).holds is False
    assert edge_distance(world, block).com_m > 0.25


def test_a_ball_on_an_endless_floor_is_left_open(stage) -> None:
    scene = stage()
    ball = scene.add([("sphere", (0.03,), (0, 0, 0))], (0, 0, 0.03))
    assert falls_if_bumped(scene.build(), ball).holds is None  # it is still under way
