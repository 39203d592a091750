from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.sim.compile import VISIBLE_GROUP
from converseg_engine.sim.objects import CATEGORIES, PLACE_NAMES, category_named
from converseg_engine.sim.places.catalog import FIXTURES, known_category
from converseg_engine.sim.places.choose import pool
from converseg_engine.sim.places.region import Region, RegionKind
from converseg_engine.sim.places.registry import PLACES
from converseg_engine.sim.places.rigs import RIGS, draw_place_camera
from converseg_engine.sim.places.world import make_place_world
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.world import World
from tests.engine.places.rays import assert_picture_is_true

SEEDS = (71, 72)
ALL_SEEDS = tuple(range(71, 81))


@pytest.fixture(scope="module")
def worlds() -> dict[str, tuple[World, ...]]:
    return {name: tuple(make_place_world(seed, place=name) for seed in SEEDS) for name in PLACES}


def assert_at_rest(world: World) -> None:
    """For half a second nothing moves by itself, and nothing has fallen off its furniture."""
    data = mujoco.MjData(world.model)
    mujoco.mj_forward(world.model, data)
    for _ in range(125):
        mujoco.mj_step(world.model, data)
    bodies = [world.model.body(f"object{i}").id for i in range(len(world.objects))]
    assert np.linalg.norm(data.xpos[bodies] - world.positions, axis=1).max() < 0.002
    lowest_region = min(region.centre[2] for region in world.regions)
    for index, item in enumerate(world.objects):
        if not item.fixed:
            assert world.vertices(index)[:, 2].min() > lowest_region - 0.12


def assert_carried(world: World) -> None:
    """Every thing is held up by something, in the end by furniture."""
    for index, item in enumerate(world.objects):
        if item.fixed:
            assert not world.carriers[index]
            continue
        frontier, seen = set(world.carriers[index]), set[int]()
        while frontier:
            seen |= frontier
            frontier = {k for i in frontier for k in world.carriers[i]} - seen
        assert any(world.objects[k].fixed for k in seen), f"{item.category} hangs in the air"


def assert_regions_lie_on_their_parts(world: World) -> None:
    """A ray straight down meets the named part at the region's height, wherever nothing stands."""
    group = np.zeros(6, dtype=np.uint8)
    group[VISIBLE_GROUP] = 1
    hit, normal = np.zeros(1, dtype=np.int32), np.zeros(3)
    down = np.array([0.0, 0.0, -1.0])
    assert len({region.name for region in world.regions}) == len(world.regions)
    for region in world.regions:
        fixture = world.objects[region.fixture]
        assert fixture.fixed
        part = [p.name for p in fixture.parts].index(region.part)
        # Off the seams between the panes of a board, where a ray may slip through.
        grid = np.linspace(-0.931, 0.947, 5)
        u, v = np.meshgrid(grid * region.half_x, grid * region.half_y)
        num_free = 0
        for point in region.to_world(np.column_stack([u.ravel(), v.ravel()])):
            high = point + np.array([0.0, 0.0, min(region.clearance_m, 3.0) - 0.01])
            far = mujoco.mj_ray(world.model, world.data, high, down, group, 1, -1, hit, normal)
            owner = int(world.geom_owner[hit[0]])
            assert far >= 0
            if owner >= 0 and not world.objects[owner].fixed:
                continue
            # A tap reaches over its basin; a drain lies in it.
            if owner == region.fixture and int(world.geom_part[hit[0]]) != part:
                assert fixture.category in ("sink", "washbasin")
                continue
            assert owner == region.fixture, f"{region.name}: {world.objects[owner].category}"
            assert high[2] - far == pytest.approx(region.centre[2], abs=0.001)
            num_free += 1
        assert num_free >= 1 or region.half_x * region.half_y < 0.02


