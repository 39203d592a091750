"""Questions over photos with panoptic masks (COCO format), written by templates; true by construction.

    python -m converseg_training.mini.photo_prompts --panoptic FOLDER --out DATASET

FOLDER holds images/, panoptic/ and panoptic.json. DATASET is in the layout that ``converseg eval`` reads.
Photos keep their own licences: DATASET stays outside the repository.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_MIN_SHARE = 0.002
_AFFORDANCES: Mapping[str, tuple[str, ...]] = {
    "something to sit on": ("chair", "couch", "bench", "toilet"),
    "somewhere to lie down and sleep": ("bed", "couch"),
    "something to drink from": ("cup", "wine glass", "bottle"),
    "something I can cut with": ("knife", "scissors"),
    "something to keep the rain off": ("umbrella",),
    "something that tells the time": ("clock",),
    "something to read": ("book",),
    "something I could eat": (
        "banana",
        "apple",
        "sandwich",
        "orange",
        "broccoli",
        "carrot",
        "hot dog",
        "pizza",
        "donut",
        "cake",
    ),
    "something to carry things in": ("backpack", "handbag", "suitcase"),
    "something to type on": ("keyboard", "laptop"),
    "something that flies": ("airplane", "bird", "kite"),
    "something to wash my hands in": ("sink",),
    "somewhere to keep food cold": ("refrigerator",),
    "something to heat food with": ("microwave", "oven", "toaster"),
    "something to travel in": ("car", "bus", "train", "truck", "airplane", "boat"),
    "a place to put flowers": ("vase", "potted plant"),
}


@dataclass(frozen=True)
class Segment:
    """One thing or stretch of stuff: readable class name, (H, W) bool mask, number in its photo."""

    name: str
    is_thing: bool
    is_crowd: bool
    mask: NDArray[np.bool_]
    number: int = 0


@dataclass(frozen=True)
class Question:
    """A prompt with its true mask; an empty mask where nothing in the photo fits."""

    prompt: str
    concept: str
    subfamily: str
    mask: NDArray[np.bool_]


def readable(name: str) -> str:
    """COCO's panoptic names as words: ``wall-other-merged`` -> ``wall``, ``floor-wood`` -> ``wood floor``."""
    name = re.sub(r"-(merged|other|stuff)", "", name)
    parts = name.split("-")
    return " ".join(reversed(parts))


def questions(
    segments: Sequence[Segment], absent_names: Sequence[str], rng: np.random.Generator
) -> list[Question]:
    """Every question that the masks can answer.

    Args:
        segments: of one photo, with at least one.
        absent_names: classes that the labels say are not there; one is asked for.
        rng: which one.
    """
    size_hw = segments[0].mask.shape
    by_name: dict[str, list[Segment]] = {}
    for segment in segments:
        by_name.setdefault(segment.name, []).append(segment)
    asked: list[Question] = []
    for name, group in sorted(by_name.items()):
        kind = "class-thing" if group[0].is_thing else "class-stuff"
        asked.append(Question(name, "entities", kind, _union(group)))
        asked += _sided(name, group)
    for phrase, classes in _AFFORDANCES.items():
        fitting = [segment for segment in segments if segment.name in classes]
        if fitting:
            asked.append(Question(phrase, "affordances", "affordance", _union(fitting)))
    asked = [item for item in asked if item.mask.mean() >= _MIN_SHARE]
    if absent_names:
        name = str(rng.choice(np.array(sorted(absent_names))))
        asked.append(Question(name, "entities", "absent", np.zeros(size_hw, np.bool_)))
    return asked


def _sided(name: str, group: Sequence[Segment]) -> Iterator[Question]:
    """Left and right where two or three whole things stand clearly apart."""
    if not group[0].is_thing or any(item.is_crowd for item in group) or not 2 <= len(group) <= 3:
        return
    width = group[0].mask.shape[1]
    centres = [float(np.flatnonzero(item.mask.any(axis=0)).mean()) / width for item in group]
    order = np.argsort(centres)
    gaps = np.diff(np.array(centres)[order])
    if gaps.min() < 0.12:
        return
    yield Question(f"the {name} on the left", "spatial", "spatial", group[order[0]].mask)
    yield Question(f"the {name} on the right", "spatial", "spatial", group[order[-1]].mask)


def _union(segments: Sequence[Segment]) -> NDArray[np.bool_]:
    return np.logical_or.reduce([item.mask for item in segments])


def read_photos(folder: Path) -> Iterator[tuple[Path, list[Segment], set[str]]]:
    """Photo path, its segments, and the names of all classes that it shows.

    Raises:
        OSError: a file is missing.
    """
    truth = json.loads((folder / "panoptic.json").read_text())
    classes = {item["id"]: (readable(item["name"]), bool(item["isthing"])) for item in truth["categories"]}
    file_names = {item["id"]: item["file_name"] for item in truth["images"]}
    for annotation in truth["annotations"]:
        painted = cv2.imread(str(folder / "panoptic" / annotation["file_name"]), cv2.IMREAD_COLOR)
        if painted is None:
            raise FileNotFoundError(f"{folder / 'panoptic' / annotation['file_name']}: cannot be read")
        numbers = painted.astype(np.int64) @ np.array([65536, 256, 1])
        segments = [
            Segment(*classes[item["category_id"]], bool(item["iscrowd"]), numbers == item["id"], item["id"])
            for item in annotation["segments_info"]
        ]
        if segments:
            yield (
                folder / "images" / file_names[annotation["image_id"]],
                segments,
                {item.name for item in segments},
            )


def write_questions(
    out: Path, split: str, photos: Iterable[tuple[Path, Sequence[Question]]], *, prefix: str = ""
) -> int:
    """Write a data set that ``converseg eval`` reads; returns the number of questions.

    Args:
        out: folder of the data set; its images are links to the photos.
        split: name of ``data/<split>.jsonl``, which appears whole or not at all.
        photos: file and questions of each photo.
        prefix: of the ids, to tell two splits apart.
    """
    for name in ("data", "masks", "images"):
        (out / name).mkdir(parents=True, exist_ok=True)
    rows: list[str] = []
    for path, asked in photos:
        image = out / "images" / path.name
        if not image.exists():
            image.symlink_to(path.resolve())
        for number, question in enumerate(asked):
            row_id = f"{prefix}{path.stem}-{number:02d}"
            cv2.imwrite(str(out / "masks" / f"{row_id}.png"), question.mask.astype(np.uint8) * 255)
            row = {
                "id": row_id,
                "image": f"images/{path.name}",
                "mask": f"masks/{row_id}.png",
                "prompt": question.prompt,
                "concept": question.concept,
                "subfamily": question.subfamily,
                "no_target": not bool(question.mask.any()),
            }
            rows.append(json.dumps(row))
    temporary = out / "data" / f".{split}.jsonl.tmp"
    temporary.write_text("\n".join(rows) + "\n")
    temporary.replace(out / "data" / f"{split}.jsonl")
    return len(rows)


def template_questions(panoptic: Path, seed: int = 0) -> Iterator[tuple[Path, list[Question]]]:
    """File and questions of each photo in the folder; the seed draws the absent classes."""
    rng = np.random.default_rng(seed)
    truth = json.loads((panoptic / "panoptic.json").read_text())
    names = {readable(item["name"]) for item in truth["categories"]}
    for path, segments, present in read_photos(panoptic):
        yield path, questions(segments, sorted(names - present), rng)


def main() -> None:
    """Write the data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panoptic", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    num = write_questions(args.out, "photos", template_questions(args.panoptic, args.seed))
    print(f"{num} questions in {args.out}")


if __name__ == "__main__":
    main()
