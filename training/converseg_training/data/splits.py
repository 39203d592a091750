"""Splits by picture: the same photo never stands on both sides, whichever data set it comes from."""

from __future__ import annotations

import hashlib
import re

_COCO = re.compile(r"(?:^|[^0-9])0*([0-9]{1,12})$")


def picture_key(name: str) -> str:
    """What two file names of one photo share.

    COCO's photos are called ``000000000139.jpg``, ``COCO_train2014_000000000139.jpg`` or
    ``train2017/000000000139.jpg`` in the data sets that are made of them: the number names the photo.
    """
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    found = _COCO.search(stem)
    is_coco = found is not None and (len(stem) == 12 or stem.startswith("COCO_"))
    return f"coco:{found.group(1)}" if found is not None and is_coco else f"file:{name}"


def split_of(key: str, *, val_share: float = 0.02, test_share: float = 0.02) -> str:
    """``train``, ``val`` or ``test``; a function of the key alone.

    Raises:
        ValueError: the shares leave nothing to train on.
    """
    if val_share < 0 or test_share < 0 or val_share + test_share >= 1:
        raise ValueError("val_share and test_share: must be at least 0 and leave something to train on")
    digest = hashlib.sha256(key.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < val_share:
        return "val"
    return "test" if place < val_share + test_share else "train"
