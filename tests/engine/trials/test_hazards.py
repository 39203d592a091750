"""Dangerous situations built by hand: a property and a place make a hazard, each alone does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from converseg_engine.sim.objects import TABLETOP_CATEGORIES
from converseg_engine.sim.trials.hazards import (
    fragile_near_edge,
    heavy_high,
    hot_near_burnable,
    liquid_near_electronics,
)
from converseg_engine.sim.trials.prepared import Prepared
from converseg_engine.sim.trials.sharp import sharp_edge_out
from converseg_engine.sim.trials.traits import Traits, traits_of

PLAIN = Traits()
TABLE = (0.3, 0.3, 0.4)


def _pair(stage, gap: float):  # type: ignore[no-untyped-def]
    """Two boxes of 6 cm with a gap between them."""
    scene = stage()
    scene.box((0.03, 0.03, 0.05), (0, 0, 0.05))
    scene.box((0.03, 0.03, 0.05), (0.06 + gap, 0, 0.05))
    return scene.build()


@pytest.mark.parametrize(("gap", "expected"), [(0.01, True), (0.04, True), (0.08, None), (0.15, False)])
def test_heat_harms_what_burns_and_is_near(stage, gap: float, expected: bool | None) -> None:
    world = _pair(stage, gap)
    found = hot_near_burnable(world, 0, (Traits(hot=True), Traits(burns=True)))
    assert found.holds is expected
    if expected is not False:
        assert found.value == pytest.approx(gap, abs=0.001)
    assert hot_near_burnable(world, 0, (Traits(hot=True), PLAIN)).holds is False
    assert hot_near_burnable(world, 0, (PLAIN, Traits(burns=True))).holds is False
    unsure = hot_near_burnable(world, 0, (Traits(hot=None), Traits(burns=True)))
    assert unsure.holds is (False if expected is False else None)


@pytest.mark.parametrize(("gap", "expected"), [(0.03, True), (0.12, None), (0.3, False)])
def test_liquids_threaten_electronics_beside_and_below_them(stage, gap: float, expected: bool | None) -> None:
    world = _pair(stage, gap)
    traits = (Traits(spills=True), Traits(electronic=True))
    assert liquid_near_electronics(world, 0, traits).holds is expected
    scene = stage()
    scene.box((0.1, 0.1, 0.05), (0, 0, 0.05))
    scene.box((0.05, 0.05, 0.01), (0, 0, 0.11))
    above = scene.build()  # the electronics lie on the closed tank
    assert liquid_near_electronics(above, 0, traits).holds is False
    assert liquid_near_electronics(above, 1, traits[::-1]).holds is True


@pytest.mark.parametrize(
    ("height", "density", "expected"),
    [(1.9, 4000, True), (1.9, 500, False), (0.8, 4000, False), (1.62, 4000, None)],
)
def test_heavy_things_above_the_head(stage, height: float, density: float, expected: bool | None) -> None:
    scene = stage()
    scene.box((0.3, 0.2, 0.01), (0, 0, height - 0.01), fixed=True)
    thing = scene.box((0.05, 0.05, 0.05), (0, 0, height + 0.05), density=density)  # a litre
    found = heavy_high(scene.build(), thing, floor_z=0.0)
    assert found.holds is expected
    assert found.value == pytest.approx(height, abs=1e-6)


@pytest.mark.parametrize(("gap", "expected"), [(-0.02, True), (0.02, True), (0.05, None), (0.15, False)])
def test_fragile_things_near_a_high_edge(stage, gap: float, expected: bool | None) -> None:
    scene = stage()
    scene.box(TABLE, (0, 0, 0.4), fixed=True)
    thing = scene.box((0.04, 0.04, 0.05), (0.3 - gap - 0.04, 0, 0.85))
    world = scene.build()
    found = fragile_near_edge(world, thing, (PLAIN, Traits(fragile=True)))
    assert found.holds is expected
    assert found.value == pytest.approx(gap, abs=0.003)
    assert fragile_near_edge(world, thing, (PLAIN, PLAIN)).holds is False


def test_a_low_step_breaks_nothing(stage) -> None:
    scene = stage()
    scene.box((0.3, 0.3, 0.04), (0, 0, 0.04), fixed=True)
    thing = scene.box((0.04, 0.04, 0.05), (0.25, 0, 0.13))
    assert fragile_near_edge(scene.build(), thing, (PLAIN, Traits(fragile=True))).holds is False


def _knife(stage, blade_out: float, yaw: float = 0.0):  # type: ignore[no-untyped-def]
    """A handle (part 0) and a blade (part 1) of 12 cm whose tip lies past the table's edge by so much."""
    scene = stage()
    scene.box(TABLE, (0, 0, 0.4), fixed=True)
    shapes = [("box", (0.06, 0.012, 0.01), (-0.06, 0, 0)), ("box", (0.06, 0.012, 0.002), (0.06, 0, 0))]
    knife = scene.add(shapes, (0.3 - 0.12 + blade_out, 0, 0.81), turn=((0, 0, 1), yaw))
    return scene.build(), knife


@pytest.mark.parametrize(("out", "expected"), [(0.05, True), (0.03, True), (0.012, None), (-0.05, False)])
def test_a_blade_over_the_edge(stage, out: float, expected: bool | None) -> None:
    world, knife = _knife(stage, out)
    traits = (PLAIN, Traits(sharp_parts=frozenset({1})))
    found = sharp_edge_out(world, knife, traits)
    assert found.holds is expected
    assert found.value == pytest.approx(max(0.0, out), abs=0.006)
    assert sharp_edge_out(Prepared(world), knife, traits).holds is expected
    assert sharp_edge_out(world, knife, (PLAIN, Traits(sharp_parts=frozenset({0})))).holds is False


@pytest.mark.parametrize(("bearing_deg", "expected"), [(5, True), (180, False), (90, False), (35, None)])
def test_a_blade_that_points_at_somebody(stage, bearing_deg: float, expected: bool | None) -> None:
    world, knife = _knife(stage, -0.1)
    a = math.radians(bearing_deg)
    person = np.array([0.08 + 0.8 * math.cos(a), 0.8 * math.sin(a), 1.0])
    traits = (PLAIN, Traits(sharp_parts=frozenset({1})))
    assert sharp_edge_out(world, knife, traits, person).holds is expected


def test_traits_come_from_the_catalogue() -> None:
    rng = np.random.default_rng(0)
    models = {c.name: c.build(rng, c.colors[0]) for c in TABLETOP_CATEGORIES}
    traits = dict(zip(models, traits_of(list(models.values())), strict=True))
    blade = traits["knife"].sharp_parts
    assert {models["knife"].parts[k].name for k in blade} <= {"blade"}
    assert traits["vase"].fragile is True
    assert traits["bottle"].fragile is None
    assert traits["book"].fragile is False


def test_traits_must_fit_the_scene(stage) -> None:
    world = _pair(stage, 0.1)
    with pytest.raises(ValueError, match="traits"):
        fragile_near_edge(world, 0, (PLAIN,))
    with pytest.raises(ValueError, match="traits"):
        hot_near_burnable(world, 0, (PLAIN,))
    scene = stage()
    scene.box(TABLE, (0, 0, 0.4), fixed=True)
    furniture = scene.build()
    with pytest.raises(ValueError, match="furniture"):
        heavy_high(furniture, 0, floor_z=0.0)
