"""What a ConverSeg-Net costs on this machine: stages, first and further prompts, memory.

Weights may be random: costs do not depend on their values.
"""

from __future__ import annotations

import gc
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from converseg_core.net.backend import ImageInputs
from converseg_core.net.config import Grid
from converseg_core.net.engine import NetModel
from converseg_core.net.preprocessing.positions import prefix_positions
from converseg_core.net.preprocessing.prompt import Tokens

PROMPTS = (
    "the red mug that is closest to the edge of the table",
    "something I could sit on while I tie my shoes",
    "objects that would break if they fell down",
    "the thing that keeps the door from closing now",
    "what is the person on the left holding up",
    "anything hot that a child should not touch today",
    "the container which still has room for more water",
    "the tool to open the box in the corner",
)
NUM_BATCHED = len(PROMPTS)


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """Costs at one number of visual tokens, seconds.

    Attributes:
        first_s: image pass and one prompt.
        further_s: one more prompt on the same frame.
        batch_s: image pass and eight prompts on it.
        whole_passes_s: eight prompts with a whole pass each, image included, as the reference does; run once.
    """

    num_visual_tokens: int
    preprocess_s: float
    sam_encoder_s: float
    vision_s: float
    prefill_s: float
    words_s: float
    decode_s: float
    first_s: float
    further_s: float
    batch_s: float
    whole_passes_s: float
    frame_bytes: int

    @property
    def first_over_further(self) -> float:
        """How many times cheaper a further prompt is."""
        return self.first_s / self.further_s

    @property
    def batch_over_first(self) -> float:
        """Eight prompts in terms of one."""
        return self.batch_s / self.first_s

    @property
    def saving_over_whole_passes(self) -> float:
        """How many times cheaper eight prompts are than eight whole passes."""
        return self.whole_passes_s / self.batch_s


def measure_costs(
    model: NetModel, *, image_hw: tuple[int, int], num_runs: int, grid: Grid | None = None
) -> CostRow:
    """Time the stages at one grid; each figure is the best of ``num_runs`` (the machine is shared)."""
    image = np.random.default_rng(0).integers(0, 256, (*image_hw, 3), np.uint8)
    inputs, preprocess_s = _best(lambda: model.prepare(image), num_runs)
    if grid is not None:
        inputs = with_grid(model, inputs, grid)
    suffixes = [model.tokenizer.suffix(prompt) for prompt in PROMPTS]
    stages: dict[str, float] = {}
    encoded = None
    for _ in range(num_runs):
        encoded = model.backend.encode(inputs)
        _keep_best(stages, encoded.timings_s)
    assert encoded is not None
    one: dict[str, float] = {}
    many: dict[str, float] = {}
    for _ in range(num_runs + 1):  # a warm-up more: kernels are chosen at the first run of a shape
        _keep_best(one, model.backend.decode(encoded, suffixes[:1]).timings_s)
        _keep_best(many, model.backend.decode(encoded, suffixes).timings_s)
    image_s = preprocess_s + sum(stages.values())
    first_s = image_s + sum(one.values())
    return CostRow(
        num_visual_tokens=inputs.grid.num_tokens,
        preprocess_s=preprocess_s,
        sam_encoder_s=stages["sam_encoder"],
        vision_s=stages["vision"],
        prefill_s=stages["prefill"],
        words_s=one["words"],
        decode_s=one["decode"],
        first_s=first_s,
        further_s=sum(one.values()),
        batch_s=image_s + sum(many.values()),
        whole_passes_s=_whole_passes(model, image, grid),
        frame_bytes=encoded.num_bytes,
    )


def _whole_passes(model: NetModel, image: np.ndarray, grid: Grid | None) -> float:
    """Seconds for all prompts, each with its own image pass."""
    start = time.perf_counter()
    for prompt in PROMPTS:
        inputs = model.prepare(image)
        if grid is not None:
            inputs = with_grid(model, inputs, grid)
        model.backend.decode(model.backend.encode(inputs), [model.tokenizer.suffix(prompt)])
    return time.perf_counter() - start


