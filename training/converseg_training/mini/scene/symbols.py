"""Practice for the reader alone: it is told what is in a picture, so nothing has to be seen.

A step of the whole network costs mostly what it takes to look at the pictures, but it is reading that needs
the practice. The reader is told true names, colours and places, as in the blind share of whole steps.

Legend of shape suffixes: b pictures, k things and parts, n prompts, g numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_training.mini.scene.batch import Questions
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.geometry import (
    NUM_GEOMETRY,
    NUM_PAIR,
    geometry,
    pairs,
    turned_geometry,
    turned_pairs,
)
from converseg_training.mini.scene.losses import choice_loss, meaning_loss, name_loss
from converseg_training.mini.scene.perception import NUM_POOLED
from converseg_training.mini.scene.reader import SceneReader
from converseg_training.mini.scene.things import Things, Told

GROUP_SIZE = 10
"""Pictures that are read at once; more do not fit the processor's cache."""


@dataclass(frozen=True)
class _Picture:
    """K things of one picture; geometry and pairs in half precision."""

    there_k: Tensor
    is_part_k: Tensor
    names_k: Tensor
    colors_k: Tensor
    geometry_kg: Tensor
    pairs_kkg: Tensor


@dataclass(frozen=True)
class Lesson:
    """What the reader is told and asked of B pictures.

    ``gone_nk`` is True for what one prompt alone does not find there.
    """

    things: Things
    told: Told
    questions: Questions
    num_per_image: int
    gone_nk: Tensor | None = None


class Symbols:
    """The true things of pictures without the pictures; worked out when first asked for, then kept."""

    def __init__(self, data: SceneSet) -> None:
        self._data = data
        self._kept: dict[int, _Picture] = {}

    def _of(self, picture: int) -> _Picture:
        if picture not in self._kept:
            truth = self._data.truth(np.array([picture]))
            place = geometry(truth.masks_bkhw)
            self._kept[picture] = _Picture(
                truth.there_bk[0],
                truth.is_part_bk[0],
                truth.names_bk[0],
                truth.colors_bk[0],
                place[0].half(),
                pairs(truth.masks_bkhw, place)[0].half(),
            )
        return self._kept[picture]

    def batches(
        self, pictures: NDArray[np.int64], questions: NDArray[np.int64], mirrored: NDArray[np.bool_]
    ) -> list[Lesson]:
        """The same as :meth:`batch` in like-sized groups."""
        counts = [len(self._of(picture).there_k) for picture in pictures.tolist()]
        return [self.batch(pictures[own], questions[own], mirrored[own]) for own in like_sized(counts)]

    def batch(
        self, pictures: NDArray[np.int64], questions: NDArray[np.int64], mirrored: NDArray[np.bool_]
    ) -> Lesson:
        """The named pictures (B,) with the named questions (B, P), some mirrored (B,)."""
        own = [self._of(picture) for picture in pictures.tolist()]
        num, count = len(own), max(len(item.there_k) for item in own)
        there, is_part = torch.zeros(num, count), torch.zeros(num, count)
        names = torch.full((num, count), -1)
        colors = torch.full((num, count), -1)
        place = torch.zeros(num, count, NUM_GEOMETRY)
        between = torch.zeros(num, count, count, NUM_PAIR)
        for row, item in enumerate(own):
            size = len(item.there_k)
            there[row, :size], is_part[row, :size] = item.there_k, item.is_part_k
            names[row, :size], colors[row, :size] = item.names_k, item.colors_k
            place[row, :size], between[row, :size, :size] = item.geometry_kg, item.pairs_kkg
        turn = torch.from_numpy(mirrored)
        place[turn], between[turn] = turned_geometry(place[turn]), turned_pairs(between[turn])
        nowhere = torch.tensor(-1)
        told = Told(torch.ones(num), names.where(there > 0, nowhere), colors.where(there > 0, nowhere))
        looks = torch.zeros(num, count, NUM_POOLED)
        asked = self._data.ask(pictures, questions, there)
        return Lesson(Things(looks, place, between, is_part, there), told, asked, questions.shape[1])


def like_sized(counts: Sequence[int]) -> list[NDArray[np.int64]]:
    """Pictures in groups of about as many things each: what is padded is read for nothing."""
    order = np.argsort(np.array(counts), kind="stable")
    return np.array_split(order, max(1, round(len(order) / GROUP_SIZE)))


def practice(
    reader: SceneReader, lesson: Lesson, *, negatives: bool = True, autocast: bool = True
) -> dict[str, Tensor]:
    """Scalar terms of reading, those of :func:`converseg_training.mini.scene.losses.choice_loss`.

    Where things were seen, not told, also those of what they are called.
    """
    things, asked, per = lesson.things, lesson.questions, lesson.num_per_image
    with torch.autocast(things.there_bk.device.type, torch.bfloat16, enabled=autocast):
        known = reader.know(things, lesson.told)
        meant, present, means = reader.decide(
            known, things.there_bk, asked.words_nle, asked.is_word_nl, per, lesson.gone_nk
        )
    there_n = things.there_bk.repeat_interleave(per, dim=0)
    if lesson.gone_nk is not None:
        there_n = there_n * ~lesson.gone_nk
    terms = choice_loss(meant, present, asked.labels_nk, there_n, asked.no_target_n, negatives=negatives)
    terms |= meaning_loss(means, asked.meanings_n)
    if (lesson.told.only_b < 1).any():
        terms["name"], terms["name_right"] = name_loss(known["names"], lesson.told.names_bk)
        terms["color"], _ = name_loss(known["colors"], lesson.told.colors_bk)
    return terms
