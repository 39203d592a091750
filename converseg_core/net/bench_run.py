"""One benchmark run, from options to a report."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from converseg_core.bundle import resolve, verify
from converseg_core.net import presets
from converseg_core.net.allocator import return_freed_memory
from converseg_core.net.bench import (
    CostRow,
    machine,
    mean_iou,
    measure_costs,
    memory_slope,
    row_as_json,
    single_masks,
    table,
    watch_memory,
)
from converseg_core.net.config import Grid
from converseg_core.net.engine import NetModel
from converseg_core.net.preprocessing.vision import grid_for
from converseg_core.net.random_bundle import random_model

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure; see ``converseg bench --help`` for each field."""

    model: str
    architecture: str
    sam: str
    dtype: str
    device: str
    image: tuple[int, int]
    visual_tokens: tuple[int, ...]
    runs: int
    frames: int
    agreement: bool


def run(options: Options, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Build or load the model, measure, and report."""
    report: dict[str, Any] = {"machine": machine(), "options": asdict(options)}
    exact = _masks_in_float32(options) if options.agreement else None
    with watch_memory() as peak:
        start = time.perf_counter()
        model = _model(options)
        report["load_s"] = time.perf_counter() - start
        say(f"built in {report['load_s']:.0f} s")
        rows: list[CostRow] = []
        for num_tokens in options.visual_tokens:
            grid = grid_of(num_tokens, options.image, model)
            rows.append(measure_costs(model, image_hw=options.image, num_runs=options.runs, grid=grid))
            say(table(rows[-1:]))
        if exact is not None:
            report["mask_iou_with_fp32"] = mean_iou(exact, single_masks(model, picture(options.image)))
            say(f"mask IoU with fp32: {report['mask_iou_with_fp32']:.4f}")
        if options.frames:
            report["memory"] = memory_slope(model, image_hw=options.image, num_frames=options.frames, say=say)
    report |= {
        "runtime": model.backend.name,
        "rows": [row_as_json(row) for row in rows],
        "peak_resident_gb": peak["peak_bytes"] / 1e9,
        "load_average_at_end": machine()["load_average"],
    }
    memory = f"peak resident memory {report['peak_resident_gb']:.2f} GB"
    report["table"] = f"{table(rows)}\nmilliseconds, best of {options.runs}; {memory}"
    return report


def picture(image_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Something to look at: smooth random colours, (H, W, 3) RGB."""
    height, width = image_hw
    coarse = np.random.default_rng(2).integers(0, 256, (12, 16, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def _masks_in_float32(options: Options) -> NDArray[np.bool_]:
    """The same model's masks in float32; the model is gone afterwards, for memory's sake."""
    model = _model(replace(options, dtype="fp32"))
    masks = single_masks(model, picture(options.image))
    del model
    gc.collect()
    return_freed_memory()
    return masks


def grid_of(num_tokens: int, image_hw: tuple[int, int], model: NetModel) -> Grid:
    """The grid of exactly ``num_tokens`` tokens whose shape is nearest to the image's.

    A prime number of tokens gives a strip; its cost is that of any other shape.
    """
    native = grid_for(*image_hw, model.config)
    wanted = native.num_rows / native.num_cols
    divisors = [rows for rows in range(1, num_tokens + 1) if num_tokens % rows == 0]
    rows = min(divisors, key=lambda count: abs((count * count / num_tokens) / wanted - 1.0))
    return Grid(num_rows=rows, num_cols=num_tokens // rows, merge_size=native.merge_size)


def _model(options: Options) -> NetModel:
    if options.model:
        folder = resolve(options.model)
        runtime = f"torch-{options.dtype}"
        return NetModel.from_bundle(folder, verify(folder), device=options.device, runtime=runtime)
    config = presets.preset(options.architecture, sam=options.sam)
    name = f"{options.architecture}-random"
    return random_model(config, name=name, dtype=_TYPES[options.dtype], device=options.device)
