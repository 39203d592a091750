"""Trials on worlds of the tabletop recipe, which stays as it is seed for seed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from converseg_engine.sim.render import Renderer
from converseg_engine.sim.scene import Scene
from converseg_engine.sim.trials.occlusion import occludes, outline, without_rim
from converseg_engine.sim.trials.rest import stays
from converseg_engine.sim.trials.supports import support_graph
from converseg_engine.sim.world import make_world


@pytest.mark.parametrize("seed", [910_003, 910_005, 910_008])
def test_the_support_graph_agrees_with_the_layout_that_was_settled(seed: int) -> None:
    world = make_world(seed)
    graph = support_graph(world)
    for i in range(len(world.objects)):
        assert graph.carriers(i) == world.carriers[i]
        assert graph.carried_by(i) == world.carried_by(i)
        assert sum(graph.shares[i].values()) == pytest.approx(1.0)
        assert stays(world, i).holds is not False  # what the brakes brought to rest rests without them


@pytest.mark.egl
def test_outlines_are_those_of_the_rendered_picture(renderer: Renderer, scenes: tuple[Scene, ...]) -> None:
    scene = scenes[0]
    for i in range(len(scene.world.objects)):
        alone = outline(scene.world, scene.view.camera, i)
        seen = scene.view.owner == i
        wider = cv2.dilate(alone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert (seen & ~wider).sum() == 0
        # Where something else is seen instead, that is what hides it.
        hidden = sum(
            occludes(scene.view, scene.world, j, i).value for j in range(len(scene.world.objects)) if j != i
        )
        inner = without_rim(alone)
        visible = (seen & inner).sum() / max(1, inner.sum())
        assert hidden + visible == pytest.approx(1.0, abs=0.02)
