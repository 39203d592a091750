"""A torch module where a runtime expects an onnxruntime session: answers before any export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


class TorchSession:
    """The two calls of a session that the engines make."""

    def __init__(
        self, module: nn.Module, input_names: Sequence[str], output_names: Sequence[str], device: torch.device
    ) -> None:
        self._module, self._device = module, device
        self._inputs, self._names = tuple(input_names), list(output_names)

    def get_outputs(self) -> list[SimpleNamespace]:
        """Objects with the outputs' names."""
        return [SimpleNamespace(name=name) for name in self._names]

    @torch.no_grad()
    def run(
        self, names: Sequence[str] | None, feeds: Mapping[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        """All outputs, float32."""
        assert names is None or list(names) == self._names
        inputs = [
            torch.from_numpy(np.ascontiguousarray(feeds[name])).to(self._device) for name in self._inputs
        ]
        return [output.float().cpu().numpy() for output in self._module(*inputs)]
