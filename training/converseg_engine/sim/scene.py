"""One scene: a pure function from a recipe and a seed to pictures and their questions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera, draw_camera
from converseg_engine.sim.places.rigs import draw_place_camera
from converseg_engine.sim.places.world import make_place_world
from converseg_engine.sim.questions.compose import Question, compose
from converseg_engine.sim.questions.facts import Facts
from converseg_engine.sim.questions.meanings.select import ask_about
from converseg_engine.sim.questions.tried import Tried
from converseg_engine.sim.recipe import Recipe
from converseg_engine.sim.render import Renderer, View, as_from_a_sensor
from converseg_engine.sim.sensor import draw_sensor
from converseg_engine.sim.world import World, make_world

MIN_QUESTIONS, MAX_QUESTIONS = 16, 20
_VIEW_STREAM, _LANGUAGE_STREAM, _PLACE_STREAM = 1_000_001, 1_000_002, 1_000_003


class Painter(Protocol):
    """Makes a colour picture of a world: a second renderer, whose pictures replace MuJoCo's."""

    def paint(self, world: World, camera: Camera, *, seed: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB; the same arguments give the same picture."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with its truth.

    Attributes:
        world, view: the scene and what the renderer saw, free of noise.
        rgb: (H, W, 3) uint8, the picture as a camera gives it.
        questions: with exact masks of the picture's size.
        frame: number of the picture within its scene.
    """

    world: World
    view: View
    rgb: NDArray[np.uint8]
    questions: tuple[Question, ...]
    frame: int = 0


def world_points(world: World) -> NDArray[np.float64]:
    """All visible vertices of all objects, (N, 3) world metres."""
    return np.concatenate([world.vertices(i) for i in range(len(world.objects))])


def tabletop_scene(
    seed: int, renderer: Renderer, *, width: int, height: int, painter: Painter | None = None
) -> Scene:
    """Build, settle, render and question one tabletop; the same seed gives the same scene.

    Three generators, so that a change of the questions leaves the pictures as they are.
    """
    world = make_world(seed)
    view_rng = np.random.default_rng([seed, _VIEW_STREAM])
    camera: Camera = draw_camera(view_rng, world_points(world), width=width, height=height)
    view = _painted(world, next(renderer.views(world, [camera])), painter)
    rgb = as_from_a_sensor(view_rng, view.rgb)
    language_rng = np.random.default_rng([seed, _LANGUAGE_STREAM])
    num_questions = int(language_rng.integers(MIN_QUESTIONS, MAX_QUESTIONS + 1))
    questions = compose(Facts(world, view), language_rng, num_questions=num_questions)
    return Scene(world, view, rgb, tuple(questions))


def _painted(world: World, view: View, painter: Painter | None) -> View:
    if painter is None:
        return view
    return dataclasses.replace(view, rgb=painter.paint(world, view.camera, seed=world.seed))


def make_scene(
    recipe: Recipe, seed: int, renderer: Renderer, *, painter: Painter | None = None
) -> tuple[Scene, ...]:
    """All pictures of one scene, in order; the same recipe and seed give the same ones.

    Args:
        recipe: what to draw from.
        seed: which scene; it decides the split too, and with it whether held-out things may appear.
        renderer: of the recipe's picture size.
        painter: makes the colours where the recipe asks for another renderer than MuJoCo.

    Raises:
        ValueError: no scene settled for this seed, or the seed is in no split.
        RuntimeError: the renderer failed.
    """
    if (painter is None) != (recipe.renderer == "mujoco"):
        raise ValueError(f"painter: recipe {recipe.name!r} asks for the renderer {recipe.renderer!r}")
    split = recipe.split_of(seed)
    if recipe.world == "places":
        return place_scenes(recipe, seed, renderer, split=split, painter=painter)
    return (tabletop_scene(seed, renderer, width=recipe.width, height=recipe.height, painter=painter),)


def place_scenes(
    recipe: Recipe, seed: int, renderer: Renderer, *, split: str, painter: Painter | None = None
) -> tuple[Scene, ...]:
    """Furnish and fill one place, look at it from as many cameras as the recipe says, and ask.

    Place, camera and language have generators of their own, so that one can change without the others.
    """
    names = sorted(recipe.place_weights)
    weights = np.array([recipe.place_weights[name] for name in names])
    place_rng = np.random.default_rng([seed, _PLACE_STREAM])
    world = make_place_world(
        seed,
        place=names[int(place_rng.choice(len(names), p=weights / weights.sum()))],
        split=split,
        min_objects=recipe.min_objects or None,
        max_objects=recipe.max_objects or None,
    )
    scenes, tried = [], Tried(world)
    for frame in range(recipe.frames_per_scene):
        view_rng = np.random.default_rng([seed, _VIEW_STREAM, frame])
        _, camera = draw_place_camera(view_rng, world, width=recipe.width, height=recipe.height)
        view = _painted(world, next(renderer.views(world, [camera])), painter)
        rgb = draw_sensor(view_rng, width=recipe.width).take(view_rng, view.rgb)
        language_rng = np.random.default_rng([seed, _LANGUAGE_STREAM, frame])
        num_questions = int(language_rng.integers(recipe.min_questions, recipe.max_questions + 1))
        questions: Sequence[Question] = ()
        if num_questions:
            questions = ask_about(
                world,
                view,
                language_rng,
                split=split,
                num_questions=num_questions,
                no_target_share=recipe.no_target_share,
                tried=tried,
            )
        scenes.append(Scene(world, view, rgb, tuple(questions), frame))
    return tuple(scenes)
