"""Photos with their segments, and further views of them: mirrored and cropped, masks along with pixels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_training.mini.fit_matching import read_photos as read_instance_photos
from converseg_training.mini.photo_prompts import Segment, read_photos, readable

_MIN_KEPT = 0.45
_MIN_SHARE = 0.002


@dataclass(frozen=True)
class Photo:
    """One photo.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        segments: everything labelled.
        labelled: names of all classes that were looked for; what is among them and not in segments is absent.
        kinds: class name -> supercategory, e.g. ``animal``.
    """

    image: NDArray[np.uint8]
    segments: tuple[Segment, ...]
    labelled: frozenset[str]
    kinds: Mapping[str, str]


def panoptic_photos(folder: Path) -> list[tuple[str, Photo]]:
    """File name and photo, sorted by file name."""
    truth = json.loads((folder / "panoptic.json").read_text())
    kinds = {readable(item["name"]): item["supercategory"] for item in truth["categories"]}
    photos = [
        (path.name, Photo(_read(path), tuple(segments), frozenset(kinds), kinds))
        for path, segments, _ in read_photos(folder)
    ]
    return sorted(photos, key=lambda item: item[0])


def instance_photos(folder: Path, kinds: Mapping[str, str]) -> list[tuple[str, Photo]]:
    """Photos with all 80 classes labelled, but no stuff."""
    truth: dict[str, Any] = json.loads((folder / "instances.json").read_text())
    names = frozenset(item["name"] for item in truth["categories"])
    return [
        (f"instances-{number:03d}", Photo(image, tuple(segments), names, kinds))
        for number, (image, segments) in enumerate(read_instance_photos(folder))
    ]


def _read(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise FileNotFoundError(f"{path}: cannot be read")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def view(photo: Photo, number: int, rng: np.random.Generator) -> Photo:
    """View ``number``: 0 as it is, 1 mirrored, then crops, every second of them mirrored."""
    image, segments = photo.image, list(photo.segments)
    if number >= 2:
        height, width = image.shape[:2]
        share = rng.uniform(0.45, 0.9)
        stretch = rng.uniform(0.85, 1.18)
        rows = int(height * min(1.0, share * stretch))
        columns = int(width * min(1.0, share / stretch))
        top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
        window = (slice(top, top + rows), slice(left, left + columns))
        image = image[window]
        cut = []
        for item in segments:
            inner = item.mask[window]
            # What is cut to a sliver stays labelled as a crowd: asked for with its class, never counted.
            whole = inner.sum() >= _MIN_KEPT * item.mask.sum()
            if inner.mean() >= _MIN_SHARE:
                cut.append(replace(item, mask=inner, is_crowd=item.is_crowd or not whole))
        gone = {item.name for item in segments} - {item.name for item in cut}
        photo = replace(photo, labelled=photo.labelled - gone)
        segments = cut
    if number % 2:
        image = image[:, ::-1]
        segments = [replace(item, mask=np.ascontiguousarray(item.mask[:, ::-1])) for item in segments]
    return replace(photo, image=np.ascontiguousarray(image), segments=tuple(segments))
