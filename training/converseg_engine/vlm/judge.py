"""A run on simulated pictures held against their truth: each stage on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converseg_core.evaluation.rle import Rle, iou
from converseg_engine.vlm.job import Planned
from converseg_engine.vlm.photos import read_photo
from converseg_engine.vlm.reviewing.figures import Share, wilson
from converseg_engine.vlm.rows import Candidate, Outcome, PromptRow, RegionRow, Row
from converseg_engine.vlm.scripted.brain import GOOD_IOU, listed
from converseg_engine.vlm.scripted.truth import TrueObject, TruePicture, book_of_shards

FOUND_IOU = 0.5


@dataclass(frozen=True)
class Verifying:
    """A verifier's verdicts against the truth; ERROR rows are counted apart.

    Attributes:
        accepted_good, accepted_bad, rejected_good, rejected_bad: rows.
        num_error: rows without a verdict.
    """

    accepted_good: int = 0
    accepted_bad: int = 0
    rejected_good: int = 0
    rejected_bad: int = 0
    num_error: int = 0

    @property
    def precision(self) -> Share:
        """Of accepted rows, the good ones."""
        return wilson(self.accepted_good, self.accepted_good + self.accepted_bad)

    @property
    def recall(self) -> Share:
        """Of good rows, the accepted ones."""
        return wilson(self.accepted_good, self.accepted_good + self.rejected_good)

    @property
    def false_accept(self) -> Share:
        """Of bad rows, the accepted ones."""
        return wilson(self.accepted_bad, self.accepted_bad + self.rejected_bad)

    @property
    def false_reject(self) -> Share:
        """Of good rows, the rejected ones."""
        return wilson(self.rejected_good, self.accepted_good + self.rejected_good)


@dataclass(frozen=True)
class Judgement:
    """What was measured.

    Attributes:
        described: of things large enough to be seen, those that the generator described.
        masked: of the same things, those that got any mask with IoU of at least 0.5.
        accepted: of the same things, those with an accepted mask with IoU of at least 0.5.
        labelled: of described regions, those with the right label and attributes.
        mask_iou: mean IoU with the truth of initial and of refined masks.
        good_masks: share of initial and of refined masks with IoU of at least 0.75.
        regions: verdicts on candidate masks.
        aligned, absent: verdicts on prompts with and without a target, whose truth is known.
        prompt_masks: of accepted prompts whose truth is known, those with the right mask (IoU >= 0.75) or
            with truly nothing there.
        num_unknown: prompts whose truth is not known: words that the scene's questions do not have.
    """

    described: Share
    masked: Share
    accepted: Share
    labelled: Share
    mask_iou: dict[str, float]
    good_masks: dict[str, Share]
    regions: Verifying
    aligned: Verifying
    absent: Verifying
    prompt_masks: Share
    num_unknown: int


class _Tally:
    """Counts over pictures."""

    def __init__(self) -> None:
        self.things: list[tuple[bool, bool, bool]] = []
        self.labelled: list[bool] = []
        self.ious: dict[str, list[float]] = {"initial": [], "refined": []}
        self.verdicts: dict[str, list[tuple[bool, Outcome]]] = {"region": [], "align": [], "absent": []}
        self.num_unknown = 0

    def add_regions(self, truth: TruePicture, rows: Sequence[RegionRow]) -> None:
        """Regions of one picture."""
        targets = {row.id: _target(truth, row) for row in rows}
        for row in rows:
            target = targets[row.id]
            right = target is not None and _words_fit(row, target)
            self.labelled.append(right)
            for candidate in row.candidates:
                overlap = 0.0 if target is None else iou(_mask(row, candidate), target.mask)
                self.ious[candidate.source].append(overlap)
                self.verdicts["region"].append((right and overlap >= GOOD_IOU, candidate.outcome))
        for thing in listed(truth):
            mine = [row for row in rows if targets[row.id] is thing]
            masks = [_mask(row, candidate) for row in mine for candidate in row.candidates]
            chosen = [row.mask() for row in mine if row.outcome is Outcome.ACCEPT]
            self.things.append(
                (
                    bool(mine),
                    any(iou(mask, thing.mask) >= FOUND_IOU for mask in masks),
                    any(iou(mask, thing.mask) >= FOUND_IOU for mask in chosen),
                )
            )

    def add_prompt(self, truth: TruePicture, row: PromptRow) -> None:
        """A prompt of a picture."""
        question = truth.by_prompt.get(row.prompt)
        if question is None:
            self.num_unknown += 1
        elif row.no_target:
            self.verdicts["absent"].append((question.no_target, row.outcome))
        else:
            good = not question.no_target and iou(row.mask(), question.mask) >= GOOD_IOU
            self.verdicts["align"].append((good, row.outcome))


def _mask(row: RegionRow, candidate: Candidate) -> Rle:
    return Rle(size_hw=(row.height, row.width), counts=candidate.rle.encode("ascii"))


def _target(truth: TruePicture, row: RegionRow) -> TrueObject | None:
    """The thing that a region's box lies on best, at IoU of at least 0.5."""

    def overlap(one: TrueObject) -> float:
        left, top, right, bottom = one.box_1000
        width = min(right, row.box[2]) - max(left, row.box[0])
        height = min(bottom, row.box[3]) - max(top, row.box[1])
        if width <= 0 or height <= 0:
            return 0.0
        area = (row.box[2] - row.box[0]) * (row.box[3] - row.box[1])
        return width * height / (area + (right - left) * (bottom - top) - width * height)

    best = max(truth.objects, key=overlap, default=None)
    return best if best is not None and overlap(best) >= FOUND_IOU else None


