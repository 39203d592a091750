"""One benchmark run, from options to a report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from converseg_core.bundle import resolve, verify
from converseg_core.net import presets
from converseg_core.net.bench import (
    CostRow,
    machine,
    measure_costs,
    memory_slope,
    row_as_json,
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


def run(options: Options, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Build or load the model, measure, and report."""
    report: dict[str, Any] = {"machine": machine(), "options": asdict(options)}
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
