"""A picture of the shards with some of its questions -> tensors. Runs in worker processes.

Legend of shape suffixes: c channels, h, w height and width, p questions, l tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.embedded import WordTokenizer
from converseg_core.embedded.letterbox import Letterbox
from converseg_engine.shards import QuestionRow
from converseg_training.data.points import sampled_points
from converseg_training.embedded.config import EmbeddedTaskConfig
from converseg_training.loop.task import TrainRow


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedRow:
    """One picture with P questions.

    Attributes:
        image_chw: (3, H, W) float32, normalised.
        tokens_pl: (P, L) int64.
        target_phw: (P, H / 2, W / 2) uint8, share of each cell inside the mask, 255 for all of it.
        no_target_p: (P,) bool.
        points_pq2: (P, Q, 2) places in the canvas, [0, 1] from edge to edge; Q = 0 where not asked for.
        is_inside_pq: (P, Q), 1 where the true mask covers the place.
    """

    image_chw: Tensor
    tokens_pl: Tensor
    target_phw: Tensor
    no_target_p: Tensor
    points_pq2: Tensor
    is_inside_pq: Tensor


def embedded_row(
    row: TrainRow, config: EmbeddedTaskConfig, tokenizer: WordTokenizer, *, recolor: bool
) -> EmbeddedRow:
    """Decode, change exposure and colour a little, letterbox, count words.

    Raises:
        ValueError: a prompt holds words outside the vocabulary.
    """
    network = config.network
    height, width = row.image.height, row.image.width
    questions = chosen_questions(row, config.num_questions, negatives=config.negatives)
    tokens = []
    for question in questions:
        encoded = tokenizer.encode(question.prompt)
        if encoded.unknown:
            raise ValueError(
                f"data: prompt {question.prompt!r} of {row.image.image_id}: words outside the vocabulary: "
                f"{', '.join(encoded.unknown)}; this network learns the words of the simulated scenes alone"
            )
        tokens.append(encoded.ids)
    letterbox = Letterbox(height, width, network.height, network.width)
    image = letterbox.apply(row.image.pixels())
    image_hwc = changed(image, row.rng) if recolor else image.astype(np.float32) / np.float32(255)
    pixels = (image_hwc - np.asarray(network.mean, np.float32)) / np.asarray(network.std, np.float32)
    half = Letterbox(height, width, network.height // 2, network.width // 2)
    truths = [question.mask(height, width) for question in questions]
    masks = [truth.astype(np.uint8) * np.uint8(255) for truth in truths]
    num_points = config.num_points if config.losses.points else 0
    points = [sampled_points(truth, letterbox, num_points, row.rng) for truth in truths]
    return EmbeddedRow(
        image_chw=torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))),
        tokens_pl=torch.from_numpy(np.stack(tokens)),
        target_phw=torch.from_numpy(np.stack([half.apply(mask) for mask in masks])),
        no_target_p=torch.tensor([question.no_target for question in questions]),
        points_pq2=torch.from_numpy(np.stack([place for place, _ in points])),
        is_inside_pq=torch.from_numpy(np.stack([inside for _, inside in points])),
    )


def chosen_questions(row: TrainRow, count: int, *, negatives: float = 1.0) -> list[QuestionRow]:
    """The drawn question and others of its picture; some come twice where the picture has too few.

    Args:
        row: a question and its picture.
        count: how many.
        negatives: how much likelier than others a question without a target is drawn; with 0 there is none,
            but in pictures that have no other.
    """
    lead = row.question
    others = [found for found in row.image.questions if not found.held_out and found.id != lead.id]
    if negatives == 0:
        others = [found for found in others if not found.no_target]
        if lead.no_target and others:
            lead = others.pop(int(row.rng.integers(len(others))))
    if not others or count == 1:
        return [lead] * count
    chance = np.array([negatives if found.no_target else 1.0 for found in others])
    numbers = row.rng.choice(
        len(others), size=count - 1, replace=len(others) < count - 1, p=chance / chance.sum()
    )
    return [lead, *(others[int(number)] for number in numbers)]


def changed(image_hwc: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Exposure, gamma, white balance and noise; hues stay nameable. uint8 in, float [0, 1] out."""
    image = np.maximum(image_hwc.astype(np.float32) / np.float32(255), np.float32(1e-4))
    image = image ** np.float32(rng.uniform(0.75, 1.35))
    gain = rng.uniform(0.8, 1.2) * rng.uniform(0.95, 1.05, 3)
    image = image * gain.astype(np.float32) + np.float32(rng.uniform(-0.04, 0.04))
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(0.0, 0.02))
    return np.asarray(np.clip(image + noise, 0, 1), np.float32)


def stacked(rows: Sequence[EmbeddedRow], device: torch.device) -> EmbeddedRow:
    """B pictures as one: (B, 3, H, W), and their questions next to each other, targets as float in [0, 1]."""
    return EmbeddedRow(
        image_chw=torch.stack([row.image_chw for row in rows]).to(device),
        tokens_pl=torch.cat([row.tokens_pl for row in rows]).to(device),
        target_phw=torch.cat([row.target_phw for row in rows]).to(device).float() / 255,
        no_target_p=torch.cat([row.no_target_p for row in rows]).to(device),
        points_pq2=torch.cat([row.points_pq2 for row in rows]).to(device),
        is_inside_pq=torch.cat([row.is_inside_pq for row in rows]).to(device),
    )
