"""Graphs of real sizes: weights beyond 2 GB lie in a file of their own, and pieces leave no trace."""

import pytest
import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLTextModel

from converseg_core.net import presets
from converseg_core.net.architecture.sam2 import Sam2
from converseg_core.net.export.graphs import LanguageGraph, SamEncoderGraph
from converseg_core.net.export.parity import compare_part
from converseg_core.net.export.parts import MAX_INLINE_BYTES, Part, trace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_language_layers_over_two_gigabytes(tmp_path):
    config = presets.qwen2_5_vl_config("3b")
    config["text_config"] |= {"num_hidden_layers": 8, "vocab_size": 32}
    text = Qwen2_5_VLConfig(**config).text_config
    model = Qwen2_5_VLTextModel(text).eval()
    width, head = 2048, 128
    part = Part(
        name="language",
        module=LanguageGraph(model),
        inputs={
            "embeds": torch.randn(2, 7, width),
            "positions": torch.arange(7).expand(3, 2, 7).contiguous() + 9,
            "mask": torch.zeros(7, 16),
            "past": torch.randn(8, 2, 1, 2, 9, head),
        },
        outputs=("states", "present"),
        dynamic={
            "embeds": {0: "num_prompts", 1: "num_tokens"},
            "positions": {1: "num_prompts", 2: "num_tokens"},
            "mask": {0: "num_tokens", 1: "num_all"},
            "past": {4: "num_past"},
        },
    )
    path = tmp_path / "language.onnx"
    trace(part, path)
    assert path.stat().st_size < 50e6
    assert path.with_name("language.onnx.data").stat().st_size > MAX_INLINE_BYTES
    parity = compare_part(part, path, num_runs=1)
    assert parity.num_bytes > 2e9
    assert parity.relative_error < 1e-4


def test_an_encoder_that_runs_in_pieces_exports_whole(tmp_path):
    part = Part(
        name="sam_encoder",
        module=SamEncoderGraph(Sam2(presets.sam2_config("tiny")).eval()),
        inputs={"pixels": torch.randn(1, 3, 1024, 1024)},
        outputs=("image", "fine", "finest"),
        dynamic={},
    )
    path = tmp_path / "sam.onnx"
    trace(part, path)
    assert compare_part(part, path, num_runs=1).relative_error < 1e-4
