"""The prompt path: words look at the picture, the picture looks at the words, a mask comes out.

Legend of shape suffixes: n prompts, l words, t visual tokens, d model width, c channels, h, w.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_training.embedded.image_encoder import ConvNormAct, position_channels


class TextEncoder(nn.Module):
    """Word numbers -> word states; 0 is padding and is masked everywhere."""

    def __init__(
        self, *, num_ids: int, max_num_tokens: int, width: int, num_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(num_ids, width, padding_idx=0)
        self.positions = nn.Parameter(torch.randn(max_num_tokens, width) * 0.02)
        self.layers = nn.ModuleList(
            Attention(width, dropout=dropout, feed_forward=2) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens_nl: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Word states (N, L, D), their mask (N, L) with True for words, sentence state (N, D)."""
        mask_nl = tokens_nl > 0
        x_nld = self.words(tokens_nl) + self.positions[: tokens_nl.shape[1]]
        for layer in self.layers:
            x_nld = layer(x_nld, x_nld, mask_nl)
        x_nld = self.norm(x_nld)
        weight_nl1 = mask_nl.unsqueeze(-1).to(x_nld.dtype)
        sentence_nd = (x_nld * weight_nl1).sum(1) / weight_nl1.sum(1).clamp(min=1.0)
        return x_nld, mask_nl, sentence_nd


class Attention(nn.Module):
    """Pre-norm multi-head attention from x to context, then an optional feed-forward layer."""

    def __init__(
        self, width: int, *, num_heads: int = 4, dropout: float = 0.0, feed_forward: int = 0
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm_x = nn.LayerNorm(width)
        self.norm_context = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = (
            nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, feed_forward * width),
                nn.GELU(),
                nn.Linear(feed_forward * width, width),
            )
            if feed_forward
            else None
        )

    def forward(
        self,
        x_ntd: Tensor,
        context_nld: Tensor,
        mask_nl: Tensor | None,
        bias_nhtl: Tensor | None = None,
    ) -> Tensor:
        """(N, T, D) attends to (N, L, D).

        ``mask_nl`` is True where the context may be looked at; ``bias_nhtl`` (N, heads, T, L) is added to
        the scores.
        """
        num, num_x, width = x_ntd.shape
        heads = self.num_heads
        query = self.query(self.norm_x(x_ntd)).view(num, num_x, heads, -1).transpose(1, 2)
        key_value = self.key_value(self.norm_context(context_nld))
        key, value = key_value.view(num, context_nld.shape[1], 2, heads, -1).permute(2, 0, 3, 1, 4)
        # Written out: on CPU in bf16 this trains twice as fast as the fused kernel at these lengths.
        scores_nhtl = (query * (query.shape[-1] ** -0.5)) @ key.transpose(-2, -1)
        if bias_nhtl is not None:
            scores_nhtl = scores_nhtl + bias_nhtl
        if mask_nl is not None:
            scores_nhtl = scores_nhtl.masked_fill(~mask_nl[:, None, None, :], -1e4)
        attended = scores_nhtl.softmax(dim=-1).to(value.dtype) @ value
        x_ntd = x_ntd + self.dropout(self.out(attended.transpose(1, 2).reshape(num, num_x, width)))
        if self.feed_forward is not None:
            x_ntd = x_ntd + self.dropout(self.feed_forward(x_ntd))
        return x_ntd


class ModulatedRefinement(nn.Module):
    """Upsample by two, add finer image features, let the sentence modulate them (FiLM, arXiv 1709.07871)."""

    def __init__(self, *, coarse: int, fine: int, out: int, width: int) -> None:
        super().__init__()
        self.from_coarse = nn.Conv2d(coarse, out, 1)
        self.from_fine = nn.Conv2d(fine, out, 1)
        self.modulation = nn.Linear(width, 2 * out)
        self.mix = ConvNormAct(2 * out, out)

    def forward(
        self, coarse_nchw: Tensor, fine_bchw: Tensor, sentence_nd: Tensor, num_per_image: int
    ) -> Tensor:
        """(N, out, 2h, 2w). N = B * num_per_image, the prompts of an image next to each other."""
        scale, shift = self.modulation(sentence_nd)[:, :, None, None].chunk(2, dim=1)
        fine_nchw = per_prompt(self.from_fine(fine_bchw), num_per_image) * (1 + scale) + shift
        coarse_nchw = F.interpolate(self.from_coarse(coarse_nchw), scale_factor=2.0, mode="bilinear")
        refined: Tensor = self.mix(torch.cat([coarse_nchw, F.silu(fine_nchw)], dim=1))
        return refined


