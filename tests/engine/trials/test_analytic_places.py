"""Lids, nested boxes, room, passages, grasps and hidden outlines against geometry on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from converseg_engine.sim.camera import Camera, look_at
from converseg_engine.sim.trials.containment import contains, covers
from converseg_engine.sim.trials.free_space import free_space, largest_free_disc
from converseg_engine.sim.trials.grasping import graspable
from converseg_engine.sim.trials.loading import bears_load
from converseg_engine.sim.trials.occlusion import occludes, outline
from converseg_engine.sim.trials.removal import remove
from converseg_engine.sim.trials.retreat import easy_to_remove
from converseg_engine.sim.trials.walkway import blocks_walkway

CAMERA = np.array([1.0, 0.0, 0.6])


@dataclass(frozen=True)
class Lane:
    name: str = "the lane"
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    half_x: float = 1.0
    half_y: float = 0.5
    yaw: float = 0.0
    clearance_m: float = math.inf


# --- a lid on a pot


def _pot(stage, lid_at: tuple[float, float, float]):  # type: ignore[no-untyped-def]
    scene = stage()
    pot = scene.open_box((0.08, 0.08, 0.06), 0.006, (0, 0, 0))
    lid = scene.add([("cylinder", (0.09, 0.004), (0, 0, 0))], lid_at)
    return scene.settled(), pot, lid


def test_a_lid_covers_its_pot_and_comes_off_easily(stage) -> None:
    world, pot, lid = _pot(stage, (0, 0, 0.1245))
    assert covers(world, lid, pot).holds is True
    assert covers(world, pot, lid).holds is False
    assert contains(world, pot, lid).holds is False  # it lies on the rim
    assert easy_to_remove(world, lid, CAMERA).holds is True
    assert easy_to_remove(world, pot, CAMERA).holds is False
    assert remove(world, pot).fell == {lid}
    assert remove(world, lid).fell == frozenset()


@pytest.mark.parametrize("at", [(0.25, 0, 0.0045), (0, 0.3, 0.0045)])
def test_a_lid_beside_its_pot_covers_nothing(stage, at: tuple[float, float, float]) -> None:
    world, pot, lid = _pot(stage, at)
    assert covers(world, lid, pot).holds is False
    assert easy_to_remove(world, pot, CAMERA).holds is True


def test_a_board_high_above_covers_nothing(stage) -> None:
    scene = stage()
    board = scene.box((0.2, 0.2, 0.01), (0, 0, 0.3), fixed=True)
    cup = scene.box((0.04, 0.04, 0.05), (0, 0, 0.05))
    assert covers(scene.settled(), board, cup).holds is False


@pytest.mark.parametrize(("shift", "expected"), [(0.0, True), (0.02, True), (0.09, False), (0.12, False)])
def test_a_shifted_cover_covers_the_share_that_geometry_gives(stage, shift: float, expected: bool) -> None:
    # Two equal squares of side s, shifted by d along a side, overlap in 1 - d / s.
    side = 0.14
    scene = stage()
    base = scene.box((side / 2, side / 2, 0.05), (0, 0, 0.05))
    top = scene.box((side / 2, side / 2, 0.01), (shift, 0, 0.11))
    found = covers(scene.build(), top, base)
    assert found.value == pytest.approx(1 - shift / side, abs=0.06)
    assert found.holds is expected


# --- nested boxes


def test_nested_boxes_contain_each_other_from_the_outside_in(stage) -> None:
    scene = stage()
    outer = scene.open_box((0.12, 0.12, 0.08), 0.005, (0, 0, 0))
    middle = scene.open_box((0.08, 0.08, 0.05), 0.005, (0, 0, 0.0052))
    inner = scene.box((0.03, 0.03, 0.03), (0.01, 0, 0.041))
    world = scene.settled()
    inside = {(outer, middle), (outer, inner), (middle, inner)}
    for a in (outer, middle, inner):
        for b in (outer, middle, inner):
            if a != b:
                assert contains(world, a, b).holds is ((a, b) in inside), (a, b)
    assert easy_to_remove(world, inner, CAMERA).holds is True  # lifted out
    assert remove(world, outer).fell == frozenset() or remove(world, outer).dropped_m[inner] < 0.01


@pytest.mark.parametrize(("depth", "expected"), [(0.9, True), (0.65, True), (0.1, False), (0.0, False)])
def test_what_sticks_out_of_a_box_is_in_it_by_its_share(stage, depth: float, expected: bool) -> None:
    # A post of height h in a box whose rim lies at depth * h above the post's foot.
    height, wall = 0.20, 0.005
    scene = stage()
    box = scene.open_box((0.05, 0.05, (wall + depth * height) / 2), wall, (0, 0, 0), fixed=True)
    post = scene.box((0.02, 0.02, height / 2), (0, 0, wall + height / 2))
    found = contains(scene.build(), box, post)
    assert found.value == pytest.approx(depth, abs=0.12)
    assert found.holds is expected


def test_what_lies_under_a_table_is_not_in_it(stage) -> None:
    scene = stage()
    legs = [("box", (0.02, 0.02, 0.2), (x, y, 0.2)) for x in (-0.3, 0.3) for y in (-0.2, 0.2)]
    table = scene.add([("box", (0.35, 0.25, 0.01), (0, 0, 0.41)), *legs], (0, 0, 0), fixed=True)
    cat = scene.box((0.1, 0.1, 0.1), (0, 0, 0.1))
    world = scene.build()
    assert contains(world, table, cat).holds is False
    assert covers(world, table, cat).holds is False


# --- room and passages


@pytest.mark.parametrize("x", [-0.5, 0.0, 0.4])
def test_the_largest_free_disc_beside_a_wall_across(stage, x: float) -> None:
    # A wall right across a lane of width w leaves discs of min(w / 2, longer rest / 2).
    scene = stage()
    scene.box((0.01, 0.6, 0.2), (x, 0, 0.2), fixed=True)
    expected = min(0.5, (1.0 + abs(x) - 0.01) / 2)
    world = scene.build()
    found = largest_free_disc(world, Lane())
    assert found.radius_m == pytest.approx(expected, abs=0.012)
    assert free_space(world, Lane(), expected * 0.8).holds is True
    assert free_space(world, Lane(), expected * 1.25).holds is False
    assert free_space(world, Lane(), expected).holds is None


def test_no_room_where_everything_is_taken_and_room_under_what_hangs_high(stage) -> None:
    scene = stage()
    scene.box((1.2, 0.7, 0.1), (0, 0, 0.1), fixed=True)
    assert free_space(scene.build(), Lane(), 0.05).holds is False
    high = stage()
    high.box((1.2, 0.7, 0.1), (0, 0, 0.6), fixed=True)
    assert free_space(high.build(), Lane(), 0.3).holds is True


@pytest.mark.parametrize(
    ("y", "half", "yaw"),
    [(0.0, 0.1, 0.0), (0.0, 0.3, 0.0), (0.4, 0.1, 0.5), (-0.2, 0.2, -1.2), (0.45, 0.35, 2.0)],
)
def test_a_box_on_a_walkway_leaves_the_gap_that_geometry_gives(
    stage, y: float, half: float, yaw: float
) -> None:
    # The wider of the two gaps between the box and the lane's sides.
    gap = max(0.0, 0.5 - y - half, 0.5 + y - half)
    c, s = math.cos(yaw), math.sin(yaw)
    scene = stage()
    box = scene.box((0.15, half, 0.2), (-s * y, c * y, 0.2), turn=((0, 0, 1), yaw))
    world, lane = scene.build(), Lane(yaw=yaw)
    found = blocks_walkway(world, box, lane, gap / 2 * 1.3)
    assert found.value == pytest.approx(gap, abs=0.025)
    assert found.holds is True
    assert blocks_walkway(world, box, lane, gap / 2 * 0.75).holds is False
    assert blocks_walkway(world, box, lane, gap / 2).holds is None


def test_flat_things_and_things_beside_the_walkway_block_nothing(stage) -> None:
    scene = stage()
    mat = scene.box((0.3, 0.5, 0.003), (0, 0, 0.003))
    beside = scene.box((0.3, 0.1, 0.2), (0, 0.7, 0.2))
    world = scene.build()
    assert blocks_walkway(world, mat, Lane(), 0.3).holds is False
    assert blocks_walkway(world, beside, Lane(), 0.3).holds is False


# --- grasps and loads


@pytest.mark.parametrize(
    ("shape", "size", "width", "expected"),
    [
        ("box", (0.03, 0.08, 0.04), 0.06, True),
        ("box", (0.05, 0.08, 0.04), 0.10, False),
        ("cylinder", (0.033, 0.06), 0.066, True),
        ("cylinder", (0.05, 0.05), 0.10, False),
        ("box", (0.009, 0.12, 0.03), 0.018, True),
        ("box", (0.10, 0.14, 0.012), 0.20, False),
    ],
)
def test_a_gripper_takes_what_is_narrower_than_it_opens(
    stage, shape: str, size: tuple[float, ...], width: float, expected: bool
) -> None:
    scene = stage()
    thing = scene.add([(shape, size, (0, 0, 0))], (0, 0, size[-1]), turn=((0, 0, 1), 0.4))
    found = graspable(scene.build(), thing, CAMERA, 0.085)
    assert found.holds is expected
    if expected:
        assert found.value == pytest.approx(width, abs=0.002)


def test_neighbours_close_by_leave_no_room_for_the_fingers(stage) -> None:
    scene = stage()
    middle = scene.box((0.03, 0.03, 0.05), (0, 0, 0.05))
    for x, y in ((-0.063, 0), (0.063, 0), (0, 0.063), (0, -0.063)):
        scene.box((0.03, 0.09 if x else 0.03, 0.15), (x, y, 0.15), fixed=True)
    assert graspable(scene.build(), middle, CAMERA).holds is False


def test_a_wide_bowl_is_taken_by_its_rim(stage) -> None:
    scene = stage()
    bowl = scene.open_box((0.10, 0.10, 0.03), 0.006, (0, 0, 0))
    found = graspable(scene.build(), bowl, CAMERA)
    assert found.holds is True
    assert found.value == pytest.approx(0.006, abs=0.001)


@pytest.mark.parametrize(("length", "expected"), [(0.12, True), (0.20, True), (0.32, False), (0.36, False)])
def test_a_bracket_bears_a_load_unless_it_levers_it_over(stage, length: float, expected: bool) -> None:
    # A column (half width b) with a plate that juts out to one side; the load m goes to the plate's middle,
    # at x. Moments about the column's foot: it goes over where m (x - b) > M (b - s), s the middle of M.
    b, plate, column, load = 0.04, 0.005, 0.1, 1.0
    masses = np.array([8 * b * b * column, 8 * length / 2 * b * plate]) * 1000
    x = length / 2 - b
    middle = masses[1] * x / masses.sum()
    assert expected is bool(load * (x - b) < masses.sum() * (b - middle))
    scene = stage()
    shapes = [("box", (b, b, column), (0, 0, column)), ("box", (length / 2, b, plate), (x, 0, 0.205))]
    bracket = scene.add(shapes, (0, 0, 0))
    assert bears_load(scene.settled(), bracket, mass_kg=load).holds is expected


@pytest.mark.parametrize(("shape", "size"), [("sphere", (0.06,)), ("box", (0.01, 0.2, 0.05))])
def test_round_and_narrow_things_bear_nothing(stage, shape: str, size: tuple[float, ...]) -> None:
    scene = stage()
    thing = scene.add([(shape, size, (0, 0, 0))], (0, 0, size[0] if shape == "sphere" else size[2]))
    assert bears_load(scene.build(), thing).holds is False


# --- hidden outlines


@dataclass(frozen=True, eq=False)
class Picture:
    camera: Camera
    owner: np.ndarray


@pytest.mark.parametrize(("shift", "expected"), [(0.0, True), (0.05, True), (0.12, False), (0.1, False)])
def test_a_screen_hides_the_share_that_the_intercept_theorem_gives(
    stage, shift: float, expected: bool
) -> None:
    # Camera far in front on the x axis; a square of half size a at x = 0 and a screen of half size a / 2
    # half way: its shadow on the square's plane has half size a, shifted by 2 * shift.
    a, far = 0.10, 2.0
    scene = stage(floor=False)
    square = scene.box((0.001, a, a), (0, 0, 0), fixed=True)
    screen = scene.box((0.001, a / 2, a / 2), (far / 2, shift, 0), fixed=True)
    world = scene.build()
    eye = np.array([far, 0.0, 0.0])
    camera = look_at(eye, np.zeros(3), fov_y_deg=20, width=320, height=240)
    owner = np.full((240, 320), -1, dtype=np.int16)
    owner[outline(world, camera, square)] = square
    owner[outline(world, camera, screen)] = screen  # the nearer one last
    found = occludes(Picture(camera, owner), world, screen, square)
    share = max(0.0, 1 - 2 * shift / (2 * a))
    assert found.value == pytest.approx(share, abs=0.02)
    assert found.holds is expected
    assert occludes(Picture(camera, owner), world, square, screen).holds is False
