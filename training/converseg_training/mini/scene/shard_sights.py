"""What the shipped scene reader finds in the data engine's pictures, kept beside them: sights to learn from.

    python -m converseg_training.mini.scene.shard_sights --bundle MINI --shards SHARDS --out SIGHTS

Masks that were found are wrong in other ways than true masks that somebody wore: they run over into what has
the same colour, or miss the half of a table. The graphs find them, in one look at each picture, as it is.
Run it again to take in new shards; several may run side by side, each with its own ``--part``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.scene.network import SCENE_ROLES, SceneNetwork
from converseg_engine.shards import ImageRow, decode_mask, read_shard
from converseg_training.mini.features import FrozenNetworks, one_thread
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.crop_data import MASK_HW
from converseg_training.mini.scene.further import NanoDet
from converseg_training.mini.scene.prepare import listed_parts
from converseg_training.mini.scene.sights import PREFIX, SAME_IOU

_PART = re.compile(r"(\d+)/(\d+)")


def found_in(
    network: SceneNetwork, networks: FrozenNetworks, nanodet: NanoDet, rows: Iterable[ImageRow]
) -> dict[str, NDArray[Any]]:
    """Columns as those of :func:`converseg_training.mini.scene.sights.found_things`."""
    parts: list[dict[str, NDArray[Any]]] = []
    for picture, row in enumerate(rows):
        image = row.pixels()
        semantic, middle, _ = networks.raw(image)
        logits = network.find_in_one_look(
            image, semantic=semantic[np.newaxis], middle=middle[np.newaxis], further=nanodet.features(image)
        )
        masks = (logits > 0).reshape(len(logits), -1)
        parts.append(
            {
                "picture": np.full(len(masks), picture, np.int64),
                "masks": np.packbits(masks, axis=1),
                "number": numbers_of(masks, row),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def numbers_of(masks_kp: NDArray[np.bool_], row: ImageRow) -> NDArray[np.int64]:
    """(K,) number of the object that each mask (96 * 128 cells) is a sight of, -1 for none."""
    objects, _ = listed_parts(row)
    true = [
        cv2.resize(
            decode_mask(item.rle, row.height, row.width).astype(np.float32),
            MASK_HW[::-1],
            interpolation=cv2.INTER_AREA,
        )
        for item in objects
    ]
    if not true or not len(masks_kp):
        return np.full(len(masks_kp), -1, np.int64)
    flat = (np.stack(true).reshape(len(true), -1) >= 0.5).astype(np.float32)
    common = masks_kp.astype(np.float32) @ flat.T
    union = masks_kp.sum(1)[:, None] + flat.sum(1)[None] - common
    iou = common / np.maximum(union, 1)
    return np.where(iou.max(1) >= SAME_IOU, iou.argmax(1), -1).astype(np.int64)


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--part", default="1/1", help="1/2 and 2/2: every second shard each")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    own = _PART.fullmatch(args.part)
    number, count = map(int, own.groups()) if own else (0, 0)
    if not 1 <= number <= count:
        parser.error(f"--part: {args.part!r} is no such thing as 1/2")
    shards = sorted(args.shards.glob("train-*.parquet"))
    if not shards:
        parser.error(f"--shards: no train split in {args.shards}; `converseg engine sim` makes one")
    one_thread()
    cv2.setNumThreads(1)
    network = SceneNetwork.from_files({role: args.bundle / name for role, name in SCENE_ROLES.items()})
    networks, nanodet = FrozenNetworks(args.bundle), NanoDet(args.bundle)
    args.out.mkdir(parents=True, exist_ok=True)
    for shard in shards[number - 1 :: count]:
        path = args.out / f"{PREFIX}{shard.stem}.npz"
        if path.exists():
            continue
        rows = list(read_shard(shard))
        found: dict[str, Any] = found_in(network, networks, nanodet, rows)
        write_columns(path, {**found, "size": len(rows)})
        print(f"{path.name}: {len(found['number'])} sights in {len(rows)} pictures", flush=True)


if __name__ == "__main__":
    main()
