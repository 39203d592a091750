"""What a network has to offer to be trained by the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from converseg_core.evaluation.measure import Evaluation
from converseg_core.model import SegmentationModel
from converseg_engine.shards import ImageRow, QuestionRow


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainRow:
    """One question about one picture, with the random numbers that belong to its place in the run.

    Attributes:
        image: the picture with all its questions.
        question: the one that is asked.
        rng: a function of the run's seed and the row's position: the same whoever loads it.
    """

    image: ImageRow
    question: QuestionRow
    rng: np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What a task has written into a bundle's folder.

    Attributes:
        files: role -> file name.
        architecture: who reads them.
        preprocessing: of pictures, for the manifest.
        has_confidence: whether presence and quality are trained, so that they can be calibrated.
        calibration_file: JSON file whose ``calibrations`` the architecture reads, where that is not the
            manifest.
        notes: what the card has to say, one sentence each.
    """

    files: Mapping[str, str]
    architecture: str
    preprocessing: Mapping[str, Any]
    has_confidence: bool = True
    calibration_file: str | None = None
    notes: tuple[str, ...] = ()


class Task(Protocol):
    """A network and its losses. Rows are prepared in worker processes, losses computed where weights lie."""

    @property
    def config(self) -> Any:
        """A frozen dataclass, saved with each checkpoint; its class names its ``kind`` in ``tasks.py``."""

    def build(self) -> nn.Module:
        """The module to train; parameters to learn have ``requires_grad``, in float32.

        Its forward takes a list of prepared rows and returns named scalar terms; the loop minimises the term
        ``loss``. Every term is a mean over the rows, so that passes and processes average to the batch.
        """

    def layers(self, module: nn.Module) -> Sequence[nn.Module]:
        """The large parts that are only called as a whole: what sharding splits and gathers one by one."""

    def prepare(self, row: TrainRow) -> Any:
        """Pixels and words as tensors, on the CPU; called in worker processes."""

    def model(self, module: nn.Module) -> SegmentationModel:
        """The module as a model that answers, for evaluation."""

    def export(self, module: nn.Module, folder: Path) -> Exported:
        """Write the files of a bundle, without its manifest."""

    def card(
        self,
        evaluation: Evaluation,
        *,
        fields: Mapping[str, Any],
        recipe: Mapping[str, Any],
        step: int,
        notes: Sequence[str],
    ) -> str:
        """MODEL_CARD.md of a measured bundle.

        Args:
            evaluation: on the split that it was neither trained nor calibrated on.
            fields: of the manifest.
            recipe: the run's configuration.
            step: of the checkpoint.
            notes: what it can't do, besides what the figures say.
        """


Terms = Mapping[str, Tensor]
Prepared = Sequence[Any]
