"""How close the exported graphs come to torch: part by part, and masks end to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnxruntime as ort
import torch

from converseg_core.model import ImageHWC
from converseg_core.net.engine import NetModel
from converseg_core.net.export.parts import Part

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class PartParity:
    """One part against torch on the same random inputs.

    Attributes:
        relative_error: worst output's norm of the difference over its norm.
        torch_s, onnx_s: seconds of one run, the best of ``num_runs``.
    """

    name: str
    relative_error: float
    torch_s: float
    onnx_s: float
    num_bytes: int


def compare_part(part: Part, path: Path, *, num_runs: int = 3) -> PartParity:
    """Run one part in both runtimes, on one thread pool of the same size."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feeds = {name: tensor.numpy() for name, tensor in part.inputs.items()}
    with torch.inference_mode():
        torch_s, expected = _best(lambda: part.module(*part.inputs.values()), num_runs)
    onnx_s, outputs = _best(lambda: session.run(None, feeds), num_runs)
    theirs = expected if isinstance(expected, tuple) else (expected,)
    errors = [
        float(np.linalg.norm(ours - tensor.numpy()) / max(float(tensor.norm()), 1e-12))
        for ours, tensor in zip(outputs, theirs, strict=True)
    ]
    data = path.with_name(f"{path.name}.data")
    num_bytes = path.stat().st_size + (data.stat().st_size if data.is_file() else 0)
    return PartParity(
        name=part.name, relative_error=max(errors), torch_s=torch_s, onnx_s=onnx_s, num_bytes=num_bytes
    )


def mask_iou(
    one: NetModel, other: NetModel, images: Sequence[ImageHWC], prompts: Sequence[str]
) -> Mapping[str, float]:
    """IoU of the two models' masks over all images and prompts: the mean and the worst.

    Two empty masks count as 1.
    """
    ious = []
    for image in images:
        pairs = zip(one.encode(image).segment(prompts), other.encode(image).segment(prompts), strict=True)
        for ours, theirs in pairs:
            if ours.mask is None or theirs.mask is None:
                raise ValueError(f"prompts: {ours.prompt!r} was not answered ({ours.status_text})")
            union = np.count_nonzero(ours.mask | theirs.mask)
            ious.append(np.count_nonzero(ours.mask & theirs.mask) / union if union else 1.0)
    return {"mean": float(np.mean(ious)), "worst": float(np.min(ious)), "num_masks": float(len(ious))}


def _best(run: Callable[[], Result], num_runs: int) -> tuple[float, Result]:
    best_s = float("inf")
    for _ in range(num_runs):
        start = time.perf_counter()
        result = run()
        best_s = min(best_s, time.perf_counter() - start)
    return best_s, result
