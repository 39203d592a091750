"""How often each meaning can be asked: counted over drawn scenes of all places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from converseg_engine.progress import new_progress
from converseg_engine.sim.places.rigs import draw_place_camera
from converseg_engine.sim.places.world import make_place_world
from converseg_engine.sim.questions.meanings.table import MEANINGS
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.render import Renderer

FIRST_SEED = 3_000_000
WIDTH, HEIGHT = 320, 240


@dataclass(frozen=True)
class Reach:
    """Pictures counted, and in how many of them each meaning had a target, or surely none."""

    num_pictures: int
    with_target: Counter[str]
    without_target: Counter[str]

    @property
    def never(self) -> list[str]:
        """Meanings that no picture answered."""
        return [m.key for m in MEANINGS if not self.with_target[m.key]]


def count_reach(num_scenes: int, *, first_seed: int = FIRST_SEED) -> Reach:
    """Ask every meaning of one picture of each scene; held-out kinds take part.

    Raises:
        ValueError: no scene is wanted.
        RuntimeError: there is no off-screen renderer.
    """
    if num_scenes < 1:
        raise ValueError("num_scenes: at least 1")
    with_target: Counter[str] = Counter()
    without_target: Counter[str] = Counter()
    with Renderer(width=WIDTH, height=HEIGHT) as renderer, new_progress() as progress:
        task = progress.add_task("scenes", total=num_scenes)
        for seed in range(first_seed, first_seed + num_scenes):
            world = make_place_world(seed, split="test")
            rng = np.random.default_rng(seed)
            _, camera = draw_place_camera(rng, world, width=WIDTH, height=HEIGHT)
            facts = PlaceFacts(world, next(renderer.views(world, [camera])))
            for meaning in MEANINGS:
                answers = meaning.ask(facts, rng)
                with_target[meaning.key] += any(a.members for a in answers)
                without_target[meaning.key] += any(not a.members for a in answers)
            progress.advance(task)
    return Reach(num_scenes, with_target, without_target)


def as_module(reach: Reach) -> str:
    """The text of ``frequency.py`` that these counts make."""
    lines = [
        '"""How often a picture of a place answers each meaning with a target: measured, not chosen.',
        "",
        f"Counted over {reach.num_pictures} pictures by ``converseg engine sim meanings --count``.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "",
        f"NUM_PICTURES = {reach.num_pictures}",
        "",
        "ASKED_WITH_TARGET: Mapping[str, float] = {",
    ]
    for meaning in MEANINGS:
        # What these pictures did not show is rarer than one of them.
        times = max(reach.with_target[meaning.key], 0.5)
        lines.append(f'    "{meaning.key}": {times / reach.num_pictures:.4f},')
    return "\n".join([*lines, "}", ""])