@pytest.mark.parametrize("place", PLACES)
def test_things_rest_on_the_regions_of_their_place(place: str, worlds: dict[str, tuple[World, ...]]) -> None:
    low, high = PLACES[place].num_objects
    for world in worlds[place]:
        assert world.place == place
        assert world.floor_z == 0.0
        assert low <= sum(not item.fixed for item in world.objects) <= high
        assert_at_rest(world)
        assert_carried(world)
        assert_regions_lie_on_their_parts(world)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_ten_seeds_of_each_place_settle(place: str) -> None:
    for seed in ALL_SEEDS:
        world = make_place_world(seed, place=place, split="test")
        assert_at_rest(world)
        assert_carried(world)
        assert_regions_lie_on_their_parts(world)


def test_the_named_places_are_all_there() -> None:
    assert set(PLACES) == set(PLACE_NAMES)


def test_a_seed_gives_the_same_world_again(worlds: dict[str, tuple[World, ...]]) -> None:
    for place in ("kitchen counter", "walkway"):
        again = make_place_world(SEEDS[0], place=place)
        np.testing.assert_array_equal(again.positions, worlds[place][0].positions)
        np.testing.assert_array_equal(again.rotations, worlds[place][0].rotations)
        assert again.regions == worlds[place][0].regions
    assert make_place_world(5).place == make_place_world(5).place


def test_train_holds_nothing_that_is_held_out_and_test_does(worlds: dict[str, tuple[World, ...]]) -> None:
    for world in (w for several in worlds.values() for w in several):
        assert not any(known_category(item.category).held_out for item in world.objects)
    held = [c for c in CATEGORIES if c.held_out and "kitchen counter" in c.places]
    assert held
    names = {
        item.category
        for seed in range(4)
        for item in make_place_world(seed, place="kitchen counter", split="test").objects
    }
    assert names & {c.name for c in held}
    with pytest.raises(ValueError, match="categories"):
        make_place_world(1, categories=held)


