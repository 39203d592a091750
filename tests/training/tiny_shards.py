"""A few pictures with three questions each, one without a target, as shards."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from converseg_engine.shards import ImageRow, QuestionRow, encode_mask, shard_path, write_shard

QUESTIONS = (
    ("the thing on the left", (slice(0, 72), slice(0, 40))),
    ("something to hold", (slice(20, 60), slice(30, 80))),
    ("a hammer", None),
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
            )
        )
    for start in range(0, num_images, per_shard):
        write_shard(shard_path(folder, split, start // per_shard), rows[start : start + per_shard])
    return folder
