"""Lessons for the reader on what a run saw; see :mod:`converseg_training.mini.scene.seen`.

Legend of shape suffixes: b pictures, k things, then parts, n prompts, m names, p, t cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.geometry import NUM_PAIR, turned_geometry, turned_pairs
from converseg_training.mini.scene.glances import padded_rows
from converseg_training.mini.scene.model import inside_answers
from converseg_training.mini.scene.symbols import Lesson, like_sized
from converseg_training.mini.scene.things import Things, Told

FORGOTTEN = -60.0
"""Logit of a name that is not known, so low that what else speaks for it does not matter."""
_COMMAND = "`python -m converseg_training.mini.scene.seen`"


@dataclass(frozen=True)
class SeenPicture:
    """See :func:`converseg_training.mini.scene.seen.look`."""

    looks: NDArray[np.float16]
    geometry: NDArray[np.float16]
    pairs: NDArray[np.float16]
    names: NDArray[np.float16]
    colors: NDArray[np.float16]
    quality: NDArray[np.float16]
    masks: NDArray[np.uint8]
    is_part: NDArray[np.bool_]
    which: NDArray[np.int64]


def read_seen(folder: Path, data: SceneSet, prepared: Sequence[Path]) -> dict[int, SeenPicture]:
    """Pictures of the files in a folder, by their numbers in the set that was made from ``prepared``.

    Raises:
        ValueError: there is none, or it is of other pictures.
    """
    pictures: dict[int, SeenPicture] = {}
    number = 0
    for path, size in zip((folder / item.name for item in prepared), data.sizes, strict=True):
        own = _read_file(path) if path.exists() else []
        if own and len(own) != size:
            raise ValueError(f"--seen: {path} is of other pictures; remove it and run {_COMMAND}")
        pictures |= dict(enumerate(own, start=number))
        number += size
    if not pictures:
        raise ValueError(f"--seen: nothing of these pictures in {folder}; run {_COMMAND}")
    return pictures


def _read_file(path: Path) -> list[SeenPicture]:
    with np.load(path) as stored:
        of = {name: stored[name] for name in stored.files}
    counts = of.pop("counts")
    pairs = of.pop("pairs")
    first = np.concatenate([[0], np.cumsum(counts)])
    start = np.concatenate([[0], np.cumsum(counts**2 * NUM_PAIR)])
    pictures = []
    for row, count in enumerate(counts.tolist()):
        own = {name: values[first[row] : first[row + 1]] for name, values in of.items()}
        between = pairs[start[row] : start[row + 1]].reshape(count, count, NUM_PAIR)
        pictures.append(SeenPicture(pairs=between, **own))
    return pictures


class SeenThings:
    """Lessons on what was seen.

    Args:
        data: whose questions are asked.
        pictures: of :func:`read_seen`.
        forget: share of pictures of which one or two objects' names are not known: they look like others
            then, as things of categories do that no training had.
    """

    def __init__(
        self,
        data: SceneSet,
        pictures: Mapping[int, SeenPicture],
        *,
        forget: float = 0.0,
    ) -> None:
        self.numbers = np.array(sorted(pictures), np.int64)
        self._data, self._pictures, self._forget = data, pictures, forget

    def batches(
        self,
        pictures: NDArray[np.int64],
        questions: NDArray[np.int64],
        rng: np.random.Generator,
        blind: float,
        mirrored: NDArray[np.bool_] | None = None,
    ) -> list[Lesson]:
        """The same as :meth:`batch` in like-sized groups."""
        counts = [len(self._pictures[picture].which) for picture in pictures.tolist()]
        turned = np.zeros(len(counts), np.bool_) if mirrored is None else mirrored
        return [
            self.batch(pictures[own], questions[own], rng, blind, turned[own]) for own in like_sized(counts)
        ]

    def batch(
        self,
        pictures: NDArray[np.int64],
        questions: NDArray[np.int64],
        rng: np.random.Generator,
        blind: float,
        mirrored: NDArray[np.bool_] | None = None,
    ) -> Lesson:
        """The named pictures (B,) with the named questions (B, P).

        Nothing fits where what fits was not found.

        Of a share ``blind`` of the pictures the reader is told true names and colours, and no looks. Of
        ``mirrored`` ones left and right are changed about: looks, names and answers stay as they are.
        """
        told_b = rng.random(len(pictures)) < blind
        own = [self._pictures[picture] for picture in pictures.tolist()]
        longest = max(1, *(len(item.which) for item in own))
        padded = {
            name: padded_rows([getattr(item, name) for item in own], longest)
            for name in ("looks", "geometry", "names", "colors", "quality", "is_part")
        }
        between = torch.zeros(len(own), longest, longest, own[0].pairs.shape[2])
        there = torch.zeros(len(own), longest)
        which = torch.full((len(own), longest), -1)
        masks = torch.zeros(len(own), longest, own[0].masks.shape[1] * 8, dtype=torch.uint8)
        for row, item in enumerate(own):
            count = len(item.which)
            between[row, :count, :count] = torch.from_numpy(item.pairs.astype(np.float32))
            there[row, :count] = 1
            which[row, :count] = torch.from_numpy(item.which)
            masks[row, :count] = torch.from_numpy(np.unpackbits(item.masks, axis=1))
        names, colors = self._labels(pictures, which)
        for row, picture in enumerate(pictures.tolist()):
            if rng.random() < self._forget:
                known = [name for name in set(self._data.names_of(picture)[0]) if name >= 0]
                gone = rng.permutation(sorted(known))[: int(rng.integers(1, 3))]
                padded["names"][row, :, gone] = FORGOTTEN
                names[row][torch.isin(names[row], torch.from_numpy(gone))] = -1
        if mirrored is not None and mirrored.any():
            turn = torch.from_numpy(mirrored)
            padded["geometry"][turn] = turned_geometry(padded["geometry"][turn])
            between[turn] = turned_pairs(between[turn])
        things = Things(
            padded["looks"],
            padded["geometry"],
            between,
            padded["is_part"],
            there,
            padded["names"],
            padded["colors"],
            padded["quality"],
        )
        asked = self._data.ask(pictures, questions, self._true_there(pictures))
        per = questions.shape[1]
        labels = asked.labels_nk.gather(1, which.clamp(min=0).repeat_interleave(per, dim=0))
        inside = inside_answers(masks, asked.target_nhw, per)
        labels = torch.where(which.repeat_interleave(per, dim=0) >= 0, labels, inside)
        labels = labels * there.repeat_interleave(per, dim=0)
        told = Told(torch.from_numpy(told_b).float(), names, colors)
        return Lesson(things, told, asked.about(labels), per)

    def _true_there(self, pictures: NDArray[np.int64]) -> Tensor:
        counts = [sum(map(len, self._data.names_of(int(picture))[:2])) for picture in pictures]
        return (torch.arange(max(counts))[None] < torch.tensor(counts)[:, None]).float()

    def _labels(self, pictures: NDArray[np.int64], which_bk: Tensor) -> tuple[Tensor, Tensor]:
        names, colors = torch.full_like(which_bk, -1), torch.full_like(which_bk, -1)
        for row, picture in enumerate(pictures.tolist()):
            objects, parts, own_colors = self._data.names_of(picture)
            of_name = torch.tensor([*objects, *parts, -1])
            of_color = torch.tensor([*own_colors, *([-1] * len(parts)), -1])
            names[row], colors[row] = of_name[which_bk[row]], of_color[which_bk[row]]
        return names, colors
