"""A row of the shards -> pixels, words and truth as tensors. Runs in worker processes.

Legend of shape suffixes: h, w height and width, p points or prefix tokens, t tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.embedded.letterbox import Letterbox
from converseg_core.net.config import Grid, NetConfig
from converseg_core.net.importing.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from converseg_core.net.preprocessing.positions import prefix_positions, suffix_positions
from converseg_core.net.preprocessing.prompt import PromptTokenizer, PromptTooLongError, Tokens
from converseg_core.net.preprocessing.vision import grid_for, patches_of
from converseg_training.data.points import sampled_points

LOGITS_STRIDE = 4
"""Canvas pixels for each pixel of the decoder's masks, along each side."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NetRow:
    """One picture with one question, ready for the network.

    Attributes:
        pixels_13hw: normalised canvas.
        patches: for the vision tower.
        grid: their arrangement.
        ids_t, positions_3t, is_image_t, is_word_t: the whole sequence, image and prompt.
        num_prefix: tokens of it before the prompt.
        end_index: of the turn's end, counted from the prompt's first token.
        target_hw: the truth at the decoder's size, share of each cell, [0, 1].
        is_present: 1 where something fits the words, else 0.
        points_p2, is_inside_p: points of the truth at the image's own resolution; empty where not asked for.
    """

    pixels_13hw: Tensor
    patches: Tensor
    grid: Grid
    ids_t: Tensor
    positions_3t: Tensor
    is_image_t: Tensor
    is_word_t: Tensor
    num_prefix: int
    end_index: int
    target_hw: Tensor
    is_present: float
    points_p2: Tensor
    is_inside_p: Tensor


def net_row(
    image: NDArray[np.uint8],
    mask_hw: NDArray[np.bool_],
    prompt: str,
    rng: np.random.Generator,
    *,
    tokenizer: PromptTokenizer,
    config: NetConfig,
    erode_px: int,
    num_points: int,
) -> NetRow:
    """Prepare one row as the engine prepares an image and its prompt."""
    height, width = image.shape[:2]
    letterbox = Letterbox(height, width, config.canvas_size, config.canvas_size)
    canvas = letterbox.apply(image).astype(np.float32) / np.float32(255.0)
    pixels = (canvas - np.asarray(IMAGENET_MEAN, np.float32)) / np.asarray(IMAGENET_STD, np.float32)
    grid = grid_for(height, width, config)
    prefix, suffix = tokenizer.prefix(grid), suffix_that_fits(tokenizer, prompt)
    num_before = tokenizer.num_before_image()
    positions, following = prefix_positions(num_before, grid, len(prefix.ids) - num_before - grid.num_tokens)
    ids = np.concatenate([prefix.ids, suffix.ids])
    points, is_inside = sampled_points(mask_hw, letterbox, num_points, rng)
    return NetRow(
        pixels_13hw=torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])),
        patches=torch.from_numpy(patches_of(image, grid, config)),
        grid=grid,
        ids_t=torch.from_numpy(ids),
        positions_3t=torch.from_numpy(
            np.concatenate([positions, suffix_positions(following, len(suffix.ids))], axis=1)
        ),
        is_image_t=torch.from_numpy(ids == tokenizer.image_id),
        is_word_t=torch.from_numpy(np.concatenate([prefix.is_word, suffix.is_word])),
        num_prefix=len(prefix.ids),
        end_index=suffix.end_index,
        target_hw=torch.from_numpy(target(mask_hw, letterbox, erode_px)),
        is_present=float(mask_hw.any()),
        points_p2=torch.from_numpy(points),
        is_inside_p=torch.from_numpy(is_inside),
    )


def suffix_that_fits(tokenizer: PromptTokenizer, prompt: str) -> Tokens:
    """The prompt's tokens; words are dropped at its end until it is short enough."""
    words = prompt.split()
    while True:
        try:
            return tokenizer.suffix(" ".join(words) or "segment")
        except PromptTooLongError:
            words = words[: len(words) * 7 // 8]


def target(mask_hw: NDArray[np.bool_], letterbox: Letterbox, erode_px: int) -> NDArray[np.float32]:
    """The truth as the loss sees it: on the canvas, cut at a half, eroded once, averaged over cells.

    A thing that erosion would remove altogether stays as it is: it would become "nothing there".
    """
    canvas = (letterbox.apply(mask_hw.astype(np.uint8) * np.uint8(255)) > 127).astype(np.uint8)
    if erode_px:
        # Outside the canvas counts as inside, so that a thing cut off by its edge is not eroded there.
        eroded = cv2.erode(canvas, np.ones((erode_px, erode_px), np.uint8))
        canvas = np.asarray(eroded if eroded.any() else canvas, np.uint8)
    size = (canvas.shape[1] // LOGITS_STRIDE, canvas.shape[0] // LOGITS_STRIDE)
    return np.asarray(cv2.resize(canvas.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
