"""The bag's frames as a small moving picture that stops where an answer was given."""

from __future__ import annotations

import io
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from converseg_core.cli.demo.recording import Recording

ImageHWC = NDArray[np.uint8]

MAX_BYTES = 4_000_000
_HOLD_MS = 1800
_SETTINGS = ((480, 62), (400, 50), (320, 40), (240, 30))


def encode_animation(recording: Recording, overlays: Mapping[int, list[ImageHWC]]) -> bytes:
    """An animated WebP below ``MAX_BYTES``.

    The picture stands still on an answered frame, with the answer drawn on it: a mask belongs to its own
    frame, and to draw it on later ones of a moving camera would show an error that nobody made.

    Args:
        recording: the frames; every second one is shown.
        overlays: frame stamp -> pictures of the answers given on that frame.

    Raises:
        ValueError: even the smallest size is too large.
    """
    pictures, times_ms = _sequence(recording, overlays)
    for width, quality in _SETTINGS:
        content = _encode([_scaled(picture, width) for picture in pictures], times_ms, quality)
        if len(content) <= MAX_BYTES:
            return content
    raise ValueError(f"{len(pictures)} frames do not fit into {MAX_BYTES} bytes; use a shorter bag")


def _sequence(
    recording: Recording, overlays: Mapping[int, list[ImageHWC]]
) -> tuple[list[ImageHWC], list[int]]:
    stamps = sorted(recording.frames)
    shown = sorted({*stamps[::2], *(stamp for stamp in overlays if stamp in recording.frames)})
    pictures: list[ImageHWC] = []
    times_ms: list[int] = []
    for stamp, following in zip(shown, [*shown[1:], shown[-1] + 200_000_000], strict=True):
        frame = recording.frame(stamp)
        if frame is None:
            continue
        pictures.append(frame)
        times_ms.append(max(20, (following - stamp) // 1_000_000))
        for overlay in overlays.get(stamp, []):
            pictures.append(overlay)
            times_ms.append(_HOLD_MS)
    return pictures, times_ms


def _scaled(picture: ImageHWC, width: int) -> Image.Image:
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    if width >= picture.shape[1]:
        return Image.fromarray(picture)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return Image.fromarray(np.asarray(small, np.uint8))


def _encode(pictures: list[Image.Image], times_ms: list[int], quality: int) -> bytes:
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=times_ms,
        loop=0,
        quality=quality,
        method=2,
    )
    return buffer.getvalue()
