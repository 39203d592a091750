"""A vision-language model used as an encoder: one image prefix, many short suffixes, no generation.

Legend of shape suffixes: n prompts, t tokens, p prefix tokens, d width, h key-value heads, e head width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from converseg_core.net.architecture.prefix_cache import lend
from converseg_core.net.config import Grid


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageTokens:
    """What the vision tower makes of one image.

    Attributes:
        embeds_td: embeddings that take the place of the placeholder tokens.
        deep_td: further embeddings, added after the first language layers; empty for most models.
    """

    embeds_td: Tensor
    deep_td: tuple[Tensor, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Prefix:
    """The language model's memory of template and image.

    Attributes:
        keys_1hpe, values_1hpe: one tensor a layer.
        words_td: last-layer states of the template's own words.
        next_position: rotary position of the token that follows.
    """

    keys_1hpe: tuple[Tensor, ...]
    values_1hpe: tuple[Tensor, ...]
    words_td: Tensor
    next_position: int

    @property
    def num_bytes(self) -> int:
        """Memory held by the tensors."""
        tensors = (*self.keys_1hpe, *self.values_1hpe, self.words_td)
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


class VisionLanguageModel(nn.Module, ABC):
    """Base of the adapters around transformers' models.

    A subclass says how an image is encoded and how the language layers run; the prefix cache is here.
    """

    def __init__(self, *, backbone: nn.Module, width: int, num_layers: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.width = width
        self.num_layers = num_layers

    @abstractmethod
    def encode_image(self, patches: Tensor, grid: Grid) -> ImageTokens:
        """(patches, values) -> tokens of one image."""

    @abstractmethod
    def run_language(
        self,
        embeds_ntd: Tensor,
        positions_3nt: Tensor,
        *,
        cache: Any,
        image: ImageTokens | None = None,
        image_mask_nt: Tensor | None = None,
    ) -> Tensor:
        """Language layers and final norm: (n, t, d) -> (n, t, d). ``cache`` is extended in place."""

    def embed(self, ids_nt: Tensor) -> Tensor:
        """Token ids (n, t) -> embeddings (n, t, d), where transformers' vision-language models keep them."""
        backbone: Any = self.backbone
        output: Tensor = backbone.language_model.embed_tokens(ids_nt)
        return output

    @property
    def dtype(self) -> torch.dtype:
        """Type of the language weights."""
        return next(self.parameters()).dtype

    def prefill(
        self,
        image: ImageTokens,
        ids_p: Tensor,
        positions_3p: Tensor,
        is_image_p: Tensor,
        is_word_p: Tensor,
        next_position: int,
    ) -> Prefix:
        """Run template and image once and keep what later tokens attend to."""
        cache = DynamicCache()
        states_1pd = self._run_with_image(image, ids_p, positions_3p, is_image_p, cache)
        return Prefix(
            keys_1hpe=tuple(layer.keys for layer in cache.layers),
            values_1hpe=tuple(layer.values for layer in cache.layers),
            words_td=states_1pd[0, is_word_p],
            next_position=next_position,
        )

    def extend(self, prefix: Prefix, ids_nt: Tensor) -> Tensor:
        """States of suffixes that follow one prefix: (n, t) ids, padded on the right -> (n, t, d).

        Attention is causal, so padding behind a suffix cannot reach its states.
        """
        num_prompts, num_tokens = ids_nt.shape
        cache = lend(prefix.keys_1hpe, prefix.values_1hpe)
        steps = torch.arange(num_tokens, device=ids_nt.device) + prefix.next_position
        positions_3nt = steps.expand(3, num_prompts, num_tokens)
        return self.run_language(self.embed(ids_nt), positions_3nt, cache=cache)

    def whole_pass(
        self, image: ImageTokens, ids_t: Tensor, positions_3t: Tensor, is_image_t: Tensor
    ) -> Tensor:
        """States (t, d) of one image and one prompt in one uncached pass, as the reference does."""
        return self._run_with_image(image, ids_t, positions_3t, is_image_t, None)[0]

    def _run_with_image(
        self, image: ImageTokens, ids_t: Tensor, positions_3t: Tensor, is_image_t: Tensor, cache: Any
    ) -> Tensor:
        embeds_1td = self.embed(ids_t[None])
        mask_1t = is_image_t[None]
        embeds_1td = embeds_1td.masked_scatter(mask_1t[..., None], image.embeds_td.to(embeds_1td.dtype))
        return self.run_language(
            embeds_1td, positions_3t[:, None], cache=cache, image=image, image_mask_nt=mask_1t
        )
