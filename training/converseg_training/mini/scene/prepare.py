"""Shards of simulated scenes -> files that the scene reader trains on; run it again to take in new shards.

    python -m converseg_training.mini.scene.prepare --bundle MINI --sim SHARDS --out CACHE

``--bundle`` is an installed ``mini`` (``converseg models build mini``): its detector and MiniLM are used.

Legend of shape suffixes: n questions, o objects, p parts, l words, e word size, h, w.
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

from converseg_core.mini.evidence import HEIGHT, WIDTH, read_words
from converseg_engine.shard_truth import ObjectRow, PartRow
from converseg_engine.shards import ImageRow, QuestionRow, decode_mask, encode_mask, read_shard
from converseg_training.mini.features import FrozenNetworks, Projection, look_at, one_thread
from converseg_training.mini.scene.columns import write_columns

MAX_OBJECTS, MAX_PARTS = 24, 56
MIN_SHARE = 0.9
"""A thing is asked for where at least this share of what is seen of it is in the answer."""


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--sim", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    one_thread()
    args.out.mkdir(parents=True, exist_ok=True)
    networks = FrozenNetworks(args.bundle)
    shards = sorted(args.sim.glob("*.parquet"))
    if not shards:
        raise SystemExit(f"--sim: no shard in {args.sim}; make some with `converseg engine sim`")
    if not (args.out / "projection.npz").exists():
        fit_projection(networks, shards).save(args.out)
    projection = Projection.load(args.out)
    known: dict[str, NDArray[np.float16]] = {}
    for shard in shards:
        path = args.out / f"{shard.stem}.npz"
        if path.exists():
            continue
        start = time.perf_counter()
        count = write_shard(path, networks, projection, list(read_shard(shard)), known)
        print(f"{path.name}: {count} questions, {time.perf_counter() - start:.1f} s", flush=True)


def fit_projection(networks: FrozenNetworks, shards: Sequence[Path]) -> Projection:
    """Principal directions of the detector's features over pictures of the training shards."""
    deep, fine = [], []
    rng = np.random.default_rng(0)
    for shard in [path for path in shards if path.name.startswith("train-")][:8]:
        for row in list(read_shard(shard))[:12]:
            semantic, middle, _ = networks.raw(row.pixels())
            deep.append(semantic.reshape(len(semantic), -1).T)
            fine.append(middle.reshape(len(middle), -1).T[rng.permutation(361)[:60]])
    return Projection.fit(np.concatenate(deep), np.concatenate(fine))


def write_shard(
    path: Path,
    networks: FrozenNetworks,
    projection: Projection,
    rows: Sequence[ImageRow],
    known: dict[str, NDArray[np.float16]],
) -> int:
    """One file; it appears whole. ``known`` keeps the words of prompts already read."""
    pictures = look_at(networks, projection, [row.pixels() for row in rows])
    asked = asked_in(rows)
    truths = [truth_of(row, own) for row, own in zip(rows, asked, strict=True)]
    questions = [question for own in asked for question in own]
    for question in questions:
        if question.prompt not in known:
            known[question.prompt] = read_words(networks.language, question.prompt).astype(np.float16)
    columns: dict[str, Any] = {
        "small": pictures.small,
        "semantic": pictures.semantic,
        "middle": pictures.middle,
        **columns_of(truths, asked, [known[question.prompt] for question in questions]),
    }
    write_columns(path, columns)
    return len(questions)


def asked_in(rows: Sequence[ImageRow]) -> list[Sequence[QuestionRow]]:
    """Questions of each picture of a shard; where nothing is asked in all of it, for a thing by its name.

    So those who learn to see can learn from pictures of which nothing is asked.
    """
    if any(row.questions for row in rows):
        return [row.questions for row in rows]
    return [_by_name(row) for row in rows]


def _by_name(row: ImageRow) -> Sequence[QuestionRow]:
    """A question for the first thing that is seen, and all others of that name; none where none is seen."""
    if not row.objects:
        return ()
    name = row.objects[0].category
    masks = [decode_mask(item.rle, row.height, row.width) for item in row.objects if item.category == name]
    rle = encode_mask(np.any(masks, axis=0))
    return (QuestionRow(f"{row.image_id}-name", f"the {name}", "entities", "name", no_target=False, rle=rle),)


