"""Scalings of what ``mini`` says about its answers on photos, from folds' bundles on photos they never saw.

    python -m converseg_training.mini.calibrate_photos --panoptic FOLDER --models F0 F1 F2 --out scalings.json

Bundle FK never saw the photos of fold K; photos of folds that no bundle is given for are not used. Questions
are those of ``photo_questions``, the training templates; the sets that ``mini`` is measured with are not
touched.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from converseg_core.bundle import read_manifest
from converseg_core.calibration import fit_platt
from converseg_core.mini.engine import MiniModel
from converseg_core.mini.trained import logit
from converseg_training.mini.answers import NUM_FOLDS
from converseg_training.mini.photo_questions import training_questions
from converseg_training.mini.photo_views import panoptic_photos


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panoptic", type=Path, required=True)
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take only every n-th photo of a fold")
    args = parser.parse_args()
    photos = panoptic_photos(args.panoptic)
    evidence: list[tuple[float, bool]] = []
    sureness: dict[str, list[tuple[float, bool]]] = {}
    ious: dict[str, list[float]] = {}
    for fold, bundle in enumerate(args.models):
        model = MiniModel.from_bundle(bundle, read_manifest(bundle), device="cpu", runtime="onnxruntime")
        for number in range(fold, len(photos), NUM_FOLDS * args.every):
            photo = photos[number][1]
            frame = model.encode(photo.image)
            for question in training_questions(photo, np.random.default_rng((9, number))):
                found = model.read_photo(frame, question.prompt)
                if found is None:
                    continue
                union = (found.mask | question.mask).sum()
                iou = float((found.mask & question.mask).sum() / union) if union else 1.0
                evidence.append((logit(found.evidence), bool(question.mask.any())))
                ious.setdefault(f"{question.concept} {question.subfamily}", []).append(iou)
                if found.mask.any():
                    sureness.setdefault(found.route, []).append((logit(found.sureness), iou >= 0.5))
        print(f"fold {fold}: {len(evidence)} answers", flush=True)
    fitted = {"photo_presence": _fit(evidence)}
    fitted |= {f"photo_{route}": _fit(pairs) for route, pairs in sorted(sureness.items())}
    args.out.write_text(json.dumps(fitted, indent=1) + "\n")
    for kind, values in sorted(ious.items()):
        print(f"{kind}: {len(values)} questions, mean IoU {np.mean(values):.3f}")


def _fit(pairs: list[tuple[float, bool]]) -> dict[str, float]:
    values, truth = zip(*pairs, strict=True)
    fitted: dict[str, float] = fit_platt(np.array(values), np.array(truth)).model_dump()
    return fitted


if __name__ == "__main__":
    main()
