"""Views of photos in memory with what each cell shows: labelled, or told by classifiers that came before.

Legend: B views, K classes of ``NAMES``, H rows and W columns of cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_core.mini.lexicon import NAMES
from converseg_training.mini.cell_views import SIZES, UNKNOWN
from converseg_training.mini.pixels import normalise

_CHUNK = 16
_UNLIKELY = 1e-3
"""What is left of a class that was looked for and not labelled: outlines of things are not exact."""


class LabelledViews:
    """Views in half precision.

    Attributes:
        data: name of each array of ``converseg_training.mini.cell_views`` -> all views.
        told_bkhw: share of each class in each cell, of the views from ``num_labelled`` on.
        num_labelled: views whose labels were drawn by people.
    """

    def __init__(
        self, paths: Sequence[Path], *, num_views: int | None = None, pixels_only: bool = False
    ) -> None:
        self.data = _stacked(paths, ("small", "painted", "labels", *SIZES), num_views)
        self.num_labelled = len(self)
        self.told_bkhw: Tensor | None = None
        if pixels_only:
            for name in ("painted", *SIZES):
                self.data[name].zero_()

    def __len__(self) -> int:
        return len(self.data["small"])

    def logits(self, network: nn.Module, chosen: Tensor, shade: Tensor | float = 1.0) -> Tensor:
        """Of some views; ``shade`` brightens or darkens their pixels."""
        pixels = normalise((self.data["small"][chosen].float() / 255.0 * shade).clamp(0, 1))
        layers = {name: self.data[name][chosen].float() for name in SIZES}
        found: Tensor = network(pixels, self.data["painted"][chosen].float() / 255.0, layers)
        return found

    def add_told(self, paths: Sequence[Path], teacher: nn.Module) -> None:
        """Photos without stuff: their labels where there are any, elsewhere the shares that a teacher sees.

        A class that was looked for there is not in the cells without a label.

        Args:
            paths: of ``converseg_training.mini.cell_views``, with the classes that were looked for.
            teacher: gives shares, from arguments as of ``stuff.CellClassifier``.
        """
        others = LabelledViews(paths)
        sought = _stacked(paths, ("sought",), None)["sought"].float()
        told = []
        for start in range(0, len(others), _CHUNK):
            chosen = torch.arange(start, min(start + _CHUNK, len(others)))
            with torch.no_grad():
                shares = others.logits(teacher, chosen)
            shares = shares * (1.0 - (1.0 - _UNLIKELY) * sought[chosen])[:, :, None, None]
            shares = shares / shares.sum(1, keepdim=True)
            labels = others.data["labels"][chosen].long()
            told.append(torch.where((labels != UNKNOWN)[:, None], _one_hot(labels), shares).half())
        self.told_bkhw = torch.cat(told)
        self.data = {name: torch.cat([value, others.data[name]]) for name, value in self.data.items()}

    def loss(self, logits_bkhw: Tensor, chosen: Tensor, weight_k: Tensor, *, smoothing: float) -> Tensor:
        """Cross entropy over the cells of some views; those of which nothing is known count nothing."""
        labels = self.data["labels"][chosen].long()
        if self.told_bkhw is None:
            return F.cross_entropy(
                logits_bkhw, labels, weight=weight_k, ignore_index=UNKNOWN, label_smoothing=smoothing
            )
        drawn = _one_hot(labels) * (labels != UNKNOWN)[:, None]
        told = self.told_bkhw[(chosen - self.num_labelled).clamp(min=0)].float()
        shares = torch.where((chosen < self.num_labelled)[:, None, None, None], drawn, told)
        weighted, log_shares = shares * weight_k[None, :, None, None], logits_bkhw.log_softmax(1)
        even = (log_shares * weight_k[None, :, None, None]).sum(1) / len(NAMES) * (shares.sum(1) > 0)
        right = (weighted * log_shares).sum(1)
        return -((1.0 - smoothing) * right.sum() + smoothing * even.sum()) / weighted.sum()


def _one_hot(labels_bhw: Tensor) -> Tensor:
    """(B, K, H, W); where the label is UNKNOWN, whatever."""
    clamped = labels_bhw.clamp(max=len(NAMES) - 1)
    return F.one_hot(clamped, len(NAMES)).permute(0, 3, 1, 2).float()


def _stacked(paths: Sequence[Path], names: Sequence[str], num_views: int | None) -> dict[str, Tensor]:
    columns: dict[str, list[Tensor]] = {}
    for path in paths:
        with np.load(path) as stored:
            for name in names:
                columns.setdefault(name, []).append(torch.from_numpy(stored[name][:num_views]))
    return {name: torch.cat(parts) for name, parts in columns.items()}
