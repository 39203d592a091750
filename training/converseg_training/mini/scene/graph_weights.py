"""Weights out of an ONNX file that this project exported, by the names that they have in torch.

Most keep their names. The exporter turns the weights of a linear layer about and calls them anything, and a
layer with a bias is known by that. What has no bias, and constants that were made of a weight, are known by
their place in the graph alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Array = NDArray[np.float32]


class GraphWeights:
    """What a graph holds, in single precision.

    Attributes:
        named: by name in torch. The bias of a batch norm that was folded into the convolution before it is
            called as the convolution's weight with ``_bias`` behind.
        nameless: weights (out, in) of linear layers without a bias, in the order in which they are asked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._graph = onnx.load(path).graph
        self._values = self._constants()
        self.named = {name: value for name, value in self._values.items() if _is_of_torch(name)}
        self.nameless: list[Array] = []
        biases = self._biases()
        for node in self._graph.node:
            if node.op_type != "MatMul" or node.input[1] not in self._values:
                continue
            bias = biases.get(node.output[0])
            if bias is not None:
                self.named[bias.removesuffix("bias") + "weight"] = self._values[node.input[1]].T
            elif not _is_of_torch(node.input[1]):
                self.nameless.append(self._values[node.input[1]].T)

    def factor(self, name: str) -> Array:
        """The constant that an input is multiplied by; where that is one, the exporter leaves it out.

        Raises:
            ValueError: something else happens to it.
        """
        users = [node for node in self._graph.node if name in node.input]
        if len(users) == 1 and users[0].op_type == "Add":
            return np.ones((), np.float32)
        found = [
            self._values[other]
            for node in users
            if node.op_type == "Mul"
            for other in node.input
            if other in self._values
        ]
        return self._only(found, f"that {name} is multiplied by")

    def shaped(self, *shape: int) -> Array:
        """The constant without a name that is of this shape and no linear layer's.

        Raises:
            ValueError: there is none, or more than one.
        """
        layers = {name for node in self._graph.node if node.op_type == "MatMul" for name in node.input}
        found = [
            value
            for name, value in self._values.items()
            if value.shape == shape and name not in layers and not _is_of_torch(name)
        ]
        return self._only(found, f"of shape {shape}")

    def _only(self, found: list[Array], which: str) -> Array:
        if len(found) != 1:
            raise ValueError(f"{self._path}: {len(found)} constants {which}, where one is wanted")
        return found[0]

    def _constants(self) -> dict[str, Array]:
        """Floating-point constants by the names by which nodes use them; see ``embedded/export.py``."""
        stored = {item.name: numpy_helper.to_array(item) for item in self._graph.initializer}
        for node in self._graph.node:
            if node.op_type == "Cast" and node.input[0] in stored:
                stored[node.output[0]] = stored.pop(node.input[0]).astype(np.float32)
            elif node.op_type == "DequantizeLinear" and node.input[0] in stored:
                rounded, scale = (stored.pop(name) for name in node.input)
                rows = scale.reshape(-1, *[1] * (rounded.ndim - 1))
                stored[node.output[0]] = rounded.astype(np.float32) * rows
        return {name: value for name, value in stored.items() if value.dtype == np.float32}

    def _biases(self) -> dict[str, str]:
        """What a node computes -> the bias that is added to it."""
        return {
            product: bias
            for node in self._graph.node
            if node.op_type == "Add"
            for bias, product in (tuple(node.input), tuple(node.input)[::-1])
            if bias.endswith(".bias") and bias in self._values
        }


def _is_of_torch(name: str) -> bool:
    """Whether a constant has kept its name: those that the exporter makes up have no dot."""
    return "." in name
