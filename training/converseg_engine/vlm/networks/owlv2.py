"""OWLv2 of transformers as a detector: every phrase is a query of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from converseg_engine.vlm.masks.protocol import Box, ImageHWC
from converseg_engine.vlm.networks.weights import load, weights_id

_MEAN = np.array((0.48145466, 0.4578275, 0.40821073), np.float32)
_STD = np.array((0.26862954, 0.26130258, 0.27577711), np.float32)
"""CLIP's, as OWLv2 was trained with."""


def _preprocess(image: ImageHWC, side: int) -> NDArray[np.float32]:
    """(3, side, side): padded to a square at the right and at the bottom, scaled, normalised.

    transformers' own processor does the same and wants scipy for its blur; averaging areas is as good a blur.
    """
    height, width = image.shape[:2]
    longest = max(height, width)
    square = np.zeros((longest, longest, 3), np.float32)
    square[:height, :width] = image.astype(np.float32) / 255
    method = cv2.INTER_AREA if longest > side else cv2.INTER_LINEAR
    small = cv2.resize(square, (side, side), interpolation=method)
    return np.ascontiguousarray(((small - _MEAN) / _STD).transpose(2, 0, 1)).astype(np.float32, copy=False)


class Owlv2:
    """Boxes by phrases; see :class:`BoxDetector`.

    Args:
        folder: snapshot of an OWLv2 model in transformers' format.
        device, dtype: where and in which numbers it runs.
        min_score: boxes below are dropped.
        max_boxes: for each phrase.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        min_score: float = 0.15,
        max_boxes: int = 10,
    ) -> None:
        from transformers import AutoTokenizer, Owlv2ForObjectDetection

        self.id = f"owlv2({weights_id(folder)},{dtype},min_score={min_score:g},max_boxes={max_boxes})"
        self._model: Any = load(Owlv2ForObjectDetection, folder, device, dtype)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._min_score, self._max_boxes = min_score, max_boxes

    @torch.inference_mode()
    def detect(self, image: ImageHWC, phrases: Sequence[str]) -> list[list[Box]]:
        """Boxes for each phrase, best first."""
        if not phrases:
            return []
        device = self._model.device
        pixels = torch.from_numpy(_preprocess(image, int(self._model.config.vision_config.image_size)))[None]
        longest = int(self._model.config.text_config.max_position_embeddings)
        tokens = self._tokenizer(
            [f"a photo of a {phrase}" for phrase in phrases],
            padding="max_length",
            truncation=True,
            max_length=longest,
            return_tensors="pt",
        )
        out = self._model(
            pixel_values=pixels.to(device, self._model.dtype),
            input_ids=tokens["input_ids"].to(device),
            attention_mask=tokens["attention_mask"].to(device),
        )
        scores_qp = out.logits[0].float().sigmoid().cpu().numpy()
        centres_q4 = out.pred_boxes[0].float().cpu().numpy()
        return [self._best(scores_qp[:, k], centres_q4, image) for k in range(len(phrases))]

    def _best(self, scores_q: Any, centres_q4: Any, image: ImageHWC) -> list[Box]:
        height, width = image.shape[:2]
        side = max(height, width)  # the image was padded to a square, at the right and at the bottom
        boxes = []
        for k in np.argsort(-scores_q, kind="stable")[: self._max_boxes]:
            if scores_q[k] < self._min_score:
                break
            x, y, w, h = (float(value) * side for value in centres_q4[k])
            left, right = np.clip([x - w / 2, x + w / 2], 0, width)
            top, bottom = np.clip([y - h / 2, y + h / 2], 0, height)
            if right - left >= 1 and bottom - top >= 1:
                boxes.append(Box(float(left), float(top), float(right), float(bottom), float(scores_q[k])))
        return boxes
