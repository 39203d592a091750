"""The weights of a bundle: safetensors, optional LoRA beside the base, types chosen when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from converseg_core.bundle import BundleError
from converseg_core.net.architecture.build import assign_weights, build_empty, expected_tensors, type_for
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import NetConfig
from converseg_core.net.importing.lora import Lora, merge
from converseg_core.net.importing.tensors import CheckpointError, match, read_safetensors

WEIGHTS_NAME = "weights.safetensors"
LORA_NAME = "lora.safetensors"


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write safetensors; atomic."""
    temporary = path.with_name(f".{path.name}.tmp")
    # Views of one storage (tied or sliced tensors) must become tensors of their own.
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, temporary)
    temporary.replace(path)


def lora_tensors(lora: Lora) -> dict[str, Tensor]:
    """LoRA pairs as named tensors."""
    named = {}
    for module, (down, up) in lora.pairs.items():
        named[f"{module}.lora_A"] = down
        named[f"{module}.lora_B"] = up
    return named


def load_network(
    weights_path: Path, config: NetConfig, *, dtype: torch.dtype, lora_path: Path | None = None
) -> ConverSegNet:
    """Build the network and give it a bundle's weights, in ``dtype``.

    Raises:
        BundleError: a file is damaged, or its tensors are not those of the configuration.
    """
    network = build_empty(config)
    try:
        tensors = read_safetensors(weights_path)
        match(tensors, expected_tensors(network), weights_path)
        if lora_path is not None:
            tensors = merge(tensors, _read_kept_lora(lora_path, config), lora_path)
    except CheckpointError as error:
        raise BundleError(str(error)) from error
    for name in list(tensors):
        tensors[name] = tensors[name].to(type_for(name, dtype))
    assign_weights(network, tensors)
    return network.eval()


def _read_kept_lora(path: Path, config: NetConfig) -> Lora:
    named = read_safetensors(path)
    modules = {name.rpartition(".lora_")[0] for name in named}
    try:
        pairs = {module: (named[f"{module}.lora_A"], named[f"{module}.lora_B"]) for module in modules}
    except KeyError as error:
        raise CheckpointError(f"{path}: missing tensor {error.args[0]}") from error
    if config.lora_rank < 1:
        raise CheckpointError(f"{path}: the bundle's config.json has no lora_rank")
    return Lora(pairs=pairs, rank=config.lora_rank, alpha=config.lora_alpha)
