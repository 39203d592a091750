"""Photos and rendered pictures -> files that the cell classifier trains on; run it again to go on.

    python -m converseg_training.mini.prepare --sim FOLDER --panoptic FOLDER --instances FOLDER --out CACHE

``--bundle`` is an installed ``mini`` (``converseg models build mini``): its detector and MiniLM are used.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_engine.shards import read_shard
from converseg_training.mini.cell_views import class_map
from converseg_training.mini.features import FrozenNetworks, Projection, look_at, one_thread
from converseg_training.mini.photo_views import Photo, instance_photos, panoptic_photos, view

NUM_VIEWS = 6
NUM_SIM_SHARDS = 40


def write_item(
    path: Path,
    networks: FrozenNetworks,
    projection: Projection,
    images: Sequence[NDArray[np.uint8]],
    labels_nhw: NDArray[np.uint8] | None = None,
) -> None:
    """One file of pictures; it appears whole."""
    columns: dict[str, Any] = dict(vars(look_at(networks, projection, images)))
    if labels_nhw is not None:
        columns["labels"] = labels_nhw
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as stream:
        np.savez(stream, **columns)
    temporary.replace(path)


def fit_projection(
    networks: FrozenNetworks, photos: Sequence[Photo], images: Sequence[NDArray[np.uint8]]
) -> Projection:
    """From photos and simulated pictures."""
    deep, fine = [], []
    rng = np.random.default_rng(0)
    for image in [*(photo.image for photo in photos), *images]:
        semantic, middle, _ = networks.raw(image)
        deep.append(semantic.reshape(len(semantic), -1).T)
        fine.append(middle.reshape(len(middle), -1).T[rng.permutation(361)[:60]])
    return Projection.fit(np.concatenate(deep), np.concatenate(fine))


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--sim", type=Path, required=True)
    parser.add_argument("--panoptic", type=Path, required=True)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    one_thread()
    args.out.mkdir(parents=True, exist_ok=True)
    networks = FrozenNetworks(args.bundle)
    panoptic = panoptic_photos(args.panoptic)
    instances = instance_photos(args.instances, panoptic[0][1].kinds)
    if not (args.out / "projection.npz").exists():
        some = [row.pixels() for row in read_shard(sorted(args.sim.glob("train-*.parquet"))[0])][:40]
        fit_projection(networks, [photo for _, photo in instances], some).save(args.out)
        print("projection fitted", flush=True)
    projection = Projection.load(args.out)
    for photos in (instances, panoptic):
        prepare_photos(args.out, networks, projection, photos)
    prepare_sim(args.out, networks, projection, sorted(args.sim.glob("train-*.parquet"))[:NUM_SIM_SHARDS])


def prepare_sim(out: Path, networks: FrozenNetworks, projection: Projection, shards: Sequence[Path]) -> None:
    """A file a shard: rendered pictures, to be told from photos."""
    for shard in shards:
        path = out / f"sim-{shard.stem}.npz"
        if not path.exists():
            write_item(path, networks, projection, [row.pixels() for row in read_shard(shard)])


def prepare_photos(
    out: Path, networks: FrozenNetworks, projection: Projection, photos: Sequence[tuple[str, Photo]]
) -> None:
    """A file a photo: its views, and class maps where stuff is labelled."""
    for number, (name, photo) in enumerate(photos):
        kind = "instances" if name.startswith("instances") else "photo"
        path = out / f"{kind}-{Path(name).stem}.npz"
        if path.exists():
            continue
        views = [view(photo, k, np.random.default_rng((7, number, k))) for k in range(NUM_VIEWS)]
        labels = np.stack([class_map(item) for item in views]) if kind == "photo" else None
        write_item(path, networks, projection, [item.image for item in views], labels)
        print(f"{path.name}: {len(views)} views", flush=True)


if __name__ == "__main__":
    main()
