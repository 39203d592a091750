"""A verified bundle's weights -> a torch runtime of the chosen number type."""

from __future__ import annotations

from pathlib import Path

import torch

from converseg_core.bundle import BundleError, Manifest
from converseg_core.net.config import NetConfig
from converseg_core.net.quantized import quantize_linears
from converseg_core.net.runtime import Choice, cpu_has_bf16
from converseg_core.net.torch_backend import TorchBackend
from converseg_core.net.weights import load_network

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def open_torch_backend(folder: Path, manifest: Manifest, config: NetConfig, choice: Choice) -> TorchBackend:
    """Load, quantise where asked, move to the device.

    Raises:
        BundleError: a file does not fit the configuration.
    """
    if "weights" not in manifest.files:
        raise BundleError(f"{folder}: files: no 'weights' in the manifest; import the model again")
    lora = manifest.files.get("lora")
    dtype = _TYPES.get(choice.number_type)
    if dtype is None:  # quantised weights compute in the best float type at hand
        is_half = choice.device == "cuda" or cpu_has_bf16()
        dtype = torch.bfloat16 if is_half else torch.float32
    network = load_network(
        folder / manifest.files["weights"].path,
        config,
        dtype=dtype,
        lora_path=None if lora is None else folder / lora.path,
    )
    if choice.number_type in ("int8", "int4"):
        quantize_linears(network.vlm, bits=int(choice.number_type.removeprefix("int")))
    return TorchBackend(network.to(choice.device))
