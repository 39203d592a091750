"""A picture of the shards, with its truth and some of its questions, as the scene reader's loop wants it.

Runs in worker processes; each opens the frozen networks for itself.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.evidence import read_words, shrink
from converseg_core.mini.scene.crops import full_picture
from converseg_engine.shards import ImageRow, QuestionRow
from converseg_training.embedded.rows import chosen_questions
from converseg_training.loop.task import TrainRow
from converseg_training.mini.features import FrozenNetworks, Projection, project
from converseg_training.mini.scene.batch import Batch, Tables
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.further import NanoDet, NanoProjection, maps_of
from converseg_training.mini.scene.prepare import columns_of, truth_of

_MAX_PROMPTS_KEPT = 1000


class SceneRowMaker:
    """Frozen networks and projection of a bundle; the networks are opened once in each process."""

    def __init__(self, bundle: Path, projection: Projection, nano: NanoProjection) -> None:
        self._bundle, self._projection, self._nano = bundle, projection, nano
        self._opened: tuple[int, FrozenNetworks, NanoDet] | None = None
        self._read: OrderedDict[str, NDArray[np.float16]] = OrderedDict()

    @property
    def networks(self) -> FrozenNetworks:
        """Of this process: sessions do not survive a fork."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (os.getpid(), FrozenNetworks(self._bundle), NanoDet(self._bundle))
        return self._opened[1]

    def row(self, row: TrainRow, num_questions: int) -> dict[str, Any]:
        """Columns of one picture, as :func:`converseg_training.mini.scene.prepare.columns_of` writes them.

        Raises:
            ValueError: the shard holds no truth about the scene.
        """
        picture = row.image
        if not picture.objects:
            raise ValueError(
                f"data: {picture.image_id} has no objects with masks; mini learns from shards of "
                "`converseg engine sim`, not from questions alone"
            )
        asked = chosen_questions(row, num_questions)
        return {
            **self._look(picture),
            **columns_of([truth_of(picture, asked)], [asked], [self._words(q) for q in asked]),
            "seed": np.array([int(row.rng.integers(2**31))]),
        }

    def _look(self, picture: ImageRow) -> dict[str, NDArray[Any]]:
        image, fit = picture.pixels(), self._projection
        semantic, middle, _ = self.networks.raw(image)
        assert self._opened is not None
        further = self._nano(self._opened[2].features(image))
        return {
            "full": full_picture(image)[np.newaxis],
            **{name: index[np.newaxis] for name, index in maps_of(picture).items()},
            **{name: grid[np.newaxis] for name, grid in further.items()},
            "small": shrink(image)[np.newaxis],
            "semantic": project(semantic, fit.semantic_mean, fit.semantic_cd, (12, 16))[np.newaxis],
            "middle": project(middle, fit.middle_mean, fit.middle_cd, (24, 32))[np.newaxis],
        }

    def _words(self, question: QuestionRow) -> NDArray[np.float16]:
        if question.prompt not in self._read:
            read = read_words(self.networks.language, question.prompt)
            self._read[question.prompt] = read.astype(np.float16)
            if len(self._read) > _MAX_PROMPTS_KEPT:
                self._read.popitem(last=False)
        return self._read[question.prompt]


def batch_of(rows: Sequence[dict[str, Any]], tables: Tables) -> tuple[Batch, int]:
    """Rows as one batch, and a seed for all that is drawn in the step."""
    return whole_batch(SceneSet(rows, tables)), seed_of(rows)


def seed_of(rows: Sequence[dict[str, Any]]) -> int:
    """A seed for all that is drawn in a step."""
    return sum(int(row["seed"][0]) for row in rows) % 2**31


def whole_batch(data: SceneSet) -> Batch:
    """All pictures of a set with all their questions, of which each has as many."""
    pictures = np.arange(len(data), dtype=np.int64)
    questions = np.stack([np.array(data.questions_of(int(picture))) for picture in pictures])
    return data.batch(pictures, questions.astype(np.int64))
