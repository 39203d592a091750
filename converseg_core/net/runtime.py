"""Which runtime, device and number type: chosen once, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_core.net.config import Mode

RUNTIMES = (
    "auto",
    "torch",
    "torch-fp32",
    "torch-bf16",
    "torch-fp16",
    "torch-int8",
    "torch-int4",
    "onnxruntime",
    "tensorrt",
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """``kind`` is torch or onnxruntime; ``number_type`` one of fp32, bf16, fp16, int8, int4."""

    kind: str
    device: str
    number_type: str
    reason: str


def choose_runtime(
    runtime: str, device: str, *, mode: Mode, has_torch_weights: bool, has_onnx: bool
) -> Choice:
    """Decide.

    Raises:
        ValueError: an unknown word, or something that this bundle or machine does not have.
    """
    if runtime not in RUNTIMES:
        raise ValueError(f"runtime: must be one of {', '.join(RUNTIMES)}, not {runtime!r}")
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device: must be auto, cpu or cuda, not {device!r}")
    if runtime in ("onnxruntime", "tensorrt") or (runtime == "auto" and not has_torch_weights):
        return _onnx(runtime, device, has_onnx=has_onnx)
    if not has_torch_weights:
        raise ValueError("runtime: this bundle holds ONNX graphs only; use onnxruntime")
    return _torch(runtime, device, mode)


def _onnx(runtime: str, device: str, *, has_onnx: bool) -> Choice:
    if not has_onnx:
        raise ValueError("runtime: this bundle holds no ONNX graphs; run `converseg export` or use torch")
    import onnxruntime as ort

    available = ort.get_available_providers()
    if runtime == "tensorrt":
        if device == "cpu" or "TensorrtExecutionProvider" not in available:
            raise ValueError("runtime: tensorrt needs a CUDA device and an onnxruntime built with TensorRT")
        return Choice(kind="onnxruntime", device="tensorrt", number_type="as exported", reason="asked for")
    has_cuda = "CUDAExecutionProvider" in available
    if device == "cuda" and not has_cuda:
        raise ValueError(
            "device: this onnxruntime has no CUDAExecutionProvider; install onnxruntime-gpu or use cpu"
        )
    reason = "asked for" if runtime != "auto" else "the bundle holds ONNX graphs and no torch weights"
    chosen = "cuda" if has_cuda and device != "cpu" else "cpu"
    return Choice(kind="onnxruntime", device=chosen, number_type="as exported", reason=reason)


def _torch(runtime: str, device: str, mode: Mode) -> Choice:
    import torch

    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ValueError("device: torch sees no CUDA device; use cpu")
    chosen = "cuda" if has_cuda and device != "cpu" else "cpu"
    number_type = runtime.partition("-")[2]
    if number_type:
        return Choice(kind="torch", device=chosen, number_type=number_type, reason="asked for")
    if chosen == "cuda":
        is_able = torch.cuda.is_bf16_supported()
        reason = "a CUDA device with bfloat16" if is_able else "a CUDA device without bfloat16"
        return Choice(kind="torch", device=chosen, number_type="bf16" if is_able else "fp16", reason=reason)
    if mode == "reference":
        return Choice(
            kind="torch", device=chosen, number_type="fp32", reason="reference mode computes in fp32 on CPU"
        )
    if cpu_has_bf16():
        return Choice(kind="torch", device=chosen, number_type="bf16", reason="this CPU multiplies bfloat16")
    return Choice(kind="torch", device=chosen, number_type="fp32", reason="this CPU has no bfloat16 units")


def cpu_has_bf16() -> bool:
    """True where the CPU multiplies bfloat16 in hardware; emulation is slower than float32."""
    import torch

    supported: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    if not supported:
        return False
    from pathlib import Path

    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return supported
    return any(flag in flags for flag in ("avx512_bf16", "amx_bf16", "bf16"))
