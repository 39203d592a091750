"""RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO: a refs file, and COCO's instances.

The refs files are Python pickles. A pickle can run any code, so only plain containers and values are
let through.
"""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from converseg_core.evaluation.dataset import DatasetError, Sample, Truth
from converseg_core.evaluation.rle import checked

CONCEPT = "referring"
_IMAGE_FOLDERS = (".", "train2014", "images", "images/train2014", "images/mscoco/images/train2014")


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sent_id: int
    sent: str


class _Ref(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    ref_id: int
    ann_id: int | list[int]
    image_id: int
    split: str
    sentences: list[_Sentence]


class _Annotation(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    segmentation: list[list[float]] | dict[str, Any]


class _Image(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    file_name: str
    height: int = Field(ge=1)
    width: int = Field(ge=1)


class _Instances(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    images: list[_Image]
    annotations: list[_Annotation]


@dataclass(frozen=True)
class CocoTruth:
    """The union of some COCO annotations; none of them is "nothing fits"."""

    place: str
    segmentations: tuple[Any, ...]

    def load(self, size_hw: tuple[int, int]) -> Truth:
        """Rasterise as COCO does; see :class:`~converseg_core.evaluation.dataset.TruthSource`."""
        mask = np.zeros(size_hw, np.bool_)
        for segmentation in self.segmentations:
            try:
                mask |= _rasterised(segmentation, size_hw)
            except (ValueError, TypeError, KeyError, IndexError) as error:
                raise DatasetError(f"{self.place}: its segmentation is damaged ({error})") from error
        return Truth(mask)


def refs_files(folder: Path) -> dict[str, Path]:
    """Who made the splits (``unc``, ``umd``, ``google``, ...) -> refs file."""
    found = sorted([*folder.glob("*refs(*).p"), *folder.glob("*refs(*).json")])
    return {path.name.partition("(")[2].partition(")")[0]: path for path in found}


def read_refcoco(
    folder: Path, split: str | None = None, *, split_by: str | None = None, images: Path | None = None
) -> list[Sample]:
    """One sample for each sentence of a split.

    Args:
        folder: holds ``refs(<split_by>).p`` and ``instances.json``.
        split: ``train``, ``val``, ``test``, ``testA``, ``testB``; None for all.
        split_by: needed where the folder holds several refs files.
        images: folder of COCO's train2014 images; looked for inside ``folder`` where it is left out.

    Raises:
        DatasetError: a file is missing or damaged, or there is no such split.
    """
    path = _choose(folder, split_by)
    refs = _read_refs(path)
    splits = sorted({ref.split for ref in refs})
    if split is not None and split not in splits:
        raise DatasetError(f"{path}: no split {split!r}; its splits are {', '.join(splits)}")
    instances = _read_instances(folder / "instances.json")
    image_by_id = {image.id: image for image in instances.images}
    annotation_by_id = {annotation.id: annotation for annotation in instances.annotations}
    image_root = _image_root(folder, images, instances)
    samples = []
    for ref in refs:
        if split is not None and ref.split != split:
            continue
        if ref.image_id not in image_by_id:
            raise DatasetError(f"{path}: ref {ref.ref_id}: instances.json has no image {ref.image_id}")
        image = image_by_id[ref.image_id]
        truth = _truth(ref, annotation_by_id, path)
        samples += [
            Sample(
                id=f"{ref.ref_id}-{sentence.sent_id}",
                image=image.file_name,
                image_path=image_root / image.file_name,
                truth=truth,
                prompt=sentence.sent,
                concept=CONCEPT,
            )
            for sentence in ref.sentences
        ]
    return samples


def _choose(folder: Path, split_by: str | None) -> Path:
    files = refs_files(folder)
    if not files:
        raise DatasetError(f"{folder}: no refs(*).p there; give the folder that holds it")
    if split_by is None and len(files) == 1:
        return next(iter(files.values()))
    if split_by not in files:
        raise DatasetError(f"{folder}: give --split-by, one of {', '.join(files)}")
    return files[split_by]


class _PlainUnpickler(pickle.Unpickler):
    """Containers, numbers and strings only."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"it holds a {module_name}.{global_name}, which no refs file does")


def _read_refs(path: Path) -> list[_Ref]:
    try:
        raw = path.read_bytes()
        if path.suffix == ".json":
            content = json.loads(raw)
        else:
            # Python 2 wrote these files; latin1 reads its byte strings.
            content = _PlainUnpickler(io.BytesIO(raw), encoding="latin1").load()
        return [_Ref.model_validate(ref) for ref in content]
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DatasetError(f"{path}: not a refs file: {field}: {first['msg']}") from error
    except Exception as error:  # a damaged pickle raises whatever it meets first
        raise DatasetError(f"{path}: not a refs file ({type(error).__name__}: {error})") from error


def _read_instances(path: Path) -> _Instances:
    try:
        return _Instances.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DatasetError(f"{path}: not COCO instances: {field}: {first['msg']}") from error


def _image_root(folder: Path, images: Path | None, instances: _Instances) -> Path:
    if images is not None:
        return images
    if not instances.images:
        raise DatasetError(f"{folder / 'instances.json'}: holds no image")
    name = instances.images[0].file_name
    candidates = [base / sub for base in (folder, folder.parent) for sub in _IMAGE_FOLDERS]
    for candidate in candidates:
        if (candidate / name).is_file():
            return candidate
    raise DatasetError(
        f"{folder}: its images (such as {name}) are not inside; give their folder with --images"
    )


def _truth(ref: _Ref, annotations: Mapping[int, _Annotation], path: Path) -> CocoTruth:
    ids = [ref.ann_id] if isinstance(ref.ann_id, int) else ref.ann_id
    wanted = [number for number in ids if number >= 0]  # gRefCOCO says -1 for "no target"
    missing = [number for number in wanted if number not in annotations]
    if missing:
        raise DatasetError(f"{path}: ref {ref.ref_id}: instances.json has no annotation {missing[0]}")
    place = f"{path.parent / 'instances.json'}: annotation {', '.join(map(str, wanted)) or 'none'}"
    return CocoTruth(place, tuple(annotations[number].segmentation for number in wanted))


def _rasterised(segmentation: Any, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    height, width = size_hw
    if isinstance(segmentation, dict):
        if list(segmentation["size"]) != [height, width]:
            raise ValueError(f"its size is {segmentation['size']}, its image {[height, width]}")
        if isinstance(segmentation["counts"], str):
            return checked((height, width), segmentation["counts"].encode("ascii")).decode()
        packed = coco.frPyObjects(segmentation, height, width)
    else:
        packed = coco.merge(coco.frPyObjects(segmentation, height, width))
    return checked((height, width), packed["counts"]).decode()
