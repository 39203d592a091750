"""Every category of the catalogue over its variation: sound, plausible, at rest where it stands."""

from __future__ import annotations

from collections import Counter

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_engine.sim.colors import OBJECT_COLOR_NAMES
from converseg_engine.sim.objects import CATEGORIES, TABLETOP_CATEGORIES, Category, Tag, Use, category_named
from converseg_engine.sim.objects.category import known, uses
from converseg_engine.sim.objects.model import CollisionShape, ObjectModel
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.objects.textures import Texture

SEEDS = range(4)
STICKS_OUT_M = 0.010
KINDS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
}
each_category = pytest.mark.parametrize("category", CATEGORIES, ids=lambda c: c.name)


def members(category: Category) -> list[ObjectModel]:
    return [
        category.build(np.random.default_rng(seed), category.colors[seed % len(category.colors)])
        for seed in SEEDS
    ]


def reach(shape: CollisionShape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high corner of a shape in the object's frame."""
    flat = np.zeros(9)
    mujoco.mju_quat2Mat(flat, np.asarray(shape.quat))
    turn = flat.reshape(3, 3)
    if shape.kind == "box":
        half = np.abs(turn) @ np.asarray(shape.size)
    elif shape.kind == "cylinder":
        axis = turn[:, 2]
        half = shape.size[0] * np.sqrt(np.maximum(1 - axis**2, 0)) + shape.size[1] * np.abs(axis)
    else:
        half = np.full(3, shape.size[0])
    return np.asarray(shape.pos) - half, np.asarray(shape.pos) + half


def shaken_out(model: ObjectModel) -> tuple[float, float, float]:
    """Let it stand on a floor: how far it moved, how upright it is, how far it crept in the last 0.4 s."""
    spec = mujoco.MjSpec()
    spec.option.timestep = 0.004
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[3, 3, 0.1])
    body = spec.worldbody.add_body(name="thing", pos=[0, 0, 0.001])
    body.add_freejoint()
    for shape in model.shapes:
        body.add_geom(
            type=KINDS[shape.kind],
            size=[*shape.size, 0.0, 0.0][:3],
            pos=list(shape.pos),
            quat=list(shape.quat),
            mass=shape.mass_kg,
            condim=6,
            friction=[model.physics.friction, 0.01, 0.002],
        )
    compiled = spec.compile()
    data = mujoco.MjData(compiled)
    for _ in range(200):
        mujoco.mj_step(compiled, data)
        data.qvel *= 0.985
    settled = data.qpos.copy()
    for _ in range(100):
        mujoco.mj_step(compiled, data)
    mujoco.mj_forward(compiled, data)
    moved = float(np.linalg.norm(settled[:3] - [0, 0, 0.001]))
    return moved, float(data.body("thing").xmat[8]), float(np.linalg.norm(data.qpos[:3] - settled[:3]))


def test_the_catalogue_is_wide_and_names_each_thing_once() -> None:
    assert len(CATEGORIES) >= 64
    assert not [n for n, k in Counter(c.name for c in CATEGORIES).items() if k > 1]
    assert not [n for n, k in Counter(c.plural for c in CATEGORIES).items() if k > 1]
    assert {c.name for c in TABLETOP_CATEGORIES} <= {c.name for c in CATEGORIES}
    assert category_named("mug") is not next(c for c in TABLETOP_CATEGORIES if c.name == "mug")


def test_held_out_categories_are_spread_over_the_places() -> None:
    held = [c for c in CATEGORIES if c.held_out]
    assert 12 <= len(held) <= 18
    assert not {c.name for c in held} & {c.name for c in TABLETOP_CATEGORIES}
    assert len({place for c in held for place in c.places}) >= 8


def test_every_tag_but_spilling_has_a_thing_and_a_thing_that_is_none() -> None:
    for tag in Tag:
        said = {c.knows(tag) for c in CATEGORIES}
        # What spills is what is open and filled: a matter of the single thing, not of its kind.
        assert said >= ({None, False} if tag in (Tag.SPILLS, Tag.SWALLOWED) else {True, False}), tag


def test_every_use_has_a_part() -> None:
    assert {use for c in CATEGORIES for found in c.part_uses.values() for use in found} == set(Use)


@each_category
def test_each_category_is_sound_over_its_variation(category: Category) -> None:
    assert set(category.colors) <= set(OBJECT_COLOR_NAMES)
    for model in members(category):
        names = [part.name for part in model.parts]
        assert (model.category, model.fixed) == (category.name, False)
        assert len(set(names)) == len(names)
        named = set(category.part_uses) | set(category.askable_parts) | category.sharp_parts
        assert named <= set(names)
        assert 0.005 <= model.mass_kg <= 30
        assert 1 <= len(model.shapes) <= 20
        assert model.looks(model.color) is not False
        for part in model.parts:
            for surface in part.surfaces:
                assert surface.mesh.volume > 0
                assert all(0 <= channel <= 1 for channel in surface.rgb)


@each_category
def test_each_category_collides_where_it_is_seen(category: Category) -> None:
    for model in members(category):
        vertices = model.vertices()
        seen_low, seen_high = vertices.min(axis=0), vertices.max(axis=0)
        corners = [reach(shape) for shape in model.shapes]
        low, high = np.min([c[0] for c in corners], axis=0), np.max([c[1] for c in corners], axis=0)
        assert (seen_low - low <= STICKS_OUT_M).all()
        assert (high - seen_high <= STICKS_OUT_M).all()
        assert abs(low[2]) < 0.0025, "it collides with what it stands on"
        assert abs(seen_low[2]) < 0.0025, "it is seen to stand there"


