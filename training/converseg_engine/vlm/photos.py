"""The photos of a folder: what they are, under which licence, and which of them are near duplicates.

The list is kept in a file and only ever grows: a photo's place decides its task, and must not move.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import MAX_IMAGE_SIDE
from converseg_engine.progress import counted
from converseg_engine.vlm.duplicates import fingerprint

ImageHWC = NDArray[np.uint8]
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
SIDECAR = "photos.csv"
MIN_SIDE = 64


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that may be used.

    Attributes:
        name: path relative to the folder.
        sha256: of the file.
        height, width: upright, pixels.
        fingerprint: perceptual hash, hexadecimal.
        licence, source, group: from photos.csv or the command; photos of a group share a split.
        fault: why the photo cannot be used; "" where it can.
    """

    name: str
    sha256: str
    height: int = 0
    width: int = 0
    fingerprint: str = ""
    licence: str = ""
    source: str = ""
    group: str = ""
    fault: str = ""

    @property
    def id(self) -> str:
        """From the file's content: the same photo has the same id everywhere."""
        return self.sha256[:16]


class PhotoError(ValueError):
    """A photo cannot be used; the message says why."""


def decode_photo(content: bytes) -> ImageHWC:
    """(H, W, 3) uint8 RGB, upright as its EXIF orientation says, at full resolution.

    Raises:
        PhotoError: not a picture, damaged, too small or too large.
    """
    if not content:
        raise PhotoError("the file is empty")
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PhotoError(f"it cannot be decoded ({error.err})") from error
    if decoded is None:
        raise PhotoError("it is no picture, or damaged")
    if not (min(decoded.shape[:2]) >= MIN_SIDE and max(decoded.shape[:2]) <= MAX_IMAGE_SIDE):
        raise PhotoError(f"its sides must lie in [{MIN_SIDE}, {MAX_IMAGE_SIDE}] pixels")
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8, copy=False)


def read_photo(folder: Path, photo: Photo) -> ImageHWC:
    """The pixels of a listed photo.

    Raises:
        PhotoError: the file is gone or is another one than was listed.
    """
    try:
        content = (folder / photo.name).read_bytes()
    except OSError as error:
        raise PhotoError(f"{photo.name} cannot be read ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != photo.sha256:
        raise PhotoError(f"{photo.name} is another file than when it was listed")
    return decode_photo(content)


def list_photos(folder: Path, index_path: Path, *, licence: str = "") -> list[Photo]:
    """All photos of a folder, those that are new at the end; the list is kept in ``index_path``.

    Args:
        folder: searched with all folders in it.
        index_path: JSON lines, one a photo.
        licence: of photos that ``photos.csv`` says nothing about.

    Raises:
        ValueError: no photos, a photo without a licence, or a broken sidecar.
    """
    if not folder.is_dir():
        raise ValueError(f"photos: {folder} is no folder; give the folder of the photos")
    known = _read_index(index_path)
    names = {photo.name for photo in known}
    found = sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")
    )
    notes = _read_sidecar(folder / SIDECAR)
    new = [name for name in found if name not in names]
    if new:
        index_path.parent.mkdir(parents=True, exist_ok=True)
        with index_path.open("a", encoding="utf-8") as file:
            for photo in counted(_looked_at(folder, new, notes, licence), "photos listed", total=len(new)):
                file.write(json.dumps(asdict(photo)) + "\n")
                known.append(photo)
            file.flush()
            os.fsync(file.fileno())
    if not known:
        raise ValueError(f"photos: no picture in {folder}; known are {', '.join(sorted(SUFFIXES))}")
    return known


def _looked_at(
    folder: Path, names: list[str], notes: dict[str, dict[str, str]], licence: str
) -> Iterator[Photo]:
    def look(name: str) -> Photo:
        content = (folder / name).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        note = notes.get(name, {})
        try:
            image = decode_photo(content)
        except PhotoError as error:
            return Photo(name=name, sha256=sha256, fault=str(error))
        return Photo(
            name=name,
            sha256=sha256,
            height=image.shape[0],
            width=image.shape[1],
            fingerprint=fingerprint(image),
            licence=note.get("licence") or licence,
            source=note.get("source", ""),
            group=note.get("group", ""),
        )

    for name in names:
        if not (notes.get(name, {}).get("licence") or licence):
            raise ValueError(
                f"licence: {name} has none; name it in {SIDECAR} (columns file, licence, source, group) or"
                " give --licence for all"
            )
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as threads:
        yield from threads.map(look, names, chunksize=8)


def _read_index(path: Path) -> list[Photo]:
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    whole, _, torn = text.rpartition("\n")
    if torn:  # a kill in the middle of a line: it is written anew
        with path.open("r+", encoding="utf-8") as file:
            file.truncate(len(whole.encode()) + (1 if whole else 0))
    try:
        return [Photo(**json.loads(line)) for line in whole.splitlines()]
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"photos: {path} is damaged ({error}); delete it and run again") from error


def _read_sidecar(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        if "file" not in (lines.fieldnames or ()):
            raise ValueError(
                f"file: {path} has no such column; it needs file, and may have licence, source, group"
            )
        return {line["file"]: {k: v or "" for k, v in line.items() if k} for line in lines}
