"""Numbered tasks through datatrove's executors: processes here, a Slurm cluster, or Ray."""

from __future__ import annotations

import copy
import inspect
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor, RayPipelineExecutor, SlurmPipelineExecutor
from datatrove.executor.base import PipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.logging import logger
from datatrove.utils.stats import PipelineStats

from converseg_core.worker_processes import run_in_processes

_REMOTE: dict[str, type[PipelineExecutor]] = {"slurm": SlurmPipelineExecutor, "ray": RayPipelineExecutor}
_OURS = frozenset({"pipeline", "tasks", "logging_dir", "skip_completed", "depends"})
"""Arguments of executors that a settings file may not give."""


class NumberedTask(PipelineStep):  # type: ignore[misc]
    """A pipeline of one step: call a function with the number of the task."""

    name = "numbered task"
    type = "converseg"

    def __init__(self, function: Callable[[int], None]) -> None:
        super().__init__()
        self.function = function

    def run(self, data: object, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """Do task ``rank``; there are no documents to pass on."""
        with self.track_time("task"):
            self.function(rank)
        yield from ()


class _LocalExecutor(LocalPipelineExecutor):  # type: ignore[misc]
    """Its workers may be killed; says only errors on the console, everything is in the log files."""

    def run(self) -> object:
        """Do every task that is not marked as finished.

        Raises:
            WorkerDiedError: one of several workers was killed.
        """
        logger.remove()
        self._launched = True
        ranks = self.get_incomplete_ranks(range(self.tasks))
        if not ranks:
            return None
        self.save_executor_as_json()
        if self.workers == 1:
            stats = [self._do(rank) for rank in ranks]
        else:
            stats = run_in_processes(self._do, ranks, num_workers=self.workers)
        total = sum(stats, start=PipelineStats())
        with self.logging_dir.open("stats.json", "wt") as file:
            total.save_to_disk(file)
        return total

    def _do(self, rank: int) -> PipelineStats:
        pipeline: list[PipelineStep] = self.pipeline
        self.pipeline: list[PipelineStep] = copy.deepcopy(pipeline)  # its steps count, each task for itself
        try:
            return self._run_for_rank(rank, local_rank=1)
        finally:
            self.pipeline = pipeline
            logger.remove()


@dataclass(frozen=True)
class ExecutorSettings:
    """Where tasks run.

    Attributes:
        kind: "local", "slurm" or "ray".
        options: further arguments of datatrove's executor of that kind.
    """

    kind: str = "local"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """True where tasks run on this machine and are done when ``run_tasks`` returns."""
        return self.kind == "local"


def read_settings(path: Path) -> ExecutorSettings:
    """Read a TOML file: ``kind = "slurm"`` or ``"ray"``, and arguments of datatrove's executor.

    Raises:
        ValueError: no file, no TOML, no such kind, or an argument that the executor does not have.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"executor: {path} cannot be read: {error.strerror}; give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"executor: {path} is no TOML: {error}") from error
    kind = fields.pop("kind", None)
    if kind not in _REMOTE:
        raise ValueError(f"kind: {path} needs one of {', '.join(_REMOTE)}, not {kind!r}")
    parameters = inspect.signature(_REMOTE[kind].__init__).parameters
    allowed = set(parameters) - _OURS - {"self"}
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise ValueError(f"{unknown[0]}: {path} has it, a {kind} executor does not; it has {sorted(allowed)}")
    missing = [
        name
        for name in sorted(allowed)
        if parameters[name].default is inspect.Parameter.empty and name not in fields
    ]
    if missing:
        raise ValueError(f"{missing[0]}: {path} must give it for a {kind} executor")
    return ExecutorSettings(kind, fields)


def new_executor(
    function: Callable[[int], None],
    num_tasks: int,
    *,
    settings: ExecutorSettings,
    num_workers: int,
    log_path: Path,
) -> PipelineExecutor:
    """An executor that calls ``function`` with 0, 1, ..., ``num_tasks`` - 1, not yet started.

    Args:
        function: importable and picklable; safe to call twice with the same number.
        num_tasks: how many.
        settings: where they run.
        num_workers: processes on this machine; elsewhere the settings' ``workers`` counts.
        log_path: folder of logs and of the marks of finished tasks; shared by all machines.
    """
    common = {"pipeline": [NumberedTask(function)], "tasks": num_tasks, "logging_dir": str(log_path)}
    if settings.is_local:
        return _LocalExecutor(**common, workers=num_workers)
    return _REMOTE[settings.kind](**common, **settings.options)


def forget_task(log_path: Path, number: int) -> None:
    """Take back the mark that a task is finished, so that it runs again."""
    (log_path / "completions" / f"{number:05d}").unlink(missing_ok=True)
