"""Lessons for the reader on what a run saw; see :mod:`converseg_training.mini.scene.seen`.

Legend of shape suffixes: b pictures, k things, then parts, n prompts, m names, p, t cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
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
SHARE_OF_FIRST = 5
"""Column of :func:`converseg_training.mini.scene.geometry.pairs`: share of the first that both cover."""
PART_WITHIN = 0.7
"""A part of which so much lies in a thing goes with it."""


@dataclass(frozen=True)
class SeenPicture:
    """See :func:`converseg_training.mini.scene.seen.look`."""

    looks: NDArray[np.float16]
    geometry: NDArray[np.float16]
    pairs: NDArray[np.float16]
    names: NDArray[np.float16]
    colors: NDArray[np.float16]
    quality: NDArray[np.float16]
    shape: NDArray[np.float16]
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
    missing = sorted({item.name for item in fields(SeenPicture)} - set(of))
    if missing:
        raise ValueError(f"--seen: {path} has no {', '.join(missing)}; remove it and run {_COMMAND}")
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


def _by_name_and_color(pictures: Mapping[int, SeenPicture]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Picture and place of what is taken for each name in each colour."""
    alike: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for picture, item in pictures.items():
        if len(item.which):
            both = zip(item.names.argmax(1).tolist(), item.colors.argmax(1).tolist(), strict=True)
            for place, key in enumerate(both):
                alike.setdefault(key, []).append((picture, place))
    return alike


class SeenThings:
    """Lessons on what was seen.

    Args:
        data: whose questions are asked.
        pictures: of :func:`read_seen`.
        forget: share of pictures of which one to three objects' names are not known: they look like others
            then, as things of categories do that no training had. What else is known of their looks is that
            of something which is taken for the same; their own would give them away.
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
        self._taken_for = _by_name_and_color(pictures) if forget else {}

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
            for name in ("looks", "geometry", "names", "colors", "quality", "is_part", "shape")
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
                gone = rng.permutation(np.array(sorted(known), np.int64))[: int(rng.integers(1, 4))]
                own_names = padded["names"][row]
                disguised = self._disguised(own[row], own_names[: len(own[row].which)], gone)
                own_names[:, gone] = FORGOTTEN
                for place in disguised:
                    self._disguise(padded, row, place, rng)
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
            padded["shape"],
        )
        asked = self._data.ask(pictures, questions, self._true_there(pictures))
        per = questions.shape[1]
        labels = asked.labels_nk.gather(1, which.clamp(min=0).repeat_interleave(per, dim=0))
        inside = inside_answers(masks, asked.target_nhw, per)
        labels = torch.where(which.repeat_interleave(per, dim=0) >= 0, labels, inside)
        labels = labels * there.repeat_interleave(per, dim=0)
        told = Told(torch.from_numpy(told_b).float(), names, colors)
        return Lesson(things, told, asked.about(labels), per)

    def _disguised(self, item: SeenPicture, names_km: Tensor, gone: NDArray[np.int64]) -> list[int]:
        """Places of the things that are taken for what is not known, and of the parts within them."""
        is_gone = np.isin(names_km.argmax(1).numpy(), gone) & ~item.is_part
        within = (item.pairs[..., SHARE_OF_FIRST] >= PART_WITHIN) & is_gone[None]
        return np.flatnonzero(is_gone | (item.is_part & within.any(axis=1))).tolist()

    def _disguise(self, padded: Mapping[str, Tensor], row: int, place: int, rng: np.random.Generator) -> None:
        """Looks of something that is taken for the same, in the same colour; its own where there is none."""
        key = (int(padded["names"][row, place].argmax()), int(padded["colors"][row, place].argmax()))
        alike = self._taken_for.get(key)
        if alike is not None:
            picture, other = alike[int(rng.integers(len(alike)))]
            for name in ("looks", "shape"):
                looks = getattr(self._pictures[picture], name)[other].astype(np.float32)
                padded[name][row, place] = torch.from_numpy(looks)

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
