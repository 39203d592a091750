"""Grounding DINO of transformers as a detector: all phrases in one caption, each read by its own words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from converseg_engine.vlm.masks.protocol import Box, ImageHWC
from converseg_engine.vlm.networks.weights import load, weights_id


class GroundingDino:
    """Boxes by phrases; see :class:`BoxDetector`.

    A phrase's score for a box is the highest of its words'. Phrases cannot see each other: the model masks
    attention between the parts of a caption that full stops divide.

    Args:
        folder: snapshot of a Grounding DINO model in transformers' format.
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
        min_score: float = 0.25,
        max_boxes: int = 10,
    ) -> None:
        from transformers import (
            AutoTokenizer,
            GroundingDinoForObjectDetection,
            GroundingDinoImageProcessorPil,
        )

        self.id = (
            f"grounding-dino({weights_id(folder)},{dtype},min_score={min_score:g},max_boxes={max_boxes})"
        )
        self._model: Any = load(GroundingDinoForObjectDetection, folder, device, dtype)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._processor: Any = GroundingDinoImageProcessorPil.from_pretrained(folder, local_files_only=True)
        self._min_score, self._max_boxes = min_score, max_boxes

    def detect(self, image: ImageHWC, phrases: Sequence[str]) -> list[list[Box]]:
        """Boxes for each phrase, best first."""
        pictures = self._processor(images=[image], return_tensors="pt")
        boxes: list[list[Box]] = []
        for caption in self._captions(phrases):
            boxes += self._detect(image, pictures, caption)
        return boxes

    def _captions(self, phrases: Sequence[str]) -> list[list[list[int]]]:
        """Phrases as token ids, in groups that fit into one caption each."""
        longest = int(self._model.config.max_text_len) - 2
        captions: list[list[list[int]]] = [[]]
        used = 0
        for phrase in phrases:
            clean = phrase.lower().replace(".", " ").replace("?", " ").strip() or "object"
            ids = list(self._tokenizer(clean, add_special_tokens=False)["input_ids"])[: longest - 1]
            if used + len(ids) + 1 > longest:
                captions.append([])
                used = 0
            captions[-1].append(ids)
            used += len(ids) + 1
        return [caption for caption in captions if caption]

    @torch.inference_mode()
    def _detect(self, image: ImageHWC, pictures: Any, caption: list[list[int]]) -> list[list[Box]]:
        stop = self._tokenizer.convert_tokens_to_ids(".")
        ids, spans = [self._tokenizer.cls_token_id], []
        for phrase in caption:
            spans.append((len(ids), len(ids) + len(phrase)))
            ids += [*phrase, stop]
        ids.append(self._tokenizer.sep_token_id)
        device = self._model.device
        input_ids = torch.tensor([ids], device=device)
        out = self._model(
            pixel_values=pictures["pixel_values"].to(device, self._model.dtype),
            pixel_mask=pictures["pixel_mask"].to(device),
            input_ids=input_ids,
            token_type_ids=torch.zeros_like(input_ids),
            attention_mask=torch.ones_like(input_ids),
        )
        scores_qt = out.logits[0].float().sigmoid().cpu().numpy()
        centres_q4 = out.pred_boxes[0].float().cpu().numpy()
        return [
            _best(scores_qt[:, start:end].max(axis=1), centres_q4, image, self._min_score, self._max_boxes)
            for start, end in spans
        ]


def _best(
    scores_q: NDArray[np.float32], centres_q4: NDArray[np.float32], image: ImageHWC, least: float, most: int
) -> list[Box]:
    """Boxes (centre, size in shares of the image) with good scores, in pixels, best first."""
    height, width = image.shape[:2]
    boxes = []
    for k in np.argsort(-scores_q, kind="stable")[:most]:
        if scores_q[k] < least:
            break
        x, y, w, h = (float(value) for value in centres_q4[k])
        left, right = np.clip([(x - w / 2) * width, (x + w / 2) * width], 0, width)
        top, bottom = np.clip([(y - h / 2) * height, (y + h / 2) * height], 0, height)
        if right - left >= 1 and bottom - top >= 1:
            boxes.append(Box(float(left), float(top), float(right), float(bottom), float(scores_q[k])))
    return boxes
