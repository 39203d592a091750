"""Recipes: functions that return complete configurations of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from converseg_training.loop.config import RunConfig, Schedule, Source
from converseg_training.net.config import LoraConfig, LossWeights, NetTaskConfig


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A run and its task, complete; the task's configuration names its kind in ``tasks.py``."""

    run: RunConfig
    task: Any


def net_phase1(sources: Sequence[Source], init: str) -> Recipe:
    """The paper's first phase: class names, referring expressions, regions; 35,000 steps of 6 rows."""
    return Recipe(
        run=RunConfig(
            recipe="net-phase1",
            sources=tuple(sources),
            schedule=Schedule(num_steps=35_000, learning_rate=1e-4),
            batch_size=6,
            rows_per_pass=6,
        ),
        task=NetTaskConfig(init=init),
    )


def net_phase2(sources: Sequence[Source], init: str) -> Recipe:
    """The second phase: conversational rows and as many of the first phase, at a tenth of the rate.

    Name the conversational data first. The first source gets half of the rows; the others share the rest by
    their weights.
    """
    first = net_phase1(sources, init)
    rest = sum(source.weight for source in sources[1:])
    mixed = tuple(
        replace(source, weight=0.5 if number == 0 else 0.5 * source.weight / rest)
        for number, source in enumerate(sources)
    )
    schedule = replace(first.run.schedule, learning_rate=1e-5)
    return replace(first, run=replace(first.run, recipe="net-phase2", sources=mixed, schedule=schedule))


def net_presence(sources: Sequence[Source], init: str) -> Recipe:
    """After phase 2: presence, quality and IoU heads, rows without a target; borders at full detail."""
    second = net_phase2(sources, init)
    schedule = replace(second.run.schedule, num_steps=5_000)
    losses = LossWeights(points=1.0, iou=0.1, presence=0.5, quality=0.2)
    return Recipe(
        run=replace(second.run, recipe="net-presence", sources=tuple(sources), schedule=schedule),
        task=replace(second.task, losses=losses, confidence=True),
    )


def sim_tiny(sources: Sequence[Source], init: str) -> Recipe:
    """The small network of simulated tabletop scenes, from random weights; about an hour on two cores.

    A row is a picture with eight of its questions. Never mirrored: its words name sides.
    """
    del init
    from converseg_engine.sim.questions.wording import vocabulary
    from converseg_training.embedded.config import EmbeddedTaskConfig

    return Recipe(
        run=RunConfig(
            recipe="sim-tiny",
            sources=tuple(sources),
            schedule=Schedule(
                num_steps=4200,
                learning_rate=1.5e-3,
                min_learning_rate=1.5e-5,
                warmup_share=200 / 4200,
                weight_decay=0.02,
            ),
            batch_size=8,
            rows_per_pass=8,
            mirror=False,
            checkpoint_every=250,
            evaluate_every=500,
            num_val_images=60,
            num_workers=1,
            average_decay=0.998,
        ),
        task=EmbeddedTaskConfig(words=vocabulary()),
    )


def mini(sources: Sequence[Source], init: str) -> Recipe:
    """The part of the embedded default that reads rendered scenes, behind its frozen detector and MiniLM.

    A row is a picture with twelve of its questions and the masks of all that is seen. Sides are named, so
    nothing is mirrored.
    """
    from converseg_training.mini.scene.config import SceneTaskConfig

    return Recipe(
        run=RunConfig(
            recipe="mini",
            sources=tuple(sources),
            schedule=Schedule(
                num_steps=6000,
                learning_rate=1.5e-3,
                min_learning_rate=4.5e-5,
                warmup_share=100 / 6000,
                weight_decay=0.05,
            ),
            batch_size=8,
            rows_per_pass=8,
            mirror=False,
            checkpoint_every=100,
            evaluate_every=500,
            num_val_images=40,
            num_workers=1,
            average_decay=0.998,
        ),
        task=SceneTaskConfig(init=init),
    )


def _smoke_run(run: RunConfig) -> RunConfig:
    """Four steps: every part runs, nothing is learnt."""
    return replace(
        run,
        recipe=f"{run.recipe}-smoke",
        schedule=replace(run.schedule, num_steps=4, learning_rate=1e-3, warmup_share=0.25),
        batch_size=4,
        rows_per_pass=2,
        precision="fp32",
        checkpoint_every=1,
        evaluate_every=2,
        num_val_images=2,
        num_workers=0,
    )


def _tiny_net(task: NetTaskConfig) -> NetTaskConfig:
    return replace(task, frozen_type="fp32", lora=LoraConfig(rank=4, alpha=8.0), num_points=64)


def _tiny_embedded(task: Any) -> Any:
    network = replace(
        task.network, height=64, width=80, channels=(8, 16, 24, 32), num_blocks=(1, 1, 1), decoder_width=32,
        num_layers=1, num_text_layers=1,
    )  # fmt: skip
    return replace(task, network=network, num_questions=3)


def _tiny_mini(task: Any) -> Any:
    return replace(task, num_questions=3, start="random", width=32, num_layers=1)


Maker = Callable[[Sequence[Source], str], Recipe]


def _smoke(full: Maker, tiny: Callable[[Any], Any]) -> Maker:
    """The same recipe on a tiny network."""

    def recipe(sources: Sequence[Source], init: str) -> Recipe:
        whole = full(sources, init)
        return Recipe(run=_smoke_run(whole.run), task=tiny(whole.task))

    return recipe


FROM_A_BUNDLE: dict[str, Maker] = {
    "net-phase1": net_phase1,
    "net-phase2": net_phase2,
    "net-presence": net_presence,
}
"""Recipes that start from a bundle (``--init``)."""
FROM_MINI: dict[str, Maker] = {"mini": mini}
"""Recipes that start from an installed ``mini``."""
FROM_NOTHING: dict[str, Maker] = {"sim-tiny": sim_tiny}
"""Recipes that start from random weights."""
SMOKE: dict[str, Maker] = {
    **{f"{name}-smoke": _smoke(make, _tiny_net) for name, make in FROM_A_BUNDLE.items()},
    "mini-smoke": _smoke(mini, _tiny_mini),
    "sim-tiny-smoke": _smoke(sim_tiny, _tiny_embedded),
}
RECIPES = FROM_A_BUNDLE | FROM_MINI | FROM_NOTHING | SMOKE
