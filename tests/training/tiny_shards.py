"""A few pictures with three questions each, one without a target, and the masks of two things, as shards."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from converseg_engine.shard_truth import ObjectRow, PartRow
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask, shard_path, write_shard

QUESTIONS = (
    ("the thing on the left", (slice(0, 72), slice(0, 40))),
    ("something to hold", (slice(20, 60), slice(30, 80))),
    ("a hammer", None),
)


def _objects() -> tuple[ObjectRow, ...]:
    """A mug on the left, a box with a lid to hold."""
    boxes = {name: np.zeros((72, 96), np.bool_) for name in ("mug", "box", "lid", "body")}
    boxes["mug"][QUESTIONS[0][1]] = True
    boxes["box"][QUESTIONS[1][1]] = True
    boxes["mug"] &= ~boxes["box"]
    boxes["lid"][20:30, 30:80] = True
    boxes["body"][30:60, 30:80] = True
    rles = {name: encode_mask(mask) for name, mask in boxes.items()}
    parts = tuple(PartRow(name, rles[name]) for name in ("lid", "body"))
    return (
        ObjectRow(0, "mug", "red", False, False, rles["mug"], ()),
        ObjectRow(1, "box", "blue", False, False, rles["box"], parts),
    )


def write(folder: Path, split: str, num_images: int, *, seed: int = 0, per_shard: int = 4) -> Path:
    """72x96 noise; returns the folder."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(num_images):
        picture = rng.integers(0, 256, (72, 96, 3), np.uint8)
        questions = []
        for place, (prompt, box) in enumerate(QUESTIONS):
            mask = np.zeros((72, 96), np.bool_)
            if box is not None:
                mask[box] = True
            questions.append(
                QuestionRow(
                    id=f"{split}{number}-{place}",
                    prompt=prompt,
                    concept="entities",
                    template="t",
                    no_target=box is None,
                    rle=encode_mask(mask),
                )
            )
        rows.append(
            ImageRow(
                image_id=f"{split}{number}",
                image=cv2.imencode(".jpg", picture)[1].tobytes(),
                height=72,
                width=96,
                scene_seed=number,
                questions=tuple(questions),
                objects=_objects(),
            )
        )
    for start in range(0, num_images, per_shard):
        write_shard(shard_path(folder, split, start // per_shard), rows[start : start + per_shard], version=2)
    return folder
