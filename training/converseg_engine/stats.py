"""Figures of a data set: balance, sizes, words, and what can be had without looking or without reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from converseg_core.evaluation.baselines import BLIND_NAMES, blind_answers
from converseg_core.evaluation.rle import Rle, iou
from converseg_engine.duplicates import near_pairs, perceptual_hash
from converseg_engine.prompt_only import fit, score
from converseg_engine.shards import ImageRow, num_contrasting_pairs, read_split

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def split_stats(rows: Sequence[ImageRow]) -> dict[str, Any]:
    """Balance, sizes and blind baselines of one split.

    Raises:
        ValueError: it has no question.
    """
    questions = [question for row in rows for question in row.questions]
    if not questions:
        raise ValueError("data: not one question in this split")
    nothing = [question for question in questions if question.no_target]
    shares = [
        Rle((row.height, row.width), question.rle).area_px / (row.height * row.width)
        for row in rows
        for question in row.questions
        if not question.no_target
    ]
    words = [len(question.prompt.split()) for question in questions]
    meanings = Counter(question.meaning or question.template for question in questions)
    return {
        "num_images": len(rows),
        "num_questions": len(questions),
        "num_by_family": _counted(question.concept for question in questions),
        "num_by_subfamily": _counted(f"{q.concept} / {q.subfamily}" for q in questions if q.subfamily),
        "num_by_place": _counted(row.place for row in rows if row.place),
        "num_meanings": len(meanings),
        "num_by_meaning": dict(meanings.most_common()),
        "num_prompts": len({question.prompt for question in questions}),
        "no_target_share": len(nothing) / len(questions),
        "no_target_share_by_family": {
            family: sum(q.concept == family for q in nothing) / count
            for family, count in _counted(q.concept for q in questions).items()
        },
        "num_by_no_target_reason": _counted(q.no_target_reason for q in nothing if q.no_target_reason),
        "held_out_share": sum(question.held_out for question in questions) / len(questions),
        "evidence_share": sum(bool(question.evidence) for question in questions) / len(questions),
        "mask_share_quantiles": _quantiles(shares),
        "num_words_quantiles": _quantiles(words),
        "num_contrasting_pairs": num_contrasting_pairs(rows),
        "blind_giou": blind_gious(rows),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    found = np.quantile(np.asarray(values, dtype=np.float64), QUANTILES)
    return {f"{q:g}": float(v) for q, v in zip(QUANTILES, found, strict=True)}


def blind_gious(rows: Iterable[ImageRow]) -> dict[str, float]:
    """The gIoU of answers that read no prompt, see ``converseg_core.evaluation.baselines``."""
    totals = dict.fromkeys(BLIND_NAMES, 0.0)
    count = 0
    for row in rows:
        truths = [Rle((row.height, row.width), question.rle) for question in row.questions]
        if not truths:
            continue
        answers = blind_answers(truths)
        count += len(truths)
        for name in BLIND_NAMES:
            totals[name] += sum(iou(answers[name], truth) for truth in truths)
    return {name: total / count for name, total in totals.items()}


def duplicate_stats(rows_by_split: Mapping[str, Sequence[ImageRow]]) -> dict[str, int]:
    """Pairs of pictures that are nearly the same, within splits and between them."""
    splits, hashes = [], []
    for split, rows in rows_by_split.items():
        for row in rows:
            splits.append(split)
            hashes.append(perceptual_hash(row.pixels()))
    pairs = near_pairs(np.array(hashes, dtype=np.uint64))
    within = sum(splits[i] == splits[j] for i, j in pairs)
    return {"num_near_within_splits": int(within), "num_near_between_splits": len(pairs) - int(within)}


def data_stats(folder: Path) -> dict[str, Any]:
    """All splits of a folder, with the prompt-only baseline where there are a training and another split.

    Raises:
        ValueError: the folder has no shards.
    """
    rows = {
        s: list(read_split(folder, s))
        for s in ("train", "val", "test")
        if list(folder.glob(f"{s}-*.parquet"))
    }
    if not rows:
        raise ValueError(f"data: no shard in {folder}; run `converseg engine sim`")
    found: dict[str, Any] = {split: split_stats(some) for split, some in rows.items()}
    if "train" in rows:
        model = fit(rows["train"])
        for split in ("val", "test"):
            if split in rows:
                prompt_only = score(model, rows[split])
                found[split]["prompt_only_giou"] = {
                    "one cut": prompt_only.giou_one_cut,
                    "a cut for each meaning": prompt_only.giou_cut_by_meaning,
                }
    found["duplicates"] = duplicate_stats(rows)
    return found


def as_markdown(stats: dict[str, Any]) -> str:
    """The figures as tables, one a split."""
    lines: list[str] = []
    for split, figures in stats.items():
        lines += [f"## {split}", "", "| figure | value |", "| --- | --- |"]
        for name, value in figures.items():
            if isinstance(value, dict):
                lines += [f"| {name}: {key} | {_cell(each)} |" for key, each in value.items()]
            else:
                lines.append(f"| {name} | {_cell(value)} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
