"""The vision-language model's view of an image: size, normalisation, patches.

Sizes follow Qwen2-VL's published rule ("smart resize"): both sides are multiples of the merged patch, the
area lies between two limits, and the shape is kept as well as that allows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from converseg_core.model import ImageHWC
from converseg_core.net.config import Grid, NetConfig

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
SYMMETRIC = (0.5, 0.5, 0.5)
MAX_ASPECT = 200


def grid_for(height: int, width: int, config: NetConfig) -> Grid:
    """How many rows and columns of image tokens an image of (height, width) pixels gets.

    An image thinner than 1:200 is treated as 1:200; the published rule refuses it.
    """
    factor = config.patch_size * config.merge_size
    height, width = max(height, math.ceil(width / MAX_ASPECT)), max(width, math.ceil(height / MAX_ASPECT))
    area = height * width
    rows, cols = round(height / factor), round(width / factor)
    if rows * cols > config.max_visual_tokens:
        shrink = math.sqrt(area / (config.max_visual_tokens * factor * factor))
        rows = max(1, math.floor(height / shrink / factor))
        cols = max(1, math.floor(width / shrink / factor))
        # A very thin image keeps one row at least, which can exceed the cap along the other side.
        rows, cols = min(rows, config.max_visual_tokens), min(cols, config.max_visual_tokens)
    elif rows * cols < config.min_visual_tokens:
        grow = math.sqrt(config.min_visual_tokens * factor * factor / area)
        rows, cols = math.ceil(height * grow / factor), math.ceil(width * grow / factor)
        while rows * cols > config.max_visual_tokens:
            rows, cols = max(1, rows - 1), max(1, cols - 1)
    return Grid(num_rows=rows, num_cols=cols, merge_size=config.merge_size)


def patches_of(image: ImageHWC, grid: Grid, config: NetConfig) -> NDArray[np.float32]:
    """(H, W, 3) uint8 RGB -> (patches, 3 x time x patch x patch), in the order of merged blocks."""
    patch, merge = config.patch_size, config.merge_size
    num_times = int(config.vlm["vision_config"].get("temporal_patch_size", 2))
    size = (grid.num_cols * patch * merge, grid.num_rows * patch * merge)
    resized = Image.fromarray(np.ascontiguousarray(image))
    if resized.size != size:
        resized = resized.resize(size, Image.Resampling.BICUBIC)
    mean, std = (SYMMETRIC, SYMMETRIC) if config.vlm["model_type"] == "qwen3_vl" else (CLIP_MEAN, CLIP_STD)
    unit = np.asarray(resized, np.float32) / np.float32(255.0)
    pixels = ((unit - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)).astype(np.float32)
    blocks = pixels.reshape(grid.num_rows, merge, patch, grid.num_cols, merge, patch, 3)
    ordered = blocks.transpose(0, 3, 1, 4, 6, 2, 5)  # rows, columns, merge, merge, channel, patch, patch
    timed = np.broadcast_to(
        ordered[:, :, :, :, :, np.newaxis], (*ordered.shape[:5], num_times, *ordered.shape[5:])
    )
    return np.ascontiguousarray(timed.reshape(grid.num_tokens * merge * merge, -1))
