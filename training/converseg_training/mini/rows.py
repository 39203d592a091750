"""A picture of the shards with some of its questions, as the frozen networks of ``mini`` see them.

Runs in worker processes; each opens the networks for itself. Legend of shape suffixes: c channels, d features
h, w height and width, p questions.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from converseg_core.mini.evidence import HEIGHT, NUM_WORDS, WIDTH, PromptEvidence, read_prompt, shrink
from converseg_training.embedded.rows import changed, chosen_questions
from converseg_training.loop.task import TrainRow
from converseg_training.mini.features import FrozenNetworks, Projection, project
from converseg_training.mini.network import MEAN, STD, WORD_SIZE, ImageInputs, PromptInputs

_MAX_PROMPTS_KEPT = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class MiniRow:
    """One picture with P questions.

    Attributes:
        image: of one picture, without the batch axis.
        prompt: of its questions.
        target_phw: (P, 96, 128) uint8, share of each cell inside the mask, 255 for all of it.
        no_target_p: (P,) bool.
    """

    image: ImageInputs
    prompt: PromptInputs
    target_phw: Tensor
    no_target_p: Tensor


class RowMaker:
    """Frozen networks and projection of a bundle; the networks are opened once in each process."""

    def __init__(self, bundle: Path, projection: Projection) -> None:
        self._bundle, self._projection = bundle, projection
        self._opened: tuple[int, FrozenNetworks] | None = None
        self._read: OrderedDict[str, PromptEvidence] = OrderedDict()

    @property
    def networks(self) -> FrozenNetworks:
        """Of this process: sessions do not survive a fork."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (os.getpid(), FrozenNetworks(self._bundle))
        return self._opened[1]

    def row(self, row: TrainRow, num_questions: int, *, recolor: bool) -> MiniRow:
        """Decode, look, read; colours vary a little where asked for, for the trained part alone."""
        image = row.image.pixels()
        questions = chosen_questions(row, num_questions)
        semantic, middle, painted = self.networks.raw(image)
        small = shrink(image)
        pixels = changed(small, row.rng) if recolor else small.astype(np.float32) / np.float32(255)
        normal = (pixels - np.asarray(MEAN, np.float32)) / np.asarray(STD, np.float32)
        fit = self._projection
        deep = project(semantic, fit.semantic_mean, fit.semantic_cd, (12, 16))
        fine = project(middle, fit.middle_mean, fit.middle_cd, (24, 32))
        size = (row.image.height, row.image.width)
        masks = [question.mask(*size).astype(np.uint8) * np.uint8(255) for question in questions]
        targets = [
            cv2.resize(mask, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA) for mask in masks
        ]
        return MiniRow(
            image=ImageInputs(
                torch.from_numpy(np.ascontiguousarray(normal.transpose(2, 0, 1))),
                torch.from_numpy(deep.astype(np.float32)),
                torch.from_numpy(fine.astype(np.float32)),
                torch.from_numpy(painted),
            ),
            prompt=self._prompts([question.prompt for question in questions]),
            target_phw=torch.from_numpy(np.stack(targets)),
            no_target_p=torch.tensor([question.no_target for question in questions]),
        )

    def _prompts(self, prompts: Sequence[str]) -> PromptInputs:
        words = np.zeros((len(prompts), NUM_WORDS, 2 * WORD_SIZE), np.float32)
        is_word = np.zeros((len(prompts), NUM_WORDS), np.float32)
        found = [self._evidence(prompt) for prompt in prompts]
        for number, evidence in enumerate(found):
            words[number, : len(evidence.words_le)] = evidence.words_le
            is_word[number, : len(evidence.words_le)] = 1
        return PromptInputs(
            torch.from_numpy(words),
            torch.from_numpy(is_word),
            torch.from_numpy(np.stack([evidence.sentence_k for evidence in found])),
            torch.from_numpy(np.stack([evidence.nearest_k for evidence in found])),
        )

    def _evidence(self, prompt: str) -> PromptEvidence:
        if prompt not in self._read:
            networks = self.networks
            self._read[prompt] = read_prompt(networks.language, prompt, networks.names_ke)
            if len(self._read) > _MAX_PROMPTS_KEPT:
                self._read.popitem(last=False)
        return self._read[prompt]


def stacked(rows: Sequence[MiniRow], device: torch.device) -> MiniRow:
    """B pictures as one, their questions next to each other; targets as float in [0, 1]."""
    images = zip(*(vars(row.image).values() for row in rows), strict=True)
    prompts = zip(*(vars(row.prompt).values() for row in rows), strict=True)
    return MiniRow(
        image=ImageInputs(*(torch.stack(parts).to(device) for parts in images)),
        prompt=PromptInputs(*(torch.cat(parts).to(device) for parts in prompts)),
        target_phw=torch.cat([row.target_phw for row in rows]).to(device).float() / 255,
        no_target_p=torch.cat([row.no_target_p for row in rows]).to(device),
    )


def projection_of(graph_path: Path) -> Projection:
    """The projection inside a graph of a built ``mini``.

    Raises:
        ValueError: the graph holds none.
    """
    values = {
        item.name.removesuffix(".half"): numpy_helper.to_array(item).astype(np.float32)
        for item in onnx.load(graph_path).graph.initializer
    }
    try:
        semantic = _mean_and_basis(values["semantic.weight"], values["semantic.bias"])
        middle = _mean_and_basis(values["middle.weight"], values["middle.bias"])
    except KeyError as error:
        raise ValueError(f"{graph_path}: holds no {error}; build mini again") from error
    return Projection(*semantic, *middle)


def _mean_and_basis(
    weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A mean whose projection is minus the bias: any such mean gives the same features."""
    basis_cd = weight[:, :, 0, 0].T
    mean_c = -bias.astype(np.float64) @ np.linalg.pinv(basis_cd.astype(np.float64))
    return np.asarray(mean_c, np.float32), np.ascontiguousarray(basis_cd)
