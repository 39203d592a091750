"""Recipes: functions that return complete configurations of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from converseg_training.loop.config import RunConfig, Schedule, Source
from converseg_training.net.config import LoraConfig, LossWeights, NetTaskConfig


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A run and its task, complete."""

    run: RunConfig
    task: NetTaskConfig


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


def _smoke(full: Callable[[Sequence[Source], str], Recipe]) -> Callable[[Sequence[Source], str], Recipe]:
    """The same recipe on a tiny network for four steps: every part runs, nothing is learnt."""

    def recipe(sources: Sequence[Source], init: str) -> Recipe:
        whole = full(sources, init)
        return Recipe(
            run=replace(
                whole.run,
                recipe=f"{whole.run.recipe}-smoke",
                schedule=replace(whole.run.schedule, num_steps=4, learning_rate=1e-3, warmup_share=0.25),
                batch_size=4,
                rows_per_pass=2,
                precision="fp32",
                checkpoint_every=1,
                evaluate_every=2,
                num_val_images=2,
                num_workers=0,
            ),
            task=replace(whole.task, frozen_type="fp32", lora=LoraConfig(rank=4, alpha=8.0), num_points=64),
        )

    return recipe


FULL: dict[str, Callable[[Sequence[Source], str], Recipe]] = {
    "net-phase1": net_phase1,
    "net-phase2": net_phase2,
    "net-presence": net_presence,
}
RECIPES = FULL | {f"{name}-smoke": _smoke(make) for name, make in FULL.items()}
