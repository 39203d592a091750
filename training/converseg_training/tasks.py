"""The networks that the loop can train, by the kind that a saved configuration names.

Each is imported when it is asked for: the embedded ones need neither transformers nor peft.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from converseg_training.loop.config import RunConfig, run_from_json
from converseg_training.loop.task import Task


def _net(run: RunConfig, task: Any) -> Task:
    from converseg_training.net.config import NetTaskConfig, task_from_json
    from converseg_training.net.task import NetTask

    config = task if isinstance(task, NetTaskConfig) else task_from_json(task)
    return NetTask(config, mirror=run.mirror, recolor=run.recolor)


def _embedded(run: RunConfig, task: Any) -> Task:
    from converseg_training.embedded.config import EmbeddedTaskConfig, task_from_json
    from converseg_training.embedded.task import EmbeddedTask

    config = task if isinstance(task, EmbeddedTaskConfig) else task_from_json(task)
    return EmbeddedTask(config, recolor=run.recolor)


def _mini(run: RunConfig, task: Any) -> Task:
    from converseg_training.mini.scene.config import SceneTaskConfig, task_from_json
    from converseg_training.mini.scene.task import SceneTask

    config = task if isinstance(task, SceneTaskConfig) else task_from_json(task)
    return SceneTask(config, source=run.sources[0], recolor=run.recolor)


TASKS: dict[str, Callable[[RunConfig, Any], Task]] = {"net": _net, "embedded": _embedded, "mini": _mini}
"""Kind -> run and task configuration (typed, or as read from JSON) -> task."""


def make_task(run: RunConfig, config: Any) -> Task:
    """The task of a recipe."""
    return TASKS[config.kind](run, config)


def task_from_json(content: dict[str, Any]) -> Task:
    """The task of a saved ``config.json``.

    Raises:
        ValueError: another kind, or a field is missing, unknown or out of range.
    """
    kind = content.get("kind", "net")  # runs before there were kinds
    if kind not in TASKS:
        raise ValueError(f"config.json: kind: must be one of {', '.join(TASKS)}, not {kind!r}")
    return TASKS[kind](run_from_json(content["run"]), content["task"])
