"""Fit the thresholds of ``converseg_core.mini.matching`` on photos with instance masks.

    python -m converseg_training.mini.fit_matching --bundle FOLDER --instances FOLDER

FOLDER of --instances holds images/ and instances.json (COCO instances). Only photos with all 80 classes
labelled are used. The score is the mean IoU of the chosen *boxes* with the true masks (empty and empty is 1):
the mask network does not depend on the thresholds, and leaving it out makes this a matter of a minute.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from converseg_core.mini.detector import COCO_NAMES, Detection, decode, detector_input
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.matching import MatchSettings, matching_detections
from converseg_core.mini.weights import open_graph
from converseg_core.mini.wordpiece import WordPieceTokenizer
from converseg_training.mini.photo_prompts import Question, Segment, questions


def read_photos(folder: Path) -> list[tuple[NDArray[np.uint8], list[Segment]]]:
    """RGB photos with every class labelled, and their things."""
    truth = json.loads((folder / "instances.json").read_text())
    names = {item["id"]: item["name"] for item in truth["categories"]}
    of_image: dict[int, list[Mapping[str, Any]]] = {}
    for item in truth["annotations"]:
        of_image.setdefault(item["image_id"], []).append(item)
    photos = []
    for image in truth["images"]:
        pixels = cv2.imread(str(folder / "images" / image["file_name"]))
        if image["labels"] != "all 80 classes" or pixels is None or image["id"] not in of_image:
            continue
        size_hw = (pixels.shape[0], pixels.shape[1])
        segments = [
            Segment(names[item["category_id"]], True, bool(item["iscrowd"]), _mask(item, size_hw))
            for item in of_image[image["id"]]
        ]
        rgb = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
        photos.append((rgb, segments))
    return photos


def _mask(item: Mapping[str, Any], size_hw: Sequence[int]) -> NDArray[np.bool_]:
    shape = item["segmentation"]
    height, width = size_hw
    if isinstance(shape, list):
        rle = coco_mask.merge(coco_mask.frPyObjects(shape, height, width))
    elif isinstance(shape["counts"], list):
        rle = coco_mask.frPyObjects(shape, height, width)
    else:
        rle = shape
    return np.asarray(coco_mask.decode(rle), np.bool_)


def box_iou(chosen: Sequence[Detection], truth: NDArray[np.bool_]) -> float:
    """IoU of the boxes together with a mask; 1 where both are empty."""
    height, width = truth.shape
    painted = np.zeros_like(truth)
    for item in chosen:
        x0, y0, x1, y1 = item.box
        painted[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)] = True
    union = int((painted | truth).sum())
    return 1.0 if union == 0 else int((painted & truth).sum()) / union


def main() -> None:
    """Print the best settings and what each threshold does around them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--instances", type=Path, required=True)
    args = parser.parse_args()
    detector = open_graph(args.bundle / "detector.onnx", args.bundle / "detector.npz")
    language = LanguageEncoder(
        session=open_graph(args.bundle / "language.onnx", args.bundle / "language.npz"),
        tokenizer=WordPieceTokenizer.from_file(args.bundle / "vocab.txt"),
    )
    names = tuple(COCO_NAMES.values())
    name_vectors = language.sentences(names)
    rng = np.random.default_rng(0)
    asked: list[tuple[Question, list[Detection], NDArray[np.float32]]] = []
    photos = read_photos(args.instances)
    for pixels, segments in photos:
        raw = detector.run(None, {"image": detector_input(pixels)})[:12]
        detections = decode([np.asarray(output) for output in raw], min_score=0.1)
        absent = sorted(set(names) - {item.name for item in segments})
        for question in questions(segments, absent, rng):
            similarity_k = np.asarray(name_vectors @ language.sentence(question.prompt), np.float32)
            asked.append((question, detections, similarity_k))
    results = []
    for similarity, behind, score in itertools.product(
        (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6), (0.02, 0.05, 0.1, 0.15, 0.2), (0.15, 0.2, 0.3, 0.4, 0.5)
    ):
        settings = MatchSettings(min_similarity=similarity, max_behind=behind, min_score=score)
        of_kind: dict[str, list[float]] = {}
        for question, detections, similarity_k in asked:
            chosen = matching_detections(similarity_k, names, detections, settings)
            of_kind.setdefault(question.subfamily, []).append(box_iou(chosen, question.mask))
        means = {kind: float(np.mean(values)) for kind, values in sorted(of_kind.items())}
        results.append((float(np.mean(list(means.values()))), settings, means))
    results.sort(key=lambda item: -item[0])
    print(f"{len(asked)} questions on {len(photos)} photos; mean over kinds, best first")
    for mean, settings, means in results[:8]:
        print(f"{mean:.3f} {settings} " + " ".join(f"{kind} {value:.3f}" for kind, value in means.items()))


if __name__ == "__main__":
    main()