def test_what_is_in_training_alone_is_in_no_other_split_and_every_second_scene() -> None:
    extra = {c.name for c in CATEGORIES if c.only_train}
    assert len(extra) > 100
    made = {
        place: [(seed, make_place_world(seed, place=place)) for seed in (2, 3)] for place in ("desk", "shelf")
    }
    for seed, world in (pair for several in made.values() for pair in several):
        assert bool(extra & {o.category for o in world.objects}) == (seed % 2 == 1)
    for place in PLACE_NAMES:
        assert extra & {c.name for c in pool(place, "train", None)}
        for split in ("val", "test"):
            assert not extra & {c.name for c in pool(place, split, None)}
    with pytest.raises(ValueError, match="whisk are held out of test; use split train"):
        pool("kitchen counter", "test", [category_named("whisk")])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"place": "moon"}, "place"),
        ({"split": "holiday"}, "split"),
        ({"min_objects": 9, "max_objects": 3}, "max_objects"),
        ({"categories": ()}, "categories"),
    ],
)
def test_wrong_arguments_are_named(options: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        make_place_world(1, **options)  # type: ignore[arg-type]


def test_places_hold_leaning_stacked_contained_and_overhanging_things() -> None:
    """Not every scene has each, but a dozen scenes have all."""
    tilted = stacked = overhanging = 0
    for seed in range(30, 36):
        for place in ("tabletop", "kitchen counter"):
            world = make_place_world(seed, place=place)
            for index, item in enumerate(world.objects):
                if item.fixed:
                    continue
                tilted += bool(0.1 < world.rotations[index][2, 2] < 0.97)
                stacked += any(not world.objects[k].fixed for k in world.carriers[index])
                on = [r for r in world.regions if r.fixture in world.carriers[index]]
                points = world.vertices(index)
                overhanging += bool(on) and not any(r.contains(points, margin_m=-0.01).all() for r in on)
    assert tilted >= 2
    assert stacked >= 5
    assert overhanging >= 2


coordinate = st.floats(-3, 3)


@given(coordinate, coordinate, st.floats(-3, 3), st.floats(0.1, 2), st.floats(0.1, 2), coordinate, coordinate)
@settings(deadline=None, max_examples=50)
def test_regions_turn_points_there_and_back(
    x: float, y: float, yaw: float, half_x: float, half_y: float, u: float, v: float
) -> None:
    region = Region("r", 0, "top", (x, y, 0.5), half_x, half_y, yaw)
    local = np.array([[u, v]])
    world = region.to_world(local)
    np.testing.assert_allclose(region.to_local(world), local, atol=1e-9)
    assert np.hypot(*(world[0, :2] - (x, y))) == pytest.approx(math.hypot(u, v))
    assert bool(region.contains(world)[0]) == (abs(u) <= half_x and abs(v) <= half_y) or (
        min(abs(abs(u) - half_x), abs(abs(v) - half_y)) < 1e-9
    )
    assert region.contains(region.corners(), margin_m=-1e-9).all()


def test_senseless_regions_are_refused() -> None:
    with pytest.raises(ValueError, match="half_x"):
        Region("r", 0, "top", (0, 0, 0), 0.0, 1.0)
    with pytest.raises(ValueError, match="free_edges"):
        Region("r", 0, "top", (0, 0, 0), 1.0, 1.0, free_edges=frozenset({"z+"}), kind=RegionKind.HOT)


@pytest.mark.parametrize("category", FIXTURES, ids=lambda c: c.name)
def test_fixtures_are_described_as_they_are_built(category) -> None:  # type: ignore[no-untyped-def]
    model = category.build(np.random.default_rng(0), category.colors[0])
    assert model.fixed
    assert model.category == category.name
    names = {part.name for part in model.parts}
    if category.name != "shelf":
        assert set(category.askable_parts) | set(category.part_uses) <= names
    assert known_category(category.name) is category


def test_every_fixture_of_every_place_is_in_the_catalogue(worlds: dict[str, tuple[World, ...]]) -> None:
    for world in (w for several in worlds.values() for w in several):
        for item in world.objects:
            assert known_category(item.category).name == item.category


@pytest.mark.parametrize("rig", RIGS)
def test_cameras_are_where_their_robot_carries_them(rig: str, worlds: dict[str, tuple[World, ...]]) -> None:
    for place in (p for p in PLACES if rig in PLACES[p].rigs):
        for world in worlds[place]:
            name, camera = draw_place_camera(np.random.default_rng(3), world, width=320, height=240, rig=rig)
            assert name == rig
            limits = RIGS[rig].height_m
            if limits is not None:
                assert limits[0] <= camera.position[2] <= limits[1]
            if RIGS[rig].level:
                assert abs(camera.rotation[2, 2]) < 0.2
            low, high = world.vertices(0).min(axis=0), world.vertices(0).max(axis=0)
            assert (camera.position[:2] > low[:2]).all()
            assert (camera.position[:2] < high[:2]).all()


def test_an_unknown_rig_and_a_world_without_a_place_are_refused(worlds: dict[str, tuple[World, ...]]) -> None:
    world = worlds["desk"][0]
    with pytest.raises(ValueError, match="rig"):
        draw_place_camera(np.random.default_rng(0), world, width=64, height=48, rig="drone")


@pytest.mark.egl
@pytest.mark.parametrize("place", PLACES)
def test_masks_of_parts_and_depth_agree_with_rays(
    place: str, worlds: dict[str, tuple[World, ...]], renderer: Renderer
) -> None:
    world = worlds[place][0]
    _, camera = draw_place_camera(np.random.default_rng(1), world, width=320, height=240)
    view = next(renderer.views(world, [camera]))
    assert_picture_is_true(world, world.data, camera, view.depth_m, view.owner, view.part, num_pixels=250)
    seen = {int(i) for i in np.unique(view.owner) if i >= 0 and not world.objects[int(i)].fixed}
    assert len(seen) >= 2
