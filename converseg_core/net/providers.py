"""ONNX Runtime's providers: CPU, CUDA, and TensorRT with its engine cache."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

TRT_WORKSPACE_BYTES = 2 * 1024**3
"""Scratch memory that TensorRT may use while it builds an engine; a Jetson shares it with everything."""


def engine_cache_path() -> Path:
    """Where TensorRT engines are kept: building one takes minutes, and fits the machine it was built on."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "converseg" / "tensorrt"


def providers_for(device: str, *, is_half: bool = False) -> list[Any]:
    """Providers in order of preference, with options, as ``InferenceSession`` takes them.

    Args:
        device: ``cpu``, ``cuda`` or ``tensorrt``.
        is_half: let TensorRT compute in fp16.

    Raises:
        ValueError: another device.
    """
    cpu = "CPUExecutionProvider"
    cuda = (
        "CUDAExecutionProvider",
        {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"},
    )
    if device == "cpu":
        return [cpu]
    if device == "cuda":
        return [cuda, cpu]
    if device == "tensorrt":
        options = {
            "trt_engine_cache_enable": True,
            "trt_engine_cache_path": str(engine_cache_path()),
            "trt_timing_cache_enable": True,
            "trt_timing_cache_path": str(engine_cache_path()),
            "trt_max_workspace_size": TRT_WORKSPACE_BYTES,
            "trt_fp16_enable": is_half,
        }
        return [("TensorrtExecutionProvider", options), cuda, cpu]
    raise ValueError(f"device: must be cpu, cuda or tensorrt, not {device!r}")
