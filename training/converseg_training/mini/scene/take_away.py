"""What a prompt means is taken away from a picture: then nothing fits.

Questions that nothing fits are one in seven, and a reader that learnt from these alone said too often that
something does. The same question about the same picture without what is meant tells it what its words hang
on.

Legend of shape suffixes: n prompts, k things and parts, m meanings.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.symbols import Lesson

_COMPARED = re.compile(r"^pair_|nearest|farthest|closest|leftmost|rightmost|second|third|first|[^n]est(_|$)")


def removable(data: SceneSet) -> NDArray[np.bool_]:
    """(M,) for each meaning whether nothing fits once what is meant is gone.

    That is so where nothing ever fits, and the answer is not found by comparing what does.
    """
    compared = np.array([bool(_COMPARED.search(name)) for name in data.tables.meanings], bool)
    of_none = data.meanings[data.column("no_target") & (data.meanings >= 0)]
    return (np.bincount(of_none, minlength=len(compared)) > 0) & ~compared


def take_away(
    lesson: Lesson, removable_m: NDArray[np.bool_], rng: np.random.Generator, share: float
) -> Lesson:
    """The lesson with a share of its answers gone; parts of what is meant are in the answer, so they go too.

    Args:
        lesson: nothing of it is gone yet.
        removable_m: of :func:`removable`.
        rng: source of the choice.
        share: of the questions that something fits and whose meaning is removable.
    """
    if not share:
        return lesson
    asked = lesson.questions
    meanings = asked.meanings_n.numpy()
    able = (meanings >= 0) & removable_m[np.maximum(meanings, 0)] & ~asked.no_target_n.numpy()
    chosen = torch.from_numpy(able & (rng.random(len(able)) < share))
    gone = (asked.labels_nk > 0) & chosen[:, None]
    return replace(lesson, gone_nk=gone, questions=asked.about(asked.labels_nk * ~gone))
