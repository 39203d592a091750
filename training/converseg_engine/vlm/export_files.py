"""The files of a data set: photos at full resolution, masks, and one line for each row."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from converseg_engine.vlm.job import Planned
from converseg_engine.vlm.photos import Photo, decode_photo
from converseg_engine.vlm.rows import PromptRow

_ORIENTATION = 274
"""EXIF's number for how the camera was held."""
_AS_IT_IS = frozenset({"JPEG", "PNG", "WEBP"})


def copy_photo(folder: Path, photo: Photo, out: Path, split: str) -> tuple[str, bytes]:
    """Copy a photo byte by byte, or as PNG where its pixels would not fit its masks.

    A camera that was held upright stores the picture lying and a note to turn it; readers that ignore the
    note would lay the mask across the picture.

    Returns:
        Name relative to ``out``, and the file's content.

    Raises:
        ValueError: the file is another one than was listed.
    """
    content = (folder / photo.name).read_bytes()
    with Image.open(io.BytesIO(content)) as picture:
        kind = picture.format or ""
        turned = picture.getexif().get(_ORIENTATION, 1) != 1
        eight_bits = picture.mode in ("RGB", "L", "P", "CMYK", "YCbCr")
    if kind in _AS_IT_IS and not turned and eight_bits:
        suffix = ".jpg" if kind == "JPEG" else f".{kind.lower()}"
    else:
        suffix, content = ".png", _png(decode_photo(content)[..., ::-1])
    name = f"images/{split}/{photo.id}{suffix}"
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name, content


def write_mask(row: PromptRow, out: Path, split: str) -> str:
    """Write a row's mask, mono8 PNG of the photo's size, 0 and 255; returns its name."""
    name = f"masks/{split}/{row.id}.png"
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_png(np.where(row.mask().decode(), np.uint8(255), np.uint8(0))))
    return name


def _png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    good, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels))
    if not good:
        raise RuntimeError("the PNG encoder failed")
    return encoded.tobytes()


def dataset_line(row: PromptRow, one: Planned, image_name: str, mask_name: str, source: str) -> str:
    """One line of ``data/<split>.jsonl``: the benchmark's fields, and where the row comes from."""
    return json.dumps(
        {
            "id": row.id,
            "image": image_name,
            "mask": mask_name,
            "prompt": row.prompt,
            "concept": row.concept,
            "no_target": row.no_target,
            "provenance": {
                "source": source,
                "photo_sha256": row.photo_sha256,
                "photo_name": one.photo.name,
                "photo_source": one.photo.source,
                "licence": row.licence,
                "parents": list(row.parents),
                "why": row.why,
                "verdict": str(row.outcome),
                "reason": row.reason,
                "verifier": [
                    {
                        "model": call.model,
                        "revision": call.revision,
                        "template": call.template,
                        "prompt_sha256": call.prompt_sha256,
                        "reply_key": call.reply_key,
                    }
                    for call in row.calls
                ],
            },
        },
        ensure_ascii=False,
    )