@each_category
def test_each_category_rests_where_it_is_put(category: Category) -> None:
    for model in members(category)[:2]:
        moved, upright, crept = shaken_out(model)
        assert moved < 0.010
        assert upright > 0.995
        assert crept < 0.001


@each_category
def test_masses_are_those_of_the_stuff_and_the_contents(category: Category) -> None:
    for model in members(category):
        volume = sum(s.mesh.volume for part in model.parts for s in part.surfaces)
        own = model.physics.density_kg_m3 * volume
        if model.physics.contents is None:
            assert model.mass_kg == pytest.approx(own, rel=1e-6)
        else:
            assert model.mass_kg > own


def test_the_same_seed_gives_the_same_thing() -> None:
    for category in CATEGORIES[::7]:
        first, second = (category.build(np.random.default_rng(5), category.colors[0]) for _ in range(2))
        np.testing.assert_array_equal(first.vertices(), second.vertices())
        assert first.shapes == second.shapes


@pytest.mark.parametrize("name", ["mug", "glass", "pot", "pan", "bowl", "bucket", "crate", "basket", "tray"])
def test_a_ball_dropped_into_a_hollow_thing_lies_on_its_floor(name: str) -> None:
    category = category_named(name)
    made = (category.build(np.random.default_rng(seed), category.colors[0]) for seed in range(12))
    model = next(m for m in made if m.cavity is not None or m.bay is not None)
    room = model.cavity or model.bay
    assert room is not None
    spec = mujoco.MjSpec()
    # Stiff contacts and short steps: a fast ball sinks centimetres into soft ones, through a thin floor.
    spec.option.timestep = 0.0005
    stiff = [0.002, 1.0]
    vessel = spec.worldbody.add_body()
    for shape in model.shapes:
        size = [*shape.size, 0.0, 0.0][:3]
        vessel.add_geom(
            type=KINDS[shape.kind], size=size, pos=list(shape.pos), quat=list(shape.quat), solref=stiff
        )
    ball = spec.worldbody.add_body(name="ball", pos=[0.003, 0.002, room.rim_z + 0.02])
    ball.add_freejoint()
    ball.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.008, 0, 0], mass=0.01, solref=stiff)
    compiled = spec.compile()
    data = mujoco.MjData(compiled)
    for _ in range(1500):
        mujoco.mj_step(compiled, data)
    assert data.body("ball").xpos[2] == pytest.approx(room.floor_z + 0.008, abs=0.004)


def test_a_side_table_has_room_under_it() -> None:
    table = category_named("side table").build(np.random.default_rng(1), "red")
    under = [s for s in table.shapes if (reach(s)[0][:2] < 0).all() and (reach(s)[1][:2] > 0).all()]
    assert all(reach(s)[0][2] > 0.05 for s in under)


def test_the_mug_of_the_catalogue_keeps_its_handle_outside() -> None:
    for seed in range(20):
        mug = category_named("mug").build(np.random.default_rng(seed), "blue")
        body, handle = (
            next(p for p in mug.parts if p.name == n).surfaces[0].mesh for n in ("body", "handle")
        )
        at, radius = body.vertices[:, 2], np.hypot(*body.vertices[:, :2].T)
        floor, rim = 0.006, float(at.max())
        inside_low, inside_rim = radius[at == floor].max(), radius[at == rim].min()
        height, out = handle.vertices[:, 2], np.hypot(*handle.vertices[:, :2].T)
        assert (out >= np.interp(height, [floor, rim], [inside_low, inside_rim])).all()


def test_mistakes_are_named() -> None:
    mug = category_named("mug")
    with pytest.raises(ValueError, match="unsure"):
        Category("x", "xs", mug.build, yes=known("drink"), unsure=known("drink"))
    with pytest.raises(ValueError, match="only_train"):
        Category("x", "xs", mug.build, held_out=True, only_train=True)
    with pytest.raises(ValueError, match="places"):
        Category("x", "xs", mug.build, places=frozenset({"moon"}))
    with pytest.raises(ValueError, match="teleport"):
        known("drink teleport")
    with pytest.raises(ValueError, match="teleport"):
        uses(handle="hold teleport")
    with pytest.raises(ValueError, match="fill"):
        Physics(contents="water")
    with pytest.raises(ValueError, match="density_kg_m3"):
        Physics(density_kg_m3=0)
    assert mug.parts_for(Use.HOLD) == ("handle",)


def test_texture_coordinates_follow_the_faces() -> None:
    box = category_named("toy block").build(np.random.default_rng(0), "red").parts[0].surfaces[0].mesh
    texture = Texture(np.zeros((4, 4, 3), dtype=np.uint8), 0.1, 0.2)
    uv = texture.coordinates(box).reshape(-1, 3, 2)
    assert uv.shape[0] == len(box.faces)
    top = int(np.argmax(box.vertices[box.faces][:, :, 2].min(axis=1)))
    np.testing.assert_allclose(uv[top], box.vertices[box.faces[top]][:, :2] / [0.1, 0.2])
