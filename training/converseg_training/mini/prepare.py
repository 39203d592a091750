"""Pictures and questions -> files that training reads; run it again to go on, or to take in new shards.

    python -m converseg_training.mini.prepare --sim FOLDER --panoptic FOLDER --instances FOLDER --out CACHE

``--bundle`` is an installed ``mini`` (``converseg models build mini``): its detector and MiniLM are used.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.evidence import HEIGHT, WIDTH
from converseg_core.mini.lexicon import NAMES
from converseg_engine.shards import read_shard
from converseg_training.mini.features import FrozenNetworks, Projection, PromptStore, look_at, one_thread
from converseg_training.mini.photo_prompts import Question
from converseg_training.mini.photo_questions import training_questions
from converseg_training.mini.photo_views import Photo, instance_photos, panoptic_photos, view

NUM_VIEWS = 6
UNKNOWN = 255


def write_item(
    path: Path,
    networks: FrozenNetworks,
    projection: Projection,
    images: Sequence[NDArray[np.uint8]],
    questions: Sequence[Sequence[Question]],
    labels_nhw: NDArray[np.uint8] | None = None,
) -> int:
    """One file of pictures with their questions; it appears whole."""
    pictures = look_at(networks, projection, images)
    flat = [item for group in questions for item in group]
    size = (WIDTH // 2, HEIGHT // 2)
    targets = [cv2.resize(q.mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) for q in flat]
    temporary = path.with_name(f".{path.name}")
    columns: dict[str, Any] = {**vars(pictures), **({} if labels_nhw is None else {"labels": labels_nhw})}
    with temporary.open("wb") as stream:
        np.savez(
            stream,
            **columns,
            target=np.stack(targets),
            counts=np.array([len(group) for group in questions]),
            prompts=np.array("\n".join(" ".join(q.prompt.split()) for q in flat)),
            concepts=np.array("\n".join(q.concept for q in flat)),
            no_target=np.array([not q.mask.any() for q in flat]),
        )
    temporary.replace(path)
    return len(flat)


def class_map(photo: Photo) -> NDArray[np.uint8]:
    """(48, 64) number of the class in ``NAMES`` that covers most of a cell; UNKNOWN where none does."""
    shares = np.zeros((len(NAMES) + 1, 48, 64), np.float32)
    for item in photo.segments:
        part = cv2.resize(item.mask.astype(np.float32), (64, 48), interpolation=cv2.INTER_AREA)
        shares[NAMES.index(item.name)] += part
    shares[-1] = 0.3
    best = shares.argmax(axis=0)
    return np.where(best == len(NAMES), UNKNOWN, best).astype(np.uint8)


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
    prepare_photos(args.out, networks, projection, instances)
    for split in ("val", "train"):
        prepare_sim(args.out, networks, projection, sorted(args.sim.glob(f"{split}-*.parquet")))
    read_prompts(args.out, networks)
    prepare_photos(args.out, networks, projection, panoptic)
    read_prompts(args.out, networks)


def prepare_sim(out: Path, networks: FrozenNetworks, projection: Projection, shards: Sequence[Path]) -> None:
    """A file a shard."""
    for shard in shards:
        path = out / f"sim-{shard.stem}.npz"
        if path.exists():
            continue
        rows = read_shard(shard)
        asked = [
            [Question(q.prompt, q.concept, q.subfamily, q.mask(row.height, row.width)) for q in row.questions]
            for row in rows
        ]
        start = time.perf_counter()
        count = write_item(path, networks, projection, [row.pixels() for row in rows], asked)
        print(f"{path.name}: {count} questions, {time.perf_counter() - start:.0f} s", flush=True)


def prepare_photos(
    out: Path, networks: FrozenNetworks, projection: Projection, photos: Sequence[tuple[str, Photo]]
) -> None:
    """A file a photo: its views with their questions, and class maps where stuff is labelled."""
    for number, (name, photo) in enumerate(photos):
        kind = "instances" if name.startswith("instances") else "photo"
        path = out / f"{kind}-{Path(name).stem}.npz"
        if path.exists():
            continue
        views = [view(photo, k, np.random.default_rng((7, number, k))) for k in range(NUM_VIEWS)]
        asked = [
            training_questions(item, np.random.default_rng((8, number, k))) for k, item in enumerate(views)
        ]
        kept = [k for k in range(NUM_VIEWS) if asked[k]]
        labels = np.stack([class_map(views[k]) for k in kept]) if kind == "photo" else None
        write_item(
            path, networks, projection, [views[k].image for k in kept], [asked[k] for k in kept], labels
        )


def read_prompts(out: Path, networks: FrozenNetworks) -> None:
    """Every prompt of the files there, in numbers."""
    store = PromptStore(networks, out / "prompts.npz")
    for path in sorted(out.glob("*-*.npz")):
        with np.load(path) as stored:
            store.add(str(stored["prompts"]).split("\n"))
    store.save()
    np.save(out / "names.npy", networks.names_ke)
    print("prompts read", flush=True)


if __name__ == "__main__":
    main()
