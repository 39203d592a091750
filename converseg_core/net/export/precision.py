"""Smaller numbers: fp16 graphs, and int8 weights with activations quantised on the fly."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import onnx

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")


def to_half(path: Path) -> None:
    """Rewrite a graph in fp16 in place; inputs and outputs stay float32."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = onnx.load(path)
    half = convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True)
    _replace(half, path)


def to_int8(path: Path) -> None:
    """Quantise the matrix products of a graph in place, weights per channel; the rest stays float32.

    Convolutions stay as they are: dynamic int8 convolutions are slower than float32 on CPUs.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    temporary = path.with_name(f".{path.name}.int8")
    is_large = path.with_name(f"{path.name}.data").is_file()
    quantize_dynamic(
        path,
        temporary,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        use_external_data_format=is_large,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    if is_large:
        _replace(onnx.load(temporary), path)
        temporary.with_name(f"{temporary.name}.data").unlink(missing_ok=True)
        temporary.unlink()
    else:
        temporary.replace(path)


def _replace(model: onnx.ModelProto, path: Path) -> None:
    data = path.with_name(f"{path.name}.data")
    is_large = data.is_file()
    temporary = path.with_name(f".{path.name}.tmp")
    if is_large:
        data.unlink()
        onnx.save(
            model, temporary, save_as_external_data=True, location=data.name, all_tensors_to_one_file=True
        )
    else:
        onnx.save(model, temporary)
    temporary.replace(path)
