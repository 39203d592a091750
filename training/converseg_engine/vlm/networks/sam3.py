"""SAM 3 of transformers as a finder: words in, masks of all instances out, no detector beside it.

Its image processor in transformers needs torchvision, so pictures are prepared here: one square, colours from
-1 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from converseg_engine.vlm.masks.boxes import assign
from converseg_engine.vlm.masks.protocol import Box, Found, ImageHWC, MaskHW, Wanted
from converseg_engine.vlm.networks.weights import load, weights_id


class Sam3:
    """Masks by phrases; see :class:`RegionFinder`.

    An instance's score is its own times that of the phrase being in the picture at all. Of several instances
    a region gets the one whose box agrees best with its hint.

    Args:
        folder: snapshot of a SAM 3 model in transformers' format.
        device, dtype: where and in which numbers it runs.
        min_score: instances below are dropped.
        max_instances: for each phrase.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        min_score: float = 0.3,
        max_instances: int = 10,
    ) -> None:
        from transformers import AutoTokenizer, Sam3Model

        self.id = f"sam3({weights_id(folder)},{dtype},min_score={min_score:g},max_instances={max_instances})"
        self._model: Any = load(Sam3Model, folder, device, dtype)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._side = int(self._model.config.vision_config.image_size)
        self._num_tokens = int(self._model.config.text_config.max_position_embeddings)
        self._min_score, self._max_instances = min_score, max_instances

    @torch.inference_mode()
    def find(self, image: ImageHWC, wanted: Sequence[Wanted]) -> list[Found | None]:
        """See :class:`RegionFinder`. An instance that a surer region took is not given twice."""
        if not wanted:
            return []
        values = self._prepare(image).to(self._model.device, self._model.dtype)
        features = self._model.get_vision_features(pixel_values=values)
        boxes: dict[str, list[Box]] = {}
        logits: dict[tuple[str, Box], NDArray[np.float32]] = {}
        for phrase in sorted({want.phrase for want in wanted}):
            boxes[phrase] = []
            for box, mask_logits in self._instances(features, phrase, image.shape[0], image.shape[1]):
                boxes[phrase].append(box)
                logits.setdefault((phrase, box), mask_logits)
        found: list[Found | None] = []
        for want, chosen in zip(wanted, assign(wanted, boxes), strict=True):
            if chosen is None:
                found.append(None)
                continue
            mask = _at_size(logits[want.phrase, chosen], image.shape[0], image.shape[1])
            found.append(Found(mask, chosen.score) if mask.any() else None)
        return found

    def _prepare(self, image: ImageHWC) -> torch.Tensor:
        """(1, 3, S, S) float32."""
        pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].float()
        # Smaller pictures are made with a wide filter, as in training; cv2's linear one would alias.
        size = (self._side, self._side)
        square = torch.nn.functional.interpolate(pixels, size, mode="bilinear", antialias=True)
        return square.round().clamp(0, 255) / 127.5 - 1

    def _instances(
        self, features: Any, phrase: str, height: int, width: int
    ) -> list[tuple[Box, NDArray[np.float32]]]:
        """Boxes in pixels with low-resolution mask logits, best first."""
        words = self._tokenizer(
            phrase.strip() or "object",
            padding="max_length",
            truncation=True,
            max_length=self._num_tokens,
            return_tensors="pt",
        ).to(self._model.device)
        out = self._model(
            vision_embeds=features, input_ids=words["input_ids"], attention_mask=words["attention_mask"]
        )
        scores_q = (
            (out.pred_logits.float().sigmoid() * out.presence_logits.float().sigmoid())[0].cpu().numpy()
        )
        corners_q4 = out.pred_boxes[0].float().cpu().numpy()
        instances = []
        for k in np.argsort(-scores_q, kind="stable")[: self._max_instances]:
            if scores_q[k] < self._min_score:
                break
            left, right = np.clip(corners_q4[k, [0, 2]] * width, 0, width)
            top, bottom = np.clip(corners_q4[k, [1, 3]] * height, 0, height)
            if right - left >= 1 and bottom - top >= 1:
                box = Box(float(left), float(top), float(right), float(bottom), float(scores_q[k]))
                instances.append((box, out.pred_masks[0, k].float().cpu().numpy()))
        return instances


def _at_size(logits: NDArray[np.float32], height: int, width: int) -> MaskHW:
    """Probabilities are enlarged, not logits: that is how the model's authors cut its masks."""
    shares = 1 / (1 + np.exp(-logits.astype(np.float64)))
    large = cv2.resize(shares, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large > 0.5)
