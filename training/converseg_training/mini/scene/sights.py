"""What the scene reader finds in prepared pictures, as sights of true things: crops to learn from.

Finding takes minutes, so it is kept file by file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.candidates import find
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.crop_data import MASK_HW
from converseg_training.mini.scene.model import SceneModel

PREFIX = "found-"
"""Before the name of the file that was looked at."""
SAME_IOU = 0.3
"""What is found is a sight of the true thing with which it has the most in common, if that is so much."""


Sights = tuple[NDArray[np.bool_], NDArray[np.int64]]
"""Of a picture: masks (K, 96 * 128), and the number (K,) of the object each is a sight of, -1 for none."""


def found_things(model: SceneModel, data: SceneSet) -> dict[str, NDArray[Any]]:
    """What the network finds in each picture; see :func:`columns_of_sights`."""
    model.eval()
    return columns_of_sights(_find(model, data, picture) for picture in range(len(data)))


@torch.no_grad()
def _find(model: SceneModel, data: SceneSet, picture: int) -> Sights:
    with torch.autocast("cpu", torch.bfloat16):
        logits = find(model.perception, model.see(data.seen(picture)))[0]
    truth = data.truth(np.array([picture]))
    is_object = (truth.is_part_bk[0] == 0).numpy()
    there = (truth.there_bk[0] > 0).numpy()[:, None, None]
    true = ((truth.masks_bkhw[0] > 0.5).numpy() & there)[is_object]
    return sights_of(logits > 0, true)


def sights_of(masks_khw: NDArray[np.bool_], true_nhw: NDArray[np.bool_]) -> Sights:
    """Which object, of those with the masks ``true_nhw``, each mask is a sight of; empty ones are none."""
    masks, true = (item.reshape(len(item), MASK_HW[0] * MASK_HW[1]) for item in (masks_khw, true_nhw))
    common = masks.astype(np.float32) @ true.T.astype(np.float32)
    union = masks.sum(1)[:, None] + true.sum(1)[None] - common
    iou = common / np.maximum(union, 1)
    number = np.where(iou.max(1, initial=0) >= SAME_IOU, iou.argmax(1) if iou.size else -1, -1)
    return masks, number.astype(np.int64)


def columns_of_sights(each: Iterable[Sights]) -> dict[str, NDArray[Any]]:
    """Of all pictures ``picture`` (N,), ``masks`` (N, 1536) packed and ``number`` (N,) of the object."""
    parts = [
        {
            "picture": np.full(len(masks), picture, np.int64),
            "masks": np.packbits(masks, axis=1),
            "number": number,
        }
        for picture, (masks, number) in enumerate(each)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def held_back(paths: Sequence[Path], every: int) -> list[Path]:
    """Every so many prepared files: those that close looks are not learnt from, for ``scene.seen``.

    A network names what it was trained on more surely than anything else, and a reader who practised on that
    would believe it too much.
    """
    return list(paths[every - 1 :: every]) if every else []


def load_or_find(
    folder: Path, model: SceneModel, prepared_files: Sequence[Path], tables: Tables
) -> dict[str, NDArray[Any]]:
    """What is found in prepared files, picture by picture; kept file by file, since finding takes minutes."""
    whole: list[dict[str, NDArray[Any]]] = []
    first = 0
    for prepared in prepared_files:
        path = folder / f"{PREFIX}{prepared.name}"
        if not path.exists():
            data = SceneSet(read_files([prepared]), tables)
            found: dict[str, Any] = found_things(model, data)
            write_columns(path, {**found, "size": len(data)})
        with np.load(path) as stored:
            sights = {name: stored[name] for name in ("picture", "masks", "number")}
            sights["picture"] = sights["picture"] + first
            first += int(stored["size"])
        whole.append(sights)
    return {name: np.concatenate([part[name] for part in whole]) for name in whole[0]}
