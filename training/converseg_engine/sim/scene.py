"""One scene: a pure function from a seed and a picture size to a picture and its questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera, draw_camera
from converseg_engine.sim.questions.compose import Question, compose
from converseg_engine.sim.questions.facts import Facts
from converseg_engine.sim.render import Renderer, View, as_from_a_sensor
from converseg_engine.sim.world import World, make_world

MIN_QUESTIONS, MAX_QUESTIONS = 16, 20
_VIEW_STREAM, _LANGUAGE_STREAM = 1_000_001, 1_000_002


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with its truth.

    Attributes:
        world, view: the scene and what the renderer saw, free of noise.
        rgb: (H, W, 3) uint8, the picture as a camera gives it.
        questions: with exact masks of the picture's size.
    """

    world: World
    view: View
    rgb: NDArray[np.uint8]
    questions: tuple[Question, ...]


def world_points(world: World) -> NDArray[np.float64]:
    """All visible vertices of all objects, (N, 3) world metres."""
    return np.concatenate([world.vertices(i) for i in range(len(world.objects))])


def make_scene(seed: int, renderer: Renderer, *, width: int, height: int) -> Scene:
    """Build, settle, render and question one scene; the same seed gives the same scene.

    Three generators, so that a change of the questions leaves the pictures as they are.
    """
    world = make_world(seed)
    view_rng = np.random.default_rng([seed, _VIEW_STREAM])
    camera: Camera = draw_camera(view_rng, world_points(world), width=width, height=height)
    view = next(renderer.views(world, [camera]))
    rgb = as_from_a_sensor(view_rng, view.rgb)
    language_rng = np.random.default_rng([seed, _LANGUAGE_STREAM])
    num_questions = int(language_rng.integers(MIN_QUESTIONS, MAX_QUESTIONS + 1))
    questions = compose(Facts(world, view), language_rng, num_questions=num_questions)
    return Scene(world, view, rgb, tuple(questions))
