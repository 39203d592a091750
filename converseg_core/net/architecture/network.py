"""The whole network: language model, adapter, SAM, confidence head. Modules only compute.

Legend of shape suffixes: n prompts, t tokens, d language width, c SAM width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from converseg_core.net.architecture.adapter import PromptAdapter
from converseg_core.net.architecture.confidence import ConfidenceHead, ConfidenceLogits
from converseg_core.net.architecture.sam import MaskCandidates, SamFeatures, SegmentAnything
from converseg_core.net.architecture.vlm import Prefix, VisionLanguageModel


@dataclass(frozen=True, kw_only=True, eq=False)
class PromptBatch:
    """Suffixes of several prompts, padded on the right.

    Attributes:
        ids_nt: token ids.
        is_word_nt: plain-text tokens; False on padding.
        end_n: index of each turn's end token.
    """

    ids_nt: Tensor
    is_word_nt: Tensor
    end_n: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class PromptVectors:
    """Prompts in the SAM's terms; rows where ``is_real_nt`` is False are padding."""

    sparse_ntc: Tensor
    is_real_nt: Tensor
    dense_nc: Tensor


class ConverSegNet(nn.Module):
    """One image pass, then any number of prompts on it."""

    def __init__(
        self,
        *,
        vlm: VisionLanguageModel,
        adapter: PromptAdapter,
        sam: SegmentAnything,
        confidence: ConfidenceHead | None,
        template_words: bool,
    ) -> None:
        super().__init__()
        self.vlm = vlm
        self.adapter = adapter
        self.sam = sam
        self.confidence = confidence
        self.template_words = template_words

    def prompt_vectors(self, prefix: Prefix, batch: PromptBatch) -> PromptVectors:
        """Suffixes on a cached image prefix -> prompt vectors."""
        states_ntd = self.vlm.extend(prefix, batch.ids_nt)
        return self.project(states_ntd, batch, prefix.words_td)

    def project(self, states_ntd: Tensor, batch: PromptBatch, template_td: Tensor) -> PromptVectors:
        """Gather word states (the template's first, in order of the sequence) and project them."""
        num_prompts = states_ntd.shape[0]
        dtype = self.adapter.sparse.weight.dtype
        template_td = template_td if self.template_words else template_td[:0]
        num_template = template_td.shape[0]
        lengths_n = batch.is_word_nt.sum(dim=1)
        num_words = max(1, int(lengths_n.max()))
        # A stable sort brings words to the front without changing their order.
        order_nt = torch.argsort((~batch.is_word_nt).to(torch.uint8), dim=1, stable=True)[:, :num_words]
        words_ntd = states_ntd.gather(1, order_nt[..., None].expand(-1, -1, states_ntd.shape[-1]))
        steps = torch.arange(num_words, device=states_ntd.device)
        is_real_nt = steps[None] < lengths_n[:, None]
        if num_template:
            words_ntd = torch.cat([template_td.expand(num_prompts, -1, -1), words_ntd], dim=1)
            ones = torch.ones(num_prompts, num_template, dtype=torch.bool, device=is_real_nt.device)
            is_real_nt = torch.cat([ones, is_real_nt], dim=1)
        end_nd = states_ntd[torch.arange(num_prompts, device=states_ntd.device), batch.end_n]
        sparse_ntc, dense_nc = self.adapter(words_ntd.to(dtype), end_nd.to(dtype))
        return PromptVectors(sparse_ntc=sparse_ntc, is_real_nt=is_real_nt, dense_nc=dense_nc)

    def masks(
        self, features: SamFeatures, vectors: PromptVectors
    ) -> tuple[MaskCandidates, ConfidenceLogits | None]:
        """Prompt vectors on an encoded image -> mask candidates, and confidence where there is a head."""
        candidates = self.sam.decode(features, vectors.sparse_ntc, vectors.is_real_nt, vectors.dense_nc)
        if self.confidence is None:
            return candidates, None
        return candidates, self.confidence(candidates.tokens_ntc, vectors.dense_nc)
