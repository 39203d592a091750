"""The bench: the same physics without the settling's brakes, and the world stays as it was."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.bumping import falls_if_bumped
from converseg_engine.sim.trials.finding import Band
from converseg_engine.sim.trials.prepared import Prepared
from converseg_engine.sim.trials.removal import remove
from converseg_engine.sim.trials.rolling import rolls
from converseg_engine.sim.trials.shapes import bounds, spans
from converseg_engine.sim.trials.standing import surely_stands, tipping_energy
from converseg_engine.sim.trials.tipping import tips_easily
from converseg_engine.sim.world import World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(910_001, min_objects=6, max_objects=6)


def test_a_bench_keeps_masses_and_shapes_and_drops_the_brakes(world: World) -> None:
    movable = range(len(world.objects))
    bench = Bench(world, movable)
    assert (world.model.dof_damping > 0).any() and not bench.model.dof_damping.any()
    for i in movable:
        source, copy = world.model.body(f"object{i}"), bench.model.body(f"object{i}")
        assert copy.mass[0] == pytest.approx(source.mass[0])
        np.testing.assert_allclose(np.sort(copy.inertia), np.sort(source.inertia), rtol=1e-9)
        np.testing.assert_allclose(bench.data.xipos[bench.body(i)], world.data.xipos[source.id], atol=1e-9)
        touching = (world.geom_owner == i) & (world.model.geom_contype > 0)
        assert len(bench.geoms(i)) == touching.sum()
        low, high = bounds(world.model, world.data, [int(g) for g in np.flatnonzero(touching)])
        np.testing.assert_allclose(bench.bounds(i), (low, high), atol=1e-9)


def test_trials_change_nothing_of_the_world_and_repeat_exactly(world: World) -> None:
    before = (world.data.qpos.copy(), world.data.qvel.copy(), world.model.geom_friction.copy())
    indices = range(len(world.objects))

    def all_of(scene: World | Prepared) -> list[object]:
        trials = (remove, tips_easily, rolls, falls_if_bumped)
        return [trial(scene, i) for trial in trials for i in indices]

    shared = Prepared(world)
    first = all_of(shared)
    assert first == all_of(shared) == all_of(world)
    for was, now in zip(before, (world.data.qpos, world.data.qvel, world.model.geom_friction), strict=True):
        np.testing.assert_array_equal(was, now)


def test_meshes_collide_on_the_bench_as_their_hulls(stage) -> None:
    scene = stage()
    scene.box((0.05, 0.05, 0.05), (0, 0, 0.05))
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 2)]) * 0.03
    scene.spec.add_mesh(name="block", uservert=(corners + 0.5).ravel())
    body = scene.spec.worldbody.add_body(name="object1", pos=[-0.5, -0.5, -0.4])
    body.add_freejoint()
    body.add_geom(name="m", type=mujoco.mjtGeom.mjGEOM_MESH, meshname="block", density=500)
    scene.owners["m"], scene.num = 1, 2
    world = scene.settled(0.2)
    bench = Bench(world, {1})
    np.testing.assert_allclose(bench.bounds(1)[0], (-0.03, -0.03, 0.1), atol=2e-3)
    assert remove(world, 0).fell == {1}


@pytest.mark.parametrize(
    ("kind", "size", "half"),
    [
        ("box", (0.1, 0.2, 0.3), (0.1, 0.2, 0.3)),
        ("sphere", (0.1,), (0.1, 0.1, 0.1)),
        ("cylinder", (0.1, 0.3), (0.1, 0.1, 0.3)),
        ("capsule", (0.1, 0.3), (0.1, 0.1, 0.4)),
        ("ellipsoid", (0.1, 0.2, 0.3), (0.1, 0.2, 0.3)),
    ],
)
def test_extents_of_shapes(stage, kind: str, size: tuple[float, ...], half: tuple[float, ...]) -> None:
    scene = stage(floor=False)
    scene.add([(kind, size, (0, 0, 0))], (1, 2, 3), turn=((0, 0, 1), 0.3))
    world = scene.build()
    axes = np.array([[np.cos(0.3), np.sin(0.3), 0], [-np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]])
    low, high = spans(world.model, world.data, [0], axes)
    np.testing.assert_allclose((high - low) / 2, half, atol=1e-9)


def test_the_energy_bound_is_that_of_a_block_and_leaves_balls_to_the_trial(stage) -> None:
    scene = stage()
    block = scene.box((0.05, 0.08, 0.10), (0, 0, 0.0999))
    ball = scene.add([("sphere", (0.05,), (0, 0, 0))], (0.5, 0, 0.0499))
    bench = Bench(scene.build(), {block, ball})
    expected = 9.81 * (np.hypot(0.05, 0.10) - 0.10)
    assert tipping_energy(bench, block) == pytest.approx(expected, rel=0.02)
    assert tipping_energy(bench, ball) == 0.0
    assert surely_stands(bench, block, 0.1, height_m=0.0)
    assert not surely_stands(bench, ball, 0.01, height_m=0.0)


def test_furniture_and_unknown_objects_are_refused(stage) -> None:
    scene = stage()
    shelf = scene.box((0.1, 0.1, 0.1), (0, 0, 0.1), fixed=True)
    world = scene.build()
    for trial in (remove, tips_easily, rolls, falls_if_bumped):
        with pytest.raises(ValueError, match="furniture"):
            trial(world, shelf)
        with pytest.raises(ValueError, match="none of the 1 objects"):
            trial(world, 7)


def test_a_band_is_open_in_the_middle() -> None:
    band = Band(no_below=1.0, yes_from=2.0)
    assert [band.above(v) for v in (0.9, 1.0, 1.9, 2.0)] == [False, None, None, True]
    assert [band.below(v) for v in (0.9, 1.0, 1.9, 2.0)] == [True, None, None, False]
    with pytest.raises(ValueError, match="no_below"):
        Band(no_below=2.0, yes_from=1.0)
