"""What the scene reader finds in prepared pictures, as sights of true things: crops to learn from.

Finding takes minutes, so it is kept file by file.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@torch.no_grad()
def found_things(model: SceneModel, data: SceneSet) -> dict[str, NDArray[Any]]:
    """What the network finds: ``picture`` (N,), ``masks`` (N, 1536) packed, ``number`` (N,) of the object.

    The number is -1 where it is a sight of none.
    """
    model.eval()
    parts: list[dict[str, NDArray[Any]]] = []
    for picture in range(len(data)):
        with torch.autocast("cpu", torch.bfloat16):
            logits = find(model.perception, model.see(data.seen(picture)))[0]
        masks = (logits > 0).reshape(-1, MASK_HW[0] * MASK_HW[1])
        truth = data.truth(np.array([picture]))
        is_object = (truth.is_part_bk[0] == 0).numpy()
        true = (truth.masks_bkhw[0] > 0.5).numpy()[is_object].reshape(-1, MASK_HW[0] * MASK_HW[1])
        common = masks.astype(np.float32) @ true.T.astype(np.float32)
        union = masks.sum(1)[:, None] + true.sum(1)[None] - common
        iou = common / np.maximum(union, 1) * (truth.there_bk[0] > 0).numpy()[is_object]
        number = np.where(iou.max(1, initial=0) >= SAME_IOU, iou.argmax(1) if iou.size else -1, -1)
        parts.append(
            {
                "picture": np.full(len(masks), picture, np.int64),
                "masks": np.packbits(masks, axis=1),
                "number": number.astype(np.int64),
            }
        )
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
