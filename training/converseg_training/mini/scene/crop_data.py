"""Crops to learn names from: true things, and what the scene reader itself finds in the same pictures.

Legend of shape suffixes: n crops, k things and parts of a picture, h, w, c.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from converseg_core.mini.scene.crops import SIZE, box_of, crop, pyramid
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.candidates import find
from converseg_training.mini.scene.further import PREFIX
from converseg_training.mini.scene.model import SceneModel, found_labels

MASK_HW = (96, 128)
THING_WEIGHT = 3.0
"""A thing is drawn so much more often than a part: there are fewer of them, and questions name them."""
_COLUMNS = ("picture", "masks", "is_part", "names", "colors")


@dataclass(frozen=True)
class Crops:
    """N crops: (N, 4, 48, 48) uint8, kind, log side over 48, names and colours (-1 for none)."""

    pixels: NDArray[np.uint8]
    is_part: NDArray[np.float32]
    log_side: NDArray[np.float32]
    names: NDArray[np.int64]
    colors: NDArray[np.int64]


class CropSet:
    """All named things of a prepared set, with masks packed to bits.

    Args:
        full_nhwc: (N, 240, 320, 3) uint8 the pictures.
        columns: of :func:`load_or_find`.
    """

    def __init__(self, full_nhwc: NDArray[np.uint8], columns: dict[str, NDArray[Any]]) -> None:
        order = np.argsort(columns["picture"], kind="stable")
        self._full = full_nhwc
        self._of = {name: columns[name][order] for name in _COLUMNS}
        self._first = np.searchsorted(self._of["picture"], np.arange(len(full_nhwc) + 1))

    @property
    def num_pictures(self) -> int:
        """N."""
        return len(self._full)

    def __len__(self) -> int:
        return len(self._of["picture"])

    def draw(self, rng: np.random.Generator, *, num_pictures: int, num_each: int) -> Crops:
        """Some crops of some pictures, each moved and resized a little, its light varied."""
        rows = []
        for picture in rng.integers(len(self._full), size=num_pictures):
            first, last = self._first[picture], self._first[picture + 1]
            if first == last:
                continue
            weight = np.where(self._of["is_part"][first:last] > 0, 1.0, THING_WEIGHT)
            chosen = rng.choice(last - first, size=num_each, p=weight / weight.sum()) + first
            light = vary_light(self._full[picture], rng)
            rows += self._crops(pyramid(light), chosen.tolist(), rng)
        return _stacked(rows)

    def of(self, picture: int) -> Crops:
        """All of a picture, as they are."""
        numbers = range(int(self._first[picture]), int(self._first[picture + 1]))
        return _stacked(self._crops(pyramid(self._full[picture]), numbers, None))

    def _crops(
        self,
        levels: Sequence[NDArray[np.uint8]],
        numbers: Iterable[int],
        rng: np.random.Generator | None,
    ) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for number in numbers:
            mask = np.unpackbits(self._of["masks"][number]).reshape(MASK_HW).astype(bool)
            x, y, side = box_of(mask)
            if rng is not None:
                x, y = x + side * rng.uniform(-0.06, 0.06), y + side * rng.uniform(-0.06, 0.06)
                side *= rng.uniform(0.87, 1.15)
            rows.append(
                (
                    crop(levels, mask, (x, y, side)),
                    self._of["is_part"][number],
                    np.log(side / SIZE),
                    self._of["names"][number],
                    self._of["colors"][number],
                )
            )
        return rows


def _stacked(rows: Sequence[tuple[Any, ...]]) -> Crops:
    if not rows:
        none = np.zeros(0)
        return Crops(
            np.zeros((0, 4, SIZE, SIZE), np.uint8),
            none.astype(np.float32),
            none.astype(np.float32),
            none.astype(np.int64),
            none.astype(np.int64),
        )
    pixels, is_part, side, names, colors = zip(*rows, strict=True)
    return Crops(
        np.stack(pixels),
        np.array(is_part, np.float32),
        np.array(side, np.float32),
        np.array(names, np.int64),
        np.array(colors, np.int64),
    )


def vary_light(image_hwc: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposure, gamma, white balance; hues stay nameable."""
    level = np.linspace(1e-4, 1, 256)[:, None] ** rng.uniform(0.75, 1.35)
    level = level * rng.uniform(0.8, 1.2) * rng.uniform(0.95, 1.05, 3) + rng.uniform(-0.04, 0.04)
    table = np.clip(level * 255, 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(image_hwc, table), np.uint8)


def true_things(data: SceneSet) -> dict[str, NDArray[Any]]:
    """Masks (N, 1536) packed, names and colours of all that is seen."""
    parts: list[dict[str, NDArray[Any]]] = []
    for picture in range(len(data)):
        truth = data.truth(np.array([picture]))
        there = (truth.there_bk[0] > 0).numpy()
        parts.append(
            _columns(
                picture,
                (truth.masks_bkhw[0] > 0.5).numpy()[there],
                truth.is_part_bk[0].numpy()[there],
                truth.names_bk[0].numpy()[there],
                truth.colors_bk[0].numpy()[there],
            )
        )
    return _joined(parts)


@torch.no_grad()
def found_things(model: SceneModel, data: SceneSet, *, num_prompts: int = 1) -> dict[str, NDArray[Any]]:
    """The same of what the network finds; without what is no true thing."""
    model.eval()
    parts: list[dict[str, NDArray[Any]]] = []
    for picture in range(len(data)):
        own = np.array(data.questions_of(picture))[:num_prompts]
        if not len(own):
            continue
        batch = data.batch(np.array([picture]), own[None])
        with torch.autocast("cpu", torch.bfloat16):
            found = find(model.perception, model.see(batch))
        labels = found_labels(found, batch)
        named = (labels.names_bk[0] >= 0).numpy()
        parts.append(
            _columns(
                picture,
                (found.masks_bkhw[0] > 0.5).numpy()[named],
                found.is_part_bk[0].numpy()[named],
                labels.names_bk[0].numpy()[named],
                labels.colors_bk[0].numpy()[named],
            )
        )
    return _joined(parts)


def _columns(
    picture: int,
    masks_khw: NDArray[np.bool_],
    is_part: NDArray[np.float32],
    names: NDArray[np.int64],
    colors: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    return {
        "picture": np.full(len(masks_khw), picture, np.int64),
        "masks": np.packbits(masks_khw.reshape(len(masks_khw), MASK_HW[0] * MASK_HW[1]), axis=1),
        "is_part": is_part > 0,
        "names": names.astype(np.int64),
        "colors": colors.astype(np.int64),
    }


def _joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS}


def full_pictures(cache: Path, split: str) -> NDArray[np.uint8]:
    """(N, 240, 320, 3) of a prepared split, in the order of its files."""
    parts = []
    for prepared in sorted(cache.glob(f"{split}-*.npz")):
        with np.load(prepared.with_name(PREFIX + prepared.name)) as stored:
            parts.append(stored["full"])
    return np.concatenate(parts)


def load_or_find(
    path: Path, model: SceneModel, cache: Path, split: str, tables: Tables
) -> dict[str, NDArray[Any]]:
    """True and found things of a split; kept in a file, since finding takes minutes."""
    if not path.exists():
        data = SceneSet(read_files(sorted(cache.glob(f"{split}-*.npz"))), tables)
        both: dict[str, Any] = _joined([true_things(data), found_things(model, data)])
        temporary = path.with_name(f".{path.name}")
        with temporary.open("wb") as stream:
            np.savez(stream, **both)
        temporary.replace(path)
    with np.load(path) as stored:
        return {name: stored[name] for name in _COLUMNS}
