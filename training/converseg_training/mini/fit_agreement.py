"""Fit how sure a thing is that two detectors saw, on photos with instance masks.

    python -m converseg_training.mini.fit_agreement --bundle FOLDER --instances FOLDER

Prints the numbers that ``converseg_core.mini.agreement`` holds, and the average precision of either detector
and of both. Only photos with all 80 classes labelled are used.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.agreement import features, overlap, pairs
from converseg_core.mini.detector import Detection, decode, detector_input
from converseg_core.mini.nanodet import decode_nanodet, nanodet_input
from converseg_core.mini.selection import Box
from converseg_core.mini.weights import open_graph
from converseg_training.mini.fit_matching import read_photos
from converseg_training.mini.photo_prompts import Segment

_RIDGE = 1.0
Thing = tuple[str, Box, tuple[float, float]]


def box_of(mask_hw: NDArray[np.bool_]) -> Box:
    """The box of a mask that is not empty, as shares of the image."""
    height, width = mask_hw.shape
    rows, columns = np.flatnonzero(mask_hw.any(axis=1)), np.flatnonzero(mask_hw.any(axis=0))
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def right_ones(things: Sequence[Thing], segments: Sequence[Segment]) -> list[tuple[Thing, bool]]:
    """Each thing that can be judged, the surest first, and whether a segment of its class lies in its box.

    A segment counts once; what lies on a crowd of its class is not judged.
    """
    left = [(item.name, box_of(item.mask)) for item in segments if item.mask.any() and not item.is_crowd]
    crowds = [(item.name, box_of(item.mask)) for item in segments if item.mask.any() and item.is_crowd]
    judged = []
    for thing in things:
        fitting = [(overlap(thing[1], box), k) for k, (name, box) in enumerate(left) if name == thing[0]]
        best, place = max(fitting, default=(0.0, -1))
        if best >= 0.5:
            left.pop(place)
            judged.append((thing, True))
        elif not any(name == thing[0] and overlap(thing[1], box) > 0.3 for name, box in crowds):
            judged.append((thing, False))
    return judged


def fit_logistic(x_nf: NDArray[np.float64], y_n: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F + 1,) weights and offset; ridge on the weights of standardised features; Newton's method."""
    mean, scale = x_nf.mean(axis=0), x_nf.std(axis=0) + 1e-6
    z = np.concatenate([(x_nf - mean) / scale, np.ones((len(x_nf), 1))], axis=1)
    ridge = np.array([_RIDGE] * x_nf.shape[1] + [1e-6])
    weights = np.zeros(z.shape[1])
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(-z @ weights))
        gradient = z.T @ (p - y_n) + ridge * weights
        weights -= np.linalg.solve((z.T * (p * (1 - p))) @ z + np.diag(ridge), gradient)
    plain = weights[:-1] / scale
    return np.append(plain, weights[-1] - plain @ mean)


def average_precision(score_n: NDArray[np.float64], right_n: NDArray[np.bool_], num_true: int) -> float:
    """Area under the curve of precision over recall, all classes in one list."""
    hits = np.cumsum(right_n[np.argsort(-score_n)])
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], hits / num_true])) * precision))


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--instances", type=Path, required=True)
    args = parser.parse_args()
    ssd = open_graph(args.bundle / "detector.onnx", args.bundle / "detector.npz")
    nanodet = open_graph(args.bundle / "nanodet.onnx", args.bundle / "nanodet.npz")
    judged: list[tuple[Thing, bool]] = []
    num_true = 0
    for pixels, segments in read_photos(args.instances):
        raw = [np.asarray(item) for item in ssd.run(None, {"image": detector_input(pixels)})[:12]]
        first: list[Detection] = decode(raw, min_score=0.1)
        heads = [np.asarray(item) for item in nanodet.run(None, {"image": nanodet_input(pixels)})]
        judged += right_ones(pairs(first, decode_nanodet(heads, min_score=0.1)), segments)
        num_true += sum(not item.is_crowd and bool(item.mask.any()) for item in segments)
    x = np.stack([features(thing[2], thing[1]) for thing, _ in judged])
    right = np.array([good for _, good in judged])
    weights = fit_logistic(x, right.astype(np.float64))
    print(f"{len(judged)} boxes, {num_true} things; weights {np.round(weights, 3).tolist()}")
    scores = np.array([thing[2] for thing, _ in judged])
    together = x @ weights[:-1] + weights[-1]
    for name, values in (("SSD", scores[:, 0]), ("NanoDet", scores[:, 1]), ("both", together)):
        found = average_precision(values, right, num_true)
        print(f"{name}: average precision at IoU 0.5 over all classes {found:.3f}")


if __name__ == "__main__":
    main()
