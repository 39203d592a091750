"""``converseg engine sim``: scenes of a recipe, as many as the rows of questions need."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converseg_engine.cli.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Sim:
    """Make simulated scenes with tested answers; run again to go on after any stop.

    Other commands: sim generate, sim export, sim stats, sim vocabulary (the first recipe's tools).

    Attributes:
        out: folder of the shards.
        recipe: tabletop, places, pictures (nothing is asked), or a JSON file.
        rows: of questions, at least, or of pictures where nothing is asked; the last scene is kept whole.
        split: train, val or test; held-out categories and wordings are in test alone.
        workers: processes on this machine.
        width, height: picture size, pixels; default: the recipe's.
        renderer: mujoco or cycles; default: the recipe's.
        first_scene: number of the first scene within the split.
        scenes_per_shard: scenes in a file; a stop costs each worker at most the one it is at.
        executor: TOML file of a Slurm or Ray executor; default: this machine.
    """

    out: Path
    recipe: str = "places"
    rows: int = 1000
    split: str = "train"
    workers: int = 1
    width: int | None = None
    height: int | None = None
    renderer: str | None = None
    first_scene: int = 0
    scenes_per_shard: int = 16
    executor: Path | None = None


def _run(command: Sim) -> object:
    from converseg_engine.sim.job import Job
    from converseg_engine.sim.recipe import load_recipe

    changes: dict[str, Any] = {
        name: value
        for name in ("width", "height", "renderer")
        if (value := getattr(command, name)) is not None
    }
    recipe = load_recipe(command.recipe, **changes)
    if command.first_scene < 0:
        raise ValueError("first_scene: 0 or more")
    job = Job(
        recipe=recipe,
        out=command.out,
        split=command.split,
        rows=command.rows,
        first_seed=recipe.seeds(command.split).start + command.first_scene,
        scenes_per_shard=command.scenes_per_shard,
    )
    from converseg_core.executors import read_settings
    from converseg_engine.sim.run import run

    settings = None if command.executor is None else read_settings(command.executor)
    start_s = time.monotonic()
    manifest = run(job, num_workers=command.workers, settings=settings)
    if manifest is None:
        return {
            "out": str(command.out),
            "state": "submitted; run the same command again when the jobs are done",
        }
    return {
        "out": str(command.out),
        "split": command.split,
        "num_rows": manifest.num_questions if recipe.max_questions else manifest.num_images,
        "num_images": manifest.num_images,
        "num_scenes": manifest.num_scenes,
        "num_failed_scenes": len(manifest.failures),
        "duration_s": round(time.monotonic() - start_s, 1),
    }


ENTRY = Entry(Sim, _run)
