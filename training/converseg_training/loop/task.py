"""What a network has to offer to be trained by the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

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


class Task(Protocol):
    """A network and its losses. Rows are prepared in worker processes, losses computed where weights lie."""

    @property
    def config(self) -> Any:
        """A frozen dataclass, saved with each checkpoint."""

    def build(self) -> nn.Module:
        """The module to train; parameters to learn have ``requires_grad``, in float32.

        Its forward takes a list of prepared rows and returns named scalar terms; the loop minimises the term
        ``loss``. Every term is a mean over the rows, so that passes and processes average to the batch.
        """

    def prepare(self, row: TrainRow) -> Any:
        """Pixels and words as tensors, on the CPU; called in worker processes."""

    def model(self, module: nn.Module) -> SegmentationModel:
        """The module as a model that answers, for evaluation."""


Terms = Mapping[str, Tensor]
Prepared = Sequence[Any]