def columns_of(
    truths: Sequence[dict[str, Any]],
    asked: Sequence[Sequence[QuestionRow]],
    words: Sequence[NDArray[np.float16]],
) -> dict[str, NDArray[Any]]:
    """What is known of some pictures, by name.

    Args:
        truths: of :func:`truth_of`, one a picture.
        asked: questions of each picture.
        words: MiniLM's (L, 768) of each question.
    """
    questions = [question for own in asked for question in own]
    return {
        **{name: np.stack([truth[name] for truth in truths]) for name in ("owner", "part")},
        **{
            name: np.concatenate([truth[name] for truth in truths])
            for name in ("object_labels", "part_labels", "targets")
        },
        "parents": np.stack([truth["parents"] for truth in truths]),
        "words": np.concatenate(words),
        "word_counts": np.array([len(item) for item in words]),
        "question_counts": np.array([len(own) for own in asked]),
        "no_target": np.array([question.no_target for question in questions]),
        **{
            name: np.array("\n".join("\t".join(truth[name]) for truth in truths))
            for name in ("categories", "colors", "part_names")
        },
        "prompts": np.array("\n".join(" ".join(question.prompt.split()) for question in questions)),
        "concepts": np.array("\n".join(question.concept for question in questions)),
    }


def truth_of(row: ImageRow, questions: Sequence[QuestionRow]) -> dict[str, Any]:
    """What is seen in one picture, as maps at the network's size, and which of it each question asks for.

    ``owner`` and ``part`` (192, 256) hold 1 + the number of the object or part, 0 for none; an object of one
    part has no parts here. ``object_labels`` (N, 24), ``part_labels`` (N, 56); ``targets`` (N, 1536) are the
    packed bits of (96, 128) masks.
    """
    size_hw = (row.height, row.width)
    objects, listed = listed_parts(row)
    masks = [decode_mask(item.rle, *size_hw) for item in objects]
    parts = [(number, part.name, decode_mask(part.rle, *size_hw)) for number, part in listed]
    asked = [decode_mask(question.rle, *size_hw) for question in questions]
    parents = np.full(MAX_PARTS, -1, np.int8)
    parents[: len(parts)] = [number for number, _, _ in parts]
    return {
        "owner": index_map(masks, size_hw, (HEIGHT, WIDTH)),
        "part": index_map([mask for _, _, mask in parts], size_hw, (HEIGHT, WIDTH)),
        "object_labels": _labels(asked, masks, MAX_OBJECTS),
        "part_labels": _labels(asked, [mask for _, _, mask in parts], MAX_PARTS),
        "targets": np.stack([_packed(mask) for mask in asked])
        if asked
        else np.zeros((0, HEIGHT * WIDTH // 32), np.uint8),
        "parents": parents,
        "categories": [item.category for item in objects],
        "colors": [item.color for item in objects],
        "part_names": [name for _, name, _ in parts],
    }


def listed_parts(row: ImageRow) -> tuple[list[ObjectRow], list[tuple[int, PartRow]]]:
    """The objects that are told apart, and parts with their object's number; one part alone is none."""
    objects = list(row.objects[:MAX_OBJECTS])
    parts = [
        (number, part) for number, item in enumerate(objects) for part in item.parts if len(item.parts) > 1
    ]
    return objects, parts[:MAX_PARTS]


def index_map(
    masks: Sequence[NDArray[np.bool_]], size_hw: tuple[int, int], to_hw: tuple[int, int]
) -> NDArray[np.uint8]:
    """Masks of ``size_hw`` as a map of ``to_hw``: 1 + the number of the last that covers a pixel, or 0."""
    index = np.zeros(size_hw, np.uint8)
    for number, mask in enumerate(masks, start=1):
        index[mask] = number
    return np.asarray(cv2.resize(index, to_hw[::-1], interpolation=cv2.INTER_NEAREST))


def _labels(
    asked: Sequence[NDArray[np.bool_]], masks: Sequence[NDArray[np.bool_]], size: int
) -> NDArray[np.bool_]:
    labels = np.zeros((len(asked), size), bool)
    if masks and asked:
        flat_kp = np.stack(masks).reshape(len(masks), -1).astype(np.float32)
        asked_np = np.stack(asked).reshape(len(asked), -1).astype(np.float32)
        labels[:, : len(masks)] = asked_np @ flat_kp.T >= MIN_SHARE * np.maximum(flat_kp.sum(1), 1)
    return labels


def _packed(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    share = cv2.resize(mask.astype(np.float32), (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    return np.packbits(share >= 0.5)


if __name__ == "__main__":
    main()
