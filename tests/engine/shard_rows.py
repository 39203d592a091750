"""Rows made by hand, for the tests of what reads shards."""

from __future__ import annotations

import numpy as np

from converseg_core.images import encode_jpeg
from converseg_engine.shard_truth import ObjectRow, PartRow, ShotCamera
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask

SIZE = (48, 64)


def block(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SIZE, dtype=bool)
    mask[rows, columns] = True
    return mask


NOTHING = np.zeros(SIZE, dtype=bool)
LEFT, RIGHT = block(slice(8, 40), slice(4, 28)), block(slice(8, 40), slice(36, 60))
TOP = block(slice(8, 16), slice(4, 28))


def question(row_id: str, mask: np.ndarray, **changes: object) -> QuestionRow:
    fields: dict[str, object] = {
        "id": row_id,
        "prompt": f"prompt {row_id}",
        "concept": "entities",
        "template": "kind",
        "no_target": not mask.any(),
        "rle": encode_mask(mask),
        "subfamily": "kinds",
        "meaning": "kind",
        "evidence": "the only one in view",
        "no_target_reason": "" if mask.any() else "absent object",
    }
    return QuestionRow(**(fields | changes))  # type: ignore[arg-type]


def thing(number: int, mask: np.ndarray, *parts: np.ndarray, **changes: object) -> ObjectRow:
    fields: dict[str, object] = {
        "number": number,
        "category": "mug",
        "color": "red",
        "fixed": False,
        "held_out": False,
        "rle": encode_mask(mask),
        "parts": tuple(PartRow(f"part {k}", encode_mask(p)) for k, p in enumerate(parts or (mask,))),
    }
    return ObjectRow(**(fields | changes))  # type: ignore[arg-type]


def picture(image_id: str, *questions: QuestionRow, seed: int = 7, **changes: object) -> ImageRow:
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    fields: dict[str, object] = {
        "image_id": image_id,
        "image": encode_jpeg(np.kron(noise, np.ones((8, 8, 1), np.uint8)), 90),
        "height": SIZE[0],
        "width": SIZE[1],
        "scene_seed": seed,
        "questions": questions,
        "recipe": "places",
        "place": "desk",
        "camera": ShotCamera(
            (50.0, 0.0, 31.5, 0.0, 50.0, 23.5, 0.0, 0.0, 1.0), (0.0,) * 3, tuple(np.eye(3).ravel())
        ),
        "objects": (thing(0, LEFT, TOP, LEFT & ~TOP), thing(1, RIGHT)),
    }
    return ImageRow(**(fields | changes))  # type: ignore[arg-type]
