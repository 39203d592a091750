"""Prepared files as batches of pictures, their things, and their questions; all in memory.

Legend of shape suffixes: b pictures, k things then parts, n questions, l words, e word size, h, w.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.mini.evidence import shrink
from converseg_core.mini.scene.tiles import Tile, cut
from converseg_training.mini.scene.batch import Batch, Questions, Tables, Truth, tile_of_grid
from converseg_training.mini.scene.further import PREFIX as FURTHER_PREFIX
from converseg_training.mini.scene.further import STEP
from converseg_training.mini.scene.perception import GRIDS
from converseg_training.mini.scene.prepare import MAX_OBJECTS
from converseg_training.mini.scene.reword import PREFIX
from converseg_training.mini.scene.sentences import Sentences

_WORDS = ("words", "word_counts", "rewordings", "reworded", "reworded_counts")
_SIDE = re.compile(r"left|right|clockwise", re.IGNORECASE)
MIN_AREA = 1.5
"""Things that cover less than this many cells of (96, 128) are left out."""


class SceneSet:
    """Pictures of some prepared files.

    Args:
        files: columns of each, by name; see :mod:`converseg_training.mini.scene.prepare`.
        tables: names and colours; those of the files where left out.

    Attributes:
        sizes: number of pictures of each file.
        said: (Q, 1 + R) numbers of the sentences of each question: as asked, and reworded; -1 for none.
        meanings: (Q,) number of what each asks, -1 where that is not known.
        has_side: (Q,) whether some wording of it says left or right.
    """

    def __init__(self, files: Iterable[Mapping[str, NDArray[Any]]], tables: Tables | None = None) -> None:
        columns: dict[str, list[NDArray[Any]]] = {}
        texts: dict[str, list[str]] = {}
        self._sentences = Sentences()
        said: list[NDArray[np.int64]] = []
        self.sizes: list[int] = []
        for stored in files:
            self.sizes.append(len(stored["question_counts"]))
            said.append(self._take_words(stored))
            for name, value in stored.items():
                if name in _WORDS:
                    continue
                if value.dtype.kind == "U":
                    texts.setdefault(name, []).extend(str(value).split("\n"))
                else:
                    columns.setdefault(name, []).append(value)
        if not said:
            raise ValueError("files: none; run `python -m converseg_training.mini.scene.prepare`")
        # One column after the other, so that memory holds everything once, not twice.
        self._of = {name: np.concatenate(columns.pop(name)) for name in list(columns)}
        width = max(numbers.shape[1] for numbers in said)
        self.said = np.concatenate(
            [np.pad(own, ((0, 0), (0, width - own.shape[1])), constant_values=-1) for own in said]
        )
        self.prompts, self.concepts = texts["prompts"], texts["concepts"]
        rows = {
            name: [[item for item in line.split("\t") if item] for line in texts[name]]
            for name in ("categories", "colors", "part_names")
        }
        self.tables = tables or Tables(
            tuple(sorted({n for name in ("categories", "part_names") for row in rows[name] for n in row})),
            tuple(sorted({color for row in rows["colors"] for color in row})),
            tuple(sorted(set(texts.get("meanings", ())))),
        )
        of_name = {name: number for number, name in enumerate(self.tables.names)}
        of_color = {name: number for number, name in enumerate(self.tables.colors)}
        self._names = [
            (
                [of_name.get(n, -1) for n in objects],
                [of_name.get(n, -1) for n in parts],
                [of_color.get(c, -1) for c in colors],
            )
            for objects, parts, colors in zip(
                rows["categories"], rows["part_names"], rows["colors"], strict=True
            )
        ]
        of_meaning = {name: number for number, name in enumerate(self.tables.meanings)}
        said_what = texts.get("meanings") or [""] * len(self.prompts)
        self.meanings = np.array([of_meaning.get(name, -1) for name in said_what], np.int64)
        names_side = np.array([bool(_SIDE.search(text)) for text in self._sentences.texts] + [False])
        self.has_side = names_side[self.said].any(axis=1)
        self._first = np.concatenate([[0], np.cumsum(self._of["question_counts"])])

    def _take_words(self, stored: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """(Q, 1 + R) numbers of the sentences of a file's questions: as asked, and reworded; -1 for none."""
        prompts = str(stored["prompts"]).split("\n")
        ways = [[n] for n in self._sentences.add(prompts, stored["words"], stored["word_counts"]).tolist()]
        if "rewordings" in stored:
            lines = [
                [text for text in line.split("\t") if text] for line in str(stored["rewordings"]).split("\n")
            ]
            texts = [text for line in lines for text in line]
            numbers = iter(self._sentences.add(texts, stored["reworded"], stored["reworded_counts"]).tolist())
            for way, line in zip(ways, lines, strict=True):
                way += [next(numbers) for _ in line]
        width = max(map(len, ways), default=1)
        return np.array([way + [-1] * (width - len(way)) for way in ways], np.int64).reshape(-1, width)

    def __len__(self) -> int:
        return len(self._names)

    def questions_of(self, picture: int) -> range:
        """Numbers of a picture's questions."""
        return range(int(self._first[picture]), int(self._first[picture + 1]))

    def column(self, name: str) -> NDArray[Any]:
        """What a file holds of each picture."""
        return self._of[name]

    def names_of(self, picture: int) -> tuple[list[int], list[int], list[int]]:
        """Numbers of the names of its objects and parts, and of its objects' colours; -1 for unknown ones."""
        objects, parts, colors = self._names[picture]
        return objects[:MAX_OBJECTS], parts, colors[:MAX_OBJECTS]

    def seen(self, picture: int) -> Batch:
        """A picture alone, for those who ask nothing: its question is any."""
        own = min(int(self._first[picture]), len(self.prompts) - 1)
        return self.batch(np.array([picture]), np.array([[own]]))

    def batch(
        self,
        pictures: NDArray[np.int64],
        questions: NDArray[np.int64],
        mirrored: NDArray[np.bool_] | None = None,
        tiles: Sequence[Tile | None] = (),
    ) -> Batch:
        """The named pictures (B,) with the named questions (B, P), some mirrored (B,).

        Of some, only a tile is shown, for those who learn to see: questions stay about the whole picture.
        """
        of = self._of
        truth = self.truth(pictures, mirrored, tiles)
        asked = self.ask(pictures, questions, truth.there_bk)
        small = torch.from_numpy(of["small"][pictures])
        full = torch.from_numpy(of["full"][pictures])
        grids = {name: self._grid(name, pictures) for name in GRIDS}
        for row, tile in enumerate(tiles):
            if tile is not None:
                small[row] = torch.from_numpy(shrink(cut(of["full"][pictures[row]], tile)))
                for grid in grids.values():
                    grid[row] = tile_of_grid(grid[row], tile)
        if mirrored is not None and mirrored.any():
            turn = torch.from_numpy(mirrored)
            small[turn], full[turn] = small[turn].flip(2), full[turn].flip(2)
            for grid in grids.values():
                grid[turn] = grid[turn].flip(3)
            wide = turn.repeat_interleave(questions.shape[1])
            asked.target_nhw[wide] = asked.target_nhw[wide].flip(2)
        return Batch(small, full, grids, truth, asked, questions.shape[1])

    def _grid(self, name: str, pictures: NDArray[np.int64]) -> Tensor:
        kept = torch.from_numpy(self._of[name][pictures])
        return kept.float() * STEP if kept.dtype == torch.int8 else kept.float()

    def ask(self, pictures: NDArray[np.int64], questions: NDArray[np.int64], there_bk: Tensor) -> Questions:
        """The named questions (B, P) about the named pictures (B,), of whose things some are to be seen.

        Question ``q`` in its r-th other wording has the number ``q + r * len(prompts)``.
        """
        of = self._of
        way, flat = np.divmod(questions.reshape(-1), len(self.prompts))
        words, is_word = self._sentences.batch(self.said[flat, way])
        slots = np.repeat(self._slots(pictures, there_bk.shape[1]), questions.shape[1], axis=0)
        both = np.concatenate([of["object_labels"][flat], of["part_labels"][flat]], axis=1)
        labels = torch.from_numpy(np.take_along_axis(both, slots, axis=1).astype(np.float32))
        target = np.unpackbits(of["targets"][flat], axis=1).reshape(-1, 96, 128).astype(bool)
        return Questions(
            torch.from_numpy(words),
            torch.from_numpy(is_word),
            labels * there_bk.repeat_interleave(questions.shape[1], dim=0),
            torch.from_numpy(target),
            torch.from_numpy(of["no_target"][flat]),
            torch.from_numpy(self.meanings[flat]),
        )

    def _slots(self, pictures: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """(B, K) for each place k, the column of the object's or part's label."""
        slots = np.zeros((len(pictures), count), np.int64)
        for row, picture in enumerate(pictures):
            objects, parts, _ = self._names[picture]
            middle, end = min(len(objects), MAX_OBJECTS), min(len(objects), MAX_OBJECTS) + len(parts)
            slots[row, :end] = [*range(middle), *range(MAX_OBJECTS, MAX_OBJECTS + len(parts))]
        return slots

    def truth(
        self,
        pictures: NDArray[np.int64],
        mirrored: NDArray[np.bool_] | None = None,
        tiles: Sequence[Tile | None] = (),
    ) -> Truth:
        """What is seen in the named pictures (B,), some mirrored (B,), of some a tile alone."""
        names = [self._names[picture] for picture in pictures]
        count = max(len(objects) + len(parts) for objects, parts, _ in names)
        labels = np.zeros((2, len(pictures), count), np.int64) - 1
        is_part = np.zeros((len(pictures), count), np.float32)
        masks = torch.zeros(len(pictures), count, 96, 128)
        for row, (picture, (objects, parts, colors)) in enumerate(zip(pictures, names, strict=True)):
            objects = objects[:MAX_OBJECTS]
            middle, end = len(objects), len(objects) + len(parts)
            labels[0, row, :end] = [*objects, *parts]
            labels[1, row, :middle] = colors[:middle]
            is_part[row, middle:end] = 1
            owner, part = self._of["owner"][picture], self._of["part"][picture]
            if tiles and (tile := tiles[row]) is not None:
                owner, part = cut(owner, tile), cut(part, tile)
            if mirrored is not None and mirrored[row]:
                owner, part = owner[:, ::-1], part[:, ::-1]
            full = np.zeros((end, *owner.shape), np.uint8)
            full[:middle] = owner[None] == np.arange(1, middle + 1)[:, None, None]
            full[middle:end] = part[None] == np.arange(1, len(parts) + 1)[:, None, None]
            masks[row, :end] = F.adaptive_avg_pool2d(torch.from_numpy(full).float(), (96, 128))
        there = (masks.sum((2, 3)) >= MIN_AREA).float()
        return Truth(
            masks,
            there,
            torch.from_numpy(is_part),
            torch.from_numpy(labels[0]),
            torch.from_numpy(labels[1]),
        )


def read_files(paths: Sequence[Path], *, reworded: bool = True) -> Iterator[dict[str, NDArray[Any]]]:
    """Columns of prepared files, one after the other; with what lies beside them where there is any."""
    prefixes = (PREFIX, FURTHER_PREFIX) if reworded else (FURTHER_PREFIX,)
    for path in paths:
        columns: dict[str, NDArray[Any]] = {}
        for each in (path, *(path.with_name(prefix + path.name) for prefix in prefixes)):
            if each == path or each.exists():
                with np.load(each) as stored:
                    columns |= {name: stored[name] for name in stored.files}
        yield columns
