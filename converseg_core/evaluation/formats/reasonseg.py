"""ReasonSeg (LISA): ``<split>/<name>.jpg`` beside ``<name>.json`` with questions and polygons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from converseg_core.evaluation.dataset import DatasetError, Sample, Truth

CONCEPT = "reasoning"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    label: str
    points: list[tuple[float, float]]


class _Annotation(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    text: list[str] | str
    shapes: list[_Shape]


@dataclass(frozen=True)
class PolygonTruth:
    """Filled polygons; those labelled ``ignore`` are neither right nor wrong."""

    place: str
    shapes: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]

    def load(self, size_hw: tuple[int, int]) -> Truth:
        """Fill the polygons, large before small, as LISA does: a small hole may lie in a large target."""
        canvas = np.zeros(size_hw, np.uint8)
        drawn = sorted(self.shapes, key=lambda shape: _area_px(shape[1], size_hw), reverse=True)
        for label, points in drawn:
            value = 2 if "ignore" in label.lower() else 1
            _fill(canvas, points, value)
        ignore = canvas == 2
        return Truth(mask=canvas == 1, ignore=ignore if ignore.any() else None)


def is_reasonseg(folder: Path) -> bool:
    """True where a split folder holds a picture beside a JSON of the same name."""
    return any(_picture(path) is not None for path in folder.glob("*/*.json"))


def read_reasonseg(folder: Path, split: str | None = None) -> list[Sample]:
    """One sample for each question of a split (``train``, ``val``, ``test``), or of all.

    Raises:
        DatasetError: no such split, or a damaged file.
    """
    pattern = f"{split}/*.json" if split is not None else "*/*.json"
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise DatasetError(f"{folder}: no {pattern} there; is this a ReasonSeg folder?")
    return [sample for path in paths for sample in _samples(folder, path)]


def _samples(folder: Path, path: Path) -> list[Sample]:
    picture = _picture(path)
    if picture is None:
        raise DatasetError(f"{path}: no picture of the same name beside it")
    annotation = _read(path)
    questions = [annotation.text] if isinstance(annotation.text, str) else annotation.text
    shapes = tuple(
        (shape.label, tuple(shape.points)) for shape in annotation.shapes if shape.label.lower() != "flag"
    )
    name = path.relative_to(folder).with_suffix("").as_posix()
    return [
        Sample(
            id=f"{name}-{number}",
            image=picture.relative_to(folder).as_posix(),
            image_path=picture,
            truth=PolygonTruth(str(path), shapes),
            prompt=question,
            concept=CONCEPT,
        )
        for number, question in enumerate(questions)
    ]


def _read(path: Path) -> _Annotation:
    try:
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")  # a few of the published files were written on Windows
        return _Annotation.model_validate(json.loads(text))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DatasetError(f"{path}: {field}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: not valid JSON ({error})") from error


def _picture(path: Path) -> Path | None:
    for suffix in (".jpg", ".jpeg", ".png"):
        candidate = path.with_suffix(suffix)
        if candidate.is_file():
            return candidate
    return None


def _fill(canvas: np.ndarray[tuple[int, int], np.dtype[np.uint8]], points: object, value: int) -> None:
    corners = [np.array(points, dtype=np.int32)]
    if corners[0].size:
        # Outline and filling, as the published evaluation draws them: the outline widens by half a pixel.
        cv2.polylines(canvas, corners, isClosed=True, color=value, thickness=1)
        cv2.fillPoly(canvas, corners, value)


def _area_px(points: tuple[tuple[float, float], ...], size_hw: tuple[int, int]) -> int:
    canvas = np.zeros(size_hw, np.uint8)
    _fill(canvas, points, 1)
    return int(np.count_nonzero(canvas))
