"""Two boxes, a lid on one of them, and questions about them: a scene row without any frozen network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.scene.crops import full_picture
from converseg_engine.shard_truth import ObjectRow, PartRow
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask
from converseg_engine.sim.rows import encode_jpeg
from converseg_training.mini.scene.further import SIZES, STEP, maps_of
from converseg_training.mini.scene.perception import GRIDS
from converseg_training.mini.scene.prepare import columns_of, truth_of

HEIGHT, WIDTH = 192, 256
_WORDS = {"the box": 1, "the lid": 2, "the mug": 3, "the ghost": 4}


def _mask(rows: slice, columns: slice) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[rows, columns] = True
    return mask


def _places(seed: int) -> dict[str, NDArray[np.bool_]]:
    x = 40 + 60 * seed
    lid, body = _mask(slice(60, 80), slice(x, x + 60)), _mask(slice(80, 130), slice(x, x + 60))
    return {"lid": lid, "body": body, "box": lid | body, "mug": _mask(slice(140, 180), slice(150, 190))}


def picture(seed: int) -> NDArray[np.uint8]:
    """(192, 256, 3) RGB."""
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    places = _places(seed)
    image[places["body"]], image[places["lid"]], image[places["mug"]] = (
        (200, 20, 20),
        (230, 90, 90),
        (20, 20, 200),
    )
    return image


def image_row(seed: int) -> ImageRow:
    """One picture with four questions, the last about something that is not there."""
    places = _places(seed)
    parts = (PartRow("lid", encode_mask(places["lid"])), PartRow("body", encode_mask(places["body"])))
    box = ObjectRow(0, "box", "red", False, False, encode_mask(places["box"]), parts)
    mug = ObjectRow(1, "mug", "blue", False, False, encode_mask(places["mug"]), ())
    empty = np.zeros((HEIGHT, WIDTH), bool)
    questions = tuple(
        QuestionRow(
            id=f"{seed}-{prompt}",
            prompt=prompt,
            concept="entities",
            template="t",
            no_target=prompt == "the ghost",
            rle=encode_mask(places.get(prompt.removeprefix("the "), empty)),
        )
        for prompt in _WORDS
    )
    jpeg = encode_jpeg(picture(seed), quality=98)
    return ImageRow(str(seed), jpeg, HEIGHT, WIDTH, seed, questions, objects=(box, mug))


def row(seed: int) -> dict[str, Any]:
    """Columns of that picture."""
    image = image_row(seed)
    questions = image.questions
    rng = np.random.default_rng(seed)
    words = []
    for prompt in _WORDS:
        own = np.random.default_rng(_WORDS[prompt]).normal(size=(2, 768))
        words.append(own.astype(np.float16))
    return {
        "small": picture(seed)[np.newaxis],
        "full": full_picture(picture(seed))[np.newaxis],
        **{name: index[np.newaxis] for name, index in maps_of(image).items()},
        **{
            name: (rng.normal(size=(1, channels, *size_hw)) / STEP).clip(-127, 127).astype(np.int8)
            if name in SIZES
            else rng.normal(size=(1, channels, *size_hw)).astype(np.float16)
            for name, (channels, size_hw) in GRIDS.items()
        },
        **columns_of([truth_of(image, questions)], [questions], words),
        "seed": np.array([seed]),
    }
