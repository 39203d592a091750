"""The COCO detector's TensorFlow graph as an ONNX graph without weights; needs no TensorFlow.

Only the network is taken: boxes are decoded by ``converseg_core.mini.detector``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

SEMANTIC = "FeatureExtractor/MobilenetV2/Conv_1/Relu6"
MIDDLE = "FeatureExtractor/MobilenetV2/expanded_conv_13/expand/Relu6"
_FIRST = "FeatureExtractor/MobilenetV2/Conv/Conv2D"
_ELEMENTWISE = {"Add": "Add", "AddV2": "Add", "BiasAdd": "Add", "Mul": "Mul", "Sub": "Sub"}


@dataclass
class _Node:
    name: str = ""
    op: str = ""
    inputs: list[str] = field(default_factory=list)
    attributes: dict[str, tuple[int, bytes]] = field(default_factory=dict)


def _fields(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Protobuf wire format: (field number, first byte, last byte, integer value) of each field."""
    while start < end:
        key, start = _varint(content, start)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, after = _varint(content, start)
            yield number, start, after, value
            start = after
        elif kind == 2:
            size, start = _varint(content, start)
            yield number, start, start + size, 0
            start += size
        else:
            size = {1: 8, 5: 4}[kind]
            yield number, start, start + size, 0
            start += size


def _varint(content: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[start]
        value |= (byte & 127) << shift
        start, shift = start + 1, shift + 7
        if byte < 128:
            return value, start


def _read_nodes(content: bytes) -> dict[str, _Node]:
    nodes: dict[str, _Node] = {}
    for number, first, last, _ in _fields(content, 0, len(content)):
        if number != 1:
            continue
        node = _Node()
        for part, start, end, _ in _fields(content, first, last):
            if part == 1:
                node.name = content[start:end].decode()
            elif part == 2:
                node.op = content[start:end].decode()
            elif part == 3:
                node.inputs.append(content[start:end].decode().split(":")[0])
            elif part == 5:
                entry = {key: (begin, stop) for key, begin, stop, _ in _fields(content, start, end)}
                key_first, key_last = entry[1]
                value_first, value_last = entry[2]
                node.attributes[content[key_first:key_last].decode()] = (
                    value_first,
                    content[value_first:value_last],
                )
        nodes[node.name] = node
    return nodes


class _Converter:
    def __init__(self, path: Path) -> None:
        self.file = path.name
        self.content = path.read_bytes()
        self.tf = _read_nodes(self.content)
        self.made: set[str] = set()
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []
        self.table: dict[str, dict[str, Any]] = {}
        self.place = 0

    def source(self, name: str) -> _Node:
        node = self.tf[name]
        return self.source(node.inputs[0]) if node.op == "Identity" else node

    def tensor(self, name: str) -> tuple[tuple[int, ...], int, float | None]:
        """Shape and first byte of a constant's numbers, or its only number."""
        first, value = self.source(name).attributes["value"]
        tensor = next(item for item in _fields(value, 0, len(value)) if item[0] == 8)
        shape: list[int] = []
        offset, single = -1, None
        for number, start, end, _ in _fields(value, tensor[1], tensor[2]):
            if number == 2:
                for _dim, a, b, _ in _fields(value, start, end):
                    shape += [size for key, _s, _e, size in _fields(value, a, b) if key == 1]
            elif number == 4:
                offset = first + start
            elif number == 5:
                single = struct.unpack("<f", value[start : start + 4])[0]
        return tuple(shape), offset, single

    def weight(self, name: str, axes: list[int] | None, shape: list[int] | None = None) -> str:
        full = self.source(name).name
        if full in self.made:
            return full
        self.made.add(full)
        lying, offset, single = self.tensor(full)
        if offset < 0:
            if single is None or int(np.prod(lying)) != 1:
                raise ValueError(f"{full}: constant of an unknown form")
            self.weights.append(helper.make_tensor(full, TensorProto.FLOAT, [], [single]))
            return full
        final = shape or ([lying[axis] for axis in axes] if axes else list(lying))
        self.table[full] = {
            "file": self.file,
            "offset": offset,
            "shape": final,
            "axes": axes,
            "storage": "int8" if axes else "fp32",
        }
        outside = TensorProto(name=full, data_type=TensorProto.FLOAT, dims=final)
        outside.data_location = TensorProto.EXTERNAL
        num_bytes = 4 * int(np.prod(final))
        for key, item in (("location", "weights"), ("offset", self.place), ("length", num_bytes)):
            outside.external_data.add(key=key, value=str(item))
        self.place += num_bytes
        self.weights.append(outside)
        return full

    def value(self, name: str) -> str:
        node = self.source(name)
        if node.op == "Const":
            shape, _, _ = self.tensor(node.name)
            return self.weight(node.name, None, [*shape, 1, 1] if len(shape) == 1 else None)
        if node.name in self.made:
            return node.name
        self.made.add(node.name)
        if node.op in ("Conv2D", "DepthwiseConv2dNative"):
            self.convolution(node)
        elif node.op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
            names = [self.weight(item, None) for item in node.inputs[1:5]]
            self.add("BatchNormalization", [self.value(node.inputs[0]), *names], node.name, epsilon=1e-3)
        elif node.op == "Relu6":
            low = helper.make_tensor(f"{node.name}/low", TensorProto.FLOAT, [], [0.0])
            high = helper.make_tensor(f"{node.name}/high", TensorProto.FLOAT, [], [6.0])
            self.weights += [low, high]
            self.add("Clip", [self.value(node.inputs[0]), low.name, high.name], node.name)
        elif node.op == "Rsqrt":
            self.add("Sqrt", [self.value(node.inputs[0])], f"{node.name}/root")
            self.add("Reciprocal", [f"{node.name}/root"], node.name)
        elif node.op in _ELEMENTWISE:
            self.add(_ELEMENTWISE[node.op], [self.value(item) for item in node.inputs[:2]], node.name)
        else:
            raise ValueError(f"{node.name}: operation {node.op} is not converted")
        return node.name

    def convolution(self, node: _Node) -> None:
        data = "image" if node.name == _FIRST else self.value(node.inputs[0])
        shape, _, _ = self.tensor(node.inputs[1])
        grouped = node.op != "Conv2D"
        weight = self.weight(node.inputs[1], [2, 3, 0, 1] if grouped else [3, 2, 0, 1])
        strides = node.attributes["strides"][1]
        packed = next(item for item in _fields(strides, 0, len(strides)) if item[0] == 1)
        inner = next(item for item in _fields(strides, packed[1], packed[2]) if item[0] == 3)
        stride = strides[inner[1] + 1]
        self.add(
            "Conv",
            [data, weight],
            node.name,
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            group=shape[2] if grouped else 1,
        )

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))


def convert(path: Path) -> tuple[onnx.ModelProto, dict[str, dict[str, Any]]]:
    """The graph from a (1, 3, 300, 300) image in [-1, 1] to raw boxes, class logits and features."""
    converter = _Converter(path)
    outputs = [
        converter.value(f"BoxPredictor_{level}/{kind}Predictor/BiasAdd")
        for level in range(6)
        for kind in ("BoxEncoding", "Class")
    ]
    outputs += [converter.value(SEMANTIC), converter.value(MIDDLE)]
    graph = helper.make_graph(
        converter.nodes,
        "detector",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 300, 300])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, None, None]) for name in outputs],
        converter.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model, converter.table
