"""Checkpoints of a run: whole or absent, the newest few and the best kept."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from converseg_training.loop.config import write_text

STATE_NAME = "state.pt"
CONFIG_NAME = "config.json"
_BEST_NAME = "best.txt"


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The folder ``checkpoints`` of a run; one sub-folder for each step that was saved."""

    folder: Path
    keep_last: int

    def path(self, step: int) -> Path:
        """Where the checkpoint of a step lies."""
        return self.folder / f"step-{step:08d}"

    def steps(self) -> list[int]:
        """Steps that can be gone on from, oldest first."""
        return sorted(
            int(path.name.removeprefix("step-"))
            for path in self.folder.glob("step-*")
            if (path / STATE_NAME).is_file()
        )

    def best_step(self) -> int | None:
        """The step with the best score so far, or None."""
        path = self.folder / _BEST_NAME
        if not path.is_file():
            return None
        step = int(path.read_text().split()[0])
        return step if step in self.steps() else None

    def save(self, step: int, state: dict[str, Any], config_json: str, *, score: float | None) -> None:
        """Write a checkpoint, then remove what is no longer kept.

        The folder gets its name last: killed at any moment, a run finds the old one or the new one.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob(".partial-*"):
            shutil.rmtree(leftover)
        final_path = self.path(step)
        if not final_path.exists():
            partial_path = self.folder / f".partial-{step:08d}"
            partial_path.mkdir()
            torch.save(state, partial_path / STATE_NAME)
            (partial_path / CONFIG_NAME).write_text(config_json, encoding="utf-8")
            partial_path.rename(final_path)
        if score is not None and score > self._best_score():
            write_text(self.folder / _BEST_NAME, f"{step} {score!r}\n")
        kept = {*self.steps()[-self.keep_last :], self.best_step()}
        for old in self.steps():
            if old not in kept:
                shutil.rmtree(self.path(old))

    def load(self, step: int | None = None) -> dict[str, Any] | None:
        """The state of a step, of the newest where none is named; None where there is no checkpoint.

        Raises:
            ValueError: the step was not saved, or is no longer kept.
        """
        steps = self.steps()
        if not steps and step is None:
            return None
        if step is not None and step not in steps:
            raise ValueError(f"step: {step} is not among the checkpoints {steps} in {self.folder}")
        path = self.path(steps[-1] if step is None else step) / STATE_NAME
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return state

    def _best_score(self) -> float:
        path = self.folder / _BEST_NAME
        return float(path.read_text().split()[1]) if path.is_file() else float("-inf")
