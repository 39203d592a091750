"""From weights to ONNX: two graphs, stored in half precision, computed in single precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from converseg_training.embedded.network import EmbeddedNetwork

FEATURE_NAMES = ("f2", "f4", "f8", "f16")
OPSET = 20
MIN_INT8_VALUES = 2048
"""A weight of fewer numbers is not worth a scale a row."""


class DecoderGraph(nn.Module):
    """The decoder with one tensor an argument and one tensor a result, as ONNX wants it."""

    def __init__(self, network: EmbeddedNetwork) -> None:
        super().__init__()
        self.decoder = network.prompt_decoder

    def forward(
        self, f2: Tensor, f4: Tensor, f8: Tensor, f16: Tensor, tokens: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of masks, presence and quality."""
        logits = self.decoder((f2, f4, f8, f16), tokens)
        return logits["mask_logits"], logits["presence_logit"], logits["quality_logit"]


def export_network(network: EmbeddedNetwork, folder: Path) -> dict[str, str]:
    """Write ``image_encoder.onnx`` and ``prompt_decoder.onnx``; return role -> file name."""
    network = network.eval()
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    config = network.config
    image = torch.zeros(1, 3, config.height, config.width)
    tokens = torch.zeros(1, config.max_num_tokens, dtype=torch.int64)
    tokens[0, 0] = 1
    with torch.no_grad():
        features = network.image_encoder(image)
    encoder_path, decoder_path = folder / "image_encoder.onnx", folder / "prompt_decoder.onnx"
    export_graph(network.image_encoder, (image,), encoder_path, ["image"], FEATURE_NAMES)
    export_graph(
        DecoderGraph(network).eval(),
        (*features, tokens),
        decoder_path,
        [*FEATURE_NAMES, "tokens"],
        ("mask_logits", "presence_logit", "quality_logit"),
    )
    return {"image_encoder": encoder_path.name, "prompt_decoder": decoder_path.name}


def export_graph(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    input_names: Sequence[str],
    output_names: Sequence[str],
    *,
    int8: bool = False,
    dynamic_shapes: Any = None,
) -> None:
    """Write one graph, its weights in half precision; with ``int8`` its large ones in a byte each.

    ``dynamic_shapes`` are those of ``torch.export``; without them every input keeps the shape given here.
    """
    program = torch.onnx.export(
        module,
        inputs,
        dynamo=True,
        opset_version=OPSET,
        input_names=list(input_names),
        output_names=list(output_names),
        dynamic_shapes=dynamic_shapes,
        verbose=False,
    )
    if program is None:
        raise RuntimeError(f"{path}: the exporter returned nothing")
    model = program.model_proto
    if int8:
        store_in_int8(model)
    store_in_half(model)
    for node in model.graph.node:
        # Source locations would put paths of the exporting machine into the file.
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def int8_rows(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Float32 weights (R, ...) as int8, and the scale (R,) of each row: values are about int8 times scale."""
    scale = np.maximum(np.abs(values.reshape(len(values), -1)).max(axis=1), 1e-8) / np.float32(127)
    rounded = np.rint(values / scale.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
    return rounded, scale.astype(np.float32)


def store_in_int8(model: onnx.ModelProto, *, min_num_values: int = MIN_INT8_VALUES) -> None:
    """Keep large float32 weights as int8 with a scale a row, behind a DequantizeLinear, which runtimes fold.

    A quarter of the file; the arithmetic stays float32. Changes ``model`` in place.
    """
    nodes, scales = [], []
    for index, tensor in enumerate(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.ndim < 2 or values.size < min_num_values:
            continue
        name = tensor.name
        rounded, scale = int8_rows(values)
        model.graph.initializer[index].CopyFrom(numpy_helper.from_array(rounded, f"{name}.int8"))
        scales.append(numpy_helper.from_array(scale, f"{name}.scale"))
        nodes.append(
            helper.make_node(
                "DequantizeLinear", [f"{name}.int8", f"{name}.scale"], [name], axis=0, name=f"{name}.widened"
            )
        )
    others = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *others])
    model.graph.initializer.extend(scales)


def store_in_half(model: onnx.ModelProto, *, min_num_values: int = 64) -> None:
    """Keep large float32 weights as float16 behind a Cast, which runtimes fold when they load the graph.

    Halves the file; the arithmetic stays float32. Changes ``model`` in place.
    """
    casts = []
    for index, tensor in enumerate(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < min_num_values:
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ValueError(f"{tensor.name}: a weight does not fit into float16")
        name = tensor.name
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
        model.graph.initializer[index].CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT, name=f"{name}.cast"))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
