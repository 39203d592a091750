"""The torch runtime."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.net.allocator import return_freed_memory
from converseg_core.net.architecture.confidence import ConfidenceLogits
from converseg_core.net.architecture.network import ConverSegNet, PromptBatch, PromptVectors
from converseg_core.net.architecture.sam import MaskCandidates, SamFeatures
from converseg_core.net.architecture.vlm import Prefix
from converseg_core.net.backend import Decoded, EncodedImage, ImageInputs, pad_suffixes
from converseg_core.net.config import Grid
from converseg_core.net.preprocessing.prompt import Tokens


@dataclass(frozen=True, kw_only=True, eq=False)
class TorchEncoded:
    """Features and language prefix of one image."""

    features: SamFeatures
    prefix: Prefix
    timings_s: Mapping[str, float]

    @property
    def num_bytes(self) -> int:
        """Memory held."""
        return self.features.num_bytes + self.prefix.num_bytes


class TorchBackend:
    """Runs a :class:`ConverSegNet` where its weights lie."""

    def __init__(self, network: ConverSegNet) -> None:
        self.network = network.eval()
        weights = network.adapter.sparse.weight
        self._device, self._dtype = weights.device, weights.dtype
        self._trim()  # loading passes through copies

    @property
    def name(self) -> str:
        """Library, version, type."""
        return f"torch {torch.__version__} {str(self._dtype).removeprefix('torch.')}"

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""
        return self._device.type

    def fit_grid(self, height: int, width: int, grid: Grid) -> Grid:
        """Any grid will do."""
        del height, width
        return grid

    def encode(self, inputs: ImageInputs) -> TorchEncoded:
        """The image pass."""
        timings: dict[str, float] = {}
        with torch.inference_mode():
            with self._stage("sam_encoder", timings):
                self._trim()
                features = self.network.sam.encode(self._values(inputs.pixels_13hw))
                self._trim()
            with self._stage("vision", timings):
                image = self.network.vlm.encode_image(self._values(inputs.patches), inputs.grid)
            with self._stage("prefill", timings):
                prefix = self.network.vlm.prefill(
                    image,
                    self._on_device(inputs.prefix.ids),
                    self._on_device(inputs.positions_3p),
                    self._on_device(inputs.is_image_p),
                    self._on_device(inputs.prefix.is_word),
                    inputs.next_position,
                )
                self._trim()
        return TorchEncoded(features=features, prefix=prefix, timings_s=timings)

    def decode(self, encoded: EncodedImage, suffixes: Sequence[Tokens]) -> Decoded:
        """The prompts' pass."""
        own = _own(encoded)
        timings: dict[str, float] = {}
        with torch.inference_mode():
            with self._stage("words", timings):
                vectors = self.network.prompt_vectors(own.prefix, self.batch(suffixes))
            with self._stage("decode", timings):
                candidates, confidence = self.network.masks(own.features, vectors)
                decoded = _decoded(candidates, confidence, timings)
                del candidates, vectors
                if len(suffixes) > 1:  # one prompt leaves little behind, and would pay a tenth for it
                    self._trim()
        return decoded

    def decode_boxes(self, encoded: EncodedImage, boxes_n4: NDArray[np.float32]) -> Decoded:
        """Boxes in canvas pixels instead of words."""
        own = _own(encoded)
        timings: dict[str, float] = {}
        with torch.inference_mode(), self._stage("decode", timings):
            sparse, dense = self.network.sam.box_prompt(self._on_device(boxes_n4))
            is_real = torch.ones(sparse.shape[:2], dtype=torch.bool, device=self._device)
            candidates = self.network.sam.decode(own.features, sparse, is_real, dense)
        return _decoded(candidates, None, timings)

    def vectors(self, encoded: EncodedImage, suffixes: Sequence[Tokens]) -> PromptVectors:
        """Prompt vectors without masks, for comparisons."""
        with torch.inference_mode():
            return self.network.prompt_vectors(_own(encoded).prefix, self.batch(suffixes))

    def batch(self, suffixes: Sequence[Tokens]) -> PromptBatch:
        """Suffixes as tensors."""
        ids, is_word, ends = pad_suffixes(suffixes)
        return PromptBatch(
            ids_nt=self._on_device(ids), is_word_nt=self._on_device(is_word), end_n=self._on_device(ends)
        )

    def _trim(self) -> None:
        """Only on the CPU: a GPU's blocks are kept by torch's own allocator."""
        if self._device.type == "cpu":
            return_freed_memory()

    def _on_device(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def _values(self, array: NDArray[np.float32]) -> Tensor:
        return self._on_device(array).to(self._dtype)

    @contextmanager
    def _stage(self, name: str, timings: dict[str, float]) -> Iterator[None]:
        """Time a stage; on a GPU, work is only done when the queue is empty."""
        start = time.perf_counter()
        yield
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        timings[name] = time.perf_counter() - start


def _own(encoded: EncodedImage) -> TorchEncoded:
    if not isinstance(encoded, TorchEncoded):
        raise TypeError(f"encoded: comes from another runtime ({type(encoded).__name__})")
    return encoded


def _decoded(
    candidates: MaskCandidates, confidence: ConfidenceLogits | None, timings: Mapping[str, float]
) -> Decoded:
    return Decoded(
        logits_nkhw=_array(candidates.logits_nkhw),
        iou_nk=_array(candidates.iou_nk),
        presence_n=None if confidence is None else _array(confidence.presence_n),
        quality_n=None if confidence is None else _array(confidence.quality_n),
        timings_s=timings,
    )


def _array(tensor: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.float().cpu().numpy()
    return array