class PromptDecoder(nn.Module):
    """Features of B images and B * num_per_image prompts -> mask, presence and quality logits."""

    def __init__(
        self,
        *,
        channels: tuple[int, int, int, int],
        grid_hw: tuple[int, int],
        num_ids: int,
        max_num_tokens: int,
        width: int = 128,
        num_layers: int = 3,
        num_text_layers: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.grid_hw = grid_hw
        self.text = TextEncoder(
            num_ids=num_ids,
            max_num_tokens=max_num_tokens,
            width=width,
            num_layers=num_text_layers,
            dropout=dropout,
        )
        self.project = nn.Conv2d(channels[3], width, 1)
        self.place = nn.Conv2d(2, width, 1)
        self.positions = nn.Parameter(torch.randn(grid_hw[0] * grid_hw[1], width) * 0.02)
        self.look_at_words = nn.ModuleList(Attention(width, dropout=dropout) for _ in range(num_layers))
        self.look_around = nn.ModuleList(
            Attention(width, dropout=dropout, feed_forward=2) for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.refine_8 = ModulatedRefinement(coarse=width, fine=channels[2], out=48, width=width)
        self.refine_4 = ModulatedRefinement(coarse=48, fine=channels[1], out=24, width=width)
        self.mask = nn.Conv2d(24, 1, 3, padding=1)
        self.detail_kernel = nn.Linear(width, channels[0])
        self.coarse_mask = nn.Linear(width, 1)
        self.pool = nn.Linear(width, 1)
        self.presence = nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, 1))
        self.quality = nn.Sequential(nn.Linear(2 * width + 3, width), nn.SiLU(), nn.Linear(width, 1))
        self.register_buffer("grid", position_channels(*grid_hw)[None], persistent=False)

    def forward(
        self, features: tuple[Tensor, Tensor, Tensor, Tensor], tokens_nl: Tensor, num_per_image: int = 1
    ) -> dict[str, Tensor]:
        """The four heads.

        ``mask_logits`` (N, H/2, W/2), ``coarse_logits`` (N, H/16, W/16), ``presence_logit`` and
        ``quality_logit`` (N,).
        """
        f2, f4, f8, f16 = features
        height, width = self.grid_hw
        words_nld, word_mask_nl, sentence_nd = self.text(tokens_nl)
        visual_btd = (self.project(f16) + self.place(self.grid)).flatten(2).transpose(1, 2) + self.positions
        x_ntd = per_prompt(visual_btd, num_per_image)
        for look_at_words, look_around in zip(self.look_at_words, self.look_around, strict=True):
            x_ntd = look_at_words(x_ntd, words_nld, word_mask_nl)
            x_ntd = look_around(x_ntd, x_ntd, None)
        x_ntd = self.norm(x_ntd)
        coarse_nt = self.coarse_mask(x_ntd).squeeze(-1)
        x_ndhw = x_ntd.transpose(1, 2).reshape(x_ntd.shape[0], -1, height, width)
        y = self.refine_8(x_ndhw, f8, sentence_nd, num_per_image)
        y = self.refine_4(y, f4, sentence_nd, num_per_image)
        weight_nt1 = self.pool(x_ntd).float().softmax(dim=1).to(x_ntd.dtype)
        found_nd = (x_ntd * weight_nt1).sum(1)
        pooled_nd = torch.cat([found_nd, sentence_nd], dim=1)
        mask_nhw = F.interpolate(self.mask(y), scale_factor=2.0, mode="bilinear").squeeze(1)
        mask_nhw = mask_nhw + self._details(found_nd, f2, num_per_image)
        presence_n = self.presence(pooled_nd).squeeze(-1)
        evidence = torch.cat([pooled_nd, presence_n[:, None], _mask_evidence(mask_nhw)], dim=1).detach()
        return {
            "mask_logits": mask_nhw,
            "coarse_logits": coarse_nt.view(-1, height, width),
            "presence_logit": presence_n,
            "quality_logit": self.quality(evidence).squeeze(-1),
        }

    def _details(self, found_nd: Tensor, f2_bchw: Tensor, num_per_image: int) -> Tensor:
        """(N, H/2, W/2): fine edges, from a kernel that each prompt makes for the shared fine features.

        Dynamic kernels (arXiv 2003.05664) cost one product a pixel, where convolutions at this
        resolution for each prompt would cost more than the rest of the decoder.
        """
        num_images, num_channels, height, width = f2_bchw.shape
        kernel_bpc = self.detail_kernel(found_nd).view(num_images, num_per_image, num_channels)
        return (kernel_bpc @ f2_bchw.flatten(2)).reshape(-1, height, width)


def per_prompt(x_b: Tensor, num_per_image: int) -> Tensor:
    """Repeat each image's entry for each of its prompts: (B, ...) -> (B * num_per_image, ...)."""
    return x_b if num_per_image == 1 else x_b.repeat_interleave(num_per_image, dim=0)


def _mask_evidence(mask_nhw: Tensor) -> Tensor:
    """(N, 2): how sure the mask is of itself, and how large it is; what the quality head judges by."""
    probability = mask_nhw.float().sigmoid()
    inside = (probability > 0.5).float()
    area = inside.sum((1, 2))
    sureness = (probability * inside).sum((1, 2)) / area.clamp(min=1.0)
    return torch.stack([sureness, (area + 1.0).log() / 10.0], dim=1)
