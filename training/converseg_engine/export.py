"""Shards to a folder in the ConverSeg benchmark's layout: ``data/<split>.jsonl`` and PNG files beside it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.progress import counted
from converseg_engine.shards import ImageRow, QuestionRow, read_split, split_paths

PROVENANCE = "converseg_engine.sim"


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Write a split of the shards as a data set folder that `converseg eval` reads.

    Attributes:
        data: folder of the shards.
        out: the data set folder; other splits in it are kept.
        split: train, val or test.
    """

    data: Path
    out: Path
    split: str = "test"


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    good, encoded = cv2.imencode(".png", pixels)
    if not good:
        raise RuntimeError(f"the PNG encoder failed for {path}")
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_bytes(encoded.tobytes())
    partial_path.replace(path)


def _finer(row: ImageRow, question: QuestionRow) -> dict[str, object]:
    """What rows of version 2 know beyond version 1; fields that are empty are left out."""
    fields: dict[str, object] = {
        "subfamily": question.subfamily,
        "meaning": question.meaning,
        "evidence": question.evidence,
        "no_target_reason": question.no_target_reason,
        "held_out": question.held_out,
        "recipe": row.recipe,
        "place": row.place,
    }
    return {name: value for name, value in fields.items() if value}


def _export_row(row: ImageRow, out: Path, split: str) -> list[str]:
    image_name = f"images/{split}/{row.image_id}.png"
    _write_png(out / image_name, np.ascontiguousarray(row.pixels()[..., ::-1]))
    lines = []
    for question in row.questions:
        mask_name = f"masks/{split}/{question.id}.png"
        mask = question.mask(row.height, row.width)
        _write_png(out / mask_name, np.where(mask, np.uint8(255), np.uint8(0)))
        lines.append(
            json.dumps(
                {
                    "id": question.id,
                    "image": image_name,
                    "mask": mask_name,
                    "prompt": question.prompt,
                    "concept": question.concept,
                    "no_target": question.no_target,
                    "template": question.template,
                    "provenance": {"source": PROVENANCE, "scene_seed": row.scene_seed},
                    **_finer(row, question),
                }
            )
        )
    return lines


def export_split(config: ExportConfig) -> int:
    """Write one split; returns its number of rows. The list appears last: what it names is there.

    Raises:
        ValueError: there are no shards of this split.
    """
    split_paths(config.data, config.split)
    list_path = config.out / "data" / f"{config.split}.jsonl"
    for folder in (
        list_path.parent,
        config.out / "images" / config.split,
        config.out / "masks" / config.split,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for row in counted(read_split(config.data, config.split), f"pictures, {config.split}"):
        lines += _export_row(row, config.out, config.split)
    partial_path = list_path.with_name(f".{list_path.name}.{os.getpid()}.partial")
    partial_path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    partial_path.replace(list_path)
    return len(lines)