def _words_fit(row: RegionRow, target: TrueObject) -> bool:
    words = " ".join([row.label, *row.attributes]).casefold()
    return target.category.casefold() in words and target.color.casefold() in words


def _verifying(verdicts: Sequence[tuple[bool, Outcome]]) -> Verifying:
    def count(good: bool, outcome: Outcome) -> int:
        return sum(one == (good, outcome) for one in verdicts)

    return Verifying(
        count(True, Outcome.ACCEPT),
        count(False, Outcome.ACCEPT),
        count(True, Outcome.REJECT),
        count(False, Outcome.REJECT),
        sum(outcome is Outcome.ERROR for _, outcome in verdicts),
    )


def _share(values: Sequence[bool]) -> Share:
    return wilson(sum(values), len(values))


def judge_rows(
    photos: Path, planned: Sequence[Planned], rows: Sequence[Row], truth: Path, split: str
) -> Judgement:
    """Hold rows against the truth in shards.

    Raises:
        ValueError: a picture is none of the shards'.
    """
    book = book_of_shards(truth, split)
    tally = _Tally()
    by_photo: dict[str, list[Row]] = {}
    for row in rows:
        by_photo.setdefault(row.photo, []).append(row)
    for one in planned:
        known = book.of_pixels(read_photo(photos, one.photo))
        if known is None:
            raise ValueError(f"truth: {one.photo.name} is no picture of the shards in {truth}")
        mine = by_photo.get(one.photo.id, [])
        tally.add_regions(known, [row for row in mine if isinstance(row, RegionRow)])
        for row in mine:
            if isinstance(row, PromptRow):
                tally.add_prompt(known, row)
    prompts = [good for name in ("align", "absent") for good, o in tally.verdicts[name] if o == "ACCEPT"]
    return Judgement(
        described=_share([thing[0] for thing in tally.things]),
        masked=_share([thing[1] for thing in tally.things]),
        accepted=_share([thing[2] for thing in tally.things]),
        labelled=_share(tally.labelled),
        mask_iou={k: float(np.mean(v)) if v else float("nan") for k, v in tally.ious.items()},
        good_masks={k: _share([value >= GOOD_IOU for value in v]) for k, v in tally.ious.items()},
        regions=_verifying(tally.verdicts["region"]),
        aligned=_verifying(tally.verdicts["align"]),
        absent=_verifying(tally.verdicts["absent"]),
        prompt_masks=_share(prompts),
        num_unknown=tally.num_unknown,
    )


def as_table(found: Judgement) -> str:
    """Markdown; in brackets, 95 % intervals."""
    lines = ["| stage | measured |", "| --- | --- |"]
    shares = {
        "scene: things described": found.described,
        "scene: regions with right words": found.labelled,
        "masks: things with a mask, IoU >= 0.5": found.masked,
        **{f"masks: {k} masks with IoU >= 0.75": v for k, v in found.good_masks.items()},
        "regions: things with an accepted mask, IoU >= 0.5": found.accepted,
        "export: accepted prompts that are right": found.prompt_masks,
    }
    lines += [f"| {name} | {share} |" for name, share in shares.items()]
    lines += [f"| masks: mean IoU of {k} masks | {v:.3f} |" for k, v in found.mask_iou.items()]
    for name, verifying in (("regions", found.regions), ("align", found.aligned), ("absent", found.absent)):
        lines.append(f"| {name}: verifier's precision | {verifying.precision} |")
        lines.append(f"| {name}: verifier's recall | {verifying.recall} |")
        lines.append(f"| {name}: rows without a verdict | {verifying.num_error} |")
    lines.append(f"| prompts whose truth is not known | {found.num_unknown} |")
    return "\n".join(lines)
