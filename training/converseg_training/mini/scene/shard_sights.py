"""What the shipped scene reader finds in the data engine's pictures, kept beside them: sights to learn from.

    python -m converseg_training.mini.scene.shard_sights --bundle MINI --shards SHARDS --out SIGHTS

Masks that were found are wrong in other ways than true masks that somebody wore: they run over into what has
the same colour, or miss the half of a table. The graphs find them, in one look at each picture, as it is.
Run it again to take in new shards; several may run side by side, each with its own ``--part``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
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
from converseg_training.mini.scene.sights import PREFIX, Sights, columns_of_sights, sights_of

_PART = re.compile(r"(\d+)/(\d+)")


def found_in(
    network: SceneNetwork, networks: FrozenNetworks, nanodet: NanoDet, rows: Iterable[ImageRow]
) -> Iterator[Sights]:
    """What is found in each picture."""
    for row in rows:
        image = row.pixels()
        semantic, middle, _ = networks.raw(image)
        logits = network.find_in_one_look(
            image, semantic=semantic[np.newaxis], middle=middle[np.newaxis], further=nanodet.features(image)
        )
        yield sights_of(logits > 0, true_masks(row))


def true_masks(row: ImageRow) -> NDArray[np.bool_]:
    """(N, 96, 128) of the objects that are told apart."""
    masks = np.zeros((len(listed_parts(row)[0]), *MASK_HW), np.bool_)
    for number, mask in enumerate(masks):
        seen = decode_mask(row.objects[number].rle, row.height, row.width).astype(np.float32)
        mask[:] = cv2.resize(seen, MASK_HW[::-1], interpolation=cv2.INTER_AREA) >= 0.5
    return masks


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
        found: dict[str, Any] = columns_of_sights(found_in(network, networks, nanodet, rows))
        write_columns(path, {**found, "size": len(rows)})
        print(f"{path.name}: {len(found['number'])} sights in {len(rows)} pictures", flush=True)


if __name__ == "__main__":
    main()
