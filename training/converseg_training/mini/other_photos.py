"""Photos in which people drew no stuff: all things in some of them, persons alone in the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from converseg_training.mini.photo_prompts import Segment
from converseg_training.mini.photo_views import Photo, instance_photos

_PERSONS_ONLY = "persons only"


def other_photos(folder: Path, kinds: Mapping[str, str]) -> list[list[tuple[str, Photo]]]:
    """Name and photo: first those with all things labelled, then those with persons alone.

    Args:
        folder: ``instances.json`` and the folder ``images``.
        kinds: class name -> supercategory.
    """
    return [instance_photos(folder, kinds), _person_photos(folder, kinds)]


def _person_photos(folder: Path, kinds: Mapping[str, str]) -> list[tuple[str, Photo]]:
    truth: dict[str, Any] = json.loads((folder / "instances.json").read_text())
    found = []
    for item in truth["images"]:
        pixels = cv2.imread(str(folder / "images" / item["file_name"]))
        if item["labels"] != _PERSONS_ONLY or pixels is None:
            continue
        size_hw = (pixels.shape[0], pixels.shape[1])
        segments = tuple(
            Segment("person", True, bool(drawn["iscrowd"]), _mask(drawn["segmentation"], size_hw))
            for drawn in truth["annotations"]
            if drawn["image_id"] == item["id"]
        )
        image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
        found.append((f"persons-{item['id']}", Photo(image, segments, frozenset({"person"}), kinds)))
    return found


def _mask(shape: Any, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    if isinstance(shape, list):
        return np.asarray(coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(shape, *size_hw))), np.bool_)
    rle = coco_mask.frPyObjects(shape, *size_hw) if isinstance(shape["counts"], list) else shape
    return np.asarray(coco_mask.decode(rle), np.bool_)
