"""The bridge: hidden states of the words -> prompt tokens and one dense vector for the SAM.

Legend of shape suffixes: n prompts, t word tokens, d width of the language model, c width of the SAM.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PromptAdapter(nn.Module):
    """LayerNorm, a projection of each word (sparse), a small network on the turn's end (dense)."""

    def __init__(self, *, language_width: int, sam_width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(language_width)
        self.sparse = nn.Linear(language_width, sam_width)
        self.dense = nn.Sequential(
            nn.Linear(language_width, sam_width), nn.SiLU(), nn.Linear(sam_width, sam_width)
        )
        self.sparse_scale = nn.Parameter(torch.tensor(1.0))
        self.dense_scale = nn.Parameter(torch.tensor(1.0))
        for layer in (self.sparse, *self.dense):
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, words_ntd: Tensor, end_nd: Tensor) -> tuple[Tensor, Tensor]:
        """Word states and end state -> sparse (n, t, c) and dense (n, c).

        Padding words give meaningless rows: pass the mask of real words on to the decoder.
        """
        sparse_ntc = self.sparse(self.norm(words_ntd)) * self.sparse_scale
        dense_nc = self.dense(self.norm(end_nd)) * self.dense_scale.clamp(min=0.01)
        return sparse_ntc, dense_nc
