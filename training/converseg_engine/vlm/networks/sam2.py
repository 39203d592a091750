"""SAM 2 of transformers as a segmenter of boxes and as a pool of everything in an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from converseg_core.evaluation.rle import Rle, encode, iou
from converseg_engine.vlm.masks.protocol import Box, ImageHWC, MaskHW
from converseg_engine.vlm.networks.weights import load, weights_id

_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
_STD = np.array((0.229, 0.224, 0.225), np.float32)
"""ImageNet's, as SAM 2 was trained with."""


class Sam2:
    """The network with one image encoded; questions about the same image share the encoding.

    Args:
        folder: snapshot of a SAM 2 model in transformers' format.
        device, dtype: where and in which numbers it runs.
    """

    def __init__(self, folder: Path, *, device: str = "cpu", dtype: str = "float32") -> None:
        from transformers import Sam2Model

        self.id = f"sam2({weights_id(folder)},{dtype})"
        self._model: Any = load(Sam2Model, folder, device, dtype)
        self._side = int(self._model.config.prompt_encoder_config.image_size)
        self._image: ImageHWC | None = None
        self._embeddings: list[torch.Tensor] = []

    def _encode(self, image: ImageHWC) -> None:
        if self._image is image:
            return
        square = cv2.resize(image, (self._side, self._side), interpolation=cv2.INTER_LINEAR)
        pixels = (square.astype(np.float32) / 255 - _MEAN) / _STD
        values = torch.from_numpy(pixels.transpose(2, 0, 1))[None].to(self._model.device, self._model.dtype)
        self._embeddings = self._model.get_image_embeddings(values)
        self._image = image

    @torch.inference_mode()
    def of_boxes(self, image: ImageHWC, boxes: Sequence[Box]) -> Iterator[MaskHW]:
        """One mask for each box, (H, W) bool."""
        if not boxes:
            return
        self._encode(image)
        height, width = image.shape[:2]
        corners = np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], np.float32)
        corners *= self._side / np.array((width, height, width, height), np.float32)
        out = self._model(
            image_embeddings=self._embeddings,
            input_boxes=torch.from_numpy(corners)[None].to(self._model.device),
            multimask_output=False,
        )
        for logits in out.pred_masks[0, :, 0].float().cpu().numpy():
            yield _at_size(logits, height, width)

    @torch.inference_mode()
    def of_points(
        self, image: ImageHWC, points_xy: NDArray[np.float32]
    ) -> Iterator[tuple[NDArray[np.float32], float]]:
        """For each point (in shares of width and height) three low-resolution masks with predicted IoU."""
        self._encode(image)
        points = torch.from_numpy(points_xy * self._side)[None, :, None].to(self._model.device)
        labels = torch.ones(points.shape[:3], dtype=torch.int64, device=self._model.device)
        out = self._model(
            image_embeddings=self._embeddings,
            input_points=points,
            input_labels=labels,
            multimask_output=True,
        )
        masks, scores = out.pred_masks[0].float().cpu().numpy(), out.iou_scores[0].float().cpu().numpy()
        for mine, score in zip(masks, scores, strict=True):
            yield from ((mask, float(one)) for mask, one in zip(mine, score, strict=True))


def _at_size(logits: NDArray[np.float32], height: int, width: int) -> MaskHW:
    large = cv2.resize(logits, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large > 0)


class Sam2Segmenter:
    """Makes masks of boxes; see :class:`BoxSegmenter`."""

    def __init__(self, sam: Sam2) -> None:
        self._sam = sam

    @property
    def id(self) -> str:
        """Name and weights."""
        return self._sam.id

    def segment(self, image: ImageHWC, boxes: Sequence[Box]) -> list[MaskHW]:
        """One mask for each box, of the image's size."""
        return list(self._sam.of_boxes(image, boxes))


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """Which masks of a grid of points are kept.

    Attributes:
        points_per_side: of the grid.
        points_per_batch: asked at once.
        min_score: predicted IoU.
        min_stability: IoU of the mask at logits above and below zero.
        max_overlap: IoU with a better mask above which one is dropped.
    """

    points_per_side: int = 32
    points_per_batch: int = 64
    min_score: float = 0.8
    min_stability: float = 0.92
    max_overlap: float = 0.7

    def __post_init__(self) -> None:
        if min(self.points_per_side, self.points_per_batch) < 1:
            raise ValueError("points_per_side, points_per_batch: at least 1")


class Sam2Pool:
    """Masks of everything: a grid of points, the good and stable masks kept; see :class:`MaskPool`."""

    _STABILITY_OFFSET = 1.0

    def __init__(self, sam: Sam2, settings: PoolSettings | None = None) -> None:
        self._sam, self._settings = sam, settings or PoolSettings()

    @property
    def id(self) -> str:
        """Name, weights and settings."""
        values = ",".join(f"{name}={value:g}" for name, value in vars(self._settings).items())
        return f"pool({self._sam.id},{values})"

    def pool(self, image: ImageHWC) -> list[MaskHW]:
        """Masks of the image's size, best first."""
        settings = self._settings
        side = (np.arange(settings.points_per_side, dtype=np.float32) + 0.5) / settings.points_per_side
        grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype(np.float32)
        found: list[tuple[float, NDArray[np.float32], Rle]] = []
        for first in range(0, len(grid), settings.points_per_batch):
            for logits, score in self._sam.of_points(image, grid[first : first + settings.points_per_batch]):
                if score >= settings.min_score and _stability(logits, self._STABILITY_OFFSET) >= (
                    settings.min_stability
                ):
                    found.append((score, logits, encode(np.ascontiguousarray(logits > 0))))
        found.sort(key=lambda one: -one[0])
        kept: list[tuple[NDArray[np.float32], Rle]] = []
        for _, logits, small in found:
            if all(iou(small, other) < settings.max_overlap for _, other in kept):
                kept.append((logits, small))
        height, width = image.shape[:2]
        return [_at_size(logits, height, width) for logits, _ in kept]


def _stability(logits: NDArray[np.float32], offset: float) -> float:
    """IoU of the mask at a higher and at a lower threshold; 0 for an empty one."""
    outer = int((logits > -offset).sum())
    return int((logits > offset).sum()) / outer if outer else 0.0
