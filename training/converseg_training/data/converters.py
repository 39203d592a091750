"""Other people's data sets -> shards, split by picture.

COCO panoptic (COCONut has the same files) becomes "segment all CLASS"; COCO annotations with a phrase each
become open-vocabulary regions; what `converseg eval` reads (RefCOCO, the ConverSeg training set, folders
exported by the data engines) keeps its own words.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from converseg_core.evaluation.dataset import Sample, decode_image, read_bytes
from converseg_core.evaluation.run import by_image
from converseg_engine.shards import (
    ROWS_PER_SHARD,
    ImageRow,
    QuestionRow,
    encode_mask,
    remove_leftovers,
    shard_path,
    write_shard,
)
from converseg_training.data.splits import picture_key, split_of

SPLITS = ("train", "val", "test")


def write_rows(
    rows: Iterable[ImageRow], folder: Path, *, val_share: float, test_share: float
) -> Counter[str]:
    """Write rows as shards of three splits; returns the pictures of each. The same rows give the same files.

    Raises:
        FileExistsError: the folder holds shards already: old ones would stay between the new ones.
    """
    if any(folder.glob("*.parquet")):
        raise FileExistsError(f"{folder}: holds shards already; choose another folder or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    open_rows: dict[str, list[ImageRow]] = {split: [] for split in SPLITS}
    num_shards: Counter[str] = Counter()
    num_images: Counter[str] = Counter()
    for row in rows:
        split = split_of(picture_key(row.image_id), val_share=val_share, test_share=test_share)
        open_rows[split].append(row)
        num_images[split] += 1
        if len(open_rows[split]) == ROWS_PER_SHARD:
            write_shard(shard_path(folder, split, num_shards[split]), open_rows[split])
            num_shards[split] += 1
            open_rows[split] = []
    for split, rest in open_rows.items():
        if rest:
            write_shard(shard_path(folder, split, num_shards[split]), rest)
    return num_images


def from_samples(samples: Sequence[Sample]) -> Iterator[ImageRow]:
    """Rows of any data set that `converseg eval` reads; one picture with all its questions.

    Pixels that a data set leaves undecided count as outside the mask.

    Raises:
        DatasetError: a file is missing or damaged, or an id stands there twice.
    """
    for group in by_image(samples):
        content = read_bytes(group[0].image_path)
        height, width = decode_image(content, group[0].image_path).shape[:2]
        questions = [
            _question(sample.id, sample.prompt, sample.concept, sample.truth.load((height, width)).mask)
            for sample in group
        ]
        yield _image(group[0].image, content, height, width, questions)


def from_panoptic(
    annotations_path: Path, masks_path: Path, images_path: Path, *, num_absent: int = 1
) -> Iterator[ImageRow]:
    """COCO panoptic or COCONut: every class of a picture, and classes that are often near but absent.

    Panoptic annotations name everything of their classes in a picture, so absence is known too. An absent
    class is a hard negative: of those not in the picture, the ones seen most often with what is.

    Args:
        annotations_path: the JSON file.
        masks_path: folder of the PNG files, a segment's id is R + 256 G + 65536 B.
        images_path: folder of the photos.
        num_absent: questions without a target for each picture.

    Raises:
        ValueError: the JSON lacks something, or a mask can't be read.
        DatasetError: a photo is missing.
    """
    content = _read_json(annotations_path, ("images", "annotations", "categories"))
    names = {int(category["id"]): str(category["name"]) for category in content["categories"]}
    files = {image["id"]: str(image["file_name"]) for image in content["images"]}
    together: dict[int, Counter[int]] = defaultdict(Counter)
    for annotation in content["annotations"]:
        seen = {int(segment["category_id"]) for segment in annotation["segments_info"]}
        for one, other in itertools.permutations(seen, 2):
            together[one][other] += 1
    for annotation in content["annotations"]:
        file_name = files[annotation["image_id"]]
        ids_hw = _segment_ids(masks_path / annotation["file_name"])
        segments: dict[int, list[int]] = defaultdict(list)
        for segment in annotation["segments_info"]:
            if not segment.get("iscrowd", 0):
                segments[int(segment["category_id"])].append(int(segment["id"]))
        crowds = {int(s["category_id"]) for s in annotation["segments_info"] if s.get("iscrowd", 0)}
        questions = [
            _question(f"{file_name}:{category}", _all_of(names[category]), "entities", np.isin(ids_hw, ids))
            for category, ids in sorted(segments.items())
            if category not in crowds  # a crowd is not outlined: "all" of the class has no exact mask
        ]
        near: Counter[int] = Counter()
        for category in segments:
            near.update(together[category])
        absent = [c for c, _ in sorted(near.items(), key=lambda item: (-item[1], item[0]))]
        absent = [c for c in absent if c not in segments and c not in crowds][:num_absent]
        nothing = np.zeros(ids_hw.shape, np.bool_)
        questions += [
            _question(f"{file_name}:no{category}", _all_of(names[category]), "entities", nothing)
            for category in absent
        ]
        if questions:
            photo = read_bytes(images_path / file_name)
            height, width = ids_hw.shape
            yield _image(file_name, photo, height, width, questions)


def from_regions(annotations_path: Path, images_path: Path) -> Iterator[ImageRow]:
    """Open-vocabulary regions: COCO annotations (polygons or run lengths) with a ``phrase`` each.

    Raises:
        ValueError: the JSON lacks something, or an annotation has no phrase.
        DatasetError: a photo is missing.
    """
    content = _read_json(annotations_path, ("images", "annotations"))
    regions: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for annotation in content["annotations"]:
        if not str(annotation.get("phrase", "")).strip():
            raise ValueError(f"{annotations_path}: annotation {annotation.get('id')}: phrase: is missing")
        regions[annotation["image_id"]].append(annotation)
    for image in content["images"]:
        height, width, name = int(image["height"]), int(image["width"]), str(image["file_name"])
        questions = [
            _question(f"{name}:{a['id']}", a["phrase"], "entities", _region(a["segmentation"], height, width))
            for a in regions.get(image["id"], ())
        ]
        if questions:
            yield _image(name, read_bytes(images_path / name), height, width, questions)


def _all_of(name: str) -> str:
    # COCO calls stuff "wall-other-merged": the parts after the first say how classes were joined.
    plain = name.replace("-merged", "").replace("-other", "").replace("-stuff", "").replace("-", " ")
    return f"segment all {plain}"


def _read_json(path: Path, needed: Sequence[str]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: cannot be read as JSON ({error})") from error
    missing = [name for name in needed if not isinstance(content, dict) or name not in content]
    if missing:
        raise ValueError(f"{path}: {missing[0]}: is missing; is this the right file of COCO annotations?")
    found: dict[str, Any] = content
    return found


def _segment_ids(path: Path) -> NDArray[np.int64]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{path}: no panoptic PNG there, or a damaged one")
    blue, green, red = (pixels[..., channel].astype(np.int64) for channel in range(3))
    return np.asarray(red + 256 * green + 65536 * blue, np.int64)


def _region(segmentation: Any, height: int, width: int) -> NDArray[np.bool_]:
    if isinstance(segmentation, list):
        coded = coco_mask.merge(coco_mask.frPyObjects(segmentation, height, width))
    elif isinstance(segmentation["counts"], list):
        coded = coco_mask.frPyObjects(segmentation, height, width)
    else:
        coded = segmentation
    return np.asarray(coco_mask.decode(coded), np.bool_)


def _question(identifier: str, prompt: str, concept: str, mask: NDArray[np.bool_]) -> QuestionRow:
    return QuestionRow(
        id=identifier,
        prompt=prompt,
        concept=concept,
        template="",
        no_target=not bool(mask.any()),
        rle=encode_mask(mask),
    )


def _image(name: str, content: bytes, height: int, width: int, questions: Sequence[QuestionRow]) -> ImageRow:
    return ImageRow(
        image_id=name, image=content, height=height, width=width, scene_seed=0, questions=tuple(questions)
    )