def with_grid(model: NetModel, inputs: ImageInputs, grid: Grid) -> ImageInputs:
    """The same image's inputs at another number of tokens (values do not matter for costs)."""
    prefix: Tokens = model.tokenizer.prefix(grid)
    num_before = model.tokenizer.num_before_image()
    positions, following = prefix_positions(num_before, grid, len(prefix.ids) - num_before - grid.num_tokens)
    num_patches = grid.num_tokens * grid.merge_size**2
    repeats = -(-num_patches // len(inputs.patches))
    return ImageInputs(
        pixels_13hw=inputs.pixels_13hw,
        patches=np.tile(inputs.patches, (repeats, 1))[:num_patches],
        grid=grid,
        prefix=prefix,
        is_image_p=prefix.ids == model.tokenizer.image_id,
        positions_3p=positions,
        next_position=following,
    )


def memory_slope(
    model: NetModel, *, image_hw: tuple[int, int], num_frames: int, say: Callable[[str], None]
) -> dict[str, float]:
    """Resident memory over many frames, each encoded, asked and dropped.

    Returns:
        Megabytes at the first and the last frame, and the slope of a straight line through the second
        half, megabytes a frame (the first half fills pools that the allocator keeps).
    """
    process = psutil.Process()
    rng = np.random.default_rng(1)
    resident = []
    for index in range(num_frames):
        frame = model.encode(rng.integers(0, 256, (*image_hw, 3), np.uint8))
        frame.segment(list(PROMPTS[:1]))
        del frame
        gc.collect()
        resident.append(process.memory_info().rss / 1e6)
        if index % 25 == 24:
            say(f"frame {index + 1} of {num_frames}: {resident[-1]:.0f} MB")
    half = len(resident) // 2
    slope = float(np.polyfit(np.arange(len(resident) - half), resident[half:], 1)[0]) if half > 1 else 0.0
    return {"first_mb": resident[0], "last_mb": resident[-1], "slope_mb_per_frame": slope}


def single_masks(model: NetModel, image: np.ndarray) -> NDArray[np.bool_]:
    """The single-mask token's masks of all prompts on one image, at the decoder's size: (n, h, w).

    Each map is cut at its median. Random weights put whole maps above or below zero, and such masks agree
    whatever the number type does; half a map has the longest borders to disagree about.
    """
    suffixes = [model.tokenizer.suffix(prompt) for prompt in PROMPTS]
    decoded = model.backend.decode(model.backend.encode(model.prepare(image)), suffixes)
    logits_nhw = decoded.logits_nkhw[:, 0]
    masks: NDArray[np.bool_] = logits_nhw > np.median(logits_nhw, axis=(1, 2), keepdims=True)
    return masks


def mean_iou(one_nhw: NDArray[np.bool_], other_nhw: NDArray[np.bool_]) -> float:
    """Mean IoU of masks in pairs; two empty masks agree fully."""
    unions = np.logical_or(one_nhw, other_nhw).sum(axis=(1, 2))
    shared = np.logical_and(one_nhw, other_nhw).sum(axis=(1, 2))
    return float(np.mean(np.where(unions > 0, shared / np.maximum(unions, 1), 1.0)))


@contextmanager
def watch_memory(every_s: float = 0.05) -> Iterator[dict[str, float]]:
    """Highest resident memory while the block runs, bytes under ``peak_bytes``."""
    process, peak, stop = psutil.Process(), {"peak_bytes": 0.0}, threading.Event()

    def watch() -> None:
        while not stop.wait(every_s):
            peak["peak_bytes"] = max(peak["peak_bytes"], float(process.memory_info().rss))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        stop.set()
        watcher.join()


def machine() -> dict[str, Any]:
    """Where and when, and how busy the machine was."""
    model_name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model_name = names[0] if names else model_name
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": model_name,
        "num_cpus": os.cpu_count(),
        "num_threads": torch.get_num_threads(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average": list(os.getloadavg()),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def row_as_json(row: CostRow) -> dict[str, Any]:
    """A row with its ratios."""
    return {
        **asdict(row),
        "first_over_further": row.first_over_further,
        "batch_over_first": row.batch_over_first,
        "saving_over_whole_passes": row.saving_over_whole_passes,
    }


def table(rows: Sequence[CostRow]) -> str:
    """The rows for people, milliseconds."""
    head = (
        "tokens  SAM enc   vision  prefill    words   decode    first  further  first/further"
        "  8 prompts/1  8 passes/8 prompts"
    )
    lines = [head]
    for row in rows:
        stages = (row.sam_encoder_s, row.vision_s, row.prefill_s, row.words_s, row.decode_s)
        figures = [*stages, row.first_s, row.further_s]
        cells = "".join(f"{value * 1e3:9.0f}" for value in figures)
        lines.append(
            f"{row.num_visual_tokens:6d}{cells}{row.first_over_further:15.1f}{row.batch_over_first:13.2f}"
            f"{row.saving_over_whole_passes:20.1f}"
        )
    return "\n".join(lines)


def _best(run: Callable[[], ImageInputs], num_runs: int) -> tuple[ImageInputs, float]:
    best_s = float("inf")
    for _ in range(num_runs):
        start = time.perf_counter()
        result = run()
        best_s = min(best_s, time.perf_counter() - start)
    return result, best_s


def _keep_best(kept: dict[str, float], new: Any) -> None:
    for name, seconds in new.items():
        kept[name] = min(seconds, kept.get(name, float("inf")))
