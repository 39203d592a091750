"""What is true of each picture of a simulated scene, found by its pixels or by what models are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.rle import Rle
from converseg_engine.shards import ImageRow, read_split
from converseg_engine.vlm.pictures import as_picture, fit


@dataclass(frozen=True)
class TrueObject:
    """A thing in the picture."""

    number: int
    category: str
    color: str
    mask: Rle

    @property
    def box_1000(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom), thousandths of the picture."""
        x, y, width, height = self.mask.box_xywh
        rows, columns = self.mask.size_hw
        left, top = 1000 * x // columns, 1000 * y // rows
        right, bottom = -(-1000 * (x + width) // columns), -(-1000 * (y + height) // rows)
        return left, top, min(right, 1000), min(bottom, 1000)


@dataclass(frozen=True)
class TrueQuestion:
    """A prompt with its right answer; nothing fits where the mask is empty."""

    prompt: str
    concept: str
    no_target: bool
    mask: Rle


@dataclass(frozen=True)
class TruePicture:
    """A picture's truth.

    Attributes:
        id: of the shard's row.
        objects: visible movable things, largest first.
        questions: with exact masks.
    """

    id: str
    objects: tuple[TrueObject, ...]
    questions: tuple[TrueQuestion, ...]

    @cached_property
    def by_prompt(self) -> dict[str, TrueQuestion]:
        """Questions by their words."""
        return {question.prompt: question for question in self.questions}


def pixels_key(image: NDArray[np.uint8]) -> str:
    """sha256 of an image's pixels and size."""
    size = f"{image.shape[0]}x{image.shape[1]}:".encode()
    return hashlib.sha256(size + np.ascontiguousarray(image).tobytes()).hexdigest()


def true_picture(row: ImageRow) -> TruePicture:
    """The truth of a shard's row.

    Raises:
        ValueError: the shard is of version 1, which has no objects.
    """
    if not row.objects:
        raise ValueError(
            f"objects: {row.image_id} has none; only shards of version 2 hold the scene's truth, so make"
            " them with `converseg engine sim`"
        )
    size_hw = (row.height, row.width)
    objects = [
        TrueObject(o.number, o.category, o.color, Rle(size_hw=size_hw, counts=o.rle))
        for o in row.objects
        if not o.fixed
    ]
    objects.sort(key=lambda one: (-one.mask.area_px, one.number))
    questions = tuple(
        TrueQuestion(q.prompt, q.concept, q.no_target, Rle(size_hw=size_hw, counts=q.rle))
        for q in row.questions
    )
    return TruePicture(row.image_id, tuple(objects), questions)


class TruthBook:
    """Truth by picture.

    Args:
        rows: pictures with their truth.
        max_side: of the pictures that models are shown.
        for_models: whether pictures can also be found by what models are sent.
    """

    def __init__(self, rows: Iterable[ImageRow], *, max_side: int = 1024, for_models: bool = False) -> None:
        self._by_pixels: dict[str, TruePicture] = {}
        self._by_sent: dict[str, TruePicture] = {}
        for row in rows:
            pixels = decode(row.image)
            truth = true_picture(row)
            self._by_pixels[pixels_key(pixels)] = truth
            if for_models:
                self._by_sent[as_picture(fit(pixels, max_side)).sha256] = truth

    def of_pixels(self, image: NDArray[np.uint8]) -> TruePicture | None:
        """The truth of an image, (H, W, 3) uint8 RGB."""
        return self._by_pixels.get(pixels_key(image))

    def of_sent(self, sha256: str) -> TruePicture | None:
        """The truth of the picture whose JPEG file has this digest."""
        return self._by_sent.get(sha256)

    def __len__(self) -> int:
        return len(self._by_pixels)


def decode(content: bytes) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB of a picture's bytes, by the decoder that reads photos too.

    Raises:
        ValueError: they are no picture.
    """
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("image: the bytes are no picture")
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8, copy=False)


def book_of_shards(folder: Path, split: str, *, max_side: int = 1024, for_models: bool = False) -> TruthBook:
    """Truth of all pictures of a split.

    Raises:
        ValueError: there are no shards, or they hold no truth.
    """
    return TruthBook(read_split(folder, split), max_side=max_side, for_models=for_models)
