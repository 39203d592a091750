"""Blocks, towers and boards: the simulator's labels against statics on paper."""

from __future__ import annotations

import math

import pytest

from converseg_engine.sim.trials.removal import remove
from converseg_engine.sim.trials.rest import stays
from converseg_engine.sim.trials.supports import support_graph

HALF = (0.10, 0.04, 0.02)
"""Half sizes of the test block; its centre of mass is in its middle."""
TABLE = (0.3, 0.3, 0.2)


@pytest.mark.parametrize("past_m", [-0.06, -0.03, -0.015, -0.006, -0.003, 0.003, 0.006, 0.015, 0.03, 0.06])
def test_a_block_falls_just_where_its_centre_of_mass_passes_the_edge(stage, past_m: float) -> None:
    # Statics: a rigid block on a half plane is in balance while its weight acts inside the edge.
    falls = past_m > 0
    scene = stage()
    scene.box(TABLE, (0, 0, 0.2), fixed=True)
    block = scene.box(HALF, (TABLE[0] + past_m, 0, 0.4 + HALF[2]))
    assert stays(scene.build(), block).holds is (not falls)


@pytest.mark.parametrize("past_m", [-0.03, -0.01, -0.004, 0.004, 0.01, 0.03])
def test_taking_the_counterweight_away_brings_an_overhanging_block_down(stage, past_m: float) -> None:
    # Moments about the edge: the block needs the counterweight exactly where its own middle is past it.
    scene = stage()
    scene.box(TABLE, (0, 0, 0.2), fixed=True)
    block = scene.box(HALF, (TABLE[0] + past_m, 0, 0.4 + HALF[2]))
    top = 0.4 + 2 * HALF[2]
    weight = scene.box((0.03, 0.03, 0.06), (TABLE[0] + past_m - 0.06, 0, top + 0.06), density=3000)
    gone = remove(scene.settled(), weight)
    assert (block in gone.fell) is (past_m > 0)
    assert not gone.unsure
    assert gone.moves_nothing().holds is (past_m <= 0)


@pytest.mark.parametrize("factor", [0.80, 0.90, 1.10, 1.20])
def test_the_harmonic_stack_stands_up_to_its_limit(stage, factor: float) -> None:
    # The longest stack of equal blocks: each juts out by half its length over 1, 2, 3, ... (from the
    # top); the middle of everything above is then right over the edge below. Johnson, Am. J. Phys. 23 (1955).
    scene = stage()
    scene.box(TABLE, (0, 0, 0.2), fixed=True)
    juts = [HALF[0] / k * factor for k in (3, 2, 1)]  # the lowest first
    x, z = TABLE[0] - HALF[0], 0.4 + HALF[2]
    blocks = []
    for jut in juts:
        x += jut
        blocks.append(scene.box(HALF, (x, 0, z)))
        z += 2 * HALF[2]
    assert stays(scene.build(), blocks[-1]).holds is (factor < 1)


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_taking_one_out_of_a_tower_brings_down_just_what_is_above(stage, taken: int) -> None:
    scene = stage()
    blocks = [scene.box((0.04, 0.04, 0.03), (0, 0, 0.03 + 0.06 * k)) for k in range(4)]
    gone = remove(scene.settled(), blocks[taken])
    assert gone.fell == frozenset(blocks[taken + 1 :])
    assert all(gone.moved_m[b] < 0.001 for b in blocks[:taken])


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, -0.6])
def test_shares_of_weight_follow_the_lever_law(stage, shift: float) -> None:
    # A beam on two posts at -a and +a with its middle at shift * a: shares (1 - shift) / 2, (1 + shift) / 2.
    a = 0.2
    scene = stage()
    left = scene.box((0.01, 0.04, 0.05), (-a, 0, 0.05), fixed=True)
    right = scene.box((0.01, 0.04, 0.05), (a, 0, 0.05), fixed=True)
    beam = scene.box((0.35, 0.03, 0.01), (shift * a, 0, 0.11))
    graph = support_graph(scene.settled())
    # The posts are 2 cm wide, and the beam may press on either rim of them.
    assert graph.shares[beam][left] == pytest.approx((1 - shift) / 2, abs=0.01 / (2 * a) + 0.02)
    assert graph.shares[beam][right] == pytest.approx((1 + shift) / 2, abs=0.01 / (2 * a) + 0.02)
    assert graph.rests_on(beam, left).holds is True
    assert graph.fixed == {left, right}


def _board_on_wall(stage, angle_deg: float, friction: float):  # type: ignore[no-untyped-def]
    """A thin board, its foot on a rough floor, its head on a smooth wall."""
    scene = stage(floor_friction=friction)
    angle, half, thick = math.radians(angle_deg), 0.25, 0.004
    wall = scene.box((0.02, 0.3, 0.3), (-0.02, 0, 0.3), fixed=True, friction=1e-3)
    # Corners of the tilted board touch: foot at the lower outer one, head at the upper one by the wall.
    x = half * math.cos(angle) + thick * math.sin(angle)
    z = half * math.sin(angle) + thick * math.cos(angle)
    turn = ((0, 1, 0), math.pi + angle)
    board = scene.box((half, 0.05, thick), (x, 0, z), turn=turn, friction=1e-3)
    return scene, wall, board


@pytest.mark.parametrize(
    ("angle_deg", "friction"), [(70, 0.3), (60, 0.4), (60, 0.2), (50, 0.6), (50, 0.3), (75, 0.2), (40, 0.45)]
)
def test_a_leaning_board_slips_where_friction_is_too_small(stage, angle_deg: float, friction: float) -> None:
    # Moments about the foot with a smooth wall: it pushes with W cot(angle) / 2, and the floor holds
    # mu W; the board slips where tan(angle) < 1 / (2 mu). (Ladder problem, any book of statics.)
    slips = math.tan(math.radians(angle_deg)) < 1 / (2 * friction)
    scene, _, board = _board_on_wall(stage, angle_deg, friction)
    assert stays(scene.build(), board).holds is (not slips)


@pytest.mark.parametrize("angle_deg", [75, 65, 55])
def test_a_wall_pushes_a_leaning_board_as_statics_say(stage, angle_deg: float) -> None:
    scene, wall, board = _board_on_wall(stage, angle_deg, 0.9)
    graph = support_graph(scene.settled())
    leans = graph.leans_on(board, wall)
    assert leans.holds is True
    assert leans.value == pytest.approx(0.5 / math.tan(math.radians(angle_deg)), rel=0.08)
    assert graph.shares[board][-1] > 0.95  # the floor carries it


def test_taking_away_what_a_board_leans_on_lets_it_fall(stage) -> None:
    scene = stage(floor_friction=0.9)
    prop = scene.box((0.05, 0.1, 0.15), (-0.05, 0, 0.15), density=3000)
    angle, half, thick = math.radians(70), 0.15, 0.004
    x = half * math.cos(angle) + thick * math.sin(angle)
    z = half * math.sin(angle) + thick * math.cos(angle)
    board = scene.box((half, 0.05, thick), (x, 0, z), turn=((0, 1, 0), math.pi + angle), density=300)
    world = scene.settled()
    assert remove(world, prop).fell == {board}
    assert remove(world, board).fell == frozenset()
