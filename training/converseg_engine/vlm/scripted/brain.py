"""What the scripted model says: it looks at the tinted picture, knows the truth, and errs by the script."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.rle import iou, union_of
from converseg_engine.vlm.scripted.chance import happens, pick
from converseg_engine.vlm.scripted.settings import Script
from converseg_engine.vlm.scripted.truth import TrueObject, TruePicture, TrueQuestion

GOOD_IOU = 0.75
"""Masks this close to the truth are good ones; the judge uses the same."""
_REDUCE = 4
_CHANGED = 24
"""Grey levels of difference that a tint makes and a JPEG encoder does not."""
_MIN_AREA_SHARE = 1000 / (1024 * 1024)


def seen_mask(plain: bytes, tinted: bytes, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Where two pictures differ, at a quarter of ``size_hw``."""
    changed = np.abs(_quarter(plain) - _quarter(tinted)).max(axis=2) > _CHANGED
    size_wh = (max(1, size_hw[1] // _REDUCE), max(1, size_hw[0] // _REDUCE))
    closed = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(closed, size_wh, interpolation=cv2.INTER_NEAREST) > 0)


def _quarter(jpeg: bytes) -> NDArray[np.int16]:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
    if decoded is None:
        raise ValueError("image_url: the bytes are no picture")
    return decoded.astype(np.int16)


def coarse_iou(seen: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Overlap at a quarter of the size, where one pixel of halo around the tint does not count."""
    size_wh = (seen.shape[1], seen.shape[0])
    small = cv2.resize(truth.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) >= 0.5
    kernel = np.ones((3, 3), np.uint8)
    grown = cv2.dilate(small.astype(np.uint8), kernel) > 0
    shrunk = cv2.erode(seen.astype(np.uint8), kernel) > 0
    both = (seen & small).sum()
    either = ((seen & ~grown) | (shrunk & ~small) | small).sum()
    return float(both / either) if either else 1.0


class Brain:
    """Answers requests about pictures whose truth it has.

    Args:
        script: how it errs.
    """

    def __init__(self, script: Script) -> None:
        self._script = script

    def scene(self, truth: TruePicture) -> dict[str, Any]:
        """The things in the picture."""
        errors, seed = self._script.errors, self._script.seed
        regions = []
        for one in listed(truth):
            name = f"{truth.id}/{one.number}"
            if happens(errors.omit, seed, "omit", name):
                continue
            label, color = one.category, one.color
            if happens(errors.mislabel, seed, "mislabel", name):
                others = [(o.category, o.color) for o in truth.objects if o.category != one.category]
                label, color = (
                    others[pick(len(others), seed, "label", name)] if others else ("unicorn", "pink")
                )
            regions.append(
                {
                    "label": label,
                    "attributes": [color] if color else [],
                    "location": place_of(one),
                    "relation": "stands on its own",
                    "box": list(one.box_1000),
                }
            )
        return {"regions": regions}

    def region(self, truth: TruePicture, text: str, pictures: list[bytes]) -> dict[str, Any]:
        """Whether the tinted region is what the text says."""
        words = json.loads(_line(text, "Region: "))
        target, overlap = best_match(truth, pictures)
        identity = target.category == words["label"]
        attributes = not words["attributes"] or words["attributes"] == [target.color]
        good = identity and attributes and overlap >= GOOD_IOU
        said = self._flip(
            good,
            "region",
            self._script.errors.region_false_accept,
            self._script.errors.region_false_reject,
            truth.id,
            hashlib.sha256(pictures[1]).hexdigest(),
        )
        if said == good:
            return {
                "identity": identity,
                "attributes": attributes,
                "location": True,
                "mask": overlap >= GOOD_IOU,
                "reason": f"It is a {target.color} {target.category}; the mask covers {overlap:.2f}.",
            }
        return {
            "identity": said,
            "attributes": said,
            "location": said,
            "mask": said,
            "reason": "A slip.",
        }

    def prompts(self, truth: TruePicture, text: str) -> dict[str, Any]:
        """Prompts of a family, out of the questions whose truth is known."""
        script, concept = self._script, _line(text, "Concept family: ")
        marks = _marks(truth, text)
        positives: list[dict[str, Any]] = []
        negatives: list[dict[str, Any]] = []
        for question in truth.questions:
            if question.concept != concept:
                continue
            name = f"{truth.id}/{question.prompt}"
            if question.no_target:
                if len(negatives) < script.num_negatives:
                    negatives.append({"prompt": question.prompt, "why": "Nothing of the kind is here."})
                continue
            wanted = _marks_of(question, marks)
            if wanted is None or len(positives) >= script.num_prompts:
                continue
            if happens(script.errors.wrong_negative, script.seed, "negative", name):
                negatives = [{"prompt": question.prompt, "why": "Nothing of the kind is here."}]
                continue
            if happens(script.errors.wrong_regions, script.seed, "regions", name):
                wanted = (next(mark for mark in marks if mark not in wanted),)
            positives.append({"prompt": question.prompt, "regions": list(wanted), "why": "It fits."})
        return {"positives": positives, "negatives": negatives}

    def align(self, truth: TruePicture, text: str, pictures: list[bytes]) -> dict[str, Any]:
        """Whether the tint is the whole answer."""
        question = truth.by_prompt.get(json.loads(_line(text, "Prompt: ")))
        overlap = 0.0
        if question is not None and not question.no_target:
            size_hw = question.mask.size_hw
            overlap = coarse_iou(seen_mask(pictures[0], pictures[1], size_hw), question.mask.decode())
        good = overlap >= GOOD_IOU
        errors = self._script.errors
        said = self._flip(good, "align", errors.align_false_accept, errors.align_false_reject, truth.id, text)
        reason = f"The mask covers {overlap:.2f} of the answer."
        return {"matches": said, "exhaustive": said, "mask": said, "reason": reason}

    def absent(self, truth: TruePicture, text: str) -> dict[str, Any]:
        """Whether nothing answers the prompt."""
        question = truth.by_prompt.get(json.loads(_line(text, "Prompt: ")))
        good = question is not None and question.no_target
        errors = self._script.errors
        said = self._flip(
            good, "absent", errors.absent_false_accept, errors.absent_false_reject, truth.id, text
        )
        return {"absent": said, "reason": "I looked everywhere."}

    def _flip(self, good: bool, stage: str, accept: float, reject: float, *words: str) -> bool:
        wrong = happens(reject if good else accept, self._script.seed, stage, *words)
        return good != wrong


def listed(truth: TruePicture) -> list[TrueObject]:
    """What a generator without errors mentions: the seven largest things that are large enough."""
    rows, columns = truth.objects[0].mask.size_hw if truth.objects else (1, 1)
    smallest_px = _MIN_AREA_SHARE * rows * columns
    return [one for one in truth.objects if one.mask.area_px >= smallest_px][:7]


def place_of(one: TrueObject) -> str:
    """Where in the picture, in words."""
    left, top, right, bottom = one.box_1000
    column = ("on the left", "in the middle", "on the right")[min(2, (left + right) * 3 // 2000)]
    row = ("at the top", "half way up", "at the bottom")[min(2, (top + bottom) * 3 // 2000)]
    return f"{row}, {column}"


def best_match(truth: TruePicture, pictures: list[bytes]) -> tuple[TrueObject, float]:
    """The thing that the tint covers best, and how well."""
    seen = seen_mask(pictures[0], pictures[1], truth.objects[0].mask.size_hw)
    scored = [(coarse_iou(seen, one.mask.decode()), one) for one in truth.objects]
    overlap, target = max(scored, key=lambda pair: pair[0])
    return target, overlap


def _marks(truth: TruePicture, text: str) -> dict[int, TrueObject]:
    """Which true thing each mark is on, by its box."""
    marks = {}
    for number, line in re.findall(r"^(\d+): (\{.*\})$", text, re.MULTILINE):
        box = json.loads(line)["box"]
        marks[int(number)] = min(truth.objects, key=lambda one: _distance(one.box_1000, box))
    return marks


def _distance(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(abs(one - other) for one, other in zip(a, b, strict=True))


def _marks_of(question: TrueQuestion, marks: dict[int, TrueObject]) -> tuple[int, ...] | None:
    """The marks whose union answers a question; None where no strict subset of them does."""
    for num in range(1, min(4, len(marks))):
        for chosen in combinations(sorted(marks), num):
            if iou(union_of([marks[mark].mask for mark in chosen]), question.mask) >= 0.9:
                return chosen
    return None


def _line(text: str, start: str) -> str:
    """The rest of the line that starts so."""
    return next(line[len(start) :] for line in text.splitlines() if line.startswith(start))
